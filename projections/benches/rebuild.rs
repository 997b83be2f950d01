//! Rebuild against replay and against a bare bulk insert of the same rows, interleaved: medians, and the best of each.
//!
//! `cargo bench -p projections --bench rebuild`, with `-- EVENTS ROUNDS` for another size and `current`, `battles` or
//! `season` for some of the logs only (a season has a tenth of the events). Ratios are what counts, not times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::time::Instant;

use common::logs::{log, replay};
use common::scribe::{Scribe, player};
use common::{Engine, Home, NOW, bench, world};
use event_store::{EventStore, SqliteStore, WorldBatch};
use games_core::view::{Cell, ColumnKind};
use projections::{Bulk, Dialect, Schema, TableSpec, rebuild};
use schemas::{Actor, WallTime};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

/// The allocator of the server, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PLAYERS: u64 = 2_000;

/// Changes of state, eight to a commit; a battle to each commit; a season of a real game.
const LOGS: [&str; 3] = ["current", "battles", "season"];

/// A season of PopVerse Kingdoms played by bots.
fn season(events: u64) -> Scribe {
    let game = games_registry::find("popverse-kingdoms").unwrap();
    let mut scribe = Scribe::of(&world(), game, game.default_rules());
    let mut rng = games_core::Rng::new(3);
    while scribe.log.last().unwrap().last().get() < events {
        for n in 1..=200 {
            let now = scribe.world.clock(WallTime::from_ms(scribe.now));
            if let Some((kind, payload)) = scribe.world.bot(player(n), now, &mut rng) {
                scribe.command_of(Actor::Bot(player(n)), &kind, payload);
            }
        }
        scribe.pass(600_000);
    }
    scribe
}

/// The log in a file, as a server has it.
async fn written(scribe: &Scribe, directory: &Path) -> SqliteStore {
    let store = SqliteStore::open(directory.join("log.db")).await.unwrap();
    for commits in scribe.log.chunks(512) {
        let (world, epoch) = (scribe.id.clone(), commits[0].epoch);
        let batch =
            WorldBatch { world, expected: commits[0].commit.prev(), epoch, commits: commits.to_vec() };
        store.append(vec![batch]).await.pop().unwrap().unwrap();
    }
    store
}

/// All rows of a file, by table, in the order of their keys.
async fn rows_of(path: &std::path::Path, schema: &Schema) -> Vec<(TableSpec, Vec<Vec<Cell>>)> {
    let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let mut out = Vec::new();
    for table in schema.tables() {
        let sql = format!("SELECT * FROM \"{}\"", table.name);
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
        let cells = |row: &sqlx::sqlite::SqliteRow| -> Vec<Cell> {
            let cell = |(i, kind): (usize, ColumnKind)| match kind {
                ColumnKind::Int => Cell::from(row.get::<Option<i64>, _>(i)),
                ColumnKind::Bool => Cell::from(row.get::<Option<bool>, _>(i)),
                ColumnKind::Text | ColumnKind::Json => Cell::from(row.get::<Option<String>, _>(i)),
            };
            table.columns.iter().map(|c| c.kind).enumerate().map(cell).collect()
        };
        out.push((table.clone(), rows.iter().map(cells).collect()));
    }
    out
}

