//! Whatever players ask in whatever order: no panic, the books balance, nothing falls below zero, folding the record
//! gives the live state, a snapshot reads back.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, player};
use popverse_kingdoms::keys::{
    Building, ControlPoint, Faction, HeroKey, Item, NoticeKind, ParcelType, Technology, Tier,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn one_of<T: Clone + std::fmt::Debug + 'static>(items: &[T]) -> prop::sample::Select<T> {
    prop::sample::select(items.to_vec())
}

fn command() -> impl Strategy<Value = Value> {
    let building = one_of(&Building::ALL.map(Building::key));
    let technology = one_of(&Technology::ALL.map(Technology::key));
    let tier = one_of(&Tier::ALL.map(Tier::key));
    let hero = one_of(&HeroKey::ALL.map(HeroKey::key));
    let item = one_of(&Item::ALL.map(Item::key));
    let with = one_of(&["speed_5m", "speed_1h", "speed_8h", "diamonds"]);
    let job = one_of(&["training", "healing"]);
    let small = 1..12_i64;
    prop_oneof![
        3 => building.clone().prop_map(|b| json!({ "type": "BuildStart", "building": b })),
        1 => building.clone().prop_map(|b| json!({ "type": "BuildCancel", "building": b })),
        1 => (building, with.clone()).prop_map(|(b, w)| json!({ "type": "BuildHasten", "building": b, "with": w })),
        2 => technology.clone().prop_map(|t| json!({ "type": "ResearchStart", "technology": t })),
        1 => technology.prop_map(|t| json!({ "type": "ResearchCancel", "technology": t })),
        1 => with.clone().prop_map(|w| json!({ "type": "ResearchHasten", "with": w, "count": 2 })),
        3 => (tier.clone(), 1..60_i64).prop_map(|(t, n)| json!({ "type": "TroopsTrain", "tier": t, "count": n })),
        1 => (tier.clone(), small.clone()).prop_map(|(t, n)| json!({ "type": "TroopsPromote", "tier": t, "count": n })),
        1 => (tier, small.clone()).prop_map(|(t, n)| json!({ "type": "TroopsDismiss", "tier": t, "count": n })),
        1 => Just(json!({ "type": "TroopsHeal" })),
        1 => job.clone().prop_map(|j| json!({ "type": "TroopsCancel", "job": j })),
        1 => (job, with).prop_map(|(j, w)| json!({ "type": "TroopsHasten", "job": j, "with": w })),
        6 => (0..6_usize, hero.clone(), 1..60_i64, any::<bool>()).prop_map(|(at, h, n, drop)| json!({
            "type": "Attack", "target": at, "hero": h, "troops": n, "drop_shield": drop,
        })),
        2 => (0..4_usize).prop_map(|at| json!({ "type": "Scout", "target": at })),
        3 => (1..60_i64).prop_map(|n| json!({ "type": "Gather", "target": 3, "troops": n })),
        2 => (1..9_u64).prop_map(|m| json!({ "type": "MarchRecall", "march": m.to_string() })),
        2 => small.prop_map(|n| json!({ "type": "HeroSummon", "pay": "diamonds", "count": n })),
        1 => hero.clone().prop_map(|h| json!({ "type": "HeroTome", "hero": h })),
        1 => hero.clone().prop_map(|h| json!({ "type": "CityWarden", "hero": h })),
        1 => (1..6_u64, hero).prop_map(|(g, h)| json!({ "type": "GearEquip", "gear": g.to_string(), "hero": h })),
        1 => (1..6_u64).prop_map(|g| json!({ "type": "GearSalvage", "gear": g.to_string() })),
        1 => item.prop_map(|i| json!({ "type": "ItemBuy", "item": i })),
        1 => Just(json!({ "type": "CityShield" })),
        1 => Just(json!({ "type": "CityCrew" })),
        1 => Just(json!({ "type": "CityRelocate" })),
        1 => Just(json!({ "type": "PrivacyAnonymize", "confirm": true })),
        20 => fellowship(),
    ]
}

