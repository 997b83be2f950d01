//! Following a world: nothing missed, nothing twice, nothing that is somebody else's.

use serde_json::json;

use crate::support::{Home, Server};

/// Position of the newest event.
fn head(home: &Home) -> u64 {
    home.json(&["world", "show", "harbour"])["event"].as_u64().unwrap()
}

fn sail(server: &Server, token: &str, key: &str) {
    let (status, answer) = server.give(token, "harbour", key, "Sail", &json!({ "gold": 1 }));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_reader_that_comes_back_gets_what_it_missed_and_then_goes_on_live() {
    let home = Home::new();
    home.harbour();
    let (alice, bob) = (home.player("alice"), home.player("bob"));
    let server = home.serve();
    let mut whole = server.follow(&alice, "harbour", None);
    for token in [&alice, &bob] {
        assert_eq!(server.give(token, "harbour", "settle", "Settle", &json!({})).0, 200);
    }
    sail(&server, &alice, "1");
    let left_off = head(&home);
    whole.until(left_off);
    // Away: a ship of one's own, one of somebody else, a restart of the server.
    sail(&server, &bob, "2");
    sail(&server, &alice, "3");
    let mut first = server.follow(&alice, "harbour", Some(left_off));
    sail(&server, &alice, "4");
    let live = head(&home);
    let told = first.until(live).to_vec();
    assert_eq!(told, whole.until(live).iter().filter(|(at, _)| *at > left_off).cloned().collect::<Vec<_>>());
    assert_eq!(told.len(), 2, "bob's ship is bob's own: {told:?}");
    assert_eq!(server.stop(), 0, "a reader that stays connected keeps the server from stopping");
    assert!(whole.ends() && first.ends());
    let server = home.serve();
    let mut anew = server.follow(&alice, "harbour", Some(1));
    assert_eq!(anew.until(live), whole.seen, "after a restart the log tells what was told live");
    // The other reader sees the other ships.
    let mut other = server.follow(&bob, "harbour", Some(0));
    let ships = other.until(left_off + 1).iter().filter(|(_, kind)| kind == "ShipSailed").count();
    assert_eq!((ships, other.seen[0].1.as_str()), (1, "WorldOpened"));
}

#[test]
fn a_rollback_is_told_whole_and_what_it_made_void_is_not_told_to_who_was_away() {
    let home = Home::new();
    home.harbour();
    let alice = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&alice, "harbour", "settle", "Settle", &json!({})).0, 200);
    let kept = head(&home);
    let mut live = server.follow(&alice, "harbour", None);
    sail(&server, &alice, "1");
    live.until(kept + 1);
    let to = format!("v{kept}");
    let plan = home.json(&["rollback", "plan", "harbour", "--to", &to, "--reason", "test"]);
    home.ok(&["rollback", "apply", plan["id"].as_str().unwrap(), "--yes"]);
    let end = kept + 4;
    let told: Vec<String> = live.until(end).iter().map(|(_, kind)| kind.clone()).collect();
    assert_eq!(told, ["ShipSailed", "WorldRewound", "DiceRenewed", "RewindCompleted"]);
    let mut back = server.follow(&alice, "harbour", Some(kept));
    assert_eq!(back.until(end), &live.seen[1..]);
}

#[test]
fn places_that_are_not_there_are_named() {
    let home = Home::new();
    home.harbour();
    let alice = home.player("alice");
    let server = home.serve();
    for (path, status, code) in [
        ("/v1/worlds/nowhere/events", 404, "NO_WORLD"),
        ("/v1/worlds/server:local/events", 404, "NO_WORLD"),
        ("/v1/worlds/harbour/events?after=99", 400, "BAD_POINT"),
        ("/v1/worlds/harbour/events?after=x", 400, "INVALID_OPTION"),
    ] {
        let (found, answer) = server.get(path, Some(&alice));
        assert_eq!((found, answer.contains(code)), (status, true), "{path}: {answer}");
    }
    assert_eq!(server.get("/v1/worlds/harbour/events", None).0, 401);
}
