//! [`MemoryStore`]: the log in memory behind the face of every store, with faults that a test can order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio::sync::oneshot;

use crate::memory::{Fault, MemoryLog};
use crate::{
    AppendError, CheckpointStore, EventStore, Head, ReadError, SNAPSHOTS_KEPT, SignedCheckpoint, Snapshot,
    SnapshotStore, WorldBatch, WorldHead,
};

/// A log in memory that many tasks share. Cloning gives another handle to the same log.
///
/// ```
/// use event_store::{memory::Fault, memory_store::MemoryStore};
/// let store = MemoryStore::default();
/// store.inject(3, Fault::CommitThenUnknown); // the third append from now
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    log: MemoryLog,
    snapshots: BTreeMap<WorldId, BTreeMap<CommitNo, Snapshot>>,
    checkpoints: BTreeMap<WorldId, Vec<SignedCheckpoint>>,
    appends: u64,
    plan: BTreeMap<u64, Fault>,
    down: bool,
    pending: VecDeque<oneshot::Sender<()>>,
}

fn down() -> ReadError {
    ReadError::Unavailable("the disk is gone (injected)".to_owned())
}

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere can not leave the log half written: every append is checked before it changes anything.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self) -> Result<MutexGuard<'_, Inner>, ReadError> {
        let inner = self.lock();
        if inner.down { Err(down()) } else { Ok(inner) }
    }

    /// Orders a fault for the `nth` append call from now; 1 is the next one.
    pub fn inject(&self, nth: u64, fault: Fault) {
        let mut inner = self.lock();
        let call = inner.appends + nth.max(1);
        inner.plan.insert(call, fault);
    }

    /// How many append calls there have been.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.lock().appends
    }

    /// How many appends stand still by [`Fault::Delay`].
    #[must_use]
    pub fn pending(&self) -> usize {
        self.lock().pending.len()
    }

    /// Lets the oldest append go on that stands still by [`Fault::Delay`]. False when there is none.
    pub fn release(&self) -> bool {
        let oldest = self.lock().pending.pop_front();
        oldest.is_some_and(|waiting| waiting.send(()).is_ok())
    }

    /// Lets writes arrive that [`Fault::LandLate`] held back: see [`MemoryLog::land_late`].
    pub fn land_late(&self) -> Vec<Result<CommitNo, AppendError>> {
        self.lock().log.land_late()
    }

    /// Ends [`Fault::Unavailable`].
    pub fn recover(&self) {
        self.lock().down = false;
    }

    /// Runs `f` on the log itself.
    pub fn with_log<R>(&self, f: impl FnOnce(&mut MemoryLog) -> R) -> R {
        f(&mut self.lock().log)
    }

    /// Reaches a kept snapshot past every guard, for tests of what finds tampering.
    #[doc(hidden)]
    pub fn tamper_snapshot(&self, world: &WorldId, commit: CommitNo, change: impl FnOnce(&mut Snapshot)) {
        let mut inner = self.lock();
        if let Some(snapshot) = inner.snapshots.get_mut(world).and_then(|all| all.get_mut(&commit)) {
            change(snapshot);
        }
    }

    /// Counts the call and says what is to go wrong with it; for a delay, with what to wait for.
    fn next_fault(&self) -> (Option<Fault>, Option<oneshot::Receiver<()>>) {
        let mut inner = self.lock();
        inner.appends += 1;
        let call = inner.appends;
        let fault = inner.plan.remove(&call);
        match fault {
            Some(Fault::Unavailable) => {
                inner.down = true;
                (fault, None)
            }
            Some(Fault::Delay) => {
                let (release, released) = oneshot::channel();
                inner.pending.push_back(release);
                (fault, Some(released))
            }
            None
            | Some(
                Fault::FailBeforeCommit | Fault::CommitThenUnknown | Fault::LostThenUnknown | Fault::LandLate,
            ) => (fault, None),
        }
    }
}

impl EventStore for MemoryStore {
    async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        let (fault, released) = self.next_fault();
        if let Some(released) = released {
            // A test that drops the store without releasing lets the append go on: nobody is left to see it.
            released.await.ok();
        }
        let mut inner = self.lock();
        let fault = if inner.down { Some(Fault::Unavailable) } else { fault };
        inner.log.append_with(fault, batches)
    }

    async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        Ok(self.reading()?.log.head(world))
    }

    async fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        Ok(self.reading()?.log.read(world, after, limit))
    }

    async fn find_command(&self, world: &WorldId, id: &CommandId) -> Result<Vec<CommitNo>, ReadError> {
        Ok(self.reading()?.log.find_command(world, id))
    }

    async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        Ok(self.reading()?.log.command_index(world, up_to))
    }

    async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        Ok(self.reading()?.log.rewinds(world).to_vec())
    }

    async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        Ok(self.reading()?.log.worlds())
    }
}

impl SnapshotStore for MemoryStore {
    async fn save_snapshot(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        let mut inner = self.reading()?;
        let kept = inner.snapshots.entry(snapshot.world.clone()).or_default();
        kept.insert(snapshot.commit, snapshot);
        while kept.len() > SNAPSHOTS_KEPT {
            kept.pop_first();
        }
        Ok(())
    }

    async fn snapshots(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        let inner = self.reading()?;
        let kept = inner.snapshots.get(world);
        Ok(kept
            .map(|all| all.range(..=up_to).rev().map(|(_, one)| one.clone()).collect())
            .unwrap_or_default())
    }

    async fn drop_snapshot(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        if let Some(kept) = self.reading()?.snapshots.get_mut(world) {
            kept.remove(&commit);
        }
        Ok(())
    }
}

impl CheckpointStore for MemoryStore {
    async fn save_checkpoint(&self, checkpoint: SignedCheckpoint) -> Result<(), ReadError> {
        let mut inner = self.reading()?;
        let kept = inner.checkpoints.entry(checkpoint.checkpoint.world.clone()).or_default();
        if !kept.contains(&checkpoint) {
            kept.push(checkpoint);
            kept.sort_by_key(|one| one.checkpoint.commit);
        }
        Ok(())
    }

    async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        Ok(self.reading()?.checkpoints.get(world).cloned().unwrap_or_default())
    }
}
