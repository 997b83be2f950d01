//! The last durable state of a world, kept aside for when the log is away: what is in memory then may hold what never
//! became durable, and nobody is shown that.
//!
//! It is the newest snapshot's bytes with the commits that became durable since, and made a world of when it is first
//! asked for. It costs the memory of both and no time on the way of a command.

use std::sync::Arc;

use games_registry::{Fold, GameFace, World};
use schemas::commit::CheckedCommit;
use schemas::{LiveLine, WorldId};

/// So many commits are kept after a snapshot at most; with more, there is no image until the next snapshot.
const TAIL_MAX: usize = 10_000;

/// An image of durable state.
pub(crate) struct Image {
    /// The snapshot; none where there has been none since the world was opened.
    base: Option<(&'static dyn GameFace, Vec<u8>)>,
    tail: Vec<Arc<CheckedCommit>>,
    world: Option<Box<dyn World>>,
}

impl Image {
    /// The image of a world that has no record yet.
    pub(crate) const fn empty() -> Self {
        Self { base: None, tail: Vec::new(), world: None }
    }

    /// The image of a world as a snapshot has it.
    pub(crate) const fn of(game: &'static dyn GameFace, bytes: Vec<u8>) -> Self {
        Self { base: Some((game, bytes)), tail: Vec::new(), world: None }
    }

    /// A commit has become durable. False when the image has become too long to be kept.
    pub(crate) fn push(&mut self, stored: &Arc<CheckedCommit>) -> bool {
        self.world = None;
        self.tail.push(Arc::clone(stored));
        self.tail.len() <= TAIL_MAX
    }

    /// The world of it; none where it can not be made, which is nothing that a question may fail at otherwise.
    pub(crate) fn world(&mut self, name: &WorldId, live: &LiveLine) -> Option<&dyn World> {
        if self.world.is_none() {
            let head = self.tail.last().map(|stored| stored.commit);
            let mut fold = match &self.base {
                Some((game, bytes)) => {
                    let restored = game.restore(name, bytes).ok()?;
                    let head = head.unwrap_or(restored.cursor().commit);
                    Fold::resume(live.clone(), head, restored)
                }
                None => Fold::new(live.clone(), head?),
            };
            for stored in &self.tail {
                fold.push_checked(stored, None).ok()?;
            }
            self.world = fold.finish();
        }
        self.world.as_deref()
    }
}
