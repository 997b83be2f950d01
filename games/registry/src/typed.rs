//! The blanket implementation: any [`Game`] as a [`World`].

use std::sync::Arc;

use games_core::decision::{Decision, DecisionInput};
use games_core::game::{Asked, BattleReport, Moment};
use games_core::view::{Cell, RowKey};
use games_core::{Audience, Counters, Game};
use schemas::codec::{DecodeError, Recorded};
use schemas::commit::OpenCommit;
use schemas::host::{
    DiceRenewed, HostCommand, HostEvent, RewindCompleted, WorldClosed, WorldOpened, WorldPaused,
    WorldResumed, WorldRewind, WorldRewound, is_host_kind,
};
use schemas::{
    Actor, Allocation, Cause, CommitNo, EventHeader, Facts, GameTime, Hash, Outcome, PlayerId, Position,
    Rejection, StoredCommit, WorldId,
};
use serde::{Deserialize, Serialize};

use crate::face::{GameFace, face, read_config};
use crate::host::{Cursor, HostState, Status};
use crate::world::{Ask, DecideError, Decided, FoldError, Watch, World};

/// A world of one game.
pub struct TypedWorld<G: Game> {
    world: WorldId,
    cursor: Cursor,
    host: HostState,
    config: G::Config,
    rules: Arc<G::Rules>,
    state: G::State,
}

#[derive(Serialize)]
struct SnapshotOut<'a, S> {
    cursor: &'a Cursor,
    host: &'a HostState,
    state: &'a S,
}

#[derive(Deserialize)]
struct SnapshotIn<S> {
    cursor: Cursor,
    host: HostState,
    state: S,
}

/// Events of one decision while they are being put into bytes.
#[derive(Default)]
struct Encoded {
    headers: Vec<EventHeader>,
    bytes: Vec<u8>,
    audiences: Vec<Audience>,
}

impl Encoded {
    fn push<E: Recorded>(&mut self, event: &E, audience: Audience) -> Result<(), DecodeError> {
        let start = self.bytes.len();
        event.encode(&mut self.bytes)?;
        self.headers.push(EventHeader {
            kind: event.kind().into(),
            version: event.version(),
            len: (self.bytes.len() - start) as u32,
        });
        self.audiences.push(audience);
        Ok(())
    }
}

impl<G: Game> TypedWorld<G> {
    /// A world at its beginning.
    ///
    /// # Errors
    /// When rules or settings can not be read.
    pub fn create(world: WorldId, opened: &WorldOpened) -> Result<Self, FoldError> {
        let fail = |problem: String| FoldError { commit: CommitNo::new(1), problem };
        let rules = G::parse_rules(&opened.rules).map_err(|e| fail(e.to_string()))?;
        let config = read_config::<G>(&opened.config).map_err(fail)?;
        let state = G::genesis(&rules, &config, GameTime::default());
        let host = HostState {
            game: opened.game.clone(),
            config: opened.config.to_string(),
            rules: opened.rules.clone(),
            rules_digest: opened.rules_digest.clone(),
            secret_commitment: opened.secret_commitment.clone(),
            sealed_secret: opened.sealed_secret.clone(),
            revealed: None,
            server_key: opened.server_key.clone(),
            opened: GameTime::default(),
            status: Status::Open,
            counters: Counters::default(),
            generation: 0,
        };
        let cursor = Cursor { offset_ms: opened.offset_ms, ..Cursor::default() };
        Ok(Self { world, cursor, host, config, rules: Arc::new(rules), state })
    }

    /// A world from a snapshot.
    ///
    /// # Errors
    /// When the bytes are no snapshot of this game.
    pub fn restore(world: WorldId, bytes: &[u8]) -> Result<Self, FoldError> {
        let fail = |problem: String| FoldError { commit: CommitNo::ZERO, problem };
        let snapshot: SnapshotIn<G::State> =
            postcard::from_bytes(bytes).map_err(|e| fail(format!("snapshot: {e}")))?;
        let rules = G::parse_rules(&snapshot.host.rules).map_err(|e| fail(e.to_string()))?;
        let config = serde_json::from_str(&snapshot.host.config).map_err(|e| fail(e.to_string()))?;
        let config = read_config::<G>(&config).map_err(fail)?;
        Ok(Self {
            world,
            cursor: snapshot.cursor,
            host: snapshot.host,
            config,
            rules: Arc::new(rules),
            state: snapshot.state,
        })
    }

