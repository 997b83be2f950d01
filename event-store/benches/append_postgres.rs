//! How fast the PostgreSQL log appends and reads, beside plain statements on the same server with the same settings and
//! bytes. The server is a private one, with full durability; contenders alternate in slices within every round.
//!
//! `cargo bench -p event-store --bench append_postgres [-- calls-per-producer rounds commits-to-read]`. On a busy machine
//! under `chrt -f 50`, which the server inherits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::conformance::{Scribe, Spec};
use event_store::postgres::{Access, Login, Purpose, prepare};
use event_store::{EventStore, PostgresStore, SqliteStore, WorldBatch};
use schemas::{CommandId, CommitNo, StoredCommit};
use servers::Postgres;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Executor};
use tokio::sync::{Barrier, mpsc, oneshot};
use tokio_stream::StreamExt;

/// What an application would write by hand: one row a commit, the key as the check of the version.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS plain (world text, commit_no bigint, first_position bigint, \
    events integer, epoch bigint, command text, command_key bigint, rewinds_to bigint, header bytea, body bytea, \
    prev bytea, hash bytea, PRIMARY KEY (world, commit_no))";
const INSERT: &str = "INSERT INTO plain VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)";
const UNNEST: &str = "INSERT INTO plain SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[], \
    $5::bigint[], $6::text[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[])";

/// Calls of each producer before the other contender has its turn.
const SLICE: usize = 25;

async fn plain_connection(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    let mut conn = options.disable_statement_logging().connect().await.unwrap();
    conn.execute(TABLE).await.unwrap();
    conn
}

async fn insert(conn: &mut PgConnection, c: &StoredCommit) {
    sqlx::query(INSERT)
        .bind(c.world.as_str())
        .bind(c.commit.get().cast_signed())
        .bind(c.first.get().cast_signed())
        .bind(c.events.cast_signed())
        .bind(c.epoch.get().cast_signed())
        .bind(c.command.as_ref().map(CommandId::as_str))
        .bind(c.command.as_ref().map(|id| id.index_key().cast_signed()))
        .bind(c.rewinds_to.map(|to| to.get().cast_signed()))
        .bind(&*c.header)
        .bind(&*c.body)
        .bind(c.prev.0)
        .bind(c.hash.0)
        .execute(conn)
        .await
        .unwrap();
}

async fn unnest(conn: &mut PgConnection, commits: &[&StoredCommit]) {
    let numbers = |f: fn(&StoredCommit) -> i64| commits.iter().map(|c| f(c)).collect::<Vec<_>>();
    sqlx::query(UNNEST)
        .bind(commits.iter().map(|c| c.world.as_str()).collect::<Vec<_>>())
        .bind(numbers(|c| c.commit.get().cast_signed()))
        .bind(numbers(|c| c.first.get().cast_signed()))
        .bind(commits.iter().map(|c| c.events.cast_signed()).collect::<Vec<_>>())
        .bind(numbers(|c| c.epoch.get().cast_signed()))
        .bind(commits.iter().map(|c| c.command.as_ref().map(CommandId::as_str)).collect::<Vec<_>>())
        .bind(
            commits
                .iter()
                .map(|c| c.command.as_ref().map(|id| id.index_key().cast_signed()))
                .collect::<Vec<_>>(),
        )
        .bind(commits.iter().map(|c| c.rewinds_to.map(|to| to.get().cast_signed())).collect::<Vec<_>>())
        .bind(commits.iter().map(|c| &*c.header).collect::<Vec<_>>())
        .bind(commits.iter().map(|c| &*c.body).collect::<Vec<_>>())
        .bind(commits.iter().map(|c| c.prev.0).collect::<Vec<_>>())
        .bind(commits.iter().map(|c| c.hash.0).collect::<Vec<_>>())
        .execute(conn)
        .await
        .unwrap();
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

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// What one contender has done in one round.
#[derive(Debug, Default)]
struct Took {
    calls: Vec<Duration>,
    whole: Duration,
}

impl Took {
    fn add(&mut self, calls: Vec<Duration>, whole: Duration) {
        self.calls.extend(calls);
        self.whole += whole;
    }

    fn rate(&self) -> f64 {
        self.calls.len() as f64 / self.whole.as_secs_f64()
    }

    fn quantile(&self, per_mille: usize) -> f64 {
        let mut sorted = self.calls.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * per_mille / 1000).min(sorted.len() - 1)].as_secs_f64() * 1e6
    }
}

/// Ratios of the store to the other contender, round by round.
#[derive(Debug, Default)]
struct Score {
    rates: [Vec<f64>; 2],
    p50: [Vec<f64>; 2],
    p99: [Vec<f64>; 2],
}

impl Score {
    fn round(&mut self, took: &[Took; 2]) {
        for (who, took) in took.iter().enumerate() {
            self.rates[who].push(took.rate());
            self.p50[who].push(took.quantile(500));
            self.p99[who].push(took.quantile(990));
        }
    }

