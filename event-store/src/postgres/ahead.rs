//! Reading ahead: a task reads and checks while the pages before are folded.
//!
//! Commits come in portals of some thousands, each streamed. A portal is opened only when all that it can bring has
//! room to wait, so that nobody who folds slowly keeps a snapshot of the database open.

use std::sync::Arc;

use schemas::commit::CheckedCommit;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::error::read_error;
use super::read::{self, Reader};
use crate::ReadError;
use crate::scan::{Cursor, PAGE};

/// Pages that one portal fills.
const PORTAL_PAGES: usize = 8;

/// Commits of one portal.
const PORTAL: u32 = PORTAL_PAGES as u32 * PAGE;

/// Pages that may wait to be taken: two portals, so that one is read while the other is folded; and one for an error.
const WAITING: usize = 2 * PORTAL_PAGES + 1;

type Page = Result<Vec<CheckedCommit>, ReadError>;

/// The pages of a scan. The task ends with the scan, or when nobody takes its pages any more.
pub(super) fn pages(reader: Arc<Reader>, cursor: Cursor) -> impl Stream<Item = Page> + Send {
    let (pages, taken) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(error) = scan(&reader, cursor, &pages).await {
            // Nobody takes it: then nobody wants it.
            pages.send(Err(error)).await.ok();
        }
    });
    ReceiverStream::new(taken)
}

async fn scan(reader: &Reader, mut cursor: Cursor, pages: &mpsc::Sender<Page>) -> Result<(), ReadError> {
    let mut conn = reader.pool.acquire().await.map_err(|e| read_error(&e))?;
    let world = cursor.world.clone();
    loop {
        let wanted = cursor.left().min(u64::from(PORTAL));
        let limit = u32::try_from(wanted).unwrap_or(PORTAL);
        if limit == 0 {
            return Ok(());
        }
        let Ok(mut room) = pages.reserve_many(PORTAL_PAGES).await else { return Ok(()) };
        let (mut page, mut broken) = (Vec::with_capacity(PAGE as usize), None);
        let mut hand_over = |cursor: &mut Cursor, page: Vec<_>| {
            let count = page.len();
            let start = cursor.after.get();
            match cursor.page(page) {
                Some(Ok(checked)) => {
                    let whole = cursor.after.get() - start == count as u64;
                    if let Some(room) = room.next() {
                        room.send(Ok(checked));
                    }
                    // What stands behind a broken commit is not looked at: the next portal begins with it.
                    if whole { None } else { Some(Ok(())) }
                }
                Some(Err(error)) => Some(Err(error)),
                None => None,
            }
        };
        let range = (cursor.after, cursor.up_to());
        let read = read::read(&mut conn, &world, range, limit, |commit| {
            if broken.is_some() {
                return;
            }
            page.push(commit);
            if page.len() == PAGE as usize {
                let full = std::mem::replace(&mut page, Vec::with_capacity(PAGE as usize));
                broken = hand_over(&mut cursor, full);
            }
        })
        .await;
        if broken.is_none() {
            broken = hand_over(&mut cursor, page);
        }
        match broken {
            Some(Err(error)) => return Err(error),
            Some(Ok(())) => {}
            None => {
                if read? < limit {
                    return Ok(());
                }
            }
        }
    }
}
