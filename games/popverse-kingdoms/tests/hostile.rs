//! What a hostile client may send: bytes that are no command, numbers at and beyond both ends, texts with mentions, markup
//! and control characters, other people's things, stale offers, and two who want the last unit. Nothing panics, what is
//! refused changes nothing, the books balance.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use games_core::tree::{CommandOption, Mode, OptionKind, SlashCommand};
use harness::{Harness, hero, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::command::Command;
use popverse_kingdoms::keys::{Faction, HeroKey, ParcelType, Resource, Table};
use popverse_kingdoms::state::Node;
use popverse_kingdoms::tile::Tile;
use proptest::prelude::*;
use schemas::codec::Recorded;
use schemas::{Actor, Rejection};
use serde_json::{Map, Value, json};

/// Texts that must come back out of nothing.
fn texts() -> Vec<String> {
    vec![
        String::new(),
        " ".to_owned(),
        "@everyone <@123456789012345678> <#1>".to_owned(),
        "**bold** ||spoiler|| `code` [x](http://evil)".to_owned(),
        "'; DROP TABLE players; --".to_owned(),
        "\u{0}\u{7}\u{1b}[31m\r\n\t".to_owned(),
        "\u{202e}gnp.exe\u{2066}\u{200f}".to_owned(),
        "🦀".repeat(1500),
        "a".repeat(6000),
        "99999999999999999999999999".to_owned(),
        "-1".to_owned(),
        "{resources} {n}".to_owned(),
    ]
}

const NUMBERS: [i64; 12] = [i64::MIN, -1_000_001, -1, 0, 1, 2, 99, 100, 1000, 1001, 1_000_001, i64::MAX];

/// Players 1 and 2 with means, 3 suspended, 4 gone; 5 has never joined.
fn scene() -> Harness {
    let cities = [
        (Faction::Cinema, 10, 10),
        (Faction::Otaku, 15, 15),
        (Faction::Arcade, 20, 10),
        (Faction::Arcade, 26, 10),
    ];
    let parcels = [(ParcelType::Farmstead, 12, 18), (ParcelType::TradeHub, 18, 18)];
    let mut h = Harness::plains(42, &cities, &parcels);
    h.raise_points(harness::POINTS);
    for pn in 1..=3 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 8);
            p.research = Table::build(|_| 1);
            p.home = Troops::new(400, 200, 100, 0);
            p.stores.stock = Res::new(9000, 9000, 9000);
            p.diamonds = 9000;
            p.points = 900;
            p.rating = 1000;
            for key in HeroKey::ALL {
                p.heroes.insert(key, hero(3, &[]));
            }
        });
    }
    let node = Tile::at(13, 10).unwrap();
    h.scene(move |s| {
        let fresh = Node { kind: Resource::Iron, level: 1, left: 900, refill_at: None, march: None };
        s.nodes.insert(node, fresh);
    });
    h.ok(4, json!({ "type": "PrivacyDelete", "confirm": true }));
    h.admin(json!({ "type": "AdminSuspend", "player": player(3), "reason": "spam" })).unwrap();
    h.day(5, 17 * 3600 + 60);
    h
}

/// What a hostile client puts into an option.
fn value(option: &CommandOption) -> BoxedStrategy<Value> {
    match option.kind {
        OptionKind::Int { min, max } => {
            let near = [min.saturating_sub(1), min, max, max.saturating_add(1)];
            prop_oneof![
                prop::sample::select(near.to_vec()),
                prop::sample::select(NUMBERS.to_vec()),
                0..40_i64
            ]
            .prop_map(Value::from)
            .boxed()
        }
        OptionKind::Text { .. } | OptionKind::Prose { .. } | OptionKind::Name(_) => {
            let known = ["hq", "farm", "storage", "stunt_rookie", "war_cry", "1", "2", "#1", "W1"];
            let known = prop::sample::select(known.map(str::to_owned).to_vec());
            prop_oneof![prop::sample::select(texts()), known].prop_map(Value::from).boxed()
        }
        OptionKind::Choice(of) => prop::sample::select(of.to_vec()).prop_map(Value::from).boxed(),
        OptionKind::Bool => any::<bool>().prop_map(Value::from).boxed(),
        OptionKind::User => (1..7_u64).prop_map(|n| json!(player(n))).boxed(),
        OptionKind::Channel => Just(Value::from("1")).boxed(),
    }
}

