//! The commands and the rewinds of a world in memory: the server has no index for them.
//!
//! It is read from the world's stream once, when it is first asked for, and goes on with what is read and written from
//! then on. A command costs some 60 bytes. The store keeps the indexes of the worlds that were used last, see
//! [`WORLDS_KEPT`](crate::WORLDS_KEPT); others are read again when they are needed.

use std::collections::BTreeSet;

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, Hash, Position, StoredCommit};

/// A command on the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: u64,
    pub(crate) commit: CommitNo,
    /// Position of the commit's first event.
    pub(crate) first: Position,
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    /// The last commit that is in it, and its last event and hash.
    pub(crate) last: CommitNo,
    pub(crate) position: Position,
    pub(crate) hash: Hash,
    /// In commit order.
    entries: Vec<Entry>,
    by_key: BTreeSet<(u64, CommitNo)>,
    pub(crate) rewinds: Vec<Rewind>,
}

impl Index {
    /// Takes over the commit that follows.
    pub(crate) fn take(&mut self, commit: &StoredCommit) {
        if let Some(to) = commit.rewinds_to {
            self.rewinds.push(Rewind { at: commit.commit, to });
        }
        if let Some(id) = &commit.command {
            let entry = Entry { key: id.index_key(), commit: commit.commit, first: commit.first };
            self.entries.push(entry);
            self.by_key.insert((entry.key, entry.commit));
        }
        (self.last, self.position, self.hash) = (commit.commit, commit.last(), commit.hash);
    }

    /// The commits that may be this command's, from one commit on: a key is only 64 bits of an id, so the record decides.
    pub(crate) fn suspects(&self, id: &CommandId, since: CommitNo) -> Vec<Entry> {
        let key = id.index_key();
        let range = (key, since)..=(key, CommitNo::new(u64::MAX));
        let entry = |&(_, commit): &(u64, CommitNo)| {
            let at = self.entries.binary_search_by_key(&commit, |entry| entry.commit).ok()?;
            self.entries.get(at).copied()
        };
        self.by_key.range(range).filter_map(entry).collect()
    }

    /// The commit that holds the last rewind: the live line began there. Zero where there is none.
    pub(crate) fn since(&self) -> CommitNo {
        self.rewinds.last().map_or(CommitNo::ZERO, |rewind| rewind.at)
    }

    /// Keys with their commits, up to one commit, in commit order.
    pub(crate) fn up_to(&self, up_to: CommitNo) -> Vec<(u64, CommitNo)> {
        let end = self.entries.partition_point(|entry| entry.commit <= up_to);
        self.entries[..end].iter().map(|entry| (entry.key, entry.commit)).collect()
    }
}
