//! Read models on a real PostgreSQL server with full durability, each figure beside its yardstick in the same run.
//!
//! `cargo bench -p projections --bench postgres`, with `-- write`, `rebuild` or `rank` for some of it, and numbers for
//! another size: events of the log, rounds. Ratios are what counts, not times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::home::Database;
use common::logs::{log, replay};
use common::{NOW, games, world};
use event_store::postgres::{Access, Login, Purpose};
use event_store::{EventStore, PostgresStore, WorldBatch};
use games_core::Rng;
use games_core::view::ColumnKind;
use projections::{Bulk, ColumnSpec, Dialect, Projector, ProjectorConfig, ReadModels, Schema, Step, rebuild};
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

/// The allocator of the server, so that what is measured is what runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PARTS: [&str; 3] = ["write", "rebuild", "rank"];

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn percentile(all: &mut [Duration], percent: usize) -> Duration {
    all.sort_unstable();
    all[(all.len() * percent / 100).min(all.len() - 1)]
}

/// How often rows of each table were written, by the server's own count.
async fn written(database: &Database) -> Vec<(String, u64)> {
    // The server counts when a session is idle for a second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let sql = "SELECT relname || ' ' || (n_tup_ins + n_tup_upd) FROM pg_stat_user_tables \
               WHERE schemaname = 'annals_models_1' AND n_tup_ins + n_tup_upd > 0 ORDER BY relname";
    let line = |line: &str| {
        let (name, count) = line.split_once(' ').unwrap();
        (name.to_owned(), count.parse().unwrap())
    };
    database.sql(sql).lines().map(line).collect()
}

/// A column of some rows, ready to be sent.
enum Array {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bool(Vec<Option<bool>>),
}

impl Array {
    fn of(row: &sqlx::postgres::PgRow, column: usize, kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Int => Self::Int(row.get(column)),
            ColumnKind::Text | ColumnKind::Json => Self::Text(row.get(column)),
            ColumnKind::Bool => Self::Bool(row.get(column)),
        }
    }
}

/// The same numbers of rows of the same tables, upserted by a bare statement of 256 rows at a time, each its own
/// transaction. Rows come from the tables themselves and go into copies with all their indexes, which are empty for
/// history and full for rows that are rewritten.
async fn bare(conn: &mut PgConnection, schema: &Schema, counts: &[(String, u64)]) -> f64 {
    let dialect = Dialect::Postgres;
    let mut work = Vec::new();
    conn.execute("DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare").await.unwrap();
    for (name, count) in counts {
        let table = schema.find(name).unwrap();
        conn.execute("SET search_path = bare").await.unwrap();
        conn.execute(AssertSqlSafe(dialect.create_table(table))).await.unwrap();
        for sql in dialect.create_indexes(table) {
            conn.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        let columns: Vec<String> = table.columns.iter().map(|c| format!("\"{}\"", c.name)).collect();
        let columns = columns.join(", ");
        let from = format!("SELECT {columns} FROM annals_models_1.{name}");
        if table.is_rewritten() {
            conn.execute(AssertSqlSafe(format!("INSERT INTO {name} {from}"))).await.unwrap();
        }
        let mut pages = Vec::new();
        let (mut left, mut offset) = (*count, 0);
        while left > 0 {
            let rows = left.min(256);
            pages.push((offset, rows));
            (left, offset) = (left - rows, offset + rows);
        }
        work.push((table.clone(), pages));
    }
    let mut elapsed = Duration::ZERO;
    for (table, pages) in work {
        let text: Arc<str> = dialect.bulk(&table, 256, Bulk::Upsert).into();
        let key: Vec<String> = table.columns[..table.key].iter().map(|c| format!("\"{}\"", c.name)).collect();
        for (offset, rows) in pages {
            let arrays: Vec<String> =
                table.columns[1..].iter().map(|c| format!("array_agg(\"{}\")", c.name)).collect();
            // Rows here and there in the order of their keys, as a batch touches them; history one after the other.
            let (key, name) = (key.join(", "), &table.name);
            let some = if table.is_rewritten() {
                // With the values of another row, for what a batch writes is not what stands there: a row whose indexed
                // columns stay as they are needs no new entry in any index.
                let drawn = format!(
                    "(SELECT *, row_number() OVER () AS nth FROM \
                     (SELECT * FROM annals_models_1.{name} ORDER BY random() LIMIT {rows}) d)"
                );
                let column = |from, column: &ColumnSpec| format!("{from}.\"{}\"", column.name);
                let keys = table.columns[..table.key].iter().map(|c| column("a", c));
                let columns: Vec<String> = keys.chain(table.values().map(|c| column("b", c))).collect();
                format!("SELECT {} FROM {drawn} a JOIN {drawn} b USING (nth)", columns.join(", "))
            } else {
                format!("SELECT * FROM annals_models_1.{name} ORDER BY {key} OFFSET {offset} LIMIT {rows}")
            };
            let sql =
                format!("SELECT {} FROM (SELECT * FROM ({some}) s ORDER BY {key}) r", arrays.join(", "));
            let row = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_one(&mut *conn).await.unwrap();
            let columns = table.columns[1..].iter().map(|column| column.kind).enumerate();
            let columns: Vec<Array> = columns.map(|(i, kind)| Array::of(&row, i, kind)).collect();
            let started = Instant::now();
            let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&text))).bind(world().as_str().to_owned());
            for column in columns {
                query = match column {
                    Array::Int(all) => query.bind(all),
                    Array::Text(all) => query.bind(all),
                    Array::Bool(all) => query.bind(all),
                };
            }
            query.execute(&mut *conn).await.unwrap();
            elapsed += started.elapsed();
        }
    }
    elapsed.as_secs_f64()
}