    fn print(&self, what: &str, names: [&str; 2], per_call: usize, wanted: &str) {
        println!("\n{what}: {} rounds, medians; {wanted}", self.rates[0].len());
        for (who, name) in names.iter().enumerate() {
            let per_call = if who == 1 { per_call as f64 } else { 1.0 };
            println!(
                "  {name:44} {:8.0} commits/s   p50 {:6.0} us   p99 {:6.0} us",
                median(&self.rates[who]) * per_call,
                median(&self.p50[who]),
                median(&self.p99[who])
            );
        }
        let ratios = |of: &[Vec<f64>; 2], per_call: f64| {
            of[0].iter().zip(&of[1]).map(|(store, other)| store / (other * per_call)).collect::<Vec<_>>()
        };
        let (rates, tails) = (ratios(&self.rates, per_call as f64), ratios(&self.p99, 1.0));
        let all = rates.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
        println!("  rate {:.2} x ({all}), p99 {:.2} x", median(&rates), median(&tails));
    }
}

/// Producers that each append one commit at a time to a world of their own, all at once, and are timed call by call.
async fn produce(store: &Arc<PostgresStore>, work: Vec<Vec<WorldBatch>>) -> (Vec<Duration>, Duration) {
    let start_line = Arc::new(Barrier::new(work.len() + 1));
    let mut tasks = Vec::new();
    for batches in work {
        let (store, start_line) = (Arc::clone(store), Arc::clone(&start_line));
        tasks.push(tokio::spawn(async move {
            start_line.wait().await;
            let mut took = Vec::with_capacity(batches.len());
            for batch in batches {
                let start = Instant::now();
                store.append(vec![batch]).await.remove(0).unwrap();
                took.push(start.elapsed());
            }
            took
        }));
    }
    start_line.wait().await;
    let start = Instant::now();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    (all, start.elapsed())
}

/// The same by plain INSERTs, each producer on a connection of its own.
async fn insert_all(conns: &mut Vec<PgConnection>, work: Vec<Vec<WorldBatch>>) -> (Vec<Duration>, Duration) {
    let start_line = Arc::new(Barrier::new(work.len() + 1));
    let mut tasks = Vec::new();
    for (mut conn, batches) in conns.drain(..).zip(work) {
        let start_line = Arc::clone(&start_line);
        tasks.push(tokio::spawn(async move {
            start_line.wait().await;
            let mut took = Vec::with_capacity(batches.len());
            for batch in batches {
                let start = Instant::now();
                insert(&mut conn, &batch.commits[0]).await;
                took.push(start.elapsed());
            }
            (conn, took)
        }));
    }
    start_line.wait().await;
    let start = Instant::now();
    let mut all = Vec::new();
    for task in tasks {
        let (conn, took) = task.await.unwrap();
        conns.push(conn);
        all.extend(took);
    }
    (all, start.elapsed())
}

fn work(scribes: &mut [Scribe]) -> Vec<Vec<WorldBatch>> {
    scribes.iter_mut().map(|scribe| (0..SLICE).map(|_| next(scribe, 1)).collect()).collect()
}

/// So many worlds with one command each in flight, against plain INSERTs over as many connections.
async fn against_inserts(cluster: &Cluster, producers: usize, calls: usize, rounds: usize, wanted: &str) {
    let mut score = Score::default();
    for _ in 0..rounds {
        let database = cluster.database();
        let store = Arc::new(PostgresStore::open(&cluster.server.url("bench", &database)).await.unwrap());
        let mut conns = Vec::new();
        for _ in 0..producers {
            conns.push(plain_connection(&cluster.server.admin_url(&database)).await);
        }
        let mut scribes: Vec<Scribe> =
            (0..producers).map(|i| Scribe::new(&format!("kingdoms-s{i}"))).collect();
        let mut took = [Took::default(), Took::default()];
        for slice in 0..calls.div_ceil(SLICE) + 1 {
            let batches = work(&mut scribes);
            for turn in 0..2 {
                let (who, batches) = ((turn + slice) % 2, batches.clone());
                let (calls, whole) = if who == 0 {
                    produce(&store, batches).await
                } else {
                    insert_all(&mut conns, batches).await
                };
                // The first slice makes the worlds and prepares the statements.
                if slice > 0 {
                    took[who].add(calls, whole);
                }
            }
        }
        score.round(&took);
    }
    let what = format!("{producers} worlds, one command each in flight");
    score.print(&what, ["store.append", "plain INSERT, a connection each"], 1, wanted);
}

/// A thread of its own with one connection that inserts what it is given, and says how long it took.
fn unnest_thread(url: String) -> mpsc::Sender<(Vec<WorldBatch>, oneshot::Sender<Duration>)> {
    let (give, mut take) = mpsc::channel::<(Vec<WorldBatch>, oneshot::Sender<Duration>)>(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut conn = plain_connection(&url).await;
            while let Some((batches, done)) = take.recv().await {
                let commits: Vec<&StoredCommit> = batches.iter().flat_map(|batch| &batch.commits).collect();
                let start = Instant::now();
                unnest(&mut conn, &commits).await;
                done.send(start.elapsed()).unwrap();
            }
        });
    });
    give
}

