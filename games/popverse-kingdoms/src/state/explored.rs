//! What a player has explored: one bit a tile (rulebook 2.20).

use serde::{Deserialize, Serialize};

use crate::tile::{TILES, Tile};

/// A set of tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explored {
    bits: Vec<u8>,
    count: u32,
}

impl Default for Explored {
    fn default() -> Self {
        Self { bits: vec![0; TILES.div_ceil(8)], count: 0 }
    }
}

impl Explored {
    /// Whether the tile is in it.
    #[must_use]
    pub fn contains(&self, tile: Tile) -> bool {
        let i = tile.index();
        self.bits.get(i / 8).is_some_and(|byte| byte & (1 << (i % 8)) != 0)
    }

    /// Puts the tile in.
    pub fn insert(&mut self, tile: Tile) {
        let i = tile.index();
        if let Some(byte) = self.bits.get_mut(i / 8) {
            let bit = 1 << (i % 8);
            self.count += u32::from(*byte & bit == 0);
            *byte |= bit;
        }
    }

    /// How many tiles are in it.
    #[must_use]
    pub fn count(&self) -> i64 {
        i64::from(self.count)
    }

    /// Of these tiles, in index order, those not in it yet, as runs of indexes, and how many they are.
    #[must_use]
    pub fn missing(&self, tiles: impl IntoIterator<Item = Tile>) -> (Vec<(u16, u16)>, i64) {
        let mut wanted = Self::default();
        for tile in tiles {
            if !self.contains(tile) {
                wanted.insert(tile);
            }
        }
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for (at, byte) in wanted.bits.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            for bit in (0..8).filter(|bit| byte & (1 << bit) != 0) {
                let tile = (at * 8 + bit) as u16;
                match runs.last_mut() {
                    Some((first, len)) if *first + *len == tile => *len += 1,
                    Some(_) | None => runs.push((tile, 1)),
                }
            }
        }
        (runs, wanted.count())
    }

    /// Puts runs of indexes in.
    pub fn insert_runs(&mut self, runs: &[(u16, u16)]) {
        for (first, len) in runs {
            for index in usize::from(*first)..usize::from(*first) + usize::from(*len) {
                if let Some(tile) = Tile::from_index(index) {
                    self.insert(tile);
                }
            }
        }
    }

    /// The bits, tile 0 first, as the read model keeps them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_what_was_missing() {
        let mut explored = Explored::default();
        let corner = Tile::at(2, 2).unwrap();
        let (runs, count) = explored.missing(corner.square(5));
        assert_eq!((runs.len(), count), (8, 64));
        assert_eq!(runs[0], (0, 8));
        explored.insert_runs(&runs);
        assert_eq!(explored.count(), 64);
        assert_eq!(explored.missing(corner.square(5)), (vec![], 0));
        assert!(explored.contains(Tile::at(7, 7).unwrap()) && !explored.contains(Tile::at(8, 7).unwrap()));
    }
}