/// Steady state: a projector that follows, against bare upserts of as many rows of the same tables.
async fn write(events: u64, rounds: u64) {
    for (name, players, battles, batch) in [
        ("current, 2,000 players, 32 commits a batch", 2_000, false, 32),
        ("current, 2,000 players, 256 commits a batch", 2_000, false, 256),
        ("battles, 20,000 players, 256 commits a batch", 20_000, true, 256),
    ] {
        let scribe = {
            let mut scribe = log(players, players + events, battles);
            scribe.append_all().await;
            scribe
        };
        let (mut ratios, mut writes, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = 0;
        let mut shown = String::new();
        for _ in 0..rounds {
            let database = Database::fresh().unwrap();
            let models = Arc::new(ReadModels::open_at(&database.place(), games()).await.unwrap());
            let config = ProjectorConfig { batch_commits: batch, ..ProjectorConfig::default() };
            let projector = Projector::new(Arc::new(scribe.store.clone()), Arc::clone(&models), config);
            let mut elapsed = Duration::ZERO;
            rows = 0;
            loop {
                let started = Instant::now();
                let now = NOW.plus_ms(i64::try_from(elapsed.as_millis()).unwrap());
                let step = projector.step(&world(), now).await.unwrap();
                elapsed += started.elapsed();
                match step {
                    Step::Advanced { rows: more, .. } => rows += more,
                    Step::Idle | Step::Rewinding => break,
                }
            }
            // Its sessions end, and tell the server what they have counted.
            let schema = Arc::clone(models.schema());
            drop((projector, models));
            let mut counts = written(&database).await;
            shown =
                counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ");
            counts.retain(|(name, _)| name != "checkpoints" && name != "meta");
            let mut conn = PgConnection::connect(&database.admin_url()).await.unwrap();
            let bare = bare(&mut conn, &schema, &counts).await;
            // What the fold itself costs, by a replay of the same log that makes no rows.
            let fold = replay(&scribe.store, &world()).await;
            ratios.push(bare / elapsed.as_secs_f64());
            writes.push(bare / (elapsed.as_secs_f64() - fold));
            rates.push(rows as f64 / elapsed.as_secs_f64());
        }
        let each: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        println!("write: {name}: {rows} rows, {rounds} rounds");
        println!("  rows written: {shown}");
        println!("  {:9.0} rows/s", median(rates));
        println!("  without the fold of the log  {:.2}", median(writes));
        println!(
            "  projector / bare UNNEST-256  {:.2}   (of each round: {}; goal 0.8)",
            median(ratios),
            each.join(" ")
        );
    }
}

async fn log_on(database: &Database) -> PostgresStore {
    let login = Login { name: "writing".into(), password: None, access: Access::Write };
    event_store::postgres::prepare(&database.admin_url(), &[login], Purpose::Keep).await.unwrap();
    PostgresStore::open(&database.cluster.url("writing", &database.name)).await.unwrap()
}

/// A rebuild from a log on the server against a replay of the same log that makes no rows.
async fn build(events: u64, rounds: u64) {
    for (name, battles) in [("current", false), ("battles", true)] {
        let database = Database::fresh().unwrap();
        let store = log_on(&database).await;
        let events = {
            let scribe = log(2_000, events, battles);
            for commits in scribe.log.chunks(512) {
                let (world, epoch) = (scribe.id.clone(), commits[0].epoch);
                let batch = WorldBatch {
                    world,
                    expected: commits[0].commit.prev(),
                    epoch,
                    commits: commits.to_vec(),
                };
                store.append(vec![batch]).await.pop().unwrap().unwrap();
            }
            scribe.log.last().unwrap().last().get()
        };
        let models = ReadModels::open_at(&database.place(), games()).await.unwrap();
        let (mut replays, mut rebuilds, mut folds, mut rows) = (vec![], vec![], vec![], 0);
        for _ in 0..rounds {
            replays.push(replay(&store, &world()).await);
            let started = Instant::now();
            let report = rebuild(&store, &models, NOW, &mut |_| {}).await.unwrap();
            rebuilds.push(started.elapsed().as_secs_f64());
            folds.push(report.fold_ms as f64 / 1000.0);
            rows = report.rows;
        }
        let best = |all: &[f64]| all.iter().copied().fold(f64::INFINITY, f64::min);
        let of_best = best(&replays) / best(&rebuilds);
        let (replay, rebuild, fold) = (median(replays), median(rebuilds), median(folds));
        println!("rebuild: {name}: {events} events, {rows} rows, {rounds} rounds");
        println!("  replay            {replay:6.2} s  {:9.0} events/s", events as f64 / replay);
        println!(
            "  rebuild           {rebuild:6.2} s  {:9.0} events/s, {:9.0} rows/s",
            events as f64 / rebuild,
            rows as f64 / rebuild
        );
        println!("    fold and write  {fold:6.2} s");
        println!("  rebuild / replay  {:.2}, of the best {of_best:.2}   (goal 0.5)", replay / rebuild);
    }
}

/// The rank of a player among a million against a read by primary key, one after the other.
async fn rank() {
    const PLAYERS: u64 = 1_000_000;
    const READS: usize = 20_000;
    let database = Database::fresh().unwrap();
    let models = ReadModels::open_at(&database.place(), games()).await.unwrap();
    database.sql(&format!(
        "SET search_path = annals_models_1;
         INSERT INTO boards SELECT 'realm-s1', 'points', e, (e::bigint * 7919) % {PLAYERS} + 1, e, e FROM generate_series(0, {PLAYERS} - 1) e;
         INSERT INTO ranks SELECT world, board, rank, entity FROM boards;
         CREATE TABLE plain (id bigint PRIMARY KEY, rank bigint NOT NULL, value bigint NOT NULL, since_ms bigint NOT NULL);
         INSERT INTO plain SELECT entity, rank, value, since_ms FROM boards;
         GRANT SELECT ON plain TO annals_models_reader;
         ANALYZE boards, ranks, plain"
    ));
    let queries = models.queries().await;
    let pool = PgPoolOptions::new()
        .max_connections(4)
        .test_before_acquire(false)
        .connect(&database.cluster.url(common::home::READER, &database.name))
        .await
        .unwrap();
    let mut rng = Rng::new(9);
    let (mut ranks, mut plain, mut around) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..READS + 2_000 {
        let entity = rng.below(PLAYERS);
        let started = Instant::now();
        let standing = queries.rank(&world(), "points", entity).await.unwrap().unwrap();
        let took = started.elapsed();
        let entity = rng.below(PLAYERS);
        let started = Instant::now();
        let row = sqlx::query("SELECT rank, id, value, since_ms FROM annals_models_1.plain WHERE id = $1")
            .bind(entity.cast_signed())
            .fetch_one(&pool)
            .await
            .unwrap();
        let by_key = started.elapsed();
        assert_eq!(row.get::<i64, _>(1).cast_unsigned(), entity);
        assert_eq!((standing.entity * 7919) % PLAYERS + 1, standing.rank);
        // The first ones make plans and fill caches.
        if n >= 2_000 {
            ranks.push(took);
            plain.push(by_key);
        }
        if n % 10 == 0 {
            let started = Instant::now();
            queries.top(&world(), "points", 100).await.unwrap();
            around.push(started.elapsed());
        }
    }
    let show = |name: &str, all: &mut Vec<Duration>| {
        let (p50, p99) = (percentile(all, 50), percentile(all, 99));
        println!("  {name:<26} p50 {p50:>10.1?}  p99 {p99:>10.1?}");
        p99.as_secs_f64()
    };
    println!("rank: {PLAYERS} players, {READS} reads of each, in turns");
    let ranked = show("rank of a player", &mut ranks);
    let keyed = show("read by primary key", &mut plain);
    show("top 100", &mut around);
    println!("  rank / read, p99           {:.2}   (goal: at most 2)", ranked / keyed);
}

#[tokio::main]
async fn main() {
    if servers::Postgres::shared().is_none() {
        return;
    }
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let events = numbers.next();
    let rounds = numbers.next().unwrap_or(3);
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| PARTS.contains(&arg.as_str())).collect();
    for part in PARTS {
        if !only.is_empty() && !only.iter().any(|name| name == part) {
            continue;
        }
        match part {
            "write" => write(events.unwrap_or(20_000), rounds).await,
            "rebuild" => build(events.unwrap_or(1_000_000), rounds).await,
            _ => rank().await,
        }
    }
}
