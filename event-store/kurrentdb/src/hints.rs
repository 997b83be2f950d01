//! Hints of all worlds: one subscription to the registry, and one to each of the worlds that came last.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use event_store::ReadError;
use futures_util::StreamExt;
use schemas::WorldId;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

use crate::error::Trouble;
use crate::read::Reader;
use crate::registry;
use crate::watch;

/// Worlds that are listened to at once, those that were added last. A server takes some hundred calls at a time on one
/// connection, and what is appended to other worlds is found by looking.
const WORLDS_HEARD: usize = 64;

/// How long to wait before the registry is listened to again after a subscription was dropped, or a world's end could not
/// be read.
const AGAIN: Duration = Duration::from_secs(1);

/// Hears of appends, whoever made them.
#[derive(Debug)]
pub struct Hints {
    told: Arc<Notify>,
    listener: JoinHandle<()>,
}

impl Drop for Hints {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Hints {
    pub(crate) fn new(reader: Reader) -> Self {
        let told = Arc::new(Notify::new());
        let ears = Ears {
            reader: Arc::new(reader),
            told: Arc::clone(&told),
            worlds: JoinSet::new(),
            heard: VecDeque::new(),
        };
        Self { told, listener: tokio::spawn(ears.listen()) }
    }

    /// Waits until something may have been appended since the last time. Subscriptions that the server drops are taken up
    /// again for as long as it takes; nothing is lost when it is given up while it waits.
    pub async fn heard(&mut self) {
        self.told.notified().await;
    }
}

/// What listens: it ends, with everything that it has begun, when it is dropped.
struct Ears {
    reader: Arc<Reader>,
    told: Arc<Notify>,
    worlds: JoinSet<()>,
    /// The worlds that are listened to, the oldest first.
    heard: VecDeque<(WorldId, AbortHandle)>,
}

impl Ears {
    async fn listen(mut self) {
        // Where the registry was read up to.
        let mut seen = None;
        loop {
            if let Err(error) = self.follow(&mut seen).await {
                tracing::debug!(%error, "the registry's subscription was dropped and is taken up again");
            }
            // Anything may have happened meanwhile.
            self.told.notify_one();
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Begins to listen to each world that is added, until the subscription is dropped.
    async fn follow(&mut self, seen: &mut Option<u64>) -> Result<(), ReadError> {
        let (number, mut added) = self.reader.link.subscribe(&self.reader.prefix.worlds(), *seen).await?;
        loop {
            let record = match added.next().await {
                Ok(resolved) => resolved.link.or(resolved.event),
                Err(error) => {
                    self.reader.link.forget(number);
                    return Err(Trouble::of(error).into());
                }
            };
            let Some(record) = record else { continue };
            if let Some(world) = registry::added(&record) {
                self.hear(world);
            }
            *seen = Some(record.revision);
        }
    }

    fn hear(&mut self, world: WorldId) {
        // What nobody plays in is followed by nobody.
        if world.is_reserved() || self.heard.iter().any(|(known, _)| *known == world) {
            return;
        }
        let ears = hear(Arc::clone(&self.reader), world.clone(), Arc::clone(&self.told));
        self.heard.push_back((world, self.worlds.spawn(ears)));
        if self.heard.len() > WORLDS_HEARD
            && let Some((_, oldest)) = self.heard.pop_front()
        {
            oldest.abort();
        }
        // What has ended leaves nothing behind.
        while self.worlds.try_join_next().is_some() {}
    }
}

/// Tells of every commit of a world that comes in from here on.
async fn hear(reader: Arc<Reader>, world: WorldId, told: Arc<Notify>) {
    let head = loop {
        match reader.head(&world).await {
            Ok(head) => break head,
            Err(error) => {
                tracing::debug!(%world, %error, "the end of a world can not be read: it is listened to later");
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    // What came in before this was not told.
    told.notify_one();
    let mut commits = pin!(watch::commits_since(reader, world, &head));
    while commits.next().await.is_some() {
        told.notify_one();
    }
}
