//! The log in one SQLite file: the engine of a server on one machine.
//!
//! Write-ahead log, `synchronous=FULL`: what was acknowledged survives a power cut. One owner at a time, by an
//! operating system lock on `<file>.lock`; tools read beside it with [`SqliteStore::open_read_only`]. Snapshots are
//! a cache and stand in a file of their own, `<file>.snapshots`, which may be deleted at any time.

mod ahead;
mod backup;
mod error;
mod open;
mod packed;
mod read;
mod schema;
mod snapshot_file;
mod wal;
mod writer;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio_stream::Stream;

pub use self::backup::{BackupError, BackupReport, backup};
use self::open::Found;
use self::read::Reader;
use self::snapshot_file::SnapshotFile;
use self::writer::Writer;
use crate::scan::Cursor;
use crate::{
    AppendError, Checkpoint, CheckpointStore, EventStore, Head, OpenError, ReadError, SignedCheckpoint,
    Snapshot, SnapshotStore, WorldBatch, WorldHead,
};

/// The log in one SQLite file. Must be opened and used within a tokio runtime.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    reader: Arc<Reader>,
    snapshots: SnapshotFile,
    owner: Option<Owner>,
}

/// What only the owner has.
#[derive(Debug)]
struct Owner {
    writer: Arc<Mutex<Writer>>,
    checkpoint_wanted: Arc<Notify>,
    checkpoints: JoinHandle<()>,
    // The lock falls when this is dropped, after the connections above.
    _lock: File,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.checkpoints.abort();
    }
}

impl SqliteStore {
    /// Opens the log as its owner; creates it where there is none, and brings its schema up to date.
    ///
    /// Checks that the file is a log of this server and that every world's head is its last commit; reads no more
    /// than that. The whole record is checked by [`verify_world`](crate::verify_world).
    ///
    /// # Errors
    /// See [`OpenError`]; among them that another process owns the log.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let lock = open::take_lock(&path)?;
        let (conn, heads) = open::writer(&path).await?;
        let writer = Arc::new(Mutex::new(Writer::new(conn, heads)));
        let checkpoint_wanted = Arc::new(Notify::new());
        let helper = open::helper(&path).await?;
        let keep = wal::keep_short(&path, helper, Arc::clone(&writer), Arc::clone(&checkpoint_wanted));
        let owner = Owner { writer, checkpoint_wanted, checkpoints: tokio::spawn(keep), _lock: lock };
        let reader = Arc::new(Reader::new(open::readers(&path).await?));
        let snapshots = SnapshotFile::open(&path, true).await;
        Ok(Self { path, reader, snapshots, owner: Some(owner) })
    }

    /// Opens the log to read it, beside a running owner or without one. Appends are answered
    /// [`AppendError::Unavailable`].
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        match open::inspect(&path).await? {
            Found::Log => {}
            Found::Nothing => return Err(OpenError::Missing { path }),
        }
        let pool = open::readers(&path).await?;
        let snapshots = SnapshotFile::open(&path, false).await;
        Ok(Self { path, reader: Arc::new(Reader::new(pool)), snapshots, owner: None })
    }

    /// The log's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this process owns the log and may append.
    #[must_use]
    pub const fn is_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// Lets the file grow to so many pages at most, as a full disk would, for tests.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), ReadError> {
        let Some(owner) = &self.owner else { return no_owner() };
        let sql = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        let limited = sqlx::raw_sql(sql).execute(&mut owner.writer.lock().await.conn).await;
        limited.map(|_| ()).map_err(|e| error::read_error(&e))
    }

    /// Closes the log in good order: waits for a running append, moves the write-ahead log into the database and
    /// gives up the lock. A store that is only dropped loses nothing either; the next to open it has more to read.
    pub async fn close(self) {
        let Self { reader, snapshots, owner, .. } = self;
        reader.pool.close().await;
        snapshots.close().await;
        let Some(owner) = owner else { return };
        owner.checkpoints.abort();
        let mut writer = owner.writer.lock().await;
        if let Err(error) = wal::truncate(&mut writer.conn).await {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database; it stays beside it");
        }
    }
}

fn no_owner<T>() -> Result<T, ReadError> {
    Err(ReadError::Unavailable("STORE_READ_ONLY: this log was opened to be read".to_owned()))
}

impl EventStore for SqliteStore {
    async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        let Some(owner) = &self.owner else {
            let no = AppendError::Unavailable("STORE_READ_ONLY: this log was opened to be read".to_owned());
            return vec![Err(no); batches.len()];
        };
        let mut writer = owner.writer.lock().await;
        let endings = writer.append(batches).await;
        if writer.wants_checkpoint() {
            owner.checkpoint_wanted.notify_one();
        }
        endings
    }

    async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        self.reader.head(world).await
    }

    async fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        self.reader.read(world, after, limit).await
    }

    fn scan(
        &self,
        world: &WorldId,
        after: CommitNo,
        up_to: CommitNo,
    ) -> impl Stream<Item = Result<Vec<CheckedCommit>, ReadError>> + Send {
        ahead::pages(Arc::clone(&self.reader), Cursor::new(world.clone(), after, up_to))
    }

    async fn find_command(&self, world: &WorldId, id: &CommandId) -> Result<Vec<CommitNo>, ReadError> {
        self.reader.find_command(world, id).await
    }

    async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        self.reader.command_index(world, up_to).await
    }

    async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        self.reader.rewinds(world).await
    }

    async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        self.reader.worlds().await
    }
}

impl SnapshotStore for SqliteStore {
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        self.snapshots.save(snapshot).await
    }

    async fn snapshots(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        self.snapshots.list(world, up_to).await
    }

    async fn drop_snapshot(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        self.snapshots.discard(world, commit).await
    }
}

impl CheckpointStore for SqliteStore {
    async fn save_checkpoint(&self, checkpoint: SignedCheckpoint) -> Result<(), ReadError> {
        let Some(owner) = &self.owner else { return no_owner() };
        let line = checkpoint.to_string();
        let Checkpoint { world, commit, .. } = checkpoint.checkpoint;
        owner.writer.lock().await.save_checkpoint(&world, commit, line).await
    }

    async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        self.reader.checkpoints(world).await
    }
}
