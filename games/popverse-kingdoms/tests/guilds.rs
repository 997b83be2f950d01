//! Guilds and reinforcements (rulebook 2.13), A28.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use games_core::Game;
use harness::{Harness, kinds, payload, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::ids::{GuildId, MarchId, Pn};
use popverse_kingdoms::keys::{Building, Faction, GuildRole, Table};
use popverse_kingdoms::state::Phase;
use serde_json::{Value, json};

/// Fellows 1, 3 and 4 of Cinema, 2 of Otaku, on plains with means.
fn scene() -> Harness {
    let cities = [
        (Faction::Cinema, 10, 10),
        (Faction::Otaku, 15, 15),
        (Faction::Cinema, 20, 10),
        (Faction::Cinema, 30, 10),
    ];
    let mut h = Harness::flat(42, &cities);
    for pn in 1..=4 {
        h.patch(pn, |p| {
            p.buildings = Table::build(|_| 6);
            p.home = Troops::new(60, 20, 0, 0);
            p.stores.stock = Res::new(5000, 5000, 2500);
        });
    }
    h
}

fn found(h: &mut Harness, members: &[u64]) {
    h.ok(1, json!({ "type": "GuildCreate", "name": "Reel", "tag": "REEL" }));
    for n in members {
        h.ok(1, json!({ "type": "GuildInvite", "player": player(*n) }));
        h.ok(*n, json!({ "type": "GuildAccept", "guild": "1" }));
    }
}

fn info(h: &Harness, n: u64) -> Value {
    h.query(n, json!({ "type": "GuildInfo", "guild": "G1" })).unwrap()
}

#[test]
fn names_are_told_apart_by_their_tags_alone() {
    let mut h = scene();
    let sealed = |token: &str, tag: &str| format!("sealed:p:GuildCreate.name:{token}:{tag}");
    h.ok(1, json!({ "type": "GuildCreate", "name": sealed("aa", "77"), "tag": sealed("ab", "11") }));
    let again = json!({ "type": "GuildCreate", "name": sealed("bb", "77"), "tag": sealed("ac", "12") });
    assert_eq!(h.refused(2, again).code, "NAME_TAKEN");
    let tag = json!({ "type": "GuildCreate", "name": sealed("bb", "78"), "tag": sealed("ac", "11") });
    assert_eq!(h.refused(2, tag).code, "NAME_TAKEN");
    h.ok(2, json!({ "type": "GuildCreate", "name": sealed("bb", "78"), "tag": sealed("ac", "12") }));
    h.ok(2, json!({ "type": "GuildDisband", "confirm": true }));
    // A guild that is no more holds no name.
    h.ok(3, json!({ "type": "GuildCreate", "name": sealed("cc", "78"), "tag": sealed("ad", "12") }));
    h.sound();
}

#[test]
fn an_invitation_is_accepted_declined_or_runs_out() {
    let mut h = scene();
    found(&mut h, &[3]);
    assert_eq!(h.p(1).stores.stock.gold, 2000);
    h.ok(1, json!({ "type": "GuildInvite", "player": player(4) }));
    let told = h.notices.iter().filter(|n| n.kind == "guild" && n.to == Some(player(4))).count();
    assert_eq!(told, 1);
    h.ok(4, json!({ "type": "GuildDecline", "guild": "1" }));
    h.ok(1, json!({ "type": "GuildInvite", "player": player(4) }));
    let events = h.pass(259_200);
    assert!(kinds(&events).contains(&"GuildInviteExpired"));
    assert_eq!(h.refused(4, json!({ "type": "GuildAccept", "guild": "1" })).code, "NO_INVITATION");
    let page = info(&h, 2);
    assert_eq!((page["members"].as_array().map(Vec::len), &page["leader"]), (Some(2), &json!(1)));
    // Strangers see neither bank nor invitations.
    assert!(page.get("bank").is_none() && page.get("invites").is_none());
    assert_eq!(info(&h, 3)["role"], "member");
    h.sound();
}

#[test]
fn a28_a_guild_rises_with_what_is_donated_and_all_its_members_make_more() {
    let mut h = scene();
    found(&mut h, &[3]);
    h.scene(|s| s.guilds.get_mut(&GuildId(1)).unwrap().xp = 249_999);
    h.patch(1, |p| p.stores.stock = Res::new(4000, 8000, 1500));
    let rate = |h: &Harness| h.query(3, json!({ "type": "CityView" })).unwrap()["rates"]["iron"].clone();
    let before = rate(&h);
    let donate = |r: &str, n: i64| json!({ "type": "GuildDonate", "resource": r, "amount": n });
    let events = h.ok(1, donate("food", 4000));
    let levelled = payload(&events, "GuildLevelled");
    assert_eq!(levelled["level"], 2);
    h.ok(1, donate("iron", 8000));
    h.ok(1, donate("gold", 1500));
    let guild = &h.state.guilds[&GuildId(1)];
    assert_eq!((guild.xp, guild.level, h.p(1).today.donated), (275_999, 2, 26_000));
    assert_eq!(info(&h, 1)["next_level"], 1_000_000);
    assert_ne!(rate(&h), before);
    h.sound();
    h.day(1, 0);
    assert_eq!(h.p(1).today.donated, 0);
}

#[test]
fn a_bank_pays_officers_a_fifth_a_day_and_the_leader_what_is_wanted() {
    let mut h = scene();
    found(&mut h, &[3, 4]);
    h.ok(1, json!({ "type": "GuildRole", "player": player(3), "role": "officer" }));
    h.ok(4, json!({ "type": "GuildDeposit", "resource": "iron", "amount": 1000 }));
    let take = |n: i64| json!({ "type": "GuildWithdraw", "resource": "iron", "amount": n });
    assert_eq!(h.refused(4, take(1)).code, "GUILD_RANK");
    // What was paid in today does not count before the reset.
    assert_eq!(h.refused(3, take(1)).code, "WITHDRAW_LIMIT");
    h.day(1, 1);
    h.ok(3, take(150));
    assert_eq!(h.refused(3, take(51)).context["n"], "50");
    h.ok(3, take(50));
    h.ok(1, take(800));
    assert_eq!(h.state.guilds[&GuildId(1)].bank, Res::ZERO);
    h.sound();
}

#[test]
fn leadership_passes_by_wish_by_absence_and_by_leaving_for_good() {
    let mut h = scene();
    found(&mut h, &[3, 4]);
    let events = h.ok(1, json!({ "type": "GuildRole", "player": player(3), "role": "leader" }));
    assert_eq!(payload(&events, "GuildLeadershipPassed")["from_role"], "officer");
    // Leader 3 and officer 1 stay away; only member 4 is active when eight days have passed.
    h.day(6, 0);
    h.ok(4, json!({ "type": "BuildStart", "building": "hq" }));
    let events = h.day(8, 0);
    let passed = payload(&events, "GuildLeadershipPassed");
    assert_eq!(
        (&passed["from"], &passed["to"], &passed["reason"]),
        (&json!(3), &json!(4), &json!("inactive"))
    );
    h.ok(4, json!({ "type": "PrivacyDelete", "confirm": true }));
    let guild = &h.state.guilds[&GuildId(1)];
    // Of two officers the one of longest standing leads, however inactive.
    assert_eq!((guild.leader(), guild.members.len()), (Some(Pn(1)), 2));
    assert!(h.p(4).guild.is_none());
    for n in [1, 3] {
        h.ok(n, json!({ "type": "PrivacyDelete", "confirm": true }));
    }
    assert!(h.state.guilds[&GuildId(1)].disbanded);
    h.sound();
}

#[test]
fn a_bank_without_anybody_left_is_lost_and_on_the_record() {
    let mut h = scene();
    found(&mut h, &[]);
    h.ok(1, json!({ "type": "GuildDeposit", "resource": "food", "amount": 900 }));
    let events = h.ok(1, json!({ "type": "PrivacyDelete", "confirm": true }));
    let disbanded = payload(&events, "GuildDisbanded");
    assert_eq!((&disbanded["lost"]["food"], &disbanded["paid_out"]["food"]), (&json!(900), &json!(0)));
    h.sound();
}

fn reinforce(h: &mut Harness, n: u64, host: u64, troops: i64) -> MarchId {
    let command = json!({ "type": "Reinforce", "player": player(host), "troops": troops });
    let events = h.ok(n, command);
    MarchId(payload(&events, "MarchStarted")["march"].as_u64().unwrap())
}

#[test]
fn fellows_stand_in_the_city_fight_there_and_go_home() {
    let mut h = scene();
    found(&mut h, &[3, 4]);
    let first = reinforce(&mut h, 3, 1, 30);
    let events = h.pass(3600);
    assert!(kinds(&events).contains(&"TroopsStationed"));
    assert_eq!(h.state.marches[&first].phase, Phase::Stationed);
    // A stationed march takes no slot, and the host is not moved away from under it.
    h.patch(1, |p| p.items[popverse_kingdoms::keys::Item::Relocator] = 1);
    assert_eq!(h.refused(1, json!({ "type": "CityRelocate" })).code, "RELOCATE_BLOCKED");
    let until = h.now.plus_s(-1);
    for pn in [1, 2] {
        h.patch(pn, move |p| {
            p.shield = None;
            p.relocated_at = Some(until);
        });
    }
    h.patch(2, |p| {
        p.home = Troops::new(250, 0, 0, 0);
        p.heroes.insert(popverse_kingdoms::keys::HeroKey::CatArcher, harness::hero(1, &[]));
    });
    h.ok(2, json!({ "type": "Attack", "x": 10, "y": 10, "hero": "cat_archer", "troops": 250 }));
    let events = h.pass(3600);
    let battle = payload(&events, "BattleResolved");
    let parts = battle["defender"]["contingents"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!((&parts[1]["pn"], &parts[1]["march"]), (&json!(3), &json!(1)));
    assert!(h.notices.iter().any(|n| n.kind == "battle" && n.to == Some(player(3))));
    // The host sends them home; another's march is none of theirs.
    assert_eq!(h.refused(3, json!({ "type": "MarchDismiss", "march": "1" })).code, "UNKNOWN_MARCH");
    let events = h.ok(1, json!({ "type": "MarchDismiss", "march": "1" }));
    assert_eq!(payload(&events, "TroopsWithdrawn")["reason"], "dismissed");
    h.pass(3600);
    assert!(!h.state.marches.contains_key(&first));
    h.sound();
}

#[test]
fn who_is_no_fellow_any_more_goes_home_or_turns_back() {
    let mut h = scene();
    found(&mut h, &[3, 4]);
    let standing = reinforce(&mut h, 3, 1, 10);
    h.pass(3600);
    let coming = reinforce(&mut h, 3, 4, 10);
    let events = h.ok(1, json!({ "type": "GuildKick", "player": player(3) }));
    assert_eq!(payload(&events, "TroopsWithdrawn")["march"], json!(standing));
    let events = h.pass(3600);
    let back = payload(&events, "MarchTurnedBack");
    assert_eq!((&back["march"], &back["reason"]), (&json!(coming), &json!("not_fellow")));
    h.pass(3600);
    assert_eq!(h.p(3).home, Troops::new(60, 20, 0, 0));
    assert_eq!(h.refused(3, json!({ "type": "GuildAccept", "guild": "1" })).code, "NO_INVITATION");
    h.sound();
}

#[test]
fn members_see_what_any_members_city_sees() {
    let mut h = scene();
    let city = json!({ "type": "MapTile", "x": 30, "y": 10 });
    assert_eq!(h.query(1, city.clone()).unwrap().get("city"), None);
    found(&mut h, &[4]);
    assert_eq!(h.query(1, city).unwrap()["city"]["pn"], 4);
}

#[test]
fn the_guild_with_most_conquest_points_is_champion_and_its_members_earn_by_it() {
    let mut h = scene();
    found(&mut h, &[3]);
    h.scene(|s| s.guilds.get_mut(&GuildId(1)).unwrap().conquest_points = 12);
    for pn in [1, 3] {
        h.patch(pn, |p| p.active_days = 12);
    }
    h.day(14, 0);
    let board = PopVerse::boards().iter().position(|b| b.name == "guilds").unwrap();
    assert!(PopVerse::scores(&h.rules, &h.state, 1).contains(&(board, 12)));
    h.ok(3, json!({ "type": "GuildLeave", "confirm": true }));
    let mut events = Vec::new();
    h.close(&mut events);
    assert_eq!(payload(&events, "HallOfFameRecorded")["champion_guild"], 1);
    assert_eq!(payload(&events, "HallOfFameRecorded")["season"], 1);
    let awards: Vec<Value> = events
        .iter()
        .filter(|e| schemas::codec::Recorded::kind(*e) == "PrestigeAwarded")
        .map(|e| payload(std::slice::from_ref(e), "PrestigeAwarded"))
        .collect();
    assert!(awards.iter().all(|a| a["parts"]["guild"] == 30) && awards.len() == 2, "{awards:?}");
    h.sound();
}

#[test]
fn a_guild_that_is_no_more_is_no_champion() {
    let mut h = scene();
    found(&mut h, &[]);
    h.scene(|s| s.guilds.get_mut(&GuildId(1)).unwrap().conquest_points = 12);
    let events = h.ok(1, json!({ "type": "GuildDisband", "confirm": true }));
    let board = PopVerse::boards().iter().position(|b| b.name == "guilds").unwrap();
    assert!(!PopVerse::scores(&h.rules, &h.state, 1).iter().any(|(on, _)| *on == board));
    let mut scored = Vec::new();
    events.iter().for_each(|event| PopVerse::scored(&h.state, event, &mut scored));
    assert!(scored.contains(&1), "its place on the board is looked at again");
    let mut events = Vec::new();
    h.close(&mut events);
    assert_eq!(payload(&events, "HallOfFameRecorded")["champion_guild"], Value::Null);
    h.sound();
}

#[test]
fn a_member_stays_what_a_leader_made_of_them() {
    let mut h = scene();
    found(&mut h, &[3]);
    let same = h.ok(1, json!({ "type": "GuildRole", "player": player(3), "role": "member" }));
    assert!(!kinds(&same).contains(&"GuildRoleChanged"));
    h.ok(1, json!({ "type": "GuildRole", "player": player(3), "role": "officer" }));
    assert_eq!(h.state.guilds[&GuildId(1)].role(Pn(3)), Some(GuildRole::Officer));
    assert_eq!(h.p(1).buildings[Building::Embassy], 6);
    h.sound();
}