/// A command with anything in its options; those that may be left out are, half of the time.
fn filled(command: &'static SlashCommand) -> BoxedStrategy<Value> {
    let options: Vec<BoxedStrategy<Option<(String, Value)>>> = command
        .options
        .iter()
        .map(|option| {
            let given = value(option).prop_map(|v| Some((option.name.to_owned(), v)));
            if option.required { given.boxed() } else { prop_oneof![Just(None), given].boxed() }
        })
        .collect();
    let kind = command.kind();
    options
        .prop_map(move |given| {
            let mut fields: Map<String, Value> = given.into_iter().flatten().collect();
            fields.insert("type".to_owned(), kind.clone().into());
            Value::Object(fields)
        })
        .boxed()
}

fn commands() -> Vec<&'static SlashCommand> {
    PopVerse::TREE.commands.iter().filter(|c| c.mode == Mode::Command).collect()
}

/// Any JSON.
fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(0.5)),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// What a refusal says is short, whole and holds nothing that was typed.
fn fit(rejection: &Rejection) {
    let text = PopVerse::describe(rejection);
    assert!(text.is_some(), "no sentence for {}", rejection.code);
    let text = text.unwrap();
    // An administrator's reason is told to whom it concerns; on the record it is a sealed text.
    if rejection.code == "SUSPENDED" {
        return;
    }
    let told = std::iter::once(&text.sentence).chain(&text.suggestions);
    for sentence in told {
        assert!(sentence.chars().count() <= 300, "{}: {sentence}", rejection.code);
        for typed in texts().iter().filter(|t| t.len() > 2) {
            assert!(!sentence.contains(typed.as_str()), "{}: {sentence}", rejection.code);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_command_or_an_error(
        kind in prop::sample::select(Command::KINDS.to_vec()).prop_map(|k| k.kind),
        version in 0..4_u16,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        value in junk(),
    ) {
        let _ = Command::decode(kind, version, &bytes);
        let _ = Command::decode(kind, version, value.to_string().as_bytes());
        prop_assert!(Command::decode("Teleport", 1, &bytes).is_err());
    }

    #[test]
    fn a_payload_cut_short_or_changed_decodes_to_itself_or_not_at_all(
        fields in prop::sample::select(commands()).prop_flat_map(filled),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut fields = fields;
        let kind = fields.as_object_mut().unwrap().remove("type").unwrap();
        let kind = kind.as_str().unwrap();
        let bytes = serde_json::to_vec(&fields).unwrap();
        if let Ok(command) = Command::decode(kind, 1, &bytes) {
            let mut again = Vec::new();
            command.encode(&mut again).unwrap();
            prop_assert_eq!(Command::decode(kind, 1, &again).unwrap(), command);
        }
        let _ = Command::decode(kind, 1, &bytes[..cut.index(bytes.len())]);
        let mut changed = bytes;
        let place = at.index(changed.len());
        changed[place] = byte;
        let _ = Command::decode(kind, 1, &changed);
    }

    #[test]
    fn whatever_the_options_hold_nothing_breaks(
        asked in prop::collection::vec((1..7_u64, prop::sample::select(commands()).prop_flat_map(filled)), 1..40),
    ) {
        let mut h = scene();
        for (n, mut fields) in asked {
            let kind = fields.as_object_mut().unwrap().remove("type").unwrap();
            let bytes = serde_json::to_vec(&fields).unwrap();
            // What is no command never reaches the game.
            let Ok(command) = Command::decode(kind.as_str().unwrap(), 1, &bytes) else { continue };
            let before = h.state.clone();
            let actor = if n == 6 { Actor::Operator("op".to_owned()) } else { Actor::Player(player(n)) };
            if let Err(rejection) = h.ask(&actor, command) {
                prop_assert!(h.state == before, "a refusal changed something");
                fit(&rejection);
            }
            h.pass(30);
        }
        h.sound();
        h.pass(20_000);
        h.sound();
    }
}

#[test]
fn every_number_beyond_its_range_is_refused_by_every_command() {
    // Where a number beyond its bounds is another kind of wrong, the rulebook names the code (A12).
    for command in commands() {
        for option in command.options {
            let OptionKind::Int { min, max } = option.kind else { continue };
            for wrong in [min.saturating_sub(1), max.saturating_add(1), i64::MIN, i64::MAX] {
                let mut h = scene();
                let mut fields = Map::from_iter([("type".to_owned(), Value::from(command.kind()))]);
                for other in command.options {
                    let fine = match other.kind {
                        _ if other.name == option.name => Value::from(wrong),
                        OptionKind::Int { min, .. } => Value::from(min),
                        OptionKind::Text { .. } | OptionKind::Prose { .. } | OptionKind::Name(_) => {
                            Value::from(if other.name == "building" { "farm" } else { "stunt_rookie" })
                        }
                        OptionKind::Choice(of) => Value::from(of[0]),
                        OptionKind::Bool => Value::from(true),
                        OptionKind::User => json!(player(2)),
                        OptionKind::Channel => Value::from("1"),
                    };
                    if other.required || other.name == option.name {
                        fields.insert(other.name.to_owned(), fine);
                    }
                }
                let mut fields = Value::Object(fields);
                let shown = fields.to_string();
                let kind = fields.as_object_mut().unwrap().remove("type").unwrap();
                let bytes = serde_json::to_vec(&fields).unwrap();
                let asked = Command::decode(kind.as_str().unwrap(), 1, &bytes).unwrap();
                let actor = if kind.as_str().unwrap().starts_with("Admin") || kind == "SetupConfig" {
                    Actor::Operator("op".to_owned())
                } else {
                    Actor::Player(player(1))
                };
                let ended = h.ask(&actor, asked);
                assert!(ended.is_err(), "{shown} was accepted");
            }
        }
    }
}

#[test]
fn who_may_not_play_is_told_so_by_every_command() {
    let mut h = scene();
    for (n, code) in [(3, "SUSPENDED"), (4, "NOT_JOINED"), (5, "NOT_JOINED")] {
        for (kind, fields) in [
            ("CityShield", json!({})),
            ("QuestClaim", json!({})),
            ("ConquestMarch", json!({ "point": "west", "hero": "stunt_rookie", "troops": 1 })),
            ("NotifySet", json!({ "kind": "march", "dm": true })),
            ("LinkTwitch", json!({ "code": "AB" })),
            ("MarketBuy", json!({ "resource": "food", "amount": 1 })),
            ("ArenaFight", json!({ "slot": 1 })),
            ("GuildLeave", json!({ "confirm": true })),
        ] {
            let mut command = fields;
            command["type"] = kind.into();
            assert_eq!(h.refused(n, command).code, code, "{kind} by {n}");
        }
    }
}

#[test]
fn other_peoples_things_are_nobody_elses() {
    let mut h = scene();
    h.ok(1, json!({ "type": "Gather", "x": 13, "y": 10, "troops": 10 }));
    h.ok(1, json!({ "type": "MarketOffer", "give": "food", "give_amount": 40, "want": "iron", "want_amount": 20 }));
    h.ok(1, json!({ "type": "LandBuy", "parcel": 1 }));
    let code = |h: &mut Harness, command: Value| h.refused(2, command).code.to_string();
    assert_eq!(code(&mut h, json!({ "type": "MarchRecall", "march": "1" })), "UNKNOWN_MARCH");
    assert_eq!(code(&mut h, json!({ "type": "MarketCancel", "offer": "1" })), "UNKNOWN_OFFER");
    assert_eq!(code(&mut h, json!({ "type": "LandReturn", "parcel": 1, "confirm": true })), "NOT_OWNER");
    assert_eq!(code(&mut h, json!({ "type": "LandWithdraw", "parcel": 1 })), "NOT_OWNER");
    assert_eq!(code(&mut h, json!({ "type": "MarchDismiss", "march": "1" })), "UNKNOWN_MARCH");
    assert_eq!(code(&mut h, json!({ "type": "GearSalvage", "gear": "1" })), "UNKNOWN_GEAR");
}

#[test]
fn of_two_who_want_the_last_of_anything_one_gets_it() {
    let mut h = scene();
    h.patch(1, |p| p.explored = Tile::all().collect());
    h.patch(2, |p| p.explored = Tile::all().collect());
    // The parcel.
    h.ok(1, json!({ "type": "LandBuy", "parcel": 2 }));
    assert_eq!(h.refused(2, json!({ "type": "LandBuy", "parcel": 2 })).code, "LAND_NOT_FOR_SALE");
    // The offer: a third posts it, two want it.
    h.admin(json!({ "type": "AdminReinstate", "player": player(3), "reason": "appeal" })).unwrap();
    h.ok(3, json!({ "type": "MarketOffer", "give": "food", "give_amount": 40, "want": "iron", "want_amount": 20 }));
    h.ok(1, json!({ "type": "MarketAccept", "offer": "1" }));
    assert_eq!(h.refused(2, json!({ "type": "MarketAccept", "offer": "1" })).code, "UNKNOWN_OFFER");
    assert_eq!(h.refused(3, json!({ "type": "MarketCancel", "offer": "1" })).code, "UNKNOWN_OFFER");
    // The node: both are under way, the second to arrive fights for it or turns back.
    h.ok(1, json!({ "type": "Gather", "x": 13, "y": 10, "troops": 10 }));
    h.ok(2, json!({ "type": "Gather", "x": 13, "y": 10, "troops": 10 }));
    let events = h.pass(3600);
    let backs = harness::kinds(&events).into_iter().filter(|k| *k == "MarchTurnedBack").count();
    assert_eq!(backs, 1);
    // The last seat of a guild.
    h.rules.guild.members_max = 2;
    h.ok(3, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.rules.guild.members_max = 1;
    h.scene(|s| {
        for p in &mut s.players {
            p.faction = Faction::Arcade;
        }
    });
    assert_eq!(h.refused(3, json!({ "type": "GuildInvite", "player": player(1) })).code, "GUILD_FULL");
    // The last troops, the last gold: the second command of one player finds nothing.
    h.patch(1, |p| p.home = Troops::new(30, 0, 0, 0));
    h.ok(1, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 30 }));
    assert_eq!(
        h.refused(1, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 1 })).code,
        "NOT_ENOUGH_TROOPS"
    );
    h.sound();
}

