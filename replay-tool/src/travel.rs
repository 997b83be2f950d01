//! Time travel: the fold of a world's record at any of its commits.

use std::pin::pin;

use event_store::{EventStore, Head, SnapshotStore};
use games_registry::{Fold, Watch, World};
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, LiveLine, StoredCommit, WorldId};
use tokio_stream::StreamExt;

use crate::error::ToolError;

/// A world's log as the tools read it.
#[derive(Debug, Clone)]
pub struct Log<'a, S> {
    /// The store.
    pub store: &'a S,
    /// The world.
    pub world: WorldId,
    /// Where the log ends.
    pub head: Head,
    /// Which commits are live.
    pub live: LiveLine,
}

/// How far a fold is: commits read, commits to read.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);

impl<'a, S: EventStore + SnapshotStore> Log<'a, S> {
    /// Opens a world's log.
    ///
    /// # Errors
    /// There is no such world, or the log can not be read.
    pub async fn open(store: &'a S, world: &WorldId) -> Result<Self, ToolError> {
        let head = store.head(world).await?;
        if head.commit == CommitNo::ZERO {
            return Err(ToolError::UnknownWorld(world.clone()));
        }
        let live = LiveLine::new(store.rewinds(world).await?);
        Ok(Self { store, world: world.clone(), head, live })
    }

    /// One commit.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn commit(&self, commit: CommitNo) -> Result<StoredCommit, ToolError> {
        let found = self.store.read(&self.world, commit.prev(), 1).await?.pop();
        found.filter(|stored| stored.commit == commit).ok_or_else(|| ToolError::BadPoint {
            text: format!("c{commit}"),
            problem: format!("the log ends at commit {}", self.head.commit),
        })
    }

    /// Calls `each` with every commit from `after` on, up to `up_to`, in order, void ones too, each
    /// checked by itself.
    ///
    /// # Errors
    /// Those of the store and of `each`.
    pub async fn each(
        &self,
        after: CommitNo,
        up_to: CommitNo,
        mut each: impl FnMut(&CheckedCommit) -> Result<(), ToolError>,
    ) -> Result<(), ToolError> {
        let mut at = after;
        let mut pages = pin!(self.store.scan(&self.world, after, up_to));
        while let Some(page) = pages.next().await {
            for checked in page? {
                each(&checked)?;
                at = checked.commit;
            }
        }
        if at < up_to {
            return Err(ToolError::Input(format!("commit {} is missing from the log", at.next())));
        }
        Ok(())
    }

    /// The world as it stood when `commit` was its newest: the fold of all commits up to it, without those that rewinds
    /// up to it have made void. Begins with a snapshot where one proves itself, unless `from_start`.
    ///
    /// # Errors
    /// The log can not be read or folded.
    pub async fn world_at(
        &self,
        commit: CommitNo,
        from_start: bool,
        progress: Progress<'_>,
    ) -> Result<Box<dyn World>, ToolError> {
        let mut fold = self.begin(commit, from_start).await?;
        let first = fold.commit().get();
        let (after, total) = (fold.commit(), commit.get() - first);
        self.each(after, commit, |stored| {
            fold.push_checked(stored, None)?;
            if stored.commit.get().is_multiple_of(512) {
                progress(stored.commit.get() - first, total);
            }
            Ok(())
        })
        .await?;
        progress(total, total);
        fold.finish().ok_or_else(|| ToolError::UnknownWorld(self.world.clone()))
    }

    async fn begin(&self, commit: CommitNo, from_start: bool) -> Result<Fold, ToolError> {
        let from_first = Fold::new(self.live.clone(), commit);
        if from_start {
            return Ok(from_first);
        }
        let mut first = Fold::new(self.live.clone(), CommitNo::new(1));
        first.push(&self.commit(CommitNo::new(1)).await?, None)?;
        let Some(game) = first.world().map(World::game) else { return Ok(from_first) };
        let key = game.state_key();
        let found = event_store::load_snapshot(self.store, &self.world, &self.live, commit, &key).await?;
        let restored = found.and_then(|snapshot| game.restore(&self.world, &snapshot.bytes).ok());
        Ok(restored.map_or(from_first, |world| Fold::resume(self.live.clone(), commit, world)))
    }

    /// Goes on from a world folded to one commit to a later one of the same line, and collects what was touched.
    ///
    /// # Errors
    /// The log can not be read or folded.
    pub async fn go_on(
        &self,
        world: Box<dyn World>,
        to: CommitNo,
        watch: &mut Watch,
    ) -> Result<Box<dyn World>, ToolError> {
        let from = world.cursor().commit;
        let mut fold = Fold::resume(self.live.clone(), to, world);
        self.each(from, to, |stored| {
            fold.push_checked(stored, Some(watch))?;
            Ok(())
        })
        .await?;
        fold.finish().ok_or_else(|| ToolError::UnknownWorld(self.world.clone()))
    }
}
