//! Work in the city: A08–A11 through the decider, jobs, hastening, healing.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, kinds, payload};
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::keys::{Building, Faction, Item, Technology};
use serde_json::json;

fn rich(h: &mut Harness, pn: u32, stock: Res) {
    h.patch(pn, move |p| p.stores.stock = stock);
}

#[test]
fn a08_full_store_and_famine() {
    let mut h = Harness::flat(0, &[(Faction::Arcade, 10, 10), (Faction::Arcade, 50, 50)]);
    h.patch(1, |p| {
        p.buildings[Building::Warehouse] = 3;
        p.research[Technology::Storage] = 2;
        p.buildings[Building::Farm] = 14;
        p.stores.stock = Res::new(8000, 0, 0);
        p.stores.carry = Res::new(100, 0, 0);
    });
    h.patch(2, |p| {
        p.stores.stock = Res::new(500, 0, 0);
        p.home = Troops::new(2200, 0, 0, 0);
    });
    let caps = popverse_kingdoms::facts::economy::caps(&h.rules, h.p(1));
    assert_eq!((caps.food, caps.gold), (8335, 4167));
    let rates = |h: &Harness, pn| popverse_kingdoms::facts::economy::rates(&h.rules, &h.state, h.p(pn)).food;
    assert_eq!(rates(&h, 2), -220);
    // No farm makes exactly 900 an hour: the surplus is eaten.
    let surplus = rates(&h, 1) - 900;
    h.patch(1, move |p| p.home = Troops::new(surplus * 10, 0, 0, 0));
    assert_eq!(rates(&h, 1), 900);
    h.pass(7200);
    let events = h.ok(1, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 1 }));
    let made = payload(&events, "ResourcesProduced");
    assert_eq!((&made["after"]["food"], &made["carry"]["food"]), (&json!(8335), &json!(100)));
    assert_eq!(made["wasted"]["food"], 1465);
    h.pass(3600);
    let events = h.ok(2, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 1 }));
    let made = payload(&events, "ResourcesProduced");
    assert_eq!((&made["after"]["food"], &made["carry"]["food"]), (&json!(0), &json!(0)));
    assert_eq!(h.query(2, json!({ "type": "CityView" })).unwrap()["starving"], true);
    h.sound();
}

#[test]
fn a09_building() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.patch(1, |p| p.buildings[Building::Hq] = 2);
    let started = payload(&h.ok(1, json!({ "type": "BuildStart", "building": "farm" })), "BuildingStarted");
    assert_eq!(started["cost"], json!({ "food": 82, "iron": 55, "gold": 0 }));
    assert_eq!(started["seconds"], 174);
    h.pass(10);
    let events = h.ok(1, json!({ "type": "BuildCancel", "building": "farm" }));
    assert_eq!(payload(&events, "BuildingCancelled")["refund"], json!({ "food": 65, "iron": 44, "gold": 0 }));
    h.patch(1, |p| {
        p.buildings = popverse_kingdoms::keys::Table::build(|_| 9);
        p.research[Technology::Masonry] = 2;
        p.stores.stock = Res::new(5000, 5000, 5000);
        p.items[Item::Speed1h] = 1;
    });
    let started = payload(&h.ok(1, json!({ "type": "BuildStart", "building": "hq" })), "BuildingStarted");
    assert_eq!(started["cost"], json!({ "food": 3611, "iron": 2704, "gold": 895 }));
    assert_eq!(started["seconds"], 7568);
    h.ok(1, json!({ "type": "BuildHasten", "building": "hq", "with": "speed_1h" }));
    let done = h.ok(1, json!({ "type": "BuildHasten", "building": "hq", "with": "diamonds" }));
    assert_eq!(payload(&done, "JobHastened")["diamonds"], 14);
    assert_eq!(kinds(&done).last(), Some(&"BuildingCompleted"));
    assert_eq!((h.p(1).buildings[Building::Hq], h.p(1).builds.len()), (10, 0));
    h.sound();
}

#[test]
fn two_crews_build_two_things_and_a_job_outlives_the_rent() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.patch(1, |p| {
        p.buildings[Building::Hq] = 12;
        p.buildings[Building::Farm] = 11;
        p.diamonds = 150;
        p.stores.stock = Res::new(9000, 9000, 900);
    });
    h.ok(1, json!({ "type": "BuildStart", "building": "farm" }));
    assert_eq!(h.refused(1, json!({ "type": "BuildStart", "building": "mint" })).code, "QUEUE_BUSY");
    h.ok(1, json!({ "type": "CityCrew" }));
    let second = h.ok(1, json!({ "type": "BuildStart", "building": "mint" }));
    assert_eq!(payload(&second, "BuildingStarted")["crew"], 2);
    // The first crew is free again while the rented one still works.
    h.ok(1, json!({ "type": "BuildCancel", "building": "farm" }));
    let again = h.ok(1, json!({ "type": "BuildStart", "building": "farm" }));
    assert_eq!(payload(&again, "BuildingStarted")["crew"], 1);
    assert_eq!(h.refused(1, json!({ "type": "BuildStart", "building": "farm" })).code, "QUEUE_BUSY");
    let events = h.pass(7 * 86_400);
    assert!(kinds(&events).contains(&"CrewLeft"));
    assert_eq!((h.p(1).buildings[Building::Farm], h.p(1).buildings[Building::Mint]), (12, 2));
    h.sound();
}

