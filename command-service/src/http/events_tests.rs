//! A follower against a service over a log in memory.

use std::sync::Arc;

use event_store::{EventStore, MemoryStore};
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use schemas::{Actor, CommandId, CommitNo, Facts, PlayerId, ServerId, WallTime, WorldId};
use serde_json::json;
use vault::ServerKeys;

use super::*;
use crate::Clock;
use crate::opening::{Opener, Opening, open};
use crate::service::{Service, ServiceConfig};

pub(in crate::http) const NOW: WallTime = WallTime::from_ms(1_772_409_600_000);

pub(in crate::http) struct Stage {
    _dir: tempfile::TempDir,
    pub(in crate::http) keys: ServerKeys,
    pub(in crate::http) vault: Arc<Vault>,
    pub(in crate::http) store: Arc<MemoryStore>,
    pub(in crate::http) service: Service,
    pub(in crate::http) world: WorldId,
}

pub(in crate::http) fn player(n: u64) -> PlayerId {
    PlayerId::from_bits(n)
}

impl Stage {
    pub(in crate::http) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = ServerKeys::load_or_create(dir.path()).unwrap();
        let vault = Arc::new(Vault::open(dir.path().join("vault.db"), &keys).await.unwrap());
        let store = Arc::new(MemoryStore::default());
        let config = ServiceConfig {
            node: "n1".to_owned(),
            lease_ms: None,
            commands: true,
            clustered: false,
            snapshot_commits: 7,
            rate_limits: false,
            signing: None,
            checkpoints: None,
        };
        let clock = Clock::manual(NOW);
        let service = Service::start(config, Arc::clone(&store), keys.clone(), clock).unwrap();
        let world = WorldId::new("harbour").unwrap();
        let opening = Opening {
            world: &world,
            server: &ServerId::local(),
            game: "harbour",
            config: serde_json::Value::Null,
            rules: Some("start_gold = 1000000\n".to_owned()),
            secret: None,
            game_time: None,
            now: NOW,
        };
        let opener = Opener {
            id: CommandId::new("cli:op:open").unwrap(),
            actor: Actor::Operator("op".to_owned()),
            channel: "cli".to_owned(),
            facts: Facts::admin(),
        };
        open(&service, &keys, &opening, opener).await.unwrap();
        Self { _dir: dir, keys, vault, store, service, world }
    }

    async fn give(&self, actor: Actor, key: &str, kind: &str, options: serde_json::Value) -> CommitNo {
        let facts = if actor.player().is_none() { Facts::admin() } else { Facts::default() };
        let request = Request {
            ticket: 0,
            world: self.world.clone(),
            id: CommandId::new(&format!("http:{actor}:{key}")).unwrap(),
            actor,
            channel: "http".to_owned(),
            kind: kind.to_owned(),
            payload: options.to_string().into_bytes(),
            facts,
        };
        match self.service.command(request).await.unwrap() {
            Answer::Done(receipt) => receipt.commit,
            other @ (Answer::View(..) | Answer::Refused(_)) => panic!("{other:?}"),
        }
    }

    pub(in crate::http) async fn play(
        &self,
        who: u64,
        key: &str,
        kind: &str,
        options: serde_json::Value,
    ) -> CommitNo {
        self.give(Actor::Player(player(who)), key, kind, options).await
    }

    async fn rewind_to(&self, commit: CommitNo) {
        let head = self.store.head(&self.world).await.unwrap();
        let to = self.store.read(&self.world, commit.prev(), 1).await.unwrap().pop().unwrap();
        let rewind = json!({
            "to": commit, "to_position": to.last(), "to_game_ms": to.open().unwrap().header.game_ms,
            "plan_digest": "00", "planned_on": head.position, "reason": "test", "proposer": "op",
        });
        self.give(Actor::Operator("op".to_owned()), &format!("rewind-{commit}"), "WorldRewind", rewind).await;
        // Carried out when a question is answered again.
        let status = || Question {
            ticket: 0,
            world: self.world.clone(),
            actor: Actor::System,
            facts: Facts::default(),
            what: Asked::Status,
        };
        while let Answer::Refused(rejection) = self.service.ask(status()).await.unwrap() {
            assert_eq!(rejection.code, "WORLD_REWINDING");
            tokio::task::yield_now().await;
        }
    }

    /// A follower who has everything up to a position, with what it is told.
    async fn follower(&self, who: Option<u64>, after: Option<u64>) -> ReceiverStream<Vec<EventView>> {
        let live = self.service.subscribe();
        let history = self.service.history();
        let cursor = begin(&*history, &self.world, after.map(Position::new)).await.unwrap();
        let (out, events) = mpsc::channel(WAITING_MAX);
        let world = self.world.clone();
        let vault = Arc::clone(&self.vault);
        let follower = Follower { history, vault, world, player: who.map(player), cursor, out };
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            follower.run(live, stopping).await;
            drop(stop);
        });
        ReceiverStream::new(events)
    }
}

