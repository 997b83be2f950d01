//! Many worlds, and many nodes: 200 worlds with a command a second each on PostgreSQL, against the time of an fsync; and
//! what the bus adds to a command, against the same command where its world is held. Real servers, full durability.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::quantile_us;
use cluster::{Cluster, ClusterConfig};
use command_service::opening::{Opener, Opening, open};
use command_service::{Clock, Service, ServiceConfig};
use event_store::PostgresStore;
use event_store::postgres::{Access, Login, Purpose, prepare};
use kernel::{Answer, Request};
use schemas::{Actor, CommandId, Facts, Outcome, PlayerId, ServerId, WorldId};
use servers::{Nats, Postgres};
use vault::ServerKeys;

const WORLDS: u64 = 200;
const SECONDS: u64 = 20;

fn world(n: u64) -> WorldId {
    WorldId::new(&format!("w{n}")).unwrap()
}

fn request(world: &WorldId, player: u64, key: &str, kind: &str, payload: String) -> Request {
    let player = PlayerId::from_bits(player);
    Request {
        ticket: 0,
        world: world.clone(),
        id: CommandId::new(&format!("bench:{player}:{key}")).unwrap(),
        actor: Actor::Player(player),
        channel: "bench".to_owned(),
        kind: kind.to_owned(),
        payload: payload.into_bytes(),
        facts: Facts::default(),
    }
}

fn accepted(answer: &Answer) {
    let good = matches!(answer, Answer::Done(receipt) if receipt.outcome == Outcome::Accepted);
    assert!(good, "{answer:?}");
}

async fn give(service: &Service, world: &WorldId, key: &str) -> Duration {
    let gift = format!("{{\"to\":\"{}\",\"gold\":1}}", PlayerId::from_bits(2));
    let sent = Instant::now();
    accepted(&service.command(request(world, 1, key, "Give", gift)).await.unwrap());
    sent.elapsed()
}

async fn store(url: &str) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::open(url).await.unwrap())
}

fn service(node: &str, store: Arc<PostgresStore>, keys: &ServerKeys, clustered: bool) -> Service {
    let config = ServiceConfig {
        node: node.to_owned(),
        lease_ms: Some(1_500),
        commands: true,
        clustered,
        snapshot_commits: 2_000,
        rate_limits: false,
        signing: None,
        checkpoints: None,
    };
    Service::start(config, store, keys.clone(), Clock::system()).unwrap()
}

async fn open_world(service: &Service, keys: &ServerKeys, world: &WorldId) {
    let opening = Opening {
        world,
        server: &ServerId::new(world.as_str()).unwrap(),
        game: "harbour",
        config: serde_json::Value::Null,
        rules: Some("start_gold = 1000000000\n".to_owned()),
        secret: None,
        game_time: None,
        now: service.clock().now(),
    };
    let opener = Opener {
        id: CommandId::new(&format!("bench:open:{world}")).unwrap(),
        actor: Actor::Operator("bench".to_owned()),
        channel: "bench".to_owned(),
        facts: Facts::admin(),
    };
    accepted(&open(service, keys, &opening, opener).await.unwrap());
    for player in [1, 2] {
        let settle = request(world, player, "settle", "Settle", "{}".to_owned());
        accepted(&service.command(settle).await.unwrap());
    }
}

/// How long an append of one page and its fsync take on the disk where everything lies.
fn fsyncs(file: &mut std::fs::File, until: Instant) -> Vec<Duration> {
    let page = [7_u8; 4096];
    let mut all = Vec::new();
    while Instant::now() < until {
        let begun = Instant::now();
        file.write_all(&page).unwrap();
        file.sync_data().unwrap();
        all.push(begun.elapsed());
        std::thread::park_timeout(Duration::from_millis(50));
    }
    all
}

fn line(what: &str, all: &mut [Duration]) -> (f64, f64) {
    let (p50, p99) = (quantile_us(all, 500), quantile_us(all, 990));
    println!("{what:<44} {:>7} measured, p50 {p50:>8.0} µs, p99 {p99:>8.0} µs", all.len());
    (p50, p99)
}

