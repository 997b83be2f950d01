//! Tiles of the 100×100 map and the distances between them (rulebook 2.1).

use serde::{Deserialize, Serialize};

use crate::formulas::arith::isqrt;

/// Tiles along one side of the map.
pub const SIDE: i64 = 100;

/// Tiles of the map.
pub const TILES: usize = 10_000;

/// One tile: index `100·y + x`; x grows east, y south, both 0–99 (rulebook 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Tile(u16);

/// A number that is no tile of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("tile index {0} is outside 0–9999")]
pub struct NoSuchTile(pub u16);

impl TryFrom<u16> for Tile {
    type Error = NoSuchTile;

    fn try_from(index: u16) -> Result<Self, NoSuchTile> {
        if usize::from(index) < TILES { Ok(Self(index)) } else { Err(NoSuchTile(index)) }
    }
}

impl From<Tile> for u16 {
    fn from(tile: Tile) -> Self {
        tile.0
    }
}

impl Tile {
    /// The tile at (x, y), or nothing off the map.
    #[inline]
    #[must_use]
    pub const fn at(x: i64, y: i64) -> Option<Self> {
        if x < 0 || y < 0 || x >= SIDE || y >= SIDE {
            return None;
        }
        Some(Self((SIDE * y + x) as u16))
    }

    /// The tile of an index in 0..10,000.
    #[inline]
    #[must_use]
    pub const fn from_index(index: usize) -> Option<Self> {
        if index < TILES { Some(Self(index as u16)) } else { None }
    }

    /// Every tile in index order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..TILES as u16).map(Self)
    }

    /// `100·y + x`, for dense tables.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Column, 0–99, growing east.
    #[inline]
    #[must_use]
    pub const fn x(self) -> i64 {
        self.0 as i64 % SIDE
    }

    /// Row, 0–99, growing south.
    #[inline]
    #[must_use]
    pub const fn y(self) -> i64 {
        self.0 as i64 / SIDE
    }

    /// The tile `dx` to the east and `dy` to the south, if it is on the map.
    #[inline]
    #[must_use]
    pub const fn offset(self, dx: i64, dy: i64) -> Option<Self> {
        Self::at(self.x() + dx, self.y() + dy)
    }

    /// Chebyshev distance, in tiles: the larger of |dx| and |dy|.
    #[inline]
    #[must_use]
    pub const fn chebyshev(self, other: Self) -> i64 {
        let dx = (self.x() - other.x()).abs();
        let dy = (self.y() - other.y()).abs();
        if dx > dy { dx } else { dy }
    }

    /// Squared Euclidean distance, in tiles².
    #[inline]
    #[must_use]
    pub const fn distance_squared(self, other: Self) -> i64 {
        let dx = self.x() - other.x();
        let dy = self.y() - other.y();
        dx * dx + dy * dy
    }

    /// Euclidean distance in thousandths of a tile, floored (rulebook 2.4, radius query).
    #[must_use]
    pub const fn distance_milli(self, other: Self) -> i64 {
        isqrt(1_000_000 * self.distance_squared(other))
    }

    /// Whether `other` lies within `radius` tiles, as the radius query counts (rulebook 2.4).
    #[must_use]
    pub const fn within(self, other: Self, radius: i64) -> bool {
        self.distance_milli(other) <= 1000 * radius
    }

    /// Distance to the map's centre in thousandths of a tile (rulebook 2.1).
    #[must_use]
    pub const fn centre_distance(self) -> i64 {
        let (dx, dy) = (2 * self.x() - 99, 2 * self.y() - 99);
        isqrt(250_000 * (dx * dx + dy * dy))
    }

    /// Tiles at Chebyshev distance ≤ `radius`, in index order, itself included.
    pub fn square(self, radius: i64) -> impl Iterator<Item = Self> {
        let (x, y) = (self.x(), self.y());
        ((y - radius).max(0)..=(y + radius).min(SIDE - 1)).flat_map(move |row| {
            ((x - radius).max(0)..=(x + radius).min(SIDE - 1)).filter_map(move |column| Self::at(column, row))
        })
    }

    /// The up to eight neighbours, in index order.
    pub fn neighbours(self) -> impl Iterator<Item = Self> {
        self.square(1).filter(move |t| *t != self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_know_their_place() {
        let tile = Tile::at(13, 28).unwrap();
        assert_eq!((tile.index(), tile.x(), tile.y()), (2813, 13, 28));
        assert_eq!(Tile::at(-1, 50), None);
        assert_eq!(Tile::at(0, 100), None);
        assert_eq!(tile.chebyshev(Tile::at(36, 5).unwrap()), 23);
        assert_eq!(Tile::at(0, 0).unwrap().square(2).count(), 9);
        assert_eq!(Tile::at(0, 0).unwrap().neighbours().count(), 3);
        assert_eq!(Tile::at(50, 50).unwrap().centre_distance(), 707);
        assert!(serde_json::from_str::<Tile>("10000").is_err());
    }

    #[test]
    fn a41_a_city_in_the_corner_sees_64_tiles() {
        assert_eq!(Tile::at(2, 2).unwrap().square(5).count(), 64);
    }
}
