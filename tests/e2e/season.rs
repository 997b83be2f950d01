//! A season from its opening to its rollback, as an operator would see it.

use serde_json::Value;

use crate::support::Home;

fn demo(home: &Home) -> Value {
    let data = home.data();
    let text = home.ok(&[
        "demo",
        "--days",
        "4",
        "--bots",
        "8",
        "--output",
        "json",
        "--data",
        data.to_str().unwrap(),
    ]);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_demo_season_is_played_proven_and_rolled_back() {
    let home = Home::new();
    let summary = demo(&home);
    assert_eq!(summary["equal"], true);
    assert_eq!(summary["verified"], true);
    for field in ["commands", "events", "battles"] {
        assert!(summary[field].as_u64().unwrap() > 0, "{field}: {summary}");
    }
    assert!(summary["seconds"].is_number());

    let changed = home.run(&["diff", "kingdoms", "day2", "latest", "--by", "event", "--output", "json"]);
    assert_eq!(changed.code(), 3, "a difference was there to be found");
    assert_eq!(home.run(&["diff", "kingdoms", "day3", "day3"]).code(), 0);

    let before = home.json(&["replay", "kingdoms", "--to", "day3"]);
    let plan = home.json(&["rollback", "plan", "kingdoms", "--to", "day3", "--reason", "test"]);
    let id = plan["id"].as_str().unwrap();
    home.run(&["rollback", "apply", id, "--no-input"]).refused("USAGE", 2);
    home.ok(&["rollback", "apply", id, "--yes"]);
    home.run(&["rollback", "apply", id, "--yes"]).refused("UNKNOWN_PLAN", 1);
    let shown = home.json(&["world", "show", "kingdoms"]);
    assert_eq!(shown["dice_generation"], 1);
    assert_eq!(shown["rewinds"], 1);
    assert_eq!(home.run(&["verify", "kingdoms", "--deep"]).code(), 0);
    assert_eq!(home.run(&["projection", "check"]).code(), 0);
    // The past is what it was: void commits stay on the record.
    let after = home.json(&["replay", "kingdoms", "--to", &format!("c{}", before["commit"])]);
    assert_eq!(after["state_digest"], before["state_digest"]);
    let log = home.ok(&["log", "kingdoms", "--from", "day1", "--limit", "1000000"]);
    assert!(log.contains("void"), "void events are shown as such");
}

#[test]
fn the_same_seed_gives_the_same_season() {
    let counts = |summary: &Value| ["commands", "accepted", "events", "battles"].map(|f| summary[f].clone());
    let (one, two) = (Home::new(), Home::new());
    assert_eq!(counts(&demo(&one)), counts(&demo(&two)));
}

#[test]
fn a_crowd_plays_the_same_season_every_time() {
    let home = Home::new();
    let season =
        ["simulate", "popverse-kingdoms", "--players", "100", "--days", "1", "--round-minutes", "240"];
    assert_eq!(home.json(&season), home.json(&season), "a hundred at once come in the same order");
}

#[test]
fn a_season_is_simulated_in_memory_and_reported() {
    let home = Home::new();
    let simulate = |seed: &str| {
        let season = ["simulate", "popverse-kingdoms", "--players", "10", "--days", "4", "--seed", seed];
        home.json(&[&season[..], &["--verify"]].concat())
    };
    let report = simulate("7");
    assert_eq!(report, simulate("7"), "the same seed gives the same season");
    assert_ne!(report["events_by_type"], simulate("8")["events_by_type"]);
    assert_eq!(report["conserved"], true);
    let accounts = report["ledger"].as_array().unwrap();
    let food = accounts.iter().find(|account| account["account"] == "food").unwrap();
    let number = |name: &str| food[name].as_i64().unwrap();
    assert!(number("sources") > 0 && number("sinks") > 0, "{food}");
    assert_eq!(number("sources") - number("sinks"), number("held"));
    let by_event: i64 = food["by_event"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
    assert_eq!(by_event, number("held"), "what the types of event brought adds up");
    let groups = report["groups"].as_array().unwrap();
    let on_power = groups.iter().filter(|group| group["board"] == "power");
    assert_eq!(on_power.map(|group| group["players"].as_u64().unwrap()).sum::<u64>(), 10);
    assert_eq!(report["verified"], true, "every command decided again, every battle fought again");
    let claims = report["balance"]["claims"].as_array().unwrap();
    let bounds = claims.iter().filter(|claim| claim["kind"] == "bound");
    assert!(bounds.clone().count() > 10, "{claims:?}");
    assert!(bounds.clone().all(|claim| claim["held"] != false), "{claims:?}");
    let refused: u64 = report["refusals"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(refused + report["accepted"].as_u64().unwrap(), report["commands"].as_u64().unwrap());
    assert!(!home.data().exists(), "a simulation leaves nothing behind");
    home.run(&["simulate", "chess"]).refused("UNKNOWN_GAME", 1);
    home.run(&["simulate", "harbour", "--players", "0"]).refused("--players", 2);
    home.run(&["simulate", "harbour", "--rules", "nowhere.toml"]).refused("BAD_RULES", 1);
}

#[test]
fn a_battle_file_is_checked_without_a_server_and_a_tampered_one_is_found() {
    let home = Home::new();
    demo(&home);
    let file = home.file("b.json");
    let path = file.to_str().unwrap();
    home.ok(&["battle", "export", "kingdoms", "1", "--to", path]);
    let elsewhere = Home::new();
    assert_eq!(elsewhere.run(&["battle", "verify", path]).code(), 0, "a file needs no data directory");
    assert_eq!(home.run(&["battle", "verify", "kingdoms", "1"]).code(), 0);
    let mut battle: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    // An army's inputs and an arena team's stand under different names.
    let inputs = battle.pointer_mut("/found/battle/inputs").and_then(Value::as_object_mut).unwrap();
    let seed = inputs.values_mut().find_map(|input| input.get_mut("seed"));
    *seed.expect("the inputs hold the seed") = Value::from(7);
    std::fs::write(&file, battle.to_string()).unwrap();
    let ran = home.run(&["battle", "verify", path]);
    assert_eq!(ran.code(), 3, "{}", ran.err());
    home.run(&["battle", "show", "kingdoms", "999999"]).refused("UNKNOWN_BATTLE", 1);
}

#[test]
fn a_season_is_opened_paused_resumed_and_closed() {
    let home = Home::new();
    home.harbour();
    home.run(&["season", "open", "harbour", "--game", "harbour"]).refused("WORLD_EXISTS", 5);
    home.ok(&["world", "pause", "harbour", "--reason", "maintenance"]);
    home.run(&["world", "pause", "harbour", "--reason", "again"]).refused("WORLD_STATE", 5);
    home.ok(&["world", "resume", "harbour"]);
    home.run(&["season", "close", "harbour", "--reason", "over"]).refused("USAGE", 2);
    home.ok(&["season", "close", "harbour", "--reason", "over", "--yes"]);
    let shown = home.json(&["world", "show", "harbour"]);
    assert_eq!(shown["state"], "ended");
    assert!(shown["secret"].is_string(), "the secret is revealed at the end");
    home.run(&["world", "pause", "harbour", "--reason", "late"]).refused("WORLD_ENDED", 5);
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn a_server_runs_one_season_at_a_time() {
    let home = Home::new();
    home.harbour();
    let second = ["season", "open", "second", "--game", "harbour"];
    let ran = home.run(&second);
    ran.refused("SEASON_RUNS", 5);
    assert!(ran.err().contains("annals season close harbour"), "{}", ran.err());
    home.ok(&["season", "open", "elsewhere", "--game", "harbour", "--server", "112233445566778899"]);
    assert_eq!(home.json(&["world", "show", "elsewhere"])["server"], "112233445566778899");
    home.run(&["world", "show", "second"]).refused("UNKNOWN_WORLD", 1);
    home.ok(&["season", "close", "harbour", "--reason", "over", "--yes"]);
    home.ok(&second);
    // Beside a running server it is the same, through its own face.
    let operator = home.operator();
    let server = home.serve();
    home.run(&["season", "open", "third", "--game", "harbour"]).refused("SEASON_RUNS", 5);
    let body = |world: &str, key: &str| {
        serde_json::json!({ "key": key, "world": world, "game": "harbour" }).to_string()
    };
    let (status, answer) = server.post_text("/v1/worlds", Some(&operator), &body("third", "1"));
    assert_eq!((status, answer["code"].as_str()), (409, Some("SEASON_RUNS")), "{answer}");
    assert_eq!(answer["context"]["world"], "second");
    let (status, answer) = server.post_text("/v1/worlds", Some(&home.player("alice")), &body("third", "2"));
    assert_eq!((status, answer["code"].as_str()), (403, Some("NOT_ADMIN")), "{answer}");
    home.ok(&["season", "close", "second", "--reason", "over", "--yes"]);
    let (status, answer) = server.post_text("/v1/worlds", Some(&operator), &body("third", "3"));
    assert_eq!((status, &answer["events"][0]["kind"]), (200, &"WorldOpened".into()), "{answer}");
    let (status, answer) = server.post_text("/v1/worlds", Some(&operator), &body("third", "3"));
    assert_eq!((status, answer["code"].as_str()), (409, Some("WORLD_EXISTS")), "{answer}");
    home.ok(&["season", "close", "third", "--reason", "over", "--yes"]);
    home.ok(&["season", "open", "fourth", "--game", "harbour"]);
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
}

#[test]
fn a_player_is_exported_and_erased_and_the_record_stays_whole() {
    let home = Home::new();
    home.harbour();
    let token = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&token, "harbour", "1", "Settle", &serde_json::json!({})).0, 200);
    assert_eq!(server.stop(), 0);
    assert!(home.ok(&["player", "export", "alice"]).contains("alice"));
    home.run(&["player", "erase", "alice"]).refused("USAGE", 2);
    home.ok(&["player", "erase", "alice", "--yes"]);
    assert_eq!(home.ok(&["player", "export", "alice"]), "");
    assert_eq!(home.run(&["verify", "harbour", "--deep"]).code(), 0);
}

#[test]
fn what_people_write_in_their_own_words_is_sealed_and_goes_with_them() {
    let home = Home::new();
    home.ok(&["season", "open", "k1", "--game", "popverse-kingdoms"]);
    let play = |who: &str, line: &str, more: &[&str]| {
        let script = home.file("script.txt");
        std::fs::write(&script, format!("{line}\n")).unwrap();
        let script = script.to_str().unwrap().to_owned();
        let arguments = [&["play", "--world", "k1", "--as", who, "--script", script.as_str()], more].concat();
        home.run(&arguments)
    };
    assert_eq!(play("alice", "/join faction:cinema", &[]).code(), 0);
    let line = "/admin suspend player:@alice reason:\"because of Tuesday\"";
    assert_eq!(play("gm", line, &["--admin"]).code(), 0);
    let paused = play("gm", "/setup pause reason:\"the plumber comes\"", &["--admin"]);
    assert!(paused.out().contains("the plumber comes"), "{}", paused.out());
    home.ok(&["world", "resume", "k1"]);
    assert!(play("alice", "!SUSPENDED /city view", &[]).out().contains("because of Tuesday"));

    // The words stand nowhere but in the vault's seal: neither log nor read models hold them.
    let mut bytes = Vec::new();
    for folder in [home.data(), home.data().join("read")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
    }
    for words in ["Tuesday", "plumber"] {
        assert!(
            !bytes.windows(words.len()).any(|part| part == words.as_bytes()),
            "{words} lies in the clear"
        );
    }
    assert!(bytes.windows(7).any(|part| part == b"sealed:"), "the log was looked at");

    home.ok(&["player", "erase", "gm", "--yes"]);
    let after = play("alice", "!SUSPENDED /city view", &[]);
    assert!(after.out().contains("(erased)") && !after.out().contains("Tuesday"), "{}", after.out());
    assert_eq!(home.run(&["verify", "k1", "--deep"]).code(), 0);
}

#[test]
fn the_hall_of_fame_shows_a_season_that_has_ended() {
    let home = Home::new();
    home.ok(&["season", "open", "k1", "--game", "popverse-kingdoms"]);
    let play = |lines: &str| {
        let script = home.file("script.txt");
        std::fs::write(&script, lines).unwrap();
        home.ok(&["play", "--world", "k1", "--as", "alice", "--script", script.to_str().unwrap()])
    };
    let before = play("/join faction:cinema\n/season hall\n!UNKNOWN_SEASON /season hall season:1\n");
    assert!(before.contains("No season has ended here yet."), "{before}");
    home.ok(&["season", "close", "k1", "--reason", "done", "--yes"]);
    let after = play("/season hall\n/season hall season:1\n!UNKNOWN_SEASON /season hall season:7\n");
    for part in ["Hall of fame: season 1", "Cinema", "was victorious", "1. alice – 420", "No such season."]
    {
        assert!(after.contains(part), "{part:?} is missing in\n{after}");
    }
    home.ok(&["projection", "check"]);
}
