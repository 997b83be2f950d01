//! The way of a march: least total step cost under the step rule (rulebook 2.11).
//!
//! A* over a ring of cost buckets, on tables that are kept between searches. It goes on until every tile that could
//! lie on a cheapest way has been expanded, so ties between predecessors are settled as the rulebook says: the lower
//! tile index.

use serde::{Deserialize, Serialize};

use crate::map::{WorldMap, passable_step};
use crate::rules::MarchRules;
use crate::tile::{TILES, Tile};
use crate::tile_set::TileSet;

/// Who is under way; it decides what a step costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mover {
    /// Troops: the entered tile's cost.
    Army,
    /// Scouts: the same on every passable tile.
    Scout,
}

/// A way from the first tile to the last, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Tiles in order.
    pub tiles: Vec<Tile>,
    /// Sum of the step costs, in thousandths of a plains step.
    pub cost: i64,
}

/// Buckets of the ring; two steps of the dearest kind must fit.
const RING: usize = 1 << 13;
const UNSEEN: u32 = u32::MAX;

/// Tables of a search, kept for the next one.
#[derive(Debug, Clone)]
pub struct Pathfinder {
    cost: Vec<u32>,
    from: Vec<u16>,
    /// Search in which a tile's cost was written: older ones count as unseen.
    seen: Vec<u32>,
    search: u32,
    buckets: Vec<Vec<u16>>,
    filled: Vec<u64>,
}

impl Default for Pathfinder {
    fn default() -> Self {
        Self {
            cost: vec![UNSEEN; TILES],
            from: vec![0; TILES],
            seen: vec![0; TILES],
            search: 0,
            buckets: vec![Vec::new(); RING],
            filled: vec![0; RING / 64],
        }
    }
}

/// Cost of the step onto `to`, diagonal or straight.
fn step(map: &WorldMap, rules: &MarchRules, mover: Mover, from: Tile, to: Tile) -> u32 {
    let straight = match mover {
        Mover::Scout if map.passable(to) => rules.scout_step.unsigned_abs() as u32,
        Mover::Army | Mover::Scout => map.step_cost(to),
    };
    if from.x() == to.x() || from.y() == to.y() { straight } else { diagonal(rules, straight) }
}

const fn diagonal(rules: &MarchRules, straight: u32) -> u32 {
    (straight as u64 * rules.diagonal.unsigned_abs() / 1000) as u32
}

impl Pathfinder {
    /// Fresh tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The cheapest way, or nothing if none leads there. Impassable tiles serve only as destination.
    #[must_use]
    pub fn find(
        &mut self,
        map: &WorldMap,
        rules: &MarchRules,
        mover: Mover,
        start: Tile,
        goal: Tile,
    ) -> Option<Path> {
        self.begin();
        // No step is cheaper than the cheapest ground, so this never overestimates and never falls faster than a
        // step costs: a tile's cost is final when it leaves its bucket.
        let least = match mover {
            Mover::Army => map.least_step_cost(),
            Mover::Scout => map.least_step_cost().min(rules.scout_step.unsigned_abs() as u32),
        };
        let slant = diagonal(rules, least).min(2 * least);
        let estimate = |tile: Tile| {
            let (dx, dy) = ((tile.x() - goal.x()).unsigned_abs(), (tile.y() - goal.y()).unsigned_abs());
            let (low, high) = (dx.min(dy) as u32, dx.max(dy) as u32);
            slant * low + least * (high - low)
        };
        self.write(start, 0, start);
        self.push(estimate(start), start);
        let mut level = estimate(start);
        let mut limit = u32::MAX;
        while let Some(next) = self.next_level(level) {
            level = next;
            if level > limit {
                break;
            }
            while let Some(tile) = self.pop(level) {
                let cost = self.cost_of(tile);
                if cost + estimate(tile) != level {
                    continue; // a cheaper way to it was found and expanded since
                }
                if tile == goal {
                    limit = level;
                    continue;
                }
                for to in tile.neighbours() {
                    if (to != goal && !map.passable(to)) || !passable_step(tile, to, |t| map.passable(t)) {
                        continue;
                    }
                    let through = cost + step(map, rules, mover, tile, to);
                    let known = self.cost_of(to);
                    if through < known {
                        self.write(to, through, tile);
                        self.push(through + estimate(to), to);
                    } else if through == known && to != start && u16::from(tile) < self.from[to.index()] {
                        self.from[to.index()] = u16::from(tile);
                    }
                }
            }
        }
        self.clear_buckets();
        self.trace(start, goal)
    }

