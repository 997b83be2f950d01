//! The arena as players meet it (rulebook 2.17): A22, A23, A34, A35.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::ids::Pn;
use popverse_kingdoms::keys::{Faction, HeroKey, Skill};
use serde_json::{Value, json};

/// Players of the factions named, all rated 1000, in W42.
fn scene(factions: &[Faction]) -> Harness {
    let mut h = Harness::new(42);
    for (n, faction) in (1..).zip(factions) {
        h.join(n, *faction);
    }
    h
}

fn fight(slot: i64) -> Value {
    json!({ "type": "ArenaFight", "slot": slot })
}

fn opponents(h: &mut Harness, n: u64) -> Vec<Value> {
    let events = h.ok(n, json!({ "type": "ArenaOpponents" }));
    payload(&events, "ArenaOpponentsOffered")["entries"].as_array().unwrap().clone()
}

#[test]
fn a23_the_five_that_fit_best_are_offered() {
    use Faction::{Arcade, Cinema, Otaku};
    let mut h = scene(&[Cinema, Cinema, Cinema, Otaku, Arcade, Otaku, Arcade, Cinema, Otaku, Cinema, Cinema]);
    h.pass(60 * 3600);
    let now = h.now;
    let table: [(u32, i64, Option<i64>); 11] = [
        (1, 1200, None),
        (2, 1210, None),
        (3, 1195, Some(3)),
        (4, 1290, Some(10)),
        (5, 1150, None),
        (6, 1230, Some(0)),
        (7, 1205, None),
        (8, 1290, Some(60)),
        (9, 1120, Some(2)),
        (10, 1420, None),
        (11, 1201, Some(39)),
    ];
    for (pn, rating, hours) in table {
        h.patch(pn, move |p| {
            p.rating = rating;
            p.arena.attacked_at = hours.map(|hours| now.plus_s(-hours * 3600));
        });
    }
    h.patch(1, move |p| {
        p.arena.met.insert(Pn(7), now.plus_s(-5 * 3600));
    });
    let offered = opponents(&mut h, 1);
    let shown: Vec<(u64, i64)> = offered
        .iter()
        .map(|e| (e["opponent"]["player"].as_u64().unwrap(), e["score"].as_i64().unwrap()))
        .collect();
    assert_eq!(shown, [(5, 1200), (11, 1193), (2, 1180), (6, 1040), (4, 970)]);
    // Whom a challenger would meet: faction, team, expected result, 50 points below.
    assert_eq!((&offered[0]["faction"], &offered[0]["team"]), (&json!("arcade"), &json!(["pipe_squire"])));
    assert_eq!(offered[0]["expected"], 5715);
    h.sound();
}

