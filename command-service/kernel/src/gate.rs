//! What a command must pass before it may reach its world: shape, rate, rights. All pure.

use std::collections::BTreeMap;

use games_core::tree::{Access, CommandTree, Mode, SlashCommand, TUTORIAL_CLAIM};
use games_registry::{GameFace, World};
use schemas::codec::Recorded;
use schemas::host::{HostCommand, is_host_kind};
use schemas::{Actor, PlayerId, Rejection, WallTime};

use crate::io::Request;
use crate::limits::PAYLOAD_BYTES_MAX;

/// Window of the rate limit, in ms, from its first request.
const WINDOW_MS: i64 = 60_000;
/// A violation within this time halves the limit, in ms.
const VIOLATION_MS: i64 = 86_400_000;
/// Milliseconds of account age that earn a limit half as high again at most.
const AGE_FULL_MS: i64 = 2_592_000_000;

/// Checks a request's shape against the game's schemas.
///
/// # Errors
/// `PAYLOAD_TOO_BIG`, `UNKNOWN_COMMAND` or `INVALID_OPTION`, with what is wrong.
pub fn shape(request: &Request, game: Option<&dyn GameFace>) -> Result<u16, Rejection> {
    if request.payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Rejection::new("PAYLOAD_TOO_BIG").with("max", PAYLOAD_BYTES_MAX.to_string()));
    }
    let invalid = |problem: String| {
        Rejection::new("INVALID_OPTION").with("option", &*request.kind).with("rule", problem)
    };
    if is_host_kind(&request.kind) {
        return match HostCommand::decode(&request.kind, 1, &request.payload) {
            Ok(_) => Ok(1),
            Err(schemas::codec::DecodeError::Payload { problem, .. }) => Err(invalid(problem)),
            Err(e) => Err(Rejection::new("UNKNOWN_COMMAND").with("command", e.to_string())),
        };
    }
    let Some(game) = game else { return Err(Rejection::new("NO_WORLD")) };
    match game.check_command(&request.kind, &request.payload) {
        Ok(version) => Ok(version),
        Err(schemas::codec::DecodeError::Payload { problem, .. }) => Err(invalid(problem)),
        Err(_) => Err(Rejection::new("UNKNOWN_COMMAND").with("command", &*request.kind)),
    }
}

/// The slash command of a type: the game's, or one that every game has.
#[must_use]
pub fn command_of(tree: &CommandTree, kind: &str) -> Option<&'static SlashCommand> {
    tree.find_kind(kind).or_else(|| (kind == TUTORIAL_CLAIM.kind()).then_some(&TUTORIAL_CLAIM))
}

/// Whether the actor may use the command at all. What is not allowed is refused.
///
/// # Errors
/// `NOT_ADMIN` or `NOT_ALLOWED`.
pub fn authorise(request: &Request, world: Option<&dyn World>) -> Result<(), Rejection> {
    let operator = matches!(request.actor, Actor::Operator(_));
    if request.kind == TUTORIAL_CLAIM.kind() {
        return match &request.actor {
            Actor::Player(_) | Actor::Bot(_) => Ok(()),
            Actor::Operator(_) | Actor::Timer | Actor::System => {
                Err(Rejection::new("NOT_ALLOWED").with("actor", request.actor.to_string()))
            }
        };
    }
    if is_host_kind(&request.kind) {
        return if operator || request.facts.admin { Ok(()) } else { Err(Rejection::new("NOT_ADMIN")) };
    }
    let command = world.and_then(|world| world.game().tree().find_kind(&request.kind));
    let Some(command) = command.filter(|command| command.mode == Mode::Command) else {
        return Err(Rejection::new("UNKNOWN_COMMAND").with("command", &*request.kind));
    };
    match (command.access, &request.actor) {
        (Access::Admin, _) if operator || request.facts.admin => Ok(()),
        (Access::Admin, _) => Err(Rejection::new("NOT_ADMIN")),
        (Access::Anyone | Access::Player, Actor::Player(_) | Actor::Bot(_)) => Ok(()),
        (Access::Anyone | Access::Player, Actor::Operator(_) | Actor::Timer | Actor::System) => {
            Err(Rejection::new("NOT_ALLOWED").with("actor", request.actor.to_string()))
        }
    }
}