    /// The game's state.
    #[must_use]
    pub const fn state(&self) -> &G::State {
        &self.state
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &G::Rules {
        &self.rules
    }

    /// Folds one event of the host.
    fn evolve_host(&mut self, event: &HostEvent, now: GameTime) -> Result<(), String> {
        match event {
            HostEvent::WorldOpened(opened) => {
                self.host.opened = now;
                self.cursor.offset_ms = opened.offset_ms;
                self.state = G::genesis(&self.rules, &self.config, now);
            }
            HostEvent::WorldPaused(_) => self.host.status = Status::Paused(now),
            HostEvent::WorldResumed(resumed) => {
                self.host.status = Status::Open;
                self.cursor.offset_ms = resumed.offset_ms;
            }
            HostEvent::WorldClosed(closed) => {
                self.host.status = Status::Ended(now);
                self.host.revealed = Some(closed.secret.clone());
            }
            HostEvent::WorldRewound(rewound) => {
                self.host.status = Status::Rewinding(now);
                self.cursor.offset_ms = rewound.offset_ms;
                for (kind, &number) in &rewound.next_ids {
                    self.host.counters.raise(kind, number);
                }
            }
            HostEvent::DiceRenewed(renewed) => self.host.generation = renewed.generation,
            HostEvent::RewindCompleted(_) => self.host.status = Status::Open,
            HostEvent::WorldRulesChanged(changed) => {
                self.rules = Arc::new(G::parse_rules(&changed.rules).map_err(|e| e.to_string())?);
                self.host.rules.clone_from(&changed.rules);
                self.host.rules_digest.clone_from(&changed.rules_digest);
            }
        }
        Ok(())
    }

    /// Runs a part of the game's own rules and puts its events into bytes.
    fn run_game(
        &mut self,
        ask: &Ask<'_>,
        next: Position,
        encoded: &mut Encoded,
        act: impl FnOnce(&mut Decision<'_, G>),
    ) -> Result<Vec<Allocation>, DecodeError> {
        let cause = ask.cause.id_text(self.cursor.commit.next());
        let secret = ask.secret.generation(self.host.generation);
        let rules = Arc::clone(&self.rules);
        let mut decision = Decision::<G>::new(DecisionInput {
            rules: &rules,
            state: &mut self.state,
            secret: &secret,
            cause: &cause,
            now: ask.now,
            next,
            counters: &mut self.host.counters,
            known: None,
            draws: ask.draws.clone(),
        });
        act(&mut decision);
        let (events, allocations) = decision.finish();
        for event in &events {
            encoded.push(event, G::audience(&self.state, event))?;
        }
        Ok(allocations)
    }

    fn push_host(
        &mut self,
        event: impl Into<HostEvent>,
        now: GameTime,
        encoded: &mut Encoded,
    ) -> Result<(), DecideError> {
        let event = event.into();
        self.evolve_host(&event, now).map_err(|_| DecideError::Cause("rules can not be read"))?;
        encoded.push(&event, Audience::Everyone)?;
        Ok(())
    }

    /// The season's end reached by the game's own rules: the host closes the world in the same commit.
    fn close_if_ended(
        &mut self,
        ask: &Ask<'_>,
        reason: &str,
        encoded: &mut Encoded,
    ) -> Result<(), DecideError> {
        if !G::ended(&self.state) || matches!(self.host.status, Status::Ended(_)) {
            return Ok(());
        }
        let secret = Hash(*ask.secret.expose()).to_string();
        let closed = WorldClosed { secret, reason: reason.to_owned() };
        self.push_host(HostEvent::WorldClosed(closed), ask.now, encoded)
    }

    fn decide_game(
        &mut self,
        ask: &Ask<'_>,
        kind: &str,
        version: u16,
        actor: &Actor,
        facts: &Facts,
    ) -> Result<Decided, DecideError> {
        let refused = match self.host.status {
            Status::Open => None,
            Status::Paused(_) => Some("WORLD_PAUSED"),
            Status::Rewinding(_) => Some("WORLD_REWINDING"),
            Status::Ended(_) => Some("WORLD_ENDED"),
        };
        let command = G::read_command(kind, version, ask.payload)?;
        if let Some(code) = refused {
            return Ok(self.rejected(ask.now, Rejection::new(code)));
        }
        let asked = Asked { actor, facts, now: ask.now };
        match G::check(&self.rules, &self.state, command, &asked) {
            Err(rejection) => Ok(self.rejected(ask.now, rejection)),
            Ok(effect) => {
                let mut encoded = Encoded::default();
                let next = self.cursor.position.next();
                let allocations = self.run_game(ask, next, &mut encoded, effect)?;
                self.close_if_ended(ask, "calendar", &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
        }
    }

    fn rejected(&mut self, now: GameTime, rejection: Rejection) -> Decided {
        self.cursor.commit = self.cursor.commit.next();
        self.cursor.game = self.cursor.game.max(now);
        Decided {
            outcome: Outcome::Rejected(rejection),
            events: Vec::new(),
            event_bytes: Vec::new(),
            audiences: Vec::new(),
            allocations: Vec::new(),
            rewinds_to: None,
            game: now,
        }
    }

    fn accepted(
        &mut self,
        now: GameTime,
        encoded: Encoded,
        allocations: Vec<Allocation>,
        rewinds_to: Option<CommitNo>,
    ) -> Decided {
        self.cursor.commit = self.cursor.commit.next();
        self.cursor.position = self.cursor.position.plus(encoded.headers.len() as u64);
        self.cursor.game = now;
        Decided {
            outcome: Outcome::Accepted,
            events: encoded.headers,
            event_bytes: encoded.bytes,
            audiences: encoded.audiences,
            allocations,
            rewinds_to,
            game: now,
        }
    }

    fn decide_host(
        &mut self,
        ask: &Ask<'_>,
        command: HostCommand,
        may: bool,
    ) -> Result<Decided, DecideError> {
        if !may {
            return Ok(self.rejected(ask.now, Rejection::new("NOT_ADMIN")));
        }
        let wrong_state = |status: Status| Rejection::new("WORLD_STATE").with("state", status.word());
        let mut encoded = Encoded::default();
        match command {
            HostCommand::WorldOpen(open) => {
                if self.cursor.commit != CommitNo::ZERO {
                    return Ok(self.rejected(ask.now, Rejection::new("WORLD_EXISTS").with("state", "open")));
                }
                self.push_host(open.opened, ask.now, &mut encoded)?;
                let allocations = self.run_game(ask, Position::new(2), &mut encoded, |d| G::open(d))?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
            HostCommand::WorldPause(pause) => {
                if self.host.status != Status::Open {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                }
                let paused = WorldPaused { reason: pause.reason };
                self.push_host(paused, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, Vec::new(), None))
            }
            HostCommand::WorldResume(_) => {
                let Status::Paused(since) = self.host.status else {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                };
                let offset_ms = ask.wall.ms() - ask.now.ms();
                let paused_ms = (ask.wall.ms() - self.cursor.offset_ms - since.ms()).max(0);
                let resumed = WorldResumed { paused_ms, offset_ms };
                self.push_host(resumed, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, Vec::new(), None))
            }
            HostCommand::WorldClose(close) => {
                if matches!(self.host.status, Status::Ended(_) | Status::Rewinding(_)) {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                }
                let next = self.cursor.position.next();
                let allocations = self.run_game(ask, next, &mut encoded, |d| G::close(d))?;
                let secret = Hash(*ask.secret.expose()).to_string();
                let closed = WorldClosed { secret, reason: close.reason };
                self.push_host(closed, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
            HostCommand::WorldRewind(rewind) => self.decide_rewind(ask, &rewind),
        }
    }

    fn decide_rewind(&mut self, ask: &Ask<'_>, rewind: &WorldRewind) -> Result<Decided, DecideError> {
        if self.host.revealed.is_some() {
            return Ok(self.rejected(ask.now, Rejection::new("SECRET_REVEALED")));
        }
        if matches!(self.host.status, Status::Rewinding(_)) {
            return Ok(self.rejected(ask.now, Rejection::new("WORLD_REWINDING")));
        }
        if rewind.planned_on != self.cursor.position {
            let stale = Rejection::new("PLAN_STALE")
                .with("planned", rewind.planned_on.to_string())
                .with("now", self.cursor.position.to_string());
            return Ok(self.rejected(ask.now, stale));
        }
        if rewind.to >= self.cursor.commit || rewind.to == CommitNo::ZERO {
            return Ok(
                self.rejected(ask.now, Rejection::new("BAD_POINT").with("point", rewind.to.to_string()))
            );
        }
        // The world resumes at the point rewound to; its commit bears that game time.
        let resume_at = rewind.to_game_ms;
        let mut encoded = Encoded::default();
        let rewound = WorldRewound {
            to: rewind.to,
            to_position: rewind.to_position,
            plan_digest: rewind.plan_digest.clone(),
            planned_on: rewind.planned_on,
            next_ids: self.host.counters.highest().clone(),
            offset_ms: ask.wall.ms() - resume_at.ms(),
            reason: rewind.reason.clone(),
            proposer: rewind.proposer.clone(),
            approver: rewind.approver.clone(),
        };
        self.push_host(rewound, resume_at, &mut encoded)?;
        let generation = self.cursor.rewinds + 1;
        self.push_host(DiceRenewed { generation }, resume_at, &mut encoded)?;
        Ok(self.accepted(resume_at, encoded, Vec::new(), Some(rewind.to)))
    }

    fn decide_timer(&mut self, ask: &Ask<'_>, id: schemas::TimerId) -> Result<Decided, DecideError> {
        let Some(key) = G::timers(&self.state).find(id).cloned() else {
            return Err(DecideError::Cause("no such timer stands"));
        };
        G::timers_mut(&mut self.state).clear(&key);
        let mut encoded = Encoded::default();
        let next = self.cursor.position.next();
        let allocations = self.run_game(ask, next, &mut encoded, |d| G::fire(&key, d))?;
        self.close_if_ended(ask, "calendar", &mut encoded)?;
        Ok(self.accepted(ask.now, encoded, allocations, None))
    }

    fn move_cursor(&mut self, stored: &StoredCommit) {
        self.cursor.commit = stored.commit;
        self.cursor.position = stored.last();
        self.cursor.hash = stored.hash;
        self.cursor.epoch = stored.epoch;
        if stored.rewinds_to.is_some() {
            self.cursor.rewinds += 1;
        }
    }

    fn watch_event(&self, event: &G::Event, at: Moment<'_>, watch: &mut Watch) {
        let mut touched = Vec::new();
        G::touched(&self.state, event, &mut touched);
        watch.touched.extend(touched);
        let mut rows = Vec::new();
        G::history(&self.rules, &self.state, event, at, &mut rows);
        watch.history.extend(rows.into_iter().map(|row| (at.position, row)));
        let mut scored = Vec::new();
        G::scored(&self.state, event, &mut scored);
        watch.scored.extend(scored);
        let mut notices = Vec::new();
        G::notices(&self.rules, &self.state, event, &mut notices);
        watch.notices.extend(notices.into_iter().map(|notice| (at.position, notice)));
        let mut ledger = Vec::new();
        G::ledger(event, &mut ledger);
        watch.ledger.extend(ledger.into_iter().map(|(account, delta)| (at.position, account, delta)));
    }
}

impl<G: Game> World for TypedWorld<G> {
    fn game(&self) -> &'static dyn GameFace {
        face::<G>()
    }

    fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    fn host(&self) -> &HostState {
        &self.host
    }

    fn decide(&mut self, ask: &Ask<'_>) -> Result<Decided, DecideError> {
        match ask.cause {
            Cause::Command { actor, kind, version, facts, .. } if is_host_kind(kind) => {
                let command = HostCommand::decode(kind, *version, ask.payload)?;
                let may = facts.admin || matches!(actor, Actor::Operator(_) | Actor::System);
                self.decide_host(ask, command, may)
            }
            Cause::Command { actor, kind, version, facts, .. } => {
                self.decide_game(ask, kind, *version, actor, facts)
            }
            Cause::Timer { id, .. } => self.decide_timer(ask, *id),
            Cause::Ownership { .. } => Ok(self.accepted(ask.now, Encoded::default(), Vec::new(), None)),
            Cause::RewindEnd => {
                let Status::Rewinding(at) = self.host.status else {
                    return Err(DecideError::Cause("no rewind is under way"));
                };
                let mut encoded = Encoded::default();
                self.host.status = Status::Open;
                let completed = RewindCompleted { state_digest: self.digest() };
                self.push_host(completed, at, &mut encoded)?;
                Ok(self.accepted(at, encoded, Vec::new(), None))
            }
        }
    }

    fn sealed(&mut self, stored: &StoredCommit) {
        self.move_cursor(stored);
    }

    fn passed(&mut self, stored: &StoredCommit) {
        // A number once issued is never issued again, not even when what it named is void.
        if let Ok(header) = stored.read_header() {
            self.host.counters.fold(&header.allocations);
        }
        self.move_cursor(stored);
    }

    fn next_timer(&self) -> Option<Cause> {
        let due = G::timers(&self.state).next()?;
        let key = serde_json::to_string(&due.key).unwrap_or_default();
        Some(Cause::Timer { id: due.id, key: key.into(), due: due.due })
    }

    fn apply(
        &mut self,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
        mut watch: Option<&mut Watch>,
    ) -> Result<(), FoldError> {
        let fail = |problem: String| FoldError { commit: stored.commit, problem };
        let header = &open.header;
        if let Cause::Timer { id, .. } = &header.cause {
            let key = G::timers(&self.state)
                .find(*id)
                .cloned()
                .ok_or_else(|| fail(format!("timer {id} fires, but does not stand")))?;
            G::timers_mut(&mut self.state).clear(&key);
        }
        self.host.counters.fold(&header.allocations);
        let cause = header.cause.id_text(stored.commit);
        for event in open.events() {
            if is_host_kind(event.kind) {
                let event = HostEvent::decode(event.kind, event.version, event.payload)
                    .map_err(|e| fail(e.to_string()))?;
                self.evolve_host(&event, header.game_ms).map_err(fail)?;
                continue;
            }
            let position = event.position;
            let event =
                G::read_event(event.kind, event.version, event.payload).map_err(|e| fail(e.to_string()))?;
            let at = Moment { now: header.game_ms, cause: &cause, position };
            G::evolve(&self.rules, &mut self.state, &event, at);
            if let Some(watch) = watch.as_deref_mut() {
                self.watch_event(&event, at, watch);
            }
        }
        self.move_cursor(stored);
        self.cursor.game = header.game_ms;
        Ok(())
    }

    fn query(
        &self,
        kind: &str,
        options: &serde_json::Value,
        actor: &Actor,
        facts: &Facts,
        now: GameTime,
    ) -> Result<serde_json::Value, Rejection> {
        let mut query = serde_json::Map::new();
        query.insert("type".to_owned(), kind.into());
        if let Some(options) = options.as_object() {
            query.extend(options.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        let query = serde_json::from_value::<G::Query>(query.into())
            .map_err(|e| Rejection::new("INVALID_OPTION").with("option", kind).with("rule", e.to_string()))?;
        G::query(&self.rules, &self.state, query, &Asked { actor, facts, now })
    }

    fn audience(&self, kind: &str, version: u16, payload: &[u8]) -> Result<Audience, DecodeError> {
        if is_host_kind(kind) {
            return Ok(Audience::Everyone);
        }
        Ok(G::audience(&self.state, &G::read_event(kind, version, payload)?))
    }

    fn suggest(
        &self,
        path: &str,
        option: &str,
        typed: &str,
        actor: &Actor,
        now: GameTime,
    ) -> Vec<(String, String)> {
        let facts = Facts::default();
        let mut found =
            G::suggest(&self.rules, &self.state, path, option, typed, &Asked { actor, facts: &facts, now });
        found.truncate(25);
        found
    }

    fn refight(&self, inputs: &serde_json::Value) -> Result<BattleReport, String> {
        G::refight(&self.rules, inputs)
    }

    fn bot(&self, player: PlayerId, now: GameTime, rng: &mut games_core::Rng) -> Option<(String, Vec<u8>)> {
        let command = G::bot(&self.rules, &self.state, player, now, rng)?;
        let mut payload = Vec::new();
        command.encode(&mut payload).ok()?;
        Some((command.kind().to_owned(), payload))
    }

    fn digest(&self) -> Hash {
        let bytes = postcard::to_allocvec(&(&self.host, &self.state)).unwrap_or_default();
        Hash::of(&bytes)
    }

    fn snapshot(&self) -> Vec<u8> {
        let out = SnapshotOut { cursor: &self.cursor, host: &self.host, state: &self.state };
        postcard::to_allocvec(&out).unwrap_or_default()
    }

    fn state_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn replace_state(&mut self, state: &serde_json::Value) -> Result<(), FoldError> {
        let commit = self.cursor.commit;
        self.state = serde_json::from_value(state.clone())
            .map_err(|e| FoldError { commit, problem: e.to_string() })?;
        Ok(())
    }

    fn row(&self, key: &RowKey) -> Option<Vec<Cell>> {
        G::row(&self.rules, &self.state, key)
    }

    fn scores(&self, entity: u64) -> Vec<(usize, i64)> {
        G::scores(&self.rules, &self.state, entity)
    }

    fn holdings(&self) -> Vec<(&'static str, i64)> {
        G::holdings(&self.state)
    }

    fn timers(&self) -> usize {
        G::timers(&self.state).len()
    }

    fn fork(&self) -> Box<dyn World> {
        Box::new(Self {
            world: self.world.clone(),
            cursor: self.cursor,
            host: self.host.clone(),
            config: self.config.clone(),
            rules: Arc::clone(&self.rules),
            state: self.state.clone(),
        })
    }
}