#[test]
fn a10_research() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let scene = |academy: i64| {
        move |p: &mut popverse_kingdoms::state::Player| {
            p.buildings[Building::Academy] = academy;
            p.research[Technology::Weaponcraft] = 2;
            p.stores.stock = Res::new(5000, 5000, 5000);
        }
    };
    h.patch(1, scene(8));
    let refused = h.refused(1, json!({ "type": "ResearchStart", "technology": "weaponcraft" }));
    assert_eq!((refused.code.as_ref(), refused.context["what"].as_str()), ("REQUIREMENT", "academy 9"));
    h.patch(1, scene(9));
    let events = h.ok(1, json!({ "type": "ResearchStart", "technology": "weaponcraft" }));
    let started = payload(&events, "ResearchStarted");
    assert_eq!(started["cost"], json!({ "food": 4375, "iron": 4375, "gold": 1250 }));
    assert_eq!(started["seconds"], 19_163);
    let events = h.ok(1, json!({ "type": "ResearchCancel", "technology": "weaponcraft" }));
    assert_eq!(
        payload(&events, "ResearchCancelled")["refund"],
        json!({ "food": 3500, "iron": 3500, "gold": 1000 })
    );
    h.sound();
}

#[test]
fn a11_training_and_healing() {
    let mut h = Harness::new(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
        rich(&mut h, u32::try_from(n).unwrap(), Res::new(9000, 9000, 2400));
    }
    h.patch(1, |p| {
        p.buildings[Building::Barracks] = 7;
        p.research[Technology::TroopTrainingI] = 3;
    });
    let events = h.ok(1, json!({ "type": "TroopsTrain", "tier": "t2", "count": 120 }));
    let started = payload(&events, "TrainingStarted");
    assert_eq!(
        (&started["cost"], &started["seconds"]),
        (&json!({ "food": 5400, "iron": 3600, "gold": 600 }), &json!(1648))
    );
    h.patch(2, |p| {
        p.buildings[Building::Barracks] = 12;
        p.research[Technology::TroopTrainingIi] = 2;
        p.home = Troops::new(0, 40, 0, 0);
    });
    let events = h.ok(2, json!({ "type": "TroopsPromote", "tier": "t2", "count": 40 }));
    let started = payload(&events, "TrainingStarted");
    assert_eq!(
        (&started["cost"], &started["seconds"]),
        (&json!({ "food": 1400, "iron": 1000, "gold": 400 }), &json!(477))
    );
    assert_eq!(h.p(2).home, Troops::NONE);
    h.patch(3, |p| {
        p.buildings[Building::Infirmary] = 6;
        p.wounded = Troops::new(10, 25, 8, 0);
    });
    let events = h.ok(3, json!({ "type": "TroopsHeal" }));
    let started = payload(&events, "HealingStarted");
    assert_eq!(
        (&started["cost"], &started["seconds"]),
        (&json!({ "food": 619, "iron": 402, "gold": 73 }), &json!(328))
    );
    h.pass(1700);
    assert_eq!(h.p(1).home, Troops::new(30, 120, 0, 0));
    assert_eq!(h.p(2).home, Troops::new(0, 0, 40, 0));
    assert_eq!((h.p(3).home, h.p(3).wounded), (Troops::new(40, 25, 8, 0), Troops::NONE));
    h.sound();
}

#[test]
fn a_cancelled_promotion_brings_the_old_troops_back() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.patch(1, |p| {
        p.buildings[Building::Barracks] = 5;
        p.research[Technology::TroopTrainingI] = 1;
    });
    h.ok(1, json!({ "type": "TroopsPromote", "tier": "t1", "count": 20 }));
    assert_eq!(h.p(1).home, Troops::new(10, 0, 0, 0));
    h.sound();
    h.ok(1, json!({ "type": "TroopsCancel", "job": "training" }));
    assert_eq!(h.p(1).home, Troops::new(30, 0, 0, 0));
    h.sound();
}

#[test]
fn cancelled_healing_returns_the_wounded_and_those_without_room_die() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    h.patch(1, |p| p.wounded = Troops::new(20, 0, 0, 0));
    h.ok(1, json!({ "type": "TroopsHeal", "t1": 15 }));
    assert_eq!(h.p(1).wounded, Troops::new(5, 0, 0, 0));
    h.patch(1, |p| p.wounded = Troops::new(10, 0, 0, 0));
    let events = h.ok(1, json!({ "type": "TroopsCancel", "job": "healing" }));
    let admitted = payload(&events, "WoundedAdmitted");
    // The infirmary of level 0 holds 20: ten were there before.
    assert_eq!((&admitted["admitted"]["t1"], &admitted["died"]["t1"]), (&json!(10), &json!(5)));
    assert_eq!(h.p(1).wounded, Troops::new(20, 0, 0, 0));
    h.sound();
}

#[test]
fn a38_late_join() {
    let mut h = Harness::new(42);
    h.day(19, 3600);
    h.join(1, Faction::Arcade);
    assert_eq!(h.p(1).stores.stock, Res::new(2300, 1280, 460));
    assert_eq!(h.p(1).items[Item::Speed1h], 6);
    h.sound();
}
