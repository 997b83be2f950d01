//! How a refusal reads: a private reply, coloured by severity, with sentence and suggestions.

use schemas::rejection::{RejectionText, Severity};
use schemas::{GameTime, Rejection};

use crate::host::Clock;
use crate::lang::t;
use crate::reply::{Colour, Reply};
use crate::{lang, limits};

/// A refusal of the adapter's or the host's own: low, without suggestions.
#[must_use]
pub fn plain(code: &str, sentence: impl Into<String>) -> RejectionText {
    RejectionText::new(code, "RULE", Severity::Low, sentence)
}

/// The text without any gap that nobody has filled: what a game forgets to say is a question mark, and an alarm.
#[must_use]
pub fn whole(mut text: RejectionText) -> RejectionText {
    for part in std::iter::once(&mut text.sentence).chain(&mut text.suggestions) {
        let (mut out, mut rest) = (String::new(), part.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            out.push_str(before);
            if is_name {
                out.push('?');
            } else {
                out.push_str(&rest[before.len()..rest.len() - behind.len()]);
            }
            rest = behind;
        }
        out.push_str(rest);
        *part = out;
    }
    text
}

/// `INVALID_OPTION` in the words of every game.
#[must_use]
pub fn invalid(option: &str, rule: &str) -> RejectionText {
    let sentence = format!("Invalid input: {option} must be {rule}.");
    let text = plain("INVALID_OPTION", sentence).of_family("VALIDATION");
    text.suggesting([t("Check the command.")])
}

/// The text of a code for which a game has none: the host's own codes, then the bare code with its figures. It names no
/// command that not every game has; a game that has a better hint says so itself.
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
        "WORLD_ENDED" => (Severity::Low, "RULE", "The season has ended.".to_owned(), "See /help."),
        "WORLD_STATE" | "WORLD_EXISTS" => (
            Severity::Low,
            "RULE",
            format!("The season is {}; that is not possible now.", figure("state")),
            "See /help.",
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
            "Ask a Game Master.",
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
    let text = RejectionText::new(rejection.code.to_string(), family, severity, sentence);
    text.suggesting(Some(hint).filter(|hint| !hint.is_empty()).map(str::to_owned))
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
    // Where no season is known there is no clock either.
    reply.at = (clock != Clock::default()).then(|| clock.now.ms().saturating_add(clock.offset_ms));
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
    fn no_gap_is_shown_to_anybody() {
        let text = plain("X", "No such {thing}; {a b} and {} stay, {n} does not.");
        let text = whole(text.suggesting(["See {where}.".to_owned(), "An open { brace.".to_owned()]));
        assert_eq!(text.sentence, "No such ?; {a b} and {} stay, ? does not.");
        assert_eq!(text.suggestions, ["See ?.", "An open { brace."]);
    }

    #[test]
    fn a_code_without_a_sentence_still_reads() {
        let rejection = Rejection::new("NOT_ENOUGH").with("need", 5).with("have", 3);
        assert_eq!(describe(&rejection).sentence, "Not enough (have 3, need 5).");
    }
}
