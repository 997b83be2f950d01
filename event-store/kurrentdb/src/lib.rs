//! The log on a KurrentDB server or cluster: one stream for each world, one append for each batch.
//!
//! Many nodes may use one server. Who owns a world is decided by the record alone: an append says which revision it
//! expects to be the last, and a writer whose world was taken over expects another one than is there (docs/adr/0011).
//!
//! # What this was tested against
//!
//! The suite that holds every engine to the same promises, and the faults that this one must live with, run against a
//! stand-in that speaks the server's public protocol (`tests/kurrent-standin`). The same suite runs against a real server
//! where `ANNALS_TEST_KURRENTDB` holds a connection string; **so far it has not been run there**.
//!
//! # What it needs of the server
//!
//! - Version 21.10 or later; of 25.1 and 26.0 the latest patch, since earlier ones tell time-outs of writes that have
//!   succeeded. Durable as it comes: neither `MemDb` nor `UnsafeDisableFlushToDisk`, which this store has no right to see
//!   and can not refuse.
//! - A user who may read and write every stream that begins with the log's prefix, and write their metadata. Nothing
//!   else: no `$all`, no system stream, no projection.
//! - `MaxAppendSize` as large as the largest batch. It is 1 MiB where it is not set, 16 MiB at most; a batch is up to 512
//!   commits. A batch above [`KurrentSettings::append_bytes_max`] is refused as a whole (`BATCH_TOO_LARGE`).
//!
//! # What it keeps in memory
//!
//! The server has no index by command. Where [`find_command`](event_store::EventStore::find_command),
//! [`command_index`](event_store::EventStore::command_index) or [`rewinds`](event_store::EventStore::rewinds) is asked
//! for, and before a world is first written to, its stream is read once; from then on the index goes on with what comes
//! in. It has some 60 bytes for each command, for at most [`WORLDS_KEPT`] worlds.

mod ahead;
mod error;
mod hints;
mod index;
mod link;
mod names;
mod places;
mod read;
mod record;
mod registry;
mod settings;
mod side;
mod watch;
mod world;
mod writer;

use std::sync::Arc;

use event_store::{
    AppendError, CheckpointStore, EventStore, Head, ReadError, SignedCheckpoint, Snapshot, SnapshotStore,
    WorldBatch, WorldHead,
};
use futures_util::{StreamExt, stream};
use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio_stream::Stream;

pub use self::error::KurrentError;
pub use self::hints::Hints;
pub use self::names::{BadPrefix, Prefix};
pub use self::settings::{APPEND_BYTES, ConnectionString, KurrentSettings, Limits};
pub use self::world::WORLDS_KEPT;

use self::link::Link;
use self::read::{More, Reader};
use self::settings::Server;
use self::world::Worlds;
use self::writer::Writer;

/// Appends, or heads, that are under way at once in one call.
const AT_ONCE: usize = 32;

const READ_ONLY: &str = "STORE_READ_ONLY: this log was opened to be read";

/// The log on a KurrentDB server. Must be opened and used within a tokio runtime.
#[derive(Debug)]
pub struct KurrentStore {
    reader: Arc<Reader>,
    worlds: Worlds,
    writer: Option<Writer>,
}

impl KurrentStore {
    /// Opens the log to write and read it, beside other nodes that do the same; begins it where there is none.
    ///
    /// Checks that the stream that says what this log is says what this build knows, and that this user may write it. The
    /// record itself is checked by [`verify_world`](event_store::verify_world).
    ///
    /// # Errors
    /// See [`KurrentError`].
    pub async fn open(settings: &KurrentSettings) -> Result<Self, KurrentError> {
        let reader = Self::reader(settings)?;
        registry::begin(&reader).await?;
        let writer = Writer::new(settings.append_bytes_max);
        Ok(Self { reader: Arc::new(reader), worlds: Worlds::default(), writer: Some(writer) })
    }

    /// Opens the log to read it. Appends are answered [`AppendError::Unavailable`].
    ///
    /// # Errors
    /// See [`KurrentError`].
    pub async fn open_read_only(settings: &KurrentSettings) -> Result<Self, KurrentError> {
        let reader = Self::reader(settings)?;
        registry::check(&reader).await?;
        Ok(Self { reader: Arc::new(reader), worlds: Worlds::default(), writer: None })
    }

    fn reader(settings: &KurrentSettings) -> Result<Reader, KurrentError> {
        let server = Server::parse(&settings.connection)?;
        Ok(Reader { link: Link::new(server, settings.limits), prefix: settings.prefix.clone() })
    }

    /// The server and the log's prefix, for people: `host:port/prefix`.
    #[must_use]
    pub fn server(&self) -> String {
        format!("{}/{}", self.reader.link.server().name(), self.reader.prefix)
    }

