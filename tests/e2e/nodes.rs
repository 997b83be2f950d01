//! Several nodes on PostgreSQL and NATS: killed, stopped in mid-air, restarted one by one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::stage::{Stage, signal};
use crate::support::{Home, Server, until};
use crate::trouble::Holder;

const WORLDS: usize = 4;

fn world(n: usize) -> String {
    format!("w{n}")
}

fn open_worlds(tool: &Home) {
    for n in 0..WORLDS {
        tool.ok(&["season", "open", &world(n), "--game", "harbour", "--server", &format!("s{n}")]);
    }
}

/// How many worlds a node holds.
fn owned(server: &Server) -> u64 {
    server.metric("annals_worlds_owned")
}

fn settle(server: &Server, token: &str) {
    for n in 0..WORLDS {
        let (status, body) = server.give(token, &world(n), "settle", "Settle", &json!({}));
        assert_eq!(status, 200, "{body}");
    }
}

/// Players who take turns: one alone would be held up by the limit of commands a minute on a machine that is fast.
const CREW: usize = 10;

/// The tokens of players who have settled in all worlds.
fn crew(tool: &Home, server: &Server) -> Vec<String> {
    let tokens: Vec<String> = (0..CREW).map(|n| tool.player(&format!("p{n}"))).collect();
    tokens.iter().for_each(|token| settle(server, token));
    tokens
}

/// What was acknowledged: world and key → the player, by number, and the commit.
type Told = Mutex<BTreeMap<(String, String), (usize, u64)>>;

/// Players who send ships without a pause, in all worlds in turn; every answer must be one of the record.
fn play(server: &Server, crew: &[String], name: &str, stop: &AtomicBool, told: &Told, count: &AtomicUsize) {
    for n in 0.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let (world, player, key) = (world(n % WORLDS), n / WORLDS % crew.len(), format!("{name}-{n}"));
        let (status, body) = server.give(&crew[player], &world, &key, "Sail", &json!({ "gold": 1 }));
        let commit = body["commit"].as_u64();
        assert!(status == 200 || status == 422, "{world} {key}: {status} {body}");
        told.lock().unwrap().insert((world, key), (player, commit.unwrap_or_else(|| panic!("{body}"))));
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Every acknowledged command stands once on the record, at the commit that was told.
fn on_the_record_once(server: &Server, crew: &[String], told: &Told) {
    let told = told.lock().unwrap();
    let mut commits: Vec<(&str, u64)> =
        told.iter().map(|((world, _), (_, commit))| (world.as_str(), *commit)).collect();
    commits.sort_unstable();
    let count = commits.len();
    commits.dedup();
    assert_eq!(commits.len(), count, "two commands were told the same commit");
    for ((world, key), (player, commit)) in told.iter() {
        let (_, again) = server.give(&crew[*player], world, key, "Sail", &json!({ "gold": 1 }));
        assert_eq!(again["commit"].as_u64(), Some(*commit), "{world} {key}: {again}");
        assert_eq!(again["repeated"], true, "{world} {key} was decided twice");
    }
}

#[test]
fn nodes_are_restarted_one_by_one_and_no_command_fails() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "command"), stage.node("b", "command,projector"), stage.node("api", "api")];
    let [mut a, mut b, api] = homes.each_ref().map(Home::serve);
    open_worlds(&homes[2]);
    let crew = crew(&homes[2], &api);
    assert_eq!(owned(&a) + owned(&b), WORLDS as u64);
    assert_eq!(owned(&api), 0);
    let (stop, told, count) = (AtomicBool::new(false), Told::default(), AtomicUsize::new(0));
    let more = || {
        let before = count.load(Ordering::SeqCst);
        until("commands go on", Duration::from_secs(20), || count.load(Ordering::SeqCst) > before + 20);
    };
    std::thread::scope(|scope| {
        for name in ["x", "y"] {
            let (api, crew, stop, told, count) = (&api, &crew, &stop, &told, &count);
            scope.spawn(move || play(api, crew, name, stop, told, count));
        }
        more();
        for (home, node) in [(&homes[0], &mut a), (&homes[1], &mut b)] {
            let share = owned(node);
            let old = std::mem::replace(node, Server::none());
            assert_eq!(old.stop(), 0);
            more();
            *node = home.serve();
            until("it has its share again", Duration::from_secs(20), || owned(node) == share);
            more();
        }
        stop.store(true, Ordering::SeqCst);
    });
    on_the_record_once(&api, &crew, &told);
    // The same season from every node; the read models follow on the one that projects.
    let ranks = |server: &Server| server.get("/v1/worlds/w0", Some(&crew[0])).1;
    assert!(!ranks(&api).is_empty());
    let behind = || b.metric("annals_projection_lag_commits{world=\"w0\"}");
    until("the read models have caught up", Duration::from_secs(20), || behind() == 0);
    for server in [a, b, api] {
        assert_eq!(server.stop(), 0);
    }
    assert_eq!(homes[2].run(&["verify", "--all", "--deep"]).code(), 0);
}

