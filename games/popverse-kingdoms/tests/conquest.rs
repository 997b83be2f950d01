//! The weekly conquest (rulebook 2.18): what A36 does not tell.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::amounts::Troops;
use popverse_kingdoms::event::Event;
use popverse_kingdoms::ids::{BannerId, MarchId};
use popverse_kingdoms::keys::{ControlPoint, Faction, HeroKey, Table};
use popverse_kingdoms::state::{Conquest, Phase};
use serde_json::{Value, json};

/// Day 6 is the first Saturday: muster at 17:00, start at 18:00, end at 20:00.
const START: (i64, i64) = (5, 18 * 3600);

const LEADERS: [HeroKey; 6] = [
    HeroKey::StuntRookie,
    HeroKey::MatineeSheriff,
    HeroKey::PropMaster,
    HeroKey::NeonDetective,
    HeroKey::SilverDuelist,
    HeroKey::RuinDirector,
];

/// Four players around the crown: 1 and 3 of Cinema, 2 of Otaku, 4 of Arcade, each far stronger than a keeper.
fn scene() -> Harness {
    let cities = [
        (Faction::Cinema, 50, 44),
        (Faction::Otaku, 50, 56),
        (Faction::Cinema, 44, 50),
        (Faction::Arcade, 56, 50),
    ];
    let mut h = Harness::flat(42, &cities);
    h.raise_points(harness::POINTS);
    for pn in 1..=4 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 20);
            p.home = Troops::new(0, 0, 2000, 0);
            p.stores.stock.food = 200_000;
            for key in LEADERS {
                p.heroes.insert(key, hero(1, &[]));
            }
        });
    }
    h
}

fn march(h: &mut Harness, n: u64, leader: usize, troops: i64) -> MarchId {
    let hero = LEADERS[leader].key();
    let events =
        h.ok(n, json!({ "type": "ConquestMarch", "point": "crown", "hero": hero, "troops": troops }));
    MarchId(payload(&events, "MarchStarted")["march"].as_u64().unwrap())
}

fn now(h: &Harness) -> &Conquest {
    h.state.conquests.last_key_value().unwrap().1
}

fn crown(h: &Harness) -> &popverse_kingdoms::state::Point {
    &now(h).points[ControlPoint::Crown]
}

fn lone(pn: u64) -> BannerId {
    BannerId(1_000_000 + pn)
}

/// To so many seconds after the start of the first conquest.
fn at(h: &mut Harness, seconds: i64) -> Vec<Event> {
    h.day(START.0, START.1 + seconds)
}

fn count(events: &[Event], kind: &str) -> usize {
    kinds(events).into_iter().filter(|k| *k == kind).count()
}

#[test]
fn marches_are_accepted_from_muster_to_end_and_come_too_late_after_it() {
    let mut h = scene();
    let closed = json!({ "type": "ConquestMarch", "point": "crown", "hero": "stunt_rookie", "troops": 10 });
    h.day(5, 17 * 3600 - 1);
    let rejection = h.refused(1, closed.clone());
    assert_eq!(rejection.code, "CONQUEST_CLOSED");
    let due = h.state.timers.next().unwrap().due.to_string();
    assert!(rejection.context.iter().any(|(name, value)| name == "time" && *value == due), "{rejection:?}");
    assert_eq!(kinds(&h.day(5, 17 * 3600)).first(), Some(&"ConquestMustered"));
    at(&mut h, 7200 - 100);
    let late = march(&mut h, 1, 1, 10);
    let events = at(&mut h, 7200 + 600);
    assert_eq!(payload(&events, "MarchTurnedBack")["reason"], json!("conquest_over"));
    assert_eq!(payload(&events, "MarchTurnedBack")["march"], json!(late));
    assert_eq!(h.refused(1, closed).code, "CONQUEST_CLOSED");
    h.sound();
}

#[test]
fn a_banner_holds_with_five_armies_and_the_sixth_goes_home() {
    let mut h = scene();
    h.day(5, 17 * 3600);
    // A march cap of 1000 and four slots: three players of one guild send six armies.
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(1, json!({ "type": "GuildInvite", "player": player(3) }));
    h.ok(3, json!({ "type": "GuildAccept", "guild": "1" }));
    for leader in 0..3 {
        march(&mut h, 1, leader, 400);
        march(&mut h, 3, leader, 400);
    }
    at(&mut h, 0);
    assert_eq!(crown(&h).queue.len(), 6);
    let events = at(&mut h, 60);
    assert_eq!(payload(&events, "ConquestPointTaken")["from"], json!(null));
    let events = at(&mut h, 4 * 60 + 60);
    assert_eq!(count(&events, "ConquestArmyJoinedGarrison"), 4);
    assert_eq!((crown(&h).garrison.len(), crown(&h).queue.len()), (5, 1));
    // Five armies of two players: merit for each of them, and the crown scores three.
    let events = at(&mut h, 360);
    assert_eq!(payload(&events, "ConquestArmySentHome")["reason"], json!("garrison_full"));
    let scored = payload(&events, "ConquestScored");
    assert_eq!(scored["points"], json!([{ "point": "crown", "banner": 1, "points": 3 }]));
    let merit: i64 = scored["merit"].as_array().unwrap().iter().map(|m| m["merit"].as_i64().unwrap()).sum();
    assert_eq!(merit, 5);
    h.sound();
}