#[test]
fn a34_a_fight_on_the_record_its_ratings_points_and_experience() {
    let mut h = scene(&[Faction::Cinema, Faction::Otaku]);
    let gear = |id: u64, slot: &str, power: i64| {
        serde_json::from_value(json!({ "slot": slot, "rarity": "rare", "power": power, "hero": null }))
            .map(|piece: popverse_kingdoms::state::GearOwned| (popverse_kingdoms::ids::GearId(id), piece))
            .unwrap()
    };
    h.patch(1, |p| {
        p.rating = 1230;
        p.heroes.clear();
        let skills = |s: &[Skill], level: i64| s.iter().map(|s| (*s, level)).collect::<Vec<_>>();
        use Skill::{CriticalEye, Dread, IronGuard, Pathfinder, WarCry};
        p.heroes.insert(HeroKey::TowerWarden, hero(20, &skills(&[IronGuard, Dread], 2)));
        let mut detective = hero(22, &skills(&[CriticalEye, Pathfinder], 3));
        let (id, piece) = gear(1, "weapon", 50);
        p.gear.insert(id, piece);
        detective.weapon = Some(id);
        p.heroes.insert(HeroKey::NeonDetective, detective);
        p.heroes.insert(HeroKey::RuinDirector, hero(18, &skills(&[WarCry, Dread], 2)));
    });
    h.patch(2, |p| {
        p.rating = 1310;
        p.heroes.clear();
        let skills = |s: &[Skill], level: i64| s.iter().map(|s| (*s, level)).collect::<Vec<_>>();
        use Skill::{CriticalEye, Flank, IronGuard, Mend, Pathfinder};
        p.heroes.insert(HeroKey::BladeMiko, hero(19, &skills(&[IronGuard, Mend], 2)));
        p.heroes.insert(HeroKey::CatArcher, hero(25, &skills(&[CriticalEye], 4)));
        let mut runner = hero(21, &skills(&[Pathfinder, Flank], 3));
        let (id, piece) = gear(2, "armor", 40);
        p.gear.insert(id, piece);
        runner.armor = Some(id);
        p.heroes.insert(HeroKey::Speedrunner, runner);
    });
    h.counters.raise("battle", 6);
    let team = |side: &str, a: &str, b: &str, c: &str| json!({ "type": "ArenaTeam", "side": side, "hero1": a, "hero2": b, "hero3": c });
    h.ok(1, team("attack", "tower_warden", "neon_detective", "ruin_director"));
    h.ok(2, team("defense", "blade_miko", "cat_archer", "speedrunner"));
    opponents(&mut h, 1);
    let events = h.ok(1, fight(1));
    let fought = payload(&events, "ArenaFought");
    assert_eq!((&fought["digest"], &fought["won"]), (&json!("58a8e853ed2862e7"), &json!(false)));
    assert_eq!((&fought["ratings"], &fought["points"]), (&json!([1218, 1322]), &json!(5)));
    let xp: Vec<&str> = kinds(&events).into_iter().filter(|k| *k == "HeroXpGained").collect();
    assert_eq!((xp.len(), &payload(&events, "HeroXpGained")["xp"]), (3, &json!(20)));
    assert!(h.notices.iter().any(|n| n.kind == "arena" && n.to == Some(player(2))));
    // The record holds all that the battle tools need.
    let event = events.iter().find(|e| schemas::codec::Recorded::kind(*e) == "ArenaFought").unwrap();
    let record = PopVerse::battle(event).unwrap();
    let again = PopVerse::refight(&h.rules, &record.inputs).unwrap();
    assert_eq!((again.digest, again.rounds), (record.digest, 9));
    assert_eq!((again.told.len(), again.told.last().unwrap().living), (again.lines.len(), [0, 1]));
    // Both have it in mind, and neither is offered the other before a day has passed.
    let log = h.query(2, json!({ "type": "ArenaLog", "side": "defense" })).unwrap();
    assert_eq!((&log["rows"][0]["won"], &log["rows"][0]["change"]), (&json!(true), &json!(12)));
    assert!(opponents(&mut h, 2).iter().all(|e| e["opponent"].get("bot").is_some()));
    h.sound();
}

#[test]
fn a35_bots_fill_up_and_idle_ratings_fall() {
    let mut h = scene(&[Faction::Cinema]);
    let offered = opponents(&mut h, 1);
    assert_eq!(offered.len(), 5);
    let bot = |n: usize| offered[n]["opponent"]["bot"].clone();
    assert_eq!((&bot(0)["rating"], &bot(0)["level"], &bot(0)["gear"]), (&json!(944), &json!(4), &json!(7)));
    assert_eq!(bot(0)["heroes"], json!(["bento_medic", "matinee_sheriff", "cat_archer"]));
    assert_eq!(bot(0)["team"][0]["power"], 104);
    assert_eq!(bot(1)["heroes"], json!(["matinee_sheriff", "bento_medic", "pipe_squire"]));
    assert_eq!((&bot(1)["rating"], &bot(1)["team"][2]["power"]), (&json!(976), &json!(106)));
    let mut h = scene(&[Faction::Cinema, Faction::Otaku, Faction::Arcade, Faction::Cinema]);
    for (pn, rating) in (1..).zip([1500, 1203, 1260, 1200]) {
        h.patch(pn, move |p| p.rating = rating);
    }
    h.day(7, 0);
    let ratings: Vec<i64> = (1..=4).map(|pn| h.p(pn).rating).collect();
    assert_eq!(ratings, [1485, 1200, 1255, 1200]);
    h.sound();
}