/// The limit for one player and command: `⌊base·R·A·V / 10⁹⌋` (rulebook of PopVerse Kingdoms, 2.23) with
/// R = clamp(10·reputation, 500, 2000), A = min(1500, 1000 + ⌊age·1000 / 30 d⌋), V = 500 after a violation within a
/// day, else 1000.
#[must_use]
pub fn limit(base: u32, reputation: i64, account_age_ms: i64, violated: bool) -> i64 {
    let r = (10 * reputation).clamp(500, 2000);
    let a = 1500.min(1000 + account_age_ms.clamp(0, AGE_FULL_MS) * 1000 / AGE_FULL_MS);
    let v = if violated { 500 } else { 1000 };
    i64::from(base) * r * a * v / 1_000_000_000
}

#[derive(Debug, Clone, Copy)]
struct Window {
    start: i64,
    used: i64,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    reputation: i64,
    last_violation: Option<i64>,
    credited_day: i64,
}

impl Standing {
    const fn new(now: i64) -> Self {
        Self { reputation: 100, last_violation: None, credited_day: schemas::moment::utc_day(now) }
    }

    /// One more for each day that is over and was clean.
    fn credit(&mut self, now: i64) {
        let day = schemas::moment::utc_day(now);
        if day > self.credited_day {
            self.reputation = (self.reputation + day - self.credited_day).min(200);
            self.credited_day = day;
        }
    }

    fn violate(&mut self, now: i64) {
        self.reputation = (self.reputation - 10).max(0);
        self.last_violation = Some(now);
        // This day is not clean: the next one that may be credited is tomorrow.
        self.credited_day = self.credited_day.max(schemas::moment::utc_day(now) + 1);
    }
}

/// The rate limits of one world. Windows are kept in memory only; violations stand on the host's audit, and a world that
/// is loaded anew is told of those of the last weeks ([`Limiter::recall`]). What somebody had earned beyond the 100 that
/// everybody begins with is earned anew.
#[derive(Debug, Default)]
pub struct Limiter {
    windows: BTreeMap<(PlayerId, &'static str), Window>,
    standing: BTreeMap<PlayerId, Standing>,
}

impl Limiter {
    /// Counts a use of a command, a question as well, and says whether it is within the limit. By the wall clock: the
    /// world's own stands still while it is paused, and so would the window.
    ///
    /// # Errors
    /// `RATE_LIMITED` with the seconds to wait.
    pub fn admit(
        &mut self,
        player: PlayerId,
        command: &SlashCommand,
        account_age_ms: Option<i64>,
        now: WallTime,
    ) -> Result<(), Rejection> {
        let now = now.ms();
        let standing = self.standing.entry(player).or_insert_with(|| Standing::new(now));
        standing.credit(now);
        let violated = standing.last_violation.is_some_and(|at| now - at < VIOLATION_MS);
        let limit = limit(command.per_minute, standing.reputation, account_age_ms.unwrap_or(0), violated);
        let fresh = Window { start: now, used: 0 };
        let window = match self.windows.get_mut(&(player, command.path)) {
            Some(window) => window,
            None => self.windows.entry((player, command.path)).or_insert(fresh),
        };
        if now - window.start >= WINDOW_MS || now < window.start {
            *window = fresh;
        }
        if window.used < limit {
            window.used += 1;
            return Ok(());
        }
        standing.violate(now);
        let seconds = (WINDOW_MS - (now - window.start) + 999) / 1000;
        Err(Rejection::new("RATE_LIMITED").with("command", command.kind()).with("seconds", seconds))
    }

