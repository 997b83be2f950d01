//! Every code that the game may refuse with has a case here, and each answers with its sentence.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use harness::{Harness, hero, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::config::Config;
use popverse_kingdoms::event::ShieldSource;
use popverse_kingdoms::ids::Pn;
use popverse_kingdoms::keys::{Building, Faction, GuildRole, HeroKey, Item, ParcelType, Skill, Table};
use popverse_kingdoms::state::{Player, Shield};
use popverse_kingdoms::tile::{TILES, Tile};
use schemas::{GameTime, Rejection};
use serde_json::{Value, json};

/// A case: what was refused.
type Case = fn(&mut Harness) -> Rejection;

/// Two foes and a fellow on plains: 1 Cinema at (10,10), 2 Otaku at (15,15), 3 Cinema at (20,10).
fn scene() -> Harness {
    let mut h = Harness::plains(
        42,
        &[(Faction::Cinema, 10, 10), (Faction::Otaku, 15, 15), (Faction::Cinema, 20, 10)],
        &[
            (ParcelType::Farmstead, 12, 18),
            (ParcelType::Farmstead, 18, 18),
            (ParcelType::Farmstead, 24, 18),
            (ParcelType::StrategicFort, 30, 18),
        ],
    );
    for pn in 1..=3 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 5);
            p.home = Troops::new(60, 0, 0, 0);
            p.stores.stock = Res::new(5000, 5000, 2500);
            p.diamonds = 1000;
            p.heroes.insert(HeroKey::StuntRookie, hero(1, &[(Skill::WarCry, 1)]));
            p.heroes.insert(HeroKey::RuinDirector, hero(1, &[(Skill::WarCry, 1)]));
        });
    }
    h
}

fn me(h: &mut Harness, change: impl Fn(&mut Player)) {
    h.patch(1, change);
}

fn attack(x: i64, y: i64, troops: i64) -> Value {
    json!({ "type": "Attack", "x": x, "y": y, "hero": "stunt_rookie", "troops": troops })
}

fn kind(name: &str) -> Value {
    json!({ "type": name })
}

/// A node at (12,10) that holds something.
fn node(h: &mut Harness) {
    let tile = Tile::at(12, 10).unwrap();
    h.scene(move |s| {
        let fresh = popverse_kingdoms::state::Node {
            kind: popverse_kingdoms::keys::Resource::Food,
            level: 2,
            left: 8000,
            refill_at: None,
            march: None,
        };
        s.nodes.insert(tile, fresh);
    });
}

/// Guild 1: player 1 leads it, player 3 is what is said.
fn guild(h: &mut Harness, role: GuildRole) {
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    h.ok(1, json!({ "type": "GuildInvite", "player": player(3) }));
    h.ok(3, json!({ "type": "GuildAccept", "guild": "1" }));
    if role == GuildRole::Officer {
        h.ok(1, json!({ "type": "GuildRole", "player": player(3), "role": "officer" }));
    }
}

fn offer(give: &str, n: i64, want: &str, m: i64) -> Value {
    json!({ "type": "MarketOffer", "give": give, "give_amount": n, "want": want, "want_amount": m })
}

/// Parcel 1, a farmstead, is this player's.
fn land(h: &mut Harness, n: u64) {
    h.ok(n, json!({ "type": "LandBuy", "parcel": 1 }));
}

/// What guild 1 has in its bank, as at the last reset.
fn bank_of(h: &mut Harness, bank: Res) {
    h.scene(move |s| {
        for guild in s.guilds.values_mut() {
            guild.bank = bank;
            guild.bank_at_reset = bank;
        }
    });
}

/// A guild of one with this bank.
fn bank(h: &mut Harness, bank: Res) {
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    bank_of(h, bank);
}

