//! The live line: which commits count, and which a rewind has made void.

use crate::CommitNo;

/// One rewind on the record: commit `at` took the world back to commit `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewind {
    /// The commit that holds `WorldRewound`.
    pub at: CommitNo,
    /// The last commit that still counts.
    pub to: CommitNo,
}

/// Which commits of a world are live. Void commits stay on the record; folds leave them out.
///
/// ```
/// use schemas::{live::Rewind, CommitNo, LiveLine};
/// let n = CommitNo::new;
/// let mut line = LiveLine::default();
/// line.push(Rewind { at: n(8), to: n(5) });
/// assert!(line.is_live(n(5)) && !line.is_live(n(6)) && line.is_live(n(8)));
/// assert!(line.is_live_as_of(n(6), n(7)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveLine {
    rewinds: Vec<Rewind>,
}

impl LiveLine {
    /// The line after these rewinds, given in commit order.
    #[must_use]
    pub const fn new(rewinds: Vec<Rewind>) -> Self {
        Self { rewinds }
    }

    /// Adds the newest rewind.
    pub fn push(&mut self, rewind: Rewind) {
        self.rewinds.push(rewind);
    }

    /// The rewinds in commit order.
    #[must_use]
    pub fn rewinds(&self) -> &[Rewind] {
        &self.rewinds
    }

    /// Whether a commit counts today.
    #[must_use]
    pub fn is_live(&self, commit: CommitNo) -> bool {
        !self.rewinds.iter().any(|r| r.to < commit && commit < r.at)
    }

    /// Whether a commit counted when `as_of` was the newest.
    #[must_use]
    pub fn is_live_as_of(&self, commit: CommitNo, as_of: CommitNo) -> bool {
        commit <= as_of && !self.rewinds.iter().any(|r| r.at <= as_of && r.to < commit && commit < r.at)
    }

    /// The last commit before `commit` that counted when `commit` was written: what a fold needs before it.
    #[must_use]
    pub fn parent(&self, commit: CommitNo) -> CommitNo {
        let rewound = self.rewinds.iter().find(|r| r.at == commit);
        rewound.map_or_else(|| commit.prev(), |r| r.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rewinds: &[(u64, u64)]) -> LiveLine {
        LiveLine::new(
            rewinds.iter().map(|&(at, to)| Rewind { at: CommitNo::new(at), to: CommitNo::new(to) }).collect(),
        )
    }

    fn live(line: &LiveLine, up_to: u64) -> Vec<u64> {
        (1..=up_to).filter(|&c| line.is_live_as_of(CommitNo::new(c), CommitNo::new(up_to))).collect()
    }

    #[test]
    fn a_second_rewind_may_go_back_past_the_first() {
        let line = line(&[(6, 4), (9, 2)]);
        assert_eq!(live(&line, 5), [1, 2, 3, 4, 5]);
        assert_eq!(live(&line, 8), [1, 2, 3, 4, 6, 7, 8]);
        assert_eq!(live(&line, 10), [1, 2, 9, 10]);
        assert_eq!(line.parent(CommitNo::new(9)), CommitNo::new(2));
        assert_eq!(line.parent(CommitNo::new(8)), CommitNo::new(7));
    }
}
