//! Post-processing: sealing, control points, beacons, parcels, nodes, in this order (rulebook 2.4).

use games_core::dice::{Rng, Secret};

use super::Ground;
use super::world_map::{Node, Parcel, passable_step};
use crate::keys::{Biome, ParcelType, Resource};
use crate::rules::MapRules;
use crate::tile::{TILES, Tile};

/// A square of tiles by its north-west corner, for gaps between parcels, nodes and tiles (rulebook 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// North-west tile.
    pub corner: Tile,
    /// Tiles along one side.
    pub size: i64,
}

impl Rect {
    /// Tiles between two squares: the larger of the gaps along both axes, 0 if they touch or overlap in one.
    #[must_use]
    pub fn gap(self, other: Self) -> i64 {
        let along = |a: i64, b: i64| (a - (b + other.size - 1)).max(b - (a + self.size - 1));
        along(self.corner.x(), other.corner.x()).max(along(self.corner.y(), other.corner.y())).max(0)
    }

    /// Gap to a single tile.
    #[must_use]
    pub fn gap_to(self, tile: Tile) -> i64 {
        self.gap(Self { corner: tile, size: 1 })
    }

    /// The tiles of the square, in index order; none off the map.
    pub fn tiles(self) -> impl Iterator<Item = Tile> {
        let (x, y, size) = (self.corner.x(), self.corner.y(), self.size);
        (0..size).flat_map(move |dy| (0..size).filter_map(move |dx| Tile::at(x + dx, y + dy)))
    }

    /// Whether the whole square lies on the map.
    #[must_use]
    pub fn fits(self) -> bool {
        self.corner.offset(self.size - 1, self.size - 1).is_some()
    }
}

/// Which biomes can be passed through.
const fn passable(biome: Biome) -> bool {
    match biome {
        Biome::Lakeland | Biome::Highland => false,
        Biome::Grassland | Biome::Woodland | Biome::Wetland | Biome::Tundra | Biome::Desert => true,
    }
}

/// Keeps the largest connected piece of passable ground and floods or raises the rest (rulebook 2.4, sealing).
pub(super) fn seal(rules: &MapRules, ground: &mut Ground) {
    let open: Vec<bool> = ground.biome.iter().map(|b| passable(*b)).collect();
    let mut piece_of = vec![usize::MAX; TILES];
    let mut sizes = Vec::new();
    let mut stack = Vec::new();
    for start in Tile::all() {
        if !open[start.index()] || piece_of[start.index()] != usize::MAX {
            continue;
        }
        let piece = sizes.len();
        sizes.push(0_usize);
        piece_of[start.index()] = piece;
        stack.push(start);
        while let Some(tile) = stack.pop() {
            sizes[piece] += 1;
            for next in tile.neighbours() {
                let fresh = open[next.index()] && piece_of[next.index()] == usize::MAX;
                if fresh && passable_step(tile, next, |t| open[t.index()]) {
                    piece_of[next.index()] = piece;
                    stack.push(next);
                }
            }
        }
    }
    // Pieces are numbered by their lowest tile, so the first of the largest wins a tie.
    let largest = sizes.iter().max().and_then(|max| sizes.iter().position(|size| size == max));
    for index in 0..TILES {
        if open[index] && Some(piece_of[index]) != largest {
            let low = i64::from(ground.elevation[index]) < rules.sealed_lake_below;
            ground.biome[index] = if low { Biome::Lakeland } else { Biome::Highland };
        }
    }
}

/// What stands where.
pub(super) struct Plan {
    pub(super) control_points: Vec<Tile>,
    pub(super) beacons: Vec<Tile>,
    pub(super) parcels: Vec<Parcel>,
    pub(super) nodes: Vec<Node>,
}

impl Plan {
    pub(super) fn lay(rules: &MapRules, secret: &Secret, ground: &Ground) -> Self {
        let mut site = Site { rules, secret, ground, used: vec![false; TILES] };
        let control_points = site.control_points();
        let beacons = site.beacons(&control_points);
        let parcels = site.parcels();
        let nodes = site.nodes();
        Self { control_points, beacons, parcels, nodes }
    }
}

struct Site<'a> {
    rules: &'a MapRules,
    secret: &'a Secret,
    ground: &'a Ground,
    used: Vec<bool>,
}

