//! How each world's projection is doing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::{CommitNo, WorldId};

use crate::db::Checkpoint;
use crate::error::ProjectionError;

/// What the projection of a world is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Follows the log.
    Live,
    /// Is behind the log and gaining.
    CatchingUp,
    /// Waits for the end of a rewind; nothing is published before it.
    Rewinding,
    /// Is being built anew beside this version, which goes on serving.
    Rebuilding,
    /// Stands still until somebody acts.
    Stopped {
        /// The commit at which it stands.
        commit: CommitNo,
        /// Stable code of the error.
        code: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl State {
    /// The words for people.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::CatchingUp => "catching up",
            Self::Rewinding => "rewinding",
            Self::Rebuilding => "rebuilding",
            Self::Stopped { .. } => "stopped",
        }
    }
}

/// One world's projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldStatus {
    /// The world.
    pub world: WorldId,
    /// How far the rows are.
    pub checkpoint: Checkpoint,
    /// The last commit of the log.
    pub head: CommitNo,
    /// How many commits the rows are behind.
    pub lag: u64,
    /// What it is at.
    pub state: State,
}

/// What the projector notes about its worlds; shared with whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    stopped: Mutex<BTreeMap<WorldId, ProjectionError>>,
    rewinding: Mutex<BTreeMap<WorldId, CommitNo>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one insert or remove: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notes {
    pub(crate) fn stop(&self, world: &WorldId, error: ProjectionError) {
        held(&self.stopped).insert(world.clone(), error);
    }

    pub(crate) fn stopped(&self, world: &WorldId) -> Option<ProjectionError> {
        held(&self.stopped).get(world).cloned()
    }

    /// Notes up to which commit the end of a rewind was looked for.
    pub(crate) fn rewinding(&self, world: &WorldId, seen: CommitNo) {
        held(&self.rewinding).insert(world.clone(), seen);
    }

    pub(crate) fn seen(&self, world: &WorldId) -> Option<CommitNo> {
        held(&self.rewinding).get(world).copied()
    }

    pub(crate) fn clear(&self, world: &WorldId) {
        held(&self.stopped).remove(world);
        held(&self.rewinding).remove(world);
    }

    pub(crate) fn clear_all(&self) {
        held(&self.stopped).clear();
        held(&self.rewinding).clear();
    }

    pub(crate) fn state(&self, world: &WorldId, checkpoint: &Checkpoint, head: CommitNo) -> State {
        if let Some(error) = self.stopped(world) {
            let commit = match &error {
                ProjectionError::Poison { commit, .. } => *commit,
                ProjectionError::CheckpointAhead { .. }
                | ProjectionError::CheckpointMismatch { .. }
                | ProjectionError::Log(_)
                | ProjectionError::Database { .. }
                | ProjectionError::CheckpointMoved { .. }
                | ProjectionError::Outdated
                | ProjectionError::InUse { .. }
                | ProjectionError::Refused { .. }
                | ProjectionError::Replaced
                | ProjectionError::Server(_)
                | ProjectionError::RebuildRunning
                | ProjectionError::Files { .. }
                | ProjectionError::Schema { .. }
                | ProjectionError::Unknown { .. }
                | ProjectionError::Crashed => checkpoint.commit,
            };
            return State::Stopped { commit, code: error.code(), problem: error.to_string() };
        }
        if self.seen(world).is_some() {
            return State::Rewinding;
        }
        if checkpoint.commit < head { State::CatchingUp } else { State::Live }
    }
}
