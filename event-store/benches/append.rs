//! How fast the SQLite log appends and reads, beside a bare loop of prepared INSERTs with the same settings, bytes
//! and batch size. Rounds of all contenders alternate, so that a disk that is slow for a while is slow for all.
//!
//! `cargo bench -p event-store [-- commits-per-round rounds]`. Full durability (`synchronous=FULL`) everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;
use std::time::{Duration, Instant};

use event_store::conformance::{Scribe, Spec};
use event_store::{EventStore, MemoryLog, SqliteStore, WorldBatch, verify_world};
use schemas::CommitNo;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tokio_stream::StreamExt;

const BARE_TABLE: &str = "CREATE TABLE commits (world TEXT, commit_no INTEGER, first_position INTEGER, \
    events INTEGER, epoch INTEGER, command TEXT, command_key INTEGER, rewinds_to INTEGER, header BLOB, body BLOB, \
    prev BLOB, hash BLOB, UNIQUE (world, commit_no))";
const BARE_INSERT: &str = "INSERT INTO commits VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";

/// A bare loop: one prepared INSERT per commit, nothing checked.
struct Bare {
    conn: SqliteConnection,
    /// All statements of a batch as one text: the loop runs on the connection's own thread, as it would in C.
    one_text: bool,
}

impl Bare {
    async fn open(path: &Path, one_text: bool) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-32768")
            .disable_statement_logging();
        let mut conn = options.connect().await.unwrap();
        conn.execute(BARE_TABLE).await.unwrap();
        Self { conn, one_text }
    }

    async fn append(&mut self, batch: WorldBatch) {
        if self.one_text {
            let sql =
                format!("BEGIN IMMEDIATE;{}COMMIT", format!("{BARE_INSERT};").repeat(batch.commits.len()));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for commit in batch.commits {
                query = bind(query, commit);
            }
            let mut results = self.conn.fetch_many(query);
            while let Some(result) = results.next().await {
                result.unwrap();
            }
            return;
        }
        self.conn.execute("BEGIN IMMEDIATE").await.unwrap();
        for commit in batch.commits {
            bind(sqlx::query(BARE_INSERT), commit).execute(&mut self.conn).await.unwrap();
        }
        self.conn.execute("COMMIT").await.unwrap();
    }
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind(query: Query, c: schemas::StoredCommit) -> Query {
    query
        .bind(c.world.as_str().to_owned())
        .bind(c.commit.get().cast_signed())
        .bind(c.first.get().cast_signed())
        .bind(i64::from(c.events))
        .bind(c.epoch.get().cast_signed())
        .bind(c.command.as_ref().map(|id| id.as_str().to_owned()))
        .bind(c.command.as_ref().map(|id| id.index_key().cast_signed()))
        .bind(c.rewinds_to.map(|to| to.get().cast_signed()))
        .bind(c.header)
        .bind(c.body)
        .bind(c.prev.0.to_vec())
        .bind(c.hash.0.to_vec())
}

#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn quantile(&self, per_mille: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * per_mille / 1000).min(sorted.len() - 1)].as_secs_f64() * 1e6
    }

    fn per_second(&self, batch: usize) -> f64 {
        (self.0.len() * batch) as f64 / self.0.iter().sum::<Duration>().as_secs_f64()
    }
}

