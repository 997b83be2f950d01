//! The way of a command: known or new, through the gate, into its world.

use games_registry::{Status, World};
use schemas::codec::Recorded;
use schemas::commit::EventRef;
use schemas::host::HostCommand;
use schemas::{Cause, GameTime, Rejection, StoredCommit, WallTime};

use crate::faults::Plant;
use crate::gate;
use crate::io::{Answer, Output, Receipt, Request, Seen, Ticket};
use crate::kernel::Kernel;
use crate::limits::WAITING_MAX;
use crate::loading::refuse;
use crate::passing::Asking;
use crate::slot::{Phase, Waiter, Waiting};

impl Kernel {
    pub(crate) fn request(
        &mut self,
        now: WallTime,
        request: Box<Request>,
        blind: bool,
        out: &mut Vec<Output>,
    ) {
        let world = request.world.clone();
        let not_held = self.not_held();
        let Some(slot) = self.slots.get_mut(&world) else {
            return refuse(request, Rejection::new(not_held), out);
        };
        match &slot.phase {
            Phase::Halted(_) => return refuse(request, Rejection::new("WORLD_HALTED"), out),
            Phase::Loading { .. } if slot.rewinding => {
                return refuse(request, Rejection::new("WORLD_REWINDING"), out);
            }
            Phase::Loading { .. } if slot.waiting.len() >= WAITING_MAX => {
                return refuse(request, Rejection::new("BUSY"), out);
            }
            Phase::Loading { .. } => return slot.waiting.push_back(Waiting::Command(request)),
            Phase::Ready => {}
        }
        if !blind && self.plant != Some(Plant::NoDedupe) {
            match self.repeated(request, out) {
                None => return,
                Some(fresh) => return self.fresh(now, fresh, out),
            }
        }
        self.fresh(now, request, out);
    }

    /// Answers a command that is known; hands a new one back.
    pub(crate) fn repeated(&mut self, request: Box<Request>, out: &mut Vec<Output>) -> Option<Box<Request>> {
        let slot = self.slots.get_mut(&request.world)?;
        let Some(commits) = slot.index.get(&request.id.index_key()) else { return Some(request) };
        let durable = slot.durable.commit;
        let newest = commits.last().copied()?;
        if newest > durable
            && let Some(pending) = slot.pending(newest)
            && pending.stored.command.as_ref() == Some(&request.id)
        {
            let first = pending.waiters.iter().find_map(|waiter| match waiter {
                Waiter::Command(other, receipt) if other.id == request.id => Some((other, receipt)),
                Waiter::Command(..) | Waiter::View(..) => None,
            });
            if let Some((other, receipt)) = first {
                if other.kind != request.kind || other.payload != request.payload {
                    refuse(request, Rejection::new("ID_REUSED"), out);
                    return None;
                }
                let receipt = Box::new(Receipt { repeated: true, ..Receipt::clone(receipt) });
                pending.waiters.push(Waiter::Command(request, receipt));
                return None;
            }
        }
        out.push(Output::Lookup(request.ticket, request.world.clone(), request.id.clone()));
        self.lookups.insert(request.ticket, request);
        None
    }

    pub(crate) fn found(
        &mut self,
        now: WallTime,
        ticket: Ticket,
        found: Result<Vec<StoredCommit>, String>,
        out: &mut Vec<Output>,
    ) {
        let Some(request) = self.lookups.remove(&ticket) else { return };
        let Ok(commits) = found else {
            return refuse(request, Rejection::new("STORE_UNAVAILABLE"), out);
        };
        let ready = self.slots.get(&request.world).filter(|slot| slot.phase == Phase::Ready);
        let Some(slot) = ready else {
            // Let go or read anew meanwhile: which of these commits are live is known only after that.
            return self.request(now, request, false, out);
        };
        if commits.is_empty() {
            // Another id with the same index key: this one is new.
            return self.fresh(now, request, out);
        }
        let live = &slot.live;
        let Some(stored) = commits.iter().rev().find(|stored| live.is_live(stored.commit)) else {
            return refuse(request, Rejection::new("VOIDED"), out);
        };
        match recorded_answer(&request, stored, slot.world.as_deref()) {
            Ok(receipt) => out.push(Output::Reply(ticket, Answer::Done(Box::new(receipt)))),
            Err(rejection) => refuse(request, rejection, out),
        }
    }

