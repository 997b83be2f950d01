//! Taking worlds over, loading them, standing down.

use std::collections::VecDeque;

use games_registry::Status;
use schemas::{Cause, Rejection, WallTime, WorldId};

use crate::breaker::Use;
use crate::faults::Plant;
use crate::image::Image;
use crate::io::{Answer, LoadError, Loaded, Output, Request};
use crate::kernel::Kernel;
use crate::limits::LOAD_RETRY_MS;
use crate::slot::{Phase, Waiting};

impl Kernel {
    pub(crate) fn begin_load(&mut self, world: &WorldId, out: &mut Vec<Output>) {
        self.loads += 1;
        let token = self.loads;
        if let Some(slot) = self.slots.get_mut(world) {
            let waiting = slot.take_waiters();
            slot.waiting = VecDeque::from(waiting);
            slot.world = None;
            slot.phase = Phase::Loading { token, retry_at: None };
            out.push(Output::Load(world.clone(), token));
        }
    }

    /// Reads a world anew after a pause of so many ms; what comes in until then waits.
    pub(crate) fn load_later(
        &mut self,
        now: WallTime,
        world: &WorldId,
        pause_ms: i64,
        out: &mut Vec<Output>,
    ) {
        self.loads += 1;
        let token = self.loads;
        let Some(slot) = self.slots.get_mut(world) else { return };
        let retry = now.plus_ms(pause_ms);
        slot.waiting = VecDeque::from(slot.take_waiters());
        slot.world = None;
        slot.phase = Phase::Loading { token, retry_at: Some(retry) };
        out.push(Output::WakeAt(retry));
    }

    pub(crate) fn loaded(
        &mut self,
        now: WallTime,
        world: &WorldId,
        token: u64,
        result: Result<Box<Loaded>, LoadError>,
        out: &mut Vec<Output>,
    ) {
        let keep_epoch = self.planted(Plant::EpochNotRaised);
        let Some(slot) = self.slots.get_mut(world) else { return };
        if slot.phase != (Phase::Loading { token, retry_at: None }) {
            return;
        }
        let loaded = match result {
            Ok(loaded) => *loaded,
            Err(LoadError::Unavailable(problem)) => {
                let retry = now.plus_ms(LOAD_RETRY_MS);
                slot.phase = Phase::Loading { token, retry_at: Some(retry) };
                self.used_log(now, Use::Read, Err(&problem));
                self.log_away(now, world, out);
                out.push(Output::WakeAt(retry));
                return;
            }
            Err(LoadError::Poison(problem)) => return self.halt(world, problem, out),
        };
        self.breakers.went_well(Use::Read);
        let stale = self.config.stale_ms > 0;
        slot.durable = loaded.head;
        slot.epoch =
            if keep_epoch && loaded.world.is_some() { loaded.head.epoch } else { loaded.head.epoch.next() };
        slot.index = loaded.index;
        slot.live = loaded.live;
        slot.world = loaded.world;
        slot.last_durable = None;
        slot.snapshot_at = loaded.head.commit;
        slot.confirmed = now;
        slot.away_since = None;
        slot.image = match (&slot.world, loaded.image) {
            (Some(world), Some(bytes)) if stale => Some(Image::of(world.game(), bytes)),
            (None, _) if stale => Some(Image::empty()),
            (Some(_) | None, _) => None,
        };
        slot.limiter.recall(loaded.violations.into_iter());
        if let Some(loaded) = &slot.world {
            slot.secret = self.opener.open(world, &loaded.host().sealed_secret);
            if slot.secret.is_none() {
                let problem = "this server's key does not open the season secret".to_owned();
                return self.halt(world, problem, out);
            }
        }
        slot.phase = Phase::Ready;
        let has_world = slot.world.is_some();
        let rewinding = slot.world.as_ref().is_some_and(|w| matches!(w.host().status, Status::Rewinding(_)));
        slot.rewinding = false;
        let waiting = std::mem::take(&mut slot.waiting);
        if has_world && !self.planted(Plant::NoOwnershipAfterUnknown) {
            let node = self.config.node.clone();
            self.decide_own(now, world, Cause::Ownership { node: node.into() }, out);
        }
        if rewinding {
            self.decide_own(now, world, Cause::RewindEnd, out);
        }
        if self.planted(Plant::DropWaiting) {
            return;
        }
        let blind = self.planted(Plant::RetryBlindly);
        for waiting in waiting {
            match waiting {
                Waiting::Command(request) => self.request(now, request, blind, out),
                Waiting::Question(question) => self.question(now, question, out),
            }
        }
        self.wake(now, world, out);
    }

    pub(crate) fn halt(&mut self, world: &WorldId, problem: String, out: &mut Vec<Output>) {
        let Some(slot) = self.slots.get_mut(world) else { return };
        let waiting = slot.take_waiters();
        slot.world = None;
        slot.phase = Phase::Halted(problem.clone());
        for waiting in waiting {
            out.push(refuse_waiting(&waiting, Rejection::new("WORLD_HALTED")));
        }
        out.push(Output::Alarm(world.clone(), problem));
    }

    /// Another node owns the world.
    pub(crate) fn stand_down(&mut self, world: &WorldId, out: &mut Vec<Output>) {
        if self.let_go(world, out) {
            out.push(Output::StoodDown(world.clone()));
        }
    }

    /// Another node is to own the world.
    pub(crate) fn release(&mut self, world: &WorldId, out: &mut Vec<Output>) {
        if self.let_go(world, out) {
            out.push(Output::Released(world.clone()));
        }
    }

    /// Whether it was held.
    fn let_go(&mut self, world: &WorldId, out: &mut Vec<Output>) -> bool {
        let Some(mut slot) = self.slots.remove(world) else { return false };
        for waiting in slot.take_waiters() {
            out.push(refuse_waiting(&waiting, Rejection::new("MOVED")));
        }
        true
    }
}

pub(crate) fn refuse(request: Box<Request>, rejection: Rejection, out: &mut Vec<Output>) {
    out.push(Output::Reply(request.ticket, Answer::Refused(rejection.clone())));
    // What is asked again elsewhere is nobody's refusal.
    if rejection.code != "MOVED" {
        out.push(Output::Refused(request, rejection));
    }
}

pub(crate) fn refuse_waiting(waiting: &Waiting, rejection: Rejection) -> Output {
    let ticket = match waiting {
        Waiting::Command(request) => request.ticket,
        Waiting::Question(question) => question.ticket,
    };
    Output::Reply(ticket, Answer::Refused(rejection))
}
