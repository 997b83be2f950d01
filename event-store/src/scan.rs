//! Whole records, page by page: what engines share that read ahead of whoever folds.

use futures_util::stream;
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, StoredCommit, WorldId};
use tokio_stream::Stream;

use crate::{EventStore, ReadError};

/// Commits of a page: enough to make reading cheap, few enough to stay in the cache.
pub const PAGE: u32 = 512;

/// Where a scan is, and the checks of every commit that passes.
#[derive(Debug, Clone)]
pub struct Cursor {
    /// The world that is read.
    pub world: WorldId,
    /// The last commit that was found good.
    pub after: CommitNo,
    up_to: CommitNo,
}

impl Cursor {
    /// A scan of the commits after one up to another.
    #[must_use]
    pub const fn new(world: WorldId, after: CommitNo, up_to: CommitNo) -> Self {
        Self { world, after, up_to }
    }

    /// How many commits to read next; none when all are read.
    #[must_use]
    pub fn wanted(&self) -> Option<u32> {
        u32::try_from(self.left().min(u64::from(PAGE))).ok().filter(|&left| left > 0)
    }

    /// The last commit to read.
    #[must_use]
    pub const fn up_to(&self) -> CommitNo {
        self.up_to
    }

    /// How many commits are to be read still, if the log has them.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.up_to.get().saturating_sub(self.after.get())
    }

    /// Checks what was read; none at the end of the log. What stands before a broken commit comes first, the error with
    /// the next page.
    pub fn page(&mut self, read: Vec<StoredCommit>) -> Option<Result<Vec<CheckedCommit>, ReadError>> {
        let mut page = Vec::with_capacity(read.len());
        for stored in read {
            let commit = self.after.next();
            let problem = if stored.commit == commit {
                match CheckedCommit::new(stored) {
                    Ok(checked) => {
                        self.after = commit;
                        page.push(checked);
                        continue;
                    }
                    Err(broken) => broken.to_string(),
                }
            } else {
                format!(
                    "commit {} follows commit {}, which leaves a gap or repeats one",
                    stored.commit, self.after
                )
            };
            if !page.is_empty() {
                break;
            }
            return Some(Err(ReadError::Broken { world: self.world.clone(), commit, problem }));
        }
        (!page.is_empty()).then_some(Ok(page))
    }
}

/// Reads a page when it is asked for.
pub(crate) fn pages<S: EventStore>(
    store: &S,
    world: WorldId,
    after: CommitNo,
    up_to: CommitNo,
) -> impl Stream<Item = Result<Vec<CheckedCommit>, ReadError>> + Send {
    stream::unfold(Some(Cursor::new(world, after, up_to)), move |cursor| async move {
        let mut cursor = cursor?;
        let read = store.read(&cursor.world, cursor.after, cursor.wanted()?).await;
        let page = match read {
            Ok(read) => cursor.page(read)?,
            Err(error) => Err(error),
        };
        let next = page.is_ok().then_some(cursor);
        Some((page, next))
    })
}