#[test]
fn the_worlds_of_a_killed_node_are_played_on_within_ten_seconds() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "command"), stage.node("b", "all"), stage.node("api", "api")];
    let (mut a, b, api) = (homes[0].serve(), homes[1].serve(), homes[2].serve());
    open_worlds(&homes[2]);
    let crew = crew(&homes[2], &api);
    assert!(owned(&a) > 0, "the load is not spread");
    let (stop, told, count) = (AtomicBool::new(false), Told::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for name in ["x", "y", "z"] {
            let (api, crew, stop, told, count) = (&api, &crew, &stop, &told, &count);
            scope.spawn(move || play(api, crew, name, stop, told, count));
        }
        until("a load", Duration::from_secs(20), || count.load(Ordering::SeqCst) > 50);
        a.kill();
        let took = until("all worlds are taken", Duration::from_secs(10), || owned(&b) == WORLDS as u64);
        println!("taken over after {took:?}");
        let before = count.load(Ordering::SeqCst);
        until("commands go on", Duration::from_secs(10), || {
            count.load(Ordering::SeqCst) > before + 5 * WORLDS
        });
        stop.store(true, Ordering::SeqCst);
    });
    on_the_record_once(&api, &crew, &told);
}

/// How often one of two nodes is killed under load, in turn.
const KILLS: usize = 10;

#[test]
fn nodes_that_are_killed_in_turn_under_load_lose_nothing_and_double_nothing() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "command"), stage.node("b", "command"), stage.node("api", "api,projector")];
    let api = homes[2].serve();
    let mut nodes = [homes[0].serve(), homes[1].serve()];
    open_worlds(&homes[2]);
    let crew = crew(&homes[2], &api);
    let (stop, told, count) = (AtomicBool::new(false), Told::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for name in ["x", "y", "z"] {
            let (api, crew, stop, told, count) = (&api, &crew, &stop, &told, &count);
            scope.spawn(move || play(api, crew, name, stop, told, count));
        }
        for kill in 0..KILLS {
            let node = kill % 2;
            until("both hold worlds", Duration::from_secs(30), || nodes.iter().all(|node| owned(node) > 0));
            let before = count.load(Ordering::SeqCst);
            until("commands go on", Duration::from_secs(30), || {
                count.load(Ordering::SeqCst) > before + WORLDS
            });
            nodes[node].kill();
            nodes[node] = homes[node].serve();
        }
        stop.store(true, Ordering::SeqCst);
    });
    on_the_record_once(&api, &crew, &told);
    for server in nodes.into_iter().chain([api]) {
        assert_eq!(server.stop(), 0);
    }
    assert_eq!(homes[2].run(&["verify", "--all", "--deep"]).code(), 0);
}

