//! Reading the log page by page.

use event_store::EventStore;
use schemas::{Cause, CommitNo, LiveLine, StoredCommit, WorldId};

use crate::error::ProjectionError;

/// Commits in one page: enough to make reading cheap, few enough to stay in the cache.
pub(crate) const PAGE: u32 = 512;

/// The commits after `after` up to `up_to`, at most one page.
pub(crate) async fn page<S: EventStore>(
    store: &S,
    world: &WorldId,
    after: CommitNo,
    up_to: CommitNo,
) -> Result<Vec<StoredCommit>, ProjectionError> {
    let left = up_to.get().saturating_sub(after.get()).min(u64::from(PAGE));
    if left == 0 {
        return Ok(Vec::new());
    }
    Ok(store.read(world, after, u32::try_from(left).unwrap_or(PAGE)).await?)
}

/// The live line as it was known when `as_of` was the newest commit.
pub(crate) async fn live_line<S: EventStore>(
    store: &S,
    world: &WorldId,
    as_of: CommitNo,
) -> Result<LiveLine, ProjectionError> {
    let rewinds = store.rewinds(world).await?;
    Ok(LiveLine::new(rewinds.into_iter().filter(|rewind| rewind.at <= as_of).collect()))
}

/// The commit that ends a rewind, looked for after commit `after`; else how far the log was looked through.
pub(crate) async fn rewind_end<S: EventStore>(
    store: &S,
    world: &WorldId,
    after: CommitNo,
) -> Result<Result<CommitNo, CommitNo>, ProjectionError> {
    let mut seen = after;
    loop {
        let commits = page(store, world, seen, CommitNo::new(u64::MAX)).await?;
        let Some(last) = commits.last() else { return Ok(Err(seen)) };
        seen = last.commit;
        for stored in commits.iter().filter(|stored| stored.command.is_none() && stored.events > 0) {
            let header = stored.read_header().map_err(|e| ProjectionError::Poison {
                world: world.clone(),
                commit: stored.commit,
                problem: e.to_string(),
            })?;
            if header.cause == Cause::RewindEnd {
                return Ok(Ok(stored.commit));
            }
        }
    }
}

/// Up to which commit the log can be published: its head, or where it stood before a rewind that is still under way.
pub(crate) async fn publishable<S: EventStore>(
    store: &S,
    world: &WorldId,
    head: CommitNo,
) -> Result<CommitNo, ProjectionError> {
    let live = live_line(store, world, head).await?;
    let Some(last) = live.rewinds().last() else { return Ok(head) };
    match rewind_end(store, world, last.at).await? {
        Ok(end) if end <= head => Ok(head),
        Ok(_) | Err(_) => Ok(last.at.prev()),
    }
}
