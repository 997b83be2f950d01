//! Exchange and offers (rulebook 2.15), A25, A27.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use harness::{Harness, kinds, payload, player};
use popverse_kingdoms::amounts::Res;
use popverse_kingdoms::keys::{Faction, Table, Technology};
use serde_json::{Value, json};

fn scene() -> Harness {
    let mut h = Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Otaku, 40, 40)]);
    for pn in 1..=2 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 5);
            p.stores.stock = Res::new(5000, 5000, 5000);
        });
    }
    h
}

fn offer(give: &str, n: i64, want: &str, m: i64) -> Value {
    json!({ "type": "MarketOffer", "give": give, "give_amount": n, "want": want, "want_amount": m })
}

fn trade(kind: &str, resource: &str, amount: i64) -> Value {
    json!({ "type": kind, "resource": resource, "amount": amount })
}

#[test]
fn a25_an_hour_of_trade_moves_the_price_and_the_anchor_pulls_it_back() {
    let mut h = scene();
    h.patch(1, |p| p.research[Technology::CommerceLaw] = 2);
    let events = h.ok(1, trade("MarketBuy", "food", 3000));
    assert_eq!(payload(&events, "ExchangeBought")["gold"], 810);
    let events = h.ok(1, trade("MarketSell", "iron", 1500));
    assert_eq!(payload(&events, "ExchangeSold")["gold"], 690);
    // One unit costs a gold and sells for none.
    assert_eq!(payload(&h.ok(2, trade("MarketBuy", "food", 1)), "ExchangeBought")["gold"], 1);
    assert_eq!(payload(&h.ok(2, trade("MarketSell", "food", 1)), "ExchangeSold")["gold"], 0);
    // 600 of depth 30,000 are 20 ‰, −4000 more than the most.
    h.rules.market.depth_min = 30_000;
    h.scene(|s| s.market.net = Res::new(600, -4000, 0));
    let events = h.pass(3600);
    assert_eq!(kinds(&events), ["MarketRepriced", "MarketRepriced"]);
    assert_eq!(h.state.market.prices, Res::new(254_900, 475_500, 0));
    let shown = h.query(1, json!({ "type": "MarketPrice" })).unwrap();
    assert_eq!((&shown["spread"], &shown["rows"][0]["change"]), (&json!(80), &json!(4900)));
    h.sound();
    // It comes to rest near its anchor, and then no hour says anything any more.
    h.pass(23 * 3600 - 1);
    h.sound();
}

#[test]
fn a_market_at_rest_is_silent() {
    let mut h = scene();
    h.ok(1, trade("MarketBuy", "food", 2));
    let events = h.pass(3600);
    // Two units move no price, but they must not count in the next hour.
    let closed = payload(&events, "MarketRepriced");
    assert_eq!(
        (&closed["before"], &closed["after"], &closed["net"]),
        (&json!(250_000), &json!(250_000), &json!(2))
    );
    assert_eq!(h.pass(20 * 3600).len(), 0);
    h.sound();
}

#[test]
fn a27_an_offer_is_accepted_and_each_side_pays_its_own_fee() {
    let mut h = scene();
    h.patch(2, |p| p.research[Technology::CommerceLaw] = 3);
    assert_eq!(h.refused(1, offer("food", 2500, "iron", 300)).context["r"], "240");
    h.ok(1, offer("food", 2500, "iron", 1000));
    assert_eq!(h.p(1).stores.stock.food, 2500);
    let list = h.query(2, json!({ "type": "MarketOffers", "give": "food" })).unwrap();
    assert_eq!((&list["rows"][0]["offer"], &list["rows"][0]["mine"]), (&json!(1), &json!(false)));
    let events = h.ok(2, json!({ "type": "MarketAccept", "offer": "1" }));
    let done = payload(&events, "OfferAccepted");
    assert_eq!((&done["fee_want"], &done["fee_give"]), (&json!(50), &json!(87)));
    assert_eq!((h.p(1).stores.stock.iron, h.p(2).stores.stock.food), (5950, 7413));
    assert!(h.notices.iter().any(|n| n.kind == "market" && n.to == Some(player(1))));
    assert_eq!(h.refused(2, json!({ "type": "MarketAccept", "offer": "1" })).code, "UNKNOWN_OFFER");
    h.sound();
}

#[test]
fn an_offer_is_taken_back_runs_out_or_ends_with_the_season() {
    let mut h = scene();
    h.ok(1, offer("iron", 500, "gold", 300));
    assert_eq!(h.refused(2, json!({ "type": "MarketCancel", "offer": "1" })).code, "UNKNOWN_OFFER");
    h.ok(1, json!({ "type": "MarketCancel", "offer": "1" }));
    assert_eq!(h.p(1).stores.stock.iron, 5000);
    h.ok(1, offer("iron", 500, "gold", 300));
    let events = h.pass(172_800);
    let back = payload(&events, "OfferExpired");
    assert_eq!((&back["returned"], &back["offer"]), (&json!(500), &json!(2)));
    h.ok(1, offer("iron", 700, "gold", 300));
    h.ok(2, offer("iron", 900, "gold", 400));
    h.sound();
    // What somebody who leaves had on offer is struck off with the rest.
    let events = h.ok(2, json!({ "type": "PrivacyDelete", "confirm": true }));
    assert_eq!(payload(&events, "OfferCancelled")["returned"], 0);
    h.sound();
    let mut events = Vec::new();
    h.close(&mut events);
    assert_eq!(payload(&events, "OfferCancelled")["returned"], 700);
    h.sound();
}

#[test]
fn stores_take_twice_their_cap_and_what_an_absent_poster_can_not_take_is_spilled() {
    let mut h = scene();
    h.patch(1, |p| {
        p.buildings[popverse_kingdoms::keys::Building::Warehouse] = 0;
        p.stores.stock = Res::new(1000, 0, 900);
    });
    assert_eq!(h.refused(1, trade("MarketBuy", "food", 1001)).code, "TRADE_LIMIT");
    h.ok(1, trade("MarketBuy", "food", 1000));
    assert_eq!(h.p(1).stores.stock.food, 2000);
    h.patch(1, |p| p.today.traded = Res::ZERO);
    assert_eq!(h.refused(1, trade("MarketBuy", "food", 1)).code, "STORAGE_FULL");
    h.ok(1, offer("food", 500, "gold", 480));
    h.patch(1, |p| p.stores.stock.gold = 900);
    let events = h.ok(2, json!({ "type": "MarketAccept", "offer": "1" }));
    let lost = payload(&events, "ResourcesSpilled");
    assert_eq!((&lost["lost"]["gold"], &lost["source"]), (&json!(356), &json!("market")));
    h.sound();
}
