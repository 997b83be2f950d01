//! The calendar: reset, finals, end, prestige (A37), privacy (A42), administrators.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use harness::{Harness, kinds, payload, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::config::Config;
use popverse_kingdoms::keys::{Building, Faction, HeroKey};
use serde_json::json;

fn short(h: u64) -> Harness {
    Harness::with(h, &Config { season_days: 30, ..Config::default() })
}

#[test]
fn the_reset_settles_rebalances_and_begins_the_finals() {
    let mut h = short(42);
    h.join(1, Faction::Cinema);
    let events = h.day(1, 0);
    assert_eq!(
        kinds(&events),
        ["ResourcesProduced", "EconomyRebalanced", "LandsRevalued", "DailyResetPassed"]
    );
    assert_eq!(payload(&events, "DailyResetPassed")["day"], 2);
    // What the day brought in and what went out is what is held.
    let flows = payload(&events, "EconomyRebalanced");
    let held = h.p(1).stores.stock;
    for (resource, held) in [("food", held.food), ("iron", held.iron), ("gold", held.gold)] {
        let [minted, burned] = ["minted", "burned"].map(|flow| flows[flow][resource].as_i64().unwrap());
        assert!(minted > 0 && minted - burned == held, "{resource}: {minted} - {burned} is not {held}");
    }
    let events = h.day(29, 0);
    let finals = payload(&events, "FinalsBegun");
    assert_eq!(finals["day"], 17);
    assert!(h.state.finals);
    h.sound();
}

#[test]
fn a37_the_season_ends_by_the_calendar_and_the_reset_does_not_run() {
    let mut h = short(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
    }
    h.patch(1, |p| {
        p.active_days = 12;
        p.hunts = 3;
        p.buildings[Building::Hq] = 10;
    });
    h.patch(2, |p| p.active_days = 30);
    h.day(29, 80_000);
    h.ok(2, json!({ "type": "TroopsTrain", "tier": "t1", "count": 5 }));
    let events = h.day(30, 0);
    let of = kinds(&events);
    assert_eq!(of.last(), Some(&"SeasonEnded"));
    assert!(!of.contains(&"DailyResetPassed"));
    assert!(PopVerse::ended(&h.state) && h.state.timers.is_empty());
    let scored = payload(&events, "SeasonScored");
    assert_eq!((&scored["scores"][0]["pn"], &scored["scores"][0]["rank"]), (&json!(1), &json!(1)));
    // Rank 1, first on the board of hunts, victorious faction.
    let award = payload(&events, "PrestigeAwarded");
    assert_eq!(award["parts"], json!({ "rank": 200, "boards": 30, "faction": 20, "guild": 0 }));
    assert_eq!((&award["total"], &award["tier"]), (&json!(250), &json!(2)));
    assert_eq!(payload(&events, "SeasonEnded")["victorious_faction"], "cinema");
    assert_eq!(h.refused(1, json!({ "type": "CityCrew" })).code, "WORLD_ENDED");
    assert_eq!(h.pass(86_400 * 3).len(), 0);
    h.sound();
}

#[test]
fn the_end_brings_marches_home_with_their_loads() {
    let mut h = short(42);
    h.join(1, Faction::Cinema);
    let node = *h.state.nodes.iter().find(|(_, n)| n.level == 3).unwrap().0;
    h.patch(1, |p| {
        p.explored = popverse_kingdoms::tile::Tile::all().collect();
        p.buildings[Building::Hq] = 5;
        p.home = Troops::new(250, 0, 0, 0);
    });
    h.ok(1, json!({ "type": "Gather", "x": node.x(), "y": node.y(), "troops": 200 }));
    let arrives = h.state.marches.values().next().unwrap().arrives;
    h.pass_to(arrives.plus_s(600));
    let mut all = Vec::new();
    // An operator ends the season: the host closes through the same door as the calendar.
    h.close(&mut all);
    let of = kinds(&all);
    assert!(of.contains(&"GatheringEnded") && of.contains(&"MarchReturned"));
    assert_eq!(payload(&all, "SeasonEnded")["reason"], "admin");
    assert_eq!(h.p(1).home.total(), 250);
    h.sound();
}

