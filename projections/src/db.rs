//! One file of read models: its connections, and rows written many at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use games_core::view::Cell;
use schemas::{CommitNo, Hash, Position, WorldId};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::sync::Mutex;

use crate::dialect::{Bulk, Dialect, quoted};
use crate::error::ProjectionError;
use crate::schema::{Schema, VERSION};

/// How long a statement waits for another connection's lock before it gives up.
const BUSY: Duration = Duration::from_secs(5);

/// How many connections read beside the writer.
const READERS: u32 = 4;

/// The projection that this crate makes; one day there may be others in the same file.
pub(crate) const PROJECTION: &str = "read";

/// How far the rows of a world are: they are the projection of the log up to this commit, whose hash tells this log
/// from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// The last commit in the rows; zero before the first.
    pub commit: CommitNo,
    /// Its hash.
    pub hash: Hash,
    /// Position of the last event up to it.
    pub position: Position,
    /// How many rewinds the record holds up to it.
    pub rewinds: u32,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To follow the log, and to be read from.
    Serve,
    /// To be filled once by one writer; thrown away if that breaks off.
    Fill,
    /// To be read from only.
    Read,
}

/// One file of read models.
#[derive(Debug)]
pub(crate) struct Db {
    pub(crate) schema: Arc<Schema>,
    pub(crate) outdated: bool,
    pub(crate) readers: SqlitePool,
    writer: Option<Mutex<Writer>>,
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) conn: SqliteConnection,
    pub(crate) texts: Texts,
}

/// Texts of bulk statements, made once for each table and number of rows.
#[derive(Debug)]
pub(crate) struct Texts {
    dialect: Dialect,
    schema: Arc<Schema>,
    made: HashMap<(usize, usize, Bulk), Arc<str>>,
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .statement_cache_capacity(512)
        .disable_statement_logging()
}

/// Opens the connection that writes.
pub(crate) async fn open_writer(
    path: &Path,
    schema: &Arc<Schema>,
    mode: Mode,
) -> Result<Writer, ProjectionError> {
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
            .locking_mode(sqlx::sqlite::SqliteLockingMode::Exclusive),
    };
    let conn = options.connect().await?;
    let texts = Texts { dialect: Dialect::Sqlite, schema: Arc::clone(schema), made: HashMap::new() };
    Ok(Writer { conn, texts })
}

/// Makes the tables of a new file; indexes come later when much is to be written first.
pub(crate) async fn create_tables(writer: &mut Writer) -> Result<(), ProjectionError> {
    let Writer { conn, texts } = writer;
    for table in texts.schema.tables() {
        conn.execute(AssertSqlSafe(texts.dialect.create_table(table))).await?;
    }
    for (name, value) in [("schema", texts.schema.digest().to_string()), ("version", VERSION.to_string())] {
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2)")
            .bind(name)
            .bind(value)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Makes the indexes of a new file.
pub(crate) async fn create_indexes(writer: &mut Writer) -> Result<(), ProjectionError> {
    let Writer { conn, texts } = writer;
    for table in texts.schema.tables() {
        for sql in texts.dialect.create_indexes(table) {
            conn.execute(AssertSqlSafe(sql)).await?;
        }
    }
    Ok(())
}

impl Db {
    /// Opens a file that is there already.
    pub(crate) async fn open(path: &Path, schema: &Arc<Schema>, mode: Mode) -> Result<Self, ProjectionError> {
        let writer = match mode {
            Mode::Serve | Mode::Fill => Some(Mutex::new(open_writer(path, schema, mode).await?)),
            Mode::Read => None,
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options(path).read_only(true).pragma("query_only", "ON"))
            .await?;
        let made = sqlx::query("SELECT value FROM meta WHERE name = 'schema'").fetch_one(&readers).await?;
        let outdated = made.try_get::<String, _>(0)? != schema.digest().to_string();
        Ok(Self { schema: Arc::clone(schema), outdated, readers, writer })
    }

    /// The connection that writes.
    pub(crate) const fn writer(&self) -> Result<&Mutex<Writer>, ProjectionError> {
        match &self.writer {
            Some(writer) if !self.outdated => Ok(writer),
            Some(_) => Err(ProjectionError::Outdated),
            None => Err(ProjectionError::Unknown { what: "writer", name: String::new() }),
        }
    }

    /// Where the rows of a world stand.
    pub(crate) async fn checkpoint(&self, world: &WorldId) -> Result<Checkpoint, ProjectionError> {
        let mut conn = self.readers.acquire().await?;
        read_checkpoint(&mut conn, world).await
    }

    /// Up to which event the messages of a world were made.
    pub(crate) async fn cursor(&self, world: &WorldId) -> Result<Option<Position>, ProjectionError> {
        let sql = "SELECT position FROM outbox_cursor WHERE world = $1";
        let row = sqlx::query(sql).bind(world.as_str()).fetch_optional(&self.readers).await?;
        row.map(|row| Ok(Position::new(row.try_get::<i64, _>(0)?.cast_unsigned()))).transpose()
    }
}

/// Where the rows of a world stand, on this connection's view of the file.
pub(crate) async fn read_checkpoint(
    conn: &mut SqliteConnection,
    world: &WorldId,
) -> Result<Checkpoint, ProjectionError> {
    let sql =
        "SELECT commit_no, hash, position, rewinds FROM checkpoints WHERE world = $1 AND projection = $2";
    let row = sqlx::query(sql).bind(world.as_str()).bind(PROJECTION).fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(Checkpoint::default()) };
    let hash: String = row.try_get(1)?;
    Ok(Checkpoint {
        commit: CommitNo::new(row.try_get::<i64, _>(0)?.cast_unsigned()),
        hash: hash.parse()?,
        position: Position::new(row.try_get::<i64, _>(2)?.cast_unsigned()),
        rewinds: u32::try_from(row.try_get::<i64, _>(3)?).unwrap_or_default(),
    })
}

