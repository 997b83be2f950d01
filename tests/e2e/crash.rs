//! `kill -9` at random moments under load: nothing that was acknowledged is lost, nothing is doubled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::support::Home;

/// How often the server is killed.
const KILLS: u64 = 200;
/// Clients that give commands without a pause.
const CLIENTS: usize = 4;

/// SplitMix64: the moments are random, but the same in every run.
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 27)
}

#[test]
fn two_hundred_kills_lose_nothing_and_double_nothing() {
    let home = Home::new();
    home.harbour();
    let tokens: Vec<String> = (0..CLIENTS).map(|n| home.player(&format!("p{n}"))).collect();
    // What each client was told: key → commit.
    let told: Arc<Mutex<BTreeMap<(usize, String), u64>>> = Arc::default();
    for kill in 0..KILLS {
        let mut server = home.serve();
        let acknowledged = AtomicU64::new(0);
        let dead = AtomicBool::new(false);
        // The blow falls after this many answers: between two of them, and so at any point of what is under way.
        let blow = 1 + mix(kill) % 40;
        std::thread::scope(|scope| {
            for (client, token) in tokens.iter().enumerate() {
                let (told, acknowledged, dead, server) = (&told, &acknowledged, &dead, &server);
                scope.spawn(move || {
                    for n in 0.. {
                        if dead.load(Ordering::SeqCst) || acknowledged.load(Ordering::SeqCst) >= blow {
                            return;
                        }
                        let key = format!("{kill}.{n}");
                        let kind = if kill == 0 && n == 0 { "Settle" } else { "Sail" };
                        let options = if kind == "Sail" { json!({ "gold": 1 }) } else { json!({}) };
                        let (status, body) = server.give(token, "harbour", &key, kind, &options);
                        match (status, body["commit"].as_u64()) {
                            (200 | 422, Some(commit)) => {
                                told.lock().unwrap().insert((client, key), commit);
                                acknowledged.fetch_add(1, Ordering::SeqCst);
                            }
                            _ => return dead.store(true, Ordering::SeqCst),
                        }
                    }
                });
            }
            while acknowledged.load(Ordering::SeqCst) < blow && !dead.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
        });
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
}
