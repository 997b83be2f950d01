//! Opening the vault.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::sync::{Mutex, MutexGuard};

use crate::crypt;
use crate::error::VaultError;
use crate::keys::ServerKeys;
use crate::schema::{APPLICATION_ID, MIGRATIONS, VERSION};

/// What the proof of the keys is, among everything that is sealed.
const PROOF: &str = "annals-vault-proof-v1";

/// The vault: one SQLite file, in which everything about a person can be erased.
///
/// All calls share one connection and wait for each other; each is on disk when it returns. Must be used within a
/// tokio runtime.
#[derive(Debug)]
pub struct Vault {
    path: PathBuf,
    conn: Mutex<SqliteConnection>,
    pub(crate) keys: ServerKeys,
}

impl Vault {
    /// Opens the vault, and makes it where there is none. The file is readable by its owner alone.
    ///
    /// # Errors
    /// See [`VaultError`]; among them that the keys are not those that the vault was made with.
    pub async fn open(path: impl AsRef<Path>, keys: &ServerKeys) -> Result<Self, VaultError> {
        let path = path.as_ref().to_owned();
        let mut conn = connect(&path).await?;
        migrate(&path, &mut conn).await?;
        prove_keys(&path, &mut conn, keys).await?;
        Ok(Self { path, conn: Mutex::new(conn), keys: keys.clone() })
    }

    /// The vault's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the vault; everything stands in its one file after this.
    pub async fn close(self) {
        // Closing the last connection moves the write-ahead log into the file; what fails here is done at the next
        // opening.
        self.conn.into_inner().close().await.ok();
    }

    pub(crate) async fn conn(&self) -> MutexGuard<'_, SqliteConnection> {
        self.conn.lock().await
    }
}

fn refused(path: &Path, error: &sqlx::Error) -> VaultError {
    let code = error.as_database_error().and_then(|e| e.code().and_then(|code| code.parse::<i32>().ok()));
    match code.map(|code| code & 0xff) {
        Some(26) => VaultError::NotAVault { path: path.to_owned() },
        Some(3 | 8 | 14) => VaultError::NotWritable { path: path.to_owned(), problem: error.to_string() },
        Some(11) => VaultError::Corrupt { problem: error.to_string() },
        Some(13) => VaultError::DiskFull,
        Some(_) | None => VaultError::Failed { problem: error.to_string() },
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
        let (id, tables): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
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
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut *conn).await?;
    let found: i64 = match tables {
        0 => 0,
        _ => sqlx::query_scalar("SELECT schema_version FROM meta").fetch_one(&mut *conn).await?,
    };
    if found > VERSION {
        return Err(VaultError::Newer { path: path.to_owned(), found, known: VERSION });
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or_default()) {
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        tx.execute(*sql).await?;
        // Constants and a number of our own: nothing from outside stands in these.
        let marks =
            format!("UPDATE meta SET schema_version = {number}; PRAGMA application_id = {APPLICATION_ID}");
        tx.execute(AssertSqlSafe(marks)).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// The first opening seals a proof with the keys; every other opens it. Otherwise a lost key file would be made anew
/// without a word, and half of the vault could not be read any more.
async fn prove_keys(path: &Path, conn: &mut SqliteConnection, keys: &ServerKeys) -> Result<(), VaultError> {
    let expected = crypt::tag(&keys.tagging, &[PROOF]);
    let row = sqlx::query("SELECT proof FROM meta").fetch_one(&mut *conn).await?;
    let proof: Option<Vec<u8>> = row.try_get(0)?;
    let Some(proof) = proof else {
        let proof = crypt::seal(&keys.wrapping, &[PROOF], &expected)?;
        sqlx::query("UPDATE meta SET proof = ?").bind(proof).execute(conn).await?;
        return Ok(());
    };
    match crypt::open(&keys.wrapping, &[PROOF], &proof) {
        Ok(found) if found == expected => Ok(()),
        Ok(_) | Err(_) => Err(VaultError::WrongKeys { path: path.to_owned() }),
    }
}
