//! The log in memory: [`MemoryLog`], a synchronous core for simulations and tests.
//!
//! It checks exactly what every engine checks and forgets everything when it is dropped.

use std::collections::{BTreeMap, HashMap};

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};

use crate::{AppendError, Head, WorldBatch, WorldHead, check};

/// What goes wrong with one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written; answered [`AppendError::Unavailable`].
    FailBeforeCommit,
    /// Written as usual, but the answer is lost: [`AppendError::OutcomeUnknown`].
    CommitThenUnknown,
    /// Nothing is written and nothing will be; answered [`AppendError::OutcomeUnknown`].
    LostThenUnknown,
    /// Answered [`AppendError::OutcomeUnknown`]; the write arrives only at [`MemoryLog::land_late`], and is checked
    /// then: a new owner's epoch fences it off.
    LandLate,
    /// From this append on nothing can be appended or read, until the store is told to recover.
    Unavailable,
    /// The append stands still until the test releases it; then it is carried out as usual. (The synchronous core
    /// has nothing to wait with and carries it out at once.)
    Delay,
}

/// The commits of every world, in memory.
///
/// ```
/// use event_store::memory::MemoryLog;
/// let log = MemoryLog::default();
/// assert!(log.worlds().is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryLog {
    worlds: BTreeMap<WorldId, WorldLog>,
    late: Vec<WorldBatch>,
}

#[derive(Debug, Clone, Default)]
struct WorldLog {
    head: Head,
    commits: Vec<StoredCommit>,
    commands: HashMap<CommandId, Vec<CommitNo>>,
    index: Vec<(u64, CommitNo)>,
    rewinds: Vec<Rewind>,
}

impl WorldLog {
    /// Whether a command id stands on the line that began with the last rewind.
    fn on_line(&self, id: &CommandId) -> bool {
        let since = self.rewinds.last().map_or(CommitNo::ZERO, |rewind| rewind.at);
        self.commands.get(id).and_then(|all| all.last()).is_some_and(|&last| last >= since)
    }

    fn push(&mut self, batch: WorldBatch) {
        self.head = check::head_after(&batch, &self.head);
        self.commits.reserve(batch.commits.len());
        for commit in batch.commits {
            if let Some(to) = commit.rewinds_to {
                self.rewinds.push(Rewind { at: commit.commit, to });
            }
            if let Some(id) = &commit.command {
                self.index.push((id.index_key(), commit.commit));
                self.commands.entry(id.clone()).or_default().push(commit.commit);
            }
            self.commits.push(commit);
        }
    }
}

impl MemoryLog {
    /// Appends the batches, each with an ending of its own, in order: see
    /// [`EventStore::append`](crate::EventStore::append). What is appended lasts as long as this value.
    pub fn append(&mut self, batches: Vec<WorldBatch>) -> Vec<Result<CommitNo, AppendError>> {
        let repeated = check::repeated_worlds(&batches);
        batches
            .into_iter()
            .zip(repeated)
            .map(
                |(batch, repeated)| {
                    if repeated { Err(check::repeated(&batch)) } else { self.append_one(batch) }
                },
            )
            .collect()
    }

    /// Appends while something goes wrong. Every batch of the call shares the fault, as they share the write.
    pub fn append_with(
        &mut self,
        fault: Option<Fault>,
        batches: Vec<WorldBatch>,
    ) -> Vec<Result<CommitNo, AppendError>> {
        match fault {
            None | Some(Fault::Delay) => self.append(batches),
            Some(Fault::FailBeforeCommit | Fault::Unavailable) => {
                let no = AppendError::Unavailable("the disk is gone (injected)".to_owned());
                vec![Err(no); batches.len()]
            }
            Some(Fault::CommitThenUnknown) => {
                self.append(batches).into_iter().map(|ending| ending.and_then(|_| unknown())).collect()
            }
            Some(Fault::LostThenUnknown) => batches.iter().map(|_| unknown()).collect(),
            Some(Fault::LandLate) => {
                let endings = batches.iter().map(|_| unknown()).collect();
                self.late.extend(batches);
                endings
            }
        }
    }

    /// Lets the writes arrive that [`Fault::LandLate`] held back, in order. Returns how each ended; nobody else will
    /// ever be told.
    pub fn land_late(&mut self) -> Vec<Result<CommitNo, AppendError>> {
        std::mem::take(&mut self.late).into_iter().map(|batch| self.append_one(batch)).collect()
    }

    fn append_one(&mut self, batch: WorldBatch) -> Result<CommitNo, AppendError> {
        check::form(&batch)?;
        let known = self.worlds.get(&batch.world);
        check::against(&batch, &known.map_or_else(Head::default, |log| log.head))?;
        if let Some(id) = check::repeated_command(&batch, |id| known.is_some_and(|log| log.on_line(id))) {
            return Err(check::duplicate(&batch, id));
        }
        let log = match self.worlds.get_mut(&batch.world) {
            Some(log) => log,
            None => self.worlds.entry(batch.world.clone()).or_default(),
        };
        log.push(batch);
        Ok(log.head.commit)
    }

    /// Where a world's log ends; `Head::default()` for a world that has none.
    #[must_use]
    pub fn head(&self, world: &WorldId) -> Head {
        self.worlds.get(world).map_or_else(Head::default, |log| log.head)
    }

    /// All commits of a world in order, void ones too, without copying.
    #[must_use]
    pub fn commits(&self, world: &WorldId) -> &[StoredCommit] {
        self.worlds.get(world).map_or(&[], |log| &log.commits)
    }

    /// Up to `limit` commits after `after`, in order, void ones too.
    #[must_use]
    pub fn read(&self, world: &WorldId, after: CommitNo, limit: u32) -> Vec<StoredCommit> {
        let commits = self.commits(world);
        let start = usize::try_from(after.get()).unwrap_or(usize::MAX).min(commits.len());
        let end = start.saturating_add(limit as usize).min(commits.len());
        commits[start..end].to_vec()
    }

    /// Every commit of this command id, in order, void ones too.
    #[must_use]
    pub fn find_command(&self, world: &WorldId, id: &CommandId) -> Vec<CommitNo> {
        self.worlds.get(world).and_then(|log| log.commands.get(id)).cloned().unwrap_or_default()
    }

    /// Index keys of all commands with their commit, up to `up_to`, in commit order.
    #[must_use]
    pub fn command_index(&self, world: &WorldId, up_to: CommitNo) -> Vec<(u64, CommitNo)> {
        let Some(log) = self.worlds.get(world) else { return Vec::new() };
        let end = log.index.partition_point(|&(_, commit)| commit <= up_to);
        log.index[..end].to_vec()
    }

    /// Every rewind of a world, in commit order.
    #[must_use]
    pub fn rewinds(&self, world: &WorldId) -> &[Rewind] {
        self.worlds.get(world).map_or(&[], |log| &log.rewinds)
    }

    /// All worlds, by name.
    #[must_use]
    pub fn worlds(&self) -> Vec<WorldHead> {
        self.worlds.iter().map(|(world, log)| WorldHead { world: world.clone(), head: log.head }).collect()
    }

    /// Reaches past every guard to the stored commits of a world, for tests of what finds tampering. Heads and
    /// indexes are left as they are.
    #[doc(hidden)]
    pub fn tamper(&mut self, world: &WorldId) -> Option<&mut Vec<StoredCommit>> {
        self.worlds.get_mut(world).map(|log| &mut log.commits)
    }
}

fn unknown() -> Result<CommitNo, AppendError> {
    Err(AppendError::OutcomeUnknown("the answer was lost (injected)".to_owned()))
}
