//! Opening the file: who owns it, whether it is ours, whether it is whole.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::error::open_error;
use super::read::{NumberedHead, numbered_heads};
use super::schema::{self, APPLICATION_ID, MIGRATIONS, VERSION};
use crate::OpenError;

/// How long a statement waits for another connection's lock before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// Pages that the writer keeps in memory, in KiB (negative, as SQLite wants it).
const WRITER_CACHE: &str = "-32768";

/// How many connections read beside the writer.
const READERS: u32 = 4;

/// Rows that a reading connection hands over ahead of the one who takes them.
const ROWS_AHEAD: usize = 512;

/// The path of a file that stands beside the log's.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Takes the owner's lock. It falls with the returned file, or with the process, however that ends.
pub(super) fn take_lock(path: &Path) -> Result<File, OpenError> {
    check_directory(path)?;
    let lock = beside(path, ".lock");
    let refused = |e: std::io::Error| io_error(path, &e);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(lock).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).ok();
            return Err(OpenError::InUse { path: path.to_owned(), pid: pid.trim().parse().ok() });
        }
        Err(TryLockError::Error(e)) => return Err(io_error(path, &e)),
    }
    // The number is a courtesy to whoever is refused: the lock holds without it.
    let note = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    note(&mut file).ok();
    Ok(file)
}

fn check_directory(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Some(directory) = directory else { return Ok(()) };
    match directory.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => {
            let problem = format!("{} is no directory", directory.display());
            Err(OpenError::NotWritable { path: path.to_owned(), problem })
        }
        Err(e) if e.kind() == ErrorKind::NotFound => Err(OpenError::NoDirectory { path: path.to_owned() }),
        Err(e) => Err(io_error(path, &e)),
    }
}

fn io_error(path: &Path, error: &std::io::Error) -> OpenError {
    let (path, problem) = (path.to_owned(), error.to_string());
    if error.kind() == ErrorKind::StorageFull {
        return OpenError::DiskFull { path };
    }
    if matches!(
        error.kind(),
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
    ) {
        return OpenError::NotWritable { path, problem };
    }
    OpenError::Failed { path, problem }
}

/// What stands at a path before it is opened in earnest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Log,
}

/// Looks at the file before the owner's connection does, because that one would take over an empty file, or turn
/// another program's database into one with a write-ahead log, without a word.
///
/// Through SQLite and not by reading the file: to close a file drops every lock that this process has on it, those
/// of other connections too.
pub(super) async fn inspect(path: &Path) -> Result<Found, OpenError> {
    match path.metadata() {
        Ok(found) if found.len() == 0 => return Ok(Found::Nothing),
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(io_error(path, &e)),
    }
    let failed = |e: sqlx::Error| open_error(path, &e);
    let mut conn = options(path).read_only(true).connect().await.map_err(failed)?;
    let id: i64 = sqlx::query("PRAGMA application_id")
        .fetch_one(&mut conn)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    let version = version(path, &mut conn).await?;
    conn.close().await.map_err(failed)?;
    match version {
        Some(_) if id != APPLICATION_ID => Err(foreign(path)),
        Some(found) if found > VERSION => Err(newer(path, found)),
        Some(_) => Ok(Found::Log),
        None => Ok(Found::Nothing),
    }
}

fn foreign(path: &Path) -> OpenError {
    let problem = "it is another program's database".to_owned();
    OpenError::NotADatabase { path: path.to_owned(), problem }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .foreign_keys(true)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging()
}

/// Opens the connection that writes, brings the schema up to date and looks whether heads and commits agree.
pub(super) async fn writer(path: &Path) -> Result<(SqliteConnection, Vec<NumberedHead>), OpenError> {
    inspect(path).await?;
    let failed = |e: sqlx::Error| open_error(path, &e);
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // Checkpoints of the write-ahead log are made beside the commits, never by one.
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", WRITER_CACHE)
        .statement_cache_capacity(160);
    let mut conn = options.connect().await.map_err(failed)?;
    migrate(path, &mut conn).await?;
    let heads = check_heads(path, &mut conn).await?;
    Ok((conn, heads))
}

/// A second connection that may write: for checkpoints of the write-ahead log.
pub(super) async fn helper(path: &Path) -> Result<SqliteConnection, OpenError> {
    let options = options(path).synchronous(SqliteSynchronous::Full).pragma("wal_autocheckpoint", "0");
    options.connect().await.map_err(|e| open_error(path, &e))
}

