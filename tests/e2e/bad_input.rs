//! What bad input gets at the command line: a clear sentence with a code, the right exit code, nothing half done.

use std::fs;

use crate::support::Home;

#[test]
fn words_that_name_nothing() {
    let home = Home::new();
    home.run(&["world", "list"]).refused("STORE_NO_DIRECTORY", 1);
    home.harbour();
    home.run(&["world", "show", "nowhere"]).refused("UNKNOWN_WORLD", 1);
    home.run(&["state", "harbour", "--at", "yesterday"]).refused("BAD_POINT", 2);
    home.run(&["state", "harbour", "--at", "v999"]).refused("BAD_POINT", 2);
    home.run(&["state", "harbour", "--path", "no/such"]).refused("USAGE", 2);
    home.run(&["rollback", "show", "rb-nothing"]).refused("UNKNOWN_PLAN", 1);
    home.run(&["rollback", "show", "../../etc/passwd"]).refused("UNKNOWN_PLAN", 1);
    home.run(&["token", "revoke", "0000000000000000"]).refused("UNKNOWN_TOKEN", 1);
    home.run(&["explain", "NO_SUCH_CODE"]).refused("UNKNOWN_CODE", 1);
    home.run(&["season", "open", "x", "--game", "chess"]).refused("UNKNOWN_GAME", 1);
    home.run(&["season", "open", "x", "--config", "{"]).refused("USAGE", 2);
    home.run(&["season", "open", "host:x"]).refused("USAGE", 2);
    home.run(&["season", "open", "x", "--config", "{\"season_days\": 9999}"]).refused("INVALID_OPTION", 1);
    assert_eq!(home.run(&["season", "open", "Kingdoms S3"]).code(), 2);
    assert_eq!(home.run(&["no-such-command"]).code(), 2);
    assert!(home.ok(&["explain", "plan_stale"]).contains("Plan anew"));
    assert_eq!(home.ok(&["world", "list", "--output", "tsv"]).lines().count(), 2, "nothing was opened");
}

#[test]
fn a_bad_rules_file_opens_nothing() {
    let home = Home::new();
    let rules = home.file("rules.toml");
    let path = rules.to_str().unwrap();
    home.run(&["season", "open", "k", "--rules", path]).refused("BAD_RULES", 1);
    for text in ["", "not toml [", "unknown_key = 1\n"] {
        fs::write(&rules, text).unwrap();
        home.run(&["season", "open", "k", "--rules", path]).refused("BAD_RULES", 1);
    }
    assert!(!home.data().join("log.db").exists(), "a log was made for nothing");
}

#[test]
fn a_plan_goes_stale_when_something_happens() {
    let home = Home::new();
    home.harbour();
    let alice = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&alice, "harbour", "1", "Settle", &serde_json::json!({})).0, 200);
    let plan = home.json(&["rollback", "plan", "harbour", "--to", "open", "--reason", "test"]);
    assert_eq!(server.give(&alice, "harbour", "2", "Sail", &serde_json::json!({ "gold": 5 })).0, 200);
    home.run(&["rollback", "apply", plan["id"].as_str().unwrap(), "--yes"]).refused("PLAN_STALE", 5);
    let plan = home.json(&["rollback", "plan", "harbour", "--to", "open", "--reason", "test"]);
    // A refusal is on the record, but changes nothing: the plan stays good.
    assert_eq!(server.give(&alice, "harbour", "3", "Sail", &serde_json::json!({ "gold": 5000 })).0, 422);
    home.ok(&["rollback", "apply", plan["id"].as_str().unwrap(), "--yes"]);
    // Until the rewind is carried out, players are told to ask again.
    let begun = std::time::Instant::now();
    let (status, answer) = loop {
        let (status, answer) = server.give(&alice, "harbour", "1", "Settle", &serde_json::json!({}));
        if answer["code"] != "WORLD_REWINDING" || begun.elapsed().as_secs() > 10 {
            break (status, answer);
        }
    };
    assert_eq!((status, answer["code"].as_str()), (409, Some("VOIDED")), "{answer}");
    assert_eq!(server.give(&alice, "harbour", "4", "Settle", &serde_json::json!({})).0, 200);
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn damaged_files_are_named() {
    let home = Home::new();
    home.harbour();
    let log = home.data().join("log.db");
    let good = fs::read(&log).unwrap();
    // The file alone: what may stand in the write-ahead file beside it must not heal it.
    for beside in ["log.db-wal", "log.db-shm"] {
        let _ = fs::remove_file(home.data().join(beside));
    }
    fs::write(&log, b"this is a letter, not a database, and it is long enough to be taken for one").unwrap();
    home.run(&["world", "list"]).refused("STORE_NOT_A_DATABASE", 6);
    fs::write(&log, &good[..good.len() / 2]).unwrap();
    let ran = home.run(&["verify", "--all"]);
    assert_ne!(ran.code(), 0, "a truncated log was taken for whole");
    assert!(ran.err().contains("STORE_"), "{}", ran.err());
}

#[test]
fn a_tampered_log_is_found_and_the_record_named() {
    let home = Home::new();
    home.harbour();
    home.ok(&["world", "pause", "harbour", "--reason", "abcdefgh"]);
    // A copy is one file, without a write-ahead log beside it.
    let other = Home::new();
    fs::create_dir_all(other.data()).unwrap();
    let log = other.data().join("log.db");
    home.ok(&["backup", log.to_str().unwrap()]);
    other.ok(&["verify", "--all"]);
    // One byte of the payloads, in the file itself, past the server and past SQLite.
    let mut bytes = fs::read(&log).unwrap();
    let places: Vec<usize> = (0..bytes.len() - 8).filter(|&at| &bytes[at..at + 8] == b"abcdefgh").collect();
    assert!(!places.is_empty(), "the payload stands in the file");
    for at in places {
        bytes[at] = b'X';
    }
    fs::write(&log, bytes).unwrap();
    let ran = other.run(&["verify", "--all", "--output", "tsv"]);
    assert_eq!(ran.code(), 6, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("BROKEN"));
    assert!(ran.err().contains("commit"), "{}", ran.err());
}

#[test]
fn places_that_can_not_be_written_and_ports_that_are_taken() {
    let home = Home::new();
    fs::write(home.data(), b"a file").unwrap();
    home.run(&["season", "open", "k"]).refused("STORE_NOT_WRITABLE", 1);
    let home = Home::new();
    home.harbour();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    home.run(&["serve", "--listen", &address]).refused("PORT_IN_USE", 1);
}