const CASES: &[(&str, Case)] = &[
    ("WORLD_ENDED", |h| {
        h.close(&mut Vec::new());
        h.refused(1, kind("CityCrew"))
    }),
    ("NOT_JOINED", |h| h.refused(9, kind("CityCrew"))),
    ("SUSPENDED", |h| {
        h.admin(json!({ "type": "AdminSuspend", "player": player(1), "reason": "spam" })).unwrap();
        h.refused(1, kind("CityCrew"))
    }),
    ("NOT_ADMIN", |h| {
        h.refused(1, json!({ "type": "AdminSuspend", "player": player(2), "reason": "revenge" }))
    }),
    ("INVALID_OPTION", |h| h.refused(1, json!({ "type": "BuildStart", "building": "castle" }))),
    ("INVALID_COORDINATES", |h| h.refused(1, attack(-1, 50, 50))),
    ("NOT_CONFIRMED", |h| h.refused(1, json!({ "type": "PrivacyDelete", "confirm": false }))),
    ("MIX_MISMATCH", |h| {
        let mut command = attack(15, 15, 20);
        command["t1"] = json!(10);
        h.refused(1, command)
    }),
    ("UNKNOWN_PLAYER", |h| {
        let grant =
            json!({ "type": "AdminGrant", "player": player(77), "item": "gold", "amount": 1, "reason": "" });
        h.admin(grant).unwrap_err()
    }),
    ("UNKNOWN_HERO", |h| h.refused(1, json!({ "type": "CityWarden", "hero": "nobody" }))),
    ("UNKNOWN_GEAR", |h| h.refused(1, json!({ "type": "GearSalvage", "gear": "7" }))),
    ("UNKNOWN_MARCH", |h| h.refused(1, json!({ "type": "MarchRecall", "march": "7" }))),
    ("DUPLICATE_PLAYER", |h| h.refused(1, json!({ "type": "Join", "faction": "cinema" }))),
    ("FACTION_FULL", |h| {
        for n in 11..14 {
            h.join(n, Faction::Cinema);
        }
        h.refused(20, json!({ "type": "Join", "faction": "cinema" }))
    }),
    ("WORLD_FULL", |h| {
        h.scene(|s| s.config = Config { max_players: 3, ..Config::default() });
        h.refused(20, json!({ "type": "Join", "faction": "arcade" }))
    }),
    ("INSUFFICIENT_RESOURCES", |h| {
        me(h, |p| p.stores.stock = Res::ZERO);
        h.refused(1, json!({ "type": "BuildStart", "building": "hq" }))
    }),
    ("NOT_ENOUGH_DIAMONDS", |h| {
        me(h, |p| p.diamonds = 149);
        h.refused(1, kind("CityCrew"))
    }),
    ("NOT_ENOUGH_SHARDS", |h| {
        h.refused(1, json!({ "type": "HeroSkill", "hero": "stunt_rookie", "skill": "war_cry" }))
    }),
    ("ITEM_MISSING", |h| h.refused(1, kind("CityShield"))),
    ("MAX_LEVEL", |h| {
        me(h, |p| p.buildings[Building::Hq] = 20);
        h.refused(1, json!({ "type": "BuildStart", "building": "hq" }))
    }),
    ("HQ_TOO_LOW", |h| h.refused(1, json!({ "type": "BuildStart", "building": "farm" }))),
    ("REQUIREMENT", |h| h.refused(1, json!({ "type": "ResearchStart", "technology": "troop_training_ii" }))),
    ("QUEUE_BUSY", |h| {
        h.ok(1, json!({ "type": "BuildStart", "building": "hq" }));
        h.refused(1, json!({ "type": "BuildStart", "building": "hq" }))
    }),
    ("NO_JOB", |h| h.refused(1, json!({ "type": "BuildCancel", "building": "hq" }))),
    ("TIER_LOCKED", |h| h.refused(1, json!({ "type": "TroopsTrain", "tier": "t2", "count": 5 }))),
    ("BATCH_TOO_BIG", |h| h.refused(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 251 }))),
    ("HOUSING_FULL", |h| {
        me(h, |p| p.home = Troops::new(1040, 0, 0, 0));
        h.refused(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 11 }))
    }),
    ("STARVING", |h| {
        me(h, |p| {
            p.buildings[Building::Farm] = 0;
            p.stores.stock = Res::new(0, 500, 500);
        });
        h.refused(1, json!({ "type": "TroopsTrain", "tier": "t1", "count": 1 }))
    }),
    ("NOT_ENOUGH_TROOPS", |h| h.refused(1, json!({ "type": "TroopsDismiss", "tier": "t1", "count": 61 }))),
    ("NO_WOUNDED", |h| h.refused(1, kind("TroopsHeal"))),
    ("HERO_AWAY", |h| {
        h.ok(1, attack(15, 15, 20));
        h.refused(1, attack(15, 15, 20))
    }),
    ("HERO_EXHAUSTED", |h| {
        let until = h.now.plus_s(60);
        me(h, |p| p.heroes.get_mut(&HeroKey::StuntRookie).unwrap().exhausted_until = Some(until));
        h.refused(1, attack(15, 15, 20))
    }),
    ("ROSTER_FULL", |h| {
        me(h, |p| {
            p.buildings[Building::HeroHall] = 0;
            p.items[Item::Scroll] = 1;
            for key in HeroKey::ALL.into_iter().take(8) {
                p.heroes.insert(key, hero(1, &[]));
            }
        });
        h.refused(1, json!({ "type": "HeroSummon", "pay": "scrolls" }))
    }),
    ("SKILL_LOCKED", |h| {
        h.refused(1, json!({ "type": "HeroSkill", "hero": "ruin_director", "skill": "dread" }))
    }),
    ("FORGE_INPUT", |h| h.refused(1, json!({ "type": "GearForge", "slot": "weapon", "rarity": "common" }))),
    ("MARCH_TOO_BIG", |h| {
        me(h, |p| p.home = Troops::new(500, 0, 0, 0));
        h.refused(1, attack(15, 15, 301))
    }),
    ("NO_MARCH_SLOT", |h| {
        me(h, |p| p.buildings[Building::Hq] = 4);
        h.ok(1, attack(15, 15, 20));
        let mut second = attack(15, 15, 20);
        second["hero"] = json!("ruin_director");
        h.refused(1, second)
    }),
    ("SCOUTS_BUSY", |h| {
        for _ in 0..2 {
            h.ok(1, json!({ "type": "Scout", "x": 15, "y": 15 }));
        }
        h.refused(1, json!({ "type": "Scout", "x": 15, "y": 15 }))
    }),
    ("NO_PATH", |h| {
        // An island: the target is ringed by lakes, as no generated map has it.
        let mut stored = h.state.map().unwrap().store();
        let ring: Vec<usize> = (0..TILES)
            .filter(|i| Tile::from_index(*i).unwrap().chebyshev(Tile::at(50, 50).unwrap()) == 1)
            .collect();
        stored.biomes = (0..TILES).map(|i| if ring.contains(&i) { 'l' } else { 'g' }).collect();
        let chart = popverse_kingdoms::state::Chart::restore(&h.rules.map, stored).unwrap();
        h.scene(move |s| s.chart = Some(std::sync::Arc::new(chart.clone())));
        h.refused(1, attack(50, 50, 20))
    }),
    ("NOT_EXPLORED", |h| {
        me(h, |p| p.explored = popverse_kingdoms::tile_set::TileSet::new());
        h.refused(1, attack(15, 15, 20))
    }),
    ("NO_TARGET", |h| h.refused(1, attack(40, 40, 20))),
    ("OWN_TARGET", |h| h.refused(1, attack(10, 10, 20))),
    ("SAME_FACTION", |h| h.refused(1, attack(20, 10, 20))),
    ("TARGET_SHIELDED", |h| {
        let until = h.now.plus_s(60);
        h.patch(2, move |p| p.shield = Some(Shield { until, source: ShieldSource::Truce }));
        h.refused(1, attack(15, 15, 20))
    }),
    ("TARGET_TOO_WEAK", |h| {
        h.patch(2, |p| {
            p.buildings = Table::default();
            p.home = Troops::NONE;
        });
        h.refused(1, attack(15, 15, 20))
    }),
    ("REPEAT_LIMIT", |h| {
        let now = h.now;
        me(h, move |p| p.attacks = vec![(Pn(2), now); 3]);
        h.refused(1, attack(15, 15, 20))
    }),
    ("SHIELD_WOULD_DROP", |h| {
        let until = h.now.plus_s(60);
        me(h, move |p| p.shield = Some(Shield { until, source: ShieldSource::Beginner }));
        h.refused(1, attack(15, 15, 20))
    }),
    ("NODE_EMPTY", |h| {
        node(h);
        h.scene(|s| {
            for node in s.nodes.values_mut() {
                node.left = 0;
                node.refill_at = Some(GameTime::from_ms(harness::OPEN + 1));
            }
        });
        h.refused(1, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 10 }))
    }),
    ("NODE_TAKEN", |h| {
        node(h);
        h.ok(3, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 60 }));
        h.pass(1000);
        h.refused(1, json!({ "type": "Gather", "x": 12, "y": 10, "troops": 10 }))
    }),
    ("NOT_RECALLABLE", |h| {
        h.ok(1, attack(15, 15, 20));
        h.pass(10);
        h.ok(1, json!({ "type": "MarchRecall", "march": "1" }));
        h.refused(1, json!({ "type": "MarchRecall", "march": "1" }))
    }),
    ("RELOCATE_BLOCKED", |h| {
        me(h, |p| p.items[Item::Relocator] = 1);
        h.ok(1, attack(15, 15, 20));
        h.refused(1, kind("CityRelocate"))
    }),
    ("TILE_TAKEN", |h| {
        me(h, |p| p.items[Item::Relocator] = 1);
        h.refused(1, json!({ "type": "CityRelocate", "x": 15, "y": 16 }))
    }),
    ("COOLDOWN", |h| {
        let now = h.now;
        me(h, move |p| {
            p.items[Item::Shield8h] = 1;
            p.shield_item_at = Some(now);
        });
        h.refused(1, kind("CityShield"))
    }),
    ("STORAGE_FULL", |h| {
        bank(h, Res::new(5000, 0, 0));
        me(h, |p| {
            p.buildings[Building::Warehouse] = 0;
            p.stores.stock = Res::new(1500, 0, 0);
        });
        h.refused(1, json!({ "type": "GuildWithdraw", "resource": "food", "amount": 501 }))
    }),
    ("BANK_SHORT", |h| {
        bank(h, Res::new(10, 0, 0));
        h.refused(1, json!({ "type": "GuildWithdraw", "resource": "food", "amount": 11 }))
    }),
    ("EMBASSY_FULL", |h| {
        guild(h, GuildRole::Member);
        h.patch(3, |p| p.buildings[Building::Embassy] = 0);
        h.refused(1, json!({ "type": "Reinforce", "player": player(3), "troops": 1 }))
    }),
    ("UNKNOWN_GUILD", |h| h.query(1, json!({ "type": "GuildInfo", "guild": "7" })).unwrap_err()),
    ("IN_GUILD", |h| {
        guild(h, GuildRole::Member);
        h.refused(3, json!({ "type": "GuildCreate", "name": "Second", "tag": "SEC" }))
    }),
    ("NOT_IN_GUILD", |h| h.refused(1, json!({ "type": "GuildLeave", "confirm": true }))),
    ("NOT_SAME_GUILD", |h| h.refused(1, json!({ "type": "Reinforce", "player": player(3), "troops": 1 }))),
    ("GUILD_COOLDOWN", |h| {
        guild(h, GuildRole::Member);
        h.ok(3, json!({ "type": "GuildLeave", "confirm": true }));
        h.pass(86_399);
        h.refused(3, json!({ "type": "GuildCreate", "name": "Second", "tag": "SEC" }))
    }),
    ("NAME_TAKEN", |h| {
        guild(h, GuildRole::Member);
        h.refused(2, json!({ "type": "GuildCreate", "name": "Reel", "tag": "SEC" }))
    }),
    ("OTHER_FACTION", |h| {
        guild(h, GuildRole::Member);
        h.refused(1, json!({ "type": "GuildInvite", "player": player(2) }))
    }),
    ("GUILD_FULL", |h| {
        guild(h, GuildRole::Member);
        h.rules.guild.members_max = 2;
        let id = h.join(4, Faction::Arcade).0;
        h.patch(id, |p| p.faction = Faction::Cinema);
        h.refused(1, json!({ "type": "GuildInvite", "player": player(4) }))
    }),
    ("ALREADY_INVITED", |h| {
        guild(h, GuildRole::Member);
        h.refused(1, json!({ "type": "GuildInvite", "player": player(3) }))
    }),
    ("NO_INVITATION", |h| {
        guild(h, GuildRole::Member);
        h.refused(2, json!({ "type": "GuildAccept", "guild": "1" }))
    }),
    ("GUILD_RANK", |h| {
        guild(h, GuildRole::Officer);
        h.refused(3, json!({ "type": "GuildKick", "player": player(1) }))
    }),
    ("OFFICER_LIMIT", |h| {
        guild(h, GuildRole::Member);
        h.rules.guild.officers_max = 0;
        h.refused(1, json!({ "type": "GuildRole", "player": player(3), "role": "officer" }))
    }),
    ("LEADER_MUST_PASS", |h| {
        guild(h, GuildRole::Member);
        h.refused(1, json!({ "type": "GuildLeave", "confirm": true }))
    }),
    ("GUILD_NOT_EMPTY", |h| {
        guild(h, GuildRole::Member);
        h.refused(1, json!({ "type": "GuildDisband", "confirm": true }))
    }),
    ("DONATION_LIMIT", |h| {
        guild(h, GuildRole::Member);
        me(h, |p| p.today.donated = 49_000);
        h.refused(1, json!({ "type": "GuildDonate", "resource": "gold", "amount": 251 }))
    }),
    ("WITHDRAW_LIMIT", |h| {
        guild(h, GuildRole::Officer);
        bank_of(h, Res::new(1000, 0, 0));
        h.refused(3, json!({ "type": "GuildWithdraw", "resource": "food", "amount": 201 }))
    }),
    ("PRICE_RANGE", |h| {
        land(h, 1);
        h.pass(86_400);
        h.refused(1, json!({ "type": "LandOffer", "parcel": 1, "price": 1 }))
    }),
    ("UNKNOWN_OFFER", |h| {
        land(h, 1);
        h.refused(1, json!({ "type": "LandWithdraw", "parcel": 1 }))
    }),
    ("LAND_PROTECTED", |h| {
        land(h, 2);
        h.refused(1, attack(12, 18, 20))
    }),
    ("GARRISON_FULL", |h| {
        land(h, 1);
        h.rules.land.garrison_max = 19;
        h.refused(1, json!({ "type": "LandGarrison", "parcel": 1, "troops": 20 }))
    }),
    ("NOT_OWNER", |h| {
        land(h, 2);
        h.refused(1, json!({ "type": "LandReturn", "parcel": 1, "confirm": true }))
    }),
    ("LAND_NOT_FOR_SALE", |h| {
        land(h, 2);
        h.refused(1, json!({ "type": "LandBuy", "parcel": 1 }))
    }),
    ("NO_LAND_SLOT", |h| {
        land(h, 1);
        me(h, |p| p.buildings[Building::Hq] = 4);
        h.refused(1, json!({ "type": "LandBuy", "parcel": 2 }))
    }),
    ("LAND_LOCKED", |h| {
        land(h, 1);
        h.pass(86_399);
        h.refused(1, json!({ "type": "LandReturn", "parcel": 1, "confirm": true }))
    }),
    ("SAME_RESOURCE", |h| h.refused(1, offer("food", 100, "food", 100))),
    ("OFFER_RATIO", |h| h.refused(1, offer("food", 2500, "iron", 300))),
    ("TRADE_LIMIT", |h| {
        me(h, |p| p.today.traded.food = 9000);
        h.refused(1, json!({ "type": "MarketBuy", "resource": "food", "amount": 2077 }))
    }),
    ("OFFER_LIMIT", |h| {
        for _ in 0..5 {
            h.ok(1, offer("food", 100, "iron", 50));
        }
        h.refused(1, offer("food", 100, "iron", 50))
    }),
    ("OWN_OFFER", |h| {
        h.ok(1, offer("food", 100, "iron", 50));
        h.refused(1, json!({ "type": "MarketAccept", "offer": "1" }))
    }),
    ("NOT_ENOUGH_POINTS", |h| h.refused(1, json!({ "type": "ArenaShop", "item": "scroll" }))),
    ("DUPLICATE_HERO", |h| {
        let twice = json!({
            "type": "ArenaTeam", "side": "attack", "hero1": "stunt_rookie", "hero2": "Stunt Rookie",
        });
        h.refused(1, twice)
    }),
    ("INVENTORY_FULL", |h| {
        me(h, |p| p.points = 250);
        h.rules.gear.inventory = 0;
        h.refused(1, json!({ "type": "ArenaShop", "item": "gear_cache" }))
    }),
    ("NO_OFFER", |h| h.refused(1, json!({ "type": "ArenaFight", "slot": 1 }))),
    ("ALREADY_FOUGHT", |h| {
        h.ok(1, kind("ArenaOpponents"));
        h.ok(1, json!({ "type": "ArenaFight", "slot": 1 }));
        h.refused(1, json!({ "type": "ArenaFight", "slot": 1 }))
    }),
    ("NO_ATTEMPTS", |h| {
        me(h, |p| p.today.fights = 5);
        h.ok(1, kind("ArenaOpponents"));
        h.refused(1, json!({ "type": "ArenaFight", "slot": 1 }))
    }),
    ("ATTEMPT_LIMIT", |h| {
        h.ok(1, json!({ "type": "ArenaAttempts", "count": 8 }));
        h.refused(1, json!({ "type": "ArenaAttempts", "count": 3 }))
    }),
    ("SHOP_LIMIT", |h| {
        me(h, |p| p.points = 900);
        h.ok(1, json!({ "type": "ArenaShop", "item": "scroll", "count": 2 }));
        h.refused(1, json!({ "type": "ArenaShop", "item": "scroll", "count": 2 }))
    }),
    ("CONQUEST_CLOSED", |h| {
        h.raise_points(harness::POINTS);
        let march = json!({
            "type": "ConquestMarch", "point": "west", "hero": "stunt_rookie", "troops": 20,
        });
        h.refused(1, march)
    }),
    ("NOTHING_TO_CLAIM", |h| h.refused(1, kind("QuestClaim"))),
    ("LINK_CODE", |h| h.refused(1, json!({ "type": "LinkTwitch", "code": "AB12CD34" }))),
];

