//! Writes logs: decides with the real world, seals, appends to a store in memory.

use event_store::{EventStore, Head, MemoryStore, WorldBatch};
use games_core::{Game, Secret};
use games_registry::{Ask, GameFace, World, face};
use schemas::codec::Recorded;
use schemas::host::{HostEvent, WorldOpen, WorldOpened, WorldRewind, WorldRulesChanged};
use schemas::{
    Actor, Cause, CommandId, Commit, CommitHeader, CommitNo, Epoch, EventHeader, Facts, GameTime, LiveLine,
    Outcome, PlayerId, Position, StoredCommit, WallTime, WorldId,
};

use super::game::{self, Realm};

pub const START_MS: i64 = 1_772_409_600_000;

pub struct Scribe {
    pub store: MemoryStore,
    pub id: WorldId,
    pub world: Box<dyn World>,
    pub log: Vec<StoredCommit>,
    pub now: i64,
    /// Commits that are not appended yet: appended by [`Scribe::append`].
    pub pending: Vec<StoredCommit>,
    ids: u64,
    secret: Secret,
}

pub fn player(n: u64) -> PlayerId {
    PlayerId::from_bits(n)
}

fn opened(game: &str, rules: &str) -> WorldOpened {
    WorldOpened {
        game: game.to_owned(),
        config: serde_json::Value::Null,
        rules: rules.to_owned(),
        rules_digest: "00".to_owned(),
        secret_commitment: String::new(),
        sealed_secret: String::new(),
        server_key: String::new(),
        offset_ms: 0,
        server: schemas::ServerId::local(),
    }
}

impl Scribe {
    /// A world of Realm, opened, its first commit pending.
    pub fn new(id: &WorldId) -> Self {
        Self::of(id, face::<Realm>(), Realm::RULES)
    }

    pub fn of(id: &WorldId, game: &'static dyn GameFace, rules: &str) -> Self {
        let opened = opened(game.name(), rules);
        let mut scribe = Self {
            store: MemoryStore::default(),
            id: id.clone(),
            world: game.create(id, &opened).unwrap(),
            log: Vec::new(),
            now: START_MS,
            pending: Vec::new(),
            ids: 0,
            secret: Secret::new([7; 32]),
        };
        let payload = serde_json::to_vec(&WorldOpen { opened }).unwrap();
        assert!(scribe.command_of(Actor::Operator("op".into()), "WorldOpen", payload));
        scribe
    }

    pub fn head(&self) -> CommitNo {
        self.log.last().map_or(CommitNo::ZERO, |c| c.commit)
    }

    fn last(&self) -> Position {
        self.log.last().map_or(Position::ZERO, StoredCommit::last)
    }

    fn put(&mut self, header: CommitHeader, payload: Vec<u8>, event_bytes: Vec<u8>) -> StoredCommit {
        let prev = self.log.last().map(|c| c.hash).unwrap_or_default();
        let stored = Commit { header, payload, event_bytes }.seal(prev).unwrap();
        self.log.push(stored.clone());
        self.pending.push(stored.clone());
        stored
    }

    /// Decides and writes; answers whether it was accepted.
    fn decide(&mut self, cause: Cause, payload: Vec<u8>, game: GameTime) -> bool {
        let first = self.last().next();
        let commit = self.head().next();
        let ask = Ask {
            cause: &cause,
            payload: &payload,
            now: game,
            wall: WallTime::from_ms(self.now),
            secret: &self.secret,
            draws: None,
        };
        let decided = self.world.decide(&ask).unwrap();
        let accepted = decided.outcome == Outcome::Accepted;
        let header = CommitHeader {
            world: self.id.clone(),
            commit,
            first,
            epoch: Epoch::new(1),
            game_ms: decided.game,
            wall_ms: WallTime::from_ms(self.now),
            cause,
            payload_len: payload.len() as u32,
            outcome: decided.outcome,
            events: decided.events,
            allocations: decided.allocations,
            replaces: None,
            rewinds_to: decided.rewinds_to,
            rules: "00".into(),
        };
        let stored = self.put(header, payload, decided.event_bytes);
        self.world.sealed(&stored);
        if decided.rewinds_to.is_some() {
            self.reload();
        }
        accepted
    }

    fn command_cause(&mut self, actor: Actor, kind: &str) -> Cause {
        self.ids += 1;
        Cause::Command {
            id: CommandId::new(&format!("terminal:{actor}:{}", self.ids)).unwrap(),
            actor,
            channel: "terminal".into(),
            kind: kind.to_owned().into(),
            version: 1,
            facts: Facts::default(),
        }
    }

    pub fn command_of(&mut self, actor: Actor, kind: &str, payload: Vec<u8>) -> bool {
        let cause = self.command_cause(actor, kind);
        let game = self.world.clock(WallTime::from_ms(self.now));
        self.decide(cause, payload, game)
    }

