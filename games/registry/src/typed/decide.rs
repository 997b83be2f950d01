//! Deciding: the game's own rules run, their events put into bytes.

use std::sync::Arc;

use games_core::decision::{Decision, DecisionInput};
use games_core::duty::{Counted, Handed};
use games_core::game::Asked;
use games_core::{Audience, Game, HasTimers};
use schemas::codec::{DecodeError, Recorded};
use schemas::host::{HostCommand, HostEvent, RewindCompleted, WorldClosed, is_host_kind};
use schemas::{
    Actor, Allocation, Cause, CommitNo, EventHeader, Facts, GameTime, Hash, Outcome, Position, Rejection,
};

use super::TypedWorld;
use crate::host::Status;
use crate::world::{Ask, DecideError, Decided, World};

/// Events of one decision while they are being put into bytes.
#[derive(Default)]
pub(super) struct Encoded {
    headers: Vec<EventHeader>,
    bytes: Vec<u8>,
    audiences: Vec<Audience>,
    handed: Vec<Handed>,
    counted: Vec<Counted>,
}

impl Encoded {
    pub(super) fn push<E: Recorded>(&mut self, event: &E, audience: Audience) -> Result<(), DecodeError> {
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

/// Who may see an event of the host's.
pub(super) fn host_audience(event: &HostEvent) -> Audience {
    match event {
        HostEvent::WorldOpened(_)
        | HostEvent::WorldPaused(_)
        | HostEvent::WorldResumed(_)
        | HostEvent::WorldClosed(_)
        | HostEvent::WorldRewound(_)
        | HostEvent::DiceRenewed(_)
        | HostEvent::RewindCompleted(_)
        | HostEvent::WorldRulesChanged(_) => Audience::Everyone,
        HostEvent::TutorialRewarded(rewarded) => Audience::Only(vec![rewarded.player]),
    }
}

impl<G: Game> TypedWorld<G> {
    /// Decides whatever the cause is.
    pub(super) fn decide_cause(&mut self, ask: &Ask<'_>) -> Result<Decided, DecideError> {
        match ask.cause {
            Cause::Command { actor, kind, version, facts, .. } if is_host_kind(kind) => {
                let command = HostCommand::decode(kind, *version, ask.payload)?;
                if matches!(command, HostCommand::TutorialClaim(_)) {
                    return self.decide_tutorial(ask, actor);
                }
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

    /// Runs a part of the game's own rules and puts its events into bytes.
    pub(super) fn run_game(
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
            G::handed(&self.state, event, &mut encoded.handed);
            encoded.counted.extend(G::counted(event));
        }
        Ok(allocations)
    }

    pub(super) fn push_host(
        &mut self,
        event: impl Into<HostEvent>,
        now: GameTime,
        encoded: &mut Encoded,
    ) -> Result<(), DecideError> {
        let event = event.into();
        self.evolve_host(&event, now).map_err(|_| DecideError::Cause("rules can not be read"))?;
        encoded.push(&event, host_audience(&event))?;
        Ok(())
    }

    /// Why no player may do anything at present, if so.
    pub(super) fn closed(&self) -> Option<Rejection> {
        let code = match self.host.status {
            Status::Open => return None,
            Status::Paused(_) => "WORLD_PAUSED",
            Status::Rewinding(_) => "WORLD_REWINDING",
            Status::Ended(_) => "WORLD_ENDED",
        };
        Some(Rejection::new(code))
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
        let command = G::read_command(kind, version, ask.payload)?;
        if let Some(rejection) = self.closed() {
            return Ok(self.rejected(ask.now, rejection));
        }
        let asked = Asked { actor, facts, now: ask.now };
        match G::check(&self.rules, &self.state, command, &asked) {
            Err(rejection) => Ok(self.rejected(ask.now, rejection)),
            Ok(effect) => {
                let mut encoded = Encoded::default();
                let next = self.cursor.position.next();
                let allocations = self.run_game(ask, next, &mut encoded, effect)?;
                self.learn(actor, kind);
                self.close_if_ended(ask, "calendar", &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
        }
    }

    pub(super) fn rejected(&mut self, now: GameTime, rejection: Rejection) -> Decided {
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
            handed: Vec::new(),
            counted: Vec::new(),
        }
    }

    pub(super) fn accepted(
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
            handed: encoded.handed,
            counted: encoded.counted,
        }
    }

    fn decide_timer(&mut self, ask: &Ask<'_>, id: schemas::TimerId) -> Result<Decided, DecideError> {
        let Some(key) = self.state.timers().find(id).cloned() else {
            return Err(DecideError::Cause("no such timer stands"));
        };
        self.state.timers_mut().clear(&key);
        let mut encoded = Encoded::default();
        let next = self.cursor.position.next();
        let allocations = self.run_game(ask, next, &mut encoded, |d| G::fire(&key, d))?;
        self.close_if_ended(ask, "calendar", &mut encoded)?;
        Ok(self.accepted(ask.now, encoded, allocations, None))
    }
}
