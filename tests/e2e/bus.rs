//! Nodes whose bus goes away and comes back, and a bus that does not let a node do what it must.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use servers::Nats;

use crate::stage::Stage;
use crate::support::{Follower, Home, SECRET, Server, until};

const WORLDS: [&str; 4] = ["w0", "w1", "w2", "w3"];
/// How long a command looks for the owner of its world, and a little.
const LOOKED_FOR: Duration = Duration::from_secs(25);

fn owned(server: &Server) -> usize {
    usize::try_from(server.metric("annals_worlds_owned")).unwrap()
}

fn sail(server: &Server, token: &str, world: &str, key: &str) -> (u16, Value) {
    server.give(token, world, key, "Sail", &json!({ "gold": 1 }))
}

#[test]
fn nodes_go_on_with_their_worlds_while_the_bus_is_away() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "all"), stage.node("b", "command,api")];
    let nodes = homes.each_ref().map(Home::serve);
    let token = homes[0].player("bob");
    for world in WORLDS {
        homes[0].ok(&["season", "open", world, "--game", "harbour", "--server", world]);
        assert_eq!(nodes[0].give(&token, world, "settle", "Settle", &json!({})).0, 200);
    }
    until("both have worlds", Duration::from_secs(20), || {
        owned(&nodes[0]) > 0 && owned(&nodes[1]) > 0 && owned(&nodes[0]) + owned(&nodes[1]) == WORLDS.len()
    });
    let shares = nodes.each_ref().map(owned);
    // Somebody follows every world on each node, and so on the one that does not hold it, too.
    let mut followers: Vec<(&str, Follower)> = WORLDS
        .iter()
        .flat_map(|world| nodes.iter().map(|node| (*world, node.follow(&token, world, Some(0)))))
        .collect();
    stage.nats.stop();
    until("the nodes see that it is away", Duration::from_secs(20), || {
        nodes.iter().all(|node| node.metric("annals_bus_connected") == 0)
    });
    // Every world is asked for on every node: its owner answers, and the other one looks for it.
    let ask = |round: &'static str, then: &(dyn Fn() + Sync)| -> Vec<[(u16, Value); 2]> {
        std::thread::scope(|scope| {
            let asked = WORLDS.map(|world| {
                [0, 1].map(|node| {
                    let (server, token) = (&nodes[node], &token);
                    scope.spawn(move || sail(server, token, world, &format!("{round}-{node}")))
                })
            });
            then();
            asked.into_iter().map(|of| of.map(|asked| asked.join().unwrap())).collect()
        })
    };
    let since = Instant::now();
    let answers = ask("away", &|| {});
    assert!(since.elapsed() < LOOKED_FOR, "{:?}", since.elapsed());
    let mut own = [0, 0];
    for [a, b] in &answers {
        for (node, (status, answer)) in [a, b].into_iter().enumerate() {
            match status {
                200 => own[node] += 1,
                _ => assert_eq!((*status, answer["code"].as_str()), (503, Some("NO_OWNER")), "{answer}"),
            }
        }
        assert!(
            (a.0 == 200) != (b.0 == 200),
            "one of them holds it, and the other one does not: {a:?} {b:?}"
        );
    }
    assert_eq!(own, shares, "a node has lost worlds, or taken some");
    // It comes back while they look.
    let answers = ask("back", &|| stage.nats.start_again().unwrap());
    for (status, answer) in answers.iter().flatten() {
        assert_eq!(*status, 200, "{answer}");
    }
    until("the nodes see each other", Duration::from_secs(20), || {
        nodes
            .iter()
            .all(|node| node.metric("annals_bus_connected") == 1 && node.metric("annals_cluster_peers") == 1)
    });
    // What the bus did not tell is read in the log: all of it, once, in order, on whichever node.
    for (world, follower) in &mut followers {
        let end = homes[0].json(&["world", "show", world])["event"].as_u64().unwrap();
        let told = follower.until(end).to_vec();
        let positions: Vec<u64> = told.iter().map(|(position, _)| *position).collect();
        assert!(positions.is_sorted_by(|a, b| a < b), "{world}: {positions:?}");
        assert_eq!(told, nodes[0].follow(&token, world, Some(0)).until(end), "{world}");
        assert!(told.len() > 3, "{world}: {told:?}");
    }
    drop(followers);
    // What was refused is done with the same key, once.
    for world in WORLDS {
        for node in [0, 1] {
            let (status, answer) = sail(&nodes[1 - node], &token, world, &format!("away-{node}"));
            assert!(matches!(status, 200 | 422), "{answer}");
            let (_, again) = sail(&nodes[node], &token, world, &format!("away-{node}"));
            assert_eq!((&again["commit"], &again["repeated"]), (&answer["commit"], &json!(true)));
        }
    }
    for node in nodes {
        assert_eq!(node.stop(), 0);
    }
    assert_eq!(homes[0].run(&["verify", "--all", "--deep"]).code(), 0);
}

#[test]
fn a_bus_says_what_a_node_may_not_do_there() {
    let Some(stage) = Stage::new() else { return };
    let users = format!(
        "authorization {{ users = [\n\
           {{ user: node, password: {SECRET}, permissions: {{ publish: [\"annals.>\", \"_INBOX.>\"], subscribe: [\"annals.>\", \"_INBOX.>\"] }} }}\n\
           {{ user: weak, password: {SECRET}, permissions: {{ publish: [\"annals.nodes.>\", \"annals.node.>\", \"_INBOX.>\"], subscribe: [\"annals.>\", \"_INBOX.>\"] }} }}\n\
         ] }}\n"
    );
    let nats = Nats::start(&users).unwrap().unwrap();
    let with = |url: &str| {
        let mut home = stage.node("a", "all");
        home.set("ANNALS_BUS", url);
        home
    };
    let weak = with(&nats.url_for("weak", SECRET)).no_server(&[]);
    weak.says(
        "BUS_NO_PERMISSION",
        4,
        &["annals.world.-.command", "annals.world.-.commits", "publish and subscribe"],
    );
    assert!(!weak.err().contains("_INBOX.>,"), "only what it may not: {}", weak.err());
    let wrong = with(&nats.url_for("node", "s3cret-no")).no_server(&[]);
    wrong.says("BUS_LOGIN_REFUSED", 4, &["the setting bus (--bus, ANNALS_BUS)"]);
    with(&nats.url()).no_server(&[]).says("BUS_LOGIN_REFUSED", 4, &["the setting bus"]);
    let home = with(&nats.url_for("node", SECRET));
    let server = home.serve();
    assert_eq!(server.stop(), 0);
    assert!(!home.said().contains(SECRET), "{}", home.said());
    nats.stop();
    let down = with(&nats.url_for("node", SECRET)).no_server(&[]);
    down.says("BUS_UNREACHABLE", 1, &["The setting is bus (--bus, ANNALS_BUS)", "is it running?"]);
}
