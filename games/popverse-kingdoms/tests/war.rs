//! War: A16, A18, A20, A21, A32, A33, A40, A41 through the decider.

#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a helper of a test may fail the test"
)]

mod harness;

use games_core::view::Cell;
use games_core::{Game, Moment};
use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::event::{Event, NpcDefeated, ShieldSource};
use popverse_kingdoms::ids::{BattleId, GearId, MarchId, NpcId, Pn};
use popverse_kingdoms::keys::{Building, Faction, HeroKey, Item, MarchKind, Rarity, Skill, Slot, Technology};
use popverse_kingdoms::state::{GearOwned, Shield};
use schemas::{GameTime, Position};
use serde_json::json;

/// The scene of A16: two cities on plains, a hero and some t2 each.
fn a16() -> Harness {
    let mut h = Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15)]);
    h.patch(1, |p| {
        p.home = Troops::new(0, 100, 0, 0);
        p.buildings[Building::Hq] = 1;
        p.buildings[Building::Infirmary] = 1;
        p.buildings[Building::Farm] = 5;
        p.heroes.insert(HeroKey::QuietWidower, hero(1, &[(Skill::FirstStrike, 1)]));
    });
    h.patch(2, |p| {
        p.home = Troops::new(0, 80, 0, 0);
        p.buildings[Building::Infirmary] = 1;
        p.buildings[Building::Farm] = 5;
        p.heroes.insert(HeroKey::AscendantFist, hero(1, &[(Skill::WarCry, 1)]));
        p.warden = Some(HeroKey::AscendantFist);
    });
    h.counters.raise("battle", 2);
    h
}

#[test]
fn a16_attack_end_to_end() {
    let mut h = a16();
    let attack = json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 });
    let started = payload(&h.ok(1, attack), "MarchStarted");
    assert_eq!((&started["path"]["cost"], &started["seconds"]), (&json!(7070), &json!(386)));
    let events = h.pass(386);
    let battle = payload(&events, "BattleResolved");
    assert_eq!(battle["input"]["seed"], 11_429_029_334_740_729_231_u64);
    assert_eq!(
        (&battle["outcome"]["result"], &battle["outcome"]["rounds"]),
        (&json!("defender_won"), &json!(3))
    );
    assert_eq!((&battle["digest"], &battle["outcome"]["draws"]), (&json!("599c51da5845e1c9"), &json!(16)));
    let a = &battle["attacker"]["contingents"][0];
    let d = &battle["defender"]["contingents"][0];
    assert_eq!(
        (&a["survivors"]["t2"], &a["wounded"]["t2"], &a["dead"]["t2"]),
        (&json!(6), &json!(13), &json!(31))
    );
    assert_eq!(
        (&d["survivors"]["t2"], &d["wounded"]["t2"], &d["dead"]["t2"]),
        (&json!(60), &json!(14), &json!(6))
    );
    assert_eq!((&battle["attacker"]["xp"], &battle["defender"]["xp"]), (&json!(180), &json!(792)));
    assert!(!kinds(&events).contains(&"CityLooted"));
    h.pass(386);
    assert_eq!((h.p(1).home, h.p(1).wounded), (Troops::new(0, 56, 0, 0), Troops::new(0, 13, 0, 0)));
    assert_eq!((h.p(2).home, h.p(2).wounded), (Troops::new(0, 60, 0, 0), Troops::new(0, 14, 0, 0)));
    let told = |n| h.notices.iter().filter(|notice| notice.to == Some(player(n))).count();
    assert_eq!((told(1), told(2)), (2, 1), "{:?}", h.notices);
    // Both results lead to the battle.
    assert_eq!(h.notices.iter().filter(|notice| notice.battle.is_some()).count(), 2);
    h.sound();
}

