//! Nodes on one log, in one process, over a real NATS server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cluster::{BusError, Cluster, ClusterConfig};
use command_service::opening::{Opener, Opening, open};
use command_service::{Clock, News, Service, ServiceConfig};
use event_store::{EventStore, MemoryStore};
use kernel::io::Asked;
use kernel::{Answer, Question, Receipt, Request};
use schemas::{Actor, CommandId, CommitNo, Facts, PlayerId, ServerId, WorldId};
use serde_json::json;
use servers::Nats;
use vault::ServerKeys;

struct Node {
    service: Service,
    cluster: Option<Cluster>,
}

/// A log, a bus and keys that all nodes share.
struct Stage {
    _dir: tempfile::TempDir,
    keys: ServerKeys,
    store: Arc<MemoryStore>,
    nats: Nats,
    /// How long a node answers without having looked whether it still owns a world, in ms.
    lease_ms: i64,
}

impl Stage {
    fn new(configuration: &str) -> Option<Self> {
        let nats = Nats::start(configuration).unwrap()?;
        let dir = tempfile::tempdir().unwrap();
        let keys = ServerKeys::load_or_create(dir.path()).unwrap();
        Some(Self { _dir: dir, keys, store: Arc::new(MemoryStore::default()), nats, lease_ms: 1_000 })
    }

    fn service(&self, node: &str) -> Service {
        let config = ServiceConfig {
            node: node.to_owned(),
            lease_ms: Some(self.lease_ms),
            commands: true,
            clustered: true,
            snapshot_commits: 50,
            rate_limits: false,
            signing: None,
            checkpoints: None,
        };
        Service::start(config, Arc::clone(&self.store), self.keys.clone(), Clock::system()).unwrap()
    }

    fn config(&self, node: &str, commands: bool) -> ClusterConfig {
        ClusterConfig {
            url: self.nats.url(),
            cluster: "annals".to_owned(),
            node: node.to_owned(),
            commands,
            lease: Duration::from_secs(2),
        }
    }

    async fn node(&self, name: &str, commands: bool) -> Node {
        let service = self.service(name);
        let cluster = Some(Cluster::join(self.config(name, commands), &service).await.unwrap());
        Node { service, cluster }
    }

    /// A node that holds no worlds, once it knows of all that do: before, it would have worlds opened on the first of
    /// which it hears, and they would move on.
    async fn api(&self, others: u64) -> Node {
        let api = self.node("api", false).await;
        let stats = api.cluster.as_ref().unwrap().stats();
        until("the others are known", || stats().contains(&("annals_cluster_peers", others))).await;
        api
    }

    async fn open(&self, node: &Node, world: &WorldId, server: &str) -> Answer {
        let opening = Opening {
            world,
            server: &ServerId::new(server).unwrap(),
            game: "harbour",
            config: serde_json::Value::Null,
            rules: Some("start_gold = 1000000\n".to_owned()),
            secret: None,
            game_time: None,
            now: node.service.clock().now(),
        };
        let opener = Opener {
            id: CommandId::new(&format!("cli:op:open-{world}")).unwrap(),
            actor: Actor::Operator("op".to_owned()),
            channel: "cli".to_owned(),
            facts: Facts::admin(),
        };
        open(&node.service, &self.keys, &opening, opener).await.unwrap()
    }
}

fn world(n: usize) -> WorldId {
    WorldId::new(&format!("w{n}")).unwrap()
}

fn request(world: &WorldId, who: u64, key: &str, kind: &str, options: &serde_json::Value) -> Request {
    Request {
        ticket: 0,
        world: world.clone(),
        id: CommandId::new(&format!("http:{who}:{key}")).unwrap(),
        actor: Actor::Player(PlayerId::from_bits(who)),
        channel: "http".to_owned(),
        kind: kind.to_owned(),
        payload: options.to_string().into_bytes(),
        facts: Facts::default(),
    }
}

fn done(answer: Answer) -> Box<Receipt> {
    match answer {
        Answer::Done(receipt) => receipt,
        other @ (Answer::View(..) | Answer::Refused(_)) => panic!("{other:?}"),
    }
}

impl Node {
    async fn settle(&self, world: &WorldId, who: u64) -> Box<Receipt> {
        done(self.service.command(request(world, who, "settle", "Settle", &json!({}))).await.unwrap())
    }

    async fn ask(&self, world: &WorldId, what: Asked) -> Answer {
        let question =
            Question { ticket: 0, world: world.clone(), actor: Actor::System, facts: Facts::default(), what };
        self.service.ask(question).await.unwrap()
    }
}

