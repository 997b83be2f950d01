//! Which event a commit begins with, for some commits: what a revision is computed from.

use std::collections::BTreeMap;

use schemas::{CommitNo, Position, StoredCommit};

/// Places that are kept of one world. Beyond that every second one is forgotten.
const KEPT: usize = 4096;

/// Of the commits that are read, one in so many is remembered; and every one with which reading ended.
const EVERY: u64 = 128;

/// From a place so many commits back it is quicker to read on than to search.
pub(crate) const NEAR: u64 = 64;

/// The position of the first event, by commit.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<CommitNo, Position>);

impl Places {
    /// Remembers where a commit begins.
    pub(crate) fn learn(&mut self, commit: CommitNo, first: Position) {
        self.0.insert(commit, first);
        if self.0.len() > KEPT {
            let mut keep = false;
            self.0.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
    }

    /// Remembers one in a while of the commits that pass.
    pub(crate) fn pass(&mut self, commit: &StoredCommit) {
        if commit.commit.get().is_multiple_of(EVERY) {
            self.learn(commit.commit, commit.first);
        }
    }

    /// The last place known at or before a commit; the first commit's where none is known.
    pub(crate) fn before(&self, commit: CommitNo) -> (CommitNo, Position) {
        let known = self.0.range(..=commit).next_back();
        known.map_or((CommitNo::new(1), Position::new(1)), |(&commit, &first)| (commit, first))
    }

    /// Forgets everything: the record is not the one that was read.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_from_before_and_never_grow_without_end() {
        let mut places = Places::default();
        assert_eq!(places.before(CommitNo::new(9)), (CommitNo::new(1), Position::new(1)));
        for number in 1..=3 * KEPT as u64 {
            places.learn(CommitNo::new(10 * number), Position::new(20 * number));
            assert!(places.0.len() <= KEPT);
        }
        let (commit, first) = places.before(CommitNo::new(70_005));
        assert!(commit <= CommitNo::new(70_005) && first.get() == 2 * commit.get());
        assert_eq!(places.before(CommitNo::new(5)), (CommitNo::new(1), Position::new(1)));
    }
}
