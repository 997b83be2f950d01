//! Many rows at a time: arrays for `UNNEST`, and the binary format of `COPY`.

use std::sync::Arc;

use games_core::view::{Cell, ColumnKind};
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::{Arguments, AssertSqlSafe, Row};
use tokio::sync::mpsc;

use crate::dialect::copy_text;
use crate::engine::{add, failed};
use crate::error::ProjectionError;
use crate::schema::{ColumnSpec, TableSpec};

/// The values of one column.
enum Array {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bool(Vec<Option<bool>>),
}

fn wrong(table: &TableSpec, column: &ColumnSpec, cell: &Cell) -> ProjectionError {
    let problem = format!("column {} holds {:?}, but got {cell:?}", column.name, column.kind);
    ProjectionError::Schema { table: table.name.clone(), problem }
}

impl Array {
    const fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Int => Self::Int(Vec::new()),
            ColumnKind::Text | ColumnKind::Json => Self::Text(Vec::new()),
            ColumnKind::Bool => Self::Bool(Vec::new()),
        }
    }

    fn push(&mut self, cell: Cell) -> Result<(), Cell> {
        match (self, cell) {
            (Self::Int(all), Cell::Int(number)) => all.push(Some(number)),
            (Self::Text(all), Cell::Text(text)) => all.push(Some(text)),
            (Self::Bool(all), Cell::Bool(truth)) => all.push(Some(truth)),
            (Self::Int(all), Cell::Null) => all.push(None),
            (Self::Text(all), Cell::Null) => all.push(None),
            (Self::Bool(all), Cell::Null) => all.push(None),
            (Self::Int(_) | Self::Text(_) | Self::Bool(_), other) => return Err(other),
        }
        Ok(())
    }
}

/// Adds one array for each of `columns`.
fn add_arrays(
    args: &mut PgArguments,
    table: &TableSpec,
    columns: &[ColumnSpec],
    cells: impl Iterator<Item = Cell>,
) -> Result<(), ProjectionError> {
    let mut arrays: Vec<Array> = columns.iter().map(|column| Array::new(column.kind)).collect();
    let width = columns.len();
    for (i, cell) in cells.enumerate() {
        let (Some(array), Some(column)) = (arrays.get_mut(i % width), columns.get(i % width)) else { break };
        array.push(cell).map_err(|cell| wrong(table, column, &cell))?;
    }
    for array in arrays {
        let added = match array {
            Array::Int(all) => args.add(all),
            Array::Text(all) => args.add(all),
            Array::Bool(all) => args.add(all),
        };
        added.map_err(|e| failed(&e))?;
    }
    Ok(())
}

/// The world, and one array for each of `columns`.
fn arrays(
    table: &TableSpec,
    columns: &[ColumnSpec],
    world: &Arc<str>,
    cells: impl Iterator<Item = Cell>,
) -> Result<PgArguments, ProjectionError> {
    let mut args = PgArguments::default();
    args.add(&**world).map_err(|e| failed(&e))?;
    add_arrays(&mut args, table, columns, cells)?;
    Ok(args)
}

/// Writes a batch by a statement of [`Dialect::batch`](crate::Dialect::batch): the values that move the checkpoint, then
/// the cells of each table. False when the checkpoint has not moved, and nothing was written.
pub(crate) async fn put_batch(
    conn: &mut PgConnection,
    text: Arc<str>,
    moved: Vec<Cell>,
    parts: Vec<(&TableSpec, Vec<Cell>)>,
) -> Result<bool, ProjectionError> {
    let mut args = PgArguments::default();
    for cell in moved {
        add!(args, cell);
    }
    for (table, cells) in parts {
        add_arrays(&mut args, table, &table.columns[1..], cells.into_iter())?;
    }
    let row = sqlx::query_with(AssertSqlSafe(text), args).fetch_one(conn).await?;
    Ok(row.try_get::<i64, _>(0)? == 1)
}

/// Writes rows of one world by a statement of [`Dialect::bulk`](crate::Dialect::bulk).
pub(crate) async fn put(
    conn: &mut PgConnection,
    table: &TableSpec,
    text: &Arc<str>,
    world: &Arc<str>,
    cells: impl Iterator<Item = Cell>,
) -> Result<(), ProjectionError> {
    let args = arrays(table, &table.columns[1..], world, cells)?;
    sqlx::query_with(AssertSqlSafe(Arc::clone(text)), args).execute(conn).await?;
    Ok(())
}