/// The values of some rows of one world.
fn values(
    rows: usize,
    width: usize,
    world: &Arc<str>,
    cells: &mut impl Iterator<Item = Cell>,
) -> Result<SqliteArguments, ProjectionError> {
    let mut args = SqliteArguments::default();
    args.reserve(rows * (width + 1), 0);
    for _ in 0..rows {
        args.add(Arc::clone(world)).map_err(|e| ProjectionError::Database { problem: e.to_string() })?;
        for cell in cells.by_ref().take(width) {
            bind(&mut args, cell)?;
        }
    }
    Ok(args)
}

/// Adds one cell to a statement's values.
pub(crate) fn bind(args: &mut SqliteArguments, cell: Cell) -> Result<(), ProjectionError> {
    let added = match cell {
        Cell::Null => args.add(None::<i64>),
        Cell::Int(number) => args.add(number),
        Cell::Text(text) => args.add(text),
        Cell::Bool(truth) => args.add(truth),
    };
    added.map_err(|e| ProjectionError::Database { problem: e.to_string() })
}

impl Texts {
    /// Writes rows of one world, their cells one after the other without the world; answers how many.
    pub(crate) async fn put(
        &mut self,
        conn: &mut SqliteConnection,
        table: usize,
        world: &Arc<str>,
        cells: Vec<Cell>,
        mode: Bulk,
    ) -> Result<u64, ProjectionError> {
        let schema = Arc::clone(&self.schema);
        let Some(spec) = schema.tables().get(table) else { return Ok(0) };
        let width = spec.columns.len() - 1;
        let mut left = cells.len() / width;
        let total = left as u64;
        if left * width != cells.len() {
            let problem = format!("table {}: a row has another number of cells than columns", spec.name);
            return Err(ProjectionError::Database { problem });
        }
        let most = self.dialect.rows_per_statement(spec);
        let mut cells = cells.into_iter();
        let mut next = |texts: &mut Self| -> Result<_, ProjectionError> {
            if left == 0 {
                return Ok(None);
            }
            let rows = if left >= most { most } else { (left / 2 + 1).next_power_of_two() };
            left -= rows;
            let dialect = texts.dialect;
            let text = texts.made.entry((table, rows, mode));
            let text = Arc::clone(text.or_insert_with(|| dialect.bulk(spec, rows, mode).into()));
            Ok(Some((text, values(rows, width, world, &mut cells)?)))
        };
        let mut now = next(self)?;
        while let Some((text, args)) = now {
            // The connection's thread writes these rows while the next are made ready here.
            let write = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut *conn);
            let (written, ready) = tokio::join!(biased; write, async { next(self) });
            written?;
            now = ready?;
        }
        Ok(total)
    }

    /// Deletes rows of one world by their keys, given without the world.
    pub(crate) async fn delete(
        &self,
        conn: &mut SqliteConnection,
        table: usize,
        world: &Arc<str>,
        keys: Vec<Vec<Cell>>,
    ) -> Result<(), ProjectionError> {
        let Some(spec) = self.schema.tables().get(table) else { return Ok(()) };
        let mut sql = format!("DELETE FROM {} WHERE world = $1", quoted(&spec.name));
        for (column, n) in spec.columns[1..spec.key].iter().zip(2..) {
            sql.push_str(&format!(" AND {} = ${n}", quoted(&column.name)));
        }
        let sql: Arc<str> = sql.into();
        for key in keys {
            let mut args = SqliteArguments::default();
            bind(&mut args, Cell::from(world.as_ref()))?;
            for cell in key {
                bind(&mut args, cell)?;
            }
            sqlx::query_with(AssertSqlSafe(Arc::clone(&sql)), args).execute(&mut *conn).await?;
        }
        Ok(())
    }
}

impl Writer {
    /// Closes the connection in good order.
    pub(crate) async fn close(self) -> Result<(), ProjectionError> {
        Ok(self.conn.close().await?)
    }
}
