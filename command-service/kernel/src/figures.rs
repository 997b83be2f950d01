//! What the worlds of a node tell for metrics: figures as they stand, and what has been counted since the start.

use std::collections::BTreeMap;

use games_core::duty::{Counted, Gauge};
use schemas::{WallTime, WorldId};

use crate::breaker::{State, Use};
use crate::kernel::Kernel;
use crate::slot::Phase;

/// What was counted since the start, by world. Only what is durable counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(WorldId, &'static str, &'static str), u64>);

impl Tally {
    pub(crate) fn add(&mut self, world: &WorldId, counted: &[Counted]) {
        for (what, of) in counted {
            *self.0.entry((world.clone(), what, of)).or_default() += 1;
        }
    }

    /// World, what, of which kind, how many.
    pub fn iter(&self) -> impl Iterator<Item = (&WorldId, &'static str, &'static str, u64)> {
        self.0.iter().map(|((world, what, of), count)| (world, *what, *of, *count))
    }
}

/// Figures of one world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldFigures {
    /// The world.
    pub world: WorldId,
    /// How long its next timer has been due, in ms; 0 where it is not.
    pub timer_lag_ms: i64,
    /// The game's own.
    pub gauges: Vec<Gauge>,
}

/// Figures of a node's worlds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Of each world that is loaded.
    pub worlds: Vec<WorldFigures>,
    /// What was counted.
    pub tally: Tally,
    /// Circuit breakers that have seen failures.
    pub breakers: Vec<(Use, String, State)>,
    /// How often one has opened.
    pub opened: u64,
    /// Conflicts after which commands were decided anew.
    pub conflicts: u64,
    /// Questions answered with what was not fresh.
    pub stale_answers: u64,
}

impl Figures {
    /// The code of a circuit breaker that holds commands back, if one does.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        let held = |state: &State| matches!(state, State::Open(_) | State::Trial(_));
        self.breakers.iter().find(|(_, _, state)| held(state)).map(|(_, code, _)| code.clone())
    }
}

impl Kernel {
    /// The figures as they stand.
    #[must_use]
    pub fn figures(&self, now: WallTime) -> Figures {
        let ready = self.slots.iter().filter(|(_, slot)| slot.phase == Phase::Ready);
        let worlds = ready.filter_map(|(name, slot)| {
            let world = slot.world.as_deref()?;
            let clock = self.clock(now, name);
            let due = match world.next_timer() {
                Some(schemas::Cause::Timer { due, .. }) => due,
                Some(_) | None => clock,
            };
            let timer_lag_ms = clock.since(due).max(0);
            Some(WorldFigures { world: name.clone(), timer_lag_ms, gauges: world.gauges(clock) })
        });
        Figures {
            worlds: worlds.collect(),
            tally: self.tally.clone(),
            breakers: self
                .breakers
                .states()
                .map(|(used, code, state)| (used, code.to_owned(), state))
                .collect(),
            opened: self.breakers.opened(),
            conflicts: self.conflicts,
            stale_answers: self.stale_answers,
        }
    }
}
