//! Who may ask again when: in bounded memory, for whoever has many accounts must not cost more than one who has few.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One turn for each in so long.
#[derive(Debug)]
pub struct Turns {
    each: Duration,
    most: usize,
    last: BTreeMap<String, Instant>,
}

impl Turns {
    /// One turn for each in so long; of no more than so many at a time it is remembered.
    #[must_use]
    pub const fn new(each: Duration, most: usize) -> Self {
        Self { each, most, last: BTreeMap::new() }
    }

    /// Takes a turn; false for one who had one lately, and for everybody new while too many had.
    pub fn take(&mut self, who: &str, now: Instant) -> bool {
        let each = self.each;
        let over = |last: &Instant| now.saturating_duration_since(*last) >= each;
        if self.last.get(who).is_some_and(|last| !over(last)) {
            return false;
        }
        if self.last.len() >= self.most {
            self.last.retain(|_, last| !over(last));
        }
        if self.last.len() >= self.most && !self.last.contains_key(who) {
            return false;
        }
        self.last.insert(who.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_turn_a_minute_and_many_cost_no_more() {
        let (start, minute) = (Instant::now(), Duration::from_secs(60));
        let mut turns = Turns::new(minute, 3);
        assert!(turns.take("ann", start));
        assert!(!turns.take("ann", start + minute - Duration::from_millis(1)));
        assert!(turns.take("bob", start) && turns.take("cid", start));
        assert!(!turns.take("dan", start), "there is no room");
        assert!(turns.take("ann", start + minute));
        assert!(turns.take("dan", start + minute), "bob and cid have had theirs");
        assert!(turns.last.len() <= 3);
    }
}
