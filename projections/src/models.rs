//! The directory of the read models: files `read-N.db`, and `read.current`, which says which of them serves.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::EventStore;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::db::{self, Db, Mode};
use crate::error::ProjectionError;
use crate::games::{Games, is_world};
use crate::query::Queries;
use crate::schema::Schema;
use crate::status::{Notes, State, WorldStatus};

const POINTER: &str = "read.current";

/// The read models of a server: opened once, shared by projector, readers and rebuilds.
#[derive(Debug)]
pub struct ReadModels {
    directory: PathBuf,
    games: Games,
    schema: Arc<Schema>,
    current: RwLock<Arc<Db>>,
    number: AtomicU64,
    pub(crate) notes: Notes,
    // Falls when this is dropped, or with the process, however that ends.
    _owner: Option<File>,
}

impl std::fmt::Debug for Games {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(games_registry::GameFace::name)).finish()
    }
}

impl ReadModels {
    /// Opens the directory to project into; makes the first file where there is none. The files that a rebuild has
    /// left behind are removed.
    ///
    /// A file that was made for other tables is opened too, but only to be read and rebuilt: see
    /// [`ReadModels::is_outdated`].
    ///
    /// # Errors
    /// [`ProjectionError::InUse`] when another process projects into it; others when files can not be used.
    pub async fn open(directory: impl AsRef<Path>, games: Games) -> Result<Self, ProjectionError> {
        let directory = directory.as_ref().to_owned();
        let schema = Arc::new(Schema::new(&games)?);
        let owner = lock(&directory.join("read.lock"))?
            .ok_or_else(|| ProjectionError::InUse { path: directory.display().to_string() })?;
        let number = if let Some(number) = read_pointer(&directory)? {
            number
        } else {
            let path = file(&directory, 1);
            remove(&path)?;
            let mut writer = db::open_writer(&path, &schema, Mode::Serve).await?;
            db::create_tables(&mut writer).await?;
            db::create_indexes(&mut writer).await?;
            writer.close().await?;
            point(&directory, 1)?;
            1
        };
        sweep(&directory, number)?;
        let current = Db::open(&existing(&directory, number)?, &schema, Mode::Serve).await?;
        Ok(Self::with(directory, games, schema, current, number, Some(owner)))
    }

    /// Opens the directory to read from, beside a running server or without one.
    ///
    /// # Errors
    /// When there is nothing to read.
    pub async fn open_read_only(directory: impl AsRef<Path>, games: Games) -> Result<Self, ProjectionError> {
        let directory = directory.as_ref().to_owned();
        let schema = Arc::new(Schema::new(&games)?);
        let number = read_pointer(&directory)?.ok_or_else(|| ProjectionError::Files {
            path: directory.display().to_string(),
            problem: "there are no read models here".to_owned(),
        })?;
        let current = Db::open(&existing(&directory, number)?, &schema, Mode::Read).await?;
        Ok(Self::with(directory, games, schema, current, number, None))
    }

    fn with(
        directory: PathBuf,
        games: Games,
        schema: Arc<Schema>,
        current: Db,
        number: u64,
        owner: Option<File>,
    ) -> Self {
        Self {
            directory,
            games,
            schema,
            current: RwLock::new(Arc::new(current)),
            number: AtomicU64::new(number),
            notes: Notes::default(),
            _owner: owner,
        }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The games whose worlds are projected.
    #[must_use]
    pub const fn games(&self) -> &Games {
        &self.games
    }

    /// The tables.
    #[must_use]
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Which file serves: the N of `read-N.db`.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Whether the file was made for other tables than these games have now: it answers, but does not follow the log
    /// until it is rebuilt.
    pub async fn is_outdated(&self) -> bool {
        self.current.read().await.outdated
    }

    /// Questions to the version that serves now. A later swap does not change under whoever asks.
    pub async fn queries(&self) -> Queries {
        Queries::new(Arc::clone(&*self.current.read().await))
    }

    /// The version that serves, held so that no swap comes between.
    pub(crate) async fn held(&self) -> RwLockReadGuard<'_, Arc<Db>> {
        self.current.read().await
    }

    /// The version that serves, for a swap: nobody writes to it meanwhile.
    pub(crate) async fn exclusive(&self) -> RwLockWriteGuard<'_, Arc<Db>> {
        self.current.write().await
    }

    /// Lets a new file serve from now on.
    pub(crate) async fn swap(
        &self,
        held: &mut RwLockWriteGuard<'_, Arc<Db>>,
        number: u64,
    ) -> Result<(), ProjectionError> {
        let path = file(&self.directory, number);
        let new = Db::open(&path, &self.schema, Mode::Serve).await?;
        point(&self.directory, number)?;
        **held = Arc::new(new);
        self.number.store(number, Ordering::Release);
        self.notes.clear_all();
        Ok(())
    }

    /// The number and path of the next file, and the lock that keeps a second rebuild away.
    pub(crate) fn next_file(&self) -> Result<(u64, PathBuf, File), ProjectionError> {
        let lock = lock(&self.directory.join("rebuild.lock"))?.ok_or(ProjectionError::RebuildRunning)?;
        sweep(&self.directory, self.version())?;
        let number = self.version() + 1;
        Ok((number, file(&self.directory, number), lock))
    }

    fn is_rebuilding(&self) -> bool {
        // The lock falls again at once when nobody held it.
        matches!(lock(&self.directory.join("rebuild.lock")), Ok(None))
    }

    /// How each world's projection is doing.
    ///
    /// # Errors
    /// When log or rows can not be read.
    pub async fn status<S: EventStore>(&self, store: &S) -> Result<Vec<WorldStatus>, ProjectionError> {
        let current = Arc::clone(&*self.current.read().await);
        let rebuilding = self.is_rebuilding();
        let mut out = Vec::new();
        for found in store.worlds().await?.into_iter().filter(|found| is_world(&found.world)) {
            let checkpoint = current.checkpoint(&found.world).await?;
            let head = found.head.commit;
            let mut state = self.notes.state(&found.world, &checkpoint, head);
            if rebuilding && !matches!(state, State::Stopped { .. }) {
                state = State::Rebuilding;
            }
            let lag = head.get().saturating_sub(checkpoint.commit.get());
            out.push(WorldStatus { world: found.world, checkpoint, head, lag, state });
        }
        Ok(out)
    }
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
