//! Opening, joining, first production: A02–A06, A12, A20, A38 through the decider.

#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a helper of a test may fail the test"
)]

mod harness;

use harness::{Harness, kinds, payload, player};
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::keys::Faction;
use popverse_kingdoms::tile::Tile;
use serde_json::json;

#[test]
fn a02_a03_the_opening_draws_the_map() {
    let h = Harness::new(42);
    let map = payload(&h.log, "MapGenerated");
    assert_eq!(map["sealed"], 0);
    assert_eq!(map["terrain_digest"], "0af41799477cc82b");
    assert_eq!(h.state.npcs.len(), 96);
    assert_eq!(h.state.nodes.len(), 220);
    h.sound();
}

#[test]
fn a04_camps_and_founding() {
    let mut h = Harness::new(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
    }
    let at = |x, y| Tile::at(x, y).unwrap();
    for (pn, tile, tries) in [(1, at(36, 5), 6), (2, at(83, 59), 2), (3, at(11, 57), 1)] {
        let p = h.p(pn);
        assert_eq!(p.city, Some(tile));
        let founded = h.log.iter().find_map(|e| match e {
            popverse_kingdoms::event::Event::CityFounded(e) if e.pn.0 == pn => Some(e.tries),
            _ => None,
        });
        assert_eq!(founded, Some(tries));
        assert_eq!(p.stores.stock, Res::new(1000, 500, 200));
        assert_eq!((p.diamonds, p.rating, p.home.total(), p.explored.len()), (100, 1000, 30, 121));
        let view = h.query(u64::from(pn), json!({ "type": "CityView" })).unwrap();
        assert_eq!(view["power"], 420);
    }
    h.sound();
}

#[test]
fn a05_a_second_join_is_a_duplicate() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    for _ in 0..4 {
        assert_eq!(h.refused(1, json!({ "type": "Join", "faction": "cinema" })).code, "DUPLICATE_PLAYER");
    }
    assert_eq!(h.state.find(player(1)).unwrap().pn.0, 1);
}

#[test]
fn a06_first_production() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.pass(37_800);
    let events = h.ok(1, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 1 }));
    let made = payload(&events, "ResourcesProduced");
    assert_eq!(made["rate"], json!({ "food": 117, "iron": 60, "gold": 27 }));
    assert_eq!(made["after"], json!({ "food": 2228, "iron": 1130, "gold": 483 }));
    assert_eq!(made["carry"], json!({ "food": 1800, "iron": 0, "gold": 1800 }));
    h.sound();
}

#[test]
fn a12_bad_coordinates() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let attack = json!({ "type": "Attack", "x": -1, "y": 50, "hero": "stunt_rookie", "troops": 50 });
    let rejection = h.refused(1, attack);
    assert_eq!(rejection.code, "INVALID_COORDINATES");
}

#[test]
fn a_slice_of_play_builds_trains_and_hunts() {
    let mut h = Harness::new(42);
    h.join(3, Faction::Arcade);
    h.join(2, Faction::Cinema);
    h.ok(3, json!({ "type": "BuildStart", "building": "hq" }));
    h.ok(3, json!({ "type": "TroopsTrain", "tier": "t1", "count": 10 }));
    h.pass(600);
    let p = h.p(1);
    assert_eq!((p.buildings[popverse_kingdoms::keys::Building::Hq], p.home), (2, Troops::new(40, 0, 0, 0)));
    let (tile, _) = h.state.npc_at.iter().min_by_key(|(t, _)| t.chebyshev(p.city.unwrap())).unwrap();
    let tile = *tile;
    h.fold([popverse_kingdoms::event::TilesExplored {
        pn: popverse_kingdoms::ids::Pn(1),
        tiles: tile.square(0).collect(),
        count: 1,
        cause: popverse_kingdoms::event::ExploredBy::City,
    }
    .into()]);
    let attack =
        json!({ "type": "Attack", "x": tile.x(), "y": tile.y(), "hero": "Pipe Squire", "troops": 40 });
    let sent = h.ok(3, attack);
    assert!(kinds(&sent).contains(&"MarchStarted"));
    assert_eq!(h.p(1).home.total(), 0);
    let events = h.pass(20_000);
    assert!(kinds(&events).contains(&"BattleResolved"), "{:?}", kinds(&events));
    assert!(kinds(&events).contains(&"MarchReturned"));
    assert!(h.state.marches.is_empty());
    h.sound();
}
