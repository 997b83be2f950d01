//! The map as the rest of the game reads it: dense tables by tile, lists of features.

use games_core::dice::checksum;
use serde::{Deserialize, Serialize};

use super::features::{Rect, ring};
use super::{Ground, codec};
use crate::keys::{Biome, ControlPoint, NodeKind, ParcelType, Terrain};
use crate::rules::MapRules;
use crate::tile::{TILES, Tile};

/// A land parcel (rulebook 2.4, 2.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// Number, from 1 in order of placement.
    pub no: u16,
    /// Type.
    #[serde(rename = "type")]
    pub kind: ParcelType,
    /// North-west tile, always passable.
    pub gate: Tile,
    /// Tiles along one side.
    pub size: i64,
}

impl Parcel {
    /// The parcel's square.
    #[must_use]
    pub const fn rect(&self) -> Rect {
        Rect { corner: self.gate, size: self.size }
    }
}

/// A resource node (rulebook 2.4, 2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Where it lies.
    pub tile: Tile,
    /// What it yields.
    pub kind: NodeKind,
    /// Level, 1–5.
    pub level: i64,
}

/// What a tile holds, if it is used (rulebook 2.4). Parcels, nodes and beacons by their index in the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Nothing.
    None,
    /// A control point.
    ControlPoint(ControlPoint),
    /// A beacon.
    Beacon(u16),
    /// Part of a parcel; the index is the parcel's number less 1.
    Parcel(u16),
    /// A resource node.
    Node(u16),
}

/// The map of a season.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldMap {
    ground: Ground,
    /// Crown, north, east, south, west; empty on a flat map.
    control_points: Vec<Tile>,
    beacons: Vec<Tile>,
    parcels: Vec<Parcel>,
    nodes: Vec<Node>,
    terrain: Vec<Terrain>,
    features: Vec<Feature>,
    step_cost: Vec<u16>,
    least_step_cost: u16,
    passes: Vec<Tile>,
    rings: Vec<u8>,
}

/// Why a stored map cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The biomes are not 10,000 in run lengths.
    #[error("the stored biomes are damaged")]
    Biomes,
    /// The elevations are not 10,000 in steps.
    #[error("the stored elevations are damaged")]
    Elevation,
    /// A feature lies off the map or there are too many.
    #[error("the stored features do not fit the map")]
    Features,
}

/// The map as it stands in an event: about 15 kB. `biomes` and `elevation` are packed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredMap {
    /// Biome letters in run lengths.
    pub biomes: String,
    /// Elevation bytes as steps from tile to tile.
    pub elevation: String,
    /// Crown, north, east, south, west.
    pub control_points: Vec<Tile>,
    /// Beacons in order.
    pub beacons: Vec<Tile>,
    /// Parcels by number.
    pub parcels: Vec<Parcel>,
    /// Nodes in order of placement.
    pub nodes: Vec<Node>,
}

/// Whether the step rule allows going from a tile to a neighbour: a diagonal step needs at least one of the two
/// orthogonally adjacent tiles passable (rulebook 2.4). The tiles themselves are the caller's matter.
#[inline]
pub fn passable_step(from: Tile, to: Tile, passable: impl Fn(Tile) -> bool) -> bool {
    if from.x() == to.x() || from.y() == to.y() {
        return true;
    }
    [Tile::at(from.x(), to.y()), Tile::at(to.x(), from.y())].into_iter().flatten().any(passable)
}

const fn terrain_of(biome: Biome) -> Terrain {
    match biome {
        Biome::Grassland | Biome::Tundra | Biome::Desert => Terrain::Plains,
        Biome::Woodland => Terrain::Forest,
        Biome::Wetland => Terrain::Marsh,
        Biome::Lakeland => Terrain::Lake,
        Biome::Highland => Terrain::Mountain,
    }
}

