//! What players know of each other: scouts on land, watchtowers, fog, army powers (rulebook 2.5, 2.11, 2.20, 3.1).

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::camps;
use popverse_kingdoms::formulas::power;
use popverse_kingdoms::ids::{NpcId, Pn};
use popverse_kingdoms::keys::{Building, Faction, HeroKey, Item, ParcelType, Skill, Table, Technology};
use popverse_kingdoms::state::Scouted;
use popverse_kingdoms::tile::Tile;
use schemas::GameTime;
use serde_json::{Value, json};

/// A16: two cities on plains, an army against 80 t2 with a warden.
fn two_cities() -> Harness {
    let mut h = Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15)]);
    for pn in 1..=2 {
        h.patch(pn, |p| {
            p.buildings[Building::Hq] = 1;
            p.buildings[Building::Farm] = 5;
            p.buildings[Building::Warehouse] = 5;
            p.stores.stock = Res::new(5000, 5000, 2000);
            p.diamonds = 100;
        });
    }
    h.patch(1, |p| {
        p.home = Troops::new(0, 100, 0, 0);
        p.heroes.insert(HeroKey::QuietWidower, hero(1, &[(Skill::FirstStrike, 1)]));
    });
    h.patch(2, |p| {
        p.home = Troops::new(0, 80, 0, 0);
        p.heroes.insert(HeroKey::AscendantFist, hero(1, &[(Skill::WarCry, 1)]));
        p.warden = Some(HeroKey::AscendantFist);
    });
    h
}

fn attack() -> Value {
    json!({ "type": "Attack", "x": 15, "y": 15, "hero": "quiet_widower", "troops": 50 })
}

/// 1 Cinema, 2 and 3 Otaku and of one guild; parcels 1 and 2.
fn lands() -> Harness {
    let cities = [(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15), (Faction::Otaku, 20, 10)];
    let parcels = [(ParcelType::Farmstead, 12, 20), (ParcelType::StrategicFort, 20, 20)];
    let mut h = Harness::plains(42, &cities, &parcels);
    for pn in 1..=3 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 5);
            p.home = Troops::new(100, 40, 0, 0);
            p.stores.stock = Res::new(4000, 4000, 9000);
            p.heroes.insert(HeroKey::StuntRookie, hero(1, &[]));
        });
    }
    h.ok(2, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(2, json!({ "type": "GuildInvite", "player": player(3) }));
    h.ok(3, json!({ "type": "GuildAccept", "guild": "1" }));
    h
}

/// Sends scouts and waits for what they see.
fn scout(h: &mut Harness, x: i64, y: i64) -> Vec<popverse_kingdoms::event::Event> {
    h.ok(1, json!({ "type": "Scout", "x": x, "y": y }));
    let events = h.pass(3600);
    h.pass(3600);
    events
}

#[test]
fn who_owns_land_watches_over_it_and_nobodys_hides_nothing() {
    let mut h = lands();
    let report = payload(&scout(&mut h, 12, 20), "ScoutReported");
    assert_eq!(
        (&report["depth"], &report["chance"], &report["seed"]),
        (&json!(3), &json!(1000), &json!(null))
    );
    // Draws of marches 2 and 3 are 720 and 260 (A33); five levels against none leave a chance of 200.
    h.ok(2, json!({ "type": "LandBuy", "parcel": 1 }));
    h.patch(2, |p| p.research[Technology::Counterintelligence] = 5);
    let caught = payload(&scout(&mut h, 13, 21), "ScoutCaught");
    assert_eq!((&caught["by"], &caught["chance"]), (&json!(2), &json!(200)));
    let told = |h: &Harness, n: u64, kind: &str| {
        h.notices.iter().filter(|notice| notice.to == Some(player(n)) && notice.kind == kind).count()
    };
    assert_eq!((told(&h, 1, "scout"), told(&h, 2, "scout")), (2, 1));
    h.patch(2, |p| p.research[Technology::Counterintelligence] = 0);
    let report = payload(&scout(&mut h, 12, 20), "ScoutReported");
    assert_eq!((&report["depth"], &report["chance"]), (&json!(1), &json!(700)));
    assert_eq!((&report["facts"]["troops"], &report["facts"]["owner"]), (&json!(null), &json!(2)));
    // Nobody hides their own land from themselves.
    h.patch(2, |p| p.research[Technology::Counterintelligence] = 5);
    h.ok(2, json!({ "type": "Scout", "x": 12, "y": 20 }));
    let own = payload(&h.pass(3600), "ScoutReported");
    assert_eq!((&own["depth"], &own["seed"]), (&json!(3), &json!(null)));
    h.sound();
}

