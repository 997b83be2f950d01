//! The log on whichever engine the settings name, behind one type.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use event_store::postgres::{Claim, Limits};
use event_store::{
    AppendError, CheckpointStore, EventStore, Head, PostgresStore, ReadError, SignedCheckpoint, Snapshot,
    SnapshotStore, SqliteStore, WorldBatch, WorldHead,
};
#[cfg(feature = "kurrentdb")]
use event_store_kurrentdb::{KurrentSettings, KurrentStore};
use futures_util::Stream;
use futures_util::future::Either;
use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};

use crate::context::{Data, Failure};
use crate::print::grouped;

/// Where a log lies.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum LogPlace {
    /// The file of a log.
    File(PathBuf),
    /// A database on a PostgreSQL server, by its URL.
    Postgres(String),
    /// A KurrentDB server or cluster, by its connection string.
    Kurrent(String),
}

impl std::fmt::Debug for LogPlace {
    /// Keeps the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(..)"),
            Self::Kurrent(_) => f.write_str("Kurrent(..)"),
        }
    }
}

impl FromStr for LogPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let Some((scheme, _)) = text.split_once("://") else { return Ok(Self::File(text.into())) };
        match scheme {
            "kurrentdb" | "kurrentdb+discover" | "kurrent" | "kurrent+discover" | "esdb"
            | "esdb+discover" => {
                if cfg!(feature = "kurrentdb") {
                    Ok(Self::Kurrent(text.to_owned()))
                } else {
                    Err("this build knows no KurrentDB: build it with --features kurrentdb".to_owned())
                }
            }
            _ => Err(format!(
                "{scheme} is no kind of log: give a file, postgres://user@host:5432/database or kurrentdb://user@host:2113"
            )),
        }
    }
}

/// A log that is open.
#[derive(Debug)]
pub(crate) enum Engine {
    /// A file.
    Sqlite(SqliteStore),
    /// A PostgreSQL database, and what says to others how this process uses it.
    Postgres(Box<PostgresStore>, Option<Claim>),
    /// Streams of a KurrentDB server.
    #[cfg(feature = "kurrentdb")]
    Kurrent(Box<KurrentStore>),
}

/// How a log's server is used. A file knows none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogLimits {
    /// Connections, and how long things may take.
    pub(crate) server: Limits,
    /// The largest append that a KurrentDB server takes, in bytes.
    pub(crate) append_bytes_max: usize,
}

/// Who else may write a log while it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Nobody: whoever has it open already is in the way.
    Alone,
    /// The other nodes of a cluster.
    Cluster,
}

impl Engine {
    /// Opens a log to write it. Where somebody is in the way who may have been killed a moment ago, they are waited for as
    /// long as `patience`.
    pub(crate) async fn open(
        place: &LogPlace,
        company: Company,
        limits: LogLimits,
        patience: Duration,
    ) -> Result<Self, Failure> {
        Ok(match place {
            LogPlace::File(path) => Self::Sqlite(SqliteStore::open(path).await?),
            LogPlace::Postgres(url) => {
                let store = PostgresStore::open_with(url, limits.server).await?;
                let claim = store.claim(company == Company::Alone, patience).await?;
                Self::Postgres(Box::new(store), Some(claim))
            }
            #[cfg(feature = "kurrentdb")]
            LogPlace::Kurrent(connection) => {
                Self::Kurrent(Box::new(KurrentStore::open(&kurrent(connection, limits)).await?))
            }
            #[cfg(not(feature = "kurrentdb"))]
            LogPlace::Kurrent(_) => return Err(unknown()),
        })
    }

    /// Opens a log to read it, beside whoever writes it.
    pub(crate) async fn open_read_only(place: &LogPlace, limits: LogLimits) -> Result<Self, Failure> {
        Ok(match place {
            LogPlace::File(path) => Self::Sqlite(SqliteStore::open_read_only(path).await?),
            LogPlace::Postgres(url) => {
                let store = PostgresStore::open_read_only_with(url, limits.server).await?;
                Self::Postgres(Box::new(store), None)
            }
            #[cfg(feature = "kurrentdb")]
            LogPlace::Kurrent(connection) => {
                Self::Kurrent(Box::new(KurrentStore::open_read_only(&kurrent(connection, limits)).await?))
            }
            #[cfg(not(feature = "kurrentdb"))]
            LogPlace::Kurrent(_) => return Err(unknown()),
        })
    }

