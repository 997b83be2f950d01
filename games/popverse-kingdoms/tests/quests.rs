//! Daily quests, switches of messages, one's own data, links (rulebook 2.19, 2.22, 2.23, 7).

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::keys::{Faction, HeroKey, NoticeKind, Quest, Resource, Table};
use popverse_kingdoms::state::{DailyQuests, Node, QuestLine};
use popverse_kingdoms::tile::Tile;
use serde_json::{Value, json};

/// Two foes with means and a node between them.
fn scene() -> Harness {
    let mut h = Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15)]);
    for pn in 1..=2 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 6);
            p.home = Troops::new(200, 0, 0, 0);
            p.stores.stock = Res::new(6000, 6000, 3000);
            p.diamonds = 500;
            p.rating = 1000;
            p.heroes.insert(HeroKey::StuntRookie, hero(1, &[]));
        });
    }
    let node = Tile::at(12, 10).unwrap();
    h.scene(move |s| {
        let fresh = Node { kind: Resource::Food, level: 1, left: 4000, refill_at: None, march: None };
        s.nodes.insert(node, fresh);
    });
    h
}

/// Gives player 1 exactly this quest today.
fn only(h: &mut Harness, quest: Quest, target: i64) {
    let day = h.state.day(h.now);
    h.patch(1, |p| {
        p.active_day = day;
        let line = QuestLine { quest, target, progress: 0, paid: false };
        p.quests = Some(DailyQuests { day, lines: vec![line] });
    });
}

fn progress(h: &Harness) -> i64 {
    h.p(1).quests.as_ref().unwrap().lines[0].progress
}

#[test]
fn every_quest_is_brought_on_by_its_deed_when_the_deed_is_done() {
    let mut h = scene();
    only(&mut h, Quest::TrainTroops, 50);
    h.ok(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 20 }));
    assert_eq!(progress(&h), 0, "training has begun, no more");
    h.pass(3600);
    assert_eq!(progress(&h), 20);

    only(&mut h, Quest::GatherResources, 1500);
    h.ok(1, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 100 }));
    h.pass(9000);
    assert_eq!(progress(&h), 1200, "100 t1 carry twelve each");

    only(&mut h, Quest::FinishBuildings, 1);
    h.ok(1, json!({ "type": "BuildStart", "building": "hq" }));
    assert_eq!(progress(&h), 0);
    let events = h.ok(1, json!({ "type": "BuildHasten", "building": "hq", "with": "diamonds" }));
    assert_eq!(kinds(&events).last(), Some(&"QuestCompleted"));

    only(&mut h, Quest::StartResearch, 1);
    h.ok(1, json!({ "type": "ResearchStart", "technology": "storage" }));
    assert_eq!(progress(&h), 1);

    only(&mut h, Quest::ArenaFights, 3);
    h.ok(1, json!({ "type": "ArenaOpponents" }));
    h.ok(1, json!({ "type": "ArenaFight", "slot": 1 }));
    assert_eq!(progress(&h), 1);

    only(&mut h, Quest::SendScouts, 2);
    h.ok(1, json!({ "type": "Scout", "x": 15, "y": 15 }));
    assert_eq!(progress(&h), 1);

    h.pass(2000);
    only(&mut h, Quest::ExploreTiles, 60);
    h.patch(1, |p| p.explored = [Tile::at(12, 10).unwrap()].into_iter().collect());
    h.ok(1, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 10 }));
    h.pass(600);
    // Three tiles of way, two around each: 7 × 5, one of them known.
    assert_eq!(progress(&h), 34);

    only(&mut h, Quest::DonateGuild, 500);
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(1, json!({ "type": "GuildDonate", "resource": "iron", "amount": 100 }));
    assert_eq!(progress(&h), 200, "iron counts two");

    only(&mut h, Quest::ExchangeTrade, 500);
    h.ok(1, json!({ "type": "MarketBuy", "resource": "food", "amount": 70 }));
    h.ok(1, json!({ "type": "MarketSell", "resource": "iron", "amount": 30 }));
    assert_eq!(progress(&h), 100);

    only(&mut h, Quest::HealTroops, 10);
    h.patch(1, |p| p.wounded = Troops::new(8, 0, 0, 0));
    h.ok(1, json!({ "type": "TroopsHeal" }));
    assert_eq!(progress(&h), 0);
    h.pass(600);
    assert_eq!(progress(&h), 8);

    only(&mut h, Quest::WinCityBattles, 1);
    h.patch(2, |p| {
        p.home = Troops::NONE;
        p.shield = None;
    });
    h.rules.kingdom_power.building = 0;
    h.patch(1, |p| {
        p.aggressors = std::iter::once((popverse_kingdoms::ids::Pn(2), p.joined_at.plus_s(80_000))).collect();
    });
    h.patch(1, |p| p.explored = Tile::all().collect());
    h.ok(1, json!({ "type": "Attack", "x": 15, "y": 15, "hero": "stunt_rookie", "troops": 50 }));
    h.pass(1200);
    assert_eq!(progress(&h), 1);
    h.sound();
}