#[test]
fn a16_a_recorded_battle_is_fought_again() {
    use games_core::Game;
    let mut h = a16();
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 }));
    let events = h.pass(386);
    let record = events.iter().find_map(popverse_kingdoms::PopVerse::battle).unwrap();
    let report = popverse_kingdoms::PopVerse::refight(&h.rules, &record.inputs).unwrap();
    assert_eq!((record.digest.as_str(), report.digest.as_str()), ("599c51da5845e1c9", "599c51da5845e1c9"));
    assert_eq!((report.outcome, report.rounds), (record.outcome, record.rounds));
    assert_eq!(
        (report.lines[0].as_str(), report.lines[1].as_str()),
        ("seed 11429029334740729231", "init A.hero 39358")
    );
    assert_eq!(report.lines.len(), report.told.len());
    assert_eq!(report.told.last().unwrap().living, [6, 60]);
}

#[test]
fn a_battle_is_fought_again_under_the_rules_of_its_world() {
    use games_core::Game;
    // Soldiers of the second tier twice as hard to kill as version 1 has them.
    let hard = popverse_kingdoms::rules::V1.replace("\nhp = 90\n", "\nhp = 180\n");
    let mut h = a16();
    let first = h.rules.clone();
    h.rules = popverse_kingdoms::PopVerse::parse_rules(&hard).unwrap();
    assert_ne!(h.rules, first, "the file has no such figure any more");
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 }));
    let events = h.pass(386);
    let record = events.iter().find_map(popverse_kingdoms::PopVerse::battle).unwrap();
    assert_ne!(record.digest, "599c51da5845e1c9");
    let again = |rules| popverse_kingdoms::PopVerse::refight(rules, &record.inputs).unwrap().digest;
    assert_eq!(again(&h.rules), record.digest);
    assert_ne!(again(&first), record.digest);
}

#[test]
fn a18_city_raid() {
    let mut h =
        Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Arcade, 15, 15), (Faction::Arcade, 90, 90)]);
    h.patch(1, |p| {
        p.buildings[Building::Hq] = 5;
        p.home = Troops::new(0, 60, 240, 0);
        p.research[Technology::Weaponcraft] = 2;
        p.research[Technology::Armorcraft] = 1;
        p.research[Technology::FieldMedicine] = 1;
        p.research[Technology::Haulage] = 1;
        p.stores.stock = Res::new(5000, 0, 0);
        let mut leader = hero(12, &[(Skill::CriticalEye, 2)]);
        for (slot, id, power) in [(Slot::Weapon, GearId(1), 52), (Slot::Armor, GearId(2), 20)] {
            let hero = Some(HeroKey::NeonDetective);
            p.gear.insert(id, GearOwned { slot, rarity: Rarity::Rare, power, hero });
            *leader.worn_mut(slot) = Some(id);
        }
        p.heroes.insert(HeroKey::NeonDetective, leader);
    });
    h.patch(2, |p| {
        p.buildings[Building::Wall] = 8;
        p.buildings[Building::Infirmary] = 1;
        p.buildings[Building::Warehouse] = 10;
        p.research[Technology::Weaponcraft] = 1;
        p.research[Technology::Armorcraft] = 2;
        p.research[Technology::FieldMedicine] = 2;
        p.home = Troops::new(30, 60, 60, 0);
        p.heroes.insert(HeroKey::TowerWarden, hero(14, &[(Skill::IronGuard, 3)]));
        p.stores.stock = Res::new(24_000, 9000, 3500);
    });
    // The ally's troops came by a way that is of no matter here.
    h.patch(3, |p| p.home = Troops::new(20, 30, 0, 0));
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "neon_detective", "troops": 300 }));
    let arrives = h.state.marches[&MarchId(1)].arrives;
    h.scene(|s| {
        let mut guest = s.marches[&MarchId(1)].clone();
        guest.pn = Pn(3);
        guest.kind = MarchKind::Reinforce;
        guest.phase = popverse_kingdoms::state::Phase::Stationed;
        guest.target_ref = popverse_kingdoms::event::TargetRef::City(Pn(2));
        guest.troops = Troops::new(20, 30, 0, 0);
        guest.hero = None;
        s.players[2].home = Troops::NONE;
        s.marches.insert(MarchId(99), guest);
        // Nothing is eaten or made on the way: the figures are those of the moment of arrival.
        s.players[0].stores.settled_at = arrives;
        s.players[1].stores.settled_at = arrives;
    });
    h.counters.raise("battle", 3);
    let events = h.pass_to(arrives);
    let battle = payload(&events, "BattleResolved");
    assert_eq!((&battle["digest"], &battle["outcome"]["draws"]), (&json!("7c3f9b663133842d"), &json!(18)));
    assert_eq!((&battle["attacker"]["xp"], &battle["defender"]["xp"]), (&json!(3110), &json!(315)));
    assert_eq!(payload(&events, "CityLooted")["taken"], json!({ "food": 4241, "iron": 709, "gold": 120 }));
    let parts = &battle["defender"]["contingents"];
    assert_eq!(parts[0]["wounded"], json!({ "t1": 23, "t2": 46, "t3": 25, "t4": 0 }));
    assert_eq!(parts[1]["wounded"], json!({ "t1": 14, "t2": 21, "t3": 0, "t4": 0 }));
    let admitted = payload(&events, "WoundedAdmitted");
    assert_eq!(admitted["admitted"], json!({ "t1": 0, "t2": 45, "t3": 25, "t4": 0 }));
    assert_eq!(admitted["died"], json!({ "t1": 23, "t2": 1, "t3": 0, "t4": 0 }));
    assert_eq!(battle["attacker"]["contingents"][0]["wounded"]["t2"], 11);
    let shield = payload(&events, "ShieldRaised");
    assert_eq!((&shield["source"], &shield["until"]), (&json!("truce"), &json!(arrives.plus_s(43_200).ms())));
    let exhausted = payload(&events, "HeroExhausted");
    assert_eq!(
        (&exhausted["hero"], &exhausted["until"]),
        (&json!("tower_warden"), &json!(arrives.plus_s(7200).ms()))
    );
    assert_eq!(h.state.marches[&MarchId(99)].wounded, Troops::new(14, 21, 0, 0));
    // Whoever had troops in it had a part in the battle, and may read its report.
    let resolved = h.log.iter().rfind(|event| matches!(event, Event::BattleResolved(_))).unwrap();
    let at = Moment { now: arrives, cause: "a cause", position: Position::new(1) };
    let mut rows = Vec::new();
    PopVerse::history(&h.rules, &h.state, resolved, at, &mut rows);
    let parties = rows.iter().filter(|row| PopVerse::tables()[row.table].name == "pv_battle_parties");
    let parties: Vec<&Cell> = parties.map(|row| &row.cells[1]).collect();
    assert_eq!(parties, [&Cell::Int(1), &Cell::Int(2), &Cell::Int(3)]);
    h.sound();
}