/// Everything up to the event at `last`.
async fn until(stream: &mut ReceiverStream<Vec<EventView>>, last: u64) -> Vec<(u64, String)> {
    let mut told = Vec::new();
    while told.last().is_none_or(|(position, _)| *position < last) {
        told.extend(stream.next().await.unwrap().into_iter().map(|event| (event.position, event.kind)));
    }
    told
}

#[tokio::test]
async fn a_reader_that_can_not_keep_up_is_told_everything_once() {
    let stage = Stage::new().await;
    let mut slow = stage.follower(Some(1), None).await;
    stage.play(1, "settle", "Settle", json!({})).await;
    stage.play(2, "settle", "Settle", json!({})).await;
    // More than the service keeps for subscribers, while nobody reads.
    for n in 0..5_000 {
        stage.play(1 + n % 2, &format!("{n}"), "Sail", json!({ "gold": 1 })).await;
    }
    let last = stage.play(1, "last", "Sail", json!({ "gold": 1 })).await;
    let head = stage.store.head(&stage.world).await.unwrap();
    assert_eq!(head.commit, last);
    let told = until(&mut slow, head.position.get()).await;
    let mut anew = stage.follower(Some(1), Some(1)).await;
    assert_eq!(told, until(&mut anew, head.position.get()).await);
    assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0), "an event was told twice or out of order");
    assert_eq!(told.iter().filter(|(_, kind)| kind == "ShipSailed").count(), 2_501, "only one's own ships");
}

#[tokio::test]
async fn a_rewind_is_told_when_it_is_carried_out_and_what_it_made_void_is_not_told_later() {
    let stage = Stage::new().await;
    stage.play(1, "settle", "Settle", json!({})).await;
    let kept = stage.play(1, "1", "Sail", json!({ "gold": 1 })).await;
    let position = stage.store.head(&stage.world).await.unwrap().position.get();
    let mut live = stage.follower(Some(1), None).await;
    stage.play(1, "2", "Sail", json!({ "gold": 2 })).await;
    assert_eq!(until(&mut live, position + 1).await, [(position + 1, "ShipSailed".to_owned())]);
    stage.rewind_to(kept).await;
    stage.play(1, "3", "Sail", json!({ "gold": 3 })).await;
    let end = stage.store.head(&stage.world).await.unwrap().position.get();
    let told = until(&mut live, end).await;
    let kinds: Vec<&str> = told.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["WorldRewound", "DiceRenewed", "RewindCompleted", "ShipSailed"]);
    // Who was away is not told of the ship that never sailed, wherever they left off.
    for left_off in [position, position + 1] {
        let mut back = stage.follower(Some(1), Some(left_off)).await;
        assert_eq!(until(&mut back, end).await, told, "{left_off}");
    }
}

#[tokio::test]
async fn nothing_of_a_rewind_is_told_before_its_end_is_on_the_record() {
    let stage = Stage::new().await;
    stage.play(1, "settle", "Settle", json!({})).await;
    let kept = stage.play(1, "1", "Sail", json!({ "gold": 1 })).await;
    stage.play(1, "2", "Sail", json!({ "gold": 2 })).await;
    stage.rewind_to(kept).await;
    stage.play(1, "3", "Sail", json!({ "gold": 3 })).await;
    stage.service.stop().await;
    // The same record, cut off at each commit of the rewind, as a crash would leave it.
    let all = stage.store.read(&stage.world, CommitNo::ZERO, 100).await.unwrap();
    let at = all.iter().position(|commit| commit.rewinds_to.is_some()).unwrap();
    let ends = all.iter().position(crate::history::ends_rewind).unwrap();
    for cut in at..=ends {
        let store = Arc::new(MemoryStore::default());
        for stored in &all[..=cut] {
            let batch = event_store::WorldBatch {
                world: stage.world.clone(),
                expected: stored.commit.prev(),
                epoch: stored.epoch,
                commits: vec![stored.clone()],
            };
            store.append(vec![batch]).await.pop().unwrap().unwrap();
        }
        let history = crate::history::StoreHistory(Arc::downgrade(&store));
        let mut cursor = history.cursor(&stage.world, Position::new(2)).await.unwrap();
        let told: Vec<Published> = history.next(&stage.world, &mut cursor).await.unwrap();
        let rewound = told.iter().any(|published| published.stored.rewinds_to.is_some());
        assert_eq!(rewound, cut == ends, "cut off after commit {}", cut + 1);
    }
}
