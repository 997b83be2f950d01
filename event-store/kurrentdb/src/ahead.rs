//! Reading ahead: a task reads and checks while the pages before are folded.

use std::sync::Arc;

use event_store::ReadError;
use event_store::scan::{Cursor, PAGE};
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, StoredCommit, WorldId};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use crate::read::{More, Reader, SharedPlaces};

/// Commits that are read in one go: what is read is bounded, and who folds slowly does not keep a call open.
const SPAN: u64 = 4 * PAGE as u64;

/// Pages that may wait to be taken.
const WAITING_PAGES: usize = 4;

type Page = Result<Vec<CheckedCommit>, ReadError>;

/// The pages of a scan. The tasks end with the scan, or when nobody takes its pages any more.
pub(crate) fn pages(
    reader: Arc<Reader>,
    places: SharedPlaces,
    world: WorldId,
    after: CommitNo,
    up_to: CommitNo,
) -> impl Stream<Item = Page> + Send {
    let (pages, taken) = mpsc::channel(WAITING_PAGES);
    tokio::spawn(scan(reader, places, Cursor::new(world, after, up_to), pages));
    ReceiverStream::new(taken)
}

async fn scan(reader: Arc<Reader>, places: SharedPlaces, mut cursor: Cursor, pages: mpsc::Sender<Page>) {
    while cursor.left() > 0 {
        let wanted = usize::try_from(cursor.left().min(SPAN)).unwrap_or(usize::MAX);
        let mut read: Vec<StoredCommit> = Vec::with_capacity(wanted);
        let world = cursor.world.clone();
        let done = reader.each(&world, &places, cursor.after, |commit| {
            read.push(commit);
            if read.len() == wanted { More::Break(()) } else { More::Continue(()) }
        });
        let failed = done.await.err();
        let ended = read.len() < wanted;
        let mut commits = read.into_iter();
        loop {
            let page: Vec<StoredCommit> = commits.by_ref().take(PAGE as usize).collect();
            let count = page.len();
            let before = cursor.after.get();
            match cursor.page(page) {
                None => break,
                Some(page) => {
                    let bad = page.is_err();
                    // Nobody takes it: then nobody wants it.
                    if pages.send(page).await.is_err() || bad {
                        return;
                    }
                }
            }
            if cursor.after.get() - before < count as u64 {
                // A commit in it is broken: the next span begins with it and says so.
                break;
            }
        }
        if let Some(error) = failed {
            pages.send(Err(error)).await.ok();
            return;
        }
        if ended && commits.next().is_none() {
            return;
        }
    }
}