/// W42 with its three players, the map known to all.
fn w42() -> Harness {
    let mut h = Harness::new(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
        let pn = u32::try_from(n).unwrap();
        h.patch(pn, |p| p.explored = popverse_kingdoms::tile::Tile::all().collect());
    }
    h
}

#[test]
fn a20_first_hunt() {
    let mut h = w42();
    h.counters.raise("battle", 4);
    let sent = h.ok(3, json!({ "type": "Attack", "x": 22, "y": 5, "hero": "pipe_squire", "troops": 30 }));
    assert_eq!(payload(&sent, "MarchStarted")["seconds"], 3018);
    let events = h.pass(3018);
    let battle = payload(&events, "BattleResolved");
    assert_eq!(
        (&battle["input"]["seed"], &battle["outcome"]["rounds"]),
        (&json!(2_814_740_702_928_821_919_u64), &json!(3))
    );
    assert_eq!((&battle["digest"], &battle["attacker"]["xp"]), (&json!("729b29291be9ab19"), &json!(180)));
    let part = &battle["attacker"]["contingents"][0];
    assert_eq!((&part["survivors"]["t1"], &part["wounded"]["t1"]), (&json!(28), &json!(1)));
    let drops = payload(&events, "DropsGained");
    assert_eq!(drops["res"], json!({ "food": 500, "iron": 200, "gold": 50 }));
    assert_eq!((&drops["gear"], &drops["scrolls"]), (&json!(null), &json!(0)));
    let squire = h.p(3).heroes[&HeroKey::PipeSquire];
    assert_eq!((squire.level, squire.xp), (2, 80));
    let fallen = payload(&events, "NpcDefeated");
    assert_eq!(fallen["respawn_at"], h.now.plus_s(14_400).ms());
    let events = h.pass(14_400);
    assert_eq!(payload(&events, "NpcSpawned")["npc"], 97);
    assert_eq!(h.p(3).hunts, 1);
    h.sound();
}