/// What players ask for together.
fn fellowship() -> impl Strategy<Value = Value> {
    let resource = || one_of(&["food", "iron", "gold"]);
    let other = || (1..5_u64).prop_map(player);
    let guild = || (1..4_u64).prop_map(|g| g.to_string());
    let amount = || 1..900_i64;
    prop_oneof![
        3 => one_of(&["Reel", "Noir", "Cut"]).prop_map(|n| json!({ "type": "GuildCreate", "name": n, "tag": n })),
        4 => other().prop_map(|p| json!({ "type": "GuildInvite", "player": p })),
        4 => guild().prop_map(|g| json!({ "type": "GuildAccept", "guild": g })),
        1 => guild().prop_map(|g| json!({ "type": "GuildDecline", "guild": g })),
        1 => Just(json!({ "type": "GuildLeave", "confirm": true })),
        1 => Just(json!({ "type": "GuildDisband", "confirm": true })),
        1 => other().prop_map(|p| json!({ "type": "GuildKick", "player": p })),
        1 => (other(), one_of(&["leader", "officer", "member"]))
            .prop_map(|(p, r)| json!({ "type": "GuildRole", "player": p, "role": r })),
        3 => (resource(), amount()).prop_map(|(r, n)| json!({ "type": "GuildDonate", "resource": r, "amount": n })),
        3 => (resource(), amount()).prop_map(|(r, n)| json!({ "type": "GuildDeposit", "resource": r, "amount": n })),
        3 => (resource(), amount()).prop_map(|(r, n)| json!({ "type": "GuildWithdraw", "resource": r, "amount": n })),
        5 => (other(), 1..40_i64).prop_map(|(p, n)| json!({ "type": "Reinforce", "player": p, "troops": n })),
        6 => (1..5_i64, one_of(&["self", "guild"])).prop_map(|(n, f)| json!({ "type": "LandBuy", "parcel": n, "for": f })),
        2 => (1..5_i64, 900..9000_i64).prop_map(|(n, p)| json!({ "type": "LandOffer", "parcel": n, "price": p })),
        1 => (1..5_i64).prop_map(|n| json!({ "type": "LandWithdraw", "parcel": n })),
        1 => (1..5_i64).prop_map(|n| json!({ "type": "LandReturn", "parcel": n, "confirm": true })),
        4 => (1..5_i64, 1..40_i64).prop_map(|(n, t)| json!({ "type": "LandGarrison", "parcel": n, "troops": t })),
        3 => (resource(), amount()).prop_map(|(r, n)| json!({ "type": "MarketBuy", "resource": r, "amount": n })),
        3 => (resource(), amount()).prop_map(|(r, n)| json!({ "type": "MarketSell", "resource": r, "amount": n })),
        5 => (resource(), amount(), resource(), amount()).prop_map(|(g, n, w, m)| json!({
            "type": "MarketOffer", "give": g, "give_amount": n, "want": w, "want_amount": m,
        })),
        4 => (1..6_u64).prop_map(|o| json!({ "type": "MarketAccept", "offer": o.to_string() })),
        1 => (1..6_u64).prop_map(|o| json!({ "type": "MarketCancel", "offer": o.to_string() })),
        3 => Just(json!({ "type": "ArenaOpponents" })),
        6 => (1..6_i64).prop_map(|s| json!({ "type": "ArenaFight", "slot": s })),
        1 => (1..4_i64).prop_map(|n| json!({ "type": "ArenaAttempts", "count": n })),
        2 => one_of(&["scroll", "speed_1h", "xp_tome", "gear_cache", "shard"])
            .prop_map(|i| json!({ "type": "ArenaShop", "item": i, "hero": "stunt_rookie" })),
        1 => (one_of(&["attack", "defense"]), one_of(&HeroKey::ALL.map(HeroKey::key)))
            .prop_map(|(s, h)| json!({ "type": "ArenaTeam", "side": s, "hero1": h })),
        1 => (1..9_u64).prop_map(|m| json!({ "type": "MarchDismiss", "march": m.to_string() })),
        1 => Just(json!({ "type": "PrivacyDelete", "confirm": true })),
        8 => (one_of(&ControlPoint::ALL.map(ControlPoint::key)), one_of(&HeroKey::ALL.map(HeroKey::key)), 1..60_i64)
            .prop_map(|(p, h, n)| json!({ "type": "ConquestMarch", "point": p, "hero": h, "troops": n })),
        3 => Just(json!({ "type": "QuestClaim" })),
        1 => (one_of(&NoticeKind::ALL.map(NoticeKind::key)), any::<bool>())
            .prop_map(|(k, dm)| json!({ "type": "NotifySet", "kind": k, "dm": dm })),
    ]
}