impl WorldMap {
    /// Puts a map together and derives what is derived. Features off the map are passed over.
    #[must_use]
    pub fn assemble(
        rules: &MapRules,
        ground: Ground,
        control_points: Vec<Tile>,
        beacons: Vec<Tile>,
        parcels: Vec<Parcel>,
        nodes: Vec<Node>,
    ) -> Self {
        let mut terrain: Vec<Terrain> = ground.biome.iter().map(|b| terrain_of(*b)).collect();
        let mut features = vec![Feature::None; TILES];
        for (key, tile) in ControlPoint::ALL.into_iter().zip(&control_points) {
            features[tile.index()] = Feature::ControlPoint(key);
        }
        for (i, tile) in (0..).zip(&beacons) {
            features[tile.index()] = Feature::Beacon(i);
        }
        for (i, parcel) in (0..).zip(&parcels) {
            for tile in parcel.rect().tiles() {
                features[tile.index()] = Feature::Parcel(i);
            }
        }
        for (i, node) in (0..).zip(&nodes) {
            features[node.tile.index()] = Feature::Node(i);
            terrain[node.tile.index()] = Terrain::ResourceNode;
        }
        let cost = |cost: i64| u16::try_from(cost).unwrap_or(u16::MAX);
        let mut step_cost: Vec<u16> = ground.biome.iter().map(|b| cost(rules.step_cost[*b])).collect();
        for node in &nodes {
            step_cost[node.tile.index()] = cost(rules.node_step_cost);
        }
        let rings = Tile::all().map(|tile| ring(rules, tile) as u8).collect();
        let mut map = Self {
            ground,
            control_points,
            beacons,
            parcels,
            nodes,
            terrain,
            features,
            least_step_cost: step_cost.iter().copied().min().unwrap_or(1),
            step_cost,
            passes: Vec::new(),
            rings,
        };
        map.passes = Tile::all().filter(|tile| map.is_pass(*tile, rules.pass_reach)).collect();
        map
    }

    /// A map of nothing but plains, for tests.
    #[must_use]
    pub fn flat(rules: &MapRules) -> Self {
        let ground = Ground { elevation: vec![128; TILES], biome: vec![Biome::Grassland; TILES] };
        Self::assemble(rules, ground, Vec::new(), Vec::new(), Vec::new(), Vec::new())
    }

    /// The map as it stands in an event.
    #[must_use]
    pub fn store(&self) -> StoredMap {
        StoredMap {
            biomes: codec::pack_biomes(&self.ground.biome),
            elevation: codec::pack_elevation(&self.ground.elevation),
            control_points: self.control_points.clone(),
            beacons: self.beacons.clone(),
            parcels: self.parcels.clone(),
            nodes: self.nodes.clone(),
        }
    }

    /// The map that stands in an event.
    ///
    /// # Errors
    /// If the packed text is damaged or a feature lies off the map.
    pub fn restore(rules: &MapRules, stored: StoredMap) -> Result<Self, MapError> {
        let biome = codec::unpack_biomes(&stored.biomes).ok_or(MapError::Biomes)?;
        let elevation = codec::unpack_elevation(&stored.elevation).ok_or(MapError::Elevation)?;
        let fits = stored.parcels.len() <= TILES
            && stored.nodes.len() <= TILES
            && stored.parcels.iter().zip(1..).all(|(p, no)| p.no == no && p.size > 0 && p.rect().fits());
        if !fits {
            return Err(MapError::Features);
        }
        let ground = Ground { elevation, biome };
        Ok(Self::assemble(rules, ground, stored.control_points, stored.beacons, stored.parcels, stored.nodes))
    }

    /// Terrain of a tile.
    #[inline]
    #[must_use]
    pub fn terrain(&self, tile: Tile) -> Terrain {
        self.terrain[tile.index()]
    }

    /// Biome of a tile.
    #[must_use]
    pub fn biome(&self, tile: Tile) -> Biome {
        self.ground.biome[tile.index()]
    }

    /// Elevation byte of a tile, 0–255.
    #[must_use]
    pub fn elevation(&self, tile: Tile) -> u8 {
        self.ground.elevation[tile.index()]
    }

    /// What a tile holds.
    #[inline]
    #[must_use]
    pub fn feature(&self, tile: Tile) -> Feature {
        self.features[tile.index()]
    }