#[test]
fn a21_dragon_lair() {
    let mut h = w42();
    h.day(38, 0);
    let respawn_at = h.now.plus_s(86_400);
    h.fold([NpcDefeated { npc: NpcId(95), by: Pn(1), battle: BattleId(1), respawn_at }.into()]);
    h.day(39, 0);
    let lair = h.state.npcs[&NpcId(97)];
    assert_eq!((lair.tile.x(), lair.tile.y(), lair.level, lair.power), (92, 67, 5, 6627));
    h.patch(2, |p| {
        p.buildings[Building::Hq] = 10;
        p.home = Troops::new(0, 0, 200, 150);
        p.research[Technology::Weaponcraft] = 3;
        p.research[Technology::Armorcraft] = 2;
        p.stores.stock = Res::new(4000, 0, 0);
        let skills = [(Skill::WarCry, 3), (Skill::CriticalEye, 3), (Skill::LastStand, 3)];
        let mut fist = hero(31, &skills);
        for (slot, id, power) in [(Slot::Weapon, GearId(501), 120), (Slot::Armor, GearId(502), 60)] {
            p.gear.insert(
                id,
                GearOwned { slot, rarity: Rarity::Epic, power, hero: Some(HeroKey::AscendantFist) },
            );
            *fist.worn_mut(slot) = Some(id);
        }
        p.heroes.insert(HeroKey::AscendantFist, fist);
    });
    h.counters.raise("battle", 5);
    h.ok(2, json!({ "type": "Attack", "x": 92, "y": 67, "hero": "ascendant_fist", "troops": 350 }));
    let arrives = h.state.marches.values().next().unwrap().arrives;
    let events = h.pass_to(arrives);
    let battle = payload(&events, "BattleResolved");
    assert_eq!((&battle["digest"], &battle["outcome"]["draws"]), (&json!("a7644795033b4d63"), &json!(21)));
    assert_eq!(battle["input"]["terrain"], 1050);
    assert_eq!(battle["attacker"]["contingents"][0]["wounded"]["t3"], 41);
    assert_eq!(battle["attacker"]["xp"], 6612);
    let drops = payload(&events, "DropsGained");
    assert_eq!(drops["res"], json!({ "food": 9000, "iron": 6600, "gold": 2700 }));
    assert_eq!((&drops["diamonds"], &drops["scrolls"]), (&json!(20), &json!(1)));
    let found = payload(&events, "GearFound")["piece"].clone();
    assert_eq!(
        (&found["slot"], &found["rarity"], &found["power"]),
        (&json!("armor"), &json!("epic"), &json!(127))
    );
    let (diamonds, scrolls) = (h.p(2).diamonds, h.p(2).items[Item::Scroll]);
    h.pass(20_000);
    let p = h.p(2);
    assert_eq!((p.diamonds, p.items[Item::Scroll]), (diamonds + 20, scrolls + 1));
    assert!(p.gear.values().any(|piece| piece.power == 127));
    h.sound();
}

#[test]
fn a32_recall() {
    let mut h = a16();
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 }));
    h.pass_to(h.now.plus_ms(100_400));
    let recalled = payload(&h.ok(1, json!({ "type": "MarchRecall", "march": "1" })), "MarchRecalled");
    assert_eq!(recalled["home_at"], h.now.plus_s(101).ms());
    assert_eq!(h.refused(1, json!({ "type": "MarchRecall", "march": "1" })).code, "NOT_RECALLABLE");
    let events = h.pass(101);
    assert!(kinds(&events).contains(&"MarchReturned"));
    assert_eq!(h.p(1).home, Troops::new(0, 100, 0, 0));
    h.sound();
}