#[test]
fn founding_a_city_is_no_exploring_and_a_hunt_counts_for_who_hunts() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    let quests = h.p(1).quests.clone().unwrap();
    assert_eq!(quests.lines[2].quest, Quest::ExploreTiles);
    assert_eq!(quests.lines[2].progress, 0, "121 tiles were uncovered by founding");
    only(&mut h, Quest::WinHunts, 2);
    h.patch(1, |p| {
        p.explored = Tile::all().collect();
        p.home = Troops::new(0, 0, 100, 0);
    });
    h.ok(1, json!({ "type": "Attack", "x": 13, "y": 28, "hero": "stunt_rookie", "troops": 100 }));
    h.pass(4000);
    assert_eq!(progress(&h), 1);
}

#[test]
fn progress_stops_at_the_target_and_a_day_that_is_over_counts_no_more() {
    let mut h = scene();
    only(&mut h, Quest::ExchangeTrade, 100);
    let events = h.ok(1, json!({ "type": "MarketSell", "resource": "iron", "amount": 400 }));
    assert_eq!(payload(&events, "QuestProgressed")["progress"], json!(100));
    let again = h.ok(1, json!({ "type": "MarketSell", "resource": "iron", "amount": 10 }));
    assert!(!kinds(&again).contains(&"QuestProgressed"));
    let events = h.day(1, 0);
    assert_eq!(payload(&events, "QuestRewarded")["pn"], json!(1));
    // One quest was all there was: the chest comes with it.
    assert!(kinds(&events).contains(&"QuestChestOpened"));
    assert!(h.p(1).quests.is_none());
    assert_eq!(h.refused(1, json!({ "type": "QuestClaim" })).code, "NOTHING_TO_CLAIM");
    h.sound();
}

#[test]
fn finished_quests_are_paid_at_the_seasons_end_and_full_stores_spill() {
    let mut h = scene();
    only(&mut h, Quest::ExchangeTrade, 100);
    h.ok(1, json!({ "type": "MarketSell", "resource": "iron", "amount": 100 }));
    h.patch(1, |p| p.stores.stock = Res::new(60_000, 60_000, 60_000));
    let mut closing = Vec::new();
    h.close(&mut closing);
    assert_eq!(payload(&closing, "QuestRewarded")["quest"], json!("exchange_trade"));
    assert_eq!(payload(&closing, "ResourcesSpilled")["source"], json!("quest"));
    h.sound();
}

#[test]
fn switches_decide_what_comes_and_defaults_are_the_rulebooks() {
    let mut h = scene();
    let view = h.query(1, json!({ "type": "NotifyView" })).unwrap();
    let on = |view: &Value| -> Vec<String> {
        let rows = view["switches"].as_array().unwrap().iter().filter(|row| row["dm"] == json!(true));
        rows.map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(on(&view), ["march", "battle", "alarm", "scout", "land", "market", "guild", "arena"]);
    assert_eq!(view["switches"].as_array().unwrap().len(), NoticeKind::ALL.len());

    let told = |h: &mut Harness, kind: &str| {
        let count = h.notices.iter().filter(|n| n.kind == kind && n.to == Some(player(1))).count();
        h.notices.clear();
        count
    };
    // Jobs are told only to those who want it.
    h.ok(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 5 }));
    h.pass(3600);
    assert_eq!(told(&mut h, "city"), 0);
    // Who asks what has happened to them is told of it all the same.
    let listed = h.unwanted.iter().filter(|n| n.kind == "city" && n.to == Some(player(1))).count();
    assert_eq!(listed, 1);
    h.ok(1, json!({ "type": "NotifySet", "kind": "city", "dm": true }));
    h.ok(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 5 }));
    h.pass(3600);
    assert_eq!(told(&mut h, "city"), 1);
    // Setting out is told by default, coming home is not.
    let gather = json!({ "type": "Gather", "x": 12, "y": 10, "troops": 10 });
    h.ok(1, gather.clone());
    h.pass(3000);
    assert_eq!(told(&mut h, "march"), 1);
    h.ok(1, json!({ "type": "NotifySet", "kind": "march", "dm": true }));
    h.ok(1, gather.clone());
    h.pass(3000);
    assert_eq!(told(&mut h, "march"), 2);
    h.ok(1, json!({ "type": "NotifySet", "kind": "march", "dm": false }));
    h.ok(1, gather);
    h.pass(3000);
    assert_eq!(told(&mut h, "march"), 0);
    // What is set already is no event.
    let same = h.ok(1, json!({ "type": "NotifySet", "kind": "march", "dm": false }));
    assert_eq!(kinds(&same), Vec::<&str>::new());
    h.sound();
}

