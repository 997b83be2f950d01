//! Places for a vault, one per engine, so that a test can run on each.
#![allow(dead_code, unused_macros, unused_imports, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

use schemas::{PlayerId, WallTime, WorldId};
use tempfile::TempDir;
use vault::{Identity, ServerKeys, Vault, VaultError, VaultPlace};

#[cfg(feature = "postgres")]
pub(crate) mod database;

pub(crate) const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

pub(crate) fn w() -> WorldId {
    WorldId::new("w").unwrap()
}

pub(crate) fn discord(user: u64) -> Identity {
    Identity::Discord { server: 77, user }
}

/// Makes a test of each function for each engine.
macro_rules! on_each {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Place::file()).await;
            })*
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(place) = super::Place::database() else { return };
                super::$name(place).await;
            })*
        }
    };
}
pub(crate) use on_each;

/// Where a vault of one test stands, and its keys.
pub(crate) struct Place {
    pub(crate) keys: ServerKeys,
    kind: Kind,
}

enum Kind {
    File(TempDir),
    #[cfg(feature = "postgres")]
    Database(database::Database),
}

impl Place {
    pub(crate) fn file() -> Self {
        Self { keys: ServerKeys::ephemeral().unwrap(), kind: Kind::File(TempDir::new().unwrap()) }
    }

    /// None where there is no PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(crate) fn database() -> Option<Self> {
        let database = database::Database::fresh()?;
        Some(Self { keys: ServerKeys::ephemeral().unwrap(), kind: Kind::Database(database) })
    }

    /// One of each engine that is there.
    pub(crate) fn each() -> Vec<Self> {
        #[cfg(feature = "postgres")]
        let database = Self::database();
        #[cfg(not(feature = "postgres"))]
        let database = None;
        std::iter::once(Self::file()).chain(database).collect()
    }

    fn setting(&self) -> VaultPlace {
        match &self.kind {
            Kind::File(dir) => VaultPlace::parse("sqlite", dir.path()).unwrap(),
            #[cfg(feature = "postgres")]
            Kind::Database(database) => VaultPlace::parse(&database.url(), Path::new(".")).unwrap(),
        }
    }

    pub(crate) async fn open(&self) -> Vault {
        self.try_open(&self.keys).await.unwrap()
    }

    pub(crate) async fn try_open(&self, keys: &ServerKeys) -> Result<Vault, VaultError> {
        Vault::open_at(&self.setting(), keys).await
    }

    /// Whether the vault's files hold these bytes: of a PostgreSQL database its tables and indexes.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        let files = match &self.kind {
            Kind::File(dir) => files_in(dir.path()),
            #[cfg(feature = "postgres")]
            Kind::Database(database) => files_in(&database.folder()),
        };
        assert!(!files.is_empty());
        hold(&files, bytes)
    }

    /// Whether these bytes stand anywhere, the server's write-ahead log and what else lies beside the vault's files
    /// included.
    pub(crate) fn ever_held(&self, bytes: &[u8]) -> bool {
        #[cfg(feature = "postgres")]
        if let Kind::Database(database) = &self.kind {
            let data = database.cluster.data_directory();
            let logs = files_in(&data.join("pg_wal"));
            assert!(hold(&logs, b"annals_vault"), "these are not the logs of the vault");
            return self.holds(bytes) || hold(&logs, bytes);
        }
        self.holds(bytes)
    }

    /// What a column of a player's row holds.
    pub(crate) fn column(&self, column: &str, player: PlayerId) -> Vec<u8> {
        let bits = player.bits().cast_signed();
        match &self.kind {
            Kind::File(dir) => {
                let sql = format!("SELECT {column} FROM players WHERE player = {bits}");
                in_file(dir.path().join("vault.db"), sql)
            }
            #[cfg(feature = "postgres")]
            Kind::Database(database) => {
                let sql =
                    format!("SELECT encode({column}, 'hex') FROM annals_vault.players WHERE player = {bits}");
                hex::decode(database.sql(&sql)).unwrap()
            }
        }
    }
}

/// In a thread of its own: the caller is within a runtime already.
fn in_file(path: PathBuf, sql: String) -> Vec<u8> {
    use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
    let read = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true);
            let mut conn = options.connect().await.unwrap();
            let found = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            found
        })
    };
    std::thread::spawn(read).join().unwrap()
}

/// Every file of a folder. A server may remove one meanwhile.
pub(crate) fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.filter_map(|entry| std::fs::read(entry.unwrap().path()).ok()).collect()
}

pub(crate) fn hold(files: &[Vec<u8>], bytes: &[u8]) -> bool {
    assert!(!bytes.is_empty());
    files.iter().any(|file| contains(file, bytes))
}

/// Horspool's search: a server's files are long, and tests are not optimised.
fn contains(file: &[u8], bytes: &[u8]) -> bool {
    let last = bytes.len() - 1;
    let mut skips = [bytes.len(); 256];
    for (at, byte) in bytes[..last].iter().enumerate() {
        skips[usize::from(*byte)] = last - at;
    }
    let mut from = 0;
    while from + last < file.len() {
        if file[from..].starts_with(bytes) {
            return true;
        }
        from += skips[usize::from(file[from + last])];
    }
    false
}
