//! The fold of one world with its boards: what a projector holds in memory between two batches.

use games_core::view::{Cell, RowKey};
use games_registry::{FoldError, Watch, World};
use schemas::commit::{CheckedCommit, OpenCommit};
use schemas::{CommitNo, Hash, StoredCommit};

use crate::boards::Standings;
use crate::changes::{Changes, Want};
use crate::error::ProjectionError;
use crate::games::{Games, changes_rules};
use crate::touched::Last;

/// The state of a world and its boards, as the live line has made them.
pub(crate) struct Line {
    world: Option<Box<dyn World>>,
    pub(crate) boards: Standings,
}

impl Line {
    /// Before the first commit.
    pub(crate) fn new() -> Self {
        Self { world: None, boards: Standings::default() }
    }

    /// Goes on from a world folded earlier.
    pub(crate) fn resume(world: Box<dyn World>) -> Self {
        let boards = Standings::new(world.game().boards().len());
        Self { world: Some(world), boards }
    }

    pub(crate) fn world(&self) -> Option<&dyn World> {
        self.world.as_deref()
    }

    /// Folds a live commit without collecting anything.
    pub(crate) fn fold(
        &mut self,
        games: &Games,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
    ) -> Result<(), FoldError> {
        self.start(games, stored, open)?.apply(stored, open, None)
    }

    /// Folds a live commit and collects what it changes.
    pub(crate) fn push(
        &mut self,
        games: &Games,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
        want: Want,
        into: &mut Changes,
    ) -> Result<(), FoldError> {
        let mut watch = Watch::default();
        let world = self.start(games, stored, open)?;
        world.apply(stored, open, Some(&mut watch))?;
        if changes_rules(open) {
            // Other rules may value everybody differently, whether or not an event says so.
            watch.scored.extend(self.boards.known());
        }
        if let Some(world) = &self.world {
            check_widths(world.as_ref(), &watch)
                .map_err(|problem| FoldError { commit: stored.commit, problem })?;
            for &entity in &watch.scored {
                self.boards.set(entity, &world.scores(entity), open.header.game_ms.ms());
            }
        }
        into.take(stored, open, &mut watch, want);
        Ok(())
    }

    /// Counts a commit that is void.
    pub(crate) fn pass(&mut self, stored: &StoredCommit) {
        if let Some(world) = &mut self.world {
            world.passed(stored);
        }
    }

    /// A copy of its own.
    pub(crate) fn fork(&self) -> Self {
        Self { world: self.world.as_ref().map(|world| world.fork()), boards: self.boards.clone() }
    }

    fn start(
        &mut self,
        games: &Games,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
    ) -> Result<&mut Box<dyn World>, FoldError> {
        let world = match self.world.take() {
            Some(world) => world,
            None => {
                let world = games.create(stored, open)?;
                self.boards = Standings::new(world.game().boards().len());
                world
            }
        };
        Ok(self.world.insert(world))
    }
}

/// A row of another width than its table would shift every row after it.
fn check_widths(world: &dyn World, watch: &Watch) -> Result<(), String> {
    let tables = world.game().tables();
    for (_, row) in &watch.history {
        let Some(table) = tables.get(row.table) else {
            return Err(format!("a row of history is for table {}, which there is not", row.table));
        };
        if row.cells.len() != table.columns.len() {
            let (found, wanted) = (row.cells.len(), table.columns.len());
            return Err(format!("a row of {} has {found} cells instead of {wanted}", table.name));
        }
    }
    Ok(())
}

/// All cells of a row of current state as it stands now, without the world; nothing when the row is gone.
///
/// # Errors
/// When the game gives a row of another width than its table.
pub(crate) fn current_row(
    world: &dyn World,
    key: &RowKey,
    last: Last,
) -> Result<Option<Vec<Cell>>, ProjectionError> {
    let wrong = |name: &str, problem: String| ProjectionError::Schema { table: name.to_owned(), problem };
    let Some(table) = world.game().tables().get(key.table) else {
        return Err(wrong(world.game().name(), format!("there is no table {}", key.table)));
    };
    if key.key.len() != table.key {
        return Err(wrong(table.name, format!("a key has {} cells instead of {}", key.key.len(), table.key)));
    }
    let Some(mut cells) = world.row(key) else { return Ok(None) };
    if cells.len() + table.key == table.columns.len() {
        // The key may be left out: it is known.
        cells.splice(0..0, key.key.iter().cloned());
    }
    if cells.len() != table.columns.len() {
        return Err(wrong(table.name, format!("a row has {} cells", cells.len())));
    }
    cells.extend([Cell::Int(last.position.get().cast_signed()), Cell::Int(last.game.ms())]);
    Ok(Some(cells))
}

/// The chain of a world's record: every commit that is read follows the one before and gives its own hash.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Chain {
    pub(crate) commit: CommitNo,
    pub(crate) hash: Hash,
}

impl Chain {
    /// Checks the next commit of the record, its own hash too, and opens it.
    pub(crate) fn next<'a>(&mut self, stored: &'a StoredCommit) -> Result<OpenCommit<'a>, FoldError> {
        stored.check_hash().map_err(|e| FoldError::broken(stored.commit, &e))?;
        self.link(stored)?;
        stored.open().map_err(|e| FoldError::broken(stored.commit, &e))
    }

    /// Checks that the next commit of the record, which has been checked by itself, follows the one before.
    pub(crate) fn next_checked<'a>(
        &mut self,
        checked: &'a CheckedCommit,
    ) -> Result<OpenCommit<'a>, FoldError> {
        self.link(checked)?;
        Ok(checked.opened())
    }

    fn link(&mut self, stored: &StoredCommit) -> Result<(), FoldError> {
        let fail = |problem: String| FoldError { commit: stored.commit, problem };
        if stored.commit != self.commit.next() {
            return Err(fail(format!("follows commit {}, which leaves a gap or repeats one", self.commit)));
        }
        if stored.prev != self.hash {
            return Err(fail(format!(
                "hash of the commit before is {}, but {} is recorded",
                self.hash, stored.prev
            )));
        }
        (self.commit, self.hash) = (stored.commit, stored.hash);
        Ok(())
    }
}