#[test]
fn a_guilds_land_is_watched_by_who_leads_its_garrison_else_by_the_guilds_leader() {
    let mut h = lands();
    h.ok(2, json!({ "type": "GuildDeposit", "resource": "gold", "amount": 8000 }));
    h.ok(2, json!({ "type": "LandBuy", "parcel": 2, "for": "guild" }));
    for pn in 2..=3 {
        h.patch(pn, |p| p.research[Technology::Counterintelligence] = 5);
    }
    let scouts = json!({ "type": "Scout", "x": 20, "y": 20 });
    // Draw 720 is march 2's, 786 is march 4's.
    h.counters.raise("march", 1);
    h.ok(1, scouts.clone());
    assert_eq!(payload(&h.pass(3600), "ScoutCaught")["by"], 2);
    h.ok(3, json!({ "type": "LandGarrison", "parcel": 2, "troops": 20 }));
    h.pass(3600);
    h.ok(1, scouts.clone());
    assert_eq!(payload(&h.pass(3600), "ScoutCaught")["by"], 3);
    // Whoever sees through it learns as much of the garrison as of a city's troops.
    h.patch(1, |p| p.research[Technology::Espionage] = 5);
    for pn in 2..=3 {
        h.patch(pn, |p| p.research[Technology::Counterintelligence] = 3);
    }
    h.ok(1, scouts);
    let facts = payload(&h.pass(3600), "ScoutReported")["facts"].clone();
    assert_eq!((&facts["troops"]["t2"], &facts["hero_present"]), (&json!(20), &json!(false)));
    // 20 t2 behind a fort's walls.
    assert_eq!(facts["power"], 20 * 18 * 1100 / 1000);
    h.sound();
}

#[test]
fn all_members_of_a_guild_may_strike_back_for_its_land() {
    let mut h = lands();
    h.ok(2, json!({ "type": "GuildDeposit", "resource": "gold", "amount": 8000 }));
    h.ok(2, json!({ "type": "LandBuy", "parcel": 2, "for": "guild" }));
    h.ok(3, json!({ "type": "LandGarrison", "parcel": 2, "troops": 100 }));
    h.pass(172_800);
    let attack = json!({ "type": "Attack", "x": 21, "y": 21, "hero": "stunt_rookie", "troops": 1, "drop_shield": true });
    h.ok(1, attack);
    let events = h.pass(7200);
    assert!(!kinds(&events).contains(&"LandSeized"));
    for pn in 2..=3 {
        assert!(h.p(pn).aggressors.contains_key(&Pn(1)), "player {pn}");
    }
    h.sound();
}

#[test]
fn whoever_is_on_the_way_home_keeps_no_city_where_it_is() {
    let mut h = two_cities();
    h.patch(2, |p| {
        p.buildings[Building::Watchtower] = 10;
        p.items[Item::Relocator] = 1;
        p.relocations = 0;
    });
    h.ok(1, attack());
    let relocate = json!({ "type": "CityRelocate" });
    assert_eq!(h.refused(2, relocate.clone()).code, "RELOCATE_BLOCKED");
    assert!(kinds(&h.log).contains(&"IncomingAlertRaised"));
    h.pass(386);
    assert!(h.state.marches.values().any(|march| march.alerted), "it is on its way home");
    assert!(kinds(&h.ok(2, relocate)).contains(&"CityRelocated"));
    h.sound();
}

