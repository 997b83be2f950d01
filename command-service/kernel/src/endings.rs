//! How appends end, and who is told.

use std::sync::Arc;

use event_store::{AppendError, Head};
use schemas::live::Rewind;
use schemas::{CommitNo, Rejection, WallTime, WorldId};

use crate::breaker::Use;
use crate::faults::Plant;
use crate::image::Image;
use crate::io::{Answer, Output, Published};
use crate::kernel::Kernel;
use crate::limits::{CONFLICT_RETRY_MS, LOAD_RETRY_MS, UNKNOWNS_MAX};
use crate::loading::refuse_waiting;
use crate::slot::Waiter;

impl Kernel {
    pub(crate) fn appended(
        &mut self,
        now: WallTime,
        batch: u64,
        endings: Vec<(WorldId, Result<CommitNo, AppendError>)>,
        out: &mut Vec<Output>,
    ) {
        if self.inflight != Some(batch) {
            return;
        }
        self.inflight = None;
        for (world, ending) in endings {
            let Some(slot) = self.slots.get_mut(&world) else { continue };
            if slot.inflight.is_empty() {
                continue;
            }
            match &ending {
                Ok(_) => self.used_log(now, Use::Write, Ok(())),
                Err(AppendError::OutcomeUnknown(problem) | AppendError::Unavailable(problem)) => {
                    self.used_log(now, Use::Write, Err(problem));
                }
                Err(AppendError::WrongExpectedVersion { .. } | AppendError::Fenced { .. }) => {}
            }
            match ending {
                Ok(_) => self.durable(&world, out),
                Err(AppendError::WrongExpectedVersion { .. }) if self.planted(Plant::IgnoreWrongVersion) => {
                    self.durable(&world, out);
                    self.begin_load(&world, out);
                }
                Err(AppendError::Fenced { .. }) if self.planted(Plant::AnswerWhenFenced) => {
                    self.durable(&world, out);
                }
                Err(AppendError::Fenced { .. }) => self.stand_down(&world, out),
                Err(AppendError::WrongExpectedVersion { .. }) => self.conflict(now, &world, out),
                Err(AppendError::OutcomeUnknown(problem)) => self.unknown(now, &world, problem, out),
                Err(AppendError::Unavailable(problem)) => self.unavailable(now, &world, problem, out),
            }
        }
    }

    pub(crate) fn durable(&mut self, world: &WorldId, out: &mut Vec<Output>) {
        let early_answer = self.planted(Plant::AnswerBeforeDurable);
        let stale_ms = self.config.stale_ms;
        let Some(slot) = self.slots.get_mut(world) else { return };
        slot.confirmed = slot.sent;
        slot.unknowns = 0;
        slot.conflicts = 0;
        slot.away_since = None;
        slot.doubtful = false;
        let mut rewound = false;
        for pending in std::mem::take(&mut slot.inflight) {
            let stored = pending.stored;
            slot.durable = Head {
                commit: stored.commit,
                position: stored.last(),
                hash: stored.hash,
                epoch: stored.epoch,
            };
            if let Some(to) = stored.rewinds_to {
                slot.live.push(Rewind { at: stored.commit, to });
                rewound = true;
            }
            slot.threats.deals(&pending.handed, slot.sent);
            self.tally.add(world, &pending.counted);
            if let Some(image) = &mut slot.image
                && !image.push(&stored)
            {
                slot.image = None;
            }
            if let Some((snapshot, stamp)) = pending.snapshot {
                if stale_ms > 0
                    && let Some(world) = slot.world.as_deref()
                {
                    slot.image = Some(Image::of(world.game(), snapshot.bytes.clone()));
                }
                out.push(Output::Snapshot(Box::new(snapshot), stamp));
            }
            slot.last_durable = Some(Arc::clone(&stored));
            // Told before anybody is answered: whoever has an answer has been told all that it rests on.
            let commit = stored.commit;
            out.push(Output::Publish(Box::new(Published { stored, audiences: pending.audiences })));
            for waiter in pending.waiters {
                match waiter {
                    Waiter::Command(request, receipt) if !early_answer || receipt.repeated => {
                        out.push(Output::Reply(request.ticket, Answer::Done(receipt)));
                    }
                    Waiter::Command(..) => {}
                    Waiter::View(question, view) => {
                        out.push(Output::Reply(question.ticket, Answer::View(view, commit)));
                    }
                }
            }
        }
        if rewound {
            self.begin_load(world, out);
        }
    }

    /// Another has appended: the world is read anew and what waits is decided anew, at once at first, then after pauses. Who
    /// meets only conflicts is told so in the end.
    fn conflict(&mut self, now: WallTime, world: &WorldId, out: &mut Vec<Output>) {
        self.conflicts += 1;
        let Some(slot) = self.slots.get_mut(world) else { return };
        slot.conflicts += 1;
        if slot.conflicts == 1 {
            return self.begin_load(world, out);
        }
        if let Some(pause) = CONFLICT_RETRY_MS.get(slot.conflicts - 2) {
            return self.load_later(now, world, *pause, out);
        }
        slot.conflicts = 0;
        for waiting in slot.take_waiters() {
            out.push(refuse_waiting(&waiting, Rejection::new("CONCURRENCY_CONFLICT")));
        }
        self.load_later(now, world, LOAD_RETRY_MS, out);
    }

    /// Whether it was written is not known: the log is read, and says. But where the append that was to make sure has ended
    /// so, too, nobody can be kept waiting for it: who waits is told to ask again, and the next try comes in a while.
    fn unknown(&mut self, now: WallTime, world: &WorldId, problem: String, out: &mut Vec<Output>) {
        let Some(slot) = self.slots.get_mut(world) else { return };
        slot.unknowns += 1;
        slot.doubtful = true;
        if slot.unknowns < UNKNOWNS_MAX {
            return self.begin_load(world, out);
        }
        self.log_away(now, world, out);
        out.push(Output::Alarm(world.clone(), problem));
        self.load_later(now, world, LOAD_RETRY_MS, out);
    }

    /// Nothing can be written: those who wait are told so, and what was not durable is forgotten.
    /// The log is read anew in a while and not at once: a disk that is full now is full in a moment, too.
    pub(crate) fn unavailable(
        &mut self,
        now: WallTime,
        world: &WorldId,
        problem: String,
        out: &mut Vec<Output>,
    ) {
        let keep = self.planted(Plant::KeepSpeculation);
        self.log_away(now, world, out);
        let Some(slot) = self.slots.get_mut(world) else { return };
        if keep
            && let Some(last) = slot.last_durable.clone()
            && let Some(world) = slot.world.as_deref_mut()
        {
            world.passed(&last);
            return;
        }
        out.push(Output::Alarm(world.clone(), problem));
        self.load_later(now, world, LOAD_RETRY_MS, out);
    }
}
