//! Numbers of new things: per world and kind, from 1.

use std::collections::BTreeMap;

use schemas::Allocation;
use serde::{Deserialize, Serialize};

/// The highest number given so far, by kind. Part of the state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters(BTreeMap<String, u64>);

impl Counters {
    /// The next number of a kind.
    pub fn next(&mut self, kind: &str) -> u64 {
        if let Some(last) = self.0.get_mut(kind) {
            *last += 1;
            return *last;
        }
        self.0.insert(kind.to_owned(), 1);
        1
    }

    /// Folds numbers that a commit handed out. A number below the highest is an old one kept, and changes nothing.
    pub fn fold(&mut self, allocations: &[Allocation]) {
        for allocation in allocations {
            self.raise(&allocation.kind, allocation.number);
        }
    }

    /// Makes sure that the next number of `kind` is above `at_least`.
    pub fn raise(&mut self, kind: &str, at_least: u64) {
        match self.0.get_mut(kind) {
            Some(last) => *last = (*last).max(at_least),
            None => {
                self.0.insert(kind.to_owned(), at_least);
            }
        }
    }

    /// The highest number given so far, by kind.
    #[must_use]
    pub const fn highest(&self) -> &BTreeMap<String, u64> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_above_the_highest() {
        let mut counters = Counters::default();
        assert_eq!((counters.next("march"), counters.next("march"), counters.next("battle")), (1, 2, 1));
        counters.raise("march", 10);
        counters.raise("march", 3);
        assert_eq!(counters.next("march"), 11);
    }
}
