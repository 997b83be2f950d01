//! Circuit breakers of the log: after some failures nobody is sent into the wall any more (rulebook of PopVerse Kingdoms,
//! 2.23). One for each stable code of reading and of writing, for all worlds of a node, for they share the log.
//!
//! Five failures within a minute, with no success between them, open a breaker for half a minute: commands are refused at
//! once, and not one after the other when their patience ends. Then one is let through; how that ends decides. A world
//! that can not be read is tried again all the while by its owner, one small reading at a time: where that goes well, the
//! breaker closes at once, and nobody waits for the half minute to pass.

use std::collections::{BTreeMap, VecDeque};

use schemas::WallTime;

/// So many failures open it.
pub const FAILURES: usize = 5;
/// Within this time, in ms.
pub const WITHIN_MS: i64 = 60_000;
/// For so long, in ms.
pub const OPEN_MS: i64 = 30_000;

/// What the log was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Heads, commits, snapshots.
    Read,
    /// Appends.
    Write,
}

impl Use {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Where a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All go through.
    Closed,
    /// Nobody goes through until then.
    Open(WallTime),
    /// One has gone through since then, and has not come back.
    Trial(WallTime),
}

impl State {
    /// As a number for metrics: 0 closed, 1 on trial, 2 open.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Closed => 0,
            Self::Trial(_) => 1,
            Self::Open(_) => 2,
        }
    }
}

#[derive(Debug)]
struct Breaker {
    failures: VecDeque<WallTime>,
    state: State,
}

/// The breakers of a node.
#[derive(Debug, Default)]
pub struct Breakers {
    all: BTreeMap<(Use, String), Breaker>,
    opened: u64,
}

/// The stable code before the first colon of what a store says, where there is one.
#[must_use]
pub fn code_of(problem: &str) -> &str {
    let word = problem.split(':').next().unwrap_or_default();
    let is_code = !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if is_code { word } else { "STORE_UNAVAILABLE" }
}

impl Breakers {
    /// A use of the log has failed.
    pub fn failed(&mut self, used: Use, problem: &str, now: WallTime) {
        let key = (used, code_of(problem).to_owned());
        let closed = || Breaker { failures: VecDeque::new(), state: State::Closed };
        let breaker = self.all.entry(key).or_insert_with(closed);
        breaker.failures.retain(|at| now.since(*at) < WITHIN_MS);
        if breaker.failures.len() >= FAILURES {
            breaker.failures.pop_front();
        }
        breaker.failures.push_back(now);
        let opens = match breaker.state {
            State::Closed => breaker.failures.len() >= FAILURES,
            State::Trial(_) => true,
            // What fails while it is open is the owner's own trying.
            State::Open(_) => false,
        };
        if opens {
            breaker.state = State::Open(now.plus_ms(OPEN_MS));
            self.opened += 1;
        }
    }

    /// A use of the log has gone well. What could be written can be read, too.
    pub fn went_well(&mut self, used: Use) {
        match used {
            Use::Read => self.all.retain(|(used, _), _| *used != Use::Read),
            Use::Write => self.all.clear(),
        }
    }

    /// Lets a command through, or says how many seconds are left until one may try.
    ///
    /// # Errors
    /// The code that is broken, and those seconds.
    pub fn admit(&mut self, now: WallTime) -> Result<(), (String, i64)> {
        let left = |until: WallTime| (until.since(now) + 999) / 1000;
        for ((_, code), breaker) in &self.all {
            match breaker.state {
                State::Open(until) if now.since(until) < 0 => return Err((code.clone(), left(until))),
                // One that was let through and never came to the log holds nobody up for longer than the log did.
                State::Trial(since) if (0..OPEN_MS).contains(&now.since(since)) => {
                    return Err((code.clone(), left(since.plus_ms(OPEN_MS))));
                }
                State::Closed | State::Open(_) | State::Trial(_) => {}
            }
        }
        for breaker in self.all.values_mut().filter(|breaker| breaker.state != State::Closed) {
            breaker.state = State::Trial(now);
        }
        Ok(())
    }

