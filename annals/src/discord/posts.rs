//! Which messages make one post, under which nonce, and what a refusal of one says of its place.

use discord_http::rest::{Code, RestError};
use projections::OutboxEntry;
use schemas::{Hash, WallTime};

/// What happens within one such span of time becomes one post, when it is over: digests instead of floods.
const SPAN_MS: i64 = 10_000;
/// What has waited longer, because Discord could not be reached, becomes one post for each such span.
const LATE_SPAN_MS: i64 = 3_600_000;

/// The same for the same messages, another for any others: 24 characters, because Discord takes no more than 25.
pub(super) fn nonce_of(due: &[OutboxEntry]) -> String {
    let [one] = due else {
        let all: String = due.iter().map(|entry| entry.nonce.as_str()).collect();
        let mut nonce = Hash::of(all.as_bytes()).to_string();
        nonce.truncate(24);
        return nonce;
    };
    one.nonce.clone()
}

/// The oldest messages of a place that make one post: of one world and one span of time that is over, so that a process
/// that takes over after a crash makes the same post of them.
pub(super) fn due(waiting: &[OutboxEntry], now: WallTime) -> &[OutboxEntry] {
    let Some(first) = waiting.first() else { return waiting };
    let late = now.since(first.created) > 2 * SPAN_MS;
    let span = if late { LATE_SPAN_MS } else { SPAN_MS };
    let over = |entry: &OutboxEntry| entry.created.ms().div_euclid(SPAN_MS) < now.ms().div_euclid(SPAN_MS);
    let of = |entry: &OutboxEntry| entry.created.ms().div_euclid(span);
    let end = waiting
        .iter()
        .position(|entry| entry.world != first.world || of(entry) != of(first) || !over(entry))
        .unwrap_or(waiting.len());
    &waiting[..end]
}

/// What a refusal says of the place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Nothing comes through there until somebody changes something.
    Unreachable(u64),
    /// This very message is refused.
    Body,
    /// It may work later.
    ForNow,
}

/// No server is shared with the user any more.
const NO_SHARED_SERVER: u64 = 50_278;

pub(super) fn refusal(error: &RestError) -> Refusal {
    match error {
        RestError::Refused {
            code:
                code @ (Code::UnknownChannel
                | Code::MissingAccess
                | Code::MissingPermissions
                | Code::CannotMessage
                | Code::Other(NO_SHARED_SERVER)),
            ..
        } => Refusal::Unreachable(code.number()),
        RestError::Refused { status: 400, .. } => Refusal::Body,
        RestError::Refused { .. }
        | RestError::Limited { .. }
        | RestError::TokenRefused
        | RestError::HoldingBack
        | RestError::Lost { .. } => Refusal::ForNow,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use schemas::{Position, WorldId};

    use super::*;

    fn entry(world: &str, at: i64) -> OutboxEntry {
        OutboxEntry {
            world: WorldId::new(world).unwrap(),
            position: Position::new(u64::try_from(at).unwrap()),
            ordinal: 0,
            player: None,
            kind: "season".to_owned(),
            text: "x".to_owned(),
            nonce: format!("{at:024}"),
            created: WallTime::from_ms(at),
        }
    }

    #[test]
    fn what_happens_in_a_span_is_one_post_when_the_span_is_over() {
        let all = [entry("a", 60_100), entry("a", 69_999), entry("a", 70_000), entry("b", 70_001)];
        let count = |from: usize, now| due(&all[from..], WallTime::from_ms(now)).len();
        assert_eq!(count(0, 69_999), 0);
        assert_eq!(count(0, 70_000), 2);
        assert_eq!(count(2, 75_000), 0);
        assert_eq!(count(2, 80_000), 1, "of another world it is another post");
        // Whoever comes late tells all of it at once, but nothing of a span that is not over.
        assert_eq!(count(0, 90_000), 3);
        let late = [entry("a", 60_100), entry("a", 199_000), entry("a", 200_000)];
        assert_eq!(due(&late, WallTime::from_ms(200_500)).len(), 2);
        assert_ne!(nonce_of(&all[..2]), nonce_of(&all[..1]));
        assert_eq!(nonce_of(&all[..2]).len(), 24);
    }

    #[test]
    fn a_place_is_parked_for_what_is_wrong_with_it_alone() {
        let refused = |status, number| {
            let (route, message) = ("r", "m".to_owned());
            refusal(&RestError::Refused {
                route,
                status,
                code: Code::of(number),
                message,
                places: String::new(),
            })
        };
        for code in [10_003, 50_001, 50_007, 50_013, 50_278] {
            assert_eq!(refused(403, code), Refusal::Unreachable(code));
        }
        assert_eq!(refused(400, 50_035), Refusal::Body);
        assert_eq!(refused(500, 0), Refusal::ForNow);
        assert_eq!(refusal(&RestError::TokenRefused), Refusal::ForNow);
    }
}
