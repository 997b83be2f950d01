//! A log copied from one engine to another, byte for byte.

use futures_util::StreamExt;
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, Hash, StoredCommit, WorldId};

use crate::{
    AppendError, BATCH_COMMITS_MAX, CheckpointStore, EventStore, ReadError, WorldBatch, WorldHead,
    verify_world,
};

/// What a copy has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopyReport {
    /// Worlds in the source.
    pub worlds: u64,
    /// Commits that were copied.
    pub copied: u64,
    /// Commits that the target had already.
    pub there: u64,
    /// Signed checkpoints in the source, all of them in the target now.
    pub checkpoints: u64,
}

/// Why a copy has ended early. What was copied until then is whole; the same copy again goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The source can not be read, or the target can not be read back.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// The target does not take what was read.
    #[error("{world}: {error}")]
    Append {
        /// The world.
        world: WorldId,
        /// What the target says.
        error: AppendError,
    },
    /// The target holds other commits of this world than the source.
    #[error(
        "{world}: from commit {commit} on the target holds another record. Copy into an empty log, or one that was copied from this source."
    )]
    Differs {
        /// The world.
        world: WorldId,
        /// The last commit that the target has.
        commit: CommitNo,
    },
    /// What was copied does not verify in the target, or does not end as the source does.
    #[error("{world}: the copy is not sound: {problem}. Keep the source, throw the copy away.")]
    Unsound {
        /// The world.
        world: WorldId,
        /// What is wrong.
        problem: String,
    },
}

impl CopyError {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) | Self::Append { .. } => "STORE_UNAVAILABLE",
            Self::Differs { .. } => "COPY_DIFFERS",
            Self::Unsound { .. } => "CHAIN_BROKEN",
        }
    }
}

/// Copies every world, every commit byte for byte, and every signed checkpoint, up to where each world ended when the
/// copy began; then reads the target back and checks chain and ends. `told` hears of every world when it is done.
///
/// Nobody may write to the target meanwhile. Done again it adds what came in since. Snapshots are a cache and stay behind.
///
/// # Errors
/// See [`CopyError`].
pub async fn copy_log<F, T>(from: &F, to: &T, told: impl Fn(&WorldHead)) -> Result<CopyReport, CopyError>
where
    F: EventStore + CheckpointStore,
    T: EventStore + CheckpointStore,
{
    let mut report = CopyReport::default();
    for end in from.worlds().await? {
        copy_world(from, to, &end, &mut report).await?;
        let faults = |problem: String| CopyError::Unsound { world: end.world.clone(), problem };
        let verified = verify_world(to, &end.world, CommitNo::ZERO, None).await?;
        if let Some(fault) = verified.faults.first() {
            return Err(faults(format!("{fault:?}")));
        }
        if hash_at(to, &end.world, end.head.commit).await? != Some(end.head.hash) {
            return Err(faults(format!("commit {} has another hash than in the source", end.head.commit)));
        }
        for checkpoint in from.checkpoints(&end.world).await? {
            to.save_checkpoint(checkpoint).await?;
            report.checkpoints += 1;
        }
        report.worlds += 1;
        told(&end);
    }
    Ok(report)
}

async fn hash_at<S: EventStore>(
    store: &S,
    world: &WorldId,
    commit: CommitNo,
) -> Result<Option<Hash>, ReadError> {
    let read = store.read(world, commit.prev(), 1).await?;
    Ok(read.first().filter(|found| found.commit == commit).map(|found| found.hash))
}

async fn copy_world<F: EventStore, T: EventStore>(
    from: &F,
    to: &T,
    end: &WorldHead,
    report: &mut CopyReport,
) -> Result<(), CopyError> {
    let world = &end.world;
    let there = to.head(world).await?;
    if there.commit > CommitNo::ZERO && hash_at(from, world, there.commit).await? != Some(there.hash) {
        return Err(CopyError::Differs { world: world.clone(), commit: there.commit });
    }
    report.there += there.commit.get();
    let mut pages = std::pin::pin!(from.scan(world, there.commit, end.head.commit));
    while let Some(page) = pages.next().await {
        let commits: Vec<StoredCommit> =
            page?.iter().map(|checked: &CheckedCommit| (**checked).clone()).collect();
        for batch in batches(to, world, commits) {
            report.copied += batch.commits.len() as u64;
            for ending in to.append(vec![batch]).await {
                ending.map_err(|error| CopyError::Append { world: world.clone(), error })?;
            }
        }
    }
    Ok(())
}

/// Cuts commits into batches: of one epoch each, and within the limits of what the target takes.
fn batches<T: EventStore>(to: &T, world: &WorldId, commits: Vec<StoredCommit>) -> Vec<WorldBatch> {
    let mut batches: Vec<WorldBatch> = Vec::new();
    let mut bytes = 0;
    for commit in commits {
        let more = to.commit_bytes(&commit);
        match batches.last_mut() {
            Some(batch)
                if batch.epoch == commit.epoch
                    && batch.commits.len() < BATCH_COMMITS_MAX
                    && bytes + more <= to.batch_bytes_max() =>
            {
                bytes += more;
                batch.commits.push(commit);
            }
            _ => {
                bytes = more;
                let (expected, epoch) = (commit.commit.prev(), commit.epoch);
                batches.push(WorldBatch { world: world.clone(), expected, epoch, commits: vec![commit] });
            }
        }
    }
    batches
}
