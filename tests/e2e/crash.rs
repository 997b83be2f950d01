//! `kill -9` at random moments under load: nothing that was acknowledged is lost, nothing is doubled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::stage::Stage;
use crate::support::Home;

/// How often the server is killed.
const KILLS: u64 = 200;
/// How long a command may take while its database is stopped and started.
const BACK: Duration = Duration::from_secs(60);
/// Clients that give commands without a pause.
const CLIENTS: usize = 4;

/// SplitMix64: the moments are random, but the same in every run.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 27)
}

/// How often the database server is stopped at once, in every so many rounds: 40 times in all.
const STOP_EVERY: u64 = 5;

#[test]
fn two_hundred_kills_lose_nothing_and_double_nothing() {
    assert_eq!(survive(&Home::new(), None), 0);
}

#[test]
fn two_hundred_kills_and_forty_stops_of_the_database_lose_nothing_on_postgresql() {
    let Some(stage) = Stage::new() else { return };
    assert_eq!(survive(&stage.alone(), Some(&stage)), KILLS / STOP_EVERY, "stops of the database");
}

/// Kills a server again and again under load, and where its log stands on a database server, stops that, too; how often.
fn survive(home: &Home, stage: Option<&Stage>) -> u64 {
    home.harbour();
    let tokens: Vec<String> = (0..CLIENTS).map(|n| home.player(&format!("p{n}"))).collect();
    // What each client was told: key → commit.
    let told: Arc<Mutex<BTreeMap<(usize, String), u64>>> = Arc::default();
    let mut stopped = 0;
    for kill in 0..KILLS {
        let mut server = home.serve();
        let acknowledged = AtomicU64::new(0);
        let dead = AtomicBool::new(false);
        // The blow falls after this many answers: between two of them, and so at any point of what is under way.
        let blow = 1 + mix(kill) % 40;
        let stops = stage.filter(|_| kill % STOP_EVERY == 0);
        std::thread::scope(|scope| {
            for (client, token) in tokens.iter().enumerate() {
                let (told, acknowledged, dead, server) = (&told, &acknowledged, &dead, &server);
                scope.spawn(move || {
                    for n in 0.. {
                        let key = format!("{kill}.{n}");
                        let kind = if kill == 0 && n == 0 { "Settle" } else { "Sail" };
                        let options = if kind == "Sail" { json!({ "gold": 1 }) } else { json!({}) };
                        let begun = Instant::now();
                        loop {
                            if dead.load(Ordering::SeqCst) || acknowledged.load(Ordering::SeqCst) >= blow {
                                return;
                            }
                            let (status, body) = server.give(token, "harbour", &key, kind, &options);
                            match (status, body["commit"].as_u64()) {
                                (200 | 422, Some(commit)) => {
                                    told.lock().unwrap().insert((client, key), commit);
                                    acknowledged.fetch_add(1, Ordering::SeqCst);
                                    break;
                                }
                                // The database is away: asked again with the same key until it is back.
                                (503, None) if stops.is_some() && begun.elapsed() < BACK => {}
                                _ => {
                                    println!("round {kill}, {key}: {status} {body}");
                                    return dead.store(true, Ordering::SeqCst);
                                }
                            }
                        }
                    }
                });
            }
            let mut stops = stops;
            // The database goes while the first half is under way; where that was over at once, before the blow all the same.
            while stops.is_some()
                || (acknowledged.load(Ordering::SeqCst) < blow && !dead.load(Ordering::SeqCst))
            {
                if acknowledged.load(Ordering::SeqCst) >= blow / 2
                    && let Some(stage) = stops.take()
                {
                    stage.postgres.stop_immediately().unwrap();
                    stage.postgres.start_again().unwrap();
                    stopped += 1;
                }
                if dead.load(Ordering::SeqCst) {
                    break;
                }
                std::thread::yield_now();
            }
        });
        assert!(!dead.load(Ordering::SeqCst), "round {kill}: a command failed");
        server.kill();
    }
    let server = home.serve();
    let told = told.lock().unwrap();
    let mut commits: Vec<u64> = told.values().copied().collect();
    commits.sort_unstable();
    let count = commits.len();
    commits.dedup();
    assert_eq!(commits.len(), count, "two commands were told the same commit");
    for ((client, key), commit) in told.iter() {
        let kind = if key == "0.0" { "Settle" } else { "Sail" };
        let options = if kind == "Sail" { json!({ "gold": 1 }) } else { json!({}) };
        let (_, again) = server.give(&tokens[*client], "harbour", key, kind, &options);
        assert_eq!(again["commit"].as_u64(), Some(*commit), "client {client}, key {key}: {again}");
        assert_eq!(again["repeated"], true, "client {client}, key {key} was decided twice");
    }
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    stopped
}
