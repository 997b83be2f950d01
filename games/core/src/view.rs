//! Read models as data: a game says which tables it wants and what stands in a row; the projections write them.

use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A whole number of 64 bits.
    Int,
    /// A text.
    Text,
    /// A JSON document, kept as text.
    Json,
    /// True or false.
    Bool,
}

/// One column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub null: bool,
}

/// What a table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// Rows of current state: written anew whenever the state they show changes.
    Current,
    /// Rows of history: written once; marked void when a rewind makes their event void.
    History,
}

/// A table. The columns `world` (first in the key), `position` (last event) and its game time (`updated_ms` of rows of current
/// state, `game_ms` of rows of history) are the host's.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, with the game's prefix: `pv_players`.
    pub name: &'static str,
    /// Current state or history.
    pub kind: TableKind,
    /// The columns; the first `key` of them identify a row within its world.
    pub columns: &'static [Column],
    /// How many columns are the key.
    pub key: usize,
    /// Further indexes, by column names.
    pub indexes: &'static [&'static [&'static str]],
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// A text, or JSON as text.
    Text(String),
    /// True or false.
    Bool(bool),
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Which row: the table's index in [`Game::tables`](crate::Game::tables), and the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Index of the table.
    pub table: usize,
    /// The key columns.
    pub key: Vec<Cell>,
}

impl RowKey {
    /// A row by table and key.
    #[must_use]
    pub fn new(table: usize, key: impl IntoIterator<Item = Cell>) -> Self {
        Self { table, key: key.into_iter().collect() }
    }
}

/// One row of history: all columns, the key among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Index of the table.
    pub table: usize,
    /// All columns in order.
    pub cells: Vec<Cell>,
}

/// A leaderboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Board {
    /// Its name: `power`.
    pub name: &'static str,
    /// What stands on it: `player`, `guild`, `faction`.
    pub entity: &'static str,
    /// One sentence for people.
    pub title: &'static str,
}