#[test]
fn a42_a_player_who_leaves_takes_everything_along() {
    let mut h = Harness::new(42);
    h.join(7, Faction::Cinema);
    h.join(8, Faction::Otaku);
    h.patch(1, |p| {
        p.explored = popverse_kingdoms::tile::Tile::all().collect();
        p.home = Troops::new(40, 0, 0, 0);
    });
    let camp = *h.state.npc_at.keys().next().unwrap();
    h.ok(7, json!({ "type": "Attack", "x": camp.x(), "y": camp.y(), "hero": "stunt_rookie", "troops": 30 }));
    h.ok(7, json!({ "type": "BuildStart", "building": "hq" }));
    assert_eq!(h.refused(7, json!({ "type": "PrivacyDelete", "confirm": false })).code, "NOT_CONFIRMED");
    let events = h.ok(7, json!({ "type": "PrivacyDelete", "confirm": true }));
    let deleted = payload(&events, "PlayerDeleted");
    assert_eq!((&deleted["troops"]["t1"], &deleted["diamonds"]), (&json!(40), &json!(100)));
    assert_eq!(kinds(&events).last(), Some(&"CityRemoved"));
    assert!(h.state.marches.is_empty() && h.state.cities.len() == 1);
    assert!(PopVerse::scores(&h.rules, &h.state, 1).is_empty());
    assert_eq!(
        h.query(8, json!({ "type": "Profile", "player": player(7) })).unwrap_err().code,
        "UNKNOWN_PLAYER"
    );
    // Unknown players are answered with success and nothing happens.
    assert_eq!(h.ok(7, json!({ "type": "PrivacyDelete", "confirm": true })).len(), 0);
    h.pass(86_400);
    h.sound();
    // A later join is a new player.
    assert_eq!(h.join(7, Faction::Arcade).0, 3);
    h.sound();
}

#[test]
fn an_anonymous_player_plays_on_under_a_number() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.ok(1, json!({ "type": "PrivacyAnonymize", "confirm": true }));
    let page = h.query(1, json!({ "type": "Profile" })).unwrap();
    assert_eq!(page["name"], "anonymous_1");
    h.ok(1, json!({ "type": "BuildStart", "building": "hq" }));
    h.sound();
}

#[test]
fn what_is_carried_is_what_the_next_season_begins_with() {
    use games_core::view::Cell;
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.join(2, Faction::Otaku);
    h.patch(1, |p| (p.prestige, p.seasons_played) = (170, 2));
    h.ok(1, json!({ "type": "NotifySet", "kind": "city", "dm": true }));
    h.ok(1, json!({ "type": "PrivacyAnonymize", "confirm": true }));
    h.ok(2, json!({ "type": "PrivacyDelete", "confirm": true }));
    // What the host tells of the season goes to those who want it; by default that is nobody.
    assert_eq!(PopVerse::wanting(&h.state, "season"), []);
    h.ok(1, json!({ "type": "NotifySet", "kind": "season", "dm": true }));
    assert_eq!(PopVerse::wanting(&h.state, "season"), [player(1)]);
    assert_eq!(PopVerse::wanting(&h.state, "weather"), []);
    let people = PopVerse::people().unwrap();
    let table = PopVerse::tables().iter().position(|table| table.name == people.table).unwrap();
    let carried = PopVerse::tables()[table].columns.iter().position(|c| c.name == people.carried).unwrap();
    let facts = |h: &Harness, pn: i64| -> std::collections::BTreeMap<String, i64> {
        let key = games_core::view::RowKey::new(table, [Cell::Int(pn)]);
        let row = PopVerse::row(&h.rules, &h.state, &key).unwrap();
        let Cell::Text(text) = &row[carried] else { panic!("{row:?}") };
        serde_json::from_str(text).unwrap()
    };
    assert!(facts(&h, 2).is_empty(), "who left carries nothing");
    let mut next = Harness::new(43);
    next.facts.carried = facts(&h, 1);
    next.join(1, Faction::Arcade);
    let player = next.p(1);
    assert_eq!((player.prestige, player.seasons_played, player.anonymous), (170, 3, true));
    let page = next.query(1, json!({ "type": "Profile" })).unwrap();
    assert_eq!((&page["name"], &page["tier"]), (&json!("anonymous_1"), &json!(2)));
    let switches = next.query(1, json!({ "type": "NotifyView" })).unwrap();
    let city = json!({ "kind": "city", "dm": true, "set": true });
    assert!(switches["switches"].as_array().unwrap().contains(&city), "{switches}");
    next.sound();
}

