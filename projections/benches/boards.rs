//! A page of a leaderboard and the places around somebody, among 100,000 players, from the read model on SQLite. Goal: under
//! 10 ms. The same on PostgreSQL: `cargo bench -p projections --bench postgres -- rank`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::time::Instant;

use common::logs::log;
use common::{Engine, NOW, bench, world};
use games_core::Rng;
use projections::rebuild;

/// The allocator of the server, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PLAYERS: u64 = 100_000;
const LOOKS: u64 = 2_000;
const GOAL_MS: f64 = 10.0;

/// The middle and the 99th of a hundred, in ms.
fn shown(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let (middle, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!(
        "{what:<24} median {middle:>7.3} ms   p99 {p99:>7.3} ms   goal {GOAL_MS} ms   ratio {:.3}",
        p99 / GOAL_MS
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut scribe = log(PLAYERS, 3 * PLAYERS, false);
        scribe.append_all().await;
        let home = bench(Engine::Sqlite, &scribe.store, 512).await;
        rebuild(&scribe.store, &home.models, NOW, &mut |_| {}).await.unwrap();
        let queries = home.models.queries().await;
        let total = queries.leaderboard(&world(), "points", 1).await.unwrap().total;
        println!("{total} players stand on the board");
        let mut rng = Rng::new(5);
        let (mut pages, mut around) = (Vec::new(), Vec::new());
        for _ in 0..LOOKS {
            let page = 1 + u32::try_from(rng.below(total / 10)).unwrap();
            let begun = Instant::now();
            let rows = queries.leaderboard(&world(), "points", page).await.unwrap().rows;
            pages.push(begun.elapsed().as_secs_f64() * 1000.0);
            let entity = rows[0].entity;
            let begun = Instant::now();
            let near = queries.around(&world(), "points", entity, 5).await.unwrap();
            around.push(begun.elapsed().as_secs_f64() * 1000.0);
            assert!(near.iter().any(|standing| standing.entity == entity));
        }
        shown("a page of ten", pages);
        shown("five before and behind", around);
    });
}
