//! Discord's limits, as its answers tell them: one bucket for a route and its main id, one limit for all.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::error::Scope;

/// In this span refused calls are counted.
const REFUSED_SPAN: Duration = Duration::from_secs(600);
/// So many refused calls in that span stop everything. Discord blocks an address at 10,000.
const REFUSED_MOST: usize = 5_000;
/// So long others wait for the first call of an unknown bucket: its answer says how many may follow.
const ASKED: Duration = Duration::from_secs(5);
/// How often they look whether it has come.
const ASKED_LOOK: Duration = Duration::from_millis(10);
/// With more buckets than this, those whose time has passed are forgotten.
const BUCKETS_KEPT: usize = 4_096;

/// Names what shares a limit: the route, and the id in it that Discord counts by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Method and path, without ids.
    pub(super) route: &'static str,
    /// The channel, server or token in it.
    pub(super) major: String,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Calls that a span takes.
    limit: u64,
    /// Those of them that are left in this one.
    remaining: u64,
    /// When this span is over.
    until: Instant,
    /// The longest that a span was said to go on.
    span: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// The name that Discord gave a route's bucket: several routes may share one.
    names: HashMap<&'static str, String>,
    buckets: HashMap<(String, String), Bucket>,
    /// Calls under way of which nothing is known yet, and until when their answers are waited for.
    asked: HashMap<Key, Instant>,
    global_until: Option<Instant>,
    /// The second that is counted, and how many went out in it.
    second: Option<(Instant, u32)>,
    refused: VecDeque<Instant>,
}

/// What the limits say to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may go.
    Go,
    /// Not before so long.
    Wait(Duration, Scope),
    /// Nothing goes at all.
    HoldBack,
}

/// The limits as far as they are known.
#[derive(Debug)]
pub(super) struct Limiter {
    per_second: u32,
    state: Mutex<State>,
}

impl State {
    fn bucket(&self, key: &Key) -> (String, String) {
        let name = self.names.get(key.route).map_or(key.route, String::as_str);
        (name.to_owned(), key.major.clone())
    }
}

impl Limiter {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, state: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn, if there is one now. Answers to interactions are not counted by the limit for all.
    pub(super) fn turn(&self, key: &Key, counted: bool, now: Instant) -> Turn {
        let mut state = self.lock();
        while state.refused.front().is_some_and(|at| now.duration_since(*at) > REFUSED_SPAN) {
            state.refused.pop_front();
        }
        if state.refused.len() >= REFUSED_MOST {
            return Turn::HoldBack;
        }
        if let Some(until) = state.global_until.filter(|until| counted && *until > now) {
            return Turn::Wait(until - now, Scope::Global);
        }
        let bucket = state.bucket(key);
        let asked = state.asked.get(key).is_some_and(|until| *until > now);
        match state.buckets.get_mut(&bucket) {
            Some(known) if known.until > now && known.remaining == 0 => {
                return Turn::Wait(known.until - now, Scope::User);
            }
            Some(known) if known.until > now => {}
            // A span begins anew, as long as the longest so far until an answer says otherwise.
            Some(known) => {
                known.remaining = known.limit;
                known.until = now + known.span;
            }
            None if asked => return Turn::Wait(ASKED_LOOK, Scope::User),
            None => {}
        }
        if counted {
            let (start, sent) = state.second.filter(|(start, _)| now < *start + SECOND).unwrap_or((now, 0));
            if sent >= self.per_second {
                return Turn::Wait(start + SECOND - now, Scope::Global);
            }
            state.second = Some((start, sent + 1));
        }
        match state.buckets.get_mut(&bucket) {
            Some(known) => known.remaining = known.remaining.saturating_sub(1),
            None => drop(state.asked.insert(key.clone(), now + ASKED)),
        }
        Turn::Go
    }

    /// A call has ended without an answer that could be learnt from.
    pub(super) fn lost(&self, key: &Key) {
        self.lock().asked.remove(key);
    }

    /// Takes in what an answer's headers say.
    pub(super) fn learn(&self, key: &Key, headers: &HeaderMap, now: Instant) {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let remaining = text("x-ratelimit-remaining").and_then(|text| text.parse().ok());
        let limit = text("x-ratelimit-limit").and_then(|text| text.parse().ok());
        let after = text("x-ratelimit-reset-after").and_then(seconds);
        let mut state = self.lock();
        state.asked.remove(key);
        let (Some(remaining), Some(after)) = (remaining, after) else { return };
        if let Some(name) = text("x-ratelimit-bucket") {
            state.names.insert(key.route, name.to_owned());
        }
        if state.buckets.len() >= BUCKETS_KEPT {
            state.buckets.retain(|_, known| known.until > now);
        }
        let (bucket, until) = (state.bucket(key), now + after);
        // Answers may overtake each other: the fewer are left, the later the news.
        match state.buckets.get_mut(&bucket).filter(|known| known.until > now) {
            Some(known) => {
                known.limit = limit.unwrap_or(known.limit);
                known.remaining = known.remaining.min(remaining);
                known.until = known.until.max(until);
                known.span = known.span.max(after);
            }
            None => {
                // What has been called already was one at least.
                let limit = limit.unwrap_or(remaining + 1);
                state.buckets.insert(bucket, Bucket { limit, remaining, until, span: after });
            }
        }
    }