/// Deletes rows of one world by a statement of [`Dialect::delete`](crate::Dialect::delete).
pub(crate) async fn delete(
    conn: &mut PgConnection,
    table: &TableSpec,
    text: &Arc<str>,
    world: &Arc<str>,
    keys: impl Iterator<Item = Cell>,
) -> Result<(), ProjectionError> {
    let args = arrays(table, &table.columns[1..table.key], world, keys)?;
    sqlx::query_with(AssertSqlSafe(Arc::clone(text)), args).execute(conn).await?;
    Ok(())
}

/// What a binary `COPY` begins with: its signature, no flags, no extension.
const BEGIN: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A statement's worth of bytes that is sent on its way while the next is made.
const PIECE: usize = 256 * 1024;

/// How many pieces are made ahead of the one that is being sent.
const AHEAD: usize = 4;

/// Fills a table that nobody else sees with rows of one world. The bytes are made by another thread than the one that
/// sends them, which has the log to read besides.
pub(crate) async fn copy(
    conn: &mut PgConnection,
    table: &TableSpec,
    world: &Arc<str>,
    cells: Vec<Cell>,
) -> Result<(), ProjectionError> {
    if cells.is_empty() {
        return Ok(());
    }
    let kinds: Vec<ColumnKind> = table.columns.iter().skip(1).map(|column| column.kind).collect();
    let count = i16::try_from(table.columns.len()).map_err(|e| failed(&e))?;
    let mut row = count.to_be_bytes().to_vec();
    text(&mut row, world);
    let (made, mut pieces) = mpsc::channel(AHEAD);
    let encoding = tokio::task::spawn_blocking(move || encode(&row, &kinds, cells, &made));
    let mut copy = conn.copy_in_raw(&copy_text(table)).await?;
    while let Some(piece) = pieces.recv().await {
        copy.send(Vec::as_slice(&piece)).await?;
    }
    match encoding.await.map_err(|broken| failed(&broken))? {
        Ok(()) => {
            copy.finish().await?;
            Ok(())
        }
        Err((column, cell)) => {
            copy.abort("a cell of another kind").await?;
            let column = table.columns.get(column + 1).ok_or_else(|| failed(&"a row is too wide"))?;
            Err(wrong(table, column, &cell))
        }
    }
}

/// Makes the bytes of a `COPY`, as long as somebody takes them. `row` is what each row begins with. Answers the column
/// and the cell that do not go together.
fn encode(
    row: &[u8],
    kinds: &[ColumnKind],
    cells: Vec<Cell>,
    made: &mpsc::Sender<Vec<u8>>,
) -> Result<(), (usize, Cell)> {
    let piece = || Vec::with_capacity(PIECE + 4096);
    let mut out = piece();
    out.extend_from_slice(BEGIN);
    let mut cells = cells.into_iter();
    while cells.len() > 0 {
        out.extend_from_slice(row);
        for (i, (kind, cell)) in kinds.iter().zip(cells.by_ref()).enumerate() {
            match (kind, cell) {
                (_, Cell::Null) => out.extend_from_slice(&(-1_i32).to_be_bytes()),
                (ColumnKind::Int, Cell::Int(number)) => {
                    out.extend_from_slice(&8_i32.to_be_bytes());
                    out.extend_from_slice(&number.to_be_bytes());
                }
                (ColumnKind::Text | ColumnKind::Json, Cell::Text(value)) => text(&mut out, &value),
                (ColumnKind::Bool, Cell::Bool(truth)) => {
                    out.extend_from_slice(&1_i32.to_be_bytes());
                    out.push(u8::from(truth));
                }
                (ColumnKind::Int | ColumnKind::Text | ColumnKind::Json | ColumnKind::Bool, cell) => {
                    return Err((i, cell));
                }
            }
        }
        if out.len() >= PIECE && made.blocking_send(std::mem::replace(&mut out, piece())).is_err() {
            return Ok(());
        }
    }
    out.extend_from_slice(&(-1_i16).to_be_bytes());
    made.blocking_send(out).ok();
    Ok(())
}

fn text(out: &mut Vec<u8>, text: &str) {
    // A text of 2 GiB fits in no row: the server refuses it by its length.
    let length = i32::try_from(text.len()).unwrap_or(i32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