    /// Whether the log was opened to append to it.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    /// The numbers of a world's commits after one, each once and without a gap: those that are there, and those that are
    /// yet to come, whoever appends them. It is a hint, as every bus is: the record says what they are.
    ///
    /// A subscription of the server's that is dropped is taken up again after the last number given. Ends only when it is
    /// dropped itself.
    pub fn watch(&self, world: &WorldId, after: CommitNo) -> impl Stream<Item = CommitNo> + Send + use<> {
        let places = Arc::clone(&self.worlds.get(world).places);
        watch::commits(Arc::clone(&self.reader), places, world.clone(), after)
    }

    /// Listens to the appends of everybody, to the worlds that there are and to those that are yet to come, on a connection
    /// of its own. Hints may be lost: whoever listens looks by itself as well.
    #[must_use]
    pub fn hints(&self) -> Hints {
        let link = Link::new(self.reader.link.server().clone(), self.reader.link.limits);
        Hints::new(Reader { link, prefix: self.reader.prefix.clone() })
    }

    fn writer(&self) -> Result<&Writer, ReadError> {
        self.writer.as_ref().ok_or_else(|| ReadError::Unavailable(READ_ONLY.to_owned()))
    }
}

impl EventStore for KurrentStore {
    async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        let Some(writer) = &self.writer else {
            return vec![Err(AppendError::Unavailable(READ_ONLY.to_owned())); batches.len()];
        };
        let repeated = event_store::check::repeated_worlds(&batches);
        let appends = batches.into_iter().zip(repeated).map(|(batch, repeated)| async move {
            if repeated {
                return Err(event_store::check::repeated(&batch));
            }
            writer.append(&self.reader, &self.worlds, &batch).await
        });
        stream::iter(appends).buffered(AT_ONCE).collect().await
    }

    fn batch_bytes_max(&self) -> usize {
        self.writer.as_ref().map_or(event_store::check::BATCH_BYTES_MAX, Writer::batch_bytes_max)
    }

    fn commit_bytes(&self, commit: &StoredCommit) -> usize {
        writer::commit_bytes(commit)
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
        let mut commits = Vec::new();
        if limit == 0 {
            return Ok(commits);
        }
        let places = Arc::clone(&self.worlds.get(world).places);
        let take = |commit| {
            commits.push(commit);
            if commits.len() == limit as usize { More::Break(()) } else { More::Continue(()) }
        };
        self.reader.each(world, &places, after, take).await?;
        Ok(commits)
    }

    fn scan(
        &self,
        world: &WorldId,
        after: CommitNo,
        up_to: CommitNo,
    ) -> impl Stream<Item = Result<Vec<CheckedCommit>, ReadError>> + Send {
        let places = Arc::clone(&self.worlds.get(world).places);
        ahead::pages(Arc::clone(&self.reader), places, world.clone(), after, up_to)
    }

    async fn find_command(&self, world: &WorldId, id: &CommandId) -> Result<Vec<CommitNo>, ReadError> {
        let known = self.worlds.get(world);
        let mut state = known.state.lock().await;
        state.find(&self.reader, &known.places, world, id).await
    }

    async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        let known = self.worlds.get(world);
        let mut state = known.state.lock().await;
        Ok(state.index(&self.reader, &known.places, world, Some(up_to)).await?.up_to(up_to))
    }

    async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        let known = self.worlds.get(world);
        let mut state = known.state.lock().await;
        Ok(state.index(&self.reader, &known.places, world, None).await?.rewinds.clone())
    }

    async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        let heads = registry::all(&self.reader).await?.into_iter().map(|world| async move {
            let head = self.reader.head(&world).await?;
            Ok::<_, ReadError>(WorldHead { world, head })
        });
        let mut heads = stream::iter(heads).buffered(AT_ONCE);
        let mut worlds = Vec::new();
        while let Some(found) = heads.next().await {
            let found: WorldHead = found?;
            // One that is in the registry and has no commit yet is none.
            if found.head.commit > CommitNo::ZERO {
                worlds.push(found);
            }
        }
        Ok(worlds)
    }
}

impl SnapshotStore for KurrentStore {
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        side::save_snapshot(&self.reader, self.writer()?.append_bytes_max(), snapshot).await
    }

    async fn snapshots(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        side::snapshots(&self.reader, world, up_to).await
    }

    async fn drop_snapshot(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        self.writer()?;
        side::drop_snapshot(&self.reader, world, commit).await
    }
}

impl CheckpointStore for KurrentStore {
    async fn save_checkpoint(&self, checkpoint: SignedCheckpoint) -> Result<(), ReadError> {
        self.writer()?;
        side::save_checkpoint(&self.reader, &checkpoint).await
    }

    async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        side::checkpoints(&self.reader, world).await
    }
}
