//! Timers: what is due at a game time. Part of the state, so they survive every restart by themselves.

use std::collections::BTreeMap;

use schemas::{GameTime, TimerId};
use serde::{Deserialize, Serialize};

use crate::game::Moment;

/// A timer that stands: when, in which order it was set, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    due: GameTime,
    order: u64,
    id: TimerId,
}

/// The next timer to fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due<K> {
    /// Its key.
    pub key: K,
    /// Its id.
    pub id: TimerId,
    /// When.
    pub due: GameTime,
}

/// The timers of a world, at most one for each key. They fire by due time; those due together in the order in which
/// they were set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Serialize + Ord + Clone", deserialize = "K: Deserialize<'de> + Ord + Clone"))]
#[serde(from = "Stored<K>", into = "Stored<K>")]
pub struct Timers<K: Clone + Ord> {
    by_key: BTreeMap<K, Standing>,
    queue: BTreeMap<(GameTime, u64), K>,
    set_so_far: u64,
}

/// What is stored of the timers: the queue is made anew from it.
#[derive(Serialize, Deserialize)]
struct Stored<K> {
    timers: Vec<(K, Standing)>,
    set_so_far: u64,
}

impl<K: Clone + Ord> From<Stored<K>> for Timers<K> {
    fn from(stored: Stored<K>) -> Self {
        let queue = stored.timers.iter().map(|(key, at)| ((at.due, at.order), key.clone())).collect();
        Self { by_key: stored.timers.into_iter().collect(), queue, set_so_far: stored.set_so_far }
    }
}

impl<K: Clone + Ord> From<Timers<K>> for Stored<K> {
    fn from(timers: Timers<K>) -> Self {
        Self { timers: timers.by_key.into_iter().collect(), set_so_far: timers.set_so_far }
    }
}

impl<K: Clone + Ord> Default for Timers<K> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), queue: BTreeMap::new(), set_so_far: 0 }
    }
}

impl<K: Clone + Ord + Serialize> Timers<K> {
    /// Sets a timer; one that stands under the same key is replaced. Called by `evolve`.
    pub fn set(&mut self, key: K, due: GameTime, at: Moment<'_>) {
        self.clear(&key);
        let id = TimerId::derive(at.cause, &serde_json::to_vec(&key).unwrap_or_default());
        self.set_so_far += 1;
        self.queue.insert((due, self.set_so_far), key.clone());
        self.by_key.insert(key, Standing { due, order: self.set_so_far, id });
    }
}

impl<K: Clone + Ord> Timers<K> {
    /// Takes a timer away, if it stands. Called by `evolve`, and by the host for the timer that fires.
    pub fn clear(&mut self, key: &K) {
        if let Some(standing) = self.by_key.remove(key) {
            self.queue.remove(&(standing.due, standing.order));
        }
    }

    /// The next timer to fire, whenever it is due.
    #[must_use]
    pub fn next(&self) -> Option<Due<K>> {
        let (_, key) = self.queue.first_key_value()?;
        let standing = self.by_key.get(key)?;
        Some(Due { key: key.clone(), id: standing.id, due: standing.due })
    }

    /// When the timer under `key` is due, if it stands.
    #[must_use]
    pub fn due(&self, key: &K) -> Option<GameTime> {
        self.by_key.get(key).map(|standing| standing.due)
    }

    /// The key of the timer with this id.
    #[must_use]
    pub fn find(&self, id: TimerId) -> Option<&K> {
        self.by_key.iter().find(|(_, standing)| standing.id == id).map(|(key, _)| key)
    }

    /// How many stand.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none stands.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// All that stand, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&K, GameTime)> {
        self.by_key.iter().map(|(key, standing)| (key, standing.due))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::Position;

    const AT: Moment<'_> = Moment { now: GameTime::from_ms(0), cause: "c", position: Position::new(1) };

    #[test]
    fn timers_fire_by_due_time_then_in_the_order_of_setting() {
        let mut timers = Timers::default();
        timers.set("late", GameTime::from_ms(9), AT);
        timers.set("second", GameTime::from_ms(5), AT);
        timers.set("third", GameTime::from_ms(5), AT);
        timers.set("late", GameTime::from_ms(5), AT);
        let mut fired = Vec::new();
        while let Some(due) = timers.next() {
            timers.clear(&due.key);
            fired.push((due.key, due.due.ms()));
        }
        assert_eq!(fired, [("second", 5), ("third", 5), ("late", 5)]);
    }

    #[test]
    fn a_queue_read_back_is_the_queue_that_was_written() {
        let mut timers: Timers<String> = Timers::default();
        for (key, due) in [("a", 5), ("b", 5), ("c", 1)] {
            timers.set(key.to_owned(), GameTime::from_ms(due), AT);
        }
        timers.set("a".to_owned(), GameTime::from_ms(5), AT);
        let bytes = postcard::to_allocvec(&timers).unwrap();
        let back: Timers<String> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back, timers);
        assert_eq!(back.next().unwrap().key, "c");
    }
}
