//! Deciding, sealing, and letting timers fire.

use std::sync::Arc;

use event_store::Snapshot;
use games_registry::{Ask, Decided, Status, World};
use schemas::{Cause, Commit, CommitHeader, GameTime, Hash, Outcome, WallTime, WorldId};

use crate::faults::Plant;
use crate::io::{Answer, Output, Published, Receipt, Request, Stamp};
use crate::kernel::Kernel;
use crate::limits::{RETRY_MS_MAX, TIDY_MS, TIMERS_PER_STEP_MAX, WAITING_MAX};
use crate::slot::{Pending, Phase, Waiter};

impl Kernel {
    pub(crate) fn clock(&self, now: WallTime, world: &WorldId) -> GameTime {
        let Some(world) = self.slots.get(world).and_then(|slot| slot.world.as_deref()) else {
            return GameTime::from_ms(now.ms());
        };
        if self.planted(Plant::ClockGoesBack) {
            return GameTime::from_ms(now.ms() - world.cursor().offset_ms);
        }
        world.clock(now)
    }

    pub(crate) fn decide(
        &mut self,
        now: WallTime,
        clock: GameTime,
        world: &WorldId,
        cause: &Cause,
        payload: &[u8],
    ) -> Result<Decided, String> {
        let slot = self.slots.get_mut(world).ok_or("no such world")?;
        let (Some(world), Some(secret)) = (slot.world.as_deref_mut(), slot.secret.as_ref()) else {
            return Err("the world is not loaded".to_owned());
        };
        let ask = Ask { cause, payload, now: clock, wall: now, secret, draws: None };
        world.decide(&ask).map_err(|e| e.to_string())
    }

    /// A commit that nobody asked for: ownership, or the end of a rewind.
    pub(crate) fn decide_own(&mut self, now: WallTime, world: &WorldId, cause: Cause, out: &mut Vec<Output>) {
        let at = self.slots.get(world).and_then(|slot| slot.world.as_deref()).map(|w| w.cursor().game);
        let Some(at) = at else { return };
        match self.decide(now, at, world, &cause, &[]) {
            Ok(decided) => self.put(now, world, cause, None, decided, out),
            Err(problem) => self.halt(world, problem, out),
        }
    }

    /// Lets every timer fire that is due by `clock`. False when a fault sent the world back to loading.
    pub(crate) fn fire(
        &mut self,
        now: WallTime,
        clock: GameTime,
        world: &WorldId,
        out: &mut Vec<Output>,
    ) -> bool {
        let early = if self.planted(Plant::TimerEarly) { 1000 } else { 0 };
        for _ in 0..TIMERS_PER_STEP_MAX {
            let Some(loaded) = self.slots.get(world).and_then(|slot| slot.world.as_deref()) else {
                return true;
            };
            if loaded.host().status != Status::Open {
                return true;
            }
            let Some(cause) = loaded.next_timer() else { return true };
            let Cause::Timer { due, .. } = &cause else { return true };
            if *due > clock.plus_ms(early) {
                return true;
            }
            let at = due.plus_ms(-early).max(loaded.cursor().game);
            match self.decide(now, at, world, &cause, &[]) {
                Ok(decided) => self.put(now, world, cause, None, decided, out),
                Err(problem) => {
                    out.push(Output::Alarm(world.clone(), problem));
                    self.begin_load(world, out);
                    return false;
                }
            }
        }
        true
    }

