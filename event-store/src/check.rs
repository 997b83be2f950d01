//! What makes a batch fit to be appended, in one place for all engines.
//!
//! Two halves: [`form`] needs nothing but the batch, [`against`] needs the head of the log. Together they check what
//! [`EventStore::append`](crate::EventStore::append) promises, in its order; the duplicate command is left to the
//! engine, which alone knows the record.

use std::collections::HashSet;

use schemas::{CommitNo, StoredCommit};

use crate::{AppendError, BATCH_COMMITS_MAX, Head, WorldBatch};

/// The most bytes (header and body together) that one commit may have: 8 MiB.
pub const COMMIT_BYTES_MAX: usize = 8 << 20;

/// The most bytes (headers and bodies together) that one batch may have: 64 MiB.
pub const BATCH_BYTES_MAX: usize = 64 << 20;

/// Numbers are kept as signed 64-bit integers by the SQL engines; nothing comes near this in use.
const NUMBER_MAX: u64 = i64::MAX as u64;

fn refuse(text: String) -> AppendError {
    AppendError::Unavailable(text)
}

/// Which batches of one call name a world that an earlier batch of the call names too.
#[must_use]
pub fn repeated_worlds(batches: &[WorldBatch]) -> Vec<bool> {
    if batches.len() < 2 {
        return vec![false; batches.len()];
    }
    let mut seen = HashSet::with_capacity(batches.len());
    batches.iter().map(|batch| !seen.insert(&batch.world)).collect()
}

/// The refusal of a batch that [`repeated_worlds`] has found.
#[must_use]
pub fn repeated(batch: &WorldBatch) -> AppendError {
    refuse(format!("{} stands twice in one call", batch.world))
}

/// The refusal of a batch that brings a command id for the second time on one line.
#[must_use]
pub fn duplicate(batch: &WorldBatch, command: &str) -> AppendError {
    refuse(format!("{}: command {command} is on the record already", batch.world))
}

/// Checks everything that needs no log: number of commits, numbering on from `expected`, positions, links, epoch
/// and size.
///
/// # Errors
/// [`AppendError::Unavailable`], with the rule that is broken and the commit that breaks it.
pub fn form(batch: &WorldBatch) -> Result<(), AppendError> {
    let count = batch.commits.len();
    if count == 0 || count > BATCH_COMMITS_MAX {
        return Err(refuse(format!(
            "{}: a batch has 1 to {BATCH_COMMITS_MAX} commits, not {count}",
            batch.world
        )));
    }
    if batch.epoch.get() > NUMBER_MAX || batch.expected.get() > NUMBER_MAX - BATCH_COMMITS_MAX as u64 {
        return Err(refuse(format!("{}: a number is too large", batch.world)));
    }
    let mut number = batch.expected;
    let mut bytes = 0;
    let mut before: Option<&StoredCommit> = None;
    for commit in &batch.commits {
        number = number.next();
        if let Some(rule) = broken_rule(batch, commit, number, before) {
            return Err(refuse(format!("{}, commit {}: {rule}", batch.world, commit.commit)));
        }
        bytes += commit.header.len() + commit.body.len();
        before = Some(commit);
    }
    if bytes > BATCH_BYTES_MAX {
        return Err(refuse(format!(
            "{}: the batch has {bytes} bytes, more than the {BATCH_BYTES_MAX} that one may have",
            batch.world
        )));
    }
    Ok(())
}

fn broken_rule(
    batch: &WorldBatch,
    commit: &StoredCommit,
    number: CommitNo,
    before: Option<&StoredCommit>,
) -> Option<String> {
    if commit.world != batch.world {
        return Some(format!("it is of world {}", commit.world));
    }
    if commit.commit != number {
        return Some(format!("commit {number} was due here"));
    }
    if commit.epoch != batch.epoch {
        return Some(format!("its epoch is {}, the batch's {}", commit.epoch, batch.epoch));
    }
    if commit.first.get() == 0 || commit.first.get() > NUMBER_MAX - u64::from(u32::MAX) {
        return Some(format!("there is no position {}", commit.first));
    }
    if let Some(before) = before {
        if commit.first != before.last().next() {
            return Some(format!("position {} was due here, not {}", before.last().next(), commit.first));
        }
        if commit.prev != before.hash {
            return Some("it is not linked to the commit before it".to_owned());
        }
    }
    if commit.rewinds_to.is_some_and(|to| to >= commit.commit) {
        return Some("it rewinds to a commit that is not before it".to_owned());
    }
    let bytes = commit.header.len() + commit.body.len();
    if bytes > COMMIT_BYTES_MAX {
        return Some(format!("it has {bytes} bytes, more than the {COMMIT_BYTES_MAX} that one may have"));
    }
    None
}

/// Checks a well-formed batch against the head of its world's log: epoch, then expected version, then that position
/// and link go on from there.
///
/// # Errors
/// [`AppendError::Fenced`], [`AppendError::WrongExpectedVersion`], or [`AppendError::Unavailable`] for a batch that
/// stands at the right number but does not continue this log.
pub fn against(batch: &WorldBatch, head: &Head) -> Result<(), AppendError> {
    if batch.epoch < head.epoch {
        return Err(AppendError::Fenced { current: head.epoch });
    }
    if batch.expected != head.commit {
        return Err(AppendError::WrongExpectedVersion { actual: head.commit });
    }
    let Some(first) = batch.commits.first() else {
        return Err(refuse(format!("{}: the batch is empty", batch.world)));
    };
    if first.first != head.position.next() {
        let due = head.position.next();
        return Err(refuse(format!(
            "{}, commit {}: position {due} was due here, not {}",
            batch.world, first.commit, first.first
        )));
    }
    if first.prev != head.hash {
        return Err(refuse(format!(
            "{}, commit {}: it is not linked to the commit before it",
            batch.world, first.commit
        )));
    }
    Ok(())
}

/// The head of a world's log once a batch has been appended to it.
#[must_use]
pub fn head_after(batch: &WorldBatch, before: &Head) -> Head {
    batch.commits.last().map_or(*before, |last| Head {
        commit: last.commit,
        position: last.last(),
        hash: last.hash,
        epoch: last.epoch,
    })
}

/// The first command id that stands twice in a batch without a rewind in between, or that `on_record` finds on the
/// line to which the batch adds. A commit that rewinds belongs to the line that it begins.
pub fn repeated_command(
    batch: &WorldBatch,
    mut on_record: impl FnMut(&schemas::CommandId) -> bool,
) -> Option<&str> {
    let mut seen = HashSet::with_capacity(batch.commits.len());
    let mut same_line = true;
    for commit in &batch.commits {
        if commit.rewinds_to.is_some() {
            seen.clear();
            same_line = false;
        }
        if let Some(id) = &commit.command
            && (!seen.insert(id.as_str()) || (same_line && on_record(id)))
        {
            return Some(id.as_str());
        }
    }
    None
}
