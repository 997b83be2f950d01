//! One world as its owner holds it: what is durable, what is on its way to the disk, who waits for what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use event_store::{Head, Snapshot};
use games_core::duty::{Counted, Handed};
use games_core::{Audience, Secret};
use games_registry::World;
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, Epoch, LiveLine, Rejection, WallTime};

use crate::gate::Limiter;
use crate::image::Image;
use crate::io::{Question, Receipt, Request, Stamp};
use crate::threat::Threats;

/// What a slot is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The log is being read; what comes in waits. With a time: the last try failed, the next comes then.
    Loading { token: u64, retry_at: Option<WallTime> },
    /// Decides.
    Ready,
    /// Stands still until an operator has looked at it.
    Halted(String),
}

/// Something that waits for a load.
#[derive(Debug, Clone)]
pub(crate) enum Waiting {
    Command(Box<Request>),
    Question(Box<Question>),
}

/// Somebody who waits for a commit to be durable.
#[derive(Debug, Clone)]
pub(crate) enum Waiter {
    Command(Box<Request>, Box<Receipt>),
    View(Box<Question>, Result<serde_json::Value, schemas::Rejection>),
}

/// A commit that has been decided and folded, but is not yet durable.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) stored: Arc<CheckedCommit>,
    pub(crate) audiences: Vec<Audience>,
    pub(crate) waiters: Vec<Waiter>,
    pub(crate) snapshot: Option<(Snapshot, Stamp)>,
    /// What players handed each other in it.
    pub(crate) handed: Vec<Handed>,
    /// What of it is counted.
    pub(crate) counted: Vec<Counted>,
}

/// One world.
pub(crate) struct Slot {
    pub(crate) phase: Phase,
    pub(crate) world: Option<Box<dyn World>>,
    pub(crate) secret: Option<Secret>,
    pub(crate) epoch: Epoch,
    /// Where the durable log ends.
    pub(crate) durable: Head,
    /// The last durable commit that this owner wrote.
    pub(crate) last_durable: Option<Arc<CheckedCommit>>,
    pub(crate) index: BTreeMap<u64, Vec<CommitNo>>,
    pub(crate) live: LiveLine,
    pub(crate) waiting: VecDeque<Waiting>,
    pub(crate) gathering: VecDeque<Pending>,
    pub(crate) inflight: Vec<Pending>,
    pub(crate) limiter: Limiter,
    pub(crate) threats: Threats,
    /// When those were forgotten last who have been quiet for long.
    pub(crate) tidied: WallTime,
    /// When this ownership was last seen in force in the log.
    pub(crate) confirmed: WallTime,
    /// Questions that wait for a reading of the head that begins after they came.
    pub(crate) held: Vec<Question>,
    /// How many of `held`, from the front, came before the reading under way began, and when it began.
    pub(crate) reading: Option<(usize, WallTime)>,
    /// When the append in flight was sent.
    pub(crate) sent: WallTime,
    /// How many appends in a row ended with an unknown outcome.
    pub(crate) unknowns: u32,
    /// How many appends in a row ended because another had appended.
    pub(crate) conflicts: usize,
    /// The last durable state, kept aside.
    pub(crate) image: Option<Image>,
    /// Since when the log has been away, as far as this world has seen.
    pub(crate) away_since: Option<WallTime>,
    /// Whether one of those who wait may have been written: their append ended unknown, and the log has not yet said.
    pub(crate) doubtful: bool,
    /// A rewind has been decided; until it is carried out, nobody plays.
    pub(crate) rewinding: bool,
    /// The commit of the newest snapshot.
    pub(crate) snapshot_at: CommitNo,
}

impl Slot {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Loading { token: 0, retry_at: None },
            world: None,
            secret: None,
            epoch: Epoch::ZERO,
            durable: Head::default(),
            last_durable: None,
            index: BTreeMap::new(),
            live: LiveLine::default(),
            waiting: VecDeque::new(),
            gathering: VecDeque::new(),
            inflight: Vec::new(),
            limiter: Limiter::default(),
            threats: Threats::default(),
            tidied: WallTime::from_ms(i64::MIN / 2),
            confirmed: WallTime::from_ms(i64::MIN / 2),
            held: Vec::new(),
            reading: None,
            sent: WallTime::from_ms(i64::MIN / 2),
            unknowns: 0,
            conflicts: 0,
            image: None,
            away_since: None,
            doubtful: false,
            rewinding: false,
            snapshot_at: CommitNo::ZERO,
        }
    }

    /// Whether a load is under way; one that has failed and waits for its next try is not.
    pub(crate) const fn is_loading(&self) -> bool {
        matches!(self.phase, Phase::Loading { retry_at: None, .. })
    }

    /// Whether this ownership was seen in force within the lease.
    pub(crate) fn is_confirmed(&self, now: WallTime, lease_ms: i64) -> bool {
        (0..=lease_ms).contains(&now.since(self.confirmed))
    }

    /// How many of the gathered commits fit into one append: at most so many, and of so many bytes; the first always.
    pub(crate) fn fitting(&self, commits: usize, bytes: usize) -> usize {
        let mut sum = 0;
        let fits = |pending: &&Pending| {
            sum += pending.stored.header.len() + pending.stored.body.len();
            sum <= bytes
        };
        let all = self.gathering.iter().take(commits);
        all.take_while(fits).count().max(usize::from(commits > 0 && !self.gathering.is_empty()))
    }

    /// The newest commit that is not yet durable.
    pub(crate) fn newest_pending(&mut self) -> Option<&mut Pending> {
        self.gathering.back_mut().or_else(|| self.inflight.last_mut())
    }

    /// The pending commit with this number.
    pub(crate) fn pending(&mut self, commit: CommitNo) -> Option<&mut Pending> {
        self.inflight
            .iter_mut()
            .chain(self.gathering.iter_mut())
            .find(|pending| pending.stored.commit == commit)
    }

    /// What those are told who wait while the log can not be used; who comes later has nothing in doubt.
    pub(crate) fn away(&mut self) -> Rejection {
        let doubtful = std::mem::take(&mut self.doubtful);
        Rejection::new(if doubtful { "OUTCOME_UNKNOWN" } else { "STORE_UNAVAILABLE" })
    }

    /// Takes out everybody who waits for something that is not durable, in the order in which they came.
    pub(crate) fn take_waiters(&mut self) -> Vec<Waiting> {
        self.reading = None;
        let pending = self.inflight.drain(..).chain(self.gathering.drain(..));
        let mut waiting: Vec<Waiting> = pending
            .flat_map(|pending| pending.waiters)
            .map(|waiter| match waiter {
                Waiter::Command(request, _) => Waiting::Command(request),
                Waiter::View(question, _) => Waiting::Question(question),
            })
            .collect();
        waiting.extend(self.held.drain(..).map(|question| Waiting::Question(Box::new(question))));
        waiting.extend(self.waiting.drain(..));
        waiting
    }
}