    /// Whether a march may pass through a tile.
    #[inline]
    #[must_use]
    pub fn passable(&self, tile: Tile) -> bool {
        self.terrain[tile.index()].passable()
    }

    /// What an army's straight step onto a tile costs, in thousandths of a plains step; impassable tiles have a
    /// cost too, for marches that end there.
    #[inline]
    #[must_use]
    pub fn step_cost(&self, tile: Tile) -> u32 {
        u32::from(self.step_cost[tile.index()])
    }

    /// The cheapest step on this map, in thousandths of a plains step.
    #[must_use]
    pub const fn least_step_cost(&self) -> u32 {
        self.least_step_cost as u32
    }

    /// Ring of a tile: 0 outside to 2 in the middle (rulebook 2.1).
    #[must_use]
    pub fn ring(&self, tile: Tile) -> i64 {
        i64::from(self.rings[tile.index()])
    }

    /// Richness of a tile: 20 per level of its node, else 0 (rulebook 2.4).
    #[must_use]
    pub fn richness(&self, rules: &MapRules, tile: Tile) -> i64 {
        self.node_at(tile).map_or(0, |node| rules.richness_per_level * node.level)
    }

    /// Tile of a control point; none on a flat map.
    #[must_use]
    pub fn control_point(&self, point: ControlPoint) -> Option<Tile> {
        self.control_points.get(point.index()).copied()
    }

    /// Crown, north, east, south, west; empty on a flat map.
    #[must_use]
    pub fn control_points(&self) -> &[Tile] {
        &self.control_points
    }

    /// Beacons in order.
    #[must_use]
    pub fn beacons(&self) -> &[Tile] {
        &self.beacons
    }

    /// Parcels by number: number n at index n − 1.
    #[must_use]
    pub fn parcels(&self) -> &[Parcel] {
        &self.parcels
    }

    /// A parcel by number, from 1.
    #[must_use]
    pub fn parcel(&self, no: u16) -> Option<&Parcel> {
        self.parcels.get(usize::from(no.checked_sub(1)?))
    }

    /// The parcel a tile belongs to.
    #[must_use]
    pub fn parcel_at(&self, tile: Tile) -> Option<&Parcel> {
        match self.feature(tile) {
            Feature::Parcel(index) => self.parcels.get(usize::from(index)),
            Feature::None | Feature::ControlPoint(_) | Feature::Beacon(_) | Feature::Node(_) => None,
        }
    }

    /// Nodes in order of placement.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node on a tile.
    #[must_use]
    pub fn node_at(&self, tile: Tile) -> Option<&Node> {
        match self.feature(tile) {
            Feature::Node(index) => self.nodes.get(usize::from(index)),
            Feature::None | Feature::ControlPoint(_) | Feature::Beacon(_) | Feature::Parcel(_) => None,
        }
    }

    /// Passes, in index order (rulebook 2.4).
    #[must_use]
    pub fn passes(&self) -> &[Tile] {
        &self.passes
    }

    /// Checksum of the 10,000 terrain letters row by row (rulebook 5.2, `map_generated`).
    #[must_use]
    pub fn terrain_digest(&self) -> u64 {
        let letters: Vec<u8> = self.terrain.iter().map(|t| t.letter()).collect();
        checksum(&letters)
    }

    /// Squeezed between impassable ground on both sides of one axis, open along the other (rulebook 2.4).
    fn is_pass(&self, tile: Tile, reach: i64) -> bool {
        let open = |dx, dy| tile.offset(dx, dy).is_some_and(|t| self.passable(t));
        let wall = |dx: i64, dy: i64| {
            (1..=reach).any(|n| tile.offset(dx * n, dy * n).is_some_and(|t| !self.passable(t)))
        };
        self.passable(tile)
            && ((wall(-1, 0) && wall(1, 0) && open(0, -1) && open(0, 1))
                || (wall(0, -1) && wall(0, 1) && open(-1, 0) && open(1, 0)))
    }
}