#[test]
fn a22_a_bot_gives_half_and_has_no_rating_to_lose() {
    let mut h = scene(&[Faction::Cinema]);
    // Nobody beats this team: whatever bot comes, the fight is won.
    h.patch(1, |p| {
        p.heroes.insert(HeroKey::PremiereEmpress, hero(50, &[]));
        p.heroes.insert(HeroKey::RuinDirector, hero(50, &[]));
    });
    opponents(&mut h, 1);
    let events = h.ok(1, fight(1));
    let fought = payload(&events, "ArenaFought");
    let bot = fought["opponent"]["bot"]["rating"].as_i64().unwrap();
    let expected = fought["expected"].as_i64().unwrap();
    let change = (16 * (10_000 - expected) * 2 + 10_000) / 20_000;
    assert_eq!((&fought["won"], &fought["k"]), (&json!(true), &json!(16)));
    assert_eq!((&fought["changes"], &fought["ratings"]), (&json!([change, 0]), &json!([1000 + change, bot])));
    assert_eq!(fought["points"], 10);
    h.sound();
}

#[test]
fn five_fights_a_day_more_for_diamonds_and_the_week_pays_by_rank() {
    let mut h = scene(&[Faction::Cinema, Faction::Otaku]);
    opponents(&mut h, 1);
    for slot in 1..=5 {
        h.ok(1, fight(slot));
    }
    opponents(&mut h, 1);
    assert_eq!(h.refused(1, fight(1)).code, "NO_ATTEMPTS");
    h.ok(1, json!({ "type": "ArenaAttempts", "count": 1 }));
    h.ok(1, fight(1));
    assert_eq!(h.p(1).diamonds, 90);
    h.pass(1800);
    assert_eq!(h.refused(1, fight(2)).code, "NO_OFFER");
    // The week ends with Monday's reset, after it.
    let events = h.day(7, 0);
    let of = kinds(&events);
    let at = |kind: &str| of.iter().rposition(|k| *k == kind).unwrap();
    assert!(at("ArenaWeekClosed") > at("DailyResetPassed"));
    let week = payload(&events, "ArenaWeekClosed");
    assert_eq!(
        (&week["week"], &week["rewards"]),
        (&json!(1), &json!([{ "pn": 1, "rank": 1, "diamonds": 100 }]))
    );
    assert_eq!((h.p(1).diamonds, h.p(1).arena.week), (190, 0));
    let index = PopVerse::boards().iter().position(|b| b.name == "arena").unwrap();
    assert!(PopVerse::scores(&h.rules, &h.state, 1).iter().any(|(board, _)| *board == index));
    assert_eq!(
        h.day(14, 0).iter().filter(|e| schemas::codec::Recorded::kind(*e) == "ArenaWeekClosed").count(),
        0
    );
    h.sound();
}

#[test]
fn points_buy_what_the_shop_has() {
    let mut h = scene(&[Faction::Cinema]);
    h.patch(1, |p| p.points = 1000);
    let buy = |item: &str| json!({ "type": "ArenaShop", "item": item, "hero": "stunt_rookie" });
    let events = h.ok(1, buy("gear_cache"));
    let gear = payload(&events, "ArenaPointsSpent")["gear"][0].clone();
    assert_eq!(gear["rarity"], "rare");
    assert!((50..=60).contains(&gear["power"].as_i64().unwrap()));
    for item in ["scroll", "speed_1h", "xp_tome", "shard"] {
        h.ok(1, buy(item));
    }
    assert_eq!(h.p(1).points, 1000 - 250 - 150 - 40 - 50 - 200);
    assert_eq!((h.p(1).heroes[&HeroKey::StuntRookie].shards, h.p(1).gear.len()), (1, 1));
    let nobody = json!({ "type": "ArenaShop", "item": "shard", "hero": "final_boss" });
    h.patch(1, |p| p.points = 1000);
    assert_eq!(h.refused(1, nobody).code, "UNKNOWN_HERO");
    h.sound();
}