    fn begin(&mut self) {
        self.search = self.search.wrapping_add(1);
        if self.search == 0 {
            self.seen.fill(0);
            self.search = 1;
        }
    }

    fn cost_of(&self, tile: Tile) -> u32 {
        if self.seen[tile.index()] == self.search { self.cost[tile.index()] } else { UNSEEN }
    }

    fn write(&mut self, tile: Tile, cost: u32, from: Tile) {
        self.seen[tile.index()] = self.search;
        self.cost[tile.index()] = cost;
        self.from[tile.index()] = u16::from(from);
    }

    fn push(&mut self, level: u32, tile: Tile) {
        let slot = level as usize % RING;
        self.buckets[slot].push(u16::from(tile));
        self.filled[slot / 64] |= 1 << (slot % 64);
    }

    fn pop(&mut self, level: u32) -> Option<Tile> {
        let slot = level as usize % RING;
        let popped = self.buckets[slot].pop();
        if popped.is_none() {
            self.filled[slot / 64] &= !(1 << (slot % 64));
        }
        popped.and_then(|index| Tile::try_from(index).ok())
    }

    /// The lowest level from `level` on whose bucket holds something.
    fn next_level(&self, level: u32) -> Option<u32> {
        let start = level as usize % RING;
        let mut word = start / 64;
        let mut bits = self.filled[word] & (u64::MAX << (start % 64));
        // One word more than the ring has: the first word's lower bits are the highest levels.
        for _ in 0..=RING / 64 {
            if bits != 0 {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                let ahead = (slot + RING - start) % RING;
                return Some(level + ahead as u32);
            }
            word = (word + 1) % (RING / 64);
            bits = self.filled[word];
        }
        None
    }

    fn clear_buckets(&mut self) {
        for (word, bits) in self.filled.iter_mut().enumerate() {
            while *bits != 0 {
                self.buckets[word * 64 + bits.trailing_zeros() as usize].clear();
                *bits &= *bits - 1;
            }
        }
    }

    fn trace(&self, start: Tile, goal: Tile) -> Option<Path> {
        let cost = self.cost_of(goal);
        if cost == UNSEEN {
            return None;
        }
        let mut tiles = vec![goal];
        let mut tile = goal;
        while tile != start {
            tile = Tile::try_from(self.from[tile.index()]).ok()?;
            tiles.push(tile);
        }
        tiles.reverse();
        Some(Path { tiles, cost: i64::from(cost) })
    }
}

impl Path {
    /// Steps of the way.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.tiles.len().saturating_sub(1)
    }

    /// How many tiles of the way, the first included, have been reached when `elapsed` of `total` has passed, both
    /// in the same unit: those whose cumulative cost is at most ⌊cost·elapsed/total⌋ (rulebook 2.11). At least 1.
    #[must_use]
    pub fn reached(
        &self,
        map: &WorldMap,
        rules: &MarchRules,
        mover: Mover,
        elapsed: i64,
        total: i64,
    ) -> usize {
        let budget = self.cost * elapsed.clamp(0, total.max(1)) / total.max(1);
        let mut spent = 0;
        let mut reached = 1;
        for pair in self.tiles.windows(2) {
            spent += i64::from(step(map, rules, mover, pair[0], pair[1]));
            if spent > budget {
                break;
            }
            reached += 1;
        }
        reached.min(self.tiles.len())
    }

    /// The tile reached when `elapsed` of `total` has passed (rulebook 2.11).
    #[must_use]
    pub fn position(
        &self,
        map: &WorldMap,
        rules: &MarchRules,
        mover: Mover,
        elapsed: i64,
        total: i64,
    ) -> Option<Tile> {
        self.tiles.get(self.reached(map, rules, mover, elapsed, total) - 1).copied()
    }
}

/// Tiles at Chebyshev distance ≤ `radius` of any of `tiles`: what a march explores, the radius being
/// 2 + cartography (rulebook 2.11).
#[must_use]
pub fn explored_along(tiles: &[Tile], radius: i64) -> TileSet {
    let mut set = TileSet::new();
    for tile in tiles {
        set.insert_square(*tile, radius);
    }
    set
}
