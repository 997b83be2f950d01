//! The faces towards the rest of the server: schemas, audiences, views under fog, suggestions, boards, snapshots.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use std::collections::BTreeSet;

use games_core::tree::Mode;
use games_core::{Asked, Audience, Game};
use harness::{Harness, hero, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::command::Command;
use popverse_kingdoms::event::Event;
use popverse_kingdoms::ids::GearId;
use popverse_kingdoms::keys::{Building, Faction, HeroKey, Item, Rarity, Skill, Slot};
use popverse_kingdoms::state::{GearOwned, Scouted, State};
use popverse_kingdoms::tile::Tile;
use schemas::codec::Recorded;
use schemas::{Actor, Facts};
use serde_json::{Value, json};

#[test]
fn every_type_has_an_object_for_a_schema_and_no_name_of_the_hosts() {
    let mut seen = BTreeSet::new();
    for kind in Event::KINDS.iter().chain(Command::KINDS) {
        assert!(!schemas::host::is_host_kind(kind.kind), "{}", kind.kind);
        assert!(seen.insert(kind.kind), "{} stands twice", kind.kind);
        assert_eq!((kind.schema)()["type"], "object", "{}", kind.kind);
        assert!(!kind.doc.is_empty());
    }
}

fn three() -> Harness {
    let mut h = Harness::new(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
    }
    h
}

#[test]
fn every_question_is_answered() {
    let mut h = three();
    h.facts = Facts::admin();
    h.patch(1, |p| {
        p.stores.stock.gold = 500;
        p.explored = Tile::all().collect();
    });
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    for command in PopVerse::TREE.commands.iter().filter(|c| c.mode == Mode::Query) {
        let mut query = json!({ "type": command.kind() });
        for (name, value) in [
            ("x", json!(36)),
            ("y", json!(5)),
            ("hero", json!("stunt_rookie")),
            ("kind", json!("node")),
            ("parcel", json!(11)),
        ] {
            if command.options.iter().any(|o| o.name == name && o.required) {
                query[name] = value;
            }
        }
        let answer = h.query(1, query).unwrap_or_else(|r| panic!("/{}: {r:?}", command.path));
        assert!(answer.is_object(), "/{}", command.path);
    }
}

#[test]
fn fog_hides_what_is_not_seen_now() {
    let mut h = three();
    let city = h.p(2).city.unwrap();
    let ask = json!({ "type": "MapTile", "x": city.x(), "y": city.y() });
    assert_eq!(h.query(1, ask.clone()).unwrap_err().code, "NOT_EXPLORED");
    h.patch(1, |p| p.explored = Tile::all().collect());
    let tile = h.query(1, ask.clone()).unwrap();
    assert_eq!((&tile["visible"], tile.get("city")), (&json!(false), None));
    let until = h.now.plus_s(3600);
    h.patch(1, move |p| p.scouted.push(Scouted { tile: city, until, power: None }));
    assert_eq!(h.query(1, ask.clone()).unwrap()["city"]["pn"], 2);
    let find = h.query(1, json!({ "type": "MapFind", "kind": "city" })).unwrap();
    assert_eq!(find["rows"].as_array().map(Vec::len), Some(1));
    h.pass(3600);
    assert_eq!(h.query(1, ask).unwrap().get("city"), None);
    let map = h.query(1, json!({ "type": "MapView", "radius": 15 })).unwrap();
    let home = h.p(1).city.unwrap();
    let far =
        |t: &Value| home.chebyshev(Tile::at(t["x"].as_i64().unwrap(), t["y"].as_i64().unwrap()).unwrap()) > 5;
    for tile in map["tiles"].as_array().unwrap().iter().filter(|t| far(t)) {
        assert_eq!((tile.get("city"), tile.get("npc"), tile.get("marches")), (None, None, None));
    }
}

#[test]
fn nobody_hears_of_what_is_not_theirs() {
    let mut h = three();
    h.patch(1, |p| p.explored = Tile::all().collect());
    let camp = *h.state.npc_at.keys().min_by_key(|t| t.chebyshev(Tile::at(36, 5).unwrap())).unwrap();
    h.ok(1, json!({ "type": "Attack", "x": camp.x(), "y": camp.y(), "hero": "stunt_rookie", "troops": 30 }));
    h.ok(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 5 }));
    let before = h.log.len();
    h.pass(4000);
    for event in &h.log[before..] {
        let audience = PopVerse::audience(&h.state, event);
        assert!(!audience.includes(player(2)), "{} is heard by a stranger", event.kind());
    }
    let hidden = ["MapGenerated", "NpcSpawned"];
    for event in h.log.iter().filter(|e| hidden.contains(&e.kind())) {
        assert_eq!(PopVerse::audience(&h.state, event), Audience::Nobody);
    }
}

