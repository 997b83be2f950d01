//! One version of the read models: its connections, and how far its rows are.

use std::path::Path;
use std::sync::Arc;

use games_core::view::{Cell, ColumnKind};
use schemas::{CommitNo, Hash, Position, WallTime, WorldId};
use sqlx::Connection as _;
use tokio::sync::Mutex;

use crate::bulk::Texts;
use crate::dialect::Dialect;
use crate::engine::postgres::Session;
use crate::engine::{Conn, Link, Readers, Tx, sqlite};
use crate::error::ProjectionError;
use crate::schema::{Schema, VERSION};

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

/// How far the rows of a world's leaderboards are. Where a change would move many ranks they are written every few
/// moments only, so they may lie behind the [`Checkpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoardsAsOf {
    /// The last commit in them; zero before the first.
    pub commit: CommitNo,
    /// When they were last written.
    pub written: WallTime,
}

/// Where all rows of a world stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) boards: BoardsAsOf,
}

/// How a version is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To follow the log, and to be read from.
    Serve,
    /// To be filled once by one writer; thrown away if that breaks off.
    Fill,
    /// To be read from only.
    Read,
}

/// One version of the read models: a file, or a schema on a server.
#[derive(Debug)]
pub(crate) struct Db {
    pub(crate) schema: Arc<Schema>,
    pub(crate) outdated: bool,
    pub(crate) readers: Readers,
    writer: Option<Mutex<Writer>>,
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    line: Line,
    texts: Texts,
}

#[derive(Debug)]
enum Line {
    Sqlite(sqlx::SqliteConnection),
    Postgres(Box<Session>),
}

/// The one connection that fills a new version, which nobody else sees.
#[derive(Debug)]
pub(crate) struct Filler {
    pub(crate) conn: Conn,
    pub(crate) texts: Texts,
}

impl Writer {
    pub(crate) fn sqlite(conn: sqlx::SqliteConnection, schema: &Arc<Schema>) -> Self {
        Self { line: Line::Sqlite(conn), texts: Texts::new(Dialect::Sqlite, schema) }
    }

    pub(crate) fn postgres(session: Session, schema: &Arc<Schema>) -> Self {
        Self { line: Line::Postgres(Box::new(session)), texts: Texts::new(Dialect::Postgres, schema) }
    }

    /// Begins a transaction: on PostgreSQL with a new connection if the old one is lost.
    pub(crate) async fn begin(&mut self) -> Result<(Tx<'_>, &mut Texts), ProjectionError> {
        let tx = match &mut self.line {
            Line::Sqlite(conn) => Tx::Sqlite(conn.begin_with("BEGIN IMMEDIATE").await?),
            Line::Postgres(session) => session.begin().await?,
        };
        Ok((tx, &mut self.texts))
    }

    /// The session on a server with the texts of its statements; none where the rows stand in a file.
    pub(crate) fn at_once(&mut self) -> Option<(&mut Session, &mut Texts)> {
        match &mut self.line {
            Line::Sqlite(_) => None,
            Line::Postgres(session) => Some((session, &mut self.texts)),
        }
    }

    /// The session on a server; none where the rows stand in a file.
    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.line {
            Line::Sqlite(_) => None,
            Line::Postgres(session) => Some(session),
        }
    }

    /// Drops the connection to a server: the next write makes another, if this version still serves.
    pub(crate) fn forget(&mut self) {
        if let Some(session) = self.session() {
            session.forget();
        }
    }

    /// Closes the connection in good order.
    pub(crate) async fn close(self) -> Result<(), ProjectionError> {
        match self.line {
            Line::Sqlite(conn) => Ok(conn.close().await?),
            Line::Postgres(session) => session.close().await,
        }
    }
}

impl Filler {
    /// Opens the connection that fills a new file.
    pub(crate) async fn sqlite(path: &Path, schema: &Arc<Schema>) -> Result<Self, ProjectionError> {
        let conn = Conn::Sqlite(sqlite::open_writer(path, Mode::Fill).await?);
        Ok(Self { conn, texts: Texts::new(Dialect::Sqlite, schema) })
    }

    /// Makes the tables, without the indexes that are better made when they are full. What [`Bulk::Load`] fills must have
    /// been made in the same transaction.
    ///
    /// [`Bulk::Load`]: crate::Bulk::Load
    pub(crate) async fn create_tables(&mut self) -> Result<(), ProjectionError> {
        let (schema, dialect) = (Arc::clone(self.texts.schema()), self.texts.dialect());
        let mut link = self.conn.link();
        let tables = schema.tables().iter().filter(|table| dialect.is_of_version(table));
        let made: Vec<String> = tables.map(|table| dialect.create_table_to_fill(table)).collect();
        link.script(made.join("; ")).await?;
        for (name, value) in [("schema", schema.digest().to_string()), ("version", VERSION.to_string())] {
            let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
            link.execute(sql, vec![Cell::from(name), Cell::Text(value)]).await?;
        }
        Ok(())
    }