#[test]
fn a_tower_raised_while_the_enemy_comes_raises_the_alarm_in_time_or_at_once() {
    let build = json!({ "type": "BuildStart", "building": "watchtower" });
    let finish = json!({ "type": "BuildHasten", "building": "watchtower", "with": "diamonds" });
    // Here after 386 s; a tower of level 1 sees 120 s far.
    for (done, told) in [(100, 266), (300, 300)] {
        let mut h = two_cities();
        let start = h.now;
        h.ok(1, attack());
        h.pass(done);
        h.ok(2, build.clone());
        let at_once = kinds(&h.ok(2, finish.clone())).contains(&"IncomingAlertRaised");
        assert_eq!(at_once, done == told);
        if !at_once {
            h.pass_to(start.plus_s(told - 1));
            assert!(!kinds(&h.log).contains(&"IncomingAlertRaised"));
            h.pass(1);
        }
        assert_eq!(payload(&h.log, "IncomingAlertRaised")["level"], 1);
        h.pass(386);
        assert_eq!(kinds(&h.log).into_iter().filter(|kind| *kind == "IncomingAlertRaised").count(), 1);
        h.sound();
    }
}

#[test]
fn the_message_of_an_alarm_says_all_that_the_tower_sees() {
    let alarm = |level: i64| {
        let mut h = two_cities();
        h.patch(2, move |p| p.buildings[Building::Watchtower] = level);
        h.ok(1, attack());
        h.notices.iter().find(|notice| notice.kind == "alarm").unwrap().text.clone()
    };
    let after = |level: i64, what: &str| assert!(alarm(level).ends_with(what), "{}", alarm(level));
    assert!(!alarm(4).contains("player 1"));
    after(5, "Z.");
    after(10, ", about 50 troops.");
    after(15, ", 50 t2.");
    after(20, ", 50 t2, led by Quiet Widower.");
    assert!(alarm(5).contains("An attack of player 1 will reach your city"));
    // Scouts bring no troops of which there was anything to say.
    let mut h = two_cities();
    h.patch(2, |p| p.buildings[Building::Watchtower] = 20);
    h.ok(1, json!({ "type": "Scout", "x": 15, "y": 15 }));
    let told = &h.notices.iter().find(|notice| notice.kind == "alarm").unwrap().text;
    assert!(told.starts_with("Scouts of player 1 will reach your city") && told.ends_with("Z."), "{told}");
}

#[test]
fn an_army_knows_its_power_and_that_of_what_its_sender_has_scouted() {
    let mut h = two_cities();
    let started = payload(&h.ok(1, attack()), "MarchStarted");
    assert_eq!((&started["power"], &started["against"]), (&json!(1237), &json!(null)));
    h.ok(1, json!({ "type": "MarchRecall", "march": "1" }));
    h.pass(60);
    let tile = |h: &Harness| h.query(1, json!({ "type": "MapTile", "x": 15, "y": 15 })).unwrap();
    // March 3 draws 260 of 900 and looks three deep (A33).
    h.patch(1, |p| p.research[Technology::Espionage] = 2);
    h.counters.raise("march", 2);
    h.ok(1, json!({ "type": "Scout", "x": 15, "y": 15 }));
    assert_eq!(tile(&h)["power_estimate"], Value::Null);
    let report = payload(&h.pass(1200), "ScoutReported");
    assert_eq!((&report["depth"], &report["facts"]["power"]), (&json!(3), &json!(1880)));
    assert_eq!(tile(&h)["power_estimate"], 1880);
    // One's own is no secret.
    let own = h.query(2, json!({ "type": "MapTile", "x": 15, "y": 15 })).unwrap();
    assert_eq!(own["power_estimate"], 1880);
    assert!(tile(&h)["city"]["kingdom_power"].as_i64().unwrap() > 1880);
    assert_eq!(payload(&h.ok(1, attack()), "MarchStarted")["against"], 1880);
    // What was seen is known for an hour.
    let fresh = h.p(1).scouted[0].until;
    h.pass_to(fresh);
    h.pass(1);
    assert_eq!(tile(&h)["power_estimate"], Value::Null);
    h.sound();
}

/// Player 1 in W42 with a tile explored and in sight.
fn looking_at(tile: Tile) -> Harness {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let until = GameTime::from_ms(i64::MAX);
    h.patch(1, move |p| {
        p.explored = Tile::all().collect();
        p.scouted.push(Scouted { tile, until, power: None });
    });
    h
}

