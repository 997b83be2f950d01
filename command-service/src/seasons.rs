//! Which season runs on a server: reserve, open, close, release.
//!
//! Two streams take part, the server's and the world's, and nothing spans both. So the server is reserved first and
//! released last, and whoever finds a reservation looks at its world before believing it: a world that is over or was
//! never opened holds no server.

use std::sync::Arc;

use event_store::{AppendError, EventStore, Head, ReadError, SnapshotStore, WorldBatch};
use games_registry::Status;
use kernel::Request;
use kernel::io::LoadError;
use schemas::codec::{DecodeError, Recorded};
use schemas::server::{
    SeasonRelease, SeasonReleased, SeasonReserve, SeasonReserved, ServerCommand, ServerEvent,
};
use schemas::{
    Actor, Cause, Commit, CommitHeader, CommitNo, EventHeader, Facts, GameTime, Outcome, Rejection, ServerId,
    StoredCommit, WallTime, WorldId,
};

use crate::clock::Clock;
use crate::load::{load_world, opening_of};
use crate::servers::{Server, ServerError, read};

/// How often an append is tried anew when somebody else was faster.
const TRIES: u32 = 16;
/// A reservation of another node without a world is taken for abandoned when it is older than this, in ms.
const OPENING_MS_MAX: i64 = 60_000;

/// On whose behalf a server's stream is written.
#[derive(Debug, Clone)]
pub(crate) struct Behalf {
    id: String,
    actor: Actor,
    channel: String,
}

impl Behalf {
    /// Of whoever sent a request.
    pub(crate) fn of(request: &Request) -> Self {
        Self { id: request.id.to_string(), actor: request.actor.clone(), channel: request.channel.clone() }
    }

    /// Of the host itself.
    fn host(node: &str) -> Self {
        Self { id: format!("host:{node}"), actor: Actor::System, channel: "host".to_owned() }
    }
}

/// Why a server could not be reserved or released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SeasonError {
    /// Another season runs there.
    #[error("{world} runs on {server}")]
    Runs {
        /// Where.
        server: ServerId,
        /// Which.
        world: WorldId,
    },
    /// The log can not be read or written at present.
    #[error("{0}")]
    Unavailable(String),
    /// The server's stream holds something else than it should.
    #[error("{0}")]
    Broken(String),
}

impl SeasonError {
    /// As the one who asks is told.
    pub(crate) fn rejection(&self) -> Rejection {
        match self {
            Self::Runs { server, world } => {
                Rejection::new("SEASON_RUNS").with("server", server.as_str()).with("world", world.as_str())
            }
            Self::Unavailable(_) => Rejection::new("STORE_UNAVAILABLE"),
            Self::Broken(problem) => Rejection::new("INTERNAL_ERROR").with("problem", problem.as_str()),
        }
    }
}

impl From<ServerError> for SeasonError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Unavailable(problem) => Self::Unavailable(problem),
            ServerError::Broken(problem) => Self::Broken(problem),
        }
    }
}

impl From<ReadError> for SeasonError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(problem) => Self::Unavailable(problem),
            ReadError::Broken { .. } => Self::Broken(error.to_string()),
        }
    }
}