/// Many producers, against a bare loop of one UNNEST for as many rows.
async fn against_unnest(cluster: &Cluster, producers: usize, calls: usize, rounds: usize, wanted: &str) {
    let mut score = Score::default();
    for _ in 0..rounds {
        let database = cluster.database();
        let store = Arc::new(PostgresStore::open(&cluster.server.url("bench", &database)).await.unwrap());
        let bare = unnest_thread(cluster.server.admin_url(&database));
        let mut scribes: Vec<Scribe> =
            (0..producers).map(|i| Scribe::new(&format!("kingdoms-s{i}"))).collect();
        let mut took = [Took::default(), Took::default()];
        for slice in 0..calls.div_ceil(SLICE) + 1 {
            let batches = work(&mut scribes);
            for turn in 0..2 {
                let who = (turn + slice) % 2;
                let (calls, whole) = if who == 0 {
                    produce(&store, batches.clone()).await
                } else {
                    let mut calls = Vec::new();
                    for call in 0..SLICE {
                        let (done, is_done) = oneshot::channel();
                        let rows = batches.iter().map(|of_world| of_world[call].clone()).collect();
                        bare.send((rows, done)).await.unwrap();
                        calls.push(is_done.await.unwrap());
                    }
                    let whole = calls.iter().sum();
                    (calls, whole)
                };
                if slice > 0 {
                    took[who].add(calls, whole);
                }
            }
        }
        score.round(&took);
    }
    let what = format!("{producers} producers");
    let names = ["store.append", "a bare loop of UNNESTs of as many rows"];
    score.print(&what, names, producers, wanted);
}

async fn scan<S: EventStore>(store: &S, scribe: &Scribe) -> f64 {
    let start = Instant::now();
    let mut pages = std::pin::pin!(store.scan(&scribe.world, CommitNo::ZERO, CommitNo::new(u64::MAX)));
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.unwrap().len();
    }
    assert_eq!(count as u64, scribe.head.commit.get());
    count as f64 / start.elapsed().as_secs_f64()
}

/// A whole record, read and checked, from PostgreSQL and from SQLite.
async fn replay(cluster: &Cluster, commits: usize, rounds: usize) {
    let dir = tempfile::tempdir().unwrap();
    let postgres = PostgresStore::open(&cluster.server.url("bench", &cluster.database())).await.unwrap();
    let sqlite = SqliteStore::open(dir.path().join("log.db")).await.unwrap();
    let mut scribe = Scribe::new("kingdoms-s3");
    while scribe.head.commit.get() < commits as u64 {
        let batch = next(&mut scribe, 512);
        postgres.append(vec![batch.clone()]).await.remove(0).unwrap();
        sqlite.append(vec![batch]).await.remove(0).unwrap();
    }
    let (mut ratios, mut rates) = (vec![], [vec![], vec![]]);
    for _ in 0..rounds {
        let (ours, theirs) = (scan(&postgres, &scribe).await, scan(&sqlite, &scribe).await);
        ratios.push(ours / theirs);
        rates[0].push(ours);
        rates[1].push(theirs);
    }
    println!("\nscan of {} commits, each checked; wanted: at least 0.6 x", scribe.head.commit);
    println!("  PostgreSQL {:8.0} commits/s", median(&rates[0]));
    println!("  SQLite     {:8.0} commits/s", median(&rates[1]));
    println!("  {:.2} x", median(&ratios));
    let start = Instant::now();
    let index = postgres.command_index(&scribe.world, scribe.head.commit).await.unwrap();
    println!("  command_index: {} keys in {:?}", index.len(), start.elapsed());
    let start = Instant::now();
    let id = CommandId::new("discord:p-0000000000000:1").unwrap();
    assert!(postgres.find_command(&scribe.world, &id).await.unwrap().is_empty());
    println!("  find_command, not there: {:?}", start.elapsed());
}

struct Cluster {
    server: Postgres,
    template: String,
}

impl Cluster {
    async fn start() -> Option<Self> {
        let server = Postgres::start(&[]).unwrap()?;
        let template = server.create_database(None).unwrap();
        let login = Login { name: "bench".to_owned(), password: None, access: Access::Write };
        prepare(&server.admin_url(&template), &[login], Purpose::Keep).await.unwrap();
        Some(Self { server, template })
    }

    fn database(&self) -> String {
        self.server.create_database(Some(&self.template)).unwrap()
    }
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (calls, rounds) = (numbers.next().unwrap_or(500), numbers.next().unwrap_or(5));
    let commits = numbers.next().unwrap_or(200_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // On the runtime's own workers, as a server would call it: the first thread has a slower way to wake.
    let work = async move {
        let Some(cluster) = Cluster::start().await else { return };
        println!("{}", cluster.server.sql("postgres", "SELECT version()").unwrap());
        against_inserts(&cluster, 16, calls, rounds, "wanted: rate at least 1.5 x, p99 at most 0.5 x").await;
        against_inserts(&cluster, 1, 4 * calls, rounds, "wanted: rate at least 0.95 x").await;
        against_unnest(&cluster, 256, calls.div_ceil(4), rounds, "wanted: rate at least 0.75 x").await;
        replay(&cluster, commits, rounds).await;
    };
    runtime.block_on(async { tokio::spawn(work).await.unwrap() });
}