/// A32: 100 t1 with haulage 2 at a level-3 food node.
fn a32_gathering() -> Harness {
    let mut h = w42();
    let node = h.state.nodes.iter().find(|(_, n)| n.level == 3 && n.kind.key() == "food");
    let tile = *node.unwrap().0;
    h.patch(1, |p| {
        p.buildings[Building::Hq] = 5;
        p.home = Troops::new(100, 0, 0, 0);
        p.research[Technology::Haulage] = 2;
    });
    h.ok(1, json!({ "type": "Gather", "x": tile.x(), "y": tile.y(), "troops": 100 }));
    let arrives = h.state.marches.values().next().unwrap().arrives;
    let begun = payload(&h.pass_to(arrives), "GatheringStarted");
    assert_eq!((&begun["amount"], &begun["done_at"]), (&json!(1392), &json!(arrives.plus_s(2784).ms())));
    h
}

#[test]
fn a32_gathering_fills_the_load() {
    let mut h = a32_gathering();
    let events = h.pass(2784);
    let ended = payload(&events, "GatheringEnded");
    assert_eq!((&ended["collected"], &ended["reason"]), (&json!(1392), &json!("done")));
    let events = h.pass(20_000);
    assert_eq!(payload(&events, "MarchReturned")["load"]["food"], 1392);
    h.sound();
}

#[test]
fn a32_gathering_recalled_after_1000_s() {
    let mut h = a32_gathering();
    h.pass(1000);
    let events = h.ok(1, json!({ "type": "MarchRecall", "march": "1" }));
    assert_eq!(payload(&events, "GatheringEnded")["collected"], 500);
    assert_eq!(payload(&events, "MarchRecalled")["load"]["food"], 500);
    h.pass(20_000);
    assert!(h.state.marches.is_empty());
    h.sound();
}

#[test]
fn a33_scouting() {
    let mut h = w42();
    for pn in 1..=3 {
        h.patch(pn, |p| {
            p.shield = None;
            p.stores.stock = Res::new(1234, 777, 900);
        });
    }
    let city = h.p(3).city.unwrap();
    let mut seen = Vec::new();
    for (espionage, counter) in [(0, 0), (0, 3), (2, 0), (3, 0)] {
        h.patch(1, move |p| p.research[Technology::Espionage] = espionage);
        h.patch(3, move |p| p.research[Technology::Counterintelligence] = counter);
        h.ok(1, json!({ "type": "Scout", "x": city.x(), "y": city.y() }));
        let arrives = h.state.marches.values().map(|m| m.arrives).max().unwrap();
        let events = h.pass_to(arrives);
        let event = events.iter().find_map(|e| match e {
            Event::ScoutReported(e) => Some((e.chance, Some(e.depth))),
            Event::ScoutCaught(e) => Some((e.chance, None)),
            _ => None,
        });
        seen.push(event.unwrap());
        h.pass(20_000);
    }
    assert_eq!(seen, [(700, Some(1)), (400, None), (900, Some(3)), (950, Some(3))]);
    h.sound();
}

#[test]
fn a40_shield_and_truce() {
    let mut h = a16();
    let until = h.now.plus_s(40 * 3600);
    h.patch(1, move |p| p.shield = Some(Shield { until, source: ShieldSource::Beginner }));
    let attack = |drop: Option<bool>| json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50, "drop_shield": drop });
    assert_eq!(h.refused(1, attack(None)).code, "SHIELD_WOULD_DROP");
    assert_eq!(h.refused(1, attack(Some(false))).code, "SHIELD_WOULD_DROP");
    let events = h.ok(1, attack(Some(true)));
    assert_eq!(payload(&events, "ShieldEnded")["reason"], "attacked");
    assert_eq!(kinds(&events).last(), Some(&"MarchStarted"));
    // A city beaten at T is under truce for twelve hours.
    let beaten = h.now;
    let truce = beaten.plus_s(43_200);
    h.fold([popverse_kingdoms::event::ShieldRaised { pn: Pn(2), until: truce, source: ShieldSource::Truce }
        .into()]);
    h.pass_to(beaten.plus_s(11 * 3600));
    let again = json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 20 });
    assert_eq!(h.refused(1, again.clone()).code, "TARGET_SHIELDED");
    h.pass_to(truce);
    h.ok(1, again);
    h.sound();
}

