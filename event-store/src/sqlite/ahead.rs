//! Reading ahead: pages are read, taken apart and checked on a thread of their own while the ones before are folded.

use std::sync::Arc;

use schemas::commit::CheckedCommit;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::read::Reader;
use crate::ReadError;
use crate::scan::Cursor;

/// Pages that may wait to be taken.
const WAITING: usize = 4;

type Page = Result<Vec<CheckedCommit>, ReadError>;

/// The pages of a scan. The thread ends with the scan, or when nobody takes its pages any more.
pub(super) fn pages(reader: Arc<Reader>, cursor: Cursor) -> impl Stream<Item = Page> + Send {
    let (pages, taken) = mpsc::channel(WAITING);
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || handle.block_on(read(&reader, cursor, &pages)));
    ReceiverStream::new(taken)
}

async fn read(reader: &Reader, mut cursor: Cursor, pages: &mpsc::Sender<Page>) {
    while let Some(wanted) = cursor.wanted() {
        let page = match reader.read(&cursor.world, cursor.after, wanted).await {
            Ok(read) => cursor.page(read),
            Err(error) => Some(Err(error)),
        };
        let Some(page) = page else { return };
        let ends = page.is_err();
        if pages.send(page).await.is_err() || ends {
            return;
        }
    }
}
