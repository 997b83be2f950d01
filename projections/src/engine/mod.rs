//! Connections of either engine under one face: portable statements with `$n`, values and rows as cells.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::sync::Arc;

use games_core::view::{Cell, ColumnKind};
use sqlx::postgres::{PgArguments, PgConnection, PgPool, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Connection, Postgres, Sqlite, Transaction};
use tokio_stream::StreamExt;

use crate::error::ProjectionError;

/// A connection that somebody else owns, within a transaction or without.
#[derive(Debug)]
pub(crate) enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// A transaction: rolled back when it is dropped.
pub(crate) enum Tx<'c> {
    Sqlite(Transaction<'c, Sqlite>),
    Postgres {
        tx: Transaction<'c, Postgres>,
        /// Cleared when the transaction has ended in good order: until then the connection is not used again.
        busy: Option<&'c mut bool>,
    },
}

/// The connections that read.
#[derive(Debug)]
pub(crate) enum Readers {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// How often a question is asked in all whose connection breaks.
const READ_TRIES: u32 = 3;

fn failed(error: &dyn std::fmt::Display) -> ProjectionError {
    ProjectionError::Database { problem: error.to_string() }
}

/// Adds one cell to the values of a statement.
macro_rules! add {
    ($args:expr, $cell:expr) => {
        match $cell {
            Cell::Null => $args.add(None::<i64>),
            Cell::Int(number) => $args.add(number),
            Cell::Text(text) => $args.add(text),
            Cell::Bool(truth) => $args.add(truth),
        }
        .map_err(|e| failed(&e))?
    };
}
pub(crate) use add;

fn sqlite_values(values: Vec<Cell>) -> Result<SqliteArguments, ProjectionError> {
    let mut args = SqliteArguments::default();
    for cell in values {
        add!(args, cell);
    }
    Ok(args)
}

fn postgres_values(values: Vec<Cell>) -> Result<PgArguments, ProjectionError> {
    let mut args = PgArguments::default();
    for cell in values {
        add!(args, cell);
    }
    Ok(args)
}

/// Reads the columns of an engine's row.
macro_rules! cells {
    ($row:expr, $kinds:expr) => {{
        let row = $row;
        let cell = |(i, kind): (usize, &ColumnKind)| -> Result<Cell, sqlx::Error> {
            use sqlx::Row as _;
            Ok(match kind {
                ColumnKind::Int => Cell::from(row.try_get::<Option<i64>, _>(i)?),
                ColumnKind::Text | ColumnKind::Json => Cell::from(row.try_get::<Option<String>, _>(i)?),
                ColumnKind::Bool => Cell::from(row.try_get::<Option<bool>, _>(i)?),
            })
        };
        $kinds.iter().enumerate().map(cell).collect::<Result<Vec<Cell>, sqlx::Error>>().map(Row)
    }};
}

fn sqlite_row(row: &SqliteRow, kinds: &[ColumnKind]) -> Result<Row, sqlx::Error> {
    cells!(row, kinds)
}

fn postgres_row(row: &PgRow, kinds: &[ColumnKind]) -> Result<Row, sqlx::Error> {
    cells!(row, kinds)
}

impl Row {
    fn cell(&self, column: usize) -> Result<&Cell, ProjectionError> {
        self.0.get(column).ok_or_else(|| failed(&format!("an answer has no column {column}")))
    }

    fn wrong<T>(column: usize) -> Result<T, ProjectionError> {
        Err(failed(&format!("column {column} of an answer is of another kind than was asked for")))
    }

    pub(crate) fn int(&self, column: usize) -> Result<i64, ProjectionError> {
        self.int_or_none(column)?.map_or_else(|| Self::wrong(column), Ok)
    }

    pub(crate) fn int_or_none(&self, column: usize) -> Result<Option<i64>, ProjectionError> {
        match self.cell(column)? {
            Cell::Int(number) => Ok(Some(*number)),
            Cell::Null => Ok(None),
            Cell::Text(_) | Cell::Bool(_) => Self::wrong(column),
        }
    }

    pub(crate) fn text(&self, column: usize) -> Result<&str, ProjectionError> {
        self.text_or_none(column)?.map_or_else(|| Self::wrong(column), Ok)
    }

    pub(crate) fn text_or_none(&self, column: usize) -> Result<Option<&str>, ProjectionError> {
        match self.cell(column)? {
            Cell::Text(text) => Ok(Some(text)),
            Cell::Null => Ok(None),
            Cell::Int(_) | Cell::Bool(_) => Self::wrong(column),
        }
    }