/// What players ask for while a conquest is on.
fn contest() -> impl Strategy<Value = Value> {
    let heroes: Vec<&'static str> = HeroKey::ALL.into_iter().take(12).step_by(2).map(HeroKey::key).collect();
    let point = one_of(&ControlPoint::ALL.map(ControlPoint::key));
    prop_oneof![
        12 => (point, one_of(&heroes), 1..300_i64)
            .prop_map(|(p, h, n)| json!({ "type": "ConquestMarch", "point": p, "hero": h, "troops": n })),
        3 => (1..12_u64).prop_map(|m| json!({ "type": "MarchRecall", "march": m.to_string() })),
        1 => Just(json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" })),
        1 => Just(json!({ "type": "GuildInvite", "player": player(4) })),
        1 => Just(json!({ "type": "GuildAccept", "guild": "1" })),
        1 => Just(json!({ "type": "GuildLeave", "confirm": true })),
        1 => (0..40_u64).prop_map(|n| json!({ "type": "PrivacyDelete", "confirm": n == 0 })),
    ]
}

/// A step: after so many seconds this player asks that.
fn step() -> impl Strategy<Value = (i64, u64, Value)> {
    let pause = prop_oneof![3 => 0..400_i64, 2 => 400..8000_i64, 1 => 8000..90_000_i64];
    (pause, 1..5_u64, command())
}

/// A small war: four players near one another with means to fight, a node between them.
fn arena() -> Harness {
    let cities = [
        (Faction::Cinema, 10, 10),
        (Faction::Otaku, 14, 10),
        (Faction::Arcade, 10, 14),
        (Faction::Cinema, 14, 14),
    ];
    let parcels = [
        (ParcelType::Farmstead, 12, 14),
        (ParcelType::TradeHub, 16, 10),
        (ParcelType::StrategicFort, 10, 18),
        (ParcelType::MiningCamp, 18, 14),
    ];
    let mut h = Harness::plains(5, &cities, &parcels);
    // Control points within reach: an army is there in minutes.
    h.raise_points([(12, 12), (16, 12), (12, 16), (16, 16), (8, 12)]);
    for pn in 1..=4 {
        h.patch(pn, |p| {
            p.buildings = popverse_kingdoms::keys::Table::build(|_| 6);
            p.research = popverse_kingdoms::keys::Table::build(|_| 1);
            p.home = popverse_kingdoms::amounts::Troops::new(80, 40, 0, 0);
            p.stores.stock = popverse_kingdoms::amounts::Res::new(9000, 9000, 9000);
            p.diamonds = 2000;
            p.rating = 1000;
            p.points = 600;
            for key in HeroKey::ALL.into_iter().take(12).step_by(2) {
                p.heroes.insert(key, harness::hero(3, &[]));
            }
        });
    }
    let node = popverse_kingdoms::tile::Tile::at(11, 12).unwrap();
    h.scene(move |s| {
        let fresh = popverse_kingdoms::state::Node {
            kind: popverse_kingdoms::keys::Resource::Iron,
            level: 1,
            left: 900,
            refill_at: None,
            march: None,
        };
        s.nodes.insert(node, fresh);
    });
    h
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_of_commands_keeps_the_books(
        muster in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut h = arena();
        // Half of them begin when a conquest musters.
        if muster {
            h.day(5, 17 * 3600);
        }
        let places = [(10, 10), (14, 10), (10, 14), (11, 12), (13, 15), (10, 18)];
        for (pause, n, mut command) in steps {
            h.pass(pause);
            if let Some(at) = command.as_object_mut().unwrap().remove("target") {
                let (x, y) = places[usize::try_from(at.as_u64().unwrap()).unwrap()];
                command["x"] = json!(x);
                command["y"] = json!(y);
            }
            let _ = h.send(n, command);
        }
        h.sound();
        h.pass(200_000);
        h.sound();
        h.close(&mut Vec::new());
        h.sound();
        prop_assert!(h.state.marches.is_empty());
    }
    #[test]
    fn any_conquest_keeps_the_books(
        steps in prop::collection::vec((0..500_i64, 1..5_u64, contest()), 10..60),
        late in 0..7000_i64,
    ) {
        let mut h = arena();
        for pn in 1..=4 {
            h.patch(pn, |p| {
                p.buildings = popverse_kingdoms::keys::Table::build(|_| 20);
                p.home = popverse_kingdoms::amounts::Troops::new(200, 100, 300, 50);
            });
        }
        h.day(5, 17 * 3600 + late);
        for (pause, n, command) in steps {
            h.pass(pause);
            let _ = h.send(n, command);
        }
        h.sound();
        h.day(5, 20 * 3600);
        for conquest in h.state.conquests.values() {
            for point in conquest.points.values() {
                prop_assert!(point.queue.is_empty() && point.garrison.is_empty(), "somebody was left behind");
            }
        }
        let scored: i64 = h.state.conquests.values().flat_map(|c| c.tallies.values()).map(|t| t.score).sum();
        let points: i64 = h.state.faction_points.values().iter().sum();
        prop_assert_eq!(scored, points);
        h.day(6, 0);
        h.sound();
    }
}
