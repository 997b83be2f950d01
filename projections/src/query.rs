//! Questions to the rows.

mod audit;
mod boards;
mod happened;
mod outbox;

use std::sync::{Arc, Mutex, PoisonError};

use games_core::view::{Cell, ColumnKind};
use schemas::{WallTime, WorldId};

pub use self::audit::{AuditEntry, AuditFilter, LedgerEntry};
pub use self::boards::{PAGE_ROWS, Page, Standing};
pub use self::happened::Happened;
pub use self::outbox::OutboxEntry;
use crate::db::{BoardsAsOf, Checkpoint, Db, Stand, read_stand};
use crate::dialect::quoted;
use crate::engine::Row;
use crate::error::ProjectionError;
use crate::schema::{ColumnSpec, Role, TableSpec};

/// Questions to one version of the read models.
#[derive(Debug, Clone)]
pub struct Queries {
    db: Arc<Db>,
    plans: Option<Plans>,
}

/// Plans of the questions that were asked, in order.
type Plans = Arc<Mutex<Vec<String>>>;

/// A world in the read models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldRow {
    /// The world.
    pub world: WorldId,
    /// How far its rows are.
    pub checkpoint: Checkpoint,
    /// How far those of its leaderboards are.
    pub boards: BoardsAsOf,
    /// When the rows came there.
    pub updated: WallTime,
}

/// The kinds of the columns of a table.
pub(crate) fn kinds_of(columns: &[ColumnSpec]) -> Vec<ColumnKind> {
    columns.iter().map(|column| column.kind).collect()
}

/// A statement under construction: conditions and their values.
pub(crate) struct Where {
    sql: String,
    values: Vec<Cell>,
}

impl Where {
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// Adds text in which each `?` is the next value.
    pub(crate) fn and(&mut self, text: &str, values: impl IntoIterator<Item = Cell>) {
        let mut values = values.into_iter();
        for (i, part) in text.split('?').enumerate() {
            if i > 0
                && let Some(value) = values.next()
            {
                self.values.push(value);
                self.sql.push_str(&format!("${}", self.values.len()));
            }
            self.sql.push_str(part);
        }
    }

    /// Adds the condition that a column has this value. One of another kind than the column's is nowhere.
    pub(crate) fn and_is(&mut self, column: &ColumnSpec, value: &Cell) {
        self.and(" AND ", []);
        self.is(column, value);
    }

    fn is(&mut self, column: &ColumnSpec, value: &Cell) {
        let name = quoted(&column.name);
        match (column.kind, value) {
            (_, Cell::Null) => self.and(&format!("{name} IS NULL"), []),
            (ColumnKind::Int, Cell::Int(_))
            | (ColumnKind::Text | ColumnKind::Json, Cell::Text(_))
            | (ColumnKind::Bool, Cell::Bool(_)) => self.and(&format!("{name} = ?"), [value.clone()]),
            (ColumnKind::Int | ColumnKind::Text | ColumnKind::Json | ColumnKind::Bool, _) => {
                self.and("FALSE", []);
            }
        }
    }
}

fn json_row(row: Row, table: &TableSpec) -> serde_json::Value {
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
    table.columns.iter().zip(row.0).map(field).collect::<serde_json::Map<_, _>>().into()
}

impl Queries {
    pub(crate) const fn new(db: Arc<Db>) -> Self {
        Self { db, plans: None }
    }

    /// The same questions, with the plan by which the PostgreSQL server answers each, for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn explained(&self) -> (Self, Plans) {
        let plans = Plans::default();
        (Self { db: Arc::clone(&self.db), plans: Some(Arc::clone(&plans)) }, plans)
    }

    async fn fetch(&self, query: Where, kinds: &[ColumnKind]) -> Result<Vec<Row>, ProjectionError> {
        if let Some(plans) = &self.plans {
            let sql = format!("EXPLAIN (COSTS OFF) {}", query.sql);
            let lines = self.db.readers.fetch(sql, query.values.clone(), &[ColumnKind::Text]).await?;
            let lines: Vec<&str> = lines.iter().map(|line| line.text(0)).collect::<Result<_, _>>()?;
            plans.lock().unwrap_or_else(PoisonError::into_inner).push(lines.join("\n"));
        }
        self.db.readers.fetch(query.sql, query.values, kinds).await
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

    /// Where the rows of a world's leaderboards stand: at most [`board_refresh_ms`](crate::ProjectorConfig) behind the
    /// others while a projector follows.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn boards_as_of(&self, world: &WorldId) -> Result<BoardsAsOf, ProjectionError> {
        Ok(self.db.stand(world).await?.boards)
    }

    /// All worlds, by name.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn worlds(&self) -> Result<Vec<WorldRow>, ProjectionError> {
        let mut moment = self.db.readers.moment().await?;
        let mut link = moment.link();
        let sql = "SELECT world, updated_ms FROM checkpoints ORDER BY world";
        let mut out = Vec::new();
        for row in link.fetch(sql, Vec::new(), &[ColumnKind::Text, ColumnKind::Int]).await? {
            let world: WorldId = row.text(0)?.parse()?;
            let Stand { checkpoint, boards } = read_stand(&mut link, &world).await?;
            out.push(WorldRow { world, checkpoint, boards, updated: WallTime::from_ms(row.int(1)?) });
        }
        moment.rollback().await?;
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
        let mut query = Self::select(world, table, void);
        for (name, value) in filter {
            query.and_is(Self::column(table, name)?, value);
        }
        Self::order(&mut query, table, limit);
        self.json(query, table).await
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
        let mut query = Where::new("SELECT * FROM (");
        for (i, name) in columns.iter().enumerate() {
            // Each column has an index of its own, newest last: so no more than `limit` rows of each are looked at.
            query.and(if i == 0 { "SELECT * FROM (" } else { " UNION SELECT * FROM (" }, []);
            Self::select_into(&mut query, world, table, false);
            query.and_is(Self::column(table, name)?, value);
            Self::order(&mut query, table, limit);
            query.and(&format!(") AS of_{i}"), []);
        }
        query.and(") AS found", []);
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        Self::order(&mut query, table, limit);
        self.json(query, table).await
    }

    fn select(world: &WorldId, table: &TableSpec, void: bool) -> Where {
        let mut query = Where::new("");
        Self::select_into(&mut query, world, table, void);
        query
    }

    fn select_into(query: &mut Where, world: &WorldId, table: &TableSpec, void: bool) {
        query.and(&format!("SELECT * FROM {}", quoted(&table.name)), []);
        query.and(" WHERE world = ?", [Cell::from(world.as_str())]);
        if table.role == Role::History && !void {
            query.and(" AND NOT void", []);
        }
    }

    fn order(query: &mut Where, table: &TableSpec, limit: u32) {
        let key: Vec<String> = table.columns.iter().take(table.key).map(|c| quoted(&c.name)).collect();
        let order = match table.role {
            Role::History => "position DESC, ordinal DESC".to_owned(),
            Role::Current | Role::Host => key.join(", "),
        };
        query.and(&format!(" ORDER BY {order} LIMIT ?"), [Cell::Int(i64::from(limit))]);
    }

    async fn json(&self, query: Where, table: &TableSpec) -> Result<Vec<serde_json::Value>, ProjectionError> {
        let rows = self.fetch(query, &kinds_of(&table.columns)).await?;
        Ok(rows.into_iter().map(|row| json_row(row, table)).collect())
    }
}
