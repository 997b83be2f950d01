//! The whole path of a command (mailbox, decide, encode, SQLite append, answer), one world, against a closed loop that
//! appends the same bytes at the batch size reached. Same file settings; interleaved rounds. `-- 64` for one size only.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use benches::{median, quantile_us};
use command_service::opening::{Opening, prepare};
use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, SqliteStore, WorldBatch};
use futures_util::future::join_all;
use kernel::Request;
use schemas::{
    Actor, Cause, CommandId, Commit, CommitHeader, CommitNo, Epoch, EventHeader, Facts, GameTime, Hash,
    Outcome, PlayerId, Position, WallTime, WorldId,
};
use vault::ServerKeys;

const ROUNDS: usize = 5;
const SECONDS: f64 = 2.0;

fn request(world: &WorldId, from: u64, to: u64, key: u64) -> Request {
    let (from, to) = (PlayerId::from_bits(from), PlayerId::from_bits(to));
    Request {
        ticket: 0,
        world: world.clone(),
        id: CommandId::new(&format!("bench:{from}:{key}")).unwrap(),
        actor: Actor::Player(from),
        channel: "bench".to_owned(),
        kind: if key == 0 { "Settle".to_owned() } else { "Give".to_owned() },
        payload: if key == 0 {
            b"{}".to_vec()
        } else {
            format!("{{\"to\":\"{to}\",\"gold\":1}}").into_bytes()
        },
        facts: Facts::default(),
    }
}

async fn start(dir: &std::path::Path) -> (Service, Arc<SqliteStore>, WorldId) {
    let world = WorldId::new("bench").unwrap();
    let keys = ServerKeys::ephemeral().unwrap();
    let store = Arc::new(SqliteStore::open(dir.join("log.db")).await.unwrap());
    let config = ServiceConfig {
        node: "n1".to_owned(),
        lease_ms: None,
        commands: true,
        clustered: false,
        snapshot_commits: 0,
        rate_limits: false,
        signing: None,
        checkpoints: None,
    };
    let service = Service::start(config, Arc::clone(&store), keys.clone(), Clock::system()).unwrap();
    service.adopt(world.clone()).await.unwrap();
    let now = service.clock().now();
    let opening = Opening {
        world: &world,
        server: &schemas::ServerId::local(),
        game: "harbour",
        config: serde_json::Value::Null,
        rules: Some("start_gold = 1000000000\n".to_owned()),
        secret: None,
        game_time: None,
        now,
    };
    let payload = serde_json::to_vec(&prepare(&opening, &keys).unwrap()).unwrap();
    let open = Request {
        kind: "WorldOpen".to_owned(),
        actor: Actor::Operator("bench".to_owned()),
        payload,
        ..request(&world, 0, 0, 0)
    };
    service.command(open).await.unwrap();
    for player in 1..=512 {
        service.command(request(&world, player, player, 0)).await.unwrap();
    }
    (service, store, world)
}

/// Commands a second, appends a second, and every latency.
async fn path(service: &Service, world: &WorldId, flight: u64, next: &mut u64) -> (f64, f64, Vec<Duration>) {
    let appends = service.stats().appends.load(Ordering::Relaxed);
    let begun = Instant::now();
    let first = *next;
    let lanes = (1..=flight).map(|lane| async move {
        let (mut key, mut latencies) = (first, Vec::new());
        while begun.elapsed().as_secs_f64() < SECONDS {
            key += 1;
            let sent = Instant::now();
            service.command(request(world, lane, lane % flight + 1, key)).await.unwrap();
            latencies.push(sent.elapsed());
        }
        (key, latencies)
    });
    let done = join_all(lanes).await;
    let seconds = begun.elapsed().as_secs_f64();
    *next = done.iter().map(|(key, _)| *key).max().unwrap_or(first);
    let latencies: Vec<Duration> = done.into_iter().flat_map(|(_, l)| l).collect();
    let appends = service.stats().appends.load(Ordering::Relaxed) - appends;
    (latencies.len() as f64 / seconds, appends as f64 / seconds, latencies)
}

