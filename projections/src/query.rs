//! Questions to the rows.

mod audit;
mod boards;
mod outbox;

use std::sync::Arc;

use games_core::view::{Cell, ColumnKind};
use schemas::{WallTime, WorldId};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

pub use self::audit::{AuditEntry, AuditFilter, LedgerEntry};
pub use self::boards::{PAGE_ROWS, Page, Standing};
pub use self::outbox::OutboxEntry;
use crate::db::{Checkpoint, Db, bind, read_checkpoint};
use crate::dialect::quoted;
use crate::error::ProjectionError;
use crate::schema::{ColumnSpec, Role, TableSpec};

/// Questions to one version of the read models.
#[derive(Debug, Clone)]
pub struct Queries {
    db: Arc<Db>,
}

/// A world in the read models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldRow {
    /// The world.
    pub world: WorldId,
    /// How far its rows are.
    pub checkpoint: Checkpoint,
    /// When they came there.
    pub updated: WallTime,
}

/// The cells of a row, by the columns of its table.
pub(crate) fn cells_of(row: &SqliteRow, columns: &[ColumnSpec]) -> Result<Vec<Cell>, ProjectionError> {
    let cell = |(i, column): (usize, &ColumnSpec)| -> Result<Cell, ProjectionError> {
        Ok(match column.kind {
            ColumnKind::Int => Cell::from(row.try_get::<Option<i64>, _>(i)?),
            ColumnKind::Text | ColumnKind::Json => Cell::from(row.try_get::<Option<String>, _>(i)?),
            ColumnKind::Bool => Cell::from(row.try_get::<Option<bool>, _>(i)?),
        })
    };
    columns.iter().enumerate().map(cell).collect()
}

/// A statement under construction: conditions and their values.
pub(crate) struct Where {
    pub(crate) sql: String,
    pub(crate) args: SqliteArguments,
    count: usize,
}

impl Where {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), args: SqliteArguments::default(), count: 0 }
    }

    /// Adds text in which each `?` is the next value.
    pub(crate) fn and(
        &mut self,
        text: &str,
        values: impl IntoIterator<Item = Cell>,
    ) -> Result<(), ProjectionError> {
        let mut values = values.into_iter();
        for (i, part) in text.split('?').enumerate() {
            if i > 0
                && let Some(value) = values.next()
            {
                self.count += 1;
                self.sql.push_str(&format!("${}", self.count));
                bind(&mut self.args, value)?;
            }
            self.sql.push_str(part);
        }
        Ok(())
    }

    pub(crate) async fn fetch(self, db: &Db) -> Result<Vec<SqliteRow>, ProjectionError> {
        Ok(sqlx::query_with(AssertSqlSafe(self.sql), self.args).fetch_all(&db.readers).await?)
    }
}

fn json_row(row: &SqliteRow, table: &TableSpec) -> Result<serde_json::Value, ProjectionError> {
    let cells = cells_of(row, &table.columns)?;
    let field = |(column, cell): (&ColumnSpec, Cell)| {
        let value = match cell {
            Cell::Null => serde_json::Value::Null,
            Cell::Int(number) => number.into(),
            Cell::Bool(truth) => truth.into(),
            Cell::Text(text) => match column.kind {
                // What is no JSON after all is shown as the text that it is.
                ColumnKind::Json => serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
                ColumnKind::Int | ColumnKind::Text | ColumnKind::Bool => text.into(),
            },
        };
        (column.name.clone(), value)
    };
    Ok(table.columns.iter().zip(cells).map(field).collect::<serde_json::Map<_, _>>().into())
}

impl Queries {
    pub(crate) const fn new(db: Arc<Db>) -> Self {
        Self { db }
    }

    fn table(&self, name: &str) -> Result<&TableSpec, ProjectionError> {
        let unknown = || ProjectionError::Unknown { what: "table", name: name.to_owned() };
        self.db.schema.find(name).ok_or_else(unknown)
    }