    pub fn command(&mut self, n: u64, command: impl Into<game::Command>) -> bool {
        let command = command.into();
        let mut payload = Vec::new();
        command.encode(&mut payload).unwrap();
        self.command_of(Actor::Player(player(n)), command.kind(), payload)
    }

    /// Lets time pass and every timer fire that is due by then.
    pub fn pass(&mut self, ms: i64) {
        self.now += ms;
        let now = self.world.clock(WallTime::from_ms(self.now));
        while let Some(cause @ Cause::Timer { due, .. }) = self.world.next_timer() {
            if due > now {
                break;
            }
            self.decide(cause, Vec::new(), due);
        }
    }

    /// Takes the world back; the rewind stays open until [`Scribe::complete`].
    pub fn rewind(&mut self, to: CommitNo) -> bool {
        let target = &self.log[to.get() as usize - 1];
        let command = WorldRewind {
            to,
            to_position: target.last(),
            to_game_ms: target.open().unwrap().header.game_ms,
            plan_digest: String::new(),
            planned_on: self.last(),
            reason: "a test".to_owned(),
            proposer: "op".to_owned(),
            approver: None,
        };
        let payload = serde_json::to_vec(&command).unwrap();
        self.command_of(Actor::Operator("op".into()), "WorldRewind", payload)
    }

    pub fn complete(&mut self) {
        let game = self.world.clock(WallTime::from_ms(self.now));
        self.decide(Cause::RewindEnd, Vec::new(), game);
    }

    /// Writes events as they stand, as a surgical rewind does with what it has decided anew, or a host with new rules.
    pub fn forge(&mut self, actor: Actor, events: &[game::Event], host: &[HostEvent]) {
        let mut event_bytes = Vec::new();
        let mut headers = Vec::new();
        let mut add = |kind: &'static str, version, encode: &dyn Fn(&mut Vec<u8>)| {
            let start = event_bytes.len();
            encode(&mut event_bytes);
            headers.push(EventHeader { kind: kind.into(), version, len: (event_bytes.len() - start) as u32 });
        };
        for event in events {
            add(event.kind(), event.version(), &|out| event.encode(out).unwrap());
        }
        for event in host {
            add(event.kind(), event.version(), &|out| event.encode(out).unwrap());
        }
        let cause = self.command_cause(actor, "Forged");
        let header = CommitHeader {
            world: self.id.clone(),
            commit: self.head().next(),
            first: self.last().next(),
            epoch: Epoch::new(1),
            game_ms: self.world.clock(WallTime::from_ms(self.now)),
            wall_ms: WallTime::from_ms(self.now),
            cause,
            payload_len: 0,
            outcome: Outcome::Accepted,
            events: headers,
            allocations: Vec::new(),
            replaces: None,
            rewinds_to: None,
            rules: "00".into(),
        };
        let stored = self.put(header, Vec::new(), event_bytes);
        self.world.apply(&stored, &stored.open().unwrap(), None).unwrap();
    }

    pub fn change_rules(&mut self, rules: &str) {
        let changed = WorldRulesChanged {
            rules: rules.to_owned(),
            rules_digest: "11".to_owned(),
            reason: String::new(),
        };
        self.forge(Actor::Operator("op".into()), &[], &[HostEvent::WorldRulesChanged(changed)]);
    }

    /// Folds the live line anew.
    fn reload(&mut self) {
        let rewinds =
            self.log.iter().filter_map(|c| c.rewinds_to.map(|to| schemas::live::Rewind { at: c.commit, to }));
        let live = LiveLine::new(rewinds.collect());
        let game = self.world.game();
        let first = self.log[0].open().unwrap();
        let event = first.events().next().unwrap();
        let HostEvent::WorldOpened(opened) =
            HostEvent::decode(event.kind, event.version, event.payload).unwrap()
        else {
            panic!("the first commit opens no world")
        };
        let mut world = game.create(&self.id, &opened).unwrap();
        for stored in &self.log {
            if live.is_live(stored.commit) {
                world.apply(stored, &stored.open().unwrap(), None).unwrap();
            } else {
                world.passed(stored);
            }
        }
        self.world = world;
    }

    /// Appends up to `most` of the pending commits.
    pub async fn append(&mut self, most: usize) {
        let most = most.min(self.pending.len());
        let rest = self.pending.split_off(most);
        let commits = std::mem::replace(&mut self.pending, rest);
        for commits in commits.chunks(256) {
            let head: Head = self.store.head(&self.id).await.unwrap();
            let batch = WorldBatch {
                world: self.id.clone(),
                expected: head.commit,
                epoch: Epoch::new(1),
                commits: commits.to_vec(),
            };
            self.store.append(vec![batch]).await.remove(0).unwrap();
        }
    }

    pub async fn append_all(&mut self) {
        self.append(usize::MAX).await;
    }
}