#[test]
fn administrators_grant_and_suspend() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let grant = |item: &str, amount: i64| json!({ "type": "AdminGrant", "player": player(1), "item": item, "amount": amount, "reason": "test" });
    let events = h.admin(grant("food", 20_000)).unwrap();
    // Stores take twice the cap of 5000.
    assert_eq!(payload(&events, "ResourcesSpilled")["lost"]["food"], 11_000);
    assert_eq!(h.p(1).stores.stock.food, 10_000);
    h.admin(grant("diamonds", 50)).unwrap();
    assert_eq!(h.p(1).diamonds, 150);
    let who = json!({ "type": "AdminSuspend", "player": player(1), "reason": "spam" });
    h.admin(who).unwrap();
    let refused = h.refused(1, json!({ "type": "CityShield" }));
    assert_eq!((refused.code.as_ref(), refused.context["reason"].as_str()), ("SUSPENDED", "spam"));
    assert!(h.p(1).shielded(h.now).is_some());
    h.admin(json!({ "type": "AdminReinstate", "player": player(1), "reason": "appeal" })).unwrap();
    h.ok(1, json!({ "type": "BuildStart", "building": "hq" }));
    h.sound();
}

#[test]
fn summons_cost_scrolls_and_fill_the_roster() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let events = h.ok(1, json!({ "type": "HeroSummon", "pay": "scrolls", "count": 5 }));
    let heroes: Vec<HeroKey> = h.p(1).heroes.keys().copied().collect();
    // A30: the first summons of W42.
    for key in [HeroKey::MatineeSheriff, HeroKey::TideSorceress, HeroKey::StickPage, HeroKey::SilverDuelist] {
        assert!(heroes.contains(&key), "{key} is missing");
    }
    // Room for five at hall 0: the starter and four; the fifth scroll stays.
    assert_eq!((heroes.len(), h.p(1).items[popverse_kingdoms::keys::Item::Scroll]), (5, 1));
    assert_eq!(kinds(&events).iter().filter(|kind| **kind == "HeroSummoned").count(), 4);
    assert_eq!(h.refused(1, json!({ "type": "HeroSummon", "pay": "scrolls" })).code, "ROSTER_FULL");
    h.sound();
}

#[test]
fn a_relocated_city_leaves_its_tile() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.patch(1, |p| {
        p.items[popverse_kingdoms::keys::Item::Relocator] = 2;
        p.stores.stock = Res::new(1, 1, 1);
    });
    let from = h.p(1).city.unwrap();
    let events = h.ok(1, json!({ "type": "CityRelocate" }));
    let moved = payload(&events, "CityRelocated");
    assert_eq!((&moved["mode"], h.p(1).city == Some(from)), (&json!("random"), false));
    assert_eq!(h.state.cities.len(), 1);
    assert_eq!(h.refused(1, json!({ "type": "CityRelocate" })).code, "COOLDOWN");
    h.sound();
}

#[test]
fn a_number_that_history_skipped_stands_for_nobody() {
    let mut h = Harness::new(42);
    h.counters.raise("player", 4);
    assert_eq!(h.join(1, Faction::Cinema).0, 5);
    assert_eq!(h.state.living().count(), 1);
    assert_eq!(h.state.heads(Faction::Cinema), 1);
    h.day(1, 0);
    h.sound();
}