    /// Every breaker that has seen failures: use, code, state.
    pub fn states(&self) -> impl Iterator<Item = (Use, &str, State)> {
        self.all.iter().map(|((used, code), breaker)| (*used, code.as_str(), breaker.state))
    }

    /// How often one has opened since the start.
    #[must_use]
    pub const fn opened(&self) -> u64 {
        self.opened
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    const GONE: &str = "STORE_UNREACHABLE: nobody answers at db:5432";

    fn at(ms: i64) -> WallTime {
        WallTime::from_ms(1_772_409_600_000 + ms)
    }

    fn states(breakers: &Breakers) -> Vec<(Use, String, State)> {
        breakers.states().map(|(used, code, state)| (used, code.to_owned(), state)).collect()
    }

    #[test]
    fn five_failures_in_a_minute_open_it_for_half_a_minute() {
        let mut breakers = Breakers::default();
        for n in 0..4 {
            breakers.failed(Use::Write, GONE, at(n * 1000));
        }
        assert_eq!(breakers.admit(at(4000)), Ok(()));
        // The first is a minute old by now: four are left.
        breakers.failed(Use::Write, GONE, at(60_000));
        assert_eq!(breakers.admit(at(60_000)), Ok(()));
        breakers.failed(Use::Write, GONE, at(60_500));
        let broken = |seconds| Err(("STORE_UNREACHABLE".to_owned(), seconds));
        assert_eq!(breakers.admit(at(60_500)), broken(30));
        assert_eq!(breakers.admit(at(90_499)), broken(1));
        assert_eq!(breakers.opened(), 1);
        // One trial, and nobody beside it.
        assert_eq!(breakers.admit(at(90_500)), Ok(()));
        assert_eq!(breakers.admit(at(90_501)), broken(30));
        breakers.failed(Use::Write, GONE, at(91_000));
        assert_eq!(breakers.admit(at(120_999)), broken(1));
        assert_eq!((breakers.admit(at(121_000)), breakers.opened()), (Ok(()), 2));
        breakers.went_well(Use::Write);
        assert_eq!((breakers.admit(at(121_001)), breakers.admit(at(121_002))), (Ok(()), Ok(())));
        assert!(states(&breakers).is_empty());
    }

    #[test]
    fn each_code_has_its_own_and_a_success_between_failures_counts() {
        let mut breakers = Breakers::default();
        for n in 0..4 {
            breakers.failed(Use::Read, GONE, at(n));
            breakers.failed(Use::Write, "DISK_FULL: no room", at(n));
            breakers.failed(Use::Write, "something else", at(n));
        }
        assert_eq!(breakers.admit(at(5)), Ok(()));
        breakers.failed(Use::Write, "DISK_FULL: no room", at(6));
        assert_eq!(breakers.admit(at(7)).unwrap_err().0, "DISK_FULL");
        // That it can be read does not say that it can be written.
        breakers.went_well(Use::Read);
        let kept: Vec<String> = states(&breakers).into_iter().map(|(_, code, _)| code).collect();
        assert_eq!(kept, ["DISK_FULL", "STORE_UNAVAILABLE"]);
        breakers.went_well(Use::Write);
        for n in 0..4 {
            breakers.failed(Use::Write, "DISK_FULL: no room", at(8 + n));
        }
        assert_eq!(breakers.admit(at(20)), Ok(()), "the count begins anew");
    }

    #[test]
    fn a_trial_that_never_comes_back_is_followed_by_another() {
        let mut breakers = Breakers::default();
        (0..5).for_each(|n| breakers.failed(Use::Read, GONE, at(n)));
        assert_eq!(breakers.admit(at(4 + OPEN_MS)), Ok(()));
        assert!(breakers.admit(at(3 + 2 * OPEN_MS)).is_err());
        assert_eq!(breakers.admit(at(4 + 2 * OPEN_MS)), Ok(()));
        // What the owner tries by itself while it is open does not put the trial off.
        let mut breakers = Breakers::default();
        (0..50).for_each(|n| breakers.failed(Use::Read, GONE, at(n * 500)));
        assert_eq!(breakers.admit(at(4 * 500 + OPEN_MS)), Ok(()));
    }
}
