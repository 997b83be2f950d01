//! Lands (rulebook 2.14), A24 and the two factors of A07 that come from land and guild.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use harness::{Harness, hero, kinds, payload, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::event::LandOwner;
use popverse_kingdoms::ids::{GuildId, ParcelNo, Pn};
use popverse_kingdoms::keys::{Faction, HeroKey, ParcelType, Table};
use serde_json::{Value, json};

/// 1 and 3 Cinema, 2 Otaku; farmsteads 1–3, hub 4, fort 5.
fn scene() -> Harness {
    let cities = [(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15), (Faction::Cinema, 20, 10)];
    let parcels = [
        (ParcelType::Farmstead, 12, 20),
        (ParcelType::Farmstead, 20, 20),
        (ParcelType::Farmstead, 28, 20),
        (ParcelType::TradeHub, 36, 20),
        (ParcelType::StrategicFort, 12, 30),
    ];
    let mut h = Harness::plains(42, &cities, &parcels);
    for pn in 1..=3 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 5);
            p.home = Troops::new(100, 40, 0, 0);
            p.stores.stock = Res::new(4000, 4000, 5000);
            p.heroes.insert(HeroKey::StuntRookie, hero(1, &[]));
        });
    }
    h
}

fn buy(parcel: i64) -> Value {
    json!({ "type": "LandBuy", "parcel": parcel })
}

fn owner(h: &Harness, no: u16) -> Option<LandOwner> {
    h.state.lands[&ParcelNo(no)].owner
}

fn attack(x: i64, y: i64, troops: i64) -> Value {
    json!({ "type": "Attack", "x": x, "y": y, "hero": "stunt_rookie", "troops": troops, "drop_shield": true })
}

#[test]
fn a24_values_of_w42_by_market() {
    let mut h = Harness::new(42);
    let value = |h: &Harness, no: u16| h.state.lands[&ParcelNo(no)].value;
    let at = |no: u16| value(&h, no);
    assert_eq!([at(1), at(8), at(11), at(57), at(100)], [5119, 11_657, 4233, 1411, 5037]);
    // Supply 16 hubs and demand 15; 44 farmsteads and demand 15: markets 937 and 500 (340 before the bounds).
    for n in 0..60 {
        h.join(100 + n, Faction::ALL[usize::try_from(n % 3).unwrap()]);
    }
    let events = h.day(1, 0);
    let markets = payload(&events, "LandsRevalued")["markets"].clone();
    assert_eq!(markets[1], json!({ "kind": "trade_hub", "supply": 16, "demand": 15 }));
    assert_eq!(markets[3], json!({ "kind": "farmstead", "supply": 44, "demand": 15 }));
    assert_eq!((value(&h, 11), value(&h, 57)), (3966, 705));
    h.patch(1, |p| p.explored = popverse_kingdoms::tile::Tile::all().collect());
    let info = h.query(100, json!({ "type": "LandInfo", "parcel": 57 })).unwrap();
    assert_eq!((&info["trend"], &info["factors"]["market"]), (&json!("falling"), &json!(500)));
    let list = h.query(100, json!({ "type": "LandList", "kind": "trade_hub", "state": "unowned" })).unwrap();
    assert_eq!(list["total"], 16);
    h.sound();
}

#[test]
fn a07_farmsteads_and_the_guild_raise_what_is_made() {
    let mut h = scene();
    h.patch(1, |p| {
        p.faction = Faction::Otaku;
        p.buildings = Table::build(|b| if b == popverse_kingdoms::keys::Building::Farm { 10 } else { 5 });
        p.research[popverse_kingdoms::keys::Technology::Agronomy] = 3;
        p.prestige = 150;
        p.home = Troops::NONE;
    });
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(1, buy(1));
    h.ok(1, buy(2));
    h.scene(|s| {
        s.guilds.get_mut(&GuildId(1)).unwrap().level = 4;
        s.modifiers.food = 960;
    });
    // M runs 1140, 1311, 1376, 1431, 1445.
    assert_eq!(h.query(1, json!({ "type": "CityView" })).unwrap()["rates"]["food"], 671);
}

#[test]
fn a_parcel_is_bought_offered_sold_and_returned() {
    let mut h = scene();
    let value = h.state.lands[&ParcelNo(1)].value;
    h.ok(1, buy(1));
    assert_eq!((owner(&h, 1), h.p(1).stores.stock.gold), (Some(LandOwner::Player(Pn(1))), 5000 - value));
    h.pass(86_400);
    let before = [h.p(1), h.p(2)].map(|p| p.stores.stock.gold);
    let price = h.state.lands[&ParcelNo(1)].value * 2;
    h.ok(1, json!({ "type": "LandOffer", "parcel": 1, "price": price }));
    h.patch(2, move |p| p.stores.stock.gold = price);
    let gold = h.p(1).stores.stock.gold;
    let events = h.ok(2, buy(1));
    let sold = payload(&events, "LandSold");
    assert_eq!(sold["fee"], price * 50 / 1000);
    assert!(h.p(1).stores.stock.gold > gold.min(before[0]));
    assert_eq!(owner(&h, 1), Some(LandOwner::Player(Pn(2))));
    assert!(h.notices.iter().any(|n| n.kind == "land" && n.to == Some(player(1))));
    assert_eq!(
        h.refused(2, json!({ "type": "LandReturn", "parcel": 1, "confirm": true })).code,
        "LAND_LOCKED"
    );
    h.pass(86_400);
    assert_eq!(
        h.refused(2, json!({ "type": "LandReturn", "parcel": 1, "confirm": false })).code,
        "NOT_CONFIRMED"
    );
    let half = h.state.lands[&ParcelNo(1)].value / 2;
    let events = h.ok(2, json!({ "type": "LandReturn", "parcel": 1, "confirm": true }));
    assert_eq!(payload(&events, "LandReturned")["paid"], half);
    assert_eq!(owner(&h, 1), None);
    h.sound();
}

