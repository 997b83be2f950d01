//! The read models of a server, wherever they stand: a directory with a file for each version, or a database with a
//! schema for each; and which version serves.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::EventStore;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::db::{Db, Filler};
use crate::engine::postgres::{Server, ServerSettings};
use crate::error::ProjectionError;
use crate::files::Directory;
use crate::games::{Games, is_world};
use crate::query::Queries;
use crate::schema::Schema;
use crate::status::{Notes, State, WorldStatus};

/// Where read models stand.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// In files of a directory, embedded.
    Directory(PathBuf),
    /// In a database of a PostgreSQL server, which an administrator has [prepared](crate::prepare).
    Server {
        /// `postgres://user:password@host:5432/database`.
        url: String,
        /// How the server is used.
        settings: ServerSettings,
    },
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(path) => f.debug_tuple("Directory").field(path).finish(),
            // The URL may hold a password.
            Self::Server { url, settings } => {
                let server = Server::parse(url, *settings).map(|server| server.name());
                f.debug_tuple("Server").field(&server).finish()
            }
        }
    }
}

impl Place {
    /// A directory, or a server where the text is the URL of one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Server { url: text.to_owned(), settings: ServerSettings::default() }
        } else {
            Self::Directory(text.into())
        }
    }
}

#[derive(Debug)]
pub(crate) enum Home {
    Directory(Directory),
    Server(Box<Server>),
}

/// The read models of a server: opened once, shared by projector, readers and rebuilds.
#[derive(Debug)]
pub struct ReadModels {
    home: Home,
    games: Games,
    schema: Arc<Schema>,
    current: RwLock<Arc<Db>>,
    number: AtomicU64,
    pub(crate) notes: Notes,
    rebuilding: Arc<Mutex<()>>,
    writes: bool,
}

impl std::fmt::Debug for Games {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(games_registry::GameFace::name)).finish()
    }
}

/// A new version that is being filled.
pub(crate) struct Next {
    pub(crate) number: u64,
    pub(crate) filler: Filler,
    /// Keep a second rebuild away.
    pub(crate) locks: (OwnedMutexGuard<()>, Option<File>),
}

impl ReadModels {
    /// Opens a directory to project into; makes the first version where there is none. What a rebuild has left behind
    /// is removed.
    ///
    /// A version that was made for other tables is opened too, but only to be read and rebuilt: see
    /// [`ReadModels::is_outdated`].
    ///
    /// # Errors
    /// [`ProjectionError::InUse`] when another process projects into it; others when files can not be used.
    pub async fn open(directory: impl AsRef<Path>, games: Games) -> Result<Self, ProjectionError> {
        Self::open_at(&Place::Directory(directory.as_ref().to_owned()), games).await
    }

    /// Opens a directory to read from, beside a running server or without one.
    ///
    /// # Errors
    /// When there is nothing to read.
    pub async fn open_read_only(directory: impl AsRef<Path>, games: Games) -> Result<Self, ProjectionError> {
        Self::open_read_only_at(&Place::Directory(directory.as_ref().to_owned()), games).await
    }

    /// As [`ReadModels::open`], in a directory or on a server.
    ///
    /// # Errors
    /// [`ProjectionError::InUse`] when another process projects there; [`ProjectionError::Server`] when the server is
    /// not fit; others when files can not be used.
    pub async fn open_at(place: &Place, games: Games) -> Result<Self, ProjectionError> {
        let schema = Arc::new(Schema::new(&games)?);
        let (home, number, current) = match place {
            Place::Directory(path) => {
                let (directory, number, db) = Directory::open(path, &schema).await?;
                (Home::Directory(directory), number, db)
            }
            Place::Server { url, settings } => {
                let server = Server::parse(url, *settings)?;
                let (number, db) = server.open(&schema).await?;
                (Home::Server(Box::new(server)), number, db)
            }
        };
        Ok(Self::with(home, games, schema, current, number, true))
    }

    /// As [`ReadModels::open_read_only`], in a directory or on a server, where a role that may do nothing else suffices.
    ///
    /// # Errors
    /// When there is nothing to read, or the server is not fit.
    pub async fn open_read_only_at(place: &Place, games: Games) -> Result<Self, ProjectionError> {
        let schema = Arc::new(Schema::new(&games)?);
        let (home, number, current) = match place {
            Place::Directory(path) => {
                let (directory, number, db) = Directory::open_read_only(path, &schema).await?;
                (Home::Directory(directory), number, db)
            }
            Place::Server { url, settings } => {
                let server = Server::parse(url, *settings)?;
                let (number, db) = server.open_read_only(&schema).await?;
                (Home::Server(Box::new(server)), number, db)
            }
        };
        Ok(Self::with(home, games, schema, current, number, false))
    }