/// Writes rows that lie ready in memory into a new file: nothing that makes rows can be faster than writing them.
async fn insert(all: Vec<(TableSpec, Vec<Vec<Cell>>)>, values: usize) -> f64 {
    let directory = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut conn = SqliteConnectOptions::new()
        .filename(directory.path().join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-65536")
        .statement_cache_capacity(512)
        .disable_statement_logging()
        .connect()
        .await
        .unwrap();
    let tables: Vec<TableSpec> = all.iter().map(|(table, _)| table.clone()).collect();
    for table in &tables {
        conn.execute(AssertSqlSafe(Dialect::Sqlite.create_table(table))).await.unwrap();
    }
    conn.execute("BEGIN").await.unwrap();
    for (table, rows) in all {
        let most = (values / table.columns.len()).max(1);
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let now = if rows.len() >= most { most } else { (rows.len() / 2 + 1).next_power_of_two() };
            let mut query = sqlx::query(AssertSqlSafe(Dialect::Sqlite.bulk(&table, now, Bulk::Insert)));
            for cell in rows.by_ref().take(now).flatten() {
                query = match cell {
                    Cell::Null => query.bind(None::<i64>),
                    Cell::Int(number) => query.bind(number),
                    Cell::Text(text) => query.bind(text),
                    Cell::Bool(truth) => query.bind(truth),
                };
            }
            query.execute(&mut conn).await.unwrap();
        }
    }
    conn.execute("COMMIT").await.unwrap();
    for table in &tables {
        for sql in Dialect::Sqlite.create_indexes(table) {
            conn.execute(AssertSqlSafe(sql)).await.unwrap();
        }
    }
    conn.close().await.unwrap();
    std::fs::File::open(directory.path().join("bare.db")).unwrap().sync_all().unwrap();
    started.elapsed().as_secs_f64()
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let events = numbers.next().unwrap_or(300_000);
    let rounds = numbers.next().unwrap_or(5);
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| LOGS.contains(&arg.as_str())).collect();
    for name in LOGS {
        if !only.is_empty() && !only.iter().any(|log| log == name) {
            continue;
        }
        let mut scribe = match name {
            "current" => log(PLAYERS, events, false),
            "battles" => log(PLAYERS, events, true),
            _ => season(events / 10),
        };
        let events = scribe.log.last().unwrap().last().get();
        scribe.append_all().await;
        let b = bench(Engine::Sqlite, &scribe.store, 512).await;
        let Home::Directory(directory) = &b.home else { panic!("no directory") };
        let directory = directory.path();
        let store = written(&scribe, directory).await;
        let (mut replays, mut rebuilds, mut folds, mut bare) = (vec![], vec![], vec![], vec![]);
        let mut rows = 0;
        for _ in 0..rounds {
            replays.push(replay(&store, &scribe.id).await);
            let started = Instant::now();
            let report = rebuild(&store, &b.models, NOW, &mut |_| {}).await.unwrap();
            rebuilds.push(started.elapsed().as_secs_f64());
            folds.push(report.fold_ms as f64 / 1000.0);
            rows = report.rows;
            let file = directory.join(format!("read-{}.db", report.to));
            bare.push(insert(rows_of(&file, b.models.schema()).await, 8192).await);
        }
        // A rebuild uses both cores and a bare insert one: what else runs weighs on the rebuild alone, so the best rounds
        // say more than the medians where the machine is shared.
        let best = |all: &[f64]| all.iter().copied().fold(f64::INFINITY, f64::min);
        let (least_replay, least_rebuild, least_bare) = (best(&replays), best(&rebuilds), best(&bare));
        let (replay, rebuild, fold, bare) = (median(replays), median(rebuilds), median(folds), median(bare));
        println!("{name}: {events} events, {rows} rows, {rounds} rounds");
        println!("  replay            {replay:6.2} s  {:9.0} events/s", events as f64 / replay);
        println!("  rebuild           {rebuild:6.2} s  {:9.0} events/s", events as f64 / rebuild);
        println!("    fold and write  {fold:6.2} s");
        println!("  bare bulk insert  {bare:6.2} s  {:9.0} rows/s", rows as f64 / bare);
        let (ratio, of_best) = (replay / rebuild, least_replay / least_rebuild);
        println!(
            "  rebuild / replay  {ratio:.2}, of the best {of_best:.2}   (rows of current state: goal 0.5)"
        );
        let (ratio, of_best) = (bare / rebuild, least_bare / least_rebuild);
        println!("  rebuild / insert  {ratio:.2}, of the best {of_best:.2}   (rows of history: goal 0.8)");
        if name == "battles" {
            let file = directory.join(format!("read-{}.db", b.models.version()));
            let all = rows_of(&file, b.models.schema()).await;
            for values in [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32766] {
                let seconds = insert(all.clone(), values).await;
                println!("  {values:5} values a statement: {:9.0} rows/s", rows as f64 / seconds);
            }
        }
    }
}
