//! A projector: reads the log behind the writers' backs, keeps rows and a checkpoint, crashes between the two.

use std::collections::BTreeMap;

use games_core::view::Cell;
use games_registry::{Fold, Watch};
use schemas::{CommitNo, LiveLine, StoredCommit};

/// Rows of one world: sources and sinks summed up by account, and the game's own tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) sums: BTreeMap<&'static str, i64>,
    pub(crate) rows: BTreeMap<(usize, Vec<Cell>), Vec<Cell>>,
    pub(crate) events: u64,
}

impl Rows {
    /// Takes in what one live commit has changed.
    fn take(&mut self, stored: &StoredCommit, watch: Watch, fold: &Fold) {
        self.events += u64::from(stored.events);
        for (_, account, delta) in watch.ledger {
            *self.sums.entry(account).or_default() += delta;
        }
        let Some(world) = fold.world() else { return };
        for key in watch.touched {
            match world.row(&key) {
                Some(cells) => self.rows.insert((key.table, key.key), cells),
                None => self.rows.remove(&(key.table, key.key)),
            };
        }
    }
}

/// The rows of a world's live line as it stood at `up_to`: the fold that defines them.
pub(crate) fn rebuild(
    commits: &[StoredCommit],
    live: &LiveLine,
    up_to: CommitNo,
) -> Result<(Rows, Fold), String> {
    let mut rows = Rows::default();
    let known = live.rewinds().iter().copied().filter(|rewind| rewind.at <= up_to).collect();
    let mut fold = Fold::new(LiveLine::new(known), CommitNo::new(u64::MAX));
    for stored in commits.iter().take_while(|stored| stored.commit <= up_to) {
        let mut watch = Watch::default();
        if fold.push(stored, Some(&mut watch)).map_err(|e| e.to_string())? {
            rows.take(stored, watch, &fold);
        }
    }
    Ok((rows, fold))
}

/// How a poll is to go wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// The process dies before the transaction ends.
    pub(crate) crash: bool,
    /// Planted: checkpoint and rows are two transactions.
    pub(crate) checkpoint_first: bool,
    /// Planted: rows of void commits stay.
    pub(crate) ignore_rewind: bool,
}

/// Rows and checkpoint survive a crash; the fold in memory does not.
#[derive(Default)]
pub(crate) struct Projector {
    pub(crate) rows: Rows,
    pub(crate) checkpoint: CommitNo,
    fold: Option<Fold>,
}

impl Projector {
    /// Reads at most `most` commits on from the checkpoint; writes rows and checkpoint in one transaction.
    ///
    /// # Errors
    /// A poison commit.
    pub(crate) fn poll(
        &mut self,
        commits: &[StoredCommit],
        live: &LiveLine,
        most: usize,
        trouble: Trouble,
    ) -> Result<(), String> {
        let from = self.checkpoint.get() as usize;
        let to = (from + most).min(commits.len());
        if to <= from {
            return Ok(());
        }
        let mut fold = match self.fold.take() {
            Some(fold) => fold,
            None => rebuild(commits, live, self.checkpoint)?.1,
        };
        let mut rows = self.rows.clone();
        for stored in &commits[from..to] {
            if stored.rewinds_to.is_some() && !trouble.ignore_rewind {
                (rows, fold) = rebuild(commits, live, stored.commit)?;
                continue;
            }
            if stored.rewinds_to.is_some() {
                fold = rebuild(commits, live, stored.commit)?.1;
                continue;
            }
            let mut watch = Watch::default();
            fold.push(stored, Some(&mut watch)).map_err(|e| e.to_string())?;
            rows.take(stored, watch, &fold);
        }
        let checkpoint = CommitNo::new(to as u64);
        if trouble.checkpoint_first {
            self.checkpoint = checkpoint;
        }
        if trouble.crash {
            return Ok(());
        }
        self.rows = rows;
        self.checkpoint = checkpoint;
        self.fold = Some(fold);
        Ok(())
    }
}