/// A role that only reads the log keeps its limits, too: what is slow is told, of the log and of the read models.
#[test]
fn what_is_slow_is_told_by_whom_it_kept_waiting() {
    let Some(stage) = Stage::new() else { return };
    let command = stage.node("a", "command,api");
    let mut projector = stage.node("p", "projector");
    projector.set("ANNALS_SLOW_QUERY_MS", "200");
    let (follows, server) = (projector.serve(), command.serve());
    open_worlds(&command);
    let token = command.player("bob");
    settle(&server, &token);
    let told = |table: &str| {
        let said = projector.said();
        said.lines().any(|line| line.contains("slow statement") && line.contains(table))
    };
    assert!(!told("annals.commits") && !told("outbox_cursor"), "{}", projector.said());
    let mut sent = 0;
    for (database, table) in [("annals", "annals.commits"), ("annals_read", "annals_outbox.outbox_cursor")] {
        let slow = (0..20).any(|_| {
            let held = Holder::on(&stage.postgres, database, table, "ACCESS EXCLUSIVE");
            std::thread::scope(|scope| {
                sent += 1;
                let key = sent.to_string();
                let (server, token) = (&server, &token);
                let sail = scope.spawn(move || server.give(token, "w0", &key, "Sail", &json!({ "gold": 1 })));
                // Longer than is told here, and shorter than is told where nothing is set.
                std::thread::park_timeout(Duration::from_millis(900));
                held.let_go();
                assert_eq!(sail.join().unwrap().0, 200);
            });
            told(table.split('.').next_back().unwrap())
        });
        assert!(slow, "nothing that {table} kept waiting was told: {}", projector.said());
    }
    for server in [follows, server] {
        assert_eq!(server.stop(), 0);
    }
}

/// What the nodes have said on standard error.
fn told_by(homes: &[Home]) -> String {
    homes.iter().map(|home| format!("---\n{}", home.said())).collect()
}

/// How often one of two owners is stopped in mid-air and goes on later as if nothing had happened.
const PAUSES: usize = 20;

#[test]
fn an_owner_that_was_stopped_past_its_lease_writes_nothing_when_it_goes_on() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "all"), stage.node("b", "command,api")];
    let nodes = homes.each_ref().map(Home::serve);
    open_worlds(&homes[0]);
    let crew = [homes[0].player("bob")];
    settle(&nodes[0], &crew[0]);
    let told = Told::default();
    let sail = |server: &Server, world: &str, key: &str| -> (u16, Value) {
        let (status, body) = server.give(&crew[0], world, key, "Sail", &json!({ "gold": 1 }));
        if let Some(commit) = body["commit"].as_u64() {
            told.lock().unwrap().insert((world.to_owned(), key.to_owned()), (0, commit));
        }
        (status, body)
    };
    for pause in 0..PAUSES {
        let (stopped, other) = (&nodes[pause % 2], &nodes[1 - pause % 2]);
        until("both have worlds", Duration::from_secs(20), || owned(stopped) > 0 && owned(other) > 0);
        for n in 0..WORLDS {
            let (status, body) = sail(stopped, &world(n), &format!("before-{pause}"));
            assert!(status == 200 || status == 422, "{body}\n{}", told_by(&homes));
        }
        std::thread::scope(|scope| {
            signal(stopped, "-STOP");
            // Sent to the one that can not answer: it will find these when it goes on, and others have played by then.
            let late: Vec<_> = (0..WORLDS)
                .map(|n| {
                    let sail = &sail;
                    scope.spawn(move || sail(stopped, &world(n), &format!("late-{pause}")))
                })
                .collect();
            until("the other has taken everything", Duration::from_secs(20), || {
                owned(other) == WORLDS as u64
            });
            for n in 0..WORLDS {
                let (status, body) = sail(other, &world(n), &format!("between-{pause}"));
                assert!(status == 200 || status == 422, "{body}\n{}", told_by(&homes));
            }
            signal(stopped, "-CONT");
            for late in late {
                let (status, body) = late.join().unwrap();
                assert!(
                    status == 200 || status == 422,
                    "pause {pause}: {status} {body}\n{}",
                    told_by(&homes)
                );
            }
        });
    }
    on_the_record_once(&nodes[0], &crew, &told);
    let fenced = nodes.iter().map(|node| node.metric("annals_fenced_total")).sum::<u64>();
    println!("fenced off {fenced} times");
    assert!(fenced > 0, "nobody ever wrote under an epoch that was over: the fence was not tried");
    for server in nodes {
        assert_eq!(server.stop(), 0);
    }
    // Epochs only rise along the record, and every commit is decided to what is recorded.
    assert_eq!(homes[0].run(&["verify", "--all", "--deep"]).code(), 0);
    for n in 0..WORLDS {
        let sql = format!(
            "SELECT count(*) FROM (SELECT epoch < lag(epoch) OVER (ORDER BY commit_no) AS back FROM annals.commits \
             JOIN annals.worlds USING (world_no) WHERE world = 'w{n}') x WHERE back"
        );
        assert_eq!(stage.postgres.sql("annals", &sql).unwrap(), "0");
    }
}
