//! Makes commits that go on from each other, for tests.

use schemas::{
    Actor, Cause, CommandId, Commit, CommitHeader, CommitNo, Epoch, EventHeader, Facts, GameTime, Outcome,
    StoredCommit, WallTime, WorldId,
};

use crate::{AppendError, EventStore, Head, WorldBatch};

/// A world by name.
#[must_use]
pub fn world(name: &str) -> WorldId {
    WorldId::new(name).unwrap()
}

/// Appends one batch and returns its ending.
pub async fn append_one<S: EventStore>(store: &S, batch: WorldBatch) -> Result<CommitNo, AppendError> {
    let endings = store.append(vec![batch]).await;
    assert_eq!(endings.len(), 1, "one batch, one ending");
    endings.into_iter().next().unwrap()
}

/// What a commit is to be.
#[derive(Debug, Clone, Default)]
pub struct Spec {
    /// The command that causes it; without one a timer-like cause.
    pub command: Option<String>,
    /// How many events it has.
    pub events: usize,
    /// Bytes of each event's payload.
    pub bytes: usize,
    /// Where it rewinds to.
    pub rewinds_to: Option<u64>,
}

impl Spec {
    /// A command with one small event.
    #[must_use]
    pub fn command(id: &str) -> Self {
        Self { command: Some(id.to_owned()), events: 1, bytes: 20, rewinds_to: None }
    }

    /// Some events without a command.
    #[must_use]
    pub fn events(events: usize) -> Self {
        Self { events, bytes: 20, ..Self::default() }
    }

    /// A rewind by an operator's command.
    #[must_use]
    pub fn rewind(id: &str, to: u64) -> Self {
        Self { rewinds_to: Some(to), ..Self::command(id) }
    }
}

/// Writes one world: knows where its own line of commits ends, whether or not they were appended.
#[derive(Debug, Clone)]
pub struct Scribe {
    /// The world.
    pub world: WorldId,
    /// Where the next commit goes on.
    pub head: Head,
}

impl Scribe {
    /// A writer at the beginning of a world, with epoch 1.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { world: world(name), head: Head { epoch: Epoch::new(1), ..Head::default() } }
    }

    /// The next commit.
    pub fn commit(&mut self, spec: &Spec) -> StoredCommit {
        let cause = match &spec.command {
            Some(id) => Cause::Command {
                id: CommandId::new(id).unwrap(),
                actor: Actor::Operator("op".to_owned()),
                channel: "cli".into(),
                kind: "Test".into(),
                version: 1,
                facts: Facts::default(),
            },
            None => Cause::Ownership { node: "n1".into() },
        };
        let number = self.head.commit.next();
        let mut event_bytes = Vec::with_capacity(spec.events * spec.bytes);
        for event in 0..spec.events * spec.bytes {
            event_bytes.push(b'a' + ((number.get() + event as u64) % 26) as u8);
        }
        let header = CommitHeader {
            world: self.world.clone(),
            commit: number,
            first: self.head.position.next(),
            epoch: self.head.epoch,
            game_ms: GameTime::from_ms(number.get().cast_signed() * 1000),
            wall_ms: WallTime::from_ms(1_772_409_600_000 + number.get().cast_signed()),
            cause,
            payload_len: 0,
            outcome: Outcome::Accepted,
            events: (0..spec.events)
                .map(|_| EventHeader { kind: "Tested".into(), version: 1, len: spec.bytes as u32 })
                .collect(),
            allocations: vec![],
            replaces: None,
            rewinds_to: spec.rewinds_to.map(CommitNo::new),
            rules: "0011223344556677".into(),
        };
        let stored = Commit { header, payload: vec![], event_bytes }.seal(self.head.hash).unwrap();
        self.head =
            Head { commit: number, position: stored.last(), hash: stored.hash, epoch: self.head.epoch };
        stored
    }

    /// A batch of the next commits.
    pub fn batch(&mut self, specs: &[Spec]) -> WorldBatch {
        let (expected, epoch) = (self.head.commit, self.head.epoch);
        let commits = specs.iter().map(|spec| self.commit(spec)).collect();
        WorldBatch { world: self.world.clone(), expected, epoch, commits }
    }

    /// A batch of `count` commits, each with a command and two events.
    pub fn many(&mut self, count: usize) -> WorldBatch {
        let first = self.head.commit.get() + 1;
        let specs: Vec<Spec> = (first..first + count as u64)
            .map(|n| Spec { events: 2, ..Spec::command(&format!("t:p:{n}")) })
            .collect();
        self.batch(&specs)
    }

    /// A batch that goes on from `head` instead, without moving this writer.
    #[must_use]
    pub fn batch_from(&self, head: Head, specs: &[Spec]) -> WorldBatch {
        Self { world: self.world.clone(), head }.batch(specs)
    }
}