    /// Whether somebody else could own a world of this log while it is open to be written.
    pub(crate) const fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(..) => true,
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(_) => true,
        }
    }

    /// What it is, for people.
    pub(crate) fn described(&self, data: &Data) -> String {
        match self {
            Self::Sqlite(_) => {
                let size = std::fs::metadata(data.log()).map(|file| file.len()).unwrap_or(0);
                format!("sqlite, synchronous=FULL, {} KiB", grouped(size / 1024))
            }
            Self::Postgres(store, _) => format!("PostgreSQL, {}", store.server()),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store) => format!("KurrentDB, {}", store.server()),
        }
    }

    /// Closes it in good order.
    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store, claim) => {
                store.close().await;
                if let Some(claim) = claim {
                    claim.release().await;
                }
            }
            // What was acknowledged is on the server's disk; nothing is left to do.
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(_) => {}
        }
    }
}

/// How a KurrentDB server is used.
#[cfg(feature = "kurrentdb")]
fn kurrent(connection: &str, limits: LogLimits) -> KurrentSettings {
    let mut settings = KurrentSettings::new(connection);
    settings.limits.connect = limits.server.connect;
    settings.limits.append = limits.server.append;
    settings.append_bytes_max = limits.append_bytes_max;
    settings
}

#[cfg(not(feature = "kurrentdb"))]
fn unknown() -> Failure {
    Failure::new("BAD_SETTINGS", "this build knows no KurrentDB: build it with --features kurrentdb")
}

/// The same call on whichever engine it is.
macro_rules! each {
    ($engine:expr, $store:ident => $call:expr) => {
        match $engine {
            Engine::Sqlite($store) => $call,
            Engine::Postgres($store, _) => $call,
            #[cfg(feature = "kurrentdb")]
            Engine::Kurrent($store) => $call,
        }
    };
}

/// Hears of appends, whoever made them, from a log's server that tells.
#[derive(Debug)]
pub(crate) enum Hints {
    /// What a PostgreSQL server tells who listens.
    Postgres(event_store::postgres::Hints),
    /// Subscriptions to a KurrentDB server's streams.
    #[cfg(feature = "kurrentdb")]
    Kurrent(event_store_kurrentdb::Hints),
}

impl Hints {
    /// Waits until something may have been appended.
    pub(crate) async fn heard(&mut self) {
        match self {
            Self::Postgres(hints) => drop(hints.heard().await),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(hints) => hints.heard().await,
        }
    }
}

impl Engine {
    /// Hints of appends by other processes, from a log's server that gives any. Without them whoever follows the log looks
    /// now and then, which it does anyway.
    pub(crate) async fn hints(&self) -> Option<Hints> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(store, _) => match store.hints().await {
                Ok(hints) => Some(Hints::Postgres(hints)),
                Err(error) => {
                    tracing::warn!(%error, "the log's server tells nothing of appends: it is asked once a second");
                    None
                }
            },
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store) => Some(Hints::Kurrent(store.hints())),
        }
    }
}

impl EventStore for Engine {
    async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        each!(self, store => store.append(batches).await)
    }

    fn batch_bytes_max(&self) -> usize {
        each!(self, store => store.batch_bytes_max())
    }

    fn commit_bytes(&self, commit: &StoredCommit) -> usize {
        each!(self, store => store.commit_bytes(commit))
    }

    async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        each!(self, store => store.head(world).await)
    }

    async fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        each!(self, store => store.read(world, after, limit).await)
    }

    fn scan(
        &self,
        world: &WorldId,
        after: CommitNo,
        up_to: CommitNo,
    ) -> impl Stream<Item = Result<Vec<CheckedCommit>, ReadError>> + Send {
        match self {
            Self::Sqlite(store) => Either::Left(store.scan(world, after, up_to)),
            Self::Postgres(store, _) => Either::Right(Either::Left(store.scan(world, after, up_to))),
            #[cfg(feature = "kurrentdb")]
            Self::Kurrent(store) => Either::Right(Either::Right(store.scan(world, after, up_to))),
            // Two kinds of stream are three where one is missing.
            #[cfg(not(feature = "kurrentdb"))]
            #[allow(unreachable_patterns)]
            _ => Either::Right(Either::Right(futures_util::stream::empty())),
        }
    }

    async fn find_command(&self, world: &WorldId, id: &CommandId) -> Result<Vec<CommitNo>, ReadError> {
        each!(self, store => store.find_command(world, id).await)
    }

    async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        each!(self, store => store.command_index(world, up_to).await)
    }

    async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        each!(self, store => store.rewinds(world).await)
    }

    async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        each!(self, store => store.worlds().await)
    }
}

impl SnapshotStore for Engine {
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        each!(self, store => store.save_snapshot(snapshot).await)
    }

    async fn snapshots(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        each!(self, store => store.snapshots(world, up_to).await)
    }

    async fn drop_snapshot(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        each!(self, store => store.drop_snapshot(world, commit).await)
    }
}

impl CheckpointStore for Engine {
    async fn save_checkpoint(&self, checkpoint: SignedCheckpoint) -> Result<(), ReadError> {
        each!(self, store => store.save_checkpoint(checkpoint).await)
    }

    async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        each!(self, store => store.checkpoints(world).await)
    }
}