/// Which of the nodes holds a world.
fn holder(nodes: &[&Node], world: &WorldId) -> Option<usize> {
    nodes.iter().position(|node| node.service.holds(world))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let (since, mut tick) = (Instant::now(), tokio::time::interval(Duration::from_millis(10)));
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(15), "not within 15 s: {what}");
        tick.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_reaches_the_owner_of_its_world_from_every_node() {
    let Some(stage) = Stage::new("") else { return };
    let (a, b) = tokio::join!(stage.node("a", true), stage.node("b", true));
    let api = stage.api(2).await;
    let mut owned = [0, 0];
    for n in 0..8 {
        done(stage.open(&api, &world(n), &format!("s{n}")).await);
        owned[holder(&[&a, &b], &world(n)).expect("an owner")] += 1;
    }
    assert!(owned.iter().all(|n| *n > 0), "the load is not spread: {owned:?}");
    assert!(api.service.held().borrow().is_empty());
    for n in 0..8 {
        let mut heard = api.service.subscribe();
        let receipt = a.settle(&world(n), 7).await;
        assert!(!receipt.repeated && !receipt.events.is_empty());
        // The same command through other nodes: answered from the record.
        for node in [&b, &api] {
            let again = node.settle(&world(n), 7).await;
            assert_eq!(
                (again.commit, &again.events, again.repeated),
                (receipt.commit, &receipt.events, true)
            );
        }
        match api.ask(&world(n), Asked::Status).await {
            Answer::View(Ok(status), _) => assert_eq!(status["commit"], receipt.commit.get()),
            other @ (Answer::View(..) | Answer::Done(_) | Answer::Refused(_)) => panic!("{other:?}"),
        }
        // What the owner wrote is told on every node, with who may see it.
        let told = loop {
            match heard.recv().await.unwrap() {
                News::Heard(published) if published.stored.commit == receipt.commit => break published,
                News::Heard(_) | News::Commit(_) | News::Stands(..) => {}
            }
        };
        assert_eq!(told.stored.world, world(n));
        assert_eq!(told.seen_by(Some(PlayerId::from_bits(7))), receipt.events);
    }
    // A second opening of the same name is not a second world.
    match stage.open(&b, &world(0), "s0").await {
        Answer::Refused(rejection) => assert_eq!(rejection.code, "WORLD_EXISTS"),
        other @ (Answer::View(..) | Answer::Done(_)) => panic!("{other:?}"),
    }
    let unknown = api.service.command(request(&world(99), 1, "x", "Settle", &json!({}))).await.unwrap();
    assert!(matches!(&unknown, Answer::Refused(r) if r.code == "NO_WORLD"), "{unknown:?}");
}

type Acknowledged = Vec<(WorldId, String, CommitNo)>;

/// A player who gives to another through one node without a pause.
struct Load {
    stop: Arc<AtomicBool>,
    given: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<Acknowledged>,
}

impl Load {
    /// Waits until so many more commands have been acknowledged.
    async fn more(&self, commands: usize) {
        let before = self.given.load(Ordering::Relaxed);
        until("commands go on", || self.given.load(Ordering::Relaxed) >= before + commands).await;
    }

    /// What was acknowledged.
    async fn end(self) -> Acknowledged {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

fn load(node: &Node, name: &str, worlds: usize) -> Load {
    let (stop, given) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (service, stopped, count) = (node.service.clone(), Arc::clone(&stop), Arc::clone(&given));
    let name = name.to_owned();
    let task = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        while !stopped.load(Ordering::Relaxed) {
            let n = count.load(Ordering::Relaxed);
            let world = world(n % worlds);
            let options = json!({ "to": PlayerId::from_bits(2), "gold": 1 });
            let sent = request(&world, 1, &format!("{name}-{n}"), "Give", &options);
            let id = sent.id.to_string();
            let receipt = done(service.command(sent).await.unwrap());
            assert!(!receipt.repeated || receipt.outcome == schemas::Outcome::Accepted);
            acknowledged.push((world, id, receipt.commit));
            count.fetch_add(1, Ordering::Relaxed);
        }
        acknowledged
    });
    Load { stop, given, task }
}