#[test]
fn offers_and_buttons_of_yesterday_lead_nowhere() {
    let mut h = scene();
    h.ok(1, json!({ "type": "ArenaOpponents" }));
    h.ok(1, json!({ "type": "MarketOffer", "give": "food", "give_amount": 40, "want": "iron", "want_amount": 20 }));
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.scene(|s| s.players[1].faction = Faction::Cinema);
    h.ok(1, json!({ "type": "GuildInvite", "player": player(2) }));
    // The arena's offer stands 30 minutes, the market's 48 hours, the invitation 72.
    h.pass(1801);
    assert_eq!(h.refused(1, json!({ "type": "ArenaFight", "slot": 1 })).code, "NO_OFFER");
    h.pass(48 * 3600);
    assert_eq!(h.refused(2, json!({ "type": "MarketAccept", "offer": "1" })).code, "UNKNOWN_OFFER");
    h.pass(24 * 3600);
    assert_eq!(h.refused(2, json!({ "type": "GuildAccept", "guild": "1" })).code, "NO_INVITATION");
    // An offer that was replaced: its slots are those of the new one.
    h.ok(1, json!({ "type": "ArenaOpponents" }));
    h.ok(1, json!({ "type": "ArenaFight", "slot": 1 }));
    h.ok(1, json!({ "type": "ArenaOpponents" }));
    h.ok(1, json!({ "type": "ArenaFight", "slot": 1 }));
    assert_eq!(h.refused(1, json!({ "type": "ArenaFight", "slot": 1 })).code, "ALREADY_FOUGHT");
    h.sound();
}
