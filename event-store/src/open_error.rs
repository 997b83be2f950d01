//! Why a log can not be opened: each with a stable code and what to do next.

use std::path::PathBuf;

use crate::ServerError;

/// Why a log can not be opened. Every sentence ends with what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The directory that should hold the log is not there.
    #[error("{code}: there is no directory for {path}. Create it, or give another place with --data.", code = self.code(), path = .path.display())]
    NoDirectory {
        /// The log's file.
        path: PathBuf,
    },
    /// There is no log at this place, and the caller only wants to read.
    #[error("{code}: there is no log at {path}. Check the place given with --data.", code = self.code(), path = .path.display())]
    Missing {
        /// The log's file.
        path: PathBuf,
    },
    /// The file or its directory can not be written.
    #[error("{code}: {path} can not be written ({problem}). Give this user the right to write there.", code = self.code(), path = .path.display())]
    NotWritable {
        /// The log's file.
        path: PathBuf,
        /// What the operating system says.
        problem: String,
    },
    /// Another process owns the log.
    #[error("{code}: {path} belongs to a running server{by}. Stop it, or ask it through its own address.", code = self.code(), path = .path.display(), by = pid_text(*.pid))]
    InUse {
        /// The log's file.
        path: PathBuf,
        /// The other process, where it has left its number.
        pid: Option<u32>,
    },
    /// The file is something else than a log of this server.
    #[error("{code}: {path} is not a log ({problem}). Move it away, or give another place with --data.", code = self.code(), path = .path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        problem: String,
    },
    /// The file is a log, but damaged.
    #[error("{code}: {path} is damaged ({problem}). Keep the file, run `annals verify` on it and restore the last backup.", code = self.code(), path = .path.display())]
    Corrupt {
        /// The log's file.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// The log was written by a newer server.
    #[error("{code}: {path} has schema version {found}, this server knows {known}. Start the newer server.", code = self.code(), path = .path.display())]
    Newer {
        /// The log's file.
        path: PathBuf,
        /// Version in the file.
        found: i64,
        /// Newest version known here.
        known: i64,
    },
    /// There is no room left.
    #[error("{code}: no room is left on the disk of {path}. Free some and start again; nothing is lost.", code = self.code(), path = .path.display())]
    DiskFull {
        /// The log's file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("{code}: {path} can not be opened ({problem}). Check the disk, then start again.", code = self.code(), path = .path.display())]
    Failed {
        /// The log's file.
        path: PathBuf,
        /// What the engine says.
        problem: String,
    },
    /// The log stands on a server.
    #[error(transparent)]
    Server(#[from] ServerError),
}

fn pid_text(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

impl OpenError {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoDirectory { .. } => "STORE_NO_DIRECTORY",
            Self::Missing { .. } => "STORE_MISSING",
            Self::NotWritable { .. } => "STORE_NOT_WRITABLE",
            Self::InUse { .. } => "STORE_IN_USE",
            Self::NotADatabase { .. } => "STORE_NOT_A_DATABASE",
            Self::Corrupt { .. } => "STORE_CORRUPT",
            Self::Newer { .. } => "STORE_NEWER",
            Self::DiskFull { .. } => "DISK_FULL",
            Self::Failed { .. } => "STORE_FAILED",
            Self::Server(error) => error.code(),
        }
    }
}
