//! Map, camps, city sites and paths against the rulebook's acceptance scenarios (section 8).

#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod common;

use common::{W42, at, rules, secret};
use popverse_kingdoms::amounts::Troops;
use popverse_kingdoms::camps;
use popverse_kingdoms::keys::{Biome, ControlPoint, Element, NpcType, ParcelType, Resource, Terrain};
use popverse_kingdoms::map::{self, Fields, StoredMap, WorldMap};
use popverse_kingdoms::path::{Mover, Pathfinder, explored_along};
use popverse_kingdoms::site::Occupied;
use popverse_kingdoms::tile::Tile;

#[test]
fn a02_map() {
    let rules = rules();
    let secret = secret(42);
    let fields = Fields::generate(&rules.map, &secret);
    let map = map::generate(&rules.map, &secret);
    let ground = fields.ground(&rules.map);
    for (x, y, bytes, biome) in [
        (0, 0, (173, 211, 122), Biome::Wetland),
        (50, 50, (148, 109, 127), Biome::Grassland),
        (10, 10, (149, 161, 58), Biome::Woodland),
        (34, 12, (12, 62, 90), Biome::Lakeland),
        (37, 81, (253, 66, 1), Biome::Highland),
    ] {
        let (tile, i) = (at(x, y), at(x, y).index());
        assert_eq!((fields.elevation[i], fields.moisture[i], fields.temperature[i]), bytes);
        assert_eq!((map.biome(tile), map.elevation(tile)), (biome, bytes.0));
    }
    let count = |terrain| Tile::all().filter(|t| map.terrain(*t) == terrain).count();
    assert_eq!(Terrain::ALL.map(count), [3467, 2294, 1832, 1171, 1016, 220]);
    let sealed = Tile::all().filter(|t| map.biome(*t) != ground.biome[t.index()]).count();
    assert_eq!(sealed, 0);
    assert_eq!(format!("{:016x}", map.terrain_digest()), "0af41799477cc82b");
    assert_eq!(map.passes().len(), 50);
}

#[test]
fn a03_features() {
    let w = W42::open();
    let points = ControlPoint::ALL.map(|p| w.map.control_point(p).unwrap());
    assert_eq!(points, [at(50, 50), at(50, 25), at(74, 50), at(50, 75), at(25, 50)]);
    let beacons =
        [(15, 89), (88, 35), (63, 53), (2, 1), (25, 42), (80, 80), (60, 2), (56, 93)].map(|(x, y)| at(x, y));
    assert_eq!(w.map.beacons(), beacons);
    assert_eq!(w.map.parcels().len(), 100);
    for (no, kind, x, y) in [
        (1, ParcelType::StrategicFort, 8, 28),
        (9, ParcelType::TradeHub, 57, 24),
        (25, ParcelType::MiningCamp, 50, 60),
        (57, ParcelType::Farmstead, 82, 10),
        (100, ParcelType::Farmstead, 48, 52),
    ] {
        let parcel = w.map.parcel(no).unwrap();
        assert_eq!((parcel.no, parcel.kind, parcel.gate), (no, kind, at(x, y)));
        assert_eq!(w.map.parcel_at(at(x + 1, y + 1)), Some(parcel));
    }
    let first = [
        (61, 77, Resource::Gold, 2),
        (1, 92, Resource::Food, 3),
        (73, 99, Resource::Food, 2),
        (24, 26, Resource::Gold, 2),
    ];
    for (node, (x, y, kind, level)) in w.map.nodes().iter().zip(first) {
        assert_eq!((node.tile, node.kind, node.level), (at(x, y), kind, level));
        assert_eq!(w.map.richness(&w.rules.map, node.tile), 20 * level);
    }
    let kinds = Resource::ALL.map(|kind| w.map.nodes().iter().filter(|n| n.kind == kind).count());
    assert_eq!(kinds, [103, 61, 56]);
    let levels = [1, 2, 3, 4, 5].map(|level| w.map.nodes().iter().filter(|n| n.level == level).count());
    assert_eq!(levels, [34, 74, 80, 26, 6]);
}