impl Site<'_> {
    fn open(&self, tile: Tile) -> bool {
        passable(self.ground.biome[tile.index()])
    }

    fn free(&self, tile: Tile) -> bool {
        self.open(tile) && !self.used[tile.index()]
    }

    fn control_points(&mut self) -> Vec<Tile> {
        let mut points = Vec::with_capacity(self.rules.control_points.len());
        for spot in self.rules.control_points {
            let Some(ideal) = Tile::at(spot.x, spot.y) else { continue };
            let nearest =
                Tile::all().filter(|t| self.free(*t)).min_by_key(|t| (t.distance_squared(ideal), *t));
            if let Some(point) = nearest {
                self.used[point.index()] = true;
                points.push(point);
            }
        }
        points
    }

    /// Free tiles that `fits` accepts, shuffled with the dice of `tag`.
    fn shuffled(&self, tag: &str, fits: impl Fn(Tile) -> bool) -> Vec<Tile> {
        let mut candidates: Vec<Tile> = Tile::all().filter(|t| fits(*t)).collect();
        Rng::new(self.secret.seed(tag, 0)).shuffle(&mut candidates);
        candidates
    }

    /// The first `count` candidates that lie farther than `gap` from all accepted ones; they become used.
    fn scatter(&mut self, candidates: Vec<Tile>, count: i64, gap: i64) -> Vec<Tile> {
        let mut accepted: Vec<Tile> = Vec::new();
        for tile in candidates {
            if accepted.len() as i64 >= count {
                break;
            }
            if accepted.iter().all(|other| other.chebyshev(tile) > gap) {
                self.used[tile.index()] = true;
                accepted.push(tile);
            }
        }
        accepted
    }

    fn beacons(&mut self, control_points: &[Tile]) -> Vec<Tile> {
        let gap = self.rules.beacon_control_gap;
        let candidates = self.shuffled("beacons", |tile| {
            self.free(tile) && control_points.iter().all(|point| point.chebyshev(tile) > gap)
        });
        self.scatter(candidates, self.rules.beacons, self.rules.beacon_gap)
    }

    fn parcels(&mut self) -> Vec<Parcel> {
        let mut parcels: Vec<Parcel> = Vec::new();
        for kind in ParcelType::ALL {
            let figures = self.rules.parcels[kind];
            let mut left = figures.count;
            for gate in self.shuffled(&format!("parcels:{kind}"), |_| true) {
                if left == 0 {
                    break;
                }
                let rect = Rect { corner: gate, size: figures.size };
                if self.takes(kind, rect)
                    && parcels.iter().all(|p| p.rect().gap(rect) >= self.rules.parcel_gap)
                {
                    for tile in rect.tiles() {
                        self.used[tile.index()] = true;
                    }
                    let no = parcels.len() as u16 + 1;
                    parcels.push(Parcel { no, kind, gate, size: figures.size });
                    left -= 1;
                }
            }
        }
        parcels
    }

    /// Whether a parcel of this kind may lie here; of a fort only the gate must be passable.
    fn takes(&self, kind: ParcelType, rect: Rect) -> bool {
        let rough = kind == ParcelType::StrategicFort;
        rect.fits()
            && self.open(rect.corner)
            && rect.tiles().all(|t| !self.used[t.index()] && (rough || self.open(t)))
    }

    fn nodes(&mut self) -> Vec<Node> {
        let candidates = self.shuffled("nodes", |tile| self.free(tile));
        let tiles = self.scatter(candidates, self.rules.nodes, self.rules.node_gap);
        tiles.into_iter().map(|tile| self.node(tile)).collect()
    }

    fn node(&self, tile: Tile) -> Node {
        let mut rng = Rng::new(self.secret.seed("node", tile.index() as u64));
        let (k, l) = (rng.below(100) as i64, rng.below(3) as i64);
        let chances = self.rules.node_chances[self.ground.biome[tile.index()]];
        let by_mountain = tile.neighbours().any(|t| self.ground.biome[t.index()] == Biome::Highland);
        let kind = if by_mountain {
            Resource::Iron
        } else if k < chances.food {
            Resource::Food
        } else if k < chances.food + chances.iron {
            Resource::Iron
        } else {
            Resource::Gold
        };
        Node { tile, kind, level: 1 + ring(self.rules, tile) + l }
    }
}

/// Ring of a tile: 2 in the middle, 1 around it, 0 outside (rulebook 2.1).
pub(super) fn ring(rules: &MapRules, tile: Tile) -> i64 {
    let distance = tile.centre_distance();
    if distance < rules.rings[0] { 2 } else { i64::from(distance < rules.rings[1]) }
}