async fn on_the_record_once(store: &MemoryStore, acknowledged: &[(WorldId, String, CommitNo)]) {
    for (world, id, commit) in acknowledged {
        let found = store.find_command(world, &CommandId::new(id).unwrap()).await.unwrap();
        assert_eq!(found, [*commit], "{world} {id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_leaves_hands_its_worlds_over_without_a_failed_command() {
    const WORLDS: usize = 6;
    let Some(stage) = Stage::new("") else { return };
    let (a, mut b) = tokio::join!(stage.node("a", true), stage.node("b", true));
    let api = stage.api(2).await;
    for n in 0..WORLDS {
        done(stage.open(&api, &world(n), &format!("s{n}")).await);
        for who in [1, 2] {
            api.settle(&world(n), who).await;
        }
    }
    let before = b.service.held().borrow().len();
    assert!(before > 0);
    let loads = [load(&api, "api", WORLDS), load(&a, "a", WORLDS)];
    loads[0].more(50).await;
    b.cluster.take().unwrap().leave().await;
    b.service.stop().await;
    assert!((0..WORLDS).all(|n| a.service.holds(&world(n))), "not all are taken");
    // And back: it takes its share, under the same load.
    loads[0].more(50).await;
    let b = stage.node("b", true).await;
    until("b has its share again", || b.service.held().borrow().len() == before).await;
    loads[0].more(50).await;
    for load in loads {
        on_the_record_once(&stage.store, &load.end().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worlds_of_a_node_that_dies_are_taken_over() {
    const WORLDS: usize = 4;
    let Some(mut stage) = Stage::new("") else { return };
    // The one that is taken for dead does not find out by itself, but when it writes.
    stage.lease_ms = 600_000;
    let (a, mut b) = tokio::join!(stage.node("a", true), stage.node("b", true));
    for n in 0..WORLDS {
        done(stage.open(&a, &world(n), &format!("s{n}")).await);
        for who in [1, 2] {
            a.settle(&world(n), who).await;
        }
    }
    let given = load(&a, "a", WORLDS);
    given.more(50).await;
    let since = Instant::now();
    // It says nothing any more, but still thinks that it holds its worlds.
    drop(b.cluster.take());
    until("all are taken", || (0..WORLDS).all(|n| a.service.holds(&world(n)))).await;
    let took = since.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    given.more(50).await;
    on_the_record_once(&stage.store, &given.end().await).await;
    // The one that was taken for dead finds itself fenced off, and writes nothing.
    let stale = (0..WORLDS).map(world).find(|world| b.service.holds(world)).expect("a world of b's");
    let head = stage.store.head(&stale).await.unwrap();
    let options = json!({ "to": PlayerId::from_bits(2), "gold": 1 });
    let answer = b.service.unrouted().command(request(&stale, 1, "stale", "Give", &options)).await.unwrap();
    assert!(matches!(&answer, Answer::Refused(r) if r.code == "MOVED"), "{answer:?}");
    let after = stage.store.head(&stale).await.unwrap();
    assert_eq!(after.epoch, head.epoch);
    assert!(
        stage.store.find_command(&stale, &CommandId::new("http:1:stale").unwrap()).await.unwrap().is_empty()
    );
    assert!(!b.service.holds(&stale));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_bus_everybody_goes_on_with_what_is_theirs() {
    let Some(stage) = Stage::new("") else { return };
    let (a, b) = tokio::join!(stage.node("a", true), stage.node("b", true));
    for n in 0..6 {
        done(stage.open(&a, &world(n), &format!("s{n}")).await);
    }
    let before = [a.service.held().borrow().clone(), b.service.held().borrow().clone()];
    stage.nats.stop();
    for (n, node) in (0..6).map(|n| (n, [&a, &b][holder(&[&a, &b], &world(n)).unwrap()])) {
        node.settle(&world(n), 1).await;
    }
    let (since, mut tick) = (Instant::now(), tokio::time::interval(Duration::from_millis(50)));
    while since.elapsed() < Duration::from_secs(3) {
        tick.tick().await;
        assert_eq!(before, [a.service.held().borrow().clone(), b.service.held().borrow().clone()]);
    }
    stage.nats.start_again().unwrap();
    for n in 0..6 {
        let world = world(n);
        let (a, b) = tokio::join!(a.settle(&world, 1), b.settle(&world, 1));
        assert!(a.repeated && b.repeated);
    }
    assert_eq!(before, [a.service.held().borrow().clone(), b.service.held().borrow().clone()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_too_long_for_a_message_comes_in_parts() {
    let Some(stage) = Stage::new("max_payload: 8200") else { return };
    let (a, api) = (stage.node("a", true).await, stage.node("api", false).await);
    done(stage.open(&a, &world(0), "s0").await);
    for who in 1..900 {
        a.settle(&world(0), who).await;
    }
    let (here, there) = (a.ask(&world(0), Asked::State).await, api.ask(&world(0), Asked::State).await);
    let Answer::View(Ok(state), _) = &here else { panic!("{here:?}") };
    assert!(state.to_string().len() > 2 * 8200, "{} bytes fit into one message", state.to_string().len());
    assert_eq!(here, there);
}

/// A commit that the bus does not take is told by its number alone: who follows reads it in the log, in its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_too_long_for_the_bus_is_told_by_its_number() {
    let Some(stage) = Stage::new("max_payload: 8200") else { return };
    let (a, api) = (stage.node("a", true).await, stage.api(1).await);
    done(stage.open(&api, &world(0), "s0").await);
    for who in [1, 2] {
        a.settle(&world(0), who).await;
    }
    let mut heard = api.service.subscribe();
    let mut commits = Vec::new();
    for (key, blanks) in [("short", 0), ("long", 6_000), ("again", 0)] {
        let options = json!({ "to": PlayerId::from_bits(2), "gold": 1 });
        let mut sent = request(&world(0), 1, key, "Give", &options);
        // The record keeps what was sent byte for byte.
        sent.payload.extend(std::iter::repeat_n(b' ', blanks));
        commits.push(done(a.service.command(sent).await.unwrap()).commit);
    }
    let mut told = Vec::new();
    while told.len() < 3 {
        let news =
            tokio::time::timeout(Duration::from_secs(20), heard.recv()).await.expect("nothing is told");
        match news.unwrap() {
            News::Heard(published) if published.stored.commit >= commits[0] => {
                told.push((published.stored.commit, true));
            }
            // Beats say now and then where a world stands.
            News::Stands(_, commit)
                if commit >= commits[0] && told.iter().all(|(known, _)| *known < commit) =>
            {
                told.push((commit, false));
            }
            News::Heard(_) | News::Commit(_) | News::Stands(..) => {}
        }
    }
    assert_eq!(told, [(commits[0], true), (commits[1], false), (commits[2], true)]);
}

const USERS: &str = r#"
authorization {
  users = [
    { user: node, password: "g/d", permissions: { publish: ["annals.>", "_INBOX.>"], subscribe: ["annals.>", "_INBOX.>"] } }
    { user: half, password: "g/d", permissions: { publish: ["annals.>", "_INBOX.>"], subscribe: { deny: ["annals.*.*.command"] } } }
    { user: reader, password: "g/d", permissions: { publish: { deny: ">" }, subscribe: ["annals.world.*.commits"] } }
  ]
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_not_join_is_told_why() {
    let Some(stage) = Stage::new(USERS) else { return };
    let service = stage.service("n");
    let join = async |url: String, node: &str| {
        let config = ClusterConfig { url, ..stage.config(node, true) };
        Cluster::join(config, &service).await.err().map(|error| (error.code(), error.to_string()))
    };
    let good = stage.nats.url_for("node", "g%2Fd");
    for (url, node, code) in [
        (stage.nats.url_for("node", "wrong"), "n", "BUS_LOGIN_REFUSED"),
        (stage.nats.url(), "n", "BUS_LOGIN_REFUSED"),
        (stage.nats.url_for("reader", "g%2Fd"), "n", "BUS_NO_PERMISSION"),
        (stage.nats.url_for("half", "g%2Fd"), "n", "BUS_NO_PERMISSION"),
        ("nats://127.0.0.1:1".to_owned(), "n", "BUS_UNREACHABLE"),
        ("http://127.0.0.1".to_owned(), "n", "BUS_BAD_URL"),
        (good.clone(), "Node 1", "BAD_NODE_NAME"),
    ] {
        let (found, text) = join(url.clone(), node).await.expect("it joined");
        assert_eq!(found, code, "{text}");
        assert!(
            !text.contains("g%2Fd") && !text.contains("g/d") && !text.contains("wrong"),
            "a password is shown: {text}"
        );
        if code == "BUS_NO_PERMISSION" {
            assert!(text.contains("annals.world.-.command"), "{text}");
            assert_eq!(url.contains("half"), !text.contains("_INBOX.>,"), "{text}");
        }
    }
    let first = Cluster::join(ClusterConfig { url: good.clone(), ..stage.config("twin", true) }, &service)
        .await
        .unwrap();
    let twin = stage.service("twin");
    let second = Cluster::join(ClusterConfig { url: good, ..stage.config("twin", true) }, &twin).await;
    assert_eq!(second.err(), Some(BusError::NameTaken { node: "twin".to_owned() }));
    let undisturbed = tokio::time::timeout(Duration::from_secs(1), first.name_taken()).await;
    assert!(undisturbed.is_err(), "the older one gave way");
}
