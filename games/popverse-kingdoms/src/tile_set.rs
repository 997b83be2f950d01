//! A set of tiles as 10,000 bits; stored as runs of indexes (rulebook 2.20, 5.2 `tiles_explored`).

use serde::{Deserialize, Serialize};

use crate::tile::{TILES, Tile};

const WORDS: usize = TILES.div_ceil(64);

/// Tiles that are in or out; two sets are merged word by word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u16, u16)>", into = "Vec<(u16, u16)>")]
pub struct TileSet {
    words: Vec<u64>,
}

/// A stored run that leaves the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run of {1} tiles from {0} leaves the map")]
pub struct RunOffMap(pub u16, pub u16);

impl Default for TileSet {
    fn default() -> Self {
        Self { words: vec![0; WORDS] }
    }
}

impl TileSet {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a tile in; tells whether it was out.
    pub fn insert(&mut self, tile: Tile) -> bool {
        let (word, bit) = (tile.index() / 64, 1 << (tile.index() % 64));
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        new
    }

    /// Whether a tile is in.
    #[must_use]
    pub fn contains(&self, tile: Tile) -> bool {
        self.words[tile.index() / 64] >> (tile.index() % 64) & 1 == 1
    }

    /// How many tiles are in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether no tile is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The tiles that are in, in index order.
    pub fn iter(&self) -> impl Iterator<Item = Tile> {
        Tile::all().filter(|tile| self.contains(*tile))
    }

    /// Puts in every tile at Chebyshev distance ≤ `radius` of `centre`.
    pub fn insert_square(&mut self, centre: Tile, radius: i64) {
        for tile in centre.square(radius) {
            self.insert(tile);
        }
    }

    /// Puts in every tile of `other`.
    pub fn union(&mut self, other: &Self) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
    }

    /// Takes out every tile of `other`: what an exploration newly finds.
    pub fn subtract(&mut self, other: &Self) {
        for (word, less) in self.words.iter_mut().zip(&other.words) {
            *word &= !less;
        }
    }
}

impl FromIterator<Tile> for TileSet {
    fn from_iter<I: IntoIterator<Item = Tile>>(tiles: I) -> Self {
        let mut set = Self::new();
        for tile in tiles {
            set.insert(tile);
        }
        set
    }
}

impl From<TileSet> for Vec<(u16, u16)> {
    fn from(set: TileSet) -> Self {
        let mut runs: Self = Self::new();
        for tile in set.iter() {
            let index = u16::from(tile);
            match runs.last_mut() {
                Some((first, length)) if *first + *length == index => *length += 1,
                Some(_) | None => runs.push((index, 1)),
            }
        }
        runs
    }
}

impl TryFrom<Vec<(u16, u16)>> for TileSet {
    type Error = RunOffMap;

    fn try_from(runs: Vec<(u16, u16)>) -> Result<Self, RunOffMap> {
        let mut set = Self::new();
        for (first, length) in runs {
            for index in usize::from(first)..usize::from(first) + usize::from(length) {
                set.insert(Tile::from_index(index).ok_or(RunOffMap(first, length))?);
            }
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_stored_as_runs() {
        let set: TileSet = [3, 4, 5, 200, 9999].into_iter().filter_map(Tile::from_index).collect();
        let json = serde_json::to_string(&set).unwrap();
        assert_eq!(json, "[[3,3],[200,1],[9999,1]]");
        assert_eq!(serde_json::from_str::<TileSet>(&json).unwrap(), set);
        assert!(serde_json::from_str::<TileSet>("[[9999,2]]").is_err());
        assert_eq!(set.len(), 5);
    }
}