    fn column<'a>(table: &'a TableSpec, name: &str) -> Result<&'a ColumnSpec, ProjectionError> {
        let unknown = || ProjectionError::Unknown { what: "column", name: format!("{}.{name}", table.name) };
        table.column(name).ok_or_else(unknown)
    }

    /// Where the rows of a world stand; a zero checkpoint where there are none.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn checkpoint(&self, world: &WorldId) -> Result<Checkpoint, ProjectionError> {
        self.db.checkpoint(world).await
    }

    /// All worlds, by name.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn worlds(&self) -> Result<Vec<WorldRow>, ProjectionError> {
        let mut conn = self.db.readers.acquire().await?;
        let rows = sqlx::query("SELECT world, updated_ms FROM checkpoints ORDER BY world")
            .fetch_all(&mut *conn)
            .await?;
        let mut out = Vec::new();
        for row in rows {
            let world: WorldId = row.try_get::<String, _>(0)?.parse()?;
            let checkpoint = read_checkpoint(&mut conn, &world).await?;
            out.push(WorldRow { world, checkpoint, updated: WallTime::from_ms(row.try_get(1)?) });
        }
        Ok(out)
    }

    /// Rows of a table of a game as JSON objects: those whose columns have these values, at most `limit`. Rows of
    /// current state come by key; rows of history newest first, void ones left out unless `void` is asked for.
    ///
    /// # Errors
    /// [`ProjectionError::Unknown`] for a table or column that is not there.
    pub async fn rows(
        &self,
        world: &WorldId,
        table: &str,
        filter: &[(&str, Cell)],
        void: bool,
        limit: u32,
    ) -> Result<Vec<serde_json::Value>, ProjectionError> {
        let table = self.table(table)?;
        let mut query = self.select(world, table, void)?;
        for (name, value) in filter {
            let column = quoted(&Self::column(table, name)?.name);
            query.and(&format!(" AND {column} = ?"), [value.clone()])?;
        }
        self.finish(query, table, limit).await
    }

    /// Rows of a table of history in which any of `columns` has this value, newest first: a player's battles are the
    /// rows of the battles' table in which attacker or defender is the player.
    ///
    /// # Errors
    /// [`ProjectionError::Unknown`] for a table or column that is not there.
    pub async fn rows_of(
        &self,
        world: &WorldId,
        table: &str,
        columns: &[&str],
        value: &Cell,
        limit: u32,
    ) -> Result<Vec<serde_json::Value>, ProjectionError> {
        let table = self.table(table)?;
        let mut query = self.select(world, table, false)?;
        let mut any = Vec::new();
        for name in columns {
            any.push(format!("{} = ?", quoted(&Self::column(table, name)?.name)));
        }
        query.and(&format!(" AND ({})", any.join(" OR ")), vec![value.clone(); any.len()])?;
        self.finish(query, table, limit).await
    }

    fn select(&self, world: &WorldId, table: &TableSpec, void: bool) -> Result<Where, ProjectionError> {
        let mut query = Where::new(format!("SELECT * FROM {}", quoted(&table.name)));
        query.and(" WHERE world = ?", [Cell::from(world.as_str())])?;
        if table.role == Role::History && !void {
            query.and(" AND NOT void", [])?;
        }
        Ok(query)
    }

    async fn finish(
        &self,
        mut query: Where,
        table: &TableSpec,
        limit: u32,
    ) -> Result<Vec<serde_json::Value>, ProjectionError> {
        let key: Vec<String> = table.columns.iter().take(table.key).map(|c| quoted(&c.name)).collect();
        let order = match table.role {
            Role::History => "position DESC, ordinal DESC".to_owned(),
            Role::Current | Role::Host => key.join(", "),
        };
        query.and(&format!(" ORDER BY {order} LIMIT ?"), [Cell::Int(i64::from(limit))])?;
        query.fetch(&self.db).await?.iter().map(|row| json_row(row, table)).collect()
    }
}
