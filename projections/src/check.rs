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
use crate::touched::encode_cells;

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
#[derive(Debug, Clone, Default)]
struct Tally {
    rows: u64,
    sum: u128,
    scratch: Vec<u8>,
}

impl PartialEq for Tally {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.sum) == (other.rows, other.sum)
    }
}

impl Tally {
    fn add(&mut self, cells: &[Cell]) {
        self.scratch.clear();
        encode_cells(cells, &mut self.scratch);
        let hash = Hash::of(&self.scratch);
        let mut half = [0_u8; 16];
        half.copy_from_slice(&hash.0[..16]);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(half));
    }

    fn text(&self) -> String {
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
        // Rows of history are read while the log is folded: neither needs the other.
        let (world, folding) = (found.world.as_str(), tape::run(store, plan, &mut expected));
        let (played, found_history) = tokio::try_join!(folding, tallies(&mut link, models.schema(), world))?;
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
        compare(&mut link, &mut expected, &found_history, &mut report, most).await?;
        moment.rollback().await?;
        out.push(report);
    }
    Ok(out)
}

/// Whether the rows of a table follow from the log.
fn is_checked(place: usize, table: &TableSpec) -> bool {
    let own = [HostTable::Boards, HostTable::Ranks, HostTable::Ledger, HostTable::Audit, HostTable::Happened];
    table.role != Role::Host || own.iter().any(|host| host.index() == place)
}

/// All rows of a world.
fn select(table: &TableSpec) -> String {
    format!("SELECT * FROM {} WHERE world = $1", quoted(&table.name))
}

/// What stands in the tables of history, in short, by place in the schema.
async fn tallies(
    link: &mut Link<'_>,
    schema: &Schema,
    world: &str,
) -> Result<BTreeMap<usize, Tally>, ProjectionError> {
    let mut tallies = BTreeMap::new();
    let tables = schema.tables().iter().enumerate();
    for (i, table) in tables.filter(|(i, table)| is_checked(*i, table) && !is_current(table)) {
        let mut tally = Tally::default();
        let kinds = kinds_of(&table.columns);
        link.each(select(table), vec![Cell::from(world)], &kinds, |row| tally.add(&row.0[1..])).await?;
        tallies.insert(i, tally);
    }
    Ok(tallies)
}

async fn compare(
    link: &mut Link<'_>,
    expected: &mut Expected,
    history: &BTreeMap<usize, Tally>,
    report: &mut CheckReport,
    most: usize,
) -> Result<(), ProjectionError> {
    let schema = Arc::clone(&expected.schema);
    for (i, table) in schema.tables().iter().enumerate() {
        if !is_checked(i, table) {
            continue;
        }
        let mut compared = 0;
        let mut note = |key: String, fold: Option<String>, rows: Option<String>| {
            report.differences += 1;
            if report.first.len() < most {
                report.first.push(Difference { table: table.name.clone(), key, fold, rows });
            }
        };
        if is_current(table) {
            let mut wanted = expected.current.remove(&i).unwrap_or_default();
            let (kinds, values) = (kinds_of(&table.columns), vec![Cell::from(report.world.as_str())]);
            link.each(select(table), values, &kinds, |mut row| {
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
            let none = Tally::default();
            let tally = history.get(&i).unwrap_or(&none);
            compared = tally.rows;
            let fold = expected.history.remove(&i).unwrap_or_default();
            if fold != *tally {
                note(String::new(), Some(fold.text()), Some(tally.text()));
            }
        }
        report.rows += compared;
    }
    Ok(())
}
