//! Backups: a consistent copy, proven before it bears its name.

use std::fs::File;
use std::path::{Path, PathBuf};

use schemas::CommitNo;

use super::open::{self, beside};
use super::{SqliteStore, error};
use crate::{ChainFault, EventStore, OpenError, ReadError, WorldHead, verify_world};

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The copy.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many commits were copied and verified.
    pub commits: u64,
    /// Every world with its head at the moment of the copy.
    pub worlds: Vec<WorldHead>,
}

/// Why there is no backup. Nothing is left behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// There is a file of this name already.
    #[error("BACKUP_EXISTS: {path} is there already. Give another name, or move it away.", path = .0.display())]
    Exists(PathBuf),
    /// The copy could not be written.
    #[error("BACKUP_NOT_WRITTEN: {path} could not be written ({problem}).", path = .path.display())]
    NotWritten {
        /// The copy.
        path: PathBuf,
        /// What the engine says.
        problem: String,
    },
    /// The log, or the copy, could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The copy does not verify, so neither does the log.
    #[error("BACKUP_BROKEN: the record itself is damaged: {first}{more}. Run `annals verify`.", first = .0.first().map(ToString::to_string).unwrap_or_default(), more = more(.0.len()))]
    Broken(Vec<ChainFault>),
}

fn more(faults: usize) -> String {
    if faults > 1 { format!(" (and {} more)", faults - 1) } else { String::new() }
}

/// Copies the log into a new file while appends go on: all that was acknowledged before the call, and no half of
/// anything. The copy is synced and its chain verified before it gets its name; snapshots are left out.
///
/// # Errors
/// See [`BackupError`].
pub async fn backup(store: &SqliteStore, to: impl AsRef<Path>) -> Result<BackupReport, BackupError> {
    let to = to.as_ref().to_owned();
    if to.exists() {
        return Err(BackupError::Exists(to));
    }
    let partial = beside(&to, ".partial");
    let copied = copy(store, &partial, &to).await;
    if copied.is_err() {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            std::fs::remove_file(beside(&partial, suffix)).ok();
        }
    }
    copied
}

async fn copy(store: &SqliteStore, partial: &Path, to: &Path) -> Result<BackupReport, BackupError> {
    let failed = |problem: String| BackupError::NotWritten { path: to.to_owned(), problem };
    let Some(name) = partial.to_str() else { return Err(failed("its name is not Unicode".to_owned())) };
    match std::fs::remove_file(partial) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e.to_string())),
        Ok(()) | Err(_) => {}
    }
    let mut conn = open::copier(store.path()).await?;
    let vacuum = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut conn).await;
    vacuum.map_err(|e| failed(error::describe(&e)))?;
    let synced = File::open(partial).and_then(|file| file.sync_all());
    synced.map_err(|e| failed(e.to_string()))?;

    let copy = SqliteStore::open_read_only(partial).await?;
    let mut faults = Vec::new();
    let mut commits = 0;
    let worlds = copy.worlds().await?;
    for world in &worlds {
        let report = verify_world(&copy, &world.world, CommitNo::ZERO, None).await?;
        commits += report.commits;
        faults.extend(report.faults);
    }
    copy.close().await;
    if !faults.is_empty() {
        return Err(BackupError::Broken(faults));
    }
    let named = std::fs::rename(partial, to).and_then(|()| to.metadata()).and_then(|found| {
        let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory)?.sync_all().map(|()| found.len())
    });
    let bytes = named.map_err(|e| failed(e.to_string()))?;
    Ok(BackupReport { path: to.to_owned(), bytes, commits, worlds })
}
