//! What the host is told and shown around the game (rulebook 2.23): pages of the dashboard under fog, places and deals for
//! the threat score, figures for the metrics.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::duty::{Gauge, Page, Whose};
use games_core::{Asked, Game};
use harness::{Harness, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::Res;
use popverse_kingdoms::command::Command;
use popverse_kingdoms::keys::{Faction, Table};
use popverse_kingdoms::state::Scouted;
use popverse_kingdoms::tile::Tile;
use schemas::codec::Recorded;
use schemas::{Actor, Facts, Rejection};
use serde_json::{Value, json};

fn three() -> Harness {
    let mut h = Harness::new(42);
    for (n, faction) in [(1, Faction::Cinema), (2, Faction::Otaku), (3, Faction::Arcade)] {
        h.join(n, faction);
    }
    h
}

/// A page as somebody sees it; 0 is a stranger.
fn page(h: &Harness, who: u64, page: &Page) -> Result<Value, Rejection> {
    let actor = if who == 0 { Actor::System } else { Actor::Player(player(who)) };
    let facts = Facts::default();
    PopVerse::page(&h.rules, &h.state, page, &Asked { actor: &actor, facts: &facts, now: h.now }).unwrap()
}

fn marches(h: &Harness, who: u64) -> Vec<Value> {
    page(h, who, &Page::Marches {}).unwrap()["rows"].as_array().unwrap().clone()
}

const WHOLE: Page = Page::Map { x: 0, y: 0, size: 50 };

#[test]
fn a_square_of_the_map_is_clipped_and_seen_through_ones_own_fog() {
    let mut h = three();
    let city = h.p(2).city.unwrap();
    h.patch(1, |p| p.explored = Tile::all().collect());
    let tile = |h: &Harness, who| {
        let page = page(h, who, &Page::Map { x: city.x(), y: city.y(), size: 1 }).unwrap();
        page["tiles"][0].clone()
    };
    assert_eq!(
        (tile(&h, 1).get("city"), &tile(&h, 1)["visible"]),
        (None, &json!(false)),
        "explored, and not seen"
    );
    assert_eq!(tile(&h, 2)["city"]["pn"], 2);
    assert_eq!(tile(&h, 3), Value::Null, "not explored");
    // A stranger sees the ground, for somebody has explored it, and nothing that stands there.
    let ground = tile(&h, 0);
    assert_eq!(ground, json!({ "x": city.x(), "y": city.y(), "terrain": ground["terrain"] }));
    // The edge of the map cuts the square off.
    let corner = page(&h, 1, &Page::Map { x: 90, y: 95, size: 50 }).unwrap();
    assert_eq!(corner["tiles"].as_array().unwrap().len(), 10 * 5);
    for (x, y, size, code) in [
        (0, 0, 0, "INVALID_OPTION"),
        (0, 0, 51, "INVALID_OPTION"),
        (100, 0, 5, "INVALID_COORDINATES"),
        (0, -1, 5, "INVALID_COORDINATES"),
    ] {
        assert_eq!(page(&h, 1, &Page::Map { x, y, size }).unwrap_err().code, code, "{x} {y} {size}");
    }
}

#[test]
fn ones_own_page_shows_all_and_anothers_what_is_public() {
    let mut h = three();
    let of = |h: &Harness, who, whose| page(h, who, &Page::Player { whose });
    let own = of(&h, 1, Whose::Mine).unwrap();
    for field in ["city", "buildings", "research", "troops", "items", "stocks", "diamonds"] {
        assert!(own.get(field).is_some(), "{field}");
    }
    assert_eq!(of(&h, 1, Whose::Number(1)).unwrap(), own);
    assert_eq!(of(&h, 1, Whose::Id(player(1))).unwrap(), own);
    let public = of(&h, 0, Whose::Number(1)).unwrap();
    assert_eq!(of(&h, 2, Whose::Number(1)).unwrap(), public, "to all others it is the same");
    for hidden in ["city", "stocks", "x", "troops", "diamonds", "explored"] {
        assert!(public.get(hidden).is_none(), "{hidden}");
    }
    assert_eq!(of(&h, 0, Whose::Mine).unwrap_err().code, "NOT_JOINED");
    assert_eq!(of(&h, 7, Whose::Mine).unwrap_err().code, "NOT_JOINED");
    for nobody in [Whose::Number(0), Whose::Number(4), Whose::Number(u64::MAX), Whose::Id(player(9))] {
        assert_eq!(of(&h, 1, nobody).unwrap_err().code, "UNKNOWN_PLAYER", "{nobody:?}");
    }
    // Who has left is nobody's page, and who is suspended sees none.
    h.ok(3, json!({ "type": "PrivacyDelete", "confirm": true }));
    assert_eq!(of(&h, 1, Whose::Number(3)).unwrap_err().code, "UNKNOWN_PLAYER");
    h.patch(2, |p| p.status = popverse_kingdoms::state::Status::Suspended("x".to_owned()));
    for asked in [WHOLE, Page::Marches {}, Page::Player { whose: Whose::Mine }] {
        assert_eq!(page(&h, 2, &asked).unwrap_err().code, "SUSPENDED");
    }
    assert!(of(&h, 1, Whose::Number(2)).is_ok());
}

#[test]
fn a_march_is_whole_to_its_owner_and_to_others_where_they_see_it() {
    let mut h = three();
    h.patch(1, |p| p.explored = Tile::all().collect());
    let home = h.p(1).city.unwrap();
    let camp = *h.state.npc_at.keys().max_by_key(|t| t.chebyshev(home).min(30)).unwrap();
    h.ok(1, json!({ "type": "Scout", "x": camp.x(), "y": camp.y() }));
    let whole = marches(&h, 1);
    let path = whole[0]["path"].as_array().unwrap().clone();
    assert_eq!((&whole[0]["own"], whole.len()), (&json!(true), 1));
    assert_eq!(path[0], json!({ "x": home.x(), "y": home.y() }));
    assert_eq!(path.last().unwrap(), &json!({ "x": camp.x(), "y": camp.y() }));
    let (start, end) = (whole[0]["start"].as_i64().unwrap(), whole[0]["end"].as_i64().unwrap());
    assert!(start == h.now.ms() && end > start);
    assert_eq!((marches(&h, 2), marches(&h, 0)), (vec![], vec![]));
    // Somebody sees a place on its way, from before it comes until after it has gone.
    let spot = |n: usize| Tile::at(path[n]["x"].as_i64().unwrap(), path[n]["y"].as_i64().unwrap()).unwrap();
    let middle = spot(path.len() / 2);
    let until = h.now.plus_s(100_000);
    h.patch(2, move |p| {
        p.scouted.push(Scouted { tile: middle, until, power: None });
        p.explored = Tile::all().filter(|tile| *tile != middle).collect();
    });
    let radius = h.rules.fog.scouted;
    let mut seen = 0;
    while h.now.ms() < end {
        let at = marches(&h, 1)[0]["at"].clone();
        let here = Tile::at(at["x"].as_i64().unwrap(), at["y"].as_i64().unwrap()).unwrap();
        let shown = marches(&h, 2);
        // Of what nobody has explored nothing is shown, seen or not.
        let near = here.chebyshev(middle) <= radius && here != middle;
        assert_eq!(!shown.is_empty(), near, "{here:?}");
        for row in shown {
            seen += 1;
            assert_eq!(
                (&row["own"], &row["start"], &row["end"]),
                (&json!(false), &json!(null), &json!(null))
            );
            // The way on which it was in sight until here, and not a tile beyond.
            let way = row["path"].as_array().unwrap();
            let now = path.iter().position(|tile| *tile == at).unwrap();
            assert_eq!(way.as_slice(), &path[now + 1 - way.len()..=now]);
            for tile in way {
                let tile = Tile::at(tile["x"].as_i64().unwrap(), tile["y"].as_i64().unwrap()).unwrap();
                assert!(tile.chebyshev(middle) <= radius && tile != middle);
            }
        }
        h.pass((end - start) / 1000 / 60 + 1);
    }
    assert!(seen > 0, "it came by");
    // On its way home it goes the other way round.
    let back = marches(&h, 1);
    let last = back.iter().find(|row| row["phase"] == "homeward").unwrap();
    assert_eq!(last["path"].as_array().unwrap().last().unwrap(), &path[0]);
    assert!(last["end"].as_i64().unwrap() > h.now.ms());
}

#[test]
fn places_and_deals_are_told_for_the_threat_score() {
    let place = |command: Value| {
        let kind = command["type"].as_str().unwrap().to_owned();
        let mut fields = command;
        fields.as_object_mut().unwrap().remove("type");
        PopVerse::place(&Command::decode(&kind, 1, fields.to_string().as_bytes()).unwrap())
    };
    assert_eq!(place(json!({ "type": "Scout", "x": 3, "y": 4 })), Some((3, 4)));
    assert_eq!(place(json!({ "type": "Gather", "x": 5, "y": 6, "troops": 1 })), Some((5, 6)));
    let attack = json!({ "type": "Attack", "x": 7, "y": 8, "hero": "a", "troops": 1 });
    assert_eq!(place(attack), Some((7, 8)));
    assert_eq!(place(json!({ "type": "CityShield" })), None);
    let asked = |query: Value| PopVerse::place_asked(&serde_json::from_value(query).unwrap());
    assert_eq!(asked(json!({ "type": "MapTile", "x": 3, "y": 4 })), Some((3, 4)));
    assert_eq!(asked(json!({ "type": "MapView", "x": 5, "y": 6 })), Some((5, 6)));
    assert_eq!(asked(json!({ "type": "MapView" })), None);

    let mut h = Harness::flat(42, &[(Faction::Cinema, 10, 10), (Faction::Otaku, 40, 40)]);
    for pn in [1, 2] {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 5);
            p.stores.stock = Res::new(5000, 5000, 5000);
        });
    }
    h.ok(1, json!({ "type": "MarketOffer", "give": "food", "give_amount": 2500, "want": "iron", "want_amount": 1000 }));
    let events = h.ok(2, json!({ "type": "MarketAccept", "offer": "1" }));
    let mut handed = Vec::new();
    events.iter().for_each(|event| PopVerse::handed(&h.state, event, &mut handed));
    let prices = h.state.market.prices;
    let told: Vec<_> = handed.iter().map(|h| (h.from, h.to, h.worth)).collect();
    let expected = [(player(1), player(2), 2500 * prices.food), (player(2), player(1), 1000 * prices.iron)];
    assert_eq!(told, expected);
    let counted: Vec<_> = events.iter().filter_map(PopVerse::counted).collect();
    assert_eq!(counted, [("trades", "offer")]);
}