/// A closed loop on a bare store: batches of `size` commits of the same shape, one after the other.
async fn bare(store: &SqliteStore, size: usize, world: &WorldId) -> (f64, Vec<Duration>) {
    let head = store.head(world).await.unwrap();
    let (mut commit, mut position, mut hash) = (head.commit, head.position, head.hash);
    let epoch = Epoch::new(head.epoch.get().max(1));
    let mut latencies = Vec::new();
    let begun = Instant::now();
    let mut spent = Duration::ZERO;
    while begun.elapsed().as_secs_f64() < SECONDS {
        let expected = commit;
        let commits = (0..size)
            .map(|_| {
                let stored = like(world, commit, position, epoch, hash);
                (commit, position, hash) = (stored.commit, stored.last(), stored.hash);
                stored
            })
            .collect();
        let batch = WorldBatch { world: world.clone(), expected, epoch, commits };
        let sent = Instant::now();
        store.append(vec![batch]).await.pop().unwrap().unwrap();
        latencies.push(sent.elapsed());
        spent += sent.elapsed();
    }
    (latencies.len() as f64 / spent.as_secs_f64(), latencies)
}

fn like(
    world: &WorldId,
    commit: CommitNo,
    position: Position,
    epoch: Epoch,
    prev: Hash,
) -> schemas::StoredCommit {
    let request = request(world, 1, 2, commit.next().get());
    let event = br#"{"from":"p-0000000000001","to":"p-0000000000002","gold":1}"#.to_vec();
    let header = CommitHeader {
        world: world.clone(),
        commit: commit.next(),
        first: position.next(),
        epoch,
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(1),
        cause: Cause::Command {
            id: request.id,
            actor: request.actor,
            channel: "bench".into(),
            kind: "Give".into(),
            version: 1,
            facts: Facts::default(),
        },
        payload_len: request.payload.len() as u32,
        outcome: Outcome::Accepted,
        events: vec![EventHeader { kind: "GoldGiven".into(), version: 1, len: event.len() as u32 }],
        allocations: Vec::new(),
        replaces: None,
        rewinds_to: None,
        rules: "0123456789abcdef".into(),
    };
    Commit { header, payload: request.payload, event_bytes: event }.seal(prev).unwrap()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (dir, bare_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (service, _store, world) = start(dir.path()).await;
        let bare_store = SqliteStore::open(bare_dir.path().join("log.db")).await.unwrap();
        let mut next = 0;
        println!("{ROUNDS} interleaved rounds of {SECONDS} s; medians");
        let asked: Vec<u64> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
        for flight in if asked.is_empty() { vec![1, 16, 64, 256] } else { asked } {
            let (mut commands, mut appends, mut loops, mut full) = (vec![], vec![], vec![], vec![]);
            let (mut path_us, mut bare_us) = (Vec::new(), Vec::new());
            let mut reached = 1;
            for _ in 0..ROUNDS {
                let (c, a, l) = path(&service, &world, flight, &mut next).await;
                reached = ((c / a).round() as usize).max(1);
                path_us.extend(l);
                commands.push(c);
                appends.push(a);
                let (l, durations) = bare(&bare_store, reached, &world).await;
                loops.push(l);
                bare_us.extend(durations);
                let (f, _) = bare(&bare_store, usize::try_from(flight).unwrap(), &world).await;
                full.push(f * flight as f64);
            }
            let (commands, appends, loops, full) = (median(commands), median(appends), median(loops), median(full));
            println!(
                "{flight:>4} in flight: {commands:>8.0} commands/s, {appends:>6.0} appends/s (batch {reached}); \
                 closed loop at {reached}: {loops:>6.0} appends/s, ratio {:.2}; closed loop at {flight}: {full:>8.0} \
                 commits/s, ratio {:.2}; p50 {:.0} µs p99 {:.0} µs, bare p50 {:.0} µs p99 {:.0} µs",
                appends / loops,
                commands / full,
                quantile_us(&mut path_us, 500),
                quantile_us(&mut path_us, 990),
                quantile_us(&mut bare_us, 500),
                quantile_us(&mut bare_us, 990),
            );
        }
        service.stop().await;
    });
}