impl From<DecodeError> for SeasonError {
    fn from(error: DecodeError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// What a world is, seen from the server that is reserved for it.
enum Standing {
    NeverOpened,
    Runs,
    Over,
}

/// Reserves and releases servers. One opening at a time in a process: see [`Seasons::turn`].
pub(crate) struct Seasons<S> {
    store: Arc<S>,
    node: String,
    clock: Clock,
    /// Nobody else writes this log, so that a reservation without a world is nobody's any more.
    alone: bool,
    /// Held from the reservation to the answer: a reservation whose world is just being opened must not be taken for an
    /// abandoned one.
    turn: tokio::sync::Mutex<()>,
}

impl<S: EventStore + SnapshotStore> Seasons<S> {
    pub(crate) fn new(store: Arc<S>, node: &str, clock: Clock, alone: bool) -> Self {
        Self { store, node: node.to_owned(), clock, alone, turn: tokio::sync::Mutex::new(()) }
    }

    /// Waits until nobody else in this process opens or releases.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Reserves a server for a world. Nothing to do where it is reserved for that world already.
    pub(crate) async fn reserve(
        &self,
        server: &ServerId,
        world: &WorldId,
        behalf: &Behalf,
    ) -> Result<(), SeasonError> {
        for _ in 0..TRIES {
            let found = read(&*self.store, server).await?;
            let event = match &found.held {
                Some((held, _)) if held == world => return Ok(()),
                Some((held, since)) => match self.standing(held).await? {
                    Standing::Over => released(held),
                    Standing::NeverOpened if self.is_abandoned(*since) => released(held),
                    Standing::NeverOpened | Standing::Runs => {
                        return Err(SeasonError::Runs { server: server.clone(), world: held.clone() });
                    }
                },
                None => reserved(match found.head.commit {
                    // A log from before there were servers may hold a running season.
                    CommitNo::ZERO => self.running_on(server).await?.unwrap_or_else(|| world.clone()),
                    _ => world.clone(),
                }),
            };
            self.append(server, &found, event, behalf).await?;
        }
        Err(SeasonError::Unavailable(format!(
            "{server} is reserved and released by somebody else all the time"
        )))
    }

    /// Releases a server whose season is over or was never opened. That `failed` was not opened is known.
    pub(crate) async fn settle(
        &self,
        server: &ServerId,
        failed: Option<&WorldId>,
        behalf: &Behalf,
    ) -> Result<(), SeasonError> {
        for _ in 0..TRIES {
            let found = read(&*self.store, server).await?;
            let Some((held, since)) = &found.held else { return Ok(()) };
            match self.standing(held).await? {
                Standing::Over => {}
                Standing::NeverOpened if failed == Some(held) || self.is_abandoned(*since) => {}
                Standing::NeverOpened | Standing::Runs => return Ok(()),
            }
            self.append(server, &found, released(held), behalf).await?;
        }
        Ok(())
    }

    /// Ends what a crash left half done: reservations whose world was never opened.
    pub(crate) async fn settle_all(&self) -> Result<(), SeasonError> {
        for stream in self.store.worlds().await? {
            if let Some(server) = ServerId::of_stream(&stream.world)
                && let Some((held, since)) = read(&*self.store, &server).await?.held
                && self.store.head(&held).await?.commit == CommitNo::ZERO
                && self.is_abandoned(since)
            {
                tracing::warn!(%server, world = %held, "was reserved, but never opened: released");
                self.settle(&server, None, &Behalf::host(&self.node)).await?;
            }
        }
        Ok(())
    }

    /// Releases the server of a world that has just ended.
    pub(crate) async fn ended(&self, world: &WorldId) -> Result<(), SeasonError> {
        let Some(opened) = opening_of(&*self.store, world).await? else { return Ok(()) };
        self.settle(&opened.server, None, &Behalf::host(&self.node)).await
    }

    fn is_abandoned(&self, since: WallTime) -> bool {
        self.alone || self.clock.now().since(since) > OPENING_MS_MAX
    }

    async fn standing(&self, world: &WorldId) -> Result<Standing, SeasonError> {
        match load_world(&*self.store, world).await {
            Ok(None) => Ok(Standing::NeverOpened),
            Ok(Some(world)) if matches!(world.host().status, Status::Ended(_)) => Ok(Standing::Over),
            // A world that can not be folded waits for an operator, and keeps its server until then.
            Ok(Some(_)) | Err(LoadError::Poison(_)) => Ok(Standing::Runs),
            Err(LoadError::Unavailable(problem)) => Err(SeasonError::Unavailable(problem)),
        }
    }

    /// The first season that runs on a server, by the worlds' own opening events.
    async fn running_on(&self, server: &ServerId) -> Result<Option<WorldId>, SeasonError> {
        for found in self.store.worlds().await? {
            if !found.world.is_reserved()
                && opening_of(&*self.store, &found.world).await?.is_some_and(|o| o.server == *server)
                && matches!(self.standing(&found.world).await?, Standing::Runs)
            {
                return Ok(Some(found.world));
            }
        }
        Ok(None)
    }

    /// Appends one event. That somebody else was faster is no error: the caller reads again and looks anew, as it does
    /// when the outcome is unknown.
    async fn append(
        &self,
        server: &ServerId,
        found: &Server,
        (command, event): (ServerCommand, ServerEvent),
        behalf: &Behalf,
    ) -> Result<(), SeasonError> {
        let commit = self.commit(server, &found.head, &command, &event, behalf)?;
        let batch = WorldBatch {
            world: server.stream(),
            expected: found.head.commit,
            epoch: commit.epoch,
            commits: vec![commit],
        };
        match self.store.append(vec![batch]).await.pop() {
            Some(Err(AppendError::Unavailable(problem))) => Err(SeasonError::Unavailable(problem)),
            Some(
                Ok(_)
                | Err(
                    AppendError::WrongExpectedVersion { .. }
                    | AppendError::Fenced { .. }
                    | AppendError::OutcomeUnknown(_),
                ),
            )
            | None => Ok(()),
        }
    }

    fn commit(
        &self,
        server: &ServerId,
        head: &Head,
        command: &ServerCommand,
        event: &ServerEvent,
        behalf: &Behalf,
    ) -> Result<StoredCommit, SeasonError> {
        let now = self.clock.now();
        let number = head.commit.next();
        // One opening writes several commits here, and each id stands once: the number keeps them apart.
        let id = schemas::CommandId::new(&format!("{}#{number}", behalf.id))
            .or_else(|_| schemas::CommandId::new(&format!("host:{}#{number}", self.node)))
            .map_err(|e| SeasonError::Broken(e.to_string()))?;
        let (mut payload, mut event_bytes) = (Vec::new(), Vec::new());
        command.encode(&mut payload)?;
        event.encode(&mut event_bytes)?;
        let header = CommitHeader {
            world: server.stream(),
            commit: number,
            first: head.position.next(),
            // Nobody owns this stream: the expected version alone guards it.
            epoch: if head.commit == CommitNo::ZERO { head.epoch.next() } else { head.epoch },
            game_ms: GameTime::from_ms(now.ms()),
            wall_ms: now,
            cause: Cause::Command {
                id,
                actor: behalf.actor.clone(),
                channel: behalf.channel.clone().into(),
                kind: command.kind().into(),
                version: command.version(),
                facts: Facts::default(),
            },
            payload_len: payload.len() as u32,
            outcome: Outcome::Accepted,
            events: vec![EventHeader {
                kind: event.kind().into(),
                version: event.version(),
                len: event_bytes.len() as u32,
            }],
            allocations: Vec::new(),
            replaces: None,
            rewinds_to: None,
            rules: "".into(),
        };
        let commit = Commit { header, payload, event_bytes };
        commit.seal(head.hash).map_err(|e| SeasonError::Broken(e.to_string()))
    }
}

fn reserved(world: WorldId) -> (ServerCommand, ServerEvent) {
    (SeasonReserve { world: world.clone() }.into(), SeasonReserved { world }.into())
}

fn released(world: &WorldId) -> (ServerCommand, ServerEvent) {
    let world = world.clone();
    (SeasonRelease { world: world.clone() }.into(), SeasonReleased { world }.into())
}
