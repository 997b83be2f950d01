//! Questions: answered from memory, once what they depend on is durable.

use event_store::Head;
use games_registry::World;
use schemas::{GameTime, Rejection, WallTime, WorldId};

use crate::breaker::Use;
use crate::faults::Plant;
use crate::gate;
use crate::io::{Answer, Asked, Output, Question};
use crate::kernel::Kernel;
use crate::limits::WAITING_MAX;
use crate::passing::{Asking, as_request};
use crate::slot::{Phase, Waiter, Waiting};
use crate::wishes::wishes;

impl Kernel {
    pub(crate) fn question(&mut self, now: WallTime, question: Box<Question>, out: &mut Vec<Output>) {
        let lease = self.config.lease_ms.filter(|_| !self.planted(Plant::AnswerWhenFenced));
        let refuse = |question: &Question, code: &'static str| {
            Output::Reply(question.ticket, Answer::Refused(Rejection::new(code)))
        };
        let (world, not_held) = (question.world.clone(), self.not_held());
        let Some(slot) = self.slots.get_mut(&world) else {
            return out.push(refuse(&question, not_held));
        };
        match &slot.phase {
            Phase::Halted(_) => return out.push(refuse(&question, "WORLD_HALTED")),
            Phase::Loading { .. } if slot.waiting.len() >= WAITING_MAX => {
                return out.push(refuse(&question, "BUSY"));
            }
            // The last reading failed: nobody knows how long the log stays away.
            Phase::Loading { .. } if slot.away_since.is_some() => {
                return match self.stale(now, question, out) {
                    None => {}
                    Some(question) => self.hold(question, out),
                };
            }
            Phase::Loading { .. } => return slot.waiting.push_back(Waiting::Question(question)),
            Phase::Ready => {}
        }
        if slot.rewinding {
            return out.push(refuse(&question, "WORLD_REWINDING"));
        }
        if lease.is_some_and(|lease| !slot.is_confirmed(now, lease)) {
            slot.held.push(*question);
            if slot.reading.is_none() {
                slot.reading = Some((slot.held.len(), now));
                out.push(Output::ReadHead(world));
            }
            return;
        }
        self.answer(now, question, out);
    }

    pub(crate) fn answer(&mut self, now: WallTime, question: Box<Question>, out: &mut Vec<Output>) {
        let (clock, rate_limits) = (self.clock(now, &question.world), self.config.rate_limits);
        let Some(slot) = self.slots.get_mut(&question.world) else { return };
        let Some(world) = slot.world.as_deref() else {
            return out.push(Output::Reply(question.ticket, Answer::Refused(Rejection::new("NO_WORLD"))));
        };
        if rate_limits
            && let Some(asking) = Asking::by_question(&question, world.game())
            && let Some(command) = gate::command_of(world.game().tree(), asking.kind())
            && let Err(stopped) = asking.pass(&mut slot.limiter, &mut slot.threats, command, now)
        {
            return match as_request(&question) {
                Some(request) => stopped.tell(request, out),
                None => out.push(Output::Reply(question.ticket, Answer::Refused(stopped.told()))),
            };
        }
        let view = view(world, &question, clock);
        let as_of = world.cursor().commit;
        match slot.newest_pending() {
            Some(pending) => pending.waiters.push(Waiter::View(question, view)),
            None => out.push(Output::Reply(question.ticket, Answer::View(view, as_of))),
        }
    }

    pub(crate) fn head_read(
        &mut self,
        now: WallTime,
        world: &WorldId,
        head: &Result<Head, String>,
        out: &mut Vec<Output>,
    ) {
        let Some(slot) = self.slots.get_mut(world) else { return };
        let Some((count, begun)) = slot.reading.take() else { return };
        match head {
            Ok(head) if head.epoch > slot.epoch => return self.stand_down(world, out),
            // An empty log can not be owned by a commit: another node may have opened the world in the meantime.
            Ok(head) if slot.world.is_none() && head.commit > slot.durable.commit => {
                return self.begin_load(world, out);
            }
            Ok(_) => {
                slot.confirmed = begun;
                slot.away_since = None;
                self.breakers.went_well(Use::Read);
                let Some(slot) = self.slots.get_mut(world) else { return };
                let ready: Vec<Question> = slot.held.drain(..count).collect();
                for question in ready {
                    self.answer(now, Box::new(question), out);
                }
            }
            Err(problem) => {
                slot.away_since.get_or_insert(begun);
                let held: Vec<Question> = slot.held.drain(..count).collect();
                self.used_log(now, Use::Read, Err(problem));
                for question in held {
                    if let Some(question) = self.stale(now, Box::new(question), out) {
                        let refused = Answer::Refused(Rejection::new("STORE_UNAVAILABLE"));
                        out.push(Output::Reply(question.ticket, refused));
                    }
                }
            }
        }
        if let Some(slot) = self.slots.get_mut(world)
            && !slot.held.is_empty()
        {
            slot.reading = Some((slot.held.len(), now));
            out.push(Output::ReadHead(world.clone()));
        }
    }
}

pub(crate) fn view(
    world: &dyn World,
    question: &Question,
    clock: GameTime,
) -> Result<serde_json::Value, Rejection> {
    match &question.what {
        Asked::View(kind, options) => world.query(kind, options, &question.actor, &question.facts, clock),
        Asked::Suggest(path, option, typed) => {
            let found = world.suggest(path, option, typed, &question.actor, clock);
            Ok(found
                .into_iter()
                .map(|(name, value)| serde_json::json!({ "name": name, "value": value }))
                .collect())
        }
        Asked::Status => {
            let (host, cursor) = (world.host(), world.cursor());
            Ok(serde_json::json!({
                "game": host.game,
                "status": host.status.word(),
                "opened": host.opened.to_string(),
                "time": clock.to_string(),
                "commit": cursor.commit,
                "position": cursor.position,
                "hash": cursor.hash,
                "epoch": cursor.epoch,
                "rules": host.rules_short(),
                "secret_commitment": host.secret_commitment,
                "timers": world.timers(),
            }))
        }
        Asked::Bots(bots) => Ok(wishes(world, bots, clock)),
        Asked::State => Ok(world.state_json()),
        Asked::Page(page) => world.page(page, &question.actor, &question.facts, clock),
    }
}
