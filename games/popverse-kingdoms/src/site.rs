//! Where a new city stands (rulebook 2.3).

use games_core::dice::{Rng, Secret};

use crate::keys::{Faction, Terrain};
use crate::map::{Feature, WorldMap};
use crate::rules::Rules;
use crate::tile::Tile;

/// What already stands on the map, besides its own features.
#[derive(Debug, Clone, Copy)]
pub struct Occupied<'a> {
    /// Tiles of cities.
    pub cities: &'a [Tile],
    /// Tiles of camps.
    pub camps: &'a [Tile],
}

/// A site found for a city.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Where.
    pub tile: Tile,
    /// Seed of the draws.
    pub seed: u64,
    /// Tries taken, 1–200.
    pub tries: i64,
}

/// Whether a city may stand on a tile: plains or forest, nothing on it, no city near (rulebook 2.3).
#[must_use]
pub fn acceptable(rules: &Rules, map: &WorldMap, occupied: Occupied<'_>, tile: Tile) -> bool {
    matches!(map.terrain(tile), Terrain::Plains | Terrain::Forest)
        && map.feature(tile) == Feature::None
        && !occupied.camps.contains(&tile)
        && occupied.cities.iter().all(|city| city.chebyshev(tile) > rules.joining.site_spacing)
}

/// Draws a site near the faction's anchor. `number` is the player number, for a random relocation
/// 1000·relocation number + player number (rulebook 2.3, 2.10). Nothing only if no tile of the map fits.
#[must_use]
pub fn find(
    rules: &Rules,
    map: &WorldMap,
    secret: &Secret,
    occupied: Occupied<'_>,
    faction: Faction,
    number: u64,
) -> Option<Site> {
    let seed = secret.seed("spawn", number);
    find_with(rules, map, Rng::new(seed), seed, occupied, faction)
}

/// [`find`] with dice that a test may have scripted.
#[must_use]
pub fn find_with(
    rules: &Rules,
    map: &WorldMap,
    mut rng: Rng,
    seed: u64,
    occupied: Occupied<'_>,
    faction: Faction,
) -> Option<Site> {
    let (figures, reach) = (&rules.factions[faction], rules.joining.site_reach);
    let span = (2 * reach + 1).unsigned_abs();
    for tries in 1..=rules.joining.site_tries {
        let x = figures.anchor_x - reach + rng.below(span) as i64;
        let y = figures.anchor_y - reach + rng.below(span) as i64;
        if let Some(tile) = Tile::at(x, y).filter(|t| acceptable(rules, map, occupied, *t)) {
            return Some(Site { tile, seed, tries });
        }
    }
    let anchor = Tile::at(figures.anchor_x, figures.anchor_y)?;
    Tile::all()
        .filter(|tile| acceptable(rules, map, occupied, *tile))
        .min_by_key(|tile| (tile.distance_squared(anchor), *tile))
        .map(|tile| Site { tile, seed, tries: rules.joining.site_tries })
}