#[test]
fn a_shield_full_stores_and_the_last_days_are_told() {
    let mut h = Harness::new(42);
    h.join(1, Faction::Cinema);
    for kind in ["city", "season"] {
        h.ok(1, json!({ "type": "NotifySet", "kind": kind, "dm": true }));
    }
    h.notices.clear();
    let events = h.day(2, 23 * 3600);
    assert!(kinds(&events).contains(&"ShieldEnding"));
    h.patch(1, |p| p.stores.stock = Res::new(50_000, 50_000, 50_000));
    h.day(90, 0);
    let texts: Vec<&str> =
        h.notices.iter().filter(|n| n.to == Some(player(1))).map(|n| n.text.as_str()).collect();
    assert!(texts.contains(&"Your shield ends at 2026-03-05T00:00:00Z."), "{texts:?}");
    assert!(texts.contains(&"Your stores are full: what is made now is lost."), "{texts:?}");
    for left in ["7 days", "3 days", "1 day"] {
        let text = format!("{left} of the season left.");
        assert_eq!(texts.iter().filter(|t| **t == text).count(), 1, "{text} in {texts:?}");
    }
}

#[test]
fn switches_are_carried_into_the_next_season() {
    let mut h = Harness::new(42);
    h.facts.carried = [("notify_city".to_owned(), 1), ("notify_march".to_owned(), 0)].into();
    h.join(1, Faction::Cinema);
    assert_eq!(h.p(1).notify, [(NoticeKind::March, false), (NoticeKind::City, true)].into());
    h.sound();
}

#[test]
fn a_code_links_when_the_host_knows_it() {
    let mut h = scene();
    h.facts.carried = [("twitch_link".to_owned(), 7)].into();
    let events = h.ok(1, json!({ "type": "LinkTwitch", "code": "AB12CD34" }));
    assert_eq!(payload(&events, "TwitchLinked")["link_ref"], json!(7));
    let again = h.refused(1, json!({ "type": "LinkTwitch", "code": "AB12CD34" }));
    assert_eq!(again.code, "LINK_CODE", "it is used up");
    h.facts.carried = [("twitch_link".to_owned(), 8)].into();
    let events = h.ok(1, json!({ "type": "LinkTwitch", "code": "EF34GH56" }));
    assert_eq!(payload(&events, "TwitchLinked")["link_ref"], json!(8));
    h.sound();
}

#[test]
fn an_export_holds_what_is_ones_own_and_nothing_of_others() {
    let mut h = scene();
    assert_eq!(h.query(9, json!({ "type": "PrivacyExport" })).unwrap(), json!({ "data": "no data" }));
    h.ok(1, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 10 }));
    h.ok(
        2,
        json!({ "type": "MarketOffer", "give": "food", "give_amount": 10, "want": "iron", "want_amount": 5 }),
    );
    let own = h.query(1, json!({ "type": "PrivacyExport" })).unwrap();
    assert_eq!((&own["profile"]["pn"], &own["city"]["x"]), (&json!(1), &json!(10)));
    assert_eq!(own["marches"][0]["kind"], json!("gather"));
    assert_eq!(own["market_offers"], json!([]));
    assert_eq!(own["notifications"].as_array().unwrap().len(), 12);
    let text = own.to_string();
    for hidden in ["seed", "pity", "score", "aggressors"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    h.ok(1, json!({ "type": "PrivacyDelete", "confirm": true }));
    assert_eq!(h.query(1, json!({ "type": "PrivacyExport" })).unwrap(), json!({ "data": "no data" }));
}
