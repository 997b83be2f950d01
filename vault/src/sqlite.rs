//! The vault in one SQLite file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::sync::Mutex;

use crate::error::VaultError;
use crate::schema::{APPLICATION_ID, MIGRATIONS_SQLITE, VERSION_SQLITE};

/// A vault's file. All calls share one connection and wait for each other.
#[derive(Debug)]
pub(crate) struct SqliteDb {
    pub(crate) path: PathBuf,
    pub(crate) conn: Mutex<SqliteConnection>,
}

impl SqliteDb {
    /// Opens the file, makes it where there is none, and brings it up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, VaultError> {
        let mut conn = connect(path).await?;
        migrate(path, &mut conn).await?;
        Ok(Self { path: path.to_owned(), conn: Mutex::new(conn) })
    }

    pub(crate) async fn close(self) {
        // Closing the last connection moves the write-ahead log into the file; what fails here is done at the next
        // opening.
        self.conn.into_inner().close().await.ok();
    }

    /// Moves the write-ahead log into the file, so that what was deleted is nowhere any more: the pages themselves were
    /// overwritten when it was deleted.
    pub(crate) async fn wipe(&self) -> Result<(), VaultError> {
        let mut conn = self.conn.lock().await;
        let checkpoint = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await;
        let busy: i64 = checkpoint.map_err(|e| failed(&e))?;
        if busy != 0 {
            return Err(VaultError::NotWiped { problem: "another process reads the vault".to_owned() });
        }
        Ok(())
    }
}

fn kind(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?.parse::<i32>().ok()?;
    Some(code & 0xff)
}

/// SQLite's extended code for a row that is named by a foreign key and is not there.
const NO_SUCH_PARENT: &str = "787";

/// What went wrong with a statement.
pub(crate) fn failed(error: &sqlx::Error) -> VaultError {
    if error.as_database_error().is_some_and(|e| e.code().is_some_and(|code| code == NO_SUCH_PARENT)) {
        // The one foreign key of the schema: from a token to its player.
        return VaultError::UnknownPlayer;
    }
    match kind(error) {
        Some(13) => VaultError::DiskFull,
        Some(11 | 26) => VaultError::Corrupt { problem: error.to_string() },
        Some(_) | None => VaultError::Failed { problem: error.to_string() },
    }
}

/// What went wrong at the opening.
fn refused(path: &Path, error: &sqlx::Error) -> VaultError {
    match kind(error) {
        Some(26) => VaultError::NotAVault { path: path.to_owned() },
        Some(3 | 8 | 14) => VaultError::NotWritable { path: path.to_owned(), problem: error.to_string() },
        Some(_) | None => failed(error),
    }
}

async fn connect(path: &Path) -> Result<SqliteConnection, VaultError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(Err(error)) = directory.map(std::fs::metadata) {
        let path = path.to_owned();
        if error.kind() == ErrorKind::NotFound {
            return Err(VaultError::NoDirectory { path });
        }
        return Err(VaultError::NotWritable { path, problem: error.to_string() });
    }
    let failed = |e: sqlx::Error| refused(path, &e);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .disable_statement_logging();
    // Looked at before anything is changed in it: it may be another program's database.
    if path.metadata().is_ok_and(|found| found.len() > 0) {
        let mut conn = options.clone().read_only(true).connect().await.map_err(failed)?;
        let sql = "SELECT (SELECT application_id FROM pragma_application_id), count(*) FROM sqlite_schema";
        let row = sqlx::query(sql).fetch_one(&mut conn).await.map_err(failed)?;
        let (id, tables): (i64, i64) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        conn.close().await.map_err(failed)?;
        if id != APPLICATION_ID && tables > 0 {
            return Err(VaultError::NotAVault { path: path.to_owned() });
        }
    }
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten with zeros, in the pages and in the free ones.
        .pragma("secure_delete", "ON");
    make_private(path)
        .map_err(|e| VaultError::NotWritable { path: path.to_owned(), problem: e.to_string() })?;
    options.connect().await.map_err(failed)
}

/// Readable by its owner alone from its first byte on; SQLite gives the files beside it the same permissions.
fn make_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        }
        Err(e) => Err(e),
    }
}

async fn migrate(path: &Path, conn: &mut SqliteConnection) -> Result<(), VaultError> {
    let found = version(conn).await.map_err(|e| refused(path, &e))?;
    if found > VERSION_SQLITE {
        return Err(VaultError::Newer { path: path.to_owned(), found, known: VERSION_SQLITE });
    }
    if found == VERSION_SQLITE {
        return Ok(());
    }
    bring_up(conn).await.map_err(|e| refused(path, &e))
}

async fn version(conn: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *conn).await?;
    match tables {
        0 => Ok(0),
        _ => sqlx::query_scalar("SELECT schema_version FROM meta").fetch_one(&mut *conn).await,
    }
}

async fn bring_up(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    // Asked again: another process may have been first while this one waited.
    let found = version(&mut tx).await?;
    let done = usize::try_from(found).unwrap_or_default();
    for (number, sql) in (1_i64..).zip(MIGRATIONS_SQLITE).skip(done) {
        tx.execute(*sql).await?;
        // Constants and a number of our own: nothing from outside stands in these.
        let marks =
            format!("UPDATE meta SET schema_version = {number}; PRAGMA application_id = {APPLICATION_ID}");
        tx.execute(AssertSqlSafe(marks)).await?;
    }
    tx.commit().await
}
