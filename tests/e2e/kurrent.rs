//! The log on KurrentDB, through the binary: a stand-in for the server speaks its protocol.

use std::time::Duration;

use kurrent_standin::StandIn;
use serde_json::json;
use servers::Nats;

use crate::support::{Home, Server, until};

fn on(server: &StandIn) -> Home {
    Home::with(vec![("ANNALS_LOG", server.connection_string())])
}

#[test]
fn a_season_is_played_killed_copied_and_proven_on_kurrentdb() {
    let standin = StandIn::start().unwrap();
    let home = on(&standin);
    home.harbour();
    let token = home.player("alice");
    let mut server = home.serve();
    let give = |server: &Server, key: &str| {
        let (kind, options) = if key == "0" { ("Settle", json!({})) } else { ("Sail", json!({ "gold": 1 })) };
        server.give(&token, "harbour", key, kind, &options)
    };
    // The read models hear of what is appended: they are subscribed to the season's stream, and to that of all worlds.
    until("the read models listen", Duration::from_secs(20), || {
        let subscribed = standin.subscribed();
        ["world-harbour", "worlds"].iter().all(|end| subscribed.iter().any(|stream| stream.ends_with(end)))
    });
    let mut told = Vec::new();
    for key in 0..150 {
        let (status, answer) = give(&server, &key.to_string());
        // The hundredth piece of gold is the last: what is refused from then on stands on the record, too.
        assert!(matches!(status, 200 | 422), "{answer}\n{}", home.said());
        told.push(answer["commit"].clone());
    }
    server.kill();
    let server = home.serve();
    for (key, commit) in told.iter().enumerate() {
        let (_, again) = give(&server, &key.to_string());
        assert_eq!((&again["commit"], &again["repeated"]), (commit, &json!(true)), "{again}");
    }
    assert_eq!(give(&server, "after").0, 422);
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    assert_eq!(home.run(&["projection", "check"]).code(), 0);
    let shown = home.json(&["world", "show", "harbour"]);

    // To a file, which is the season with the keys beside it, and from there to another server.
    let file = home.file("log.db").display().to_string();
    home.ok(&["log", "copy", "--from", &standin.connection_string(), "--to", &file]);
    let other = StandIn::start().unwrap();
    // A server that takes less in one append than is usual: the setting says so, and the copy goes in parts.
    other.limit_appends(65_536);
    let (from, to) = (file.as_str(), other.connection_string());
    home.run(&["log", "copy", "--from", from, "--to", &to]).refused("STORE_GUARD", 1);
    home.ok(&["log", "copy", "--from", from, "--to", &to, "--append-bytes-max", "65536"]);
    let mut there = on(&other);
    there.set("ANNALS_KEYS", &home.data().display().to_string());
    std::fs::create_dir(there.data()).unwrap();
    assert_eq!(there.json(&["world", "show", "harbour"]), shown);
    assert_eq!(there.run(&["verify", "--all", "--deep"]).code(), 0);
    // A backup is the same file by another way.
    let backup = home.file("season.annals").display().to_string();
    home.ok(&["backup", &backup]);
    let mut back = Home::new();
    back.set("ANNALS_KEYS", &home.data().display().to_string());
    back.ok(&["restore", &backup]);
    assert_eq!(back.run(&["verify", "--all", "--deep"]).code(), 0);
    assert_eq!(back.json(&["world", "show", "harbour"]), shown);
}

#[test]
fn a_kurrentdb_server_that_goes_away_and_comes_back_costs_nothing_but_time() {
    let mut standin = StandIn::start().unwrap();
    let mut home = on(&standin);
    home.set("ANNALS_CONNECT_MS", "1000");
    home.set("ANNALS_APPEND_MS", "2000");
    home.harbour();
    let token = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&token, "harbour", "0", "Settle", &json!({})).0, 200);
    let sail = || server.give(&token, "harbour", "1", "Sail", &json!({ "gold": 1 }));
    standin.stop();
    let (status, answer) = sail();
    let code = answer["code"].as_str().unwrap_or_default();
    assert!(status == 503 && matches!(code, "STORE_UNAVAILABLE" | "OUTCOME_UNKNOWN"), "{status} {answer}");
    until("the server says that it is not ready", Duration::from_secs(30), || {
        server.get("/readyz", None).0 == 503
    });
    assert_eq!(server.get("/healthz", None).0, 200);
    standin.start_again().unwrap();
    until("the same key is answered", Duration::from_secs(30), || sail().0 == 200);
    until("the server is ready again", Duration::from_secs(30), || server.get("/readyz", None).0 == 200);
    let (_, again) = sail();
    assert_eq!(again["repeated"], true, "{again}");
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
}

#[test]
fn two_nodes_share_a_log_on_kurrentdb() {
    let Some(nats) = Nats::start("").unwrap() else { return };
    let standin = StandIn::start().unwrap();
    let shared = Home::new();
    std::fs::create_dir(shared.file("keys")).unwrap();
    let node = |name: &str, role: &str| {
        let mut home = on(&standin);
        home.set("ANNALS_BUS", &nats.url());
        home.set("ANNALS_NODE", name);
        home.set("ANNALS_ROLE", role);
        home.set("ANNALS_LEASE_MS", "2000");
        home.set("ANNALS_KEYS", &shared.file("keys").display().to_string());
        home
    };
    let homes = [node("a", "all"), node("b", "command")];
    let [a, mut b] = homes.each_ref().map(Home::serve);
    let token = homes[0].player("bob");
    let worlds = ["w0", "w1", "w2", "w3"];
    for world in worlds {
        homes[0].ok(&["season", "open", world, "--game", "harbour", "--server", world]);
        let (status, answer) = a.give(&token, world, "settle", "Settle", &json!({}));
        assert_eq!(status, 200, "{answer}");
    }
    let owned = |server: &Server| server.metric("annals_worlds_owned");
    until("the load is spread", Duration::from_secs(20), || {
        owned(&a) > 0 && owned(&b) > 0 && owned(&a) + owned(&b) == 4
    });
    let sail = |world: &str, key: &str| a.give(&token, world, key, "Sail", &json!({ "gold": 1 }));
    for world in worlds {
        assert_eq!(sail(world, "1").0, 200);
    }
    b.kill();
    for world in worlds {
        let (status, answer) = sail(world, "2");
        assert_eq!(status, 200, "{answer}\n{}", homes[0].said());
        assert_eq!(sail(world, "1").1["repeated"], true);
    }
    assert_eq!(owned(&a), 4);
    assert_eq!(a.stop(), 0);
    assert_eq!(homes[0].run(&["verify", "--all", "--deep"]).code(), 0);
}
