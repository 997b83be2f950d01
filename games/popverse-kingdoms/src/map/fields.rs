//! Elevation, moisture, temperature, and the biomes they make (rulebook 2.4).

use games_core::dice::Secret;

use super::Ground;
use super::noise::{CELL, Noise};
use crate::keys::Biome;
use crate::rules::MapRules;
use crate::tile::{TILES, Tile};

/// One byte per tile and field, in index order; each byte value is equally frequent on every map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// How high a tile lies.
    pub elevation: Vec<u8>,
    /// How wet it is.
    pub moisture: Vec<u8>,
    /// How warm it is.
    pub temperature: Vec<u8>,
}

impl Fields {
    /// Draws the three fields of a season (rulebook 2.4).
    #[must_use]
    pub fn generate(rules: &MapRules, secret: &Secret) -> Self {
        let noise = Noise::new(secret);
        let [elevation, moisture, temperature] = [0, 1, 2].map(|field: usize| {
            rank(&sums(&noise, rules.frequencies[field], rules.offsets[field], &rules.octave_weights))
        });
        Self { elevation, moisture, temperature }
    }

    /// The biome of every tile.
    #[must_use]
    pub fn ground(&self, rules: &MapRules) -> Ground {
        let climate = self.elevation.iter().zip(&self.moisture).zip(&self.temperature);
        let biome =
            climate.map(|((e, m), t)| biome(rules, i64::from(*e), i64::from(*m), i64::from(*t))).collect();
        Ground { elevation: self.elevation.clone(), biome }
    }
}

fn sums(noise: &Noise, frequency: i64, offset: i64, weights: &[i64; 5]) -> Vec<i64> {
    let shift = offset * CELL;
    Tile::all()
        .map(|tile| {
            let (x, y) = (tile.x() * frequency, tile.y() * frequency);
            let octaves = weights.iter().enumerate();
            octaves.map(|(o, w)| w * noise.at((x << o) + shift, (y << o) + shift)).sum()
        })
        .collect()
}

/// Rank normalisation: the tile at rank r of (sum, index) gets ⌊r·256/10000⌋.
fn rank(sums: &[i64]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..sums.len()).collect();
    order.sort_by_key(|index| (sums[*index], *index));
    let mut bytes = vec![0; sums.len()];
    for (rank, index) in order.into_iter().enumerate() {
        bytes[index] = (rank * 256 / TILES) as u8;
    }
    bytes
}

/// The first test that matches (rulebook 2.4, biome table).
fn biome(rules: &MapRules, e: i64, m: i64, t: i64) -> Biome {
    if e <= rules.lake_max {
        Biome::Lakeland
    } else if e >= rules.mountain_min {
        Biome::Highland
    } else if t < rules.tundra_below {
        Biome::Tundra
    } else if t >= rules.desert_from && m < rules.woodland_from {
        Biome::Desert
    } else if m >= rules.wetland_from {
        Biome::Wetland
    } else if m >= rules.woodland_from {
        Biome::Woodland
    } else {
        Biome::Grassland
    }
}
