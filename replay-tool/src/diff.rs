//! What changed between two points: rows of current state, by table and key, and the events that explain it.

use std::collections::BTreeMap;

use event_store::{EventStore, SnapshotStore};
use games_core::view::{Cell, RowKey};
use games_registry::{Watch, World};
use schemas::CommitNo;
use serde::Serialize;

use crate::error::ToolError;
use crate::travel::Log;

/// One column of one row that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The table.
    pub table: &'static str,
    /// The row's key, its parts joined by `/`.
    pub key: String,
    /// The column.
    pub column: &'static str,
    /// What it was; nothing for a new row.
    pub before: Option<String>,
    /// What it is; nothing for a row that is gone.
    pub after: Option<String>,
}

impl Change {
    /// By how much a number has changed.
    #[must_use]
    pub fn delta(&self) -> Option<i64> {
        let before: i64 = self.before.as_ref()?.parse().ok()?;
        let after: i64 = self.after.as_ref()?.parse().ok()?;
        Some(after - before)
    }
}

/// The difference between two points of a world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Changed rows of current state.
    pub changes: Vec<Change>,
    /// Live events in between, by type.
    pub events: BTreeMap<String, u64>,
    /// Live commits in between.
    pub commits: u64,
}

/// A cell as text; nothing for an empty one.
#[must_use]
pub fn cell_text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Int(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
        Cell::Bool(value) => Some(value.to_string()),
    }
}

/// Compares the rows that were touched on the way from one commit to a later one.
///
/// # Errors
/// The log can not be read or folded, or `to` does not follow `from` on one line.
pub async fn difference<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    from: CommitNo,
    to: CommitNo,
) -> Result<Difference, ToolError> {
    if from > to || !log.live.is_live_as_of(from, to) {
        return Err(ToolError::Input(format!(
            "commit {to} does not follow commit {from} on one line: compare with a point on the live line"
        )));
    }
    let before = log.world_at(from, false, &mut |_, _| {}).await?;
    let mut watch = Watch::default();
    let after = log.go_on(before.fork(), to, &mut watch).await?;
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    let mut commits = 0;
    log.each(from, to, |stored| {
        if log.live.is_live_as_of(stored.commit, to) {
            commits += 1;
            let open = stored.opened();
            for event in open.events() {
                *events.entry(event.kind.to_owned()).or_default() += 1;
            }
        }
        Ok(())
    })
    .await?;
    Ok(Difference { changes: compare(&*before, &*after, &watch), events, commits })
}

/// The changed columns of touched rows.
#[must_use]
pub fn compare(before: &dyn World, after: &dyn World, watch: &Watch) -> Vec<Change> {
    let tables = after.game().tables();
    let mut changes = Vec::new();
    for key in &watch.touched {
        let Some(table) = tables.get(key.table) else { continue };
        let (old, new) = (before.row(key), after.row(key));
        if old == new {
            continue;
        }
        for (i, column) in table.columns.iter().enumerate().skip(table.key) {
            let cell = |row: &Option<Vec<Cell>>| row.as_ref().and_then(|row| row.get(i)).and_then(cell_text);
            let (before, after) = (cell(&old), cell(&new));
            if before != after {
                changes.push(Change {
                    table: table.name,
                    key: key_text(key),
                    column: column.name,
                    before,
                    after,
                });
            }
        }
    }
    changes
}

fn key_text(key: &RowKey) -> String {
    key.key.iter().filter_map(cell_text).collect::<Vec<_>>().join("/")
}
