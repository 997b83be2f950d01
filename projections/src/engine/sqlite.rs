//! SQLite: how a file is opened, and rows written many at a time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use games_core::view::Cell;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteLockingMode,
    SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Arguments, ConnectOptions};

use super::{add, failed};
use crate::db::Mode;
use crate::error::ProjectionError;

/// How long a statement waits for another connection's lock before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// How many connections read beside the writer.
const READERS: u32 = 4;

/// How many rows a connection reads ahead of who takes them: with the few of the default, its thread and theirs wake each
/// other all the time.
const ROWS_AHEAD: usize = 1024;

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .statement_cache_capacity(512)
        .disable_statement_logging()
}

/// Opens the connection that writes.
pub(crate) async fn open_writer(path: &Path, mode: Mode) -> Result<SqliteConnection, ProjectionError> {
    let options = options(path).create_if_missing(true).pragma("cache_size", "-65536");
    let options = match mode {
        // Everything here follows from the log but what was sent, and that is sent at least once: after a power cut
        // rows, checkpoint and outbox go back together by a few batches, which are then made again.
        Mode::Serve | Mode::Read => {
            options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal)
        }
        Mode::Fill => options
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .locking_mode(SqliteLockingMode::Exclusive),
    };
    Ok(options.connect().await?)
}

/// Opens the connections that read.
pub(crate) async fn open_readers(path: &Path) -> Result<SqlitePool, ProjectionError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options(path).read_only(true).pragma("query_only", "ON").row_buffer_size(ROWS_AHEAD));
    Ok(pool.await?)
}

/// The values of some rows of one world.
pub(crate) fn values(
    rows: usize,
    width: usize,
    world: &Arc<str>,
    cells: &mut impl Iterator<Item = Cell>,
) -> Result<SqliteArguments, ProjectionError> {
    let mut args = SqliteArguments::default();
    args.reserve(rows * (width + 1), 0);
    for _ in 0..rows {
        args.add(Arc::clone(world)).map_err(|e| failed(&e))?;
        for cell in cells.by_ref().take(width) {
            add!(args, cell);
        }
    }
    Ok(args)
}
