//! Checking: every row against a fold of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_store::EventStore;
use games_core::view::Cell;
use schemas::{Hash, WorldId};

use crate::db::{Checkpoint, Stand, read_stand};
use crate::dialect::quoted;
use crate::engine::Link;
use crate::error::ProjectionError;
use crate::games::is_world;
use crate::models::ReadModels;
use crate::query::kinds_of;
use crate::schema::{HostTable, Role, Schema, TableSpec};
use crate::tape::{self, Out, Plan, Sink};

/// One row that is not what the fold says; or, for a table of history, all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// The row's key, as JSON; empty for a whole table of history.
    pub key: String,
    /// What the fold says, as JSON; nothing when there should be no such row.
    pub fold: Option<String>,
    /// What stands there; nothing when there is no such row.
    pub rows: Option<String>,
}

/// What a check of one world came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The world.
    pub world: WorldId,
    /// Where its rows stand.
    pub checkpoint: Checkpoint,
    /// Rows compared.
    pub rows: u64,
    /// How many differ.
    pub differences: u64,
    /// The first of them.
    pub first: Vec<Difference>,
}

/// A table of history, in short: how many rows, and a sum over their hashes that does not depend on their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    rows: u64,
    sum: u128,
}

impl Tally {
    fn add(&mut self, cells: &[Cell]) {
        let hash = Hash::of(text(cells).as_bytes());
        let mut half = [0_u8; 16];
        half.copy_from_slice(&hash.0[..16]);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
    }

    fn text(self) -> String {
        format!("{} rows, sum {:032x}", self.rows, self.sum)
    }
}

fn text(cells: &[Cell]) -> String {
    let plain: Vec<serde_json::Value> = cells.iter().map(plain).collect();
    serde_json::Value::from(plain).to_string()
}

fn plain(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::Null => serde_json::Value::Null,
        Cell::Int(number) => (*number).into(),
        Cell::Text(text) => text.clone().into(),
        Cell::Bool(truth) => (*truth).into(),
    }
}

/// What is expected, by table.
struct Expected {
    schema: Arc<Schema>,
    current: BTreeMap<usize, BTreeMap<Vec<Cell>, Vec<Cell>>>,
    history: BTreeMap<usize, Tally>,
}

fn is_current(table: &TableSpec) -> bool {
    table.role == Role::Current || table.name == "boards" || table.name == "ranks"
}

impl Sink for Expected {
    async fn take(&mut self, out: Out) -> Result<(), ProjectionError> {
        let Out::Rows { table, cells } = out else { return Ok(()) };
        let Some(spec) = self.schema.tables().get(table) else { return Ok(()) };
        let rows = cells.chunks_exact(spec.columns.len() - 1);
        if is_current(spec) {
            let expected = self.current.entry(table).or_default();
            expected.extend(rows.map(|row| (row[..spec.key - 1].to_vec(), row.to_vec())));
        } else {
            let tally = self.history.entry(table).or_default();
            rows.for_each(|row| tally.add(row));
        }
        Ok(())
    }
}

/// Compares every row of every world with a fold of the log up to where the rows stand; gives at most `most`
/// differences of each world. Readers and the projector go on meanwhile.
///
/// # Errors
/// When log or rows can not be read, or do not belong to each other.
pub async fn check<S: EventStore>(
    store: &S,
    models: &ReadModels,
    most: usize,
) -> Result<Vec<CheckReport>, ProjectionError> {
    let current = Arc::clone(&*models.held().await);
    let mut out = Vec::new();
    for found in store.worlds().await?.into_iter().filter(|found| is_world(&found.world)) {
        // One transaction is one moment: checkpoint and rows of it.
        let mut moment = current.readers.moment().await?;
        let mut link = moment.link();
        let Stand { checkpoint, boards } = read_stand(&mut link, &found.world).await?;
        let plan = Plan {
            games: models.games().clone(),
            schema: Arc::clone(models.schema()),
            world: found.world.clone(),
            target: checkpoint.commit,
            notices_after: None,
            boards_at: Some(boards.commit),
        };
        let mut expected = Expected {
            schema: Arc::clone(models.schema()),
            current: BTreeMap::new(),
            history: BTreeMap::new(),
        };
        let played = tape::run(store, plan, &mut expected).await?;
        if played.checkpoint != checkpoint {
            return Err(ProjectionError::CheckpointMismatch {
                world: found.world,
                commit: checkpoint.commit,
                rows: checkpoint.hash,
                log: played.checkpoint.hash,
            });
        }
        let mut report =
            CheckReport { world: found.world, checkpoint, rows: 0, differences: 0, first: Vec::new() };
        compare(&mut link, &mut expected, &mut report, most).await?;
        moment.rollback().await?;
        out.push(report);
    }
    Ok(out)
}

async fn compare(
    link: &mut Link<'_>,
    expected: &mut Expected,
    report: &mut CheckReport,
    most: usize,
) -> Result<(), ProjectionError> {
    let schema = Arc::clone(&expected.schema);
    for (i, table) in schema.tables().iter().enumerate() {
        let own =
            [HostTable::Boards, HostTable::Ranks, HostTable::Ledger, HostTable::Audit, HostTable::Happened];
        let own = own.iter().any(|host| host.index() == i);
        if table.role == Role::Host && !own {
            continue;
        }
        let sql = format!("SELECT * FROM {} WHERE world = $1", quoted(&table.name));
        let values = vec![Cell::from(report.world.as_str())];
        let (kinds, mut compared) = (kinds_of(&table.columns), 0);
        let mut note = |key: String, fold: Option<String>, rows: Option<String>| {
            report.differences += 1;
            if report.first.len() < most {
                report.first.push(Difference { table: table.name.clone(), key, fold, rows });
            }
        };
        if is_current(table) {
            let mut wanted = expected.current.remove(&i).unwrap_or_default();
            link.each(sql, values, &kinds, |mut row| {
                compared += 1;
                let cells = row.0.split_off(1);
                let key = cells[..table.key - 1].to_vec();
                let fold = wanted.remove(&key);
                if fold.as_ref() != Some(&cells) {
                    note(text(&key), fold.map(|fold| text(&fold)), Some(text(&cells)));
                }
            })
            .await?;
            for (key, fold) in wanted {
                note(text(&key), Some(text(&fold)), None);
            }
        } else {
            let mut tally = Tally::default();
            link.each(sql, values, &kinds, |row| tally.add(&row.0[1..])).await?;
            compared = tally.rows;
            let fold = expected.history.remove(&i).unwrap_or_default();
            if fold != tally {
                note(String::new(), Some(fold.text()), Some(tally.text()));
            }
        }
        report.rows += compared;
    }
    Ok(())
}
