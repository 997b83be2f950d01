//! The calls that wait to be written, and which worlds are under way.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemas::WorldId;
use tokio::sync::{Notify, Semaphore, oneshot};

use super::session::Ending;
use crate::WorldBatch;

/// Calls that may wait before the next caller waits to be let in.
const WAITING: usize = 1024;

/// A group takes no further call from so many commits on.
const GROUP_COMMITS: usize = 512;

/// From so many calls on, waiting and under way, a group is half of them.
const CROWD: usize = 96;

/// So many calls are worth a statement beside another one.
const HALF_CROWD: usize = CROWD / 2;

/// One call of append.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) batches: Vec<WorldBatch>,
    /// Which batches name a world that an earlier one of the call names.
    pub(super) repeated: Vec<bool>,
    pub(super) reply: oneshot::Sender<Vec<Ending>>,
}

impl Job {
    fn commits(&self) -> usize {
        self.batches.iter().map(|batch| batch.commits.len()).sum()
    }

    fn worlds(&self) -> impl Iterator<Item = &WorldId> {
        self.batches.iter().map(|batch| &batch.world)
    }
}

/// Calls that are written together. Their worlds are under way until [`Queue::ended`] is told of them.
#[derive(Debug, Default)]
pub(super) struct Group {
    jobs: Vec<Job>,
    worlds: Vec<WorldId>,
}

impl Group {
    /// How many calls they are.
    pub(super) const fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The calls, and the worlds that they are about.
    pub(super) fn into_parts(self) -> (Vec<Job>, Vec<WorldId>) {
        (self.jobs, self.worlds)
    }
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    /// Worlds that are under way.
    busy: HashSet<WorldId>,
    /// Calls that are under way.
    flying: usize,
    closed: bool,
}

impl State {
    /// The calls that go into the next group, oldest first. A call for a world that is under way, or for which an older
    /// call waits, stays.
    fn take(&mut self) -> Option<Group> {
        let crowd = self.waiting.len() + self.flying;
        let most = if crowd < CROWD { usize::MAX } else { crowd.div_ceil(2) };
        let (mut group, mut left, mut commits) = (Group::default(), VecDeque::new(), 0);
        let mut older: HashSet<WorldId> = HashSet::new();
        while let Some(job) = self.waiting.pop_front() {
            let full = group.len() >= most
                || commits >= GROUP_COMMITS
                || (commits > 0 && commits + job.commits() > GROUP_COMMITS);
            if full {
                left.push_back(job);
                break;
            }
            if job.worlds().any(|world| self.busy.contains(world) || older.contains(world)) {
                older.extend(job.worlds().cloned());
                left.push_back(job);
                continue;
            }
            commits += job.commits();
            for world in job.worlds() {
                // A world that a call names twice is busy once.
                if self.busy.insert(world.clone()) {
                    group.worlds.push(world.clone());
                }
            }
            group.jobs.push(job);
        }
        left.append(&mut self.waiting);
        self.waiting = left;
        self.flying += group.len();
        (group.len() > 0).then_some(group)
    }
}

/// The calls that wait.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    room: Semaphore,
    /// Something may be there to be taken, or nothing will come any more.
    came: Notify,
    /// More may wait than one connection should take, or nothing will come any more.
    crowd: Notify,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            room: Semaphore::new(WAITING),
            came: Notify::new(),
            crowd: Notify::new(),
        }
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a call in, as soon as there is room; false where nobody will take it any more.
    pub(super) async fn push(&self, job: Job) -> bool {
        let Ok(permit) = self.room.acquire().await else { return false };
        permit.forget();
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.waiting.push_back(job);
        drop(state);
        self.came.notify_one();
        true
    }

    /// Nothing will come any more; what waits is still taken.
    pub(super) fn close(&self) {
        self.room.close();
        self.state().closed = true;
        self.came.notify_one();
        self.crowd.notify_one();
    }

    /// Nobody takes anything any more.
    pub(super) fn abandon(&self) {
        self.close();
        self.state().waiting.clear();
    }

    /// Whether nothing waits and nothing will come.
    pub(super) fn is_done(&self) -> bool {
        let state = self.state();
        state.closed && state.waiting.is_empty()
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Waits until there may be something to take, or nothing will come; whether there was nothing at first.
    pub(super) async fn wait(&self) -> bool {
        {
            let state = self.state();
            let free = !state.waiting.is_empty() && state.busy.is_empty();
            if free || (state.closed && state.waiting.is_empty()) {
                return false;
            }
        }
        self.came.notified().await;
        true
    }

    /// What goes into the next group.
    pub(super) fn take(&self) -> Option<Group> {
        let (group, left) = {
            let mut state = self.state();
            (state.take(), state.waiting.len())
        };
        let group = group?;
        self.room.add_permits(group.len());
        if left > 0 {
            self.came.notify_one();
        }
        if left >= HALF_CROWD {
            self.crowd.notify_one();
        }
        Some(group)
    }

    /// Waits until more may wait than one connection should take; false where nothing will come any more.
    pub(super) async fn crowded(&self) -> bool {
        self.crowd.notified().await;
        !self.state().closed
    }

    /// What goes into the next group beside another one; none where few wait.
    pub(super) fn take_from_crowd(&self) -> Option<Group> {
        if self.waiting() < HALF_CROWD {
            return None;
        }
        self.take()
    }

    /// A group is written, or is not: its worlds are not under way any more.
    pub(super) fn ended(&self, worlds: Vec<WorldId>, calls: usize) {
        let mut state = self.state();
        for world in worlds {
            state.busy.remove(&world);
        }
        state.flying -= calls;
        let waits = !state.waiting.is_empty();
        drop(state);
        if waits {
            self.came.notify_one();
        }
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
#[allow(clippy::unwrap_used)]
mod tests;
