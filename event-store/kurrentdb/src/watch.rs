//! Hints: the numbers of commits as they come in.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Head, ReadError};
use schemas::{CommitNo, WorldId};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use crate::error::Trouble;
use crate::read::{More, Reader, SharedPlaces};
use crate::record::{Place, records_up_to, revision_of};

/// Numbers that may wait to be taken; a subscription waits for whoever takes them.
const WAITING: usize = 64;

/// How long to wait before the first new subscription after one was dropped, and at most.
const WAIT: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The numbers of the commits after one, each once and without a gap, those that are there and those that are yet to come.
/// A subscription that is dropped is taken up again after the last number given. Ends when nobody takes them any more.
pub(crate) fn commits(
    reader: Arc<Reader>,
    places: SharedPlaces,
    world: WorldId,
    after: CommitNo,
) -> impl Stream<Item = CommitNo> + Send {
    followed(Watch { reader, places, world, last: after, seen: None })
}

/// As [`commits`], from where a world's log ended when it was looked at: nothing has to be searched for.
pub(crate) fn commits_since(
    reader: Arc<Reader>,
    world: WorldId,
    head: &Head,
) -> impl Stream<Item = CommitNo> + Send {
    let seen = records_up_to(head.commit, head.position).checked_sub(1);
    followed(Watch { reader, places: SharedPlaces::default(), world, last: head.commit, seen })
}

fn followed(mut watch: Watch) -> impl Stream<Item = CommitNo> + Send {
    let (numbers, taken) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut wait = WAIT;
        loop {
            let before = watch.last;
            let ended = tokio::select! {
                ended = watch.follow(&numbers) => ended,
                () = numbers.closed() => return,
            };
            let Err(error) = ended else { return };
            wait = if watch.last > before { WAIT } else { (2 * wait).min(WAIT_MAX) };
            tracing::warn!(world = %watch.world, %error, ?wait, "a subscription was dropped and is taken up again");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = numbers.closed() => return,
            }
        }
    });
    ReceiverStream::new(taken)
}

struct Watch {
    reader: Arc<Reader>,
    places: SharedPlaces,
    world: WorldId,
    /// The last number given, or the one after which to begin.
    last: CommitNo,
    /// The revision of the last record seen of it.
    seen: Option<u64>,
}

impl Watch {
    /// Gives numbers until the subscription is dropped, or nobody takes them.
    async fn follow(&mut self, numbers: &mpsc::Sender<CommitNo>) -> Result<(), ReadError> {
        let after = match self.seen {
            Some(seen) => Some(seen),
            None => self.start().await?,
        };
        let stream = self.reader.prefix.world(&self.world);
        let (number, mut subscription) = self.reader.link.subscribe(&stream, after).await?;
        loop {
            let record = match subscription.next().await {
                Ok(resolved) => resolved.link.or(resolved.event),
                Err(error) => {
                    self.reader.link.forget(number);
                    return Err(Trouble::of(error).into());
                }
            };
            let Some(record) = record else { continue };
            let Some(place) = Place::of(&record) else { continue };
            let commit = CommitNo::new(place.commit);
            if place.nth == 0 && commit > self.last {
                if numbers.send(commit).await.is_err() {
                    return Ok(());
                }
                self.last = commit;
            }
            self.seen = Some(record.revision);
        }
    }

    /// The revision of the last record that is of no interest: that before the next commit's own.
    async fn start(&self) -> Result<Option<u64>, ReadError> {
        let before = self.last;
        if before == CommitNo::ZERO {
            return Ok(None);
        }
        let mut found = None;
        let read = self.reader.each(&self.world, &self.places, before.prev(), |commit| {
            found = Some(revision_of(commit.commit, commit.first) + u64::from(commit.events));
            More::Break(())
        });
        read.await?;
        // Where the log has not come so far, its end will do: numbers up to the one given are passed over.
        Ok(found)
    }
}
