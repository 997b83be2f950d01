//! `annals play` beside a server that owns the data: the same commands, the same replies, through its endpoint.

use serde_json::json;

use crate::support::{Home, Ran};

fn play(home: &Home, lines: &str, more: &[&str]) -> Ran {
    let script = home.file("script.txt");
    std::fs::write(&script, lines).unwrap();
    let mut arguments = vec!["play", "--script", script.to_str().unwrap()];
    arguments.extend(more);
    home.run(&arguments)
}

#[test]
fn a_person_plays_beside_a_running_server() {
    let home = Home::new();
    home.harbour();
    let server = home.serve();
    let ran = play(&home, "/settle\n!/settle\n/sail gold:5\n", &["--as", "bob"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    let lines = "/settle\n/give to:@bob gold:30\n!INVALID_DISCORD_ID /give to:@nobody gold:1\n/purse\n/as bob\n/purse\n";
    let ran = play(&home, lines, &["--as", "alice"]);
    let text = ran.out();
    assert_eq!(ran.code(), 0, "{text}{}", ran.err());
    assert!(text.contains("70") && text.contains("125"), "each sees their own purse: {text}");
    // A refusal that a script does not expect ends it, as it does without a server.
    let ran = play(&home, "/settle\n", &["--as", "alice"]);
    assert_eq!(ran.code(), 3, "{}", ran.out());
    // The record says through which channel.
    let acts = home.ok(&["audit", "harbour", "--output", "tsv"]);
    assert_eq!(acts.matches("terminal").count(), 6, "{acts}");
    assert_eq!(server.stop(), 0);
    let ran = play(&home, "/purse\n", &["--as", "alice"]);
    assert!(ran.code() == 0 && ran.out().contains("70"), "without the server it goes on: {}", ran.out());
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn rankings_names_and_the_hosts_commands_come_through_too() {
    let home = Home::new();
    home.ok(&["season", "open", "kingdoms"]);
    let server = home.serve();
    let ran = play(&home, "/join faction:arcade\n/leaderboard board:power\n", &["--as", "dora"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("dora's city stands at"), "what everybody may see is told: {}", ran.out());
    assert!(ran.out().contains("dora"), "the board shows names: {}", ran.out());
    let ran = play(&home, "!NOT_ADMIN /setup pause reason:lunch\n", &["--as", "dora"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    let ran = play(
        &home,
        "/setup pause reason:lunch\n!WORLD_PAUSED /build start building:hq\n/setup resume\n",
        &["--as", "dora", "--admin"],
    );
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    assert_eq!(home.json(&["world", "show", "kingdoms"])["state"], "open");
    assert_eq!(server.stop(), 0);
}

#[test]
fn only_who_may_read_the_data_directory_acts_for_others() {
    let home = Home::new();
    home.harbour();
    let (alice, operator) = (home.player("alice"), home.operator());
    let server = home.serve();
    let path = "/v1/worlds/harbour/terminal";
    let ask =
        json!({ "ask": "command", "asker": { "name": "bob", "key": "1" }, "kind": "Settle", "options": {} });
    for (token, status, code) in
        [(None, 401, "NO_TOKEN"), (Some(&*alice), 403, "NOT_ALLOWED"), (Some(&*operator), 403, "NOT_ALLOWED")]
    {
        let (found, answer) = server.post_text(path, token, &ask.to_string());
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{answer}");
    }
    let endpoint: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(home.data().join("endpoint.json")).unwrap()).unwrap();
    let local = endpoint["token"].as_str().unwrap().to_owned();
    let (status, answer) = server.post_text(path, Some(&local), &json!({ "ask": "fly" }).to_string());
    assert_eq!((status, answer["code"].as_str()), (400, Some("BAD_JSON")), "{answer}");
    let (status, answer) = server.post_text("/v1/worlds/nowhere/terminal", Some(&local), &ask.to_string());
    assert_eq!((status, answer["refused"]["code"].as_str()), (422, Some("NO_WORLD")), "{answer}");
    let (status, answer) = server.post_text(path, Some(&local), &ask.to_string());
    assert_eq!((status, &answer["done"]["repeated"]), (200, &json!(false)), "{answer}");
    let (status, answer) = server.post_text(path, Some(&local), &ask.to_string());
    assert_eq!((status, &answer["done"]["repeated"]), (200, &json!(true)), "{answer}");
    // A token of a server that is gone opens nothing at the next.
    assert_eq!(server.stop(), 0);
    let server = home.serve();
    assert_eq!(server.post_text(path, Some(&local), &ask.to_string()).0, 401);
}

#[test]
fn a_newcomer_takes_the_first_steps_and_sees_what_happened_since() {
    let home = Home::new();
    home.harbour();
    // Alone with the data, so that time can pass; what has been looked at is kept from session to session.
    let lines = "/tutorial show\n!/tutorial claim\n/settle\n/tutorial show\n1\n/sail gold:50\nwait 2h\n/since\n/since\n";
    let ran = play(&home, lines, &["--as", "alice", "--own-time"]);
    assert_eq!(ran.code(), 0, "{}", ran.out());
    let told = ran.out();
    for part in [
        "First steps: 0 of 2",
        "NO_STEP_DONE",
        "First steps: 1 of 2",
        "1 step of the tutorial done",
        "1 new thing since you last looked",
        "is home",
        "Nothing new since you last looked",
    ] {
        assert!(told.contains(part), "{part:?} is missing in\n{told}");
    }
    let ran = play(&home, "/settle\n/give to:@alice gold:7\n/since\n", &["--as", "bob", "--own-time"]);
    assert!(ran.out().contains("Nothing has happened to you yet."), "{}", ran.out());
    let ran = play(&home, "/since\n", &["--as", "alice", "--own-time"]);
    for part in ["1 new thing since you last looked", "You were given 7 gold."] {
        assert!(ran.out().contains(part), "{part:?} is missing in\n{}", ran.out());
    }
}
