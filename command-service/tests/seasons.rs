//! One season at a time on a server: reserved before it opens, released when it is over or could not be opened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::sync::Arc;

use command_service::opening::{Opener, Opening, open};
use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, Fault, MemoryStore};
use kernel::{Answer, Request};
use schemas::{Actor, CommandId, CommitNo, Facts, Outcome, ServerId, WallTime, WorldId};
use serde_json::json;
use vault::ServerKeys;

const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

struct Stage {
    _dir: tempfile::TempDir,
    keys: ServerKeys,
    store: Arc<MemoryStore>,
    service: Service,
    clock: Clock,
}

fn start(store: &Arc<MemoryStore>, keys: &ServerKeys, clock: &Clock, alone: bool) -> Service {
    let config = ServiceConfig {
        node: "n1".to_owned(),
        lease_ms: if alone { None } else { Some(5_000) },
        commands: true,
        clustered: false,
        snapshot_commits: 0,
        rate_limits: false,
        signing: None,
        checkpoints: None,
    };
    Service::start(config, Arc::clone(store), keys.clone(), clock.clone()).unwrap()
}

impl Stage {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = ServerKeys::load_or_create(dir.path()).unwrap();
        let store = Arc::new(MemoryStore::default());
        let clock = Clock::manual(NOW);
        let service = start(&store, &keys, &clock, true);
        Self { _dir: dir, keys, store, service, clock }
    }

    async fn restart(&mut self, alone: bool) {
        self.service.stop().await;
        self.service = start(&self.store, &self.keys, &self.clock, alone);
        for head in self.store.worlds().await.unwrap() {
            if !head.world.is_reserved() {
                self.service.adopt(head.world).await.unwrap();
            }
        }
    }

    /// Opens a season of the example game; the code of the refusal where it is refused.
    async fn open(&self, name: &str, server: &str) -> Result<(), String> {
        let (world, server) = (world(name), ServerId::new(server).unwrap());
        let opening = Opening {
            world: &world,
            server: &server,
            game: "harbour",
            config: serde_json::Value::Null,
            rules: None,
            secret: None,
            game_time: None,
            now: self.clock.now(),
        };
        let id = format!("cli:op:{name}-{}", self.store.appends());
        let opener = Opener {
            id: CommandId::new(&id).unwrap(),
            actor: Actor::Operator("op".to_owned()),
            channel: "cli".to_owned(),
            facts: Facts::admin(),
        };
        code(open(&self.service, &self.keys, &opening, opener).await.unwrap())
    }

    async fn close(&self, name: &str) -> Result<(), String> {
        let request = Request {
            ticket: 0,
            world: world(name),
            id: CommandId::new(&format!("cli:op:close-{name}")).unwrap(),
            actor: Actor::Operator("op".to_owned()),
            channel: "cli".to_owned(),
            kind: "WorldClose".to_owned(),
            payload: json!({ "reason": "test" }).to_string().into_bytes(),
            facts: Facts::admin(),
        };
        code(self.service.command(request).await.unwrap())
    }

    /// What stands in a server's stream.
    async fn stream(&self, server: &str) -> Vec<String> {
        let stream = ServerId::new(server).unwrap().stream();
        let found = self.store.read(&stream, CommitNo::ZERO, 100).await.unwrap();
        let mut events = Vec::new();
        for stored in found {
            for event in stored.open().unwrap().events() {
                let payload: serde_json::Value = serde_json::from_slice(event.payload).unwrap();
                events.push(format!("{} {}", event.kind, payload["world"].as_str().unwrap()));
            }
        }
        events
    }
}

fn world(name: &str) -> WorldId {
    WorldId::new(name).unwrap()
}

fn code(answer: Answer) -> Result<(), String> {
    match answer {
        Answer::Done(receipt) => match receipt.outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Rejected(rejection) => Err(rejection.code.to_string()),
        },
        Answer::Refused(rejection) => Err(rejection.code.to_string()),
        Answer::View(..) => panic!("a command was answered as a question"),
    }
}

fn refused(code: &str) -> Result<(), String> {
    Err(code.to_owned())
}

#[tokio::test]
async fn a_second_season_waits_for_the_end_of_the_first() {
    let stage = Stage::new();
    assert_eq!(stage.open("first", "local").await, Ok(()));
    assert_eq!(stage.open("second", "local").await, refused("SEASON_RUNS"));
    assert_eq!(stage.open("second", "elsewhere").await, Ok(()), "another server is free");
    assert_eq!(stage.open("first", "local").await, refused("WORLD_EXISTS"));
    assert_eq!(stage.close("first").await, Ok(()));
    assert_eq!(stage.open("third", "local").await, Ok(()));
    stage.service.stop().await;
    let expected = ["SeasonReserved first", "SeasonReleased first", "SeasonReserved third"];
    assert_eq!(stage.stream("local").await, expected);
}

