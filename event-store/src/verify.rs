//! Checking a whole world: the chain, the head, and the signed checkpoints.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use schemas::{CommitNo, StoredCommit, WorldId};

use crate::chain::{ChainCheck, ChainFault, FaultKind};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::{EventStore, ReadError};

/// Commits that are read at a time.
const PAGE: u32 = 1024;

/// What a check of a world has found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// The world.
    pub world: WorldId,
    /// The check began after this commit.
    pub from: CommitNo,
    /// How many commits were read.
    pub commits: u64,
    /// The last commit that was found.
    pub last: CommitNo,
    /// How many checkpoints are genuine and agree with the record.
    pub checkpoints: usize,
    /// The newest of them: up to it no change can have gone unnoticed; after it the chain alone speaks.
    pub proven_to: Option<CommitNo>,
    /// What is wrong, in the order of the commits.
    pub faults: Vec<ChainFault>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// The checkpoints on which a check relies, and the key that must have signed them.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// Checkpoints from outside the database, or from anywhere: others than this world's are passed over.
    pub checkpoints: &'a [SignedCheckpoint],
    /// The server's public key, known from elsewhere than the checkpoints.
    pub key: &'a VerifyingKey,
}

/// Checks a world's record after commit `from` (zero for all of it; else that commit itself is taken for good), as
/// far as the log goes and against every checkpoint after `from`.
///
/// Finds every commit changed, missing, added or put elsewhere up to the newest checkpoint, even when whoever did it
/// recomputed every hash or cut the log off; after that, what the chain and the head show.
///
/// # Errors
/// When the log can not be read at all. A damaged commit is no error but a fault.
pub async fn verify_world<S: EventStore>(
    store: &S,
    world: &WorldId,
    from: CommitNo,
    witness: Option<Witness<'_>>,
) -> Result<VerifyReport, ReadError> {
    let mut check = begin(store, world, from).await?;
    let mut signed = Signed::new(world, from, witness, &mut check);
    let mut after = from;
    let mut commits = 0;
    let whole = loop {
        let page = match store.read(world, after, PAGE).await {
            Ok(page) => page,
            Err(ReadError::Broken { commit, problem, .. }) => {
                check.fault(commit, None, FaultKind::Unreadable, problem);
                break false;
            }
            Err(error @ ReadError::Unavailable(_)) => return Err(error),
        };
        let Some(last) = page.last() else { break true };
        // A file so wrecked that numbers go back must not be read for ever.
        let goes_on = last.commit > after;
        after = last.commit.max(after);
        commits += page.len() as u64;
        for commit in &page {
            let number = check.push(commit);
            signed.pass(number, commit, &mut check);
        }
        if !goes_on {
            break true;
        }
    };
    if whole {
        let head = store.head(world).await?;
        let last = check.top();
        compare_head(&mut check, last, head.commit);
        signed.end(last, &mut check);
    }
    let (checkpoints, proven_to) = (signed.good, signed.proven);
    Ok(VerifyReport {
        world: world.clone(),
        from,
        commits,
        last: after,
        checkpoints,
        proven_to,
        faults: check.finish(),
    })
}

async fn begin<S: EventStore>(store: &S, world: &WorldId, from: CommitNo) -> Result<ChainCheck, ReadError> {
    if from == CommitNo::ZERO {
        return Ok(ChainCheck::new(world));
    }
    let page = store.read(world, from.prev(), 1).await?;
    match page.first().filter(|commit| commit.commit == from) {
        Some(anchor) => Ok(ChainCheck::after(world, from, anchor.last(), anchor.hash)),
        None => {
            let problem = "the check was to begin here, but the commit is not there".to_owned();
            Err(ReadError::Broken { world: world.clone(), commit: from, problem })
        }
    }
}

fn compare_head(check: &mut ChainCheck, last: CommitNo, head: CommitNo) {
    if head > last {
        let text = format!("the log should go on to commit {head}, but ends at {last}");
        check.fault(last.next(), None, FaultKind::Missing, text);
    } else if head < last {
        let text = format!("the log should end at commit {head}, but goes on to {last}");
        check.fault(head.next(), None, FaultKind::Added, text);
    }
}

/// The genuine checkpoints still to come, by commit.
struct Signed {
    coming: BTreeMap<CommitNo, Vec<Checkpoint>>,
    good: usize,
    last_good: CommitNo,
    proven: Option<CommitNo>,
}

impl Signed {
    fn new(world: &WorldId, from: CommitNo, witness: Option<Witness<'_>>, check: &mut ChainCheck) -> Self {
        let mut coming: BTreeMap<CommitNo, Vec<Checkpoint>> = BTreeMap::new();
        if let Some(Witness { checkpoints, key }) = witness {
            for one in checkpoints.iter().filter(|one| one.checkpoint.world == *world) {
                let (commit, position) = (one.checkpoint.commit, one.checkpoint.position);
                match one.verify(key) {
                    Ok(()) if commit > from => coming.entry(commit).or_default().push(one.checkpoint.clone()),
                    Ok(()) => {}
                    Err(error) => {
                        let text = format!("the checkpoint at this commit is not genuine: {error}");
                        check.fault(commit, Some(position), FaultKind::Checkpoint, text);
                    }
                }
            }
        }
        Self { coming, good: 0, last_good: from, proven: None }
    }

    fn pass(&mut self, number: CommitNo, commit: &StoredCommit, check: &mut ChainCheck) {
        for signed in self.coming.remove(&number).unwrap_or_default() {
            if signed.head_hash == commit.hash && signed.position == commit.last() {
                self.good += 1;
                self.last_good = self.last_good.max(number);
                self.proven = self.proven.max(Some(number));
                continue;
            }
            let text = format!(
                "it was signed with the hash {} at {}, but {} is recorded: a commit from {} to {number} was changed",
                signed.head_hash,
                signed.wall_ms,
                commit.hash,
                self.last_good.next(),
            );
            check.fault(number, Some(commit.first), FaultKind::Rewritten, text);
        }
    }

    /// Checkpoints beyond the end. (One before the end whose commit is missing needs no word: the chain tells.)
    fn end(&mut self, last: CommitNo, check: &mut ChainCheck) {
        let newest = self.coming.split_off(&last.next()).into_values().flatten().last();
        if let Some(signed) = newest {
            let text = format!(
                "commits {} to {} are gone: the last of them was signed at {}",
                last.next(),
                signed.commit,
                signed.wall_ms
            );
            check.fault(last.next(), None, FaultKind::Missing, text);
        }
    }
}