/// A connection that reads this file and may write another: for backups.
pub(super) async fn copier(path: &Path) -> Result<SqliteConnection, OpenError> {
    options(path).read_only(true).connect().await.map_err(|e| open_error(path, &e))
}

/// The connections that read.
pub(super) async fn readers(path: &Path) -> Result<SqlitePool, OpenError> {
    let options = options(path).read_only(true).pragma("query_only", "ON");
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(|e| open_error(path, &e))
}

fn newer(path: &Path, found: i64) -> OpenError {
    OpenError::Newer { path: path.to_owned(), found, known: VERSION }
}

/// The schema version; `None` for a file without any table.
async fn version(path: &Path, conn: &mut SqliteConnection) -> Result<Option<i64>, OpenError> {
    let failed = |e: sqlx::Error| open_error(path, &e);
    let tables = "SELECT count(*), coalesce(sum(name = 'meta'), 0) FROM sqlite_schema WHERE type = 'table'";
    let row = sqlx::query(tables).fetch_one(&mut *conn).await.map_err(failed)?;
    let (all, meta): (i64, i64) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
    if all == 0 {
        return Ok(None);
    }
    if meta == 0 {
        return Err(foreign(path));
    }
    let row = sqlx::query("SELECT schema_version FROM meta").fetch_one(conn).await.map_err(failed)?;
    row.try_get(0).map(Some).map_err(failed)
}

async fn migrate(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let failed = |e: sqlx::Error| open_error(path, &e);
    let found = version(path, conn).await?.unwrap_or(0);
    if found > VERSION {
        return Err(newer(path, found));
    }
    let done = usize::try_from(found).unwrap_or_default();
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        tx.execute(*sql).await.map_err(failed)?;
        // Constants and a number of our own: nothing from outside stands in these.
        let marks =
            format!("UPDATE meta SET schema_version = {number}; PRAGMA application_id = {APPLICATION_ID}");
        tx.execute(AssertSqlSafe(marks)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
    }
    Ok(())
}

/// The last commit of a world by id, and its place in the record.
const LAST: &str = "SELECT id, first_position, events, prev, header, body, hash FROM commits \
                    WHERE id > ? AND id <= ? ORDER BY id DESC LIMIT 1";

/// Each head says what the world's last commit says, and that commit's bytes give its hash. Cheap: one row a world.
async fn check_heads(path: &Path, conn: &mut SqliteConnection) -> Result<Vec<NumberedHead>, OpenError> {
    let failed = |e: sqlx::Error| open_error(path, &e);
    let corrupt = |problem: String| OpenError::Corrupt { path: path.to_owned(), problem };
    let heads = numbered_heads(conn).await.map_err(|e| corrupt(e.to_string()))?;
    for NumberedHead { world_no, world, head } in &heads {
        let last = sqlx::query(LAST)
            .bind(schema::commit_id(*world_no, schemas::CommitNo::ZERO))
            .bind(schema::commit_id(*world_no, schemas::CommitNo::new(u64::MAX)))
            .fetch_optional(&mut *conn)
            .await
            .map_err(failed)?;
        let Some(row) = last else {
            return Err(corrupt(format!("{world} should end at commit {}, but has no commit", head.commit)));
        };
        let read = || -> Result<_, sqlx::Error> {
            let position = row.try_get::<i64, _>(1)? + row.try_get::<i64, _>(2)? - 1;
            let fields = [3, 4, 5, 6].map(|column| row.try_get::<Vec<u8>, _>(column));
            let [prev, header, body, hash] = fields;
            Ok((schema::commit_of(row.try_get(0)?), position.cast_unsigned(), prev?, header?, body?, hash?))
        };
        let (commit, position, prev, header, body, hash) = read().map_err(failed)?;
        if commit != head.commit || position != head.position.get() || hash != head.hash.0 {
            let says = format!("{world} should end at commit {}, but ends at commit {commit}", head.commit);
            return Err(corrupt(says));
        }
        let prev = <[u8; 32]>::try_from(prev).map(schemas::Hash).unwrap_or_default();
        if schemas::StoredCommit::compute_hash(prev, &header, &body) != head.hash {
            return Err(corrupt(format!("{world}, commit {commit}: its bytes do not give its hash")));
        }
    }
    Ok(heads)
}