fn look(h: &Harness, tile: Tile) -> Value {
    h.query(1, json!({ "type": "MapTile", "x": tile.x(), "y": tile.y() })).unwrap()
}

#[test]
fn a_lairs_estimate_counts_its_mountain_and_a_nodes_rest_is_seen_not_remembered() {
    let tile = Tile::at(36, 73).unwrap();
    let h = looking_at(tile);
    let lair = h.state.npcs[&NpcId(95)];
    assert_eq!(lair.tile, tile);
    let dragon = camps::dragon(&h.rules, lair.kind, lair.level, lair.element).unwrap().power;
    let troops = camps::troops(&h.rules, lair.kind, lair.level);
    let plain = power::army(&h.rules, None, troops, dragon, Some(1000));
    assert_eq!(look(&h, tile)["power_estimate"], plain * 1050 / 1000);

    let node = *Harness::new(42).state.nodes.keys().next().unwrap();
    let mut h = looking_at(node);
    let left = h.state.nodes[&node].left;
    assert_eq!(
        (&look(&h, node)["node"]["left"], &look(&h, node)["node"]["refill_at"]),
        (&json!(left), &json!(null))
    );
    assert_eq!(look(&h, node)["power_estimate"], Value::Null);
    h.patch(1, |p| p.scouted.clear());
    assert_eq!(look(&h, node)["node"].get("left"), None);
    h.sound();
}

#[test]
fn a_party_that_gathers_in_sight_shows_its_power() {
    let node = *Harness::new(42).state.nodes.keys().next().unwrap();
    let mut h = looking_at(node);
    h.join(2, Faction::Cinema);
    h.patch(2, |p| p.explored = Tile::all().collect());
    h.ok(2, json!({ "type": "Gather", "x": node.x(), "y": node.y(), "troops": 20, "hero": "stunt_rookie" }));
    let arrives = h.state.marches.values().next().unwrap().arrives;
    h.pass_to(arrives);
    // 20 t1 and a hero of power 60, of a faction whose attack counts for more.
    assert_eq!(look(&h, node)["power_estimate"], (20 * 10 + 60) * 1100 / 1000);
    h.patch(1, |p| p.scouted.clear());
    assert_eq!(look(&h, node).get("power_estimate"), None);
    h.sound();
}

#[test]
fn nothing_is_found_where_nobody_has_been() {
    let mut h = two_cities();
    let find =
        |h: &Harness| h.query(1, json!({ "type": "MapFind", "kind": "city" })).unwrap()["rows"].clone();
    h.patch(1, |p| {
        p.buildings[Building::Watchtower] = 10;
        p.explored = Tile::at(10, 10).unwrap().square(4).collect();
    });
    assert_eq!(find(&h), json!([]));
    h.patch(1, |p| p.explored = Tile::all().collect());
    assert_eq!((&find(&h)[0]["x"], &find(&h)[0]["y"]), (&json!(15), &json!(15)));
    h.sound();
}

#[test]
fn land_shows_whose_it_is_and_who_stands_on_it_where_that_is_seen() {
    let mut h = lands();
    h.ok(2, json!({ "type": "GuildDeposit", "resource": "gold", "amount": 8000 }));
    h.ok(2, json!({ "type": "LandBuy", "parcel": 2, "for": "guild" }));
    h.ok(3, json!({ "type": "LandGarrison", "parcel": 2, "troops": 20 }));
    h.pass(3600);
    let gate = Tile::at(20, 20).unwrap();
    let shown = look(&h, gate);
    assert_eq!(shown["parcel"]["owner"], json!({ "guild": 1, "tag": "REEL" }));
    assert_eq!((shown["parcel"].get("garrison"), shown.get("power_estimate")), (None, None));
    let until = h.now.plus_s(60);
    h.patch(1, move |p| p.scouted.push(Scouted { tile: gate, until, power: None }));
    let shown = look(&h, gate);
    assert_eq!((&shown["parcel"]["garrison"]["t2"], &shown["power_estimate"]), (&json!(20), &json!(396)));
    let info = h.query(1, json!({ "type": "GuildInfo", "guild": "1" })).unwrap();
    assert_eq!((&info["parcels"], &info["parcels_max"]), (&json!([2]), &json!(1)));
    h.sound();
}