#[test]
fn every_code_has_a_case_and_no_case_is_superfluous() {
    for code in PopVerse::REJECTIONS {
        assert_eq!(CASES.iter().filter(|(name, _)| name == code).count(), 1, "{code}");
    }
    assert_eq!(CASES.len(), PopVerse::REJECTIONS.len());
}

#[test]
fn every_case_answers_its_code_with_a_whole_sentence() {
    for (code, case) in CASES {
        let mut h = scene();
        let rejection = case(&mut h);
        assert_eq!(rejection.code, *code);
        let text = PopVerse::describe(&rejection).unwrap();
        assert!(!text.sentence.contains(['{', '}']), "{code}: {}", text.sentence);
        assert!(text.suggestions.iter().all(|s| !s.contains(['{', '}'])), "{code}: {:?}", text.suggestions);
        h.sound();
    }
}

#[test]
fn the_march_set_is_checked_in_the_rulebooks_order() {
    let mut h = scene();
    me(&mut h, |p| p.explored = popverse_kingdoms::tile_set::TileSet::new());
    let worst = json!({
        "type": "Attack", "x": 100, "y": 5, "hero": "nobody", "troops": 999, "t1": 1,
    });
    let order = [
        ("INVALID_COORDINATES", "x", json!(15)),
        ("NOT_EXPLORED", "", json!(null)),
        ("UNKNOWN_HERO", "hero", json!("stunt_rookie")),
        ("MIX_MISMATCH", "troops", json!(400)),
        ("MARCH_TOO_BIG", "troops", json!(20)),
    ];
    let mut command = worst;
    for (code, option, cure) in order {
        assert_eq!(h.refused(1, command.clone()).code, code);
        match option {
            "" => me(&mut h, |p| p.explored = Tile::all().collect()),
            name => command[name] = cure,
        }
        if code == "MIX_MISMATCH" {
            command["t1"] = json!(400);
            me(&mut h, |p| p.home = Troops::new(400, 0, 0, 0));
        }
        if code == "MARCH_TOO_BIG" {
            command["t1"] = json!(20);
        }
    }
    assert_eq!(h.refused(1, command).code, "NO_TARGET");
}
