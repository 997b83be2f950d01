//! What the golden tests share: test worlds W*n* of rulebook 8.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use games_core::dice::Secret;
use popverse_kingdoms::camps;
use popverse_kingdoms::keys::{Faction, NpcType};
use popverse_kingdoms::map::{self, WorldMap};
use popverse_kingdoms::rules::Rules;
use popverse_kingdoms::site::{self, Occupied, Site};
use popverse_kingdoms::tile::Tile;

/// The figures of version 1.
pub fn rules() -> Rules {
    Rules::v1().unwrap()
}

/// The season secret of test world W*n*: 24 zero bytes and n, big-endian.
pub fn secret(n: u64) -> Secret {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&n.to_be_bytes());
    Secret::new(bytes)
}

/// A tile that is on the map.
pub fn at(x: i64, y: i64) -> Tile {
    Tile::at(x, y).unwrap()
}

/// W42 as A04 leaves it.
pub struct W42 {
    pub rules: Rules,
    pub secret: Secret,
    pub map: WorldMap,
    /// The 96 camps, number 1 first.
    pub camps: Vec<(NpcType, camps::Spawn)>,
    /// The three cities.
    pub sites: Vec<Site>,
}

impl W42 {
    pub fn open() -> Self {
        let (rules, secret) = (rules(), secret(42));
        let map = map::generate(&rules.map, &secret);
        let mut spawned: Vec<(NpcType, camps::Spawn)> = Vec::new();
        let mut tiles = Vec::new();
        for kind in NpcType::ALL {
            for _ in 0..rules.camps[kind].count {
                let npc = spawned.len() as u64 + 1;
                let occupied = Occupied { cities: &[], camps: &tiles };
                let spawn = camps::spawn(&rules, &map, &secret, occupied, kind, npc, 1).unwrap();
                tiles.push(spawn.tile);
                spawned.push((kind, spawn));
            }
        }
        let mut sites: Vec<Site> = Vec::new();
        for (player, faction) in (1..).zip(Faction::ALL) {
            let cities: Vec<Tile> = sites.iter().map(|s| s.tile).collect();
            let occupied = Occupied { cities: &cities, camps: &tiles };
            sites.push(site::find(&rules, &map, &secret, occupied, faction, player).unwrap());
        }
        Self { rules, secret, map, camps: spawned, sites }
    }

    /// Tiles of the cities.
    pub fn cities(&self) -> Vec<Tile> {
        self.sites.iter().map(|s| s.tile).collect()
    }
}