async fn many_worlds(url: &str, keys: &ServerKeys) {
    let service = service("n1", store(url).await, keys, false);
    for n in 0..WORLDS {
        open_world(&service, keys, &world(n)).await;
    }
    let until = Instant::now() + Duration::from_secs(SECONDS);
    let home = tempfile::tempdir_in("/tmp").unwrap();
    let mut file = std::fs::File::create(home.path().join("pages")).unwrap();
    // In the same seconds, on the same disk: what the disk itself takes while it is so used.
    let disk = std::thread::spawn(move || fsyncs(&mut file, until));
    let mut players = Vec::new();
    for n in 0..WORLDS {
        let service = service.clone();
        players.push(tokio::spawn(async move {
            let (world, mut all) = (world(n), Vec::new());
            // Spread over the second, as people are.
            let mut tick = tokio::time::interval_at(
                tokio::time::Instant::now() + Duration::from_millis(n * 1000 / WORLDS),
                Duration::from_secs(1),
            );
            for round in 0.. {
                tick.tick().await;
                if Instant::now() >= until {
                    return all;
                }
                all.push(give(&service, &world, &format!("g{round}")).await);
            }
            all
        }));
    }
    let mut all = Vec::new();
    for player in players {
        all.extend(player.await.unwrap());
    }
    let mut fsync = disk.join().unwrap();
    let (p50, p99) = line("200 worlds, a command a second each", &mut all);
    let (disk_p50, disk_p99) = line("an fsync of one page, at the same time", &mut fsync);
    println!(
        "  p99 = {:.1} × the fsync's p50, {:.1} × its p99 (goal 10); p50 = {:.1} × its p50",
        p99 / disk_p50,
        p99 / disk_p99,
        p50 / disk_p50
    );
    service.stop().await;
}

async fn bus(url: &str, nats: &Nats, keys: &ServerKeys) {
    let join = async |node: &str| {
        let service = service(node, store(url).await, keys, true);
        let config = ClusterConfig {
            url: nats.url(),
            cluster: "annals".to_owned(),
            node: node.to_owned(),
            commands: true,
            lease: Duration::from_secs(4),
        };
        let cluster = Cluster::join(config, &service).await.unwrap();
        (service, cluster)
    };
    let ((a, a_cluster), (b, b_cluster)) = tokio::join!(join("a"), join("b"));
    let here = WorldId::new("here").unwrap();
    open_world(&a, keys, &here).await;
    let (owner, other) = if a.holds(&here) { (&a, &b) } else { (&b, &a) };
    let alone = owner.unrouted();
    let (mut unrouted, mut direct, mut routed) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..1_500 {
        unrouted.push(give(&alone, &here, &format!("u{round}")).await);
        direct.push(give(owner, &here, &format!("d{round}")).await);
        routed.push(give(other, &here, &format!("r{round}")).await);
    }
    let (bare, _) = line("a command at its owner, without routes", &mut unrouted);
    let (direct, _) = line("at its owner, as a node of a cluster", &mut direct);
    let (routed, _) = line("at the other node, over NATS", &mut routed);
    println!(
        "  routes add {:.0} µs where the world is held (goal: nothing), NATS adds {:.0} µs (goal at most 2,000)",
        direct - bare,
        routed - direct
    );
    a_cluster.leave().await;
    b_cluster.leave().await;
    a.stop().await;
    b.stop().await;
}

fn main() {
    let Some(postgres) = Postgres::start(&[]).unwrap() else { return };
    let Some(nats) = Nats::start("").unwrap() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let keys = ServerKeys::ephemeral().unwrap();
        for (database, many) in [("many", true), ("bus", false)] {
            postgres.sql("postgres", &format!("CREATE DATABASE {database}")).unwrap();
            let login = Login { name: "annals".to_owned(), password: None, access: Access::Write };
            prepare(&postgres.admin_url(database), &[login], Purpose::Keep).await.unwrap();
            let url = postgres.url("annals", database);
            if many { many_worlds(&url, &keys).await } else { bus(&url, &nats, &keys).await }
        }
    });
}
