//! How appends end, and who is told.

use std::sync::Arc;

use event_store::{AppendError, Head};
use schemas::live::Rewind;
use schemas::{CommitNo, WallTime, WorldId};

use crate::faults::Plant;
use crate::io::{Answer, Output, Published};
use crate::kernel::Kernel;
use crate::limits::UNKNOWNS_MAX;
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
                Err(AppendError::WrongExpectedVersion { .. }) => self.begin_load(&world, out),
                Err(AppendError::OutcomeUnknown(problem)) => self.unknown(now, &world, problem, out),
                Err(AppendError::Unavailable(problem)) => self.unavailable(now, &world, problem, out),
            }
        }
    }

    pub(crate) fn durable(&mut self, world: &WorldId, out: &mut Vec<Output>) {
        let early_answer = self.planted(Plant::AnswerBeforeDurable);
        let Some(slot) = self.slots.get_mut(world) else { return };
        slot.confirmed = slot.sent;
        slot.unknowns = 0;
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
            for waiter in pending.waiters {
                match waiter {
                    Waiter::Command(request, receipt) if !early_answer || receipt.repeated => {
                        out.push(Output::Reply(request.ticket, Answer::Done(receipt)));
                    }
                    Waiter::Command(..) => {}
                    Waiter::View(question, view) => {
                        out.push(Output::Reply(question.ticket, Answer::View(view, stored.commit)));
                    }
                }
            }
            slot.threats.deals(&pending.handed, slot.sent);
            self.tally.add(world, &pending.counted);
            if let Some((snapshot, stamp)) = pending.snapshot {
                out.push(Output::Snapshot(Box::new(snapshot), stamp));
            }
            slot.last_durable = Some(Arc::clone(&stored));
            out.push(Output::Publish(Box::new(Published { stored, audiences: pending.audiences })));
        }
        if rewound {
            self.begin_load(world, out);
        }
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
        let away = slot.away();
        for waiting in slot.take_waiters() {
            out.push(refuse_waiting(&waiting, away.clone()));
        }
        out.push(Output::Alarm(world.clone(), problem));
        self.load_later(now, world, out);
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
        let Some(slot) = self.slots.get_mut(world) else { return };
        let away = slot.away();
        for waiting in slot.take_waiters() {
            out.push(refuse_waiting(&waiting, away.clone()));
        }
        if keep
            && let Some(last) = slot.last_durable.clone()
            && let Some(world) = slot.world.as_deref_mut()
        {
            world.passed(&last);
            return;
        }
        out.push(Output::Alarm(world.clone(), problem));
        self.load_later(now, world, out);
    }
}
