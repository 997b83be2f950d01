//! What a subscriber missed, from the log: the same commits, with the same audiences, as were published live.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use event_store::{EventStore, Head, SnapshotStore};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use games_core::Audience;
use games_registry::Fold;
use kernel::io::{LoadError, Published};
use schemas::codec::DecodeError;
use schemas::commit::CheckedCommit;
use schemas::live::Rewind;
use schemas::{CommitNo, LiveLine, Position, StoredCommit, WorldId};

use crate::load::{game_of, poison, unavailable};

/// How many commits are read at a time.
const PAGE: u32 = 256;

/// How far a subscriber is, and the fold that tells who may see what comes next.
#[derive(Default)]
pub(crate) struct Cursor {
    /// The last commit that the subscriber has, or could have had.
    pub(crate) after: CommitNo,
    /// The last event that the subscriber has; those of the commit after `after` up to it are left out.
    pub(crate) seen: Position,
    /// The world at `after`, and up to where it is to be read. None between readings.
    reading: Option<(Fold, CommitNo)>,
}

impl Cursor {
    /// A subscriber who has everything up to a commit.
    pub(crate) fn at(head: &Head) -> Self {
        Self { after: head.commit, seen: head.position, reading: None }
    }
}

/// The log as subscribers need it, whatever the engine.
pub(crate) trait History: Send + Sync {
    /// Where a world's log ends.
    fn head<'a>(&'a self, world: &'a WorldId) -> BoxFuture<'a, Result<Head, LoadError>>;

    /// All seasons, by name.
    fn seasons(&self) -> BoxFuture<'_, Result<BTreeSet<WorldId>, LoadError>>;

    /// The cursor of a subscriber who has every event up to `position`.
    fn cursor<'a>(
        &'a self,
        world: &'a WorldId,
        position: Position,
    ) -> BoxFuture<'a, Result<Cursor, LoadError>>;

    /// The next commits on the live line, oldest first; empty once the cursor is as far as anybody may be told. A rewind
    /// and what follows it are told when it is carried out, and not before.
    fn next<'a>(
        &'a self,
        world: &'a WorldId,
        cursor: &'a mut Cursor,
    ) -> BoxFuture<'a, Result<Vec<Published>, LoadError>>;
}

/// The history in a store. It does not keep the store open: that is the service's.
pub(crate) struct StoreHistory<S>(pub(crate) Weak<S>);

impl<S: EventStore + SnapshotStore> History for StoreHistory<S> {
    fn head<'a>(&'a self, world: &'a WorldId) -> BoxFuture<'a, Result<Head, LoadError>> {
        async move { self.reader()?.head(world).await }.boxed()
    }

    fn seasons(&self) -> BoxFuture<'_, Result<BTreeSet<WorldId>, LoadError>> {
        async move {
            let all = self.reader()?.0.worlds().await.map_err(unavailable)?;
            Ok(all.into_iter().map(|head| head.world).filter(|world| !world.is_reserved()).collect())
        }
        .boxed()
    }

    fn cursor<'a>(
        &'a self,
        world: &'a WorldId,
        position: Position,
    ) -> BoxFuture<'a, Result<Cursor, LoadError>> {
        async move {
            let reader = self.reader()?;
            let head = reader.head(world).await?;
            // The last commit whose events are all at or before the position.
            let (mut low, mut high) = (0, head.commit.get());
            while low < high {
                let middle = low + (high - low).div_ceil(2);
                if reader.commit(world, CommitNo::new(middle)).await?.last() <= position {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            Ok(Cursor { after: CommitNo::new(low), seen: position, reading: None })
        }
        .boxed()
    }

    fn next<'a>(
        &'a self,
        world: &'a WorldId,
        cursor: &'a mut Cursor,
    ) -> BoxFuture<'a, Result<Vec<Published>, LoadError>> {
        async move {
            let reader = self.reader()?;
            let mut found = Vec::new();
            while found.is_empty() {
                let (mut fold, until) = match cursor.reading.take() {
                    Some(reading) => reading,
                    None => match reader.begin(world, cursor.after).await? {
                        Some(reading) => reading,
                        None => return Ok(found),
                    },
                };
                for stored in reader.page(world, cursor.after, until).await? {
                    let commit = stored.commit;
                    let checked = CheckedCommit::new(stored)
                        .map_err(|e| LoadError::Poison(format!("commit {commit}: {e}")))?;
                    let live = fold.push_checked(&checked, None).map_err(|e| poison(&e))?;
                    cursor.after = commit;
                    if live {
                        let audiences = audiences(&fold, &checked)?;
                        found.push(Published { stored: Arc::new(checked), audiences });
                    }
                }
                if cursor.after < until {
                    cursor.reading = Some((fold, until));
                }
            }
            Ok(found)
        }
        .boxed()
    }
}

