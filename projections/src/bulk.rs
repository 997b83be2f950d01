//! Rows written and deleted many at a time, by texts that are made once for each table.

use std::collections::HashMap;
use std::sync::Arc;

use games_core::view::Cell;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::dialect::{Bulk, Dialect, quoted};
use crate::engine::{Link, postgres, sqlite};
use crate::error::ProjectionError;
use crate::schema::{Schema, TableSpec};

/// Whether a batch is a world's first, and which tables it writes and how.
type BatchKey = (bool, Vec<(usize, Bulk)>);

/// Texts of bulk statements, made once for each table and number of rows.
#[derive(Debug)]
pub(crate) struct Texts {
    dialect: Dialect,
    schema: Arc<Schema>,
    made: HashMap<(usize, usize, Bulk), Arc<str>>,
    deletes: HashMap<usize, Arc<str>>,
    batches: HashMap<BatchKey, Arc<str>>,
}

impl Texts {
    pub(crate) fn new(dialect: Dialect, schema: &Arc<Schema>) -> Self {
        Self {
            dialect,
            schema: Arc::clone(schema),
            made: HashMap::new(),
            deletes: HashMap::new(),
            batches: HashMap::new(),
        }
    }

    fn text(&mut self, table: usize, spec: &TableSpec, rows: usize, mode: Bulk) -> Arc<str> {
        let dialect = self.dialect;
        let text = self.made.entry((table, rows, mode));
        Arc::clone(text.or_insert_with(|| dialect.bulk(spec, rows, mode).into()))
    }

    /// Writes rows of one world, their cells one after the other without the world; answers how many.
    pub(crate) async fn put(
        &mut self,
        link: &mut Link<'_>,
        table: usize,
        world: &Arc<str>,
        cells: Vec<Cell>,
        mode: Bulk,
    ) -> Result<u64, ProjectionError> {
        let schema = Arc::clone(&self.schema);
        let Some(spec) = schema.tables().get(table) else { return Ok(0) };
        let width = spec.columns.len() - 1;
        let rows = cells.len() / width;
        if rows * width != cells.len() {
            let problem = "a row has another number of cells than columns".to_owned();
            return Err(ProjectionError::Schema { table: spec.name.clone(), problem });
        }
        match link {
            Link::Sqlite(conn) => self.put_sqlite(conn, (table, spec), world, cells, mode).await?,
            Link::Postgres(conn) => match mode {
                Bulk::Load => postgres::rows::copy(conn, spec, world, cells).await?,
                Bulk::Insert | Bulk::Upsert | Bulk::Keep => {
                    let most = self.dialect.rows_per_statement(spec);
                    let text = self.text(table, spec, most, mode);
                    let mut cells = cells.into_iter();
                    while cells.len() > 0 {
                        let now = cells.by_ref().take(most * width);
                        postgres::rows::put(conn, spec, &text, world, now).await?;
                    }
                }
            },
        }
        Ok(rows as u64)
    }

    async fn put_sqlite(
        &mut self,
        conn: &mut SqliteConnection,
        (table, spec): (usize, &TableSpec),
        world: &Arc<str>,
        cells: Vec<Cell>,
        mode: Bulk,
    ) -> Result<(), ProjectionError> {
        let width = spec.columns.len() - 1;
        let mut left = cells.len() / width;
        let most = self.dialect.rows_per_statement(spec);
        let mut cells = cells.into_iter();
        let mut next = |texts: &mut Self| -> Result<_, ProjectionError> {
            if left == 0 {
                return Ok(None);
            }
            let rows = if left >= most { most } else { (left / 2 + 1).next_power_of_two() };
            left -= rows;
            let text = texts.text(table, spec, rows, mode);
            Ok(Some((text, sqlite::values(rows, width, world, &mut cells)?)))
        };
        let mut now = next(self)?;
        while let Some((text, args)) = now {
            // The connection's thread writes these rows while the next are made ready here.
            let write = sqlx::query_with(AssertSqlSafe(text), args).execute(&mut *conn);
            let (written, ready) = tokio::join!(biased; write, async { next(self) });
            written?;
            now = ready?;
        }
        Ok(())
    }

    /// Deletes rows of one world by their keys, given without the world.
    pub(crate) async fn delete(
        &mut self,
        link: &mut Link<'_>,
        table: usize,
        world: &Arc<str>,
        keys: Vec<Vec<Cell>>,
    ) -> Result<(), ProjectionError> {
        let schema = Arc::clone(&self.schema);
        let Some(spec) = schema.tables().get(table) else { return Ok(()) };
        let dialect = self.dialect;
        let text = self.deletes.entry(table).or_insert_with(|| dialect.delete(spec).into());
        let text = Arc::clone(text);
        match link {
            Link::Sqlite(_) => {
                for key in keys {
                    let values = std::iter::once(Cell::from(world.as_ref())).chain(key).collect();
                    link.execute(Arc::clone(&text), values).await?;
                }
            }
            Link::Postgres(conn) => {
                postgres::rows::delete(conn, spec, &text, world, keys.into_iter().flatten()).await?;
            }
        }
        Ok(())
    }

    /// Deletes all rows of one world in a table.
    pub(crate) async fn clear(
        &self,
        link: &mut Link<'_>,
        table: usize,
        world: &str,
    ) -> Result<(), ProjectionError> {
        let Some(spec) = self.schema.tables().get(table) else { return Ok(()) };
        let sql = format!("DELETE FROM {} WHERE world = $1", quoted(&spec.name));
        link.execute(sql, vec![Cell::from(world)]).await?;
        Ok(())
    }

    /// The text that writes rows of these tables and moves the checkpoint, from nothing or from a commit.
    pub(crate) fn batch(
        &mut self,
        first: bool,
        moved: &str,
        parameters: usize,
        parts: Vec<(usize, Bulk)>,
    ) -> Arc<str> {
        let tables = self.schema.tables();
        let text = self.batches.entry((first, parts)).or_insert_with_key(|(_, parts)| {
            let parts: Vec<_> = parts.iter().map(|&(table, mode)| (&tables[table], mode)).collect();
            Dialect::batch(moved, parameters, &parts).into()
        });
        Arc::clone(text)
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
}
