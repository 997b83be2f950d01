//! Leaderboards in memory: who stands where, since when, and whose rank a batch has changed.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};

/// The order of a board: more first, then who reached it earlier, then the lower entity.
type Order = (Reverse<i64>, i64, u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    value: i64,
    since: i64,
    /// The rank that stands in the rows; 0 for none yet.
    rank: u64,
    /// Whether value or since differ from the rows.
    dirty: bool,
}

impl Place {
    const fn order(&self, entity: u64) -> Order {
        (Reverse(self.value), self.since, entity)
    }
}

#[derive(Debug, Clone, Default)]
struct Ladder {
    places: HashMap<u64, Place>,
    /// Kept from the first time that rows are asked for: a rebuild asks once, at its end.
    order: Option<BTreeSet<Order>>,
    /// Entities that stand in the rows, but no longer on the board.
    gone: BTreeSet<u64>,
    /// The span of the order within which something changed.
    span: Option<(Order, Order)>,
    /// Whether as many came as went, so that ranks after the span are as they were.
    shift: i64,
    /// How many ranks stand in the rows.
    written: u64,
}

/// One row of a board to be written or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BoardChange {
    pub(crate) board: usize,
    pub(crate) entity: u64,
    /// Rank, value, since; nothing when the entity no longer stands on the board.
    pub(crate) place: Option<(u64, i64, i64)>,
}

/// Who holds a rank of a board from now on; nobody when there are fewer ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RankChange {
    pub(crate) board: usize,
    pub(crate) rank: u64,
    pub(crate) entity: Option<u64>,
}

/// What differs from the rows.
#[derive(Debug, Default)]
pub(crate) struct Flushed {
    pub(crate) places: Vec<BoardChange>,
    pub(crate) ranks: Vec<RankChange>,
}

/// The rank of who has left and come back before it was written: a row is there, but its rank is somebody else's now.
const UNKNOWN: u64 = u64::MAX;

/// All boards of a world.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standings {
    ladders: Vec<Ladder>,
    known: HashSet<u64>,
}

impl Standings {
    pub(crate) fn new(boards: usize) -> Self {
        Self { ladders: vec![Ladder::default(); boards], known: HashSet::default() }
    }

    /// Takes a place from a row.
    pub(crate) fn load(&mut self, board: usize, entity: u64, rank: u64, value: i64, since: i64) {
        if let Some(ladder) = self.ladders.get_mut(board) {
            let place = Place { value, since, rank, dirty: false };
            ladder.order.get_or_insert_default().insert(place.order(entity));
            ladder.places.insert(entity, place);
            ladder.written = ladder.written.max(rank);
        }
    }

    /// Everybody who was ever scored by this fold.
    pub(crate) const fn known(&self) -> &HashSet<u64> {
        &self.known
    }

    /// Takes in an entity's values on all boards, as they stand after a commit at game time `now`.
    pub(crate) fn set(&mut self, entity: u64, scores: &[(usize, i64)], now: i64) {
        self.known.insert(entity);
        for (board, ladder) in self.ladders.iter_mut().enumerate() {
            let value = scores.iter().find(|(at, _)| *at == board).map(|&(_, value)| value);
            ladder.set(entity, value, now);
        }
    }

    /// How many rows of boards would be written now, counted to `most` and no further: none where nothing has changed.
    pub(crate) fn pending(&self, most: usize) -> usize {
        let mut pending = 0;
        for ladder in &self.ladders {
            pending += ladder.pending(most.saturating_sub(pending));
        }
        pending
    }

    /// The rows that differ from what was written last, and counts them as written.
    pub(crate) fn flush(&mut self) -> Flushed {
        let mut out = Flushed::default();
        for (board, ladder) in self.ladders.iter_mut().enumerate() {
            ladder.flush(board, &mut out);
        }
        out
    }
}

impl Ladder {
    fn touch(&mut self, at: Order) {
        self.span = Some(self.span.map_or((at, at), |(low, high)| (low.min(at), high.max(at))));
    }

    fn set(&mut self, entity: u64, value: Option<i64>, now: i64) {
        let old = self.places.get(&entity).copied();
        if old.map(|place| place.value) == value {
            return;
        }
        if let Some(old) = old
            && let Some(order) = &mut self.order
        {
            order.remove(&old.order(entity));
            self.touch(old.order(entity));
            self.shift -= 1;
        }
        let Some(value) = value else {
            self.places.remove(&entity);
            if old.is_some_and(|place| place.rank > 0) {
                self.gone.insert(entity);
            }
            return;
        };
        // Who left and came back stands in the rows still: the row is overwritten, not deleted.
        let back = self.gone.remove(&entity);
        let rank = old.map_or(if back { UNKNOWN } else { 0 }, |place| place.rank);
        let place = Place { value, since: now, rank, dirty: true };
        if let Some(order) = &mut self.order {
            order.insert(place.order(entity));
            self.touch(place.order(entity));
            self.shift += 1;
        }
        self.places.insert(entity, place);
    }