#[test]
fn a04_camps_and_founding() {
    let w = W42::open();
    assert_eq!(w.camps.len(), 96);
    for (no, kind, x, y, level, element) in [
        (1, NpcType::BanditCamp, 13, 28, 2, Element::Water),
        (2, NpcType::BanditCamp, 90, 41, 1, Element::Water),
        (6, NpcType::BanditCamp, 22, 5, 1, Element::Fire),
        (61, NpcType::GoblinOutpost, 73, 21, 1, Element::Fire),
        (95, NpcType::DragonLair, 36, 73, 2, Element::Water),
    ] {
        let (is, spawn) = &w.camps[no - 1];
        assert_eq!(
            (*is, spawn.tile, spawn.level, spawn.element),
            (kind, at(x, y), level, element),
            "camp {no}"
        );
    }
    let sites: Vec<_> = w.sites.iter().map(|s| (s.tile, s.tries)).collect();
    assert_eq!(sites, [(at(36, 5), 6), (at(83, 59), 2), (at(11, 57), 1)]);
    for site in &w.sites {
        assert_eq!(site.tile.square(w.rules.joining.explored).count(), 121);
    }
}

#[test]
fn a20_a_first_camp_fields_20_t1() {
    let rules = rules();
    assert_eq!(camps::troops(&rules, NpcType::BanditCamp, 1), Troops::new(20, 0, 0, 0));
    let drops = camps::drops(&rules, &secret(42), NpcType::BanditCamp, 1, 5);
    assert_eq!((drops.gear, drops.scrolls, drops.diamonds), (None, 0, 0));
    assert_eq!((drops.res.food, drops.res.iron, drops.res.gold), (500, 200, 50));
    let mut rng = games_core::dice::Rng::new(drops.seed);
    assert_eq!([rng.below(1000), rng.below(1000)], [978, 784]);
}

#[test]
fn a21_a_new_lair_and_its_drops() {
    let w = W42::open();
    // Lair 95 has been beaten; the others stand.
    let standing: Vec<Tile> =
        w.camps.iter().map(|(_, s)| s.tile).filter(|t| *t != w.camps[94].1.tile).collect();
    let cities = w.cities();
    let occupied = Occupied { cities: &cities, camps: &standing };
    let lair = camps::spawn(&w.rules, &w.map, &w.secret, occupied, NpcType::DragonLair, 97, 40).unwrap();
    assert_eq!((lair.tile, lair.level, lair.power, lair.element), (at(92, 67), 5, 6627, Element::Fire));
    let side = camps::side(&w.rules, NpcType::DragonLair, lair.level, lair.element);
    assert_eq!((side.troops, side.hero.unwrap().power), (Troops::new(0, 0, 110, 69), 662));
    let drops = camps::drops(&w.rules, &w.secret, NpcType::DragonLair, 5, 6);
    assert_eq!((drops.res.food, drops.res.iron, drops.res.gold), (9000, 6600, 2700));
    let gear = drops.gear.unwrap();
    assert_eq!((gear.slot.key(), gear.rarity.key(), gear.power), ("armor", "epic", 127));
    assert_eq!((drops.diamonds, drops.scrolls), (20, 1));
}

#[test]
fn a31_paths() {
    let w = W42::open();
    let (march, mut finder) = (&w.rules.march, Pathfinder::new());
    for (mover, from, to, cost, steps) in [
        (Mover::Army, at(36, 5), at(13, 28), 36_762, Some(23)),
        (Mover::Army, at(11, 57), at(22, 5), 60_348, Some(53)),
        (Mover::Scout, at(11, 57), at(22, 5), 59_624, Some(53)),
        (Mover::Army, at(11, 57), at(36, 73), 34_396, None),
        (Mover::Army, at(83, 59), at(50, 50), 53_316, Some(40)),
    ] {
        let path = finder.find(&w.map, march, mover, from, to).unwrap();
        assert_eq!(path.cost, cost);
        assert!(steps.is_none_or(|s| s == path.steps()));
        assert_eq!((path.tiles.first(), path.tiles.last()), (Some(&from), Some(&to)));
        assert_eq!(path.position(&w.map, march, mover, 0, 100), Some(from));
        assert_eq!(path.position(&w.map, march, mover, 100, 100), Some(to));
    }
}

