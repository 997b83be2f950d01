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

/// Looks at the first bytes of the file before SQLite does, because SQLite would take over an empty file or another
/// program's database without a word. `false` when there is no file or nothing in it.
pub(super) fn check_file(path: &Path) -> Result<bool, OpenError> {
    let mut header = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut header).map_err(|e| io_error(path, &e))?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(io_error(path, &e)),
    };
    if header.is_empty() {
        return Ok(false);
    }
    let not =
        |problem: &str| Err(OpenError::NotADatabase { path: path.to_owned(), problem: problem.to_owned() });
    if !header.starts_with(b"SQLite format 3\0") {
        return not("it does not begin as an SQLite database does");
    }
    let Some(id) = header.get(68..72) else {
        return Err(OpenError::Corrupt {
            path: path.to_owned(),
            problem: "it ends within its header".to_owned(),
        });
    };
    // Zero is a file whose first transaction is still in the write-ahead log.
    if id != u32::try_from(APPLICATION_ID).unwrap_or_default().to_be_bytes() && id != [0; 4] {
        return not("it is another program's database");
    }
    Ok(true)
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
    check_file(path)?;
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

/// A second connection that may write: for checkpoints of the write-ahead log and for backups.
pub(super) async fn helper(path: &Path) -> Result<SqliteConnection, OpenError> {
    let options = options(path).synchronous(SqliteSynchronous::Full).pragma("wal_autocheckpoint", "0");
    options.connect().await.map_err(|e| open_error(path, &e))
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

/// What a tool that only reads checks: the file is there, is ours, and is not newer.
pub(super) async fn check_readable(path: &Path, pool: &SqlitePool) -> Result<(), OpenError> {
    let mut conn = pool.acquire().await.map_err(|e| open_error(path, &e))?;
    match version(path, &mut conn).await? {
        Some(found) if found > VERSION => Err(newer(path, found)),
        Some(_) => Ok(()),
        None => Err(OpenError::NotADatabase { path: path.to_owned(), problem: "it holds no log".to_owned() }),
    }
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
        let problem = "it is another program's database".to_owned();
        return Err(OpenError::NotADatabase { path: path.to_owned(), problem });
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
