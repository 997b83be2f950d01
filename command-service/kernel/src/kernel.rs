//! The kernel: all worlds of one node.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_store::WorldBatch;
use games_core::Secret;
use schemas::{Rejection, StoredCommit, WallTime, WorldId};

use crate::breaker::{Breakers, Use};
use crate::faults::Plant;
use crate::figures::Tally;
use crate::io::{Answer, Input, Output, Request, Ticket};
use crate::limits::APPEND_COMMITS_MAX;
use crate::slot::Slot;

/// Opens what the server's key has sealed.
pub trait SecretOpener: Send + Sync {
    /// The season secret of a world, or none when this server's key does not open it.
    fn open(&self, world: &WorldId, sealed: &str) -> Option<Secret>;
}

/// Settings of a kernel.
#[derive(Debug, Clone)]
pub struct KernelConfig {
    /// The node's name, written into ownership commits.
    pub node: String,
    /// How long a question may be answered from memory after this node's ownership was last seen in the log, in ms.
    /// `None` where nobody else can own a world, as with a locked file.
    pub lease_ms: Option<i64>,
    /// Whether a world that this node does not hold may be held by another one: then who asks for it is told `MOVED`, else
    /// `NO_WORLD`.
    pub clustered: bool,
    /// The most bytes that the commits of one world may have in one append, as its engine takes them; one commit may be
    /// larger.
    pub batch_bytes: usize,
    /// A snapshot and a checkpoint follow every so many commits; 0 for never.
    pub snapshot_commits: u64,
    /// Whether the rate limits of the games hold, and their threat scores.
    pub rate_limits: bool,
    /// How old what questions are answered with may be while the log is away, in ms; 0 for never.
    pub stale_ms: i64,
}

/// All worlds of one node. See [`Kernel::step`].
pub struct Kernel {
    pub(crate) config: KernelConfig,
    pub(crate) opener: Arc<dyn SecretOpener>,
    pub(crate) slots: BTreeMap<WorldId, Slot>,
    pub(crate) inflight: Option<u64>,
    pub(crate) batches: u64,
    pub(crate) loads: u64,
    /// Where the next append begins to collect, so that no world starves another.
    pub(crate) turn: Option<WorldId>,
    pub(crate) lookups: BTreeMap<Ticket, Box<Request>>,
    pub(crate) plant: Option<Plant>,
    pub(crate) tally: Tally,
    pub(crate) breakers: Breakers,
    /// Conflicts after which a world was read and its commands decided anew.
    pub(crate) conflicts: u64,
    /// Questions answered with what was not fresh.
    pub(crate) stale_answers: u64,
}

impl Kernel {
    /// A kernel without worlds.
    #[must_use]
    pub fn new(config: KernelConfig, opener: Arc<dyn SecretOpener>) -> Self {
        Self {
            config,
            opener,
            slots: BTreeMap::new(),
            inflight: None,
            batches: 0,
            loads: 0,
            turn: None,
            lookups: BTreeMap::new(),
            plant: None,
            tally: Tally::default(),
            breakers: Breakers::default(),
            conflicts: 0,
            stale_answers: 0,
        }
    }

    /// Plants a bug, for tests of the tests.
    #[doc(hidden)]
    pub const fn plant(&mut self, plant: Plant) {
        self.plant = Some(plant);
    }

    pub(crate) fn planted(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// The worlds that this node holds.
    pub fn worlds(&self) -> impl ExactSizeIterator<Item = &WorldId> {
        self.slots.keys()
    }

    /// Whether this node holds a world, or is taking it over.
    #[must_use]
    pub fn holds(&self, world: &WorldId) -> bool {
        self.slots.contains_key(world)
    }

    /// What somebody is told who asks for a world that this node does not hold.
    pub(crate) const fn not_held(&self) -> &'static str {
        if self.config.clustered { "MOVED" } else { "NO_WORLD" }
    }

    /// How much is under way, over all worlds: commands decided or waiting, loads, rewinds.
    #[must_use]
    pub fn backlog(&self) -> usize {
        let under_way = |s: &Slot| usize::from(s.rewinding || s.is_loading());
        self.slots
            .values()
            .map(|s| s.waiting.len() + s.gathering.len() + s.inflight.len() + s.held.len() + under_way(s))
            .sum()
    }

    /// Takes note of how a use of the log ended.
    pub(crate) fn used_log(&mut self, now: WallTime, used: Use, ended: Result<(), &str>) {
        match ended {
            Ok(()) => self.breakers.went_well(used),
            Err(problem) => self.breakers.failed(used, problem, now),
        }
    }

    /// One step: takes an input at a wall time and puts what it wants done into `out`.
    ///
    /// Commits that a step decides are gathered; [`Kernel::flush`] sends them on when no append is in flight.
    pub fn step(&mut self, now: WallTime, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Adopt(world) => {
                // A world that is held already is read anew; who waits there goes on waiting.
                self.slots.entry(world.clone()).or_insert_with(Slot::new);
                self.begin_load(&world, out);
            }
            Input::Release(world) => self.release(&world, out),
            Input::Loaded(world, token, result) => self.loaded(now, &world, token, result, out),
            Input::Request(request) => match self.breakers.admit(now) {
                Ok(()) => self.request(now, request, false, out),
                Err((code, seconds)) => {
                    let away =
                        Rejection::new("STORE_UNAVAILABLE").with("cause", code).with("seconds", seconds);
                    // Not for the audit: it stands in the same log, and each of these will be asked again.
                    out.push(Output::Reply(request.ticket, Answer::Refused(away)));
                }
            },
            Input::Question(question) => self.question(now, question, out),
            Input::Appended(batch, endings) => self.appended(now, batch, endings, out),
            Input::Found(ticket, found) => self.found(now, ticket, found, out),
            Input::HeadRead(world, head) => self.head_read(now, &world, &head, out),
            Input::Tick => self.tick(now, out),
        }
    }

    /// Sends gathered commits on, if no append is in flight: at most [`APPEND_COMMITS_MAX`], from all worlds in turn.
    pub fn flush(&mut self, now: WallTime, out: &mut Vec<Output>) {
        if self.inflight.is_some() {
            return;
        }
        let mut names: Vec<WorldId> =
            self.slots.iter().filter(|(_, s)| !s.gathering.is_empty()).map(|(w, _)| w.clone()).collect();
        if names.is_empty() {
            return;
        }
        let start = self.turn.as_ref().map_or(0, |turn| names.iter().position(|w| w > turn).unwrap_or(0));
        names.rotate_left(start);
        let mut room = APPEND_COMMITS_MAX;
        let mut batches = Vec::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            let Some(slot) = self.slots.get_mut(name) else { continue };
            // What is left is shared, so that a busy world can not shut the others out.
            let share = (room / (names.len() - i)).max(1).min(room);
            let take = slot.fitting(share, self.config.batch_bytes);
            if take == 0 {
                continue;
            }
            room -= take;
            slot.sent = now;
            slot.inflight = slot.gathering.drain(..take).collect();
            batches.push(WorldBatch {
                world: name.clone(),
                expected: slot.durable.commit,
                epoch: slot.epoch,
                commits: slot.inflight.iter().map(|pending| StoredCommit::clone(&pending.stored)).collect(),
            });
            self.turn = Some(name.clone());
        }
        self.batches += 1;
        self.inflight = Some(self.batches);
        out.push(Output::Append(self.batches, batches));
    }
}