#[test]
fn an_owner_whose_garrison_was_called_home_scores_until_somebody_simply_takes_the_point() {
    let mut h = scene();
    h.day(5, 17 * 3600);
    let first = march(&mut h, 1, 0, 900);
    at(&mut h, 60);
    assert_eq!(crown(&h).owner, Some(lone(1)));
    assert_eq!(h.state.marches[&first].phase, Phase::Conquest);
    h.ok(1, json!({ "type": "MarchRecall", "march": first.to_string() }));
    assert!(crown(&h).garrison.is_empty());
    assert_eq!(
        h.refused(1, json!({ "type": "MarchRecall", "march": first.to_string() })).code,
        "NOT_RECALLABLE"
    );
    let merit = h.p(1).merit;
    at(&mut h, 180);
    assert_eq!(now(&h).tallies[&lone(1)].score, 9);
    assert_eq!(h.p(1).merit, merit, "nobody stands there");
    march(&mut h, 2, 0, 10);
    let events = at(&mut h, 600);
    let taken = payload(&events, "ConquestPointTaken");
    assert_eq!((&taken["from"], &taken["banner"]), (&json!(1_000_001), &json!(1_000_002)));
    assert_eq!(count(&events, "BattleResolved"), 0, "nobody was there to be fought");
    h.sound();
}

#[test]
fn a_beaten_army_leaves_the_victor_at_the_head_until_the_garrison_is_gone() {
    let mut h = scene();
    h.day(5, 17 * 3600);
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    march(&mut h, 1, 0, 60);
    march(&mut h, 1, 1, 60);
    at(&mut h, 180);
    assert_eq!(crown(&h).garrison.len(), 2);
    march(&mut h, 2, 0, 1000);
    let events = at(&mut h, 3600);
    // One army a tick: two clashes at two ticks, then the point is taken.
    let ticks: Vec<Value> = events
        .iter()
        .filter(|e| {
            matches!(e, Event::BattleResolved(_) | Event::ConquestPointTaken(_) | Event::ConquestScored(_))
        })
        .map(|e| json!(schemas::codec::Recorded::kind(e)))
        .collect();
    let fought = ticks.iter().position(|k| k == "BattleResolved").unwrap();
    let told: Vec<&str> = ticks[fought..fought + 5].iter().filter_map(Value::as_str).collect();
    let expected =
        ["BattleResolved", "ConquestScored", "BattleResolved", "ConquestPointTaken", "ConquestScored"];
    assert_eq!(told, expected);
    assert!(h.p(2).merit >= 20, "two clashes won");
    assert_eq!(crown(&h).owner, Some(lone(2)));
    h.sound();
}

#[test]
fn ticks_without_anybody_are_not_recorded_and_count_all_the_same() {
    let mut h = scene();
    h.day(5, 17 * 3600);
    at(&mut h, 0);
    assert_eq!(kinds(&at(&mut h, 3000)), Vec::<&str>::new());
    march(&mut h, 1, 0, 900);
    let events = at(&mut h, 4000);
    let arrived = h.state.marches.values().next().unwrap().arrives;
    let scored = payload(&events, "ConquestScored");
    let elapsed = arrived.since(now(&h).starts);
    assert_eq!(scored["tick"].as_i64().unwrap(), (elapsed + 59_999) / 60_000);
    at(&mut h, 7200);
    let ticks = 120 - scored["tick"].as_i64().unwrap() + 1;
    assert_eq!(now(&h).tallies[&lone(1)].score, 3 * ticks);
    assert_eq!(now(&h).tallies[&lone(1)].crown_ticks, ticks);
    // The reward of the first rank, points for a lone player and the faction, and the next muster a week later.
    assert_eq!((h.p(1).conquest_points, h.state.faction_points[Faction::Cinema]), (3 * ticks, 3 * ticks));
    assert_eq!(h.p(1).diamonds, 60);
    let next = h.state.timers.due(&popverse_kingdoms::state::TimerKey::ConquestMuster).unwrap();
    assert_eq!(next.since(now(&h).opens), 7 * 86_400_000);
    h.sound();
}