#[test]
fn a_guild_buys_from_its_bank_and_loses_all_when_it_ends() {
    let mut h = scene();
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(1, json!({ "type": "GuildInvite", "player": player(3) }));
    h.ok(3, json!({ "type": "GuildAccept", "guild": "1" }));
    let for_guild = json!({ "type": "LandBuy", "parcel": 3, "for": "guild" });
    assert_eq!(h.refused(1, for_guild.clone()).code, "INSUFFICIENT_RESOURCES");
    h.ok(3, json!({ "type": "GuildDeposit", "resource": "gold", "amount": 4000 }));
    assert_eq!(h.refused(3, for_guild.clone()).code, "GUILD_RANK");
    h.ok(1, for_guild);
    assert_eq!(h.refused(1, json!({ "type": "LandBuy", "parcel": 2, "for": "guild" })).code, "NO_LAND_SLOT");
    h.ok(3, json!({ "type": "LandGarrison", "parcel": 3, "troops": 30 }));
    h.pass(7200);
    assert_eq!(h.state.marches.len(), 1);
    let shown = h.query(1, json!({ "type": "LandInfo", "parcel": 3 })).unwrap();
    assert_eq!(shown["garrison"][0]["troops"]["t2"], 30);
    // Strangers know the parcel, not who stands there.
    assert_eq!(h.query(2, json!({ "type": "LandInfo", "parcel": 3 })).unwrap()["garrison"], Value::Null);
    let events = h.ok(3, json!({ "type": "GuildLeave", "confirm": true }));
    assert_eq!(payload(&events, "TroopsWithdrawn")["reason"], "land_lost");
    h.ok(1, json!({ "type": "GuildDisband", "confirm": true }));
    assert_eq!(owner(&h, 3), None);
    h.pass(7200);
    h.sound();
}

#[test]
fn taxes_are_paid_or_add_up_until_the_parcel_is_lost() {
    let mut h = scene();
    h.ok(1, buy(1));
    let events = h.day(1, 0);
    assert_eq!(payload(&events, "LandTaxed")["owner"], json!({ "player": 1 }));
    let poor = |h: &mut Harness| {
        h.patch(1, |p| {
            p.stores.stock.gold = 0;
            p.buildings[popverse_kingdoms::keys::Building::Mint] = 0;
        });
    };
    h.ok(1, json!({ "type": "LandOffer", "parcel": 1, "price": 1000 }));
    for day in 2..4 {
        poor(&mut h);
        let events = h.day(day, 0);
        assert_eq!(payload(&events, "LandArrearsRecorded")["arrears"], day - 1);
    }
    let events = h.day(4, 0);
    let of = kinds(&events);
    assert!(of.contains(&"LandOfferWithdrawn") && of.contains(&"LandForeclosed"));
    assert_eq!(owner(&h, 1), None);
    h.sound();
}

#[test]
fn a_parcel_is_seized_from_its_garrison_and_then_protected() {
    let mut h = scene();
    h.ok(2, buy(5));
    h.ok(2, json!({ "type": "LandGarrison", "parcel": 5, "troops": 20, "hero": "stunt_rookie" }));
    assert_eq!(h.refused(1, attack(13, 31, 100)).code, "LAND_PROTECTED");
    assert_eq!(h.refused(2, attack(12, 20, 10)).code, "HERO_AWAY");
    h.pass(172_800);
    h.ok(1, attack(13, 31, 140));
    let events = h.pass(7200);
    let battle = payload(&events, "BattleResolved");
    // The fort's walls count for who holds it.
    assert_eq!((&battle["kind"], &battle["input"]["terrain"]), (&json!("land"), &json!(1100)));
    assert_eq!(battle["outcome"]["result"], "attacker_won");
    assert_eq!(payload(&events, "TroopsWithdrawn")["reason"], "beaten");
    let seized = payload(&events, "LandSeized");
    assert_eq!((&seized["from"], &seized["to"]), (&json!({ "player": 2 }), &json!(1)));
    assert_eq!(h.refused(2, attack(12, 30, 10)).code, "HERO_EXHAUSTED");
    // Who lost land may strike back, however weak the other is.
    assert!(h.p(2).aggressors.contains_key(&Pn(1)));
    let index = PopVerse::boards().iter().position(|b| b.name == "lands").unwrap();
    assert!(PopVerse::scores(&h.rules, &h.state, 1).iter().any(|(board, _)| *board == index));
    h.pass(86_400);
    h.sound();
}

#[test]
fn an_empty_parcel_is_taken_without_a_blow_and_nobodys_without_a_slot() {
    let mut h = scene();
    h.ok(2, buy(1));
    h.pass(172_800);
    h.ok(1, buy(2));
    h.ok(1, buy(3));
    h.ok(1, attack(12, 20, 10));
    let events = h.pass(7200);
    assert_eq!(payload(&events, "BattleResolved")["outcome"]["rounds"], 0);
    assert_eq!(payload(&events, "LandSeized")["to"], Value::Null);
    assert_eq!(owner(&h, 1), None);
    assert_eq!(h.refused(1, attack(12, 20, 10)).code, "NO_TARGET");
    assert_eq!(h.refused(3, attack(20, 20, 10)).code, "SAME_FACTION");
    assert_eq!(h.refused(1, attack(20, 20, 10)).code, "OWN_TARGET");
    h.pass(7200);
    h.sound();
}
