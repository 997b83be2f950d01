//! How many messages are said in how long: Twitch shuts out for half an hour whoever says more.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many messages within so long, and no more.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    within: Duration,
    said: VecDeque<Instant>,
}

impl Pace {
    /// At most so many within so long.
    #[must_use]
    pub const fn new(most: usize, within: Duration) -> Self {
        Self { most, within, said: VecDeque::new() }
    }

    /// From when on one more may be said.
    #[must_use]
    pub fn free_at(&self, now: Instant) -> Instant {
        let nth = self.said.len().checked_sub(self.most).and_then(|nth| self.said.get(nth));
        nth.map_or(now, |said| (*said + self.within).max(now))
    }

    /// One was said.
    pub fn count(&mut self, now: Instant) {
        self.said.push_back(now);
        while self.said.len() > self.most {
            self.said.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_any_span_there_are_no_more_than_may_be() {
        let (start, span) = (Instant::now(), Duration::from_secs(30));
        let mut pace = Pace::new(3, span);
        let at = |s| start + Duration::from_secs(s);
        for s in [0, 10, 20] {
            assert_eq!(pace.free_at(at(s)), at(s));
            pace.count(at(s));
        }
        assert_eq!(pace.free_at(at(21)), at(30));
        pace.count(at(30));
        assert_eq!(pace.free_at(at(30)), at(40));
        assert_eq!(pace.free_at(at(41)), at(41));
    }
}