    fn with(home: Home, games: Games, schema: Arc<Schema>, current: Db, number: u64, writes: bool) -> Self {
        Self {
            home,
            games,
            schema,
            current: RwLock::new(Arc::new(current)),
            number: AtomicU64::new(number),
            notes: Notes::default(),
            rebuilding: Arc::default(),
            writes,
        }
    }

    /// Where they stand, for people: a directory, or `host:port/database`.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.home {
            Home::Directory(directory) => directory.path().display().to_string(),
            Home::Server(server) => server.name(),
        }
    }

    pub(crate) const fn home(&self) -> &Home {
        &self.home
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

    /// Which version serves: the N of `read-N.db`, or of the schema `annals_models_N`.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Whether the version was made for other tables than these games have now: it answers, but does not follow the log
    /// until it is rebuilt.
    pub async fn is_outdated(&self) -> bool {
        self.current.read().await.outdated
    }

    /// Questions to the version that serves now. A later swap does not change under whoever asks, until the version is
    /// removed by the rebuild after that one.
    ///
    /// Who only reads from a server follows the swaps of the one who projects.
    pub async fn queries(&self) -> Queries {
        if !self.writes
            && let Err(error) = self.refresh().await
        {
            // Whatever is wrong, the question itself will say so.
            tracing::debug!(%error, "it can not be seen which version of the read models serves");
        }
        Queries::new(Arc::clone(&*self.current.read().await))
    }

    /// Looks which version serves on the server, and goes over to it. In a directory nothing changes: a process that
    /// reads from it stays with its file.
    pub(crate) async fn refresh(&self) -> Result<(), ProjectionError> {
        let Home::Server(server) = &self.home else { return Ok(()) };
        let serving = Server::serving(&self.current.read().await.readers).await?;
        if serving == self.version() {
            return Ok(());
        }
        let mut held = self.exclusive().await;
        let (number, new) = if self.writes {
            // The lock is this process's own still, where its session lives: it must fall before it is taken anew.
            held.any_writer()?.lock().await.forget();
            server.open(&self.schema).await?
        } else {
            server.open_read_only(&self.schema).await?
        };
        self.put(&mut held, number, new);
        Ok(())
    }

    /// The version that serves, held so that no swap comes between.
    pub(crate) async fn held(&self) -> RwLockReadGuard<'_, Arc<Db>> {
        self.current.read().await
    }

    /// The version that serves, for a swap: nobody writes to it meanwhile.
    pub(crate) async fn exclusive(&self) -> RwLockWriteGuard<'_, Arc<Db>> {
        self.current.write().await
    }

    /// Puts a version into the place of the one that served.
    pub(crate) fn put(&self, held: &mut RwLockWriteGuard<'_, Arc<Db>>, number: u64, new: Db) {
        **held = Arc::new(new);
        self.number.store(number, Ordering::Release);
        self.notes.clear_all();
    }

    /// A new version beside the one that serves, and the locks that keep a second rebuild away.
    pub(crate) async fn next(&self) -> Result<Next, ProjectionError> {
        let own = Arc::clone(&self.rebuilding).try_lock_owned();
        let own = own.map_err(|_| ProjectionError::RebuildRunning)?;
        let number = self.version() + 1;
        let (filler, lock) = match &self.home {
            Home::Directory(directory) => {
                let (filler, lock) = directory.fill(number, &self.schema).await?;
                (filler, Some(lock))
            }
            Home::Server(server) => (server.fill(number, &self.schema).await?, None),
        };
        Ok(Next { number, filler, locks: (own, lock) })
    }

    async fn is_rebuilding(&self) -> Result<bool, ProjectionError> {
        match &self.home {
            Home::Directory(directory) => Ok(directory.is_rebuilding()),
            Home::Server(_) if self.writes => Ok(self.rebuilding.try_lock().is_err()),
            Home::Server(_) => Server::is_rebuilding(&self.current.read().await.readers).await,
        }
    }

    /// How each world's projection is doing.
    ///
    /// # Errors
    /// When log or rows can not be read.
    pub async fn status<S: EventStore>(&self, store: &S) -> Result<Vec<WorldStatus>, ProjectionError> {
        let current = Arc::clone(&*self.current.read().await);
        let rebuilding = self.is_rebuilding().await?;
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