#[test]
fn the_figures_of_the_season_are_told() {
    let mut h = three();
    h.patch(1, |p| p.stores.stock.food = 300);
    h.patch(2, |p| p.stores.stock.food = 600);
    h.patch(3, |p| p.stores.stock.food = 0);
    h.ok(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 1 }));
    let told = PopVerse::gauges(&h.rules, &h.state, h.now);
    let value = |name: &str, of: &str| {
        let found: Vec<&Gauge> = told.iter().filter(|g| g.name == name && g.of == of).collect();
        assert_eq!(found.len(), 1, "{name} {of}");
        found[0].value
    };
    assert_eq!((value("players", ""), value("players_active", ""), value("marches_open", "")), (3, 3, 0));
    let food: i64 = (1..=3).map(|n| h.p(n).stores.stock.food).sum();
    assert_eq!(value("stock_mean", "food"), food / 3);
    assert_eq!(value("production_modifier", "iron"), 1000);
    assert!(value("price_micro_gold", "iron") > 0);
    // A week later nobody is active any more, and nothing is divided by them.
    h.pass(8 * 86_400);
    let told = PopVerse::gauges(&h.rules, &h.state, h.now);
    let value = |name: &str| told.iter().find(|g| g.name == name).unwrap().value;
    assert_eq!((value("players"), value("players_active"), value("stock_mean")), (3, 0, 0));
}