    /// Takes note of violations that happened before the world was loaded, in order. Those that are known stay as they are.
    pub(crate) fn recall(&mut self, violations: impl Iterator<Item = (PlayerId, WallTime)>) {
        let known: std::collections::BTreeSet<PlayerId> = self.standing.keys().copied().collect();
        for (player, at) in violations.filter(|(player, _)| !known.contains(player)) {
            let standing = self.standing.entry(player).or_insert_with(|| Standing::new(at.ms()));
            standing.credit(at.ms());
            standing.violate(at.ms());
        }
    }

    /// Forgets windows that are over.
    pub fn tidy(&mut self, now: WallTime) {
        self.windows.retain(|_, window| now.ms() - window.start < WINDOW_MS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_as_the_rulebook_lists_them() {
        let day = 86_400_000;
        assert_eq!(limit(10, 100, 0, false), 10);
        assert_eq!(limit(10, 50, 0, false), 5);
        assert_eq!(limit(10, 160, 15 * day, false), 24);
        assert_eq!(limit(10, 200, 90 * day, false), 30);
        assert_eq!(limit(10, 90, 30 * day, true), 6);
    }

    #[test]
    fn violations_that_are_recalled_halve_the_limit_and_a_day_with_one_is_not_clean() {
        let day = 86_400_000;
        let midnight = 1_772_409_600_000;
        let now = WallTime::from_ms(midnight + day / 2);
        let tree = games_registry::find("popverse-kingdoms").unwrap().tree();
        let command = tree.find_kind("CityShield").unwrap();
        let player = PlayerId::from_bits(7);
        let mut limiter = Limiter::default();
        limiter.recall([1, 2].into_iter().map(|hours| (player, now.plus_ms(-3_600_000 * hours))).rev());
        let reputation = |limiter: &Limiter| limiter.standing[&player].reputation;
        assert_eq!(reputation(&limiter), 80);
        // ⌊10·800·1000·500/10⁹⌋ = 4.
        let admitted = (0..10).filter(|_| limiter.admit(player, command, None, now).is_ok()).count();
        assert_eq!((admitted, reputation(&limiter)), (4, 20), "six more violations");
        // What is known already is not taken down a second time.
        limiter.recall(std::iter::once((player, now)));
        assert_eq!(reputation(&limiter), 20);
        for (days, expected) in [(1, 20), (2, 21), (3, 22)] {
            let later = WallTime::from_ms(midnight + days * day);
            assert_eq!(limiter.admit(player, command, None, later), Ok(()));
            assert_eq!(reputation(&limiter), expected, "after {days} days");
        }
    }

    /// Rulebook of PopVerse Kingdoms, 8: reputation, account age in days, a violation two hours ago or none.
    #[test]
    fn a39_so_many_requests_are_admitted_and_the_next_is_limited() {
        let day = 86_400_000;
        let now = WallTime::from_ms(1_772_409_600_000 + day);
        let player = PlayerId::from_bits(7);
        let tree = games_registry::find("popverse-kingdoms").unwrap().tree();
        let command = tree.find_kind("CityShield").unwrap();
        let rows = [
            (100, 0, false, 10),
            (50, 0, false, 5),
            (160, 15, false, 24),
            (200, 90, false, 30),
            (90, 30, true, 6),
        ];
        for (reputation, age, violated, stated) in rows {
            let mut limiter = Limiter::default();
            let age = Some(age * day);
            let standing = Standing {
                reputation,
                last_violation: violated.then_some(now.ms() - 2 * 3_600_000),
                credited_day: schemas::moment::utc_day(now.ms()),
            };
            limiter.standing.insert(player, standing);
            for n in 0..stated {
                assert_eq!(limiter.admit(player, command, age, now), Ok(()), "request {n} of {stated}");
            }
            let refused = limiter.admit(player, command, age, now.plus_ms(59_999)).unwrap_err();
            assert_eq!((&*refused.code, &*refused.context["command"]), ("RATE_LIMITED", "CityShield"));
            assert_eq!(limiter.standing[&player].reputation, reputation - 10);
            // A minute after its first request, the window begins anew.
            assert_eq!(limiter.admit(player, command, age, now.plus_ms(60_000)), Ok(()));
        }
    }
}