#[test]
fn the_finale_counts_double_and_the_seasons_end_stops_what_runs() {
    let mut h = scene();
    // 90 days from a Monday: the last Saturday is day 90, the season ends the midnight after.
    for pn in 1..=4 {
        h.patch(pn, |p| p.stores.stock.food = 5_000_000);
    }
    h.day(89, 17 * 3600);
    let finales: Vec<bool> = h.state.conquests.values().map(|c| c.finale).collect();
    assert_eq!(finales.len(), 13);
    assert_eq!(finales.iter().position(|finale| *finale), Some(12), "{finales:?}");
    assert!(now(&h).ends <= h.state.ends);
    assert!(h.state.timers.due(&popverse_kingdoms::state::TimerKey::ConquestMuster).is_none());
    h.sound();

    let mut h = scene();
    h.day(5, 17 * 3600);
    h.scene(|s| {
        for conquest in s.conquests.values_mut() {
            conquest.finale = true;
        }
    });
    march(&mut h, 1, 0, 900);
    let events = at(&mut h, 60);
    assert_eq!(payload(&events, "ConquestScored")["points"][0]["points"], json!(6));
    let mut closing = Vec::new();
    h.close(&mut closing);
    assert_eq!(payload(&closing, "ConquestEnded")["ranking"][0]["score"], json!(6));
    let told = kinds(&closing);
    let place = |kind: &str| told.iter().position(|k| *k == kind).unwrap();
    assert!(
        place("ConquestEnded") < place("MarchReturned") && place("ConquestRewarded") < place("SeasonScored")
    );
    assert_eq!(payload(&closing, "SeasonEnded")["victorious_faction"], json!("cinema"));
    h.sound();
}

#[test]
fn who_leaves_the_game_leaves_the_conquest_and_the_banner_stays_as_it_was_fixed() {
    let mut h = scene();
    h.day(5, 17 * 3600);
    let waits = march(&mut h, 2, 0, 50);
    march(&mut h, 1, 0, 900);
    at(&mut h, -60);
    assert_eq!(crown(&h).queue.len(), 2);
    // A guild founded now is not the banner under which the army came.
    h.patch(1, |p| p.stores.stock.gold = 600);
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(2, json!({ "type": "PrivacyDelete", "confirm": true }));
    assert!(crown(&h).queue.iter().all(|army| army.march != waits));
    at(&mut h, 60);
    assert_eq!(crown(&h).owner, Some(lone(1)));
    h.sound();
    let status = h.query(4, json!({ "type": "ConquestStatus" })).unwrap();
    assert_eq!(status["points"][0]["owner"], json!({ "pn": 1 }));
    assert_eq!(status["scores"][0]["score"], json!(3));
}

#[test]
fn scouts_see_the_keeper_and_what_stands_behind_him() {
    let mut h = scene();
    h.patch(4, |p| p.stores.stock.gold = 500);
    h.day(5, 18 * 3600);
    h.ok(4, json!({ "type": "Scout", "x": 50, "y": 50 }));
    let events = h.pass(1200);
    let facts = &payload(&events, "ScoutReported")["facts"];
    assert_eq!(
        (&facts["power"], &facts["troops"]["t3"], &facts["troops"]["t4"]),
        (&json!(1600), &json!(26), &json!(16))
    );
    march(&mut h, 1, 0, 900);
    h.pass(1200);
    h.ok(4, json!({ "type": "Scout", "x": 50, "y": 50 }));
    let events = h.pass(1200);
    let facts = &payload(&events, "ScoutReported")["facts"];
    assert_eq!((&facts["owner"], &facts["hero"]), (&json!(1), &json!("stunt_rookie")));
    h.sound();
}

#[test]
fn news_of_a_conquest_go_to_the_channel_and_to_those_who_want_them() {
    let mut h = scene();
    h.ok(2, json!({ "type": "NotifySet", "kind": "conquest", "dm": true }));
    h.notices.clear();
    h.day(5, 17 * 3600);
    march(&mut h, 1, 0, 900);
    at(&mut h, 7200);
    let of = |to: Option<u64>| -> Vec<&str> {
        let to = to.map(player);
        let own = h.notices.iter().filter(|n| n.to == to && n.kind == "conquest");
        own.map(|n| n.text.as_str()).collect()
    };
    let news = [
        "A conquest musters: it starts at 2026-03-07T18:00:00Z. Use /conquest march.",
        "The conquest has started.",
        "player 1 has taken crown.",
        "The conquest is over: 1. player 1 (360).",
    ];
    assert_eq!(of(None), news);
    assert_eq!(of(Some(2)), news);
    assert_eq!(of(Some(1)), Vec::<&str>::new());
}
