//! The games whose worlds are projected: the registry's, or a test's own.

use std::sync::Arc;

use games_registry::{FoldError, GameFace, World};
use schemas::codec::Recorded;
use schemas::commit::OpenCommit;
use schemas::host::HostEvent;
use schemas::{Cause, StoredCommit, WorldId};

/// The games whose worlds are projected.
#[derive(Clone)]
pub struct Games(Arc<[&'static dyn GameFace]>);

impl Games {
    /// Every game of the registry.
    #[must_use]
    pub fn all() -> Self {
        Self::new(games_registry::games())
    }

    /// These games and no others.
    #[must_use]
    pub fn new(games: Vec<&'static dyn GameFace>) -> Self {
        Self(games.into())
    }

    /// The games, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn GameFace> {
        self.0.iter().copied()
    }

    /// The game of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static dyn GameFace> {
        self.iter().find(|game| game.name() == name)
    }

    /// The world that a first commit opens, before that commit is folded.
    pub(crate) fn create(
        &self,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
    ) -> Result<Box<dyn World>, FoldError> {
        let fail = |problem: String| FoldError { commit: stored.commit, problem };
        let first = open.events().next().ok_or_else(|| fail("the first commit opens no world".to_owned()))?;
        let event =
            HostEvent::decode(first.kind, first.version, first.payload).map_err(|e| fail(e.to_string()))?;
        let HostEvent::WorldOpened(opened) = event else {
            return Err(fail("the first commit opens no world".to_owned()));
        };
        let game = self
            .find(&opened.game)
            .ok_or_else(|| fail(format!("this server does not know the game {}", opened.game)))?;
        game.create(&stored.world, &opened)
    }
}

/// Whether a stream of the log is a world. Streams of the host itself (reservations, refused requests) bear a colon.
pub(crate) fn is_world(id: &WorldId) -> bool {
    !id.as_str().contains(':')
}

/// Whether a commit changes the rules: then every row may look different, touched or not.
pub(crate) fn changes_rules(open: &OpenCommit<'_>) -> bool {
    open.header.events.iter().any(|event| event.kind == "WorldRulesChanged")
}

/// Whether a commit ends a rewind.
pub(crate) fn ends_rewind(open: &OpenCommit<'_>) -> bool {
    matches!(open.header.cause, Cause::RewindEnd)
}
