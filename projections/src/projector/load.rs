//! What a projector needs in memory before it can go on: the fold up to the checkpoint, and the boards.

use event_store::{EventStore, SnapshotStore, load_snapshot};
use games_core::view::{Cell, ColumnKind};
use schemas::{CommitNo, LiveLine, WorldId};

use super::{Held, Projector};
use crate::changes::{Changes, Want};
use crate::db::Db;
use crate::error::ProjectionError;
use crate::line::{Chain, Line};
use crate::pages::{live_line, page};

impl<S: EventStore + SnapshotStore> Projector<S> {
    /// Folds a world up to where its rows stand, from a snapshot where there is one. Writes nothing.
    pub(super) async fn load(&self, db: &Db, world: &WorldId) -> Result<Held, ProjectionError> {
        let stand = db.stand(world).await?;
        let checkpoint = stand.checkpoint;
        let cursor = db.cursor(world).await?.unwrap_or(checkpoint.position);
        let mut held = self.empty(world, stand, cursor);
        if checkpoint.commit == CommitNo::ZERO {
            return Ok(held);
        }
        self.check_checkpoint(world, &checkpoint).await?;
        let live = live_line(&*self.store, world, checkpoint.commit).await?;
        let (mut line, mut chain) = match self.load_snapshot(world, &live, stand.boards.commit).await? {
            Some(found) => found,
            None => (Line::new(), Chain::default()),
        };
        // From where the boards stand on, they follow the fold.
        let boards_at = stand.boards.commit;
        if chain.commit >= boards_at {
            load_boards(db, world, &mut line).await?;
        }
        while chain.commit < checkpoint.commit {
            let commits = page(&*self.store, world, chain.commit, checkpoint.commit).await?;
            if commits.is_empty() {
                return Err(ProjectionError::CheckpointAhead {
                    world: world.clone(),
                    checkpoint: checkpoint.commit,
                    head: chain.commit,
                });
            }
            for stored in &commits {
                let known = stored.commit <= boards_at;
                let folded = chain.next(stored).and_then(|open| {
                    let games = self.models.games();
                    match live.is_live_as_of(stored.commit, checkpoint.commit) {
                        true if known => line.fold(games, stored, &open),
                        true => line.push(games, stored, &open, Want::Keys, &mut Changes::default()),
                        false => {
                            line.pass(stored);
                            Ok(())
                        }
                    }
                });
                folded.map_err(|e| ProjectionError::poison(world, e))?;
                if stored.commit == boards_at {
                    load_boards(db, world, &mut line).await?;
                }
            }
            tokio::task::yield_now().await;
        }
        held.line = line;
        Ok(held)
    }

    async fn load_snapshot(
        &self,
        world: &WorldId,
        live: &LiveLine,
        as_of: CommitNo,
    ) -> Result<Option<(Line, Chain)>, ProjectionError> {
        let first = page(&*self.store, world, CommitNo::ZERO, CommitNo::new(1)).await?;
        let Some(first) = first.first() else { return Ok(None) };
        let poison = |e| ProjectionError::poison(world, e);
        let open = Chain::default().next(first).map_err(poison)?;
        let game = self.models.games().create(first, &open).map_err(poison)?.game();
        let found = load_snapshot(&*self.store, world, live, as_of, &game.state_key()).await?;
        let Some(snapshot) = found else { return Ok(None) };
        match game.restore(world, &snapshot.bytes) {
            Ok(restored) => {
                let chain = Chain { commit: snapshot.commit, hash: snapshot.commit_hash };
                Ok(Some((Line::resume(restored), chain)))
            }
            Err(error) => {
                tracing::warn!(%world, %error, "a snapshot can not be restored: the log is read from the start");
                Ok(None)
            }
        }
    }
}

/// The boards as the rows have them: since when somebody stands where can not be seen from the state.
async fn load_boards(db: &Db, world: &WorldId, line: &mut Line) -> Result<(), ProjectionError> {
    let Some(names) = line.world().map(|world| world.game().boards()) else { return Ok(()) };
    let sql = "SELECT board, entity, rank, value, since_ms FROM boards WHERE world = $1";
    let kinds = [ColumnKind::Text, ColumnKind::Int, ColumnKind::Int, ColumnKind::Int, ColumnKind::Int];
    for row in db.readers.fetch(sql, vec![Cell::from(world.as_str())], &kinds).await? {
        let name = row.text(0)?;
        if let Some(board) = names.iter().position(|board| board.name == name) {
            let (entity, rank) = (row.int(1)?.cast_unsigned(), row.int(2)?.cast_unsigned());
            line.boards.load(board, entity, rank, row.int(3)?, row.int(4)?);
        }
    }
    Ok(())
}