#[tokio::test]
async fn of_many_that_open_at_once_one_does() {
    let stage = Stage::new();
    let names: Vec<String> = (0..8).map(|n| format!("w{n}")).collect();
    let (a, b, c, d) = tokio::join!(
        stage.open(&names[0], "local"),
        stage.open(&names[1], "local"),
        stage.open(&names[2], "local"),
        stage.open(&names[3], "local"),
    );
    let opened = [a, b, c, d].into_iter().filter(Result::is_ok).count();
    assert_eq!(opened, 1);
    stage.service.stop().await;
    let seasons = stage.store.worlds().await.unwrap().into_iter().filter(|w| !w.world.is_reserved()).count();
    assert_eq!(seasons, 1);
    assert_eq!(stage.stream("local").await.len(), 1);
}

#[tokio::test]
async fn an_opening_that_fails_releases_its_server() {
    let stage = Stage::new();
    // The first append reserves, the second opens the world.
    stage.store.inject(2, Fault::FailBeforeCommit);
    assert_eq!(stage.open("first", "local").await, refused("STORE_UNAVAILABLE"));
    assert_eq!(stage.stream("local").await, ["SeasonReserved first", "SeasonReleased first"]);
    assert_eq!(stage.open("second", "local").await, Ok(()));
}

#[tokio::test]
async fn a_reservation_whose_outcome_is_unknown_is_looked_up() {
    for fault in [Fault::CommitThenUnknown, Fault::LostThenUnknown] {
        let stage = Stage::new();
        stage.store.inject(1, fault);
        assert_eq!(stage.open("first", "local").await, Ok(()), "{fault:?}");
        assert_eq!(stage.stream("local").await, ["SeasonReserved first"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_restart_releases_what_was_reserved_and_never_opened_and_keeps_what_runs() {
    let mut stage = Stage::new();
    assert_eq!(stage.open("runs", "local").await, Ok(()));
    // A crash between reservation and opening: both appends after the reservation find the disk gone.
    stage.store.inject(2, Fault::Unavailable);
    assert_eq!(stage.open("lost", "other").await, refused("STORE_UNAVAILABLE"));
    stage.store.recover();
    assert_eq!(stage.stream("other").await, ["SeasonReserved lost"]);
    stage.restart(true).await;
    stage.service.stop().await;
    assert_eq!(stage.stream("other").await, ["SeasonReserved lost", "SeasonReleased lost"]);
    assert_eq!(stage.stream("local").await, ["SeasonReserved runs"]);
}

#[tokio::test]
async fn among_several_nodes_a_fresh_reservation_is_left_to_whoever_made_it() {
    let mut stage = Stage::new();
    stage.store.inject(2, Fault::Unavailable);
    assert_eq!(stage.open("lost", "local").await, refused("STORE_UNAVAILABLE"));
    stage.store.recover();
    stage.restart(false).await;
    assert_eq!(stage.open("second", "local").await, refused("SEASON_RUNS"), "its opening may be under way");
    stage.clock.advance_to(NOW.plus_ms(60_001));
    assert_eq!(stage.open("second", "local").await, Ok(()));
}

#[tokio::test]
async fn a_season_from_before_there_were_servers_holds_its_server() {
    let stage = Stage::new();
    assert_eq!(stage.open("old", "local").await, Ok(()));
    stage.service.stop().await;
    // The same record without the server's stream.
    let store = Arc::new(MemoryStore::default());
    let commits = stage.store.read(&world("old"), CommitNo::ZERO, 100).await.unwrap();
    let batch = event_store::WorldBatch {
        world: world("old"),
        expected: CommitNo::ZERO,
        epoch: commits[0].epoch,
        commits: commits.into_iter().filter(|c| c.commit == CommitNo::new(1)).collect(),
    };
    store.append(vec![batch]).await.pop().unwrap().unwrap();
    let mut stage = Stage { store, ..stage };
    stage.restart(true).await;
    assert_eq!(stage.open("new", "local").await, refused("SEASON_RUNS"));
    assert_eq!(stage.close("old").await, Ok(()));
    assert_eq!(stage.open("new", "local").await, Ok(()));
}

#[tokio::test]
async fn names_of_the_hosts_own_streams_and_players_open_nothing() {
    let stage = Stage::new();
    for name in ["host:n1", "server:local"] {
        assert_eq!(stage.open(name, "local").await, refused("INVALID_OPTION"));
    }
    let request = Request {
        ticket: 0,
        world: world("mine"),
        id: CommandId::new("http:p:1").unwrap(),
        actor: Actor::Player(schemas::PlayerId::from_bits(1)),
        channel: "http".to_owned(),
        kind: "WorldOpen".to_owned(),
        payload: b"{}".to_vec(),
        facts: Facts::default(),
    };
    assert!(code(stage.service.command(request).await.unwrap()).is_err());
    assert_eq!(stage.stream("local").await, Vec::<String>::new());
}
