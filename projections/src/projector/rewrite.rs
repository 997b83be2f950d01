//! Rewinds and new rules: the rows of current state of a world are written anew as a whole, from a fold of the live
//! line, in the same transaction that marks what is void.

use std::collections::BTreeMap;

use event_store::{EventStore, SnapshotStore};
use schemas::{CommitNo, Position, StoredCommit, WallTime, WorldId};

use super::{Held, Projector, Step};
use crate::changes::{Changes, Want};
use crate::db::{BoardsAsOf, Checkpoint, Db};
use crate::error::ProjectionError;
use crate::line::{Chain, Line};
use crate::pages::{live_line, page, rewind_end};
use crate::schema::HostTable;
use crate::write::{Rows, VoidSpan};

/// What a fold of the whole live line came to.
struct Refolded {
    line: Line,
    changes: Changes,
    void: Vec<VoidSpan>,
    to: Checkpoint,
}

impl<S: EventStore + SnapshotStore> Projector<S> {
    /// Takes in a rewind from its first commit to its completion, or a commit with new rules.
    pub(super) async fn rewrite(
        &self,
        db: &Db,
        slot: &mut Option<Held>,
        mut held: Held,
        first: &StoredCommit,
        now: WallTime,
    ) -> Result<Step, ProjectionError> {
        let world = &first.world;
        let mut end = first.commit;
        if first.rewinds_to.is_some() {
            let seen = self.models.notes.seen(world).unwrap_or(first.commit);
            match rewind_end(&*self.store, world, seen.max(first.commit)).await? {
                Ok(found) => end = found,
                Err(seen) => {
                    self.models.notes.rewinding(world, seen);
                    *slot = Some(held);
                    return Ok(Step::Rewinding);
                }
            }
        }
        let Refolded { line, mut changes, void, to } =
            self.refold(world, held.checkpoint.commit, end).await?;
        held.line = line;
        let places = self.places(db, &held);
        let mut rows = Rows::current(&db.schema, &mut held.line, &mut changes, true)?;
        // Nothing stands there any more that could be deleted.
        rows.deletes.clear();
        rows.history(&places, &mut changes);
        let mut batch = self.batch(&held, to, rows, &mut changes, now);
        let current = |&table: &usize| db.schema.tables()[table].role == crate::schema::Role::Current;
        let boards = [HostTable::Boards.index(), HostTable::Ranks.index()];
        batch.rewrite = Some(places.into_iter().filter(current).chain(boards).collect());
        batch.void = void;
        batch.boards = BoardsAsOf { commit: to.commit, written: now };
        let step = self.write(db, &mut held, batch).await?;
        self.models.notes.clear(world);
        *slot = Some(held);
        Ok(step)
    }

    /// Folds the live line from the first commit to `end`. History is collected of what comes after `known`.
    async fn refold(
        &self,
        world: &WorldId,
        known: CommitNo,
        end: CommitNo,
    ) -> Result<Refolded, ProjectionError> {
        let live = live_line(&*self.store, world, end).await?;
        let mut ends: BTreeMap<CommitNo, Position> =
            live.rewinds().iter().filter(|r| r.at > known).map(|r| (r.to, Position::ZERO)).collect();
        let (mut line, mut chain) = (Line::new(), Chain::default());
        let (mut changes, mut void) = (Changes::default(), Vec::new());
        let mut to = Checkpoint { rewinds: live.rewinds().len() as u32, ..Checkpoint::default() };
        while chain.commit < end {
            let commits = page(&*self.store, world, chain.commit, end).await?;
            if commits.is_empty() {
                let head = chain.commit;
                return Err(ProjectionError::CheckpointAhead { world: world.clone(), checkpoint: end, head });
            }
            for stored in &commits {
                let poison = |e| ProjectionError::poison(world, e);
                let open = chain.next(stored).map_err(poison)?;
                let new = stored.commit > known;
                if live.is_live_as_of(stored.commit, end) {
                    let want = if new { Want::All { void: false, notices: true } } else { Want::Keys };
                    line.push(self.models.games(), stored, &open, want, &mut changes).map_err(poison)?;
                } else {
                    line.pass(stored);
                    if new {
                        changes.take_audit(stored, &open, true);
                    }
                }
                if let Some(position) = ends.get_mut(&stored.commit) {
                    *position = stored.last();
                }
                if let (true, Some(back)) = (new, stored.rewinds_to) {
                    void.push(VoidSpan {
                        commits: (back, stored.commit),
                        positions: (ends.get(&back).copied().unwrap_or_default(), stored.first),
                    });
                }
                (to.commit, to.hash, to.position) = (stored.commit, stored.hash, stored.last());
            }
            tokio::task::yield_now().await;
        }
        Ok(Refolded { line, changes, void, to })
    }
}