    /// An upper bound of the places that [`Ladder::flush`] gives, counted to `most`.
    fn pending(&self, most: usize) -> usize {
        let Some(order) = &self.order else { return self.places.len().min(most) };
        let Some((low, high)) = self.span else { return self.gone.len().min(most) };
        let within = order.range(low..).take_while(|at| **at <= high || self.shift != 0);
        let within = within.take(most).count();
        // Whoever left the board is a row, too.
        (within + self.gone.len()).max(1).min(most)
    }

    fn flush(&mut self, board: usize, out: &mut Flushed) {
        let gone = std::mem::take(&mut self.gone);
        out.places.extend(gone.into_iter().map(|entity| BoardChange { board, entity, place: None }));
        if self.order.is_none() {
            let order: BTreeSet<Order> = self.places.iter().map(|(&entity, p)| p.order(entity)).collect();
            self.span = order.first().copied().zip(order.last().copied());
            self.order = Some(order);
        }
        let Some(order) = &self.order else { return };
        let Some((low, high)) = self.span.take() else { return };
        let shifted = std::mem::take(&mut self.shift) != 0;
        // What stands before the span kept its rank.
        let before = order.range(..low).next_back();
        let mut rank =
            before.and_then(|&(_, _, entity)| self.places.get(&entity)).map_or(0, |place| place.rank);
        for at in order.range(low..) {
            if *at > high && !shifted {
                break;
            }
            rank += 1;
            let entity = at.2;
            let Some(place) = self.places.get_mut(&entity) else { continue };
            if place.rank != rank {
                out.ranks.push(RankChange { board, rank, entity: Some(entity) });
            }
            if place.dirty || place.rank != rank {
                (place.rank, place.dirty) = (rank, false);
                out.places.push(BoardChange { board, entity, place: Some((rank, place.value, place.since)) });
            }
        }
        let total = order.len() as u64;
        let fewer = (total + 1)..=self.written;
        out.ranks.extend(fewer.map(|rank| RankChange { board, rank, entity: None }));
        self.written = total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn ties_go_to_who_came_first_then_to_the_lower_entity() {
        let mut boards = Standings::new(1);
        boards.set(3, &[(0, 10)], 100);
        boards.set(2, &[(0, 10)], 50);
        boards.set(9, &[(0, 10)], 50);
        boards.set(1, &[(0, 11)], 900);
        let ranks: Vec<_> =
            boards.flush().places.iter().map(|c| (c.entity, c.place.map(|place| place.0).unwrap())).collect();
        assert_eq!(ranks, [(1, 1), (2, 2), (9, 3), (3, 4)]);
        // The same value again does not move the time at which it was reached.
        boards.set(2, &[(0, 10)], 999);
        let none = boards.flush();
        assert!(none.places.is_empty() && none.ranks.is_empty());
        // Another value does: who comes back to an old one stands behind those who stayed.
        boards.set(2, &[(0, 9)], 1_000);
        boards.set(2, &[(0, 10)], 1_001);
        let moved: Vec<_> = boards.flush().places.iter().map(|c| (c.entity, c.place.unwrap())).collect();
        assert_eq!(moved, [(9, (2, 10, 50)), (3, (3, 10, 100)), (2, (4, 10, 1_001))]);
    }

    proptest! {
        #[test]
        fn flushed_rows_are_always_the_whole_board_in_order(
            moves in prop::collection::vec((0_u64..8, prop::option::of(0_i64..4), any::<bool>()), 1..60)
        ) {
            let mut boards = Standings::new(1);
            let mut rows: BTreeMap<u64, (u64, i64, i64)> = BTreeMap::new();
            let mut ranks: BTreeMap<u64, u64> = BTreeMap::new();
            for (now, (entity, value, flush)) in (1_i64..).zip(moves) {
                let scores: Vec<(usize, i64)> = value.map(|v| (0, v)).into_iter().collect();
                boards.set(entity, &scores, now);
                if !flush {
                    continue;
                }
                let pending = boards.pending(usize::MAX);
                let flushed = boards.flush();
                prop_assert!(flushed.places.len() <= pending, "{} of {pending}", flushed.places.len());
                prop_assert_eq!(boards.pending(usize::MAX), 0);
                for change in flushed.ranks {
                    match change.entity {
                        Some(entity) => ranks.insert(change.rank, entity),
                        None => ranks.remove(&change.rank),
                    };
                }
                for change in flushed.places {
                    match change.place {
                        Some(place) => rows.insert(change.entity, place),
                        None => rows.remove(&change.entity),
                    };
                }
                let mut wanted: Vec<(Reverse<i64>, i64, u64)> = boards.ladders[0]
                    .places.iter().map(|(&entity, place)| place.order(entity)).collect();
                wanted.sort_unstable();
                let wanted: BTreeMap<u64, (u64, i64, i64)> = (1..).zip(wanted)
                    .map(|(rank, (Reverse(value), since, entity))| (entity, (rank, value, since))).collect();
                prop_assert_eq!(&rows, &wanted);
                let holders: BTreeMap<u64, u64> =
                    wanted.iter().map(|(&entity, place)| (place.0, entity)).collect();
                prop_assert_eq!(&ranks, &holders);
            }
        }
    }
}