    pub(crate) fn bool(&self, column: usize) -> Result<bool, ProjectionError> {
        match self.cell(column)? {
            Cell::Bool(truth) => Ok(*truth),
            Cell::Null | Cell::Int(_) | Cell::Text(_) => Self::wrong(column),
        }
    }
}

impl Link<'_> {
    /// Runs a statement; answers how many rows it has changed.
    pub(crate) async fn execute(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: Vec<Cell>,
    ) -> Result<u64, ProjectionError> {
        let sql = AssertSqlSafe(sql.into());
        Ok(match self {
            Self::Sqlite(conn) => {
                sqlx::query_with(sql, sqlite_values(values)?).execute(&mut **conn).await?.rows_affected()
            }
            Self::Postgres(conn) => {
                sqlx::query_with(sql, postgres_values(values)?).execute(&mut **conn).await?.rows_affected()
            }
        })
    }

    /// Runs statements without values in one go, in a transaction of their own where none is under way.
    pub(crate) async fn script(&mut self, sql: String) -> Result<(), ProjectionError> {
        let all = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(conn) => all.execute(&mut **conn).await.map(drop)?,
            Self::Postgres(conn) => all.execute(&mut **conn).await.map(drop)?,
        }
        Ok(())
    }

    /// Runs a query; `kinds` are those of its columns.
    pub(crate) async fn fetch(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: Vec<Cell>,
        kinds: &[ColumnKind],
    ) -> Result<Vec<Row>, ProjectionError> {
        let mut rows = Vec::new();
        self.each(sql, values, kinds, |row| rows.push(row)).await?;
        Ok(rows)
    }

    /// Runs a query and hands over one row after the other, so that no more than one is held; `kinds` are those of its
    /// columns.
    pub(crate) async fn each(
        &mut self,
        sql: impl Into<Arc<str>>,
        values: Vec<Cell>,
        kinds: &[ColumnKind],
        mut take: impl FnMut(Row),
    ) -> Result<(), ProjectionError> {
        let sql = AssertSqlSafe(sql.into());
        match self {
            Self::Sqlite(conn) => {
                let mut rows = sqlx::query_with(sql, sqlite_values(values)?).fetch(&mut **conn);
                while let Some(row) = rows.try_next().await? {
                    take(sqlite_row(&row, kinds)?);
                }
            }
            Self::Postgres(conn) => {
                let mut rows = sqlx::query_with(sql, postgres_values(values)?).fetch(&mut **conn);
                while let Some(row) = rows.try_next().await? {
                    take(postgres_row(&row, kinds)?);
                }
            }
        }
        Ok(())
    }
}

impl Conn {
    pub(crate) const fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(conn) => Link::Sqlite(conn),
            Self::Postgres(conn) => Link::Postgres(conn),
        }
    }

    /// Closes it in good order.
    pub(crate) async fn close(self) -> Result<(), ProjectionError> {
        match self {
            Self::Sqlite(conn) => conn.close().await?,
            Self::Postgres(conn) => conn.close().await?,
        }
        Ok(())
    }
}

impl Tx<'_> {
    pub(crate) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(tx) => Link::Sqlite(tx),
            Self::Postgres { tx, .. } => Link::Postgres(tx),
        }
    }

    pub(crate) async fn commit(self) -> Result<(), ProjectionError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres { tx, busy } => {
                tx.commit().await?;
                busy.into_iter().for_each(|busy| *busy = false);
            }
        }
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), ProjectionError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres { tx, busy } => {
                tx.rollback().await?;
                busy.into_iter().for_each(|busy| *busy = false);
            }
        }
        Ok(())
    }
}

impl Readers {
    /// Runs a query on any of the connections.
    pub(crate) async fn fetch(
        &self,
        sql: impl Into<Arc<str>>,
        values: Vec<Cell>,
        kinds: &[ColumnKind],
    ) -> Result<Vec<Row>, ProjectionError> {
        match self {
            Self::Sqlite(pool) => {
                let mut conn = pool.acquire().await?;
                Link::Sqlite(&mut conn).fetch(sql, values, kinds).await
            }
            Self::Postgres(pool) => {
                let sql = sql.into();
                let mut tries = 1;
                loop {
                    let mut conn = pool.acquire().await?;
                    let link = &mut Link::Postgres(&mut conn);
                    let answer = link.fetch(Arc::clone(&sql), values.clone(), kinds).await;
                    // A connection may have been lost while it was idle. A question may be asked twice.
                    if answer.is_ok() || tries == READ_TRIES || conn.ping().await.is_ok() {
                        return answer;
                    }
                    drop(conn.detach());
                    tries += 1;
                }
            }
        }
    }

    /// One moment: whatever is read through it is of the same state, whoever writes meanwhile.
    pub(crate) async fn moment(&self) -> Result<Tx<'static>, ProjectionError> {
        Ok(match self {
            Self::Sqlite(pool) => Tx::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => {
                let tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Tx::Postgres { tx, busy: None }
            }
        })
    }
}
