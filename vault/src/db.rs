//! One face for both engines: statements with `$n`, values in, rows out.
//!
//! Everything that the vault keeps is a number, a text or bytes, so three kinds of value are all that either engine
//! has to know. What differs between them (opening, migrating, transactions, wiping) stands in their own modules.

use schemas::PlayerId;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
#[cfg(feature = "postgres")]
use sqlx::{
    Postgres,
    pool::PoolConnection,
    postgres::{PgConnection, PgRow},
};
use sqlx::{Row as _, Sqlite};
use tokio::sync::MutexGuard;

use crate::error::VaultError;
#[cfg(feature = "postgres")]
use crate::postgres::PostgresDb;
use crate::sqlite::{self, SqliteDb};

/// A value of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Int(i64),
    MaybeInt(Option<i64>),
    Bytes(Vec<u8>),
    MaybeBytes(Option<Vec<u8>>),
    Text(String),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::MaybeInt(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::MaybeBytes(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// A query with its values; the same words for every engine, whose types differ.
macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.into_iter().fold(sqlx::query($sql), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::MaybeInt(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::MaybeBytes(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
        })
    };
}

/// A row of an answer.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(PgRow),
}

/// Reads a column by its number.
macro_rules! column {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(|e| VaultError::Corrupt { problem: e.to_string() })
    };
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, VaultError> {
        column!(self, column)
    }

    pub(crate) fn maybe_int(&self, column: usize) -> Result<Option<i64>, VaultError> {
        column!(self, column)
    }

    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, VaultError> {
        column!(self, column)
    }

    pub(crate) fn maybe_bytes(&self, column: usize) -> Result<Option<Vec<u8>>, VaultError> {
        column!(self, column)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, VaultError> {
        column!(self, column)
    }
}

/// The database in which a vault stands.
#[derive(Debug)]
pub(crate) enum Db {
    Sqlite(SqliteDb),
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresDb>),
}

impl Db {
    /// A connection, for as long as it is held.
    pub(crate) async fn session(&self) -> Result<Session<'_>, VaultError> {
        match self {
            Self::Sqlite(db) => Ok(Session::Sqlite(db.conn.lock().await)),
            #[cfg(feature = "postgres")]
            Self::Postgres(db) => Ok(Session::Postgres(db, db.acquire().await?)),
        }
    }

    /// Runs one statement; how many rows it has touched.
    pub(crate) async fn execute(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, VaultError> {
        self.session().await?.execute(sql, values).await
    }

    /// All rows that a statement gives.
    pub(crate) async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, VaultError> {
        self.session().await?.rows(sql, values).await
    }

    /// The first row that a statement gives, if it gives any.
    pub(crate) async fn row(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, VaultError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Makes an end of what was deleted: of old versions of rows, in the places where the engine keeps them.
    pub(crate) async fn wipe(&self) -> Result<(), VaultError> {
        match self {
            Self::Sqlite(db) => db.wipe().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(db) => db.wipe().await,
        }
    }
}

/// A connection.
pub(crate) enum Session<'a> {
    Sqlite(MutexGuard<'a, SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(&'a PostgresDb, PoolConnection<Postgres>),
}

impl Session<'_> {
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, VaultError> {
        match self {
            Self::Sqlite(conn) => execute_sqlite(conn, sql, values).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(db, conn) => execute_postgres(db, conn, sql, values).await,
        }
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, VaultError> {
        match self {
            Self::Sqlite(conn) => rows_sqlite(conn, sql, values).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(db, conn) => rows_postgres(db, conn, sql, values).await,
        }
    }

    /// Begins a transaction that writes. Dropped without [`Transaction::commit`] it has done nothing.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>, VaultError> {
        use sqlx::Connection as _;
        match self {
            Self::Sqlite(conn) => {
                // It will write, so it waits for other writers before it reads, and not in the middle.
                let begun = conn.begin_with("BEGIN IMMEDIATE").await;
                Ok(Transaction::Sqlite(begun.map_err(|e| sqlite::failed(&e))?))
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(db, conn) => {
                let begun = conn.begin().await;
                Ok(Transaction::Postgres(db, begun.map_err(|e| db.failed(&e))?))
            }
        }
    }
}

/// A transaction.
pub(crate) enum Transaction<'a> {
    Sqlite(sqlx::Transaction<'a, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(&'a PostgresDb, sqlx::Transaction<'a, Postgres>),
}

impl Transaction<'_> {
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, VaultError> {
        match self {
            Self::Sqlite(tx) => execute_sqlite(tx, sql, values).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(db, tx) => execute_postgres(db, tx, sql, values).await,
        }
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, VaultError> {
        match self {
            Self::Sqlite(tx) => rows_sqlite(tx, sql, values).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(db, tx) => rows_postgres(db, tx, sql, values).await,
        }
    }

    /// Holds a player's row, so that nothing that belongs to it comes in until the end. A SQLite transaction that writes
    /// holds the whole file already, and is asked for no more than whether the row is there.
    pub(crate) async fn hold_player(&mut self, player: PlayerId) -> Result<(), VaultError> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT 1 FROM players WHERE player = $1",
            #[cfg(feature = "postgres")]
            Self::Postgres(..) => "SELECT 1 FROM players WHERE player = $1 FOR UPDATE",
        };
        self.rows(sql, vec![player.bits().cast_signed().into()]).await.map(|_| ())
    }

    pub(crate) async fn commit(self) -> Result<(), VaultError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await.map_err(|e| sqlite::failed(&e)),
            #[cfg(feature = "postgres")]
            Self::Postgres(db, tx) => tx.commit().await.map_err(|e| db.failed(&e)),
        }
    }
}

async fn execute_sqlite(
    conn: &mut SqliteConnection,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<u64, VaultError> {
    let done = bound!(sql, values).execute(conn).await;
    done.map(|done| done.rows_affected()).map_err(|e| sqlite::failed(&e))
}

async fn rows_sqlite(
    conn: &mut SqliteConnection,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<Row>, VaultError> {
    let rows = bound!(sql, values).fetch_all(conn).await;
    Ok(rows.map_err(|e| sqlite::failed(&e))?.into_iter().map(Row::Sqlite).collect())
}

#[cfg(feature = "postgres")]
async fn rows_postgres(
    db: &PostgresDb,
    conn: &mut PgConnection,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<Row>, VaultError> {
    let rows = bound!(sql, values).fetch_all(conn).await;
    Ok(rows.map_err(|e| db.failed(&e))?.into_iter().map(Row::Postgres).collect())
}

#[cfg(feature = "postgres")]
async fn execute_postgres(
    db: &PostgresDb,
    conn: &mut PgConnection,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<u64, VaultError> {
    let done = bound!(sql, values).execute(conn).await;
    done.map(|done| done.rows_affected()).map_err(|e| db.failed(&e))
}