    /// Seals a decision and puts it among what gathers for the next append.
    pub(crate) fn put(
        &mut self,
        now: WallTime,
        world_id: &WorldId,
        cause: Cause,
        request: Option<Box<Request>>,
        decided: Decided,
        out: &mut Vec<Output>,
    ) {
        let early_answer = self.planted(Plant::AnswerBeforeDurable);
        let show_all = self.planted(Plant::ShowEverything);
        let forget = self.planted(Plant::ForgetRejections);
        let every = self.config.snapshot_commits;
        let Some(slot) = self.slots.get_mut(world_id) else { return };
        let Some(world) = slot.world.as_deref_mut() else { return };
        let tip = slot.gathering.back().or_else(|| slot.inflight.last()).map(|pending| &pending.stored);
        let (prev, last, position) = tip
            .map_or((slot.durable.hash, slot.durable.commit, slot.durable.position), |stored| {
                (stored.hash, stored.commit, stored.last())
            });
        let payload = request.as_ref().map(|request| request.payload.clone()).unwrap_or_default();
        let (handed, counted) = (decided.handed, decided.counted);
        let ends_rewind = matches!(cause, Cause::RewindEnd);
        let commit = Commit {
            header: CommitHeader {
                world: world_id.clone(),
                commit: last.next(),
                first: position.next(),
                epoch: slot.epoch,
                game_ms: decided.game,
                wall_ms: now,
                payload_len: payload.len() as u32,
                outcome: decided.outcome.clone(),
                events: decided.events,
                allocations: decided.allocations,
                replaces: None,
                rewinds_to: decided.rewinds_to,
                rules: world.host().rules_short().into(),
                cause,
            },
            payload,
            event_bytes: decided.event_bytes,
        };
        let stored = match commit.into_checked(prev) {
            Ok(stored) => Arc::new(stored),
            Err(problem) => return self.halt(world_id, problem.to_string(), out),
        };
        world.sealed(&stored);
        let audiences = if show_all {
            vec![games_core::Audience::Everyone; decided.audiences.len()]
        } else {
            decided.audiences
        };
        let published = Published { stored: Arc::clone(&stored), audiences: audiences.clone() };
        let mut waiters = Vec::new();
        if let Some(request) = request {
            let receipt = Box::new(Receipt {
                commit: stored.commit,
                first: stored.first,
                game: decided.game,
                outcome: decided.outcome,
                events: published.seen_by(request.actor.player()),
                repeated: false,
            });
            if forget && matches!(receipt.outcome, Outcome::Rejected(_)) {
                out.push(Output::Reply(request.ticket, Answer::Done(receipt)));
                if let Some(last) = slot.last_durable.clone()
                    && slot.gathering.is_empty()
                    && slot.inflight.is_empty()
                {
                    world.passed(&last);
                } else {
                    self.begin_load(world_id, out);
                }
                return;
            }
            if early_answer {
                out.push(Output::Reply(request.ticket, Answer::Done(receipt.clone())));
            }
            slot.index.entry(request.id.index_key()).or_default().push(stored.commit);
            waiters.push(Waiter::Command(request, receipt));
        }
        // Between a rewind and its end the state in memory is that of no commit. Its end is a good place for one.
        let fits = stored.rewinds_to.is_none() && !slot.rewinding;
        let wanted = stored.commit.get() >= slot.snapshot_at.get() + every || ends_rewind;
        let snapshot = (every > 0 && fits && wanted).then(|| {
            slot.snapshot_at = stored.commit;
            (snapshot_of(world_id, world), Stamp { game: decided.game, state_digest: world.digest() })
        });
        slot.rewinding |= stored.rewinds_to.is_some();
        slot.gathering.push_back(Pending { stored, audiences, waiters, snapshot, handed, counted });
    }

    pub(crate) fn tick(&mut self, now: WallTime, out: &mut Vec<Output>) {
        let worlds: Vec<WorldId> = self.slots.keys().cloned().collect();
        for world in worlds {
            let Some(slot) = self.slots.get_mut(&world) else { continue };
            match slot.phase {
                // A clock that was set back must not put the next try off.
                Phase::Loading { retry_at: Some(at), .. } if at <= now || at.since(now) > RETRY_MS_MAX => {
                    self.begin_load(&world, out);
                }
                Phase::Ready if !slot.rewinding && slot.gathering.len() < WAITING_MAX => {
                    let clock = self.clock(now, &world);
                    self.fire(now, clock, &world, out);
                    self.wake(now, &world, out);
                }
                Phase::Ready | Phase::Loading { .. } | Phase::Halted(_) => {}
            }
            if let Some(slot) = self.slots.get_mut(&world) {
                slot.limiter.tidy(now);
                if now.since(slot.tidied) >= TIDY_MS {
                    slot.tidied = now;
                    slot.threats.tidy(now);
                }
            }
            if let (Some(slot), Some(lease)) = (self.slots.get_mut(&world), self.config.lease_ms) {
                // The owner looks at the head now and then: only so does it learn that it owns nothing any more.
                if slot.phase == Phase::Ready && slot.reading.is_none() && !slot.is_confirmed(now, lease) {
                    slot.reading = Some((slot.held.len(), now));
                    out.push(Output::ReadHead(world.clone()));
                }
            }
        }
    }

    /// Asks to be woken when the next timer is due.
    pub(crate) fn wake(&self, now: WallTime, world: &WorldId, out: &mut Vec<Output>) {
        let Some(loaded) = self.slots.get(world).and_then(|slot| slot.world.as_deref()) else { return };
        if loaded.host().status != Status::Open {
            return;
        }
        if let Some(Cause::Timer { due, .. }) = loaded.next_timer() {
            let at = WallTime::from_ms(due.ms().saturating_add(loaded.cursor().offset_ms));
            out.push(Output::WakeAt(at.max(now)));
        }
    }
}

pub(crate) fn snapshot_of(name: &WorldId, world: &dyn World) -> Snapshot {
    let bytes = world.snapshot();
    let cursor = world.cursor();
    Snapshot {
        world: name.clone(),
        commit: cursor.commit,
        commit_hash: cursor.hash,
        position: cursor.position,
        state_key: world.game().state_key(),
        digest: Hash::of(&bytes),
        bytes,
    }
}