fn next(scribe: &mut Scribe, size: usize) -> WorldBatch {
    let first = scribe.head.commit.get();
    let player = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1000;
    let specs: Vec<Spec> = (first..first + size as u64)
        .map(|n| Spec {
            command: Some(format!("discord:p-{:013}:{}", player(n), 1_400_000_000_000_000_000 + n)),
            events: 2,
            bytes: 30,
            rewinds_to: None,
        })
        .collect();
    scribe.batch(&specs)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn round(dir: &Path, size: usize, calls: usize, scores: &mut [Vec<f64>; 3], all: &mut [Times; 3]) {
    let store = SqliteStore::open(dir.join(format!("store{size}.db"))).await.unwrap();
    let mut bare = Bare::open(&dir.join(format!("bare{size}.db")), false).await;
    let mut text = Bare::open(&dir.join(format!("text{size}.db")), true).await;
    let mut scribe = Scribe::new("kingdoms-s3");
    let mut times = [Times::default(), Times::default(), Times::default()];
    // Slices of calls alternate within a round, too.
    for slice in 0..calls.div_ceil(16) {
        let batches: Vec<_> = (0..16).map(|_| next(&mut scribe, size)).collect();
        for turn in 0..3 {
            for batch in batches.clone() {
                let who = (turn + slice) % 3;
                let start = Instant::now();
                match who {
                    0 => drop(store.append(vec![batch]).await.remove(0).unwrap()),
                    1 => bare.append(batch).await,
                    _ => text.append(batch).await,
                }
                times[who].0.push(start.elapsed());
            }
        }
    }
    for who in 0..3 {
        scores[who].push(times[who].per_second(size));
        all[who].0.append(&mut times[who].0);
    }
    store.close().await;
}

async fn appends(commits: usize, rounds: usize) {
    println!(
        "append, commits/s: median of {rounds} rounds, p50/p99 of a call in microseconds, ratio to the loops"
    );
    for size in [1, 16, 64, 256] {
        let mut scores = [vec![], vec![], vec![]];
        let mut all = [Times::default(), Times::default(), Times::default()];
        for _ in 0..rounds {
            let dir = tempfile::tempdir().unwrap();
            round(dir.path(), size, (commits / size).clamp(64, 4000), &mut scores, &mut all).await;
        }
        let ratio = |against: usize| {
            let mut ratios: Vec<f64> = (0..rounds).map(|i| scores[0][i] / scores[against][i]).collect();
            median(&mut ratios)
        };
        let ratios = [1.0, ratio(1), ratio(2)];
        for (who, name) in
            ["store.append", "bare INSERT loop (sqlx)", "bare INSERTs as one text"].iter().enumerate()
        {
            println!(
                "{size:4} per call  {name:26} {:9.0}/s  p50 {:7.0}  p99 {:7.0}  p99/p50 {:4.1}  store is {:.2} x",
                median(&mut scores[who].clone()),
                all[who].quantile(500),
                all[who].quantile(990),
                all[who].quantile(990) / all[who].quantile(500),
                ratios[who],
            );
        }
    }
}

/// Latency without the other contenders' checkpoints on the same disk.
async fn alone(commits: usize) {
    println!("append, the store alone");
    for size in [1, 16, 64, 256] {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("alone.db")).await.unwrap();
        let mut scribe = Scribe::new("kingdoms-s3");
        let mut times = Times::default();
        for _ in 0..(4 * commits / size).clamp(256, 10_000) {
            let batch = next(&mut scribe, size);
            let start = Instant::now();
            store.append(vec![batch]).await.remove(0).unwrap();
            times.0.push(start.elapsed());
        }
        let quantiles = [500, 900, 990, 999].map(|q| times.quantile(q));
        let [p50, p90, p99, p999] = quantiles;
        println!(
            "{size:4} per call  {:9.0}/s  p50 {p50:6.0}  p90 {p90:6.0}  p99 {p99:6.0}  p99.9 {p999:6.0}  p99/p50 {:4.1}",
            times.per_second(size),
            p99 / p50
        );
        store.close().await;
    }
}

fn memory() {
    let mut scribe = Scribe::new("kingdoms-s3");
    let batches: Vec<_> = (0..200_000).map(|_| next(&mut scribe, 1)).collect();
    let mut log = MemoryLog::default();
    let start = Instant::now();
    for batch in batches {
        log.append(vec![batch]).remove(0).unwrap();
    }
    println!("memory: {:.0} appends of one commit per second", 200_000.0 / start.elapsed().as_secs_f64());
}

async fn reads(commits: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("read.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut scribe = Scribe::new("kingdoms-s3");
    let mut bytes = 0;
    while scribe.head.commit.get() < commits as u64 {
        let batch = next(&mut scribe, 512);
        bytes += batch.commits.iter().map(|c| c.header.len() + c.body.len()).sum::<usize>();
        store.append(vec![batch]).await.remove(0).unwrap();
    }
    store.close().await;
    let total = scribe.head.commit.get();
    println!(
        "read, {total} commits of {} bytes, {} MiB file",
        bytes as u64 / total,
        path.metadata().unwrap().len() >> 20
    );
    let start = Instant::now();
    let store = SqliteStore::open(&path).await.unwrap();
    println!("  open {:?}", start.elapsed());
    let start = Instant::now();
    store.append(vec![next(&mut scribe, 1)]).await.remove(0).unwrap();
    println!("  first append, which learns the command keys: {:?}", start.elapsed());
    for page in [1024, 8192, u32::MAX] {
        let mut rates = vec![];
        for _ in 0..3 {
            let start = Instant::now();
            let mut after = CommitNo::ZERO;
            let mut read = 0_u64;
            while let Some(last) = {
                let commits = store.read(&scribe.world, after, page).await.unwrap();
                read += commits.len() as u64;
                commits.last().map(|c| c.commit)
            } {
                after = last;
            }
            rates.push(read as f64 / start.elapsed().as_secs_f64());
        }
        println!("  read, pages of {page:10}: {:9.0} commits/s", median(&mut rates));
    }
    let start = Instant::now();
    let index = store.command_index(&scribe.world, scribe.head.commit).await.unwrap();
    println!("  command_index: {} keys in {:?}", index.len(), start.elapsed());
    let start = Instant::now();
    let id = schemas::CommandId::new("discord:p-0000000000000:1").unwrap();
    assert!(store.find_command(&scribe.world, &id).await.unwrap().is_empty());
    println!("  find_command, not there: {:?}", start.elapsed());
    let start = Instant::now();
    let report = verify_world(&store, &scribe.world, CommitNo::ZERO, None).await.unwrap();
    assert!(report.is_sound());
    println!("  verify: {:.0} commits/s", report.commits as f64 / start.elapsed().as_secs_f64());
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (commits, rounds) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(5));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // On the runtime's own workers, as a server would call it: the first thread has a slower way to wake.
    let work = async move {
        if rounds > 0 {
            appends(commits, rounds).await;
        }
        alone(commits).await;
        reads(commits.max(200_000)).await;
        memory();
    };
    runtime.block_on(async { tokio::spawn(work).await.unwrap() });
}
