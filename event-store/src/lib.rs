//! The log: append-only commits per world, and the engines that keep them.
//!
//! Start at [`EventStore`]. An engine keeps the bytes of [`StoredCommit`]s, checks the expected version and the
//! epoch of every append, and gives the commits back in order. It knows no game and folds nothing.
//!
//! What an engine promises after each call stands at the call. One conformance suite (`conformance`) holds every
//! engine to it.

pub mod chain;
pub mod check;
pub mod checkpoint;
mod checkpoint_file;
#[cfg(feature = "conformance")]
pub mod conformance;
mod copy;
mod live_keys;
pub mod memory;
pub mod memory_store;
mod open_error;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod scan;
mod server_error;
pub mod snapshots;
pub mod sqlite;
pub mod verify;

use std::future::Future;

use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, Epoch, ExpectedVersion, Hash, Position, StoredCommit, WorldId};
use tokio_stream::Stream;

/// The most commits that one batch may carry.
pub const BATCH_COMMITS_MAX: usize = 512;

/// How many snapshots of a world are kept: the newest.
pub const SNAPSHOTS_KEPT: usize = 4;

pub use chain::{ChainCheck, ChainFault, FaultKind};
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointStore, SignedCheckpoint};
pub use checkpoint_file::{CheckpointFile, CheckpointLines};
pub use copy::{CopyError, CopyReport, copy_log};
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use memory::{Fault, MemoryLog};
pub use memory_store::MemoryStore;
pub use open_error::OpenError;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use server_error::ServerError;
pub use snapshots::load_snapshot;
pub use sqlite::{BackupError, BackupReport, SqliteStore, backup};
pub use verify::{VerifyReport, Witness, verify_world};

/// The commits of one world within one append.
#[derive(Debug, Clone)]
pub struct WorldBatch {
    /// The world.
    pub world: WorldId,
    /// The last commit number that the writer knows.
    pub expected: ExpectedVersion,
    /// The writer's ownership. A higher one than the log's takes the world over; a lower one is fenced off.
    pub epoch: Epoch,
    /// 1 to [`BATCH_COMMITS_MAX`] commits, numbered on from `expected` without a gap and linked by their hashes.
    pub commits: Vec<StoredCommit>,
}

/// Where a world's log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The last commit; zero where there is none.
    pub commit: CommitNo,
    /// The last event; zero where there is none.
    pub position: Position,
    /// Hash of the last commit.
    pub hash: Hash,
    /// The ownership in force.
    pub epoch: Epoch,
}

/// The three ways in which an append may end other than done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody appended in between. Nothing was written. Reload.
    #[error("the log stands at commit {actual}, not where this writer thinks")]
    WrongExpectedVersion {
        /// The last commit really there.
        actual: CommitNo,
    },
    /// A newer ownership exists. Nothing was written. Stand down.
    #[error("epoch {current} owns this world: this writer is fenced off")]
    Fenced {
        /// The ownership in force.
        current: Epoch,
    },
    /// It may have been written or not, or may still be. Never retry blindly: re-read the head, look the command
    /// up; before answering "not done", append an ownership commit under a new epoch.
    #[error("the outcome of this append is unknown: {0}")]
    OutcomeUnknown(String),
    /// Nothing was written, and nothing can be at present: the disk is full or gone, the store is closed, the
    /// batch breaks a rule.
    #[error("nothing can be appended: {0}")]
    Unavailable(String),
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store can not be reached or read at present.
    #[error("the log can not be read: {0}")]
    Unavailable(String),
    /// What was read is not what was written.
    #[error("{world}, commit {commit}: {problem}")]
    Broken {
        /// The world.
        world: WorldId,
        /// The commit.
        commit: CommitNo,
        /// What is wrong with it.
        problem: String,
    },
}

/// One world of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldHead {
    /// The world.
    pub world: WorldId,
    /// Where its log ends.
    pub head: Head,
}