    /// Decides a command that has not been decided before.
    pub(crate) fn fresh(&mut self, now: WallTime, request: Box<Request>, out: &mut Vec<Output>) {
        let rate_limits = self.config.rate_limits;
        let world_id = request.world.clone();
        let not_held = self.not_held();
        let Some(slot) = self.slots.get_mut(&world_id) else {
            return refuse(request, Rejection::new(not_held), out);
        };
        let game = slot.world.as_deref().map(World::game);
        let version = match gate::shape(&request, game) {
            Ok(version) => version,
            Err(rejection) => return refuse(request, rejection, out),
        };
        if slot.world.is_none() {
            return self.open_world(now, request, version, out);
        }
        if slot.rewinding {
            return refuse(request, Rejection::new("WORLD_REWINDING"), out);
        }
        let clock = self.clock(now, &world_id);
        let Some(slot) = self.slots.get_mut(&world_id) else { return };
        let Some(world) = slot.world.as_deref() else { return };
        if matches!(world.host().status, Status::Ended(_)) {
            return refuse(request, Rejection::new("WORLD_ENDED"), out);
        }
        if rate_limits
            && let Some(command) = gate::command_of(world.game().tree(), &request.kind)
            && let Err(stopped) = Asking::by_command(&request, world.game()).pass(
                &mut slot.limiter,
                &mut slot.threats,
                command,
                now,
            )
        {
            return stopped.tell(request, out);
        }
        if let Err(rejection) = gate::authorise(&request, slot.world.as_deref()) {
            return refuse(request, rejection, out);
        }
        if slot.gathering.len() >= WAITING_MAX {
            return refuse(request, Rejection::new("BUSY"), out);
        }
        // A rewind discards what a timer would do now; letting timers fire first would only make its plan stale.
        let fires = request.kind != "WorldRewind" && !self.planted(Plant::SkipDueTimers);
        if fires && !self.fire(now, clock, &world_id, out) {
            return self.request(now, request, false, out);
        }
        let cause = command_cause(&request, version);
        let decided = match self.decide(now, clock, &world_id, &cause, &request.payload) {
            Ok(decided) => decided,
            Err(problem) => {
                refuse(request, Rejection::new("INTERNAL_ERROR"), out);
                out.push(Output::Alarm(world_id.clone(), problem));
                return self.begin_load(&world_id, out);
            }
        };
        self.put(now, &world_id, cause, Some(request), decided, out);
    }

    /// The one command that a world without a record takes.
    pub(crate) fn open_world(
        &mut self,
        now: WallTime,
        request: Box<Request>,
        version: u16,
        out: &mut Vec<Output>,
    ) {
        if let Err(rejection) = gate::authorise(&request, None) {
            return refuse(request, rejection, out);
        }
        let opened = match HostCommand::decode(&request.kind, version, &request.payload) {
            Ok(HostCommand::WorldOpen(open)) => open.opened,
            Ok(
                HostCommand::WorldPause(_)
                | HostCommand::WorldResume(_)
                | HostCommand::WorldClose(_)
                | HostCommand::WorldRewind(_)
                | HostCommand::TutorialClaim(_),
            )
            | Err(_) => return refuse(request, Rejection::new("NO_WORLD"), out),
        };
        let Some(game) = games_registry::find(&opened.game) else {
            return refuse(request, Rejection::new("UNKNOWN_GAME").with("game", &*opened.game), out);
        };
        if let Err(rejection) = game.check_opening(&opened.rules, &opened.config) {
            return refuse(request, rejection, out);
        }
        let world_id = request.world.clone();
        let secret = self.opener.open(&world_id, &opened.sealed_secret);
        let created = game.create(&world_id, &opened);
        let (Some(secret), Ok(world)) = (secret, created) else {
            return refuse(request, Rejection::new("BAD_SECRET"), out);
        };
        let clock = GameTime::from_ms(now.ms() - opened.offset_ms);
        if let Some(slot) = self.slots.get_mut(&world_id) {
            slot.world = Some(world);
            slot.secret = Some(secret);
        }
        let cause = command_cause(&request, version);
        match self.decide(now, clock, &world_id, &cause, &request.payload) {
            Ok(decided) => self.put(now, &world_id, cause, Some(request), decided, out),
            Err(problem) => {
                refuse(request, Rejection::new("INTERNAL_ERROR"), out);
                out.push(Output::Alarm(world_id.clone(), problem));
                self.begin_load(&world_id, out);
            }
        }
    }
}

pub(crate) fn command_cause(request: &Request, version: u16) -> Cause {
    Cause::Command {
        id: request.id.clone(),
        actor: request.actor.clone(),
        channel: request.channel.clone().into(),
        kind: request.kind.clone().into(),
        version,
        facts: request.facts.clone(),
    }
}

/// The answer that a command got when it was decided, read from the record.
pub(crate) fn recorded_answer(
    request: &Request,
    stored: &StoredCommit,
    world: Option<&dyn World>,
) -> Result<Receipt, Rejection> {
    let open = stored.open().map_err(|e| Rejection::new("INTERNAL_ERROR").with("problem", e.to_string()))?;
    let same = match &open.header.cause {
        Cause::Command { kind, .. } => **kind == *request.kind && open.payload() == request.payload,
        Cause::Timer { .. } | Cause::Ownership { .. } | Cause::RewindEnd => false,
    };
    if !same {
        return Err(Rejection::new("ID_REUSED"));
    }
    let player = request.actor.player();
    let seen = |event: EventRef<'_>| {
        let audience = world?.audience(event.kind, event.version, event.payload).ok()?;
        Seen::by(player, &event, &audience)
    };
    let events = open.events().filter_map(seen).collect();
    Ok(Receipt {
        commit: stored.commit,
        first: stored.first,
        game: open.header.game_ms,
        outcome: open.header.outcome.clone(),
        events,
        repeated: true,
    })
}
