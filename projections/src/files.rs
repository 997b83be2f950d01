//! Read models in a directory: files `read-N.db`, and `read.current`, which says which of them serves.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::db::{Db, Filler, Mode};
use crate::error::ProjectionError;
use crate::schema::Schema;

const POINTER: &str = "read.current";

/// A directory of read models.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    // Falls when this is dropped, or with the process, however that ends.
    _owner: Option<File>,
}

impl Directory {
    /// Opens the file that serves, to follow the log; makes the first where there is none. The files that a rebuild has
    /// left behind are removed.
    pub(crate) async fn open(path: &Path, schema: &Arc<Schema>) -> Result<(Self, u64, Db), ProjectionError> {
        let owner = lock(&path.join("read.lock"))?
            .ok_or_else(|| ProjectionError::InUse { path: path.display().to_string() })?;
        let own = Self { path: path.to_owned(), _owner: Some(owner) };
        let number = if let Some(number) = read_pointer(path)? {
            number
        } else {
            remove(&own.file(1))?;
            let mut filler = Filler::sqlite(&own.file(1), schema).await?;
            filler.create_tables().await?;
            filler.create_indexes().await?;
            filler.conn.close().await?;
            sync(&own.file(1))?;
            point(path, 1)?;
            1
        };
        sweep(path, number)?;
        let db = Db::open_file(&existing(path, number)?, schema, Mode::Serve).await?;
        Ok((own, number, db))
    }

    /// Opens the file that serves, to read from it.
    pub(crate) async fn open_read_only(
        path: &Path,
        schema: &Arc<Schema>,
    ) -> Result<(Self, u64, Db), ProjectionError> {
        let number = read_pointer(path)?.ok_or_else(|| ProjectionError::Files {
            path: path.display().to_string(),
            problem: "there are no read models here".to_owned(),
        })?;
        let db = Db::open_file(&existing(path, number)?, schema, Mode::Read).await?;
        Ok((Self { path: path.to_owned(), _owner: None }, number, db))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file of a version.
    pub(crate) fn file(&self, number: u64) -> PathBuf {
        file(&self.path, number)
    }

    /// A new file beside the one that serves, and the lock that keeps a second rebuild away.
    pub(crate) async fn fill(
        &self,
        number: u64,
        schema: &Arc<Schema>,
    ) -> Result<(Filler, File), ProjectionError> {
        let lock = lock(&self.path.join("rebuild.lock"))?.ok_or(ProjectionError::RebuildRunning)?;
        sweep(&self.path, number - 1)?;
        Ok((Filler::sqlite(&self.file(number), schema).await?, lock))
    }

    pub(crate) fn is_rebuilding(&self) -> bool {
        // The lock falls again at once when nobody held it.
        matches!(lock(&self.path.join("rebuild.lock")), Ok(None))
    }

    /// Lets a file serve from now on.
    pub(crate) async fn serve(&self, number: u64, schema: &Arc<Schema>) -> Result<Db, ProjectionError> {
        sync(&self.file(number))?;
        let new = Db::open_file(&self.file(number), schema, Mode::Serve).await?;
        point(&self.path, number)?;
        Ok(new)
    }
}

fn sync(path: &Path) -> Result<(), ProjectionError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|e| ProjectionError::file(path, &e))
}

fn file(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("read-{number}.db"))
}

fn existing(directory: &Path, number: u64) -> Result<PathBuf, ProjectionError> {
    let path = file(directory, number);
    if path.is_file() {
        return Ok(path);
    }
    let problem = format!("{POINTER} names it, but it is not there. Remove {POINTER} and start again.");
    Err(ProjectionError::Files { path: path.display().to_string(), problem })
}

/// Takes a lock file; nothing when somebody else has it.
fn lock(path: &Path) -> Result<Option<File>, ProjectionError> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = open.map_err(|e| ProjectionError::file(path, &e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(ProjectionError::file(path, &e)),
    }
}

fn read_pointer(directory: &Path) -> Result<Option<u64>, ProjectionError> {
    let path = directory.join(POINTER);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ProjectionError::file(&path, &e)),
    };
    let number = text.trim().strip_prefix("read-").and_then(|rest| rest.strip_suffix(".db"));
    let number = number.and_then(|digits| digits.parse().ok());
    number.map(Some).ok_or_else(|| ProjectionError::Files {
        path: path.display().to_string(),
        problem: format!("it should name a file read-N.db, but says {:?}", text.trim()),
    })
}

/// Points to a file: whoever reads the pointer reads the old name or the new one, whenever the power fails.
fn point(directory: &Path, number: u64) -> Result<(), ProjectionError> {
    let path = directory.join(POINTER);
    let next = directory.join(format!("{POINTER}.next"));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&next)?;
        writeln!(file, "read-{number}.db")?;
        file.sync_all()?;
        std::fs::rename(&next, &path)?;
        File::open(directory)?.sync_all()
    };
    write().map_err(|e| ProjectionError::file(&path, &e))
}

fn remove(path: &Path) -> Result<(), ProjectionError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(ProjectionError::file(path, &e)),
    }
}

/// Removes the files of other versions: replaced ones, and ones that a broken-off rebuild left.
fn sweep(directory: &Path, keep: u64) -> Result<(), ProjectionError> {
    let kept = format!("read-{keep}.db");
    let entries = std::fs::read_dir(directory).map_err(|e| ProjectionError::file(directory, &e))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let ours = name.starts_with("read-") && name.contains(".db");
        if ours && !name.starts_with(&kept) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}