/// A log of commits, per world.
///
/// There is no order across worlds, and nothing may depend on one.
pub trait EventStore: Send + Sync {
    /// Appends the batches in one durable write where the engine can, each with an ending of its own, in the order
    /// of the batches. `Ok` says that the batch's commits are on disk, all of them, and will survive a crash; it
    /// carries the new last commit number. One world may stand in one call only once.
    ///
    /// Checked for each batch, in this order: the batch is well formed (numbers, positions, links, size), the epoch
    /// is not lower than the log's, the expected version is the log's, no command id stands twice since the last
    /// rewind (the second guard; the first is the command service, which looks every id up before it decides).
    fn append(
        &self,
        batches: Vec<WorldBatch>,
    ) -> impl Future<Output = Vec<Result<CommitNo, AppendError>>> + Send;

    /// The most that the commits of one batch may count for together, by [`EventStore::commit_bytes`]; a batch above it may
    /// be refused. A batch of one commit may be tried in any case.
    fn batch_bytes_max(&self) -> usize {
        check::BATCH_BYTES_MAX
    }

    /// What a commit counts for against [`EventStore::batch_bytes_max`]; at least its header and its body.
    fn commit_bytes(&self, commit: &StoredCommit) -> usize {
        commit.header.len() + commit.body.len()
    }

    /// Where a world's log ends; `Head::default()` for a world that has none.
    fn head(&self, world: &WorldId) -> impl Future<Output = Result<Head, ReadError>> + Send;

    /// Up to `limit` commits after `after`, in order, void ones too. Hashes are not checked here.
    fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredCommit>, ReadError>> + Send;

    /// The commits after `after` up to `up_to`, in order and without a gap, void ones too, page by page, each checked by
    /// itself. Ends early where the log ends, and after an error. This is how whole records are read: an
    /// engine may read and check ahead of whoever takes the pages.
    fn scan(
        &self,
        world: &WorldId,
        after: CommitNo,
        up_to: CommitNo,
    ) -> impl Stream<Item = Result<Vec<CheckedCommit>, ReadError>> + Send
    where
        Self: Sized,
    {
        scan::pages(self, world.clone(), after, up_to)
    }

    /// Every commit of this command id, in order, void ones too.
    fn find_command(
        &self,
        world: &WorldId,
        id: &CommandId,
    ) -> impl Future<Output = Result<Vec<CommitNo>, ReadError>> + Send;

    /// Index keys ([`CommandId::index_key`]) of all commands with their commit, up to `up_to`, in commit order.
    fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> impl Future<Output = Result<Vec<(u64, CommitNo)>, ReadError>> + Send;

    /// Every rewind of a world, in commit order: what [`schemas::LiveLine`] is made of.
    fn rewinds(&self, world: &WorldId) -> impl Future<Output = Result<Vec<Rewind>, ReadError>> + Send;

    /// All worlds, by name.
    fn worlds(&self) -> impl Future<Output = Result<Vec<WorldHead>, ReadError>> + Send;
}

/// A cached fold of a world. A snapshot is never believed: it is used only when its keys match, its bytes give the
/// digest, and its commit hash is that of the log; else it is thrown away and the log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The world.
    pub world: WorldId,
    /// The last commit folded.
    pub commit: CommitNo,
    /// Its hash: a snapshot of a line that was rewound, or of another log, does not match.
    pub commit_hash: Hash,
    /// Position of the last event folded.
    pub position: Position,
    /// Digest of the rules in force, and of the shape of the state: another build of the game does not match.
    pub state_key: String,
    /// SHA-256 over `bytes`.
    pub digest: Hash,
    /// The folded state, as the game's face writes it.
    pub bytes: Vec<u8>,
}

/// Where snapshots are kept: beside the log, off the append path.
pub trait SnapshotStore: Send + Sync {
    /// Keeps a snapshot; older ones of the world beyond the newest four may be dropped.
    fn save_snapshot(&self, snapshot: Snapshot) -> impl Future<Output = Result<(), ReadError>> + Send;

    /// The newest snapshots at or before `up_to`, newest first, as they were kept: the caller checks them.
    fn snapshots(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> impl Future<Output = Result<Vec<Snapshot>, ReadError>> + Send;

    /// Throws one away that was found wanting.
    fn drop_snapshot(
        &self,
        world: &WorldId,
        commit: CommitNo,
    ) -> impl Future<Output = Result<(), ReadError>> + Send;
}
