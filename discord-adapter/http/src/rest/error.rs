//! What Discord answers when it does not do what was asked, by name.

use serde_json::Value;

/// Discord's error codes that are handled; what they mean stands in its list of opcodes and status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The channel is gone.
    UnknownChannel,
    /// The message is gone.
    UnknownMessage,
    /// The interaction's token is not known, or not yet.
    UnknownWebhook,
    /// The first answer came too late.
    UnknownInteraction,
    /// The commands of the server can not be reached: the application is not there.
    MissingAccess,
    /// The person takes no private messages.
    CannotMessage,
    /// A permission is missing.
    MissingPermissions,
    /// The interaction's token has expired.
    TokenExpired,
    /// The body breaks a rule; the error says where.
    InvalidBody,
    /// More commands than a server takes.
    TooManyCommands,
    /// More new commands than a server takes in a day.
    TooManyCommandsToday,
    /// The interaction was answered already.
    AlreadyAcknowledged,
    /// More follow-ups than an interaction may have.
    TooManyFollowUps,
    /// Any other; 0 is Discord's word for an error without a code.
    Other(u64),
}

impl Code {
    /// Every code that has a name, with its number.
    pub const NAMED: [(u64, Self); 13] = [
        (10_003, Self::UnknownChannel),
        (10_008, Self::UnknownMessage),
        (10_015, Self::UnknownWebhook),
        (10_062, Self::UnknownInteraction),
        (30_032, Self::TooManyCommands),
        (30_034, Self::TooManyCommandsToday),
        (40_060, Self::AlreadyAcknowledged),
        (40_094, Self::TooManyFollowUps),
        (50_001, Self::MissingAccess),
        (50_007, Self::CannotMessage),
        (50_013, Self::MissingPermissions),
        (50_027, Self::TokenExpired),
        (50_035, Self::InvalidBody),
    ];

    /// The code of a number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self::NAMED.iter().find(|(known, _)| *known == number).map_or(Self::Other(number), |(_, code)| *code)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u64 {
        if let Self::Other(number) = self {
            return number;
        }
        Self::NAMED.iter().find(|(_, code)| *code == self).map_or(0, |(number, _)| *number)
    }

    /// What to do about it, for an operator; none where nothing can be done or needs to be.
    #[must_use]
    pub const fn advice(self) -> Option<&'static str> {
        match self {
            Self::MissingAccess => Some("invite the application to that server: annals discord invite"),
            Self::MissingPermissions => {
                Some("grant Send Messages, Embed Links and Attach Files in that channel")
            }
            Self::TooManyCommands => Some("a server takes 100 commands: another list must shrink first"),
            Self::TooManyCommandsToday => Some("a server takes 200 new commands a day: try again tomorrow"),
            Self::CannotMessage => Some("the person must allow private messages from members of the server"),
            Self::UnknownChannel => Some("choose another channel for news: /news channel:…"),
            Self::UnknownMessage
            | Self::UnknownWebhook
            | Self::UnknownInteraction
            | Self::TokenExpired
            | Self::InvalidBody
            | Self::AlreadyAcknowledged
            | Self::TooManyFollowUps
            | Self::Other(_) => None,
        }
    }
}

/// Whose limit a refusal of the kind 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This application's, on this route.
    User,
    /// Everybody's, on this resource. Does not count as a bad request.
    Shared,
    /// This application's, everywhere.
    Global,
}

impl Scope {
    pub(super) const fn index(self) -> usize {
        match self {
            Self::User => 0,
            Self::Shared => 1,
            Self::Global => 2,
        }
    }

    /// The scope in a word, as Discord says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Global => "global",
        }
    }
}

/// Why a call was not done, or is not known to be done. Holds no token: it may be logged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Discord said no.
    #[error("{route}: {status} {message} ({}){places}", code.number())]
    Refused {
        /// What was called, without ids.
        route: &'static str,
        /// The HTTP status.
        status: u16,
        /// Discord's code.
        code: Code,
        /// Discord's words.
        message: String,
        /// Where in the body, for [`Code::InvalidBody`]: `: embeds.0.title …`.
        places: String,
    },
    /// The limit does not allow the call within its time.
    #[error("{route}: the limit of {scope:?} lets nothing through for {retry_after_ms} ms")]
    Limited {
        /// What was called.
        route: &'static str,
        /// Whose limit.
        scope: Scope,
        /// How long it goes on.
        retry_after_ms: u64,
    },
    /// Discord no longer takes the bot's token: nothing is sent with it any more.
    #[error("Discord does not take the bot token: make a new one in the developer portal")]
    TokenRefused,
    /// So many calls were refused of late that the next ones might get the address blocked.
    #[error("too many calls were refused in the last ten minutes: nothing is sent until that has passed")]
    HoldingBack,
    /// No answer in time. Whether it was done is not known, unless `sent` is false.
    #[error("{route}: {problem}")]
    Lost {
        /// What was called.
        route: &'static str,
        /// What went wrong.
        problem: String,
        /// Whether Discord may have got it.
        sent: bool,
    },
}

impl RestError {
    /// Discord's code, where Discord answered with one.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Limited { .. } | Self::TokenRefused | Self::HoldingBack | Self::Lost { .. } => None,
        }
    }
}

/// Where a body breaks a rule: every path that ends in `_errors`, with Discord's words.
#[must_use]
pub fn places(errors: &Value) -> String {
    let mut found = Vec::new();
    walk(errors, &mut Vec::new(), &mut found);
    if found.is_empty() { String::new() } else { format!(": {}", found.join("; ")) }
}

/// Most places that are told.
const MOST_PLACES: usize = 10;

fn walk<'a>(value: &'a Value, path: &mut Vec<&'a str>, found: &mut Vec<String>) {
    for (name, nested) in value.as_object().into_iter().flatten() {
        if found.len() >= MOST_PLACES {
            return;
        }
        if name == "_errors" {
            let words = nested.as_array().into_iter().flatten().filter_map(|one| one["message"].as_str());
            found.push(format!("{} {}", path.join("."), words.collect::<Vec<_>>().join(", ")));
        } else if path.len() < 32 {
            path.push(name);
            walk(nested, path, found);
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn codes_have_names_and_places_are_told() {
        for (number, code) in Code::NAMED {
            assert_eq!((Code::of(number), code.number()), (code, number));
        }
        assert_eq!(Code::of(7).number(), 7);
        let errors = json!({ "embeds": { "0": { "title": { "_errors": [
            { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length." }
        ]}}}});
        assert_eq!(places(&errors), ": embeds.0.title Must be 256 or fewer in length.");
        assert_eq!(places(&json!(null)), "");
    }
}
