//! The log on a PostgreSQL server: the engine of a server on several machines.
//!
//! Many nodes may use one database. Each appends through one connection; who owns a world is decided by the record
//! alone, by the number and the epoch of its last commit. An administrator sets the database up once with
//! [`prepare`]; a server logs in as a role that may add to the record and do nothing else, and refuses to run otherwise.

mod ahead;
mod append;
mod claim;
mod error;
mod hints;
mod open;
mod prepare;
mod queue;
mod read;
mod schema;
mod session;
mod snapshots;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio_stream::Stream;

pub use self::claim::Claim;
pub use self::hints::Hints;
pub use self::open::Limits;
use self::open::Server;
#[doc(hidden)]
pub use self::prepare::prepare_up_to;
pub use self::prepare::{Access, Login, Prepared, Purpose, prepare};
use self::read::Reader;
pub use self::schema::CHANNEL;
use self::writer::Writer;
use crate::scan::Cursor;
use crate::{
    AppendError, Checkpoint, CheckpointStore, EventStore, Head, OpenError, ReadError, SignedCheckpoint,
    Snapshot, SnapshotStore, WorldBatch, WorldHead,
};

/// The log in one PostgreSQL database. Must be opened and used within a tokio runtime.
#[derive(Debug)]
pub struct PostgresStore {
    server: Server,
    limits: Limits,
    name: String,
    reader: Arc<Reader>,
    writer: Option<Writer>,
}

impl PostgresStore {
    /// Opens the log to write and read it, beside other nodes that do the same.
    ///
    /// Checks that the database is a log of this build's schema on a server that keeps what it acknowledges, that this
    /// user has a writer's rights and no more, that the record's guards are on, and that every world's head is its last
    /// commit; reads no more than that. The whole record is checked by [`verify_world`](crate::verify_world).
    ///
    /// # Errors
    /// See [`ServerError`](crate::ServerError).
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, Limits::default()).await
    }

    /// As [`PostgresStore::open`], with other limits.
    ///
    /// # Errors
    /// Those of [`PostgresStore::open`].
    pub async fn open_with(url: &str, limits: Limits) -> Result<Self, OpenError> {
        let server = Server::parse(url)?;
        let writer = Writer::start(server.clone(), limits).await?;
        let reader = Arc::new(Reader { pool: server.readers(&limits).await? });
        Ok(Self { name: server.name(), server, limits, reader, writer: Some(writer) })
    }

    /// Opens the log to read it, on a replica too. Appends are answered [`AppendError::Unavailable`].
    ///
    /// # Errors
    /// See [`ServerError`](crate::ServerError).
    pub async fn open_read_only(url: &str) -> Result<Self, OpenError> {
        Self::open_read_only_with(url, Limits::default()).await
    }

    /// As [`PostgresStore::open_read_only`], with other limits.
    ///
    /// # Errors
    /// Those of [`PostgresStore::open_read_only`].
    pub async fn open_read_only_with(url: &str, limits: Limits) -> Result<Self, OpenError> {
        let server = Server::parse(url)?;
        server.check_as_reader(&limits).await?;
        let reader = Arc::new(Reader { pool: server.readers(&limits).await? });
        Ok(Self { name: server.name(), server, limits, reader, writer: None })
    }

    /// The server and the database, for people: `host:port/database`.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.name
    }

    /// Says to other processes that this one wants the log to itself, or shares it with the nodes of its cluster, for as
    /// long as the claim is held. A claim that is not free is tried again for as long as `patience`: the server learns only
    /// in a while that a process which held it was killed.
    ///
    /// # Errors
    /// [`ServerError::InUse`](crate::ServerError::InUse) when that does not go with what another process has said, and
    /// those of reaching the server.
    pub async fn claim(&self, alone: bool, patience: Duration) -> Result<Claim, OpenError> {
        Ok(Claim::new(&self.server, self.limits, alone, patience).await?)
    }

    /// Listens to what is told of appends, by this process and by others. Hints may be lost: whoever listens looks by
    /// itself as well.
    ///
    /// # Errors
    /// Those of reaching the server.
    pub async fn hints(&self) -> Result<Hints, OpenError> {
        Ok(Hints::new(&self.server, &self.limits).await?)
    }

    /// Whether the log was opened to append to it.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    /// Closes the log in good order: waits for running appends. A store that is only dropped loses nothing either.
    pub async fn close(self) {
        if let Some(writer) = self.writer {
            writer.close().await;
        }
        self.reader.pool.close().await;
    }

    fn writable(&self) -> Result<(), ReadError> {
        if self.is_writable() { Ok(()) } else { Err(ReadError::Unavailable(READ_ONLY.to_owned())) }
    }
}

const READ_ONLY: &str = "STORE_READ_ONLY: this log was opened to be read";

impl EventStore for PostgresStore {
    async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        match &self.writer {
            Some(writer) => writer.append(batches).await,
            None => vec![Err(AppendError::Unavailable(READ_ONLY.to_owned())); batches.len()],
        }
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

impl SnapshotStore for PostgresStore {
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        self.writable()?;
        snapshots::save(&self.reader.pool, snapshot).await
    }

    async fn snapshots(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        snapshots::list(&self.reader.pool, world, up_to).await
    }

    async fn drop_snapshot(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        self.writable()?;
        snapshots::discard(&self.reader.pool, world, commit).await
    }
}

impl CheckpointStore for PostgresStore {
    async fn save_checkpoint(&self, checkpoint: SignedCheckpoint) -> Result<(), ReadError> {
        self.writable()?;
        let line = checkpoint.to_string();
        let Checkpoint { world, commit, .. } = checkpoint.checkpoint;
        self.reader.save_checkpoint(&world, commit, &line).await
    }

    async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        self.reader.checkpoints(world).await
    }
}
