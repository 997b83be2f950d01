//! The HTTP face, as a client meets it.

use serde_json::{Value, json};

use crate::support::Home;

#[test]
fn commands_questions_and_pages() {
    let home = Home::new();
    home.harbour();
    let (alice, bob) = (home.player("alice"), home.player("bob"));
    let server = home.serve();
    let (status, first) = server.give(&alice, "harbour", "k1", "Settle", &json!({}));
    assert_eq!((status, &first["accepted"]), (200, &json!(true)), "{first}");
    let (status, again) = server.give(&alice, "harbour", "k1", "Settle", &json!({}));
    assert_eq!((status, &again["repeated"], &again["commit"]), (200, &json!(true), &first["commit"]));
    let (status, other) = server.give(&alice, "harbour", "k1", "Sail", &json!({ "gold": 1 }));
    assert_eq!((status, &other["code"]), (409, &json!("ID_REUSED")));
    let (status, twice) = server.give(&alice, "harbour", "k2", "Settle", &json!({}));
    assert_eq!((status, &twice["rejection"]["code"]), (422, &json!("DUPLICATE_PLAYER")));
    // The same key of somebody else is another key.
    assert_eq!(server.give(&bob, "harbour", "k1", "Settle", &json!({})).0, 200);
    let (status, purse) =
        server.post_text("/v1/worlds/harbour/query", Some(&alice), &json!({ "kind": "Purse" }).to_string());
    assert_eq!((status, &purse["gold"]), (200, &json!(100)));
    assert_eq!(server.get("/healthz", None), (200, "ok\n".to_owned()));
    let (status, metrics) = server.get("/metrics", None);
    assert_eq!(status, 200);
    assert!(metrics.contains("annals_commands_accepted_total"), "{metrics}");
    let (status, api) = server.get("/openapi.json", None);
    assert_eq!(status, 200);
    let api: Value = serde_json::from_str(&api).unwrap();
    for path in ["/v1/worlds/{world}/commands", "/v1/worlds/{world}/query", "/healthz", "/readyz", "/metrics"]
    {
        assert!(api["paths"][path].is_object(), "{path} is missing from the description");
    }
    assert_eq!(server.stop(), 0);
    // What was answered is there after a restart, and answered the same way.
    let server = home.serve();
    let (_, again) = server.give(&alice, "harbour", "k2", "Settle", &json!({}));
    assert_eq!((&again["repeated"], &again["commit"]), (&json!(true), &twice["commit"]));
}

#[test]
fn bad_requests_get_a_code_and_change_nothing() {
    let home = Home::new();
    home.harbour();
    let (alice, operator) = (home.player("alice"), home.operator());
    let server = home.serve();
    let commands = "/v1/worlds/harbour/commands";
    let head = || home.json(&["world", "show", "harbour"])["commit"].clone();
    let before = head();
    let big = json!({ "key": "k", "kind": "Settle", "options": { "x": "y".repeat(100_000) } }).to_string();
    let cases: Vec<(&str, Option<&str>, String, u16, &str)> = vec![
        (commands, None, json!({ "key": "k", "kind": "Settle" }).to_string(), 401, "NO_TOKEN"),
        (commands, Some("ann_0_0"), json!({ "key": "k", "kind": "Settle" }).to_string(), 401, "NO_TOKEN"),
        (commands, Some(&alice), "{".to_owned(), 400, "BAD_JSON"),
        (commands, Some(&alice), json!({ "key": "k" }).to_string(), 400, "BAD_JSON"),
        (
            commands,
            Some(&alice),
            json!({ "key": "k", "kind": "Settle", "actor": "x" }).to_string(),
            400,
            "BAD_JSON",
        ),
        (commands, Some(&alice), json!({ "key": "", "kind": "Settle" }).to_string(), 400, "INVALID_OPTION"),
        (commands, Some(&alice), big, 413, "PAYLOAD_TOO_BIG"),
        (commands, Some(&alice), json!({ "key": "a", "kind": "Fly" }).to_string(), 404, "UNKNOWN_COMMAND"),
        (commands, Some(&alice), json!({ "key": "b", "kind": "Sail" }).to_string(), 400, "INVALID_OPTION"),
        (
            commands,
            Some(&alice),
            json!({ "key": "c", "kind": "Sail", "options": { "gold": "x" } }).to_string(),
            400,
            "INVALID_OPTION",
        ),
        (
            commands,
            Some(&alice),
            json!({ "key": "d", "kind": "Settle", "options": { "gold": 9 } }).to_string(),
            400,
            "INVALID_OPTION",
        ),
        (commands, Some(&alice), json!({ "key": "e", "kind": "WorldPause" }).to_string(), 403, "NOT_ADMIN"),
        (commands, Some(&operator), json!({ "key": "f", "kind": "Settle" }).to_string(), 403, "NOT_ALLOWED"),
        (
            "/v1/worlds/nowhere/commands",
            Some(&alice),
            json!({ "key": "g", "kind": "Settle" }).to_string(),
            404,
            "NO_WORLD",
        ),
        (
            "/v1/worlds/harbour/query",
            Some(&alice),
            json!({ "kind": "Fly" }).to_string(),
            400,
            "INVALID_OPTION",
        ),
    ];
    for (path, token, body, status, code) in cases {
        let (found, answer) = server.post_text(path, token, &body);
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{path} {body:.80}: {answer}");
    }
    assert_eq!(server.get("/v1/worlds/harbour", None).0, 401);
    assert_eq!(server.get("/nowhere", None).0, 404);
    assert_eq!(head(), before, "refused by the host means: not on the world's record");
    assert_eq!(server.stop(), 0);
    let audit = home.ok(&["audit", "--host", "--output", "tsv"]);
    for code in ["UNKNOWN_COMMAND", "INVALID_OPTION", "NOT_ADMIN"] {
        assert!(audit.contains(code), "{code} is missing from the host's audit: {audit}");
    }
    assert!(audit.contains("(option Sail, rule "), "with what was wrong: {audit}");
}

#[test]
fn a_command_goes_to_the_running_server_and_a_second_server_is_refused() {
    let home = Home::new();
    home.harbour();
    let server = home.serve();
    home.run(&["serve", "--listen", "127.0.0.1:0"]).refused("STORE_IN_USE", 5);
    home.ok(&["world", "pause", "harbour", "--reason", "while it runs"]);
    assert_eq!(home.json(&["world", "show", "harbour"])["state"], "paused");
    let alice = home.player("alice");
    let (status, answer) = server.give(&alice, "harbour", "k", "Settle", &json!({}));
    assert_eq!((status, answer["rejection"]["code"].as_str()), (409, Some("WORLD_PAUSED")), "{answer}");
    home.ok(&["world", "resume", "harbour"]);
    assert_eq!(server.stop(), 0);
}