/// The plain way to search: every tile, no estimate, predecessors compared when a tile is final.
fn slow_path(w: &W42, mover: Mover, start: Tile, goal: Tile) -> Option<(i64, Vec<Tile>)> {
    let mut cost = vec![i64::MAX; 10_000];
    let mut done = vec![false; 10_000];
    cost[start.index()] = 0;
    let step = |from: Tile, to: Tile| {
        let straight = match mover {
            Mover::Scout if w.map.passable(to) => 1000,
            Mover::Army | Mover::Scout => i64::from(w.map.step_cost(to)),
        };
        if from.x() == to.x() || from.y() == to.y() { straight } else { straight * 1414 / 1000 }
    };
    let open = |from: Tile, to: Tile| {
        (to == goal || w.map.passable(to)) && map::passable_step(from, to, |t| w.map.passable(t))
    };
    let mut heap = std::collections::BinaryHeap::from([(std::cmp::Reverse(0), start)]);
    while let Some((_, tile)) = heap.pop() {
        if std::mem::replace(&mut done[tile.index()], true) || tile == goal {
            continue;
        }
        for to in tile.neighbours().filter(|to| open(tile, *to)) {
            let through = cost[tile.index()] + step(tile, to);
            if through < cost[to.index()] {
                cost[to.index()] = through;
                heap.push((std::cmp::Reverse(through), to));
            }
        }
    }
    if cost[goal.index()] == i64::MAX {
        return None;
    }
    let mut tiles = vec![goal];
    while tiles[tiles.len() - 1] != start {
        let to = tiles[tiles.len() - 1];
        let best = to.neighbours().find(|from| {
            (*from == start || w.map.passable(*from))
                && cost[from.index()] != i64::MAX
                && open(*from, to)
                && cost[from.index()] + step(*from, to) == cost[to.index()]
        });
        tiles.push(best.unwrap());
    }
    tiles.reverse();
    Some((cost[goal.index()], tiles))
}

#[test]
fn the_fast_search_takes_the_way_that_the_rules_prescribe() {
    let w = W42::open();
    let mut finder = Pathfinder::new();
    let mut rng = games_core::dice::Rng::new(31);
    let passable: Vec<Tile> = Tile::all().filter(|t| w.map.passable(*t)).collect();
    for round in 0..120 {
        let start = passable[rng.below(passable.len() as u64) as usize];
        let goal = Tile::from_index(rng.below(10_000) as usize).unwrap();
        let mover = if round % 3 == 0 { Mover::Scout } else { Mover::Army };
        let fast = finder.find(&w.map, &w.rules.march, mover, start, goal).map(|p| (p.cost, p.tiles));
        assert_eq!(fast, slow_path(&w, mover, start, goal), "{start:?} {goal:?}");
    }
}

#[test]
fn a16_a_straight_way_on_a_flat_map() {
    let rules = rules();
    let map = WorldMap::flat(&rules.map);
    let path = Pathfinder::new().find(&map, &rules.march, Mover::Army, at(10, 10), at(15, 15)).unwrap();
    assert_eq!((path.cost, path.steps()), (7070, 5));
    assert_eq!(path.position(&map, &rules.march, Mover::Army, 193, 386), Some(at(12, 12)));
}

#[test]
fn a41_a_march_explores_75_tiles() {
    let rules = rules();
    let map = WorldMap::flat(&rules.map);
    let path = Pathfinder::new().find(&map, &rules.march, Mover::Army, at(10, 50), at(20, 50)).unwrap();
    assert_eq!(explored_along(&path.tiles, rules.fog.army).len(), 75);
}

#[test]
fn a36_keepers() {
    let (rules, secret) = (rules(), secret(42));
    let keepers = ControlPoint::ALL.map(|point| camps::keeper(&rules, &secret, 1, point, 8).1);
    let elements = keepers.each_ref().map(|side| side.element);
    assert_eq!(elements, [Element::Fire, Element::Water, Element::Water, Element::Fire, Element::Wind]);
    assert_eq!(camps::keeper_power(&rules, 8), 1800);
    assert_eq!(keepers[4].troops, Troops::new(0, 0, 30, 18));
}

#[test]
fn a_stored_map_is_compact_and_reads_back() {
    let rules = rules();
    let map = map::generate(&rules.map, &secret(42));
    let json = serde_json::to_string(&map.store()).unwrap();
    assert!(json.len() < 40_000, "{} bytes", json.len());
    let stored: StoredMap = serde_json::from_str(&json).unwrap();
    assert_eq!(WorldMap::restore(&rules.map, stored.clone()).unwrap(), map);
    let mut off = stored.clone();
    off.parcels[0].gate = at(99, 99);
    assert!(WorldMap::restore(&rules.map, off).is_err());
    let mut short = stored;
    short.biomes.pop();
    assert!(WorldMap::restore(&rules.map, short).is_err());
}
