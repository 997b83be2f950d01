//! How a refusal reads: a private reply, coloured by severity, with sentence and suggestions.

use schemas::rejection::{RejectionText, Severity};
use schemas::{GameTime, Rejection};

use crate::host::Clock;
use crate::reply::{Colour, Reply};
use crate::{lang, limits};

/// A refusal of the adapter's or the host's own: low, without suggestions.
#[must_use]
pub fn plain(code: &str, sentence: impl Into<String>) -> RejectionText {
    RejectionText {
        code: code.to_owned(),
        family: "RULE".into(),
        severity: Severity::Low,
        sentence: sentence.into(),
        suggestions: Vec::new(),
    }
}

/// `INVALID_OPTION` in the words of every game.
#[must_use]
pub fn invalid(option: &str, rule: &str) -> RejectionText {
    let sentence = format!("Invalid input: {option} must be {rule}.");
    RejectionText { family: "VALIDATION".into(), ..plain("INVALID_OPTION", sentence) }
}

/// The text of a code for which a game has none: the host's own codes, then the bare code with its figures.
#[must_use]
pub fn describe(rejection: &Rejection) -> RejectionText {
    let figure = |name: &str| rejection.context.get(name).map_or("?", String::as_str);
    let (severity, family, sentence, hint) = match rejection.code.as_ref() {
        "NO_WORLD" => (
            Severity::Low,
            "RULE",
            "No season is running here.".to_owned(),
            "An admin can open one with /setup start.",
        ),
        "WORLD_PAUSED" => (
            Severity::Low,
            "RULE",
            "The season is paused. Your timers wait too.".to_owned(),
            "Wait for the announcement.",
        ),
        "WORLD_REWINDING" => (
            Severity::Medium,
            "CONFLICT",
            "The season is being taken back to an earlier moment.".to_owned(),
            "Try again in a minute.",
        ),
        "WORLD_ENDED" => (Severity::Low, "RULE", "The season has ended.".to_owned(), ""),
        "WORLD_STATE" | "WORLD_EXISTS" => (
            Severity::Low,
            "RULE",
            format!("The season is {}; that is not possible now.", figure("state")),
            "",
        ),
        "SEASON_RUNS" => (
            Severity::Low,
            "RULE",
            format!("{} runs here already, and a server runs one season at a time.", figure("world")),
            "End it first with /setup end.",
        ),
        "NOT_ADMIN" => (
            Severity::Low,
            "PERMISSION",
            "Admin rights are needed for this.".to_owned(),
            "Ask an administrator of this server.",
        ),
        "NOT_JOINED" | "NOT_A_PLAYER" => {
            (Severity::Low, "RULE", "You are not part of this season yet.".to_owned(), "See /help.")
        }
        "NO_STEP_DONE" => (
            Severity::Low,
            "RULE",
            "No step of the tutorial waits for its reward.".to_owned(),
            "/tutorial show says what to do next.",
        ),
        "RATE_LIMITED" => (
            Severity::Medium,
            "SECURITY",
            format!("Too many {} requests. Try again in {} s.", figure("command"), figure("seconds")),
            "Slow down.",
        ),
        "SECURITY_THREAT" => (
            Severity::Critical,
            "SECURITY",
            "This request looks suspicious and was stopped.".to_owned(),
            "Contact the admins if this is wrong.",
        ),
        "INVALID_OPTION" => (
            Severity::Low,
            "VALIDATION",
            format!("Invalid input: {} must be {}.", figure("option"), figure("rule")),
            "Check the command.",
        ),
        "ID_REUSED" | "VOIDED" | "MOVED" | "CONCURRENCY_CONFLICT" => (
            Severity::Medium,
            "CONFLICT",
            "Another action is in progress. Please try again in a moment.".to_owned(),
            "Repeat the command.",
        ),
        "OUTCOME_UNKNOWN" | "NO_OWNER" => (
            Severity::High,
            "SYSTEM",
            "Temporary server trouble. It is not known yet whether this was done.".to_owned(),
            "Look in a few minutes, then repeat the command if it was not.",
        ),
        "DATABASE_ERROR" | "UNAVAILABLE" | "STORE_UNAVAILABLE" => (
            Severity::High,
            "SYSTEM",
            "Temporary server trouble. Nothing was changed.".to_owned(),
            "Try again in a few minutes.",
        ),
        "INTERNAL_ERROR" => (
            Severity::High,
            "SYSTEM",
            "Something went wrong on our side. Nothing was changed.".to_owned(),
            "Try again in a few minutes.",
        ),
        code => (Severity::Low, "RULE", bare(code, rejection), ""),
    };
    RejectionText {
        code: rejection.code.to_string(),
        family: family.into(),
        severity,
        sentence,
        suggestions: Some(hint).filter(|hint| !hint.is_empty()).map(str::to_owned).into_iter().collect(),
    }
}

/// A code that nobody has a sentence for, made readable: `NOT_ENOUGH` with figures → "Not enough (have 3, need 5)."
fn bare(code: &str, rejection: &Rejection) -> String {
    let words = crate::present::words::human(&code.to_lowercase());
    let figures: Vec<String> =
        rejection.context.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if figures.is_empty() { format!("{words}.") } else { format!("{words} ({}).", figures.join(", ")) }
}

/// The reply to a refused request.
#[must_use]
pub fn reply(text: &RejectionText, clock: Clock) -> Reply {
    let mut body = stamped(&lang::sentence(&text.sentence), clock);
    for suggestion in &text.suggestions {
        body.push_str("\n• ");
        body.push_str(&stamped(&lang::sentence(suggestion), clock));
    }
    let mut reply =
        Reply::new(title(text), body).coloured(Colour::of(text.severity)).footed(text.code.clone());
    reply.refused = Some(text.code.clone());
    // What somebody typed may stand in it, however long it was.
    limits::fit_one(reply)
}

fn title(text: &RejectionText) -> &'static str {
    match text.family.as_ref() {
        "VALIDATION" => "That input does not fit",
        "PERMISSION" => "Not allowed",
        "RESOURCE" => "Not enough",
        "CONFLICT" => "Just a moment",
        "SYSTEM" => "Our fault",
        "SECURITY" => "Stopped",
        _ => "Not now",
    }
}

/// The text with each moment of the world as a stamp, which every reader sees in their own time zone.
pub(crate) fn stamped(text: &str, clock: Clock) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let moment = word.trim_end_matches(['.', ',', ';', ':', ')']);
        let read = moment
            .contains('T')
            .then(|| moment.strip_suffix('Z'))
            .flatten()
            .and_then(schemas::moment::parse_utc);
        match read {
            Some(ms) => {
                let seconds = clock.wall_s(GameTime::from_ms(ms));
                out.push_str(&format!("<t:{seconds}:t> (<t:{seconds}:R>){}", &word[moment.len()..]));
            }
            None => out.push_str(word),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_becomes_a_stamp_and_other_words_stay() {
        let clock = Clock { now: GameTime::default(), offset_ms: 5_000 };
        assert_eq!(
            stamped("Busy until 2026-03-02T00:00:00Z. At T Z 5Z.", clock),
            "Busy until <t:1772409605:t> (<t:1772409605:R>). At T Z 5Z."
        );
    }

    #[test]
    fn a_code_without_a_sentence_still_reads() {
        let rejection = Rejection::new("NOT_ENOUGH").with("need", 5).with("have", 3);
        assert_eq!(describe(&rejection).sentence, "Not enough (have 3, need 5).");
    }
}