#[test]
fn suggestions_are_own_things_that_begin_so() {
    let h = three();
    let (actor, facts) = (Actor::Player(player(1)), Facts::default());
    let asked = Asked { actor: &actor, facts: &facts, now: h.now };
    let of = |path: &str, option: &str, typed: &str| {
        PopVerse::suggest(&h.rules, &h.state, path, option, typed, &asked)
    };
    assert_eq!(of("build start", "building", "").len(), 12);
    let farm = of("build start", "building", "FA");
    assert_eq!(farm, [("farm 2 (82/55/0)".to_owned(), "farm".to_owned())]);
    assert_eq!(of("research start", "technology", "").len(), 17);
    assert_eq!(of("attack", "hero", "stunt")[0].1, "stunt_rookie");
    assert_eq!(of("march recall", "march", ""), []);
    // A skill says who has it.
    assert_eq!(
        of("hero skill", "skill", "war"),
        [("War Cry: Stunt Rookie 1".to_owned(), "war_cry".to_owned())]
    );
    // Every option that promises suggestions gives some for a player who has things.
    for command in PopVerse::TREE.commands {
        for option in command.options.iter().filter(|o| o.suggest) {
            assert!(of(command.path, option.name, "").len() <= 25);
        }
    }
}

#[test]
fn a_snapshot_reads_back_from_json_too() {
    let mut h = three();
    h.patch(1, |p| p.explored = Tile::all().collect());
    let node = *h.state.nodes.keys().next().unwrap();
    h.ok(1, json!({ "type": "Gather", "x": node.x(), "y": node.y(), "troops": 20, "hero": "stunt_rookie" }));
    let json = serde_json::to_string(&h.state).unwrap();
    assert!(serde_json::from_str::<State>(&json).unwrap() == h.state);
}

#[test]
fn the_boards_rank_players_by_value() {
    let mut h = three();
    h.patch(2, |p| p.hunts = 4);
    let index = |name: &str| PopVerse::boards().iter().position(|b| b.name == name).unwrap();
    let scores = PopVerse::scores(&h.rules, &h.state, 2);
    assert!(scores.contains(&(index("hunts"), 4)) && scores.contains(&(index("power"), 420)));
    assert!(!PopVerse::scores(&h.rules, &h.state, 1).iter().any(|(board, _)| *board == index("hunts")));
}

#[test]
fn of_equal_places_the_older_comes_first() {
    use popverse_kingdoms::event::NpcDefeated;
    use popverse_kingdoms::ids::{BattleId, NpcId, Pn};
    let mut h = three();
    for pn in [3, 1, 2] {
        let (by, respawn_at) = (Pn(pn), h.now.plus_s(86_400));
        h.fold([NpcDefeated { npc: NpcId(u64::from(pn)), by, battle: BattleId(1), respawn_at }.into()]);
        h.pass(1);
    }
    let mut events = Vec::new();
    h.close(&mut events);
    let hall = harness::payload(&events, "HallOfFameRecorded");
    let hunts = hall["boards"].as_array().unwrap().iter().find(|board| board["board"] == "hunts").unwrap();
    let order: Vec<i64> =
        hunts["entries"].as_array().unwrap().iter().map(|entry| entry["entity"].as_i64().unwrap()).collect();
    assert_eq!(order, [3, 1, 2]);
}

