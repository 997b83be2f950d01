//! What can go wrong, each with a stable code and what to do next.

use event_store::ReadError;
use schemas::{CommitNo, Hash, WorldId};

use crate::engine::postgres::{ServerError, is_gone, is_refused, words};

/// Why something about the read models can not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectionError {
    /// The log can not be read at present.
    #[error("{code}: {0}", code = self.code())]
    Log(ReadError),
    /// The read models' database can not be read or written at present.
    #[error("{code}: the read models can not be reached: {problem}", code = self.code())]
    Database {
        /// What the engine says.
        problem: String,
    },
    /// The database will never take a row that a commit makes.
    #[error("{code}: the database does not take a row: {problem}", code = self.code())]
    Refused {
        /// What the engine says.
        problem: String,
    },
    /// A commit can not be folded. The world's projection stands still before it; it is never skipped.
    #[error("{code}: {world}, commit {commit}: {problem}", code = self.code())]
    Poison {
        /// The world.
        world: WorldId,
        /// The commit that can not be folded.
        commit: CommitNo,
        /// What is wrong with it.
        problem: String,
    },
    /// The rows are ahead of the log: the log was restored from a backup.
    #[error("{code}: the rows of {world} stand at commit {checkpoint}, but the log ends at {head}. Was the log restored from a backup? Rebuild the read models.", code = self.code())]
    CheckpointAhead {
        /// The world.
        world: WorldId,
        /// Where the rows stand.
        checkpoint: CommitNo,
        /// Where the log ends.
        head: CommitNo,
    },
    /// The log holds another commit than the one that the rows were made from.
    #[error("{code}: the rows of {world} were made from commit {commit} with hash {rows}, but the log has {log}. Was the log restored from a backup? Rebuild the read models.", code = self.code())]
    CheckpointMismatch {
        /// The world.
        world: WorldId,
        /// Where the rows stand.
        commit: CommitNo,
        /// Hash of that commit by the rows' checkpoint.
        rows: Hash,
        /// Hash of that commit in the log.
        log: Hash,
    },
    /// Somebody else moved the checkpoint: two projectors run on one file. Nothing was written.
    #[error("{code}: another projector has moved the checkpoint of {world}. Only one may run.", code = self.code())]
    CheckpointMoved {
        /// The world.
        world: WorldId,
    },
    /// The file was made by another version of the games or the server.
    #[error("{code}: the read models were made for other tables than this server has. Rebuild them: `annals projection rebuild`.", code = self.code())]
    Outdated,
    /// Another process projects into this directory or database.
    #[error("{code}: {path} belongs to a running server. Stop it, or ask it through its own address.", code = self.code())]
    InUse {
        /// The directory, or `host:port/database`.
        path: String,
    },
    /// Another process has rebuilt the read models meanwhile, so these tables do not serve any more. Nothing was written.
    #[error("{code}: the read models were rebuilt meanwhile. Ask again.", code = self.code())]
    Replaced,
    /// The read models stand on a server that can not be used.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A rebuild is under way already.
    #[error("{code}: the read models are being rebuilt already. Wait for it, or interrupt it first.", code = self.code())]
    RebuildRunning,
    /// The files of the read models can not be used.
    #[error("{code}: {path}: {problem}", code = self.code())]
    Files {
        /// Which file or directory.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// A game asks for tables that can not be made.
    #[error("{code}: table {table}: {problem}", code = self.code())]
    Schema {
        /// The table.
        table: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A question names a table, a column or a world that is not there.
    #[error("{code}: there is no {what} {name:?}", code = self.code())]
    Unknown {
        /// What was named.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The process was told by a test to die here.
    #[doc(hidden)]
    #[error("{code}: crashed on a test's order", code = self.code())]
    Crashed,
}

impl ProjectionError {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Log(_) => "LOG_UNREADABLE",
            Self::Database { .. } => "READ_MODELS_FAILED",
            Self::Refused { .. } => "READ_MODELS_REFUSED",
            Self::Poison { .. } => "PROJECTION_POISON",
            Self::CheckpointAhead { .. } => "CHECKPOINT_AHEAD",
            Self::CheckpointMismatch { .. } => "CHECKPOINT_MISMATCH",
            Self::CheckpointMoved { .. } => "CHECKPOINT_MOVED",
            Self::Outdated => "READ_MODELS_OUTDATED",
            Self::InUse { .. } => "READ_MODELS_IN_USE",
            Self::Replaced => "READ_MODELS_REPLACED",
            Self::Server(error) => error.code(),
            Self::RebuildRunning => "REBUILD_RUNNING",
            Self::Files { .. } => "READ_MODELS_FILES",
            Self::Schema { .. } => "READ_MODELS_SCHEMA",
            Self::Unknown { .. } => "READ_MODELS_UNKNOWN",
            Self::Crashed => "CRASHED",
        }
    }

    /// Whether the world's projection stands still until somebody acts, because trying again can not help.
    #[must_use]
    pub const fn stops(&self) -> bool {
        match self {
            Self::Poison { .. }
            | Self::Refused { .. }
            | Self::CheckpointAhead { .. }
            | Self::CheckpointMismatch { .. }
            | Self::Schema { .. } => true,
            Self::Log(_)
            | Self::Database { .. }
            | Self::CheckpointMoved { .. }
            | Self::Outdated
            | Self::InUse { .. }
            | Self::Replaced
            | Self::Server(_)
            | Self::RebuildRunning
            | Self::Files { .. }
            | Self::Unknown { .. }
            | Self::Crashed => false,
        }
    }

    /// An error of the operating system on a file.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Files { path: path.display().to_string(), problem: error.to_string() }
    }
}

impl From<sqlx::Error> for ProjectionError {
    fn from(error: sqlx::Error) -> Self {
        if is_gone(&error) {
            // Tables go with the version that they belong to, and in no other way.
            return Self::Replaced;
        }
        if is_refused(&error) {
            return Self::Refused { problem: words(&error) };
        }
        Self::Database { problem: words(&error) }
    }
}

impl From<schemas::ids::IdError> for ProjectionError {
    fn from(error: schemas::ids::IdError) -> Self {
        Self::Database { problem: error.to_string() }
    }
}

impl From<ReadError> for ProjectionError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Broken { world, commit, problem } => Self::Poison { world, commit, problem },
            ReadError::Unavailable(_) => Self::Log(error),
        }
    }
}

impl ProjectionError {
    /// A commit of `world` that can not be folded.
    pub(crate) fn poison(world: &WorldId, error: games_registry::FoldError) -> Self {
        Self::Poison { world: world.clone(), commit: error.commit, problem: error.problem }
    }
}
