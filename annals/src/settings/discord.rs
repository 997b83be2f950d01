//! The application at Discord, as the settings name it.

use discord_gateway::Shards;
use discord_http::oauth::{self, ClientSecret, OAuth};
use discord_http::rest::{self, Rest};
use discord_http::{BotToken, PublicKey};

use super::Values;
use crate::context::Failure;

/// How Discord brings interactions. An application gets them one way or the other, never both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interactions {
    /// It posts them to the endpoint.
    Http,
    /// The bot stays connected.
    Gateway,
}

impl std::str::FromStr for Interactions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "http" => Ok(Self::Http),
            "gateway" => Ok(Self::Gateway),
            _ => Err(format!("{text:?} is no way: http or gateway")),
        }
    }
}

/// The application. What is not set is none: which of it is needed depends on what is done.
#[derive(Debug, Clone)]
pub(crate) struct Discord {
    /// Its id.
    pub(crate) application: Option<u64>,
    /// What Discord signs with.
    pub(crate) public_key: Option<PublicKey>,
    /// What it shows to Discord. Never shown to anybody else.
    pub(crate) token: Option<BotToken>,
    /// Where Discord's API is.
    pub(crate) api: String,
    /// How interactions come.
    pub(crate) interactions: Interactions,
    /// Which shards of the gateway are served.
    pub(crate) shards: Shards,
    /// The application's secret, for signing in. Never shown to anybody else.
    pub(crate) client_secret: Option<ClientSecret>,
    /// Where people are sent back to who sign in.
    pub(crate) redirect: Option<String>,
}

impl Discord {
    pub(super) fn of(read: &Values<'_>) -> Result<Self, Failure> {
        let given = |name: &str| Some(read.text(name).trim()).filter(|text| !text.is_empty());
        let application = match given("discord_application") {
            None => None,
            Some(text) => match text.parse() {
                Ok(id) if id > 0 => Some(id),
                Ok(_) | Err(_) => return Err(read.bad("discord_application", &"this is no id")),
            },
        };
        let public_key = match given("discord_public_key") {
            None => None,
            Some(text) => Some(text.parse().map_err(|problem| read.bad("discord_public_key", &problem))?),
        };
        let token = match given("discord_token") {
            None => None,
            Some(text) => {
                let bare = text.strip_prefix("Bot ").unwrap_or(text);
                if !bare.bytes().all(|b| b.is_ascii_graphic()) {
                    return Err(read.bad("discord_token", &"a token holds no blanks and no such characters"));
                }
                Some(BotToken::new(bare))
            }
        };
        let api = read.text("discord_api").trim().trim_end_matches('/').to_owned();
        if !["https://", "http://"].iter().any(|scheme| api.starts_with(scheme) && api.len() > scheme.len()) {
            return Err(read.bad("discord_api", &"this is no address"));
        }
        let interactions = read.parse("discord_interactions")?;
        let shards = shards(read.text("discord_shards").trim())
            .map_err(|problem| read.bad("discord_shards", &problem))?;
        let client_secret = match given("discord_client_secret") {
            Some(text) if !text.bytes().all(|b| b.is_ascii_graphic()) => {
                return Err(
                    read.bad("discord_client_secret", &"a secret holds no blanks and no such characters")
                );
            }
            text => text.map(ClientSecret::new),
        };
        let redirect = read.address("discord_redirect")?;
        Ok(Self { application, public_key, token, api, interactions, shards, client_secret, redirect })
    }

    /// Whether anything of it is set.
    pub(crate) const fn any(&self) -> bool {
        self.application.is_some() || self.public_key.is_some() || self.token.is_some()
    }

    /// Whether messages can be sent in the bot's name.
    pub(crate) const fn sends(&self) -> bool {
        self.application.is_some() && self.token.is_some()
    }

    /// The settings without which interactions can not be answered, and that are not there.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let signed = self.interactions == Interactions::Http;
        let needed = [
            ("discord_application", self.application.is_none()),
            ("discord_public_key", signed && self.public_key.is_none()),
            ("discord_token", self.token.is_none()),
        ];
        needed.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
    }

    /// The client that proves who signs in; none where what it needs is not set.
    pub(crate) fn oauth(&self) -> Result<Option<OAuth>, Failure> {
        let (Some(application), Some(secret), Some(redirect)) =
            (self.application, self.client_secret.clone(), self.redirect.clone())
        else {
            return Ok(None);
        };
        let attempt = std::time::Duration::from_secs(5);
        let settings = oauth::Settings { base: self.api.clone(), application, secret, redirect, attempt };
        let made = OAuth::new(settings).map_err(|error| Failure::new("BAD_SETTINGS", error.to_string()));
        made.map(Some)
    }

    /// The client of Discord's API.
    pub(crate) fn rest(&self) -> Result<Rest, Failure> {
        let Some(application) = self.application else { return Err(not_set(&["discord_application"])) };
        let settings = rest::Settings {
            base: self.api.clone(),
            ..rest::Settings::discord(application, self.token.clone())
        };
        Rest::new(settings).map_err(|error| Failure::new("BAD_SETTINGS", error.to_string()))
    }
}

/// `all`, `3/8` or `0-3/8`.
fn shards(text: &str) -> Result<Shards, String> {
    if text == "all" {
        return Ok(Shards::Advised);
    }
    let range = text.split_once('/').and_then(|(range, total)| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
    });
    let (first, last, total) = range.ok_or_else(|| format!("{text:?} names no shards"))?;
    Shards::range(first, last, total).map_err(|error| error.to_string())
}

/// That settings are missing, and where they come from.
pub(crate) fn not_set(missing: &[&str]) -> Failure {
    let variables: Vec<String> =
        missing.iter().map(|name| format!("ANNALS_{}", name.to_uppercase())).collect();
    let text = format!(
        "for Discord these settings are missing: {}. Give them as {}, each also with _FILE; docs/discord.md says where to \
         find them",
        missing.join(", "),
        variables.join(", ")
    );
    Failure::new("DISCORD_NOT_SET", text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_all_or_some_that_there_are() {
        assert_eq!(shards("all").unwrap(), Shards::Advised);
        assert_eq!(shards("2/8").unwrap(), Shards::Range { first: 2, last: 2, total: 8 });
        assert_eq!(shards("0-3/8").unwrap(), Shards::Range { first: 0, last: 3, total: 8 });
        for bad in ["", "3", "8/8", "3-1/8", "0-8/8", "a/b", "-1/8", "0-3/8/9"] {
            assert!(shards(bad).is_err(), "{bad:?}");
        }
    }
}