#[test]
fn a_profile_bears_the_title_of_its_prestige_and_names_the_guild() {
    let mut h = three();
    let profile = |h: &Harness| h.query(2, json!({ "type": "Profile", "player": player(1) })).unwrap();
    assert_eq!((&profile(&h)["title"], &profile(&h)["guild_name"]), (&json!(null), &json!(null)));
    h.patch(1, |p| {
        p.prestige = 150;
        p.stores.stock.gold = 500;
    });
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    let shown = profile(&h);
    assert_eq!((&shown["tier"], &shown["title"]), (&json!(2), &json!("Regular")));
    assert_eq!((&shown["guild_name"], &shown["guild_tag"]), (&json!("Reel"), &json!("REEL")));
    assert_eq!(h.rules.season.prestige_titles.len(), h.rules.season.prestige_tiers.len());
}

#[test]
fn who_joins_is_told_to_the_channel_and_to_nobody_else() {
    let mut h = three();
    h.ok(1, json!({ "type": "NotifySet", "kind": "season", "dm": true }));
    h.notices.clear();
    h.join(4, Faction::Cinema);
    let season: Vec<_> = h.notices.iter().filter(|notice| notice.kind == "season").collect();
    assert_eq!((season.len(), season[0].to), (1, None));
}

#[test]
fn gear_is_worn_forged_and_melted() {
    let mut h = three();
    h.patch(1, |p| {
        p.stores.stock.gold = 400;
        for (id, power) in [(1, 21), (2, 20), (3, 24), (4, 23)] {
            let piece = GearOwned { slot: Slot::Weapon, rarity: Rarity::Common, power, hero: None };
            p.gear.insert(GearId(id), piece);
        }
    });
    h.counters.raise("gear", 4);
    let equip = |gear: &str, hero: &str| json!({ "type": "GearEquip", "gear": gear, "hero": hero });
    h.ok(1, equip("3", "stunt_rookie"));
    let view = h.query(1, json!({ "type": "HeroView", "hero": "Stunt Rookie" })).unwrap();
    assert_eq!((&view["power"], &view["weapon"]), (&json!(84), &json!(3)));
    // The three weakest that nobody wears.
    let events = h.ok(1, json!({ "type": "GearForge", "slot": "weapon", "rarity": "common" }));
    let forged = harness::payload(&events, "GearForged");
    assert_eq!(
        (&forged["used"], &forged["gear"], &forged["rarity"]),
        (&json!([2, 1, 4]), &json!(5), &json!("rare"))
    );
    h.ok(1, equip("5", "stunt_rookie"));
    assert_eq!(h.p(1).gear[&GearId(3)].hero, None);
    h.ok(1, json!({ "type": "GearSalvage", "gear": "3" }));
    assert_eq!(h.refused(1, json!({ "type": "GearSalvage", "gear": "5" })).code, "UNKNOWN_GEAR");
    h.ok(1, json!({ "type": "GearUnequip", "gear": "5" }));
    assert_eq!(h.p(1).heroes[&HeroKey::StuntRookie].weapon, None);
    h.sound();
}

#[test]
fn shards_and_tomes_raise_a_hero() {
    let mut h = three();
    h.patch(1, |p| {
        let mut rookie = hero(1, &[(Skill::WarCry, 1)]);
        rookie.shards = 1;
        p.heroes.insert(HeroKey::StuntRookie, rookie);
        p.items[Item::XpTome] = 3;
        p.buildings[Building::HeroHall] = 1;
    });
    h.ok(1, json!({ "type": "HeroSkill", "hero": "stunt_rookie", "skill": "war_cry" }));
    let rookie = h.p(1).heroes[&HeroKey::StuntRookie];
    assert_eq!((rookie.skills.get(Skill::WarCry), rookie.shards), (2, 0));
    h.ok(1, json!({ "type": "HeroTome", "hero": "stunt_rookie", "count": 3 }));
    // 1500 experience: 100 + 240 + 420 + 640 make level 5, 100 remain.
    let rookie = h.p(1).heroes[&HeroKey::StuntRookie];
    assert_eq!((rookie.level, rookie.xp), (5, 100));
    h.sound();
}