#[test]
fn a_march_turns_back_from_a_city_that_has_raised_a_shield() {
    let mut h = a16();
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 }));
    h.patch(2, |p| p.items[Item::Shield8h] = 1);
    h.ok(2, json!({ "type": "CityShield" }));
    let events = h.pass(386);
    assert_eq!(payload(&events, "MarchTurnedBack")["reason"], "shielded");
    h.pass(386);
    assert_eq!(h.p(1).home, Troops::new(0, 100, 0, 0));
    h.sound();
}

#[test]
fn the_watchtower_tells_more_the_higher_it_is() {
    for (level, about) in [(1, json!(null)), (10, json!(50))] {
        let mut h = a16();
        h.patch(2, move |p| p.buildings[Building::Watchtower] = level);
        h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 }));
        h.pass(385);
        let alarm = payload(&h.log, "IncomingAlertRaised");
        assert_eq!((&alarm["pn"], &alarm["about"]), (&json!(2), &about));
        assert_eq!(h.notices.iter().filter(|n| n.kind == "alarm" && n.to == Some(player(2))).count(), 1);
        h.sound();
    }
}

#[test]
fn a41_fog() {
    let mut h = Harness::flat(0, &[(Faction::Cinema, 10, 50)]);
    h.patch(1, |p| {
        p.explored = popverse_kingdoms::tile_set::TileSet::new();
        p.explored.insert(popverse_kingdoms::tile::Tile::at(20, 50).unwrap());
        p.home = Troops::new(10, 0, 0, 0);
        p.stores.stock = Res::new(0, 0, 20);
    });
    h.fold([popverse_kingdoms::event::NpcSpawned {
        npc: NpcId(1),
        kind: popverse_kingdoms::keys::NpcType::BanditCamp,
        tile: popverse_kingdoms::tile::Tile::at(20, 50).unwrap(),
        level: 1,
        element: popverse_kingdoms::keys::Element::Fire,
        power: 200,
        seed: 0,
        replaces: None,
    }
    .into()]);
    h.ok(1, json!({ "type": "Scout", "x": 20, "y": 50 }));
    h.pass(3600);
    assert_eq!(h.p(1).explored.len(), 75);
    h.sound();
}

#[test]
fn a_driven_off_party_loses_what_it_gathered_to_the_victor() {
    let mut h = w42();
    let node = h.state.nodes.iter().find(|(_, n)| n.level == 3 && n.kind.key() == "food");
    let tile = *node.unwrap().0;
    h.patch(1, |p| {
        p.buildings[Building::Hq] = 20;
        p.home = Troops::new(800, 0, 0, 0);
        p.stores.stock = Res::new(4000, 0, 0);
    });
    h.patch(3, |p| {
        p.home = Troops::new(0, 0, 500, 0);
        p.buildings[Building::Hq] = 10;
        p.stores.stock = Res::new(4000, 0, 0);
    });
    h.ok(1, json!({ "type": "Gather", "x": tile.x(), "y": tile.y(), "troops": 800 }));
    h.pass_to(h.state.marches[&MarchId(1)].arrives);
    h.ok(3, json!({ "type": "Attack", "x": tile.x(), "y": tile.y(), "hero": "pipe_squire", "troops": 500 }));
    let events = h.pass_to(h.state.marches[&MarchId(2)].arrives);
    assert_eq!(payload(&events, "BattleResolved")["outcome"]["result"], "attacker_won");
    let ended = payload(&events, "GatheringEnded");
    assert_eq!(ended["reason"], "driven_off");
    assert_eq!(payload(&events, "BattleResolved")["loot"]["food"], ended["collected"]);
    h.pass(20_000);
    assert!(h.state.marches.is_empty());
    h.sound();
}

#[test]
fn nothing_is_due_before_its_time() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.ok(1, json!({ "type": "BuildStart", "building": "hq" }));
    let due = h.p(1).builds[0].due;
    h.pass_to(GameTime::from_ms(due.ms() - 1));
    assert_eq!(h.p(1).buildings[Building::Hq], 1);
    h.pass_to(due);
    assert_eq!(h.p(1).buildings[Building::Hq], 2);
}