    /// Takes in a refusal of the kind 429.
    pub(super) fn hit(&self, key: &Key, scope: Scope, after: Duration, now: Instant) {
        let mut state = self.lock();
        if scope == Scope::Global {
            state.global_until = Some(now + after);
        } else {
            let bucket = state.bucket(key);
            let limit = state.buckets.get(&bucket).map_or(1, |known| known.limit);
            state.buckets.insert(bucket, Bucket { limit, remaining: 0, until: now + after, span: after });
        }
        if scope != Scope::Shared {
            state.refused.push_back(now);
        }
    }

    /// Counts a call that was refused with 401 or 403.
    pub(super) fn refused(&self, now: Instant) {
        self.lock().refused.push_back(now);
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// Seconds with a fraction, as Discord writes spans.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(remaining: u32, after: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-limit", 5.into());
        headers.insert("x-ratelimit-bucket", "abcd".parse().unwrap());
        headers.insert("x-ratelimit-remaining", remaining.into());
        headers.insert("x-ratelimit-reset-after", after.parse().unwrap());
        headers
    }

    fn key(route: &'static str, major: &str) -> Key {
        Key { route, major: major.to_owned() }
    }

    #[test]
    fn a_bucket_that_is_empty_lets_nothing_through_until_it_is_full_again() {
        let limiter = Limiter::new(50);
        let now = Instant::now();
        let (a, b) = (key("POST /channels/messages", "1"), key("POST /channels/messages", "2"));
        assert_eq!(limiter.turn(&a, true, now), Turn::Go);
        limiter.learn(&a, &headers(1, "2.5"), now);
        assert_eq!(limiter.turn(&a, true, now), Turn::Go);
        assert_eq!(limiter.turn(&a, true, now), Turn::Wait(Duration::from_millis(2500), Scope::User));
        assert_eq!(limiter.turn(&b, true, now), Turn::Go, "another channel has its own");
        // A route whose bucket bears the same name shares it.
        let other = key("PATCH /channels/messages", "1");
        limiter.learn(&other, &headers(0, "2.5"), now);
        assert!(matches!(limiter.turn(&other, true, now), Turn::Wait(..)));
        assert_eq!(limiter.turn(&a, true, now + Duration::from_secs(3)), Turn::Go);
    }

    #[test]
    fn of_an_unknown_bucket_one_call_is_made_until_its_answer_says_more() {
        let limiter = Limiter::new(50);
        let now = Instant::now();
        let a = key("POST /channels/messages", "1");
        assert_eq!(limiter.turn(&a, true, now), Turn::Go);
        assert!(matches!(limiter.turn(&a, true, now), Turn::Wait(..)));
        assert_eq!(limiter.turn(&key("POST /channels/messages", "2"), true, now), Turn::Go);
        assert_eq!(limiter.turn(&a, true, now + ASKED), Turn::Go, "nobody waits for ever");
        limiter.lost(&a);
        assert_eq!(limiter.turn(&a, true, now), Turn::Go, "no answer will come");
        limiter.learn(&a, &headers(4, "2"), now);
        let calls = |at: Instant| (0..20).filter(|_| limiter.turn(&a, true, at) == Turn::Go).count();
        assert_eq!(calls(now), 4);
        // The next span takes as many as it is said to, and not whatever comes.
        assert_eq!(calls(now + Duration::from_secs(2)), 5);
        assert_eq!(calls(now + Duration::from_secs(3)), 0);
        assert_eq!(calls(now + Duration::from_secs(4)), 5);
    }

    #[test]
    fn the_limit_for_all_spares_answers_to_interactions() {
        let limiter = Limiter::new(2);
        let now = Instant::now();
        let a = key("a", "");
        limiter.hit(&a, Scope::Global, Duration::from_secs(1), now);
        assert_eq!(limiter.turn(&a, true, now), Turn::Wait(SECOND, Scope::Global));
        assert_eq!(limiter.turn(&a, false, now), Turn::Go);
        let later = now + Duration::from_secs(2);
        for number in 0..2 {
            assert_eq!(limiter.turn(&key("b", &number.to_string()), true, later), Turn::Go);
        }
        assert_eq!(limiter.turn(&key("c", ""), true, later), Turn::Wait(SECOND, Scope::Global));
    }

    #[test]
    fn so_many_refusals_stop_everything_and_shared_ones_do_not_count() {
        let limiter = Limiter::new(50);
        let now = Instant::now();
        let a = key("a", "");
        for _ in 0..REFUSED_MOST {
            limiter.hit(&a, Scope::Shared, Duration::ZERO, now);
        }
        assert_eq!(limiter.turn(&a, false, now), Turn::Go);
        for _ in 0..REFUSED_MOST {
            limiter.refused(now);
        }
        assert_eq!(limiter.turn(&a, false, now), Turn::HoldBack);
        assert_eq!(limiter.turn(&a, false, now + REFUSED_SPAN + SECOND), Turn::Go);
    }

    #[test]
    fn spans_are_read_and_nonsense_is_not() {
        assert_eq!(seconds("64.57"), Some(Duration::from_millis(64_570)));
        for bad in ["", "-1", "NaN", "inf", "1e300", "soon"] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
    }
}