impl<S: EventStore + SnapshotStore> StoreHistory<S> {
    fn reader(&self) -> Result<Reader<S>, LoadError> {
        self.0.upgrade().map(Reader).ok_or_else(|| LoadError::Unavailable("the log is closed".to_owned()))
    }
}

/// The store while something is read from it.
struct Reader<S>(Arc<S>);

impl<S: EventStore + SnapshotStore> Reader<S> {
    async fn head(&self, world: &WorldId) -> Result<Head, LoadError> {
        self.0.head(world).await.map_err(unavailable)
    }

    async fn commit(&self, world: &WorldId, commit: CommitNo) -> Result<StoredCommit, LoadError> {
        let found = self.0.read(world, commit.prev(), 1).await.map_err(unavailable)?.pop();
        found.ok_or_else(|| LoadError::Poison(format!("commit {commit} is missing")))
    }

    async fn page(
        &self,
        world: &WorldId,
        after: CommitNo,
        until: CommitNo,
    ) -> Result<Vec<StoredCommit>, LoadError> {
        let mut page = self.0.read(world, after, PAGE).await.map_err(unavailable)?;
        page.retain(|stored| stored.commit <= until);
        if page.is_empty() && after < until {
            return Err(LoadError::Poison(format!("commit {} is missing", after.next())));
        }
        Ok(page)
    }

    /// Folds the world to `after`, as seen from as far as anybody may be told; none when that is no further.
    async fn begin(&self, world: &WorldId, after: CommitNo) -> Result<Option<(Fold, CommitNo)>, LoadError> {
        let head = self.head(world).await?.commit;
        let mut rewinds = self.0.rewinds(world).await.map_err(unavailable)?;
        rewinds.retain(|rewind| rewind.at <= head);
        let until = match rewinds.last() {
            Some(rewind) if !self.is_carried_out(world, *rewind, head).await? => rewind.at.prev(),
            Some(_) | None => head,
        };
        if until <= after {
            return Ok(None);
        }
        let live = LiveLine::new(rewinds);
        let mut fold = self.snapshot(world, &live, after, until).await?;
        while fold.commit() < after {
            for stored in self.page(world, fold.commit(), after).await? {
                fold.push(&stored, None).map_err(|e| poison(&e))?;
            }
        }
        Ok(Some((fold, until)))
    }

    /// A fold from a snapshot at or before `after` that counts as of `until`, or from the start.
    async fn snapshot(
        &self,
        world: &WorldId,
        live: &LiveLine,
        after: CommitNo,
        until: CommitNo,
    ) -> Result<Fold, LoadError> {
        if after > CommitNo::ZERO
            && let Some(game) = game_of(&*self.0, world).await.map_err(unavailable)?
            && let Some(snapshot) =
                event_store::load_snapshot(&*self.0, world, live, after, &game.state_key())
                    .await
                    .map_err(unavailable)?
            && live.is_live_as_of(snapshot.commit, until)
            && let Ok(restored) = game.restore(world, &snapshot.bytes)
        {
            return Ok(Fold::resume(live.clone(), until, restored));
        }
        Ok(Fold::new(live.clone(), until))
    }

    /// Whether a rewind has been completed.
    async fn is_carried_out(
        &self,
        world: &WorldId,
        rewind: Rewind,
        head: CommitNo,
    ) -> Result<bool, LoadError> {
        let mut at = rewind.at;
        while at < head {
            for stored in self.page(world, at, head).await? {
                if ends_rewind(&stored) {
                    return Ok(true);
                }
                at = stored.commit;
            }
        }
        Ok(false)
    }
}

/// Whether a commit completes a rewind.
pub(crate) fn ends_rewind(stored: &StoredCommit) -> bool {
    stored.read_header().is_ok_and(|header| header.events.iter().any(|e| e.kind == "RewindCompleted"))
}

/// Who may see each event of a commit that has just been folded: what was decided when it was written.
fn audiences(fold: &Fold, commit: &CheckedCommit) -> Result<Vec<Audience>, LoadError> {
    let broken = |e: DecodeError| LoadError::Poison(format!("commit {}: {e}", commit.commit));
    let Some(world) = fold.world() else { return Ok(Vec::new()) };
    commit.opened().events().map(|e| world.audience(e.kind, e.version, e.payload).map_err(broken)).collect()
}