    /// Makes the indexes of a file. Those on a server are made by
    /// [`Server::finish`](crate::engine::postgres::Server::finish).
    pub(crate) async fn create_indexes(&mut self) -> Result<(), ProjectionError> {
        let (schema, dialect) = (Arc::clone(self.texts.schema()), self.texts.dialect());
        let mut link = self.conn.link();
        for table in schema.tables().iter().filter(|table| dialect.is_of_version(table)) {
            for sql in dialect.create_indexes(table) {
                link.execute(sql, Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// Begins to make tables and to write rows: all in one transaction.
    pub(crate) async fn begin(&mut self) -> Result<(), ProjectionError> {
        self.conn.link().execute("BEGIN", Vec::new()).await?;
        Ok(())
    }

    /// Ends what [`Filler::begin`] has begun.
    pub(crate) async fn commit(&mut self) -> Result<(), ProjectionError> {
        self.conn.link().execute("COMMIT", Vec::new()).await?;
        Ok(())
    }
}

impl Db {
    /// Opens a file that is there already.
    pub(crate) async fn open_file(
        path: &Path,
        schema: &Arc<Schema>,
        mode: Mode,
    ) -> Result<Self, ProjectionError> {
        let writer = match mode {
            Mode::Serve | Mode::Fill => Some(Writer::sqlite(sqlite::open_writer(path, mode).await?, schema)),
            Mode::Read => None,
        };
        Self::new(schema, Readers::Sqlite(sqlite::open_readers(path).await?), writer).await
    }

    /// A version by its connections.
    pub(crate) async fn new(
        schema: &Arc<Schema>,
        readers: Readers,
        writer: Option<Writer>,
    ) -> Result<Self, ProjectionError> {
        let sql = "SELECT value FROM meta WHERE name = 'schema'";
        let made = readers.fetch(sql, Vec::new(), &[ColumnKind::Text]).await?;
        let outdated = match made.first() {
            Some(made) => made.text(0)? != schema.digest().to_string(),
            None => true,
        };
        Ok(Self { schema: Arc::clone(schema), outdated, readers, writer: writer.map(Mutex::new) })
    }

    /// The connection that writes.
    pub(crate) const fn writer(&self) -> Result<&Mutex<Writer>, ProjectionError> {
        match &self.writer {
            Some(_) if self.outdated => Err(ProjectionError::Outdated),
            Some(_) | None => self.any_writer(),
        }
    }

    /// The connection that writes, even where the tables are other ones than this build's.
    pub(crate) const fn any_writer(&self) -> Result<&Mutex<Writer>, ProjectionError> {
        match &self.writer {
            Some(writer) => Ok(writer),
            None => Err(ProjectionError::Unknown { what: "writer", name: String::new() }),
        }
    }

    /// Where the rows of a world stand.
    pub(crate) async fn checkpoint(&self, world: &WorldId) -> Result<Checkpoint, ProjectionError> {
        Ok(self.stand(world).await?.checkpoint)
    }

    /// Where the rows of a world stand, and those of its leaderboards.
    pub(crate) async fn stand(&self, world: &WorldId) -> Result<Stand, ProjectionError> {
        let rows = self.readers.fetch(STAND, of_world(world), &STAND_KINDS).await?;
        stand_of(&rows)
    }

    /// Up to which event the messages of a world were made.
    pub(crate) async fn cursor(&self, world: &WorldId) -> Result<Option<Position>, ProjectionError> {
        let sql = "SELECT position FROM outbox_cursor WHERE world = $1";
        let rows = self.readers.fetch(sql, vec![Cell::from(world.as_str())], &[ColumnKind::Int]).await?;
        rows.first().map(|row| Ok(Position::new(row.int(0)?.cast_unsigned()))).transpose()
    }
}

const STAND: &str = "SELECT commit_no, hash, position, rewinds, boards_commit_no, boards_ms FROM checkpoints \
                     WHERE world = $1 AND projection = $2";
const STAND_KINDS: [ColumnKind; 6] = {
    use ColumnKind::{Int, Text};
    [Int, Text, Int, Int, Int, Int]
};

fn of_world(world: &WorldId) -> Vec<Cell> {
    vec![Cell::from(world.as_str()), Cell::from(PROJECTION)]
}

fn stand_of(rows: &[crate::engine::Row]) -> Result<Stand, ProjectionError> {
    let Some(row) = rows.first() else {
        let boards = BoardsAsOf { commit: CommitNo::ZERO, written: WallTime::from_ms(0) };
        return Ok(Stand { checkpoint: Checkpoint::default(), boards });
    };
    Ok(Stand {
        checkpoint: Checkpoint {
            commit: CommitNo::new(row.int(0)?.cast_unsigned()),
            hash: row.text(1)?.parse()?,
            position: Position::new(row.int(2)?.cast_unsigned()),
            rewinds: u32::try_from(row.int(3)?).unwrap_or_default(),
        },
        boards: BoardsAsOf {
            commit: CommitNo::new(row.int(4)?.cast_unsigned()),
            written: WallTime::from_ms(row.int(5)?),
        },
    })
}

/// Where the rows of a world stand, on this connection's view of them.
pub(crate) async fn read_stand(link: &mut Link<'_>, world: &WorldId) -> Result<Stand, ProjectionError> {
    stand_of(&link.fetch(STAND, of_world(world), &STAND_KINDS).await?)
}
