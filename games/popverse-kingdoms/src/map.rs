//! The map of a season: ground, features, parcels, nodes (rulebook 2.4).
//!
//! [`generate`] makes it from the season secret, once. From then on it stands in an event, whole and compact, so
//! that folding the log needs no secret. What can be derived (terrain, step costs, passes) is not stored.

mod codec;
mod features;
mod fields;
mod noise;
mod world_map;

pub use features::Rect;
pub use fields::Fields;
pub use world_map::{Feature, MapError, Node, Parcel, StoredMap, WorldMap, passable_step};

use games_core::dice::Secret;

use crate::rules::MapRules;

/// Generates the map of a season (rulebook 2.4): noise, fields, biomes, sealing, features.
#[must_use]
pub fn generate(rules: &MapRules, secret: &Secret) -> WorldMap {
    let fields = Fields::generate(rules, secret);
    let mut ground = fields.ground(rules);
    features::seal(rules, &mut ground);
    let plan = features::Plan::lay(rules, secret, &ground);
    WorldMap::assemble(rules, ground, plan.control_points, plan.beacons, plan.parcels, plan.nodes)
}

/// Elevation byte and biome of every tile, in index order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Elevation bytes, 0–255.
    pub elevation: Vec<u8>,
    /// Biomes.
    pub biome: Vec<crate::keys::Biome>,
}
