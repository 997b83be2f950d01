//! How long first answers take, and how many answers are under way: for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// Upper bounds in ms. Answers are deferred at 700; Discord waits 3,000.
pub const BOUNDS_MS: [u64; 11] = [25, 50, 100, 250, 500, 750, 1_000, 1_500, 2_000, 2_500, 3_000];

/// What a handler has counted since it was made.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// First answers that took at most so long, by [`BOUNDS_MS`]; each is in one of them only.
    pub within: [u64; BOUNDS_MS.len()],
    /// All first answers.
    pub first: u64,
    /// How long all of them took together, in µs.
    pub took_us: u64,
    /// Those of them that put the answer off.
    pub deferred: u64,
}

#[derive(Debug)]
pub(super) struct Times {
    within: [AtomicU64; BOUNDS_MS.len()],
    first: AtomicU64,
    took_us: AtomicU64,
    deferred: AtomicU64,
    open: watch::Sender<usize>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            within: Default::default(),
            first: AtomicU64::default(),
            took_us: AtomicU64::default(),
            deferred: AtomicU64::default(),
            open: watch::Sender::new(0),
        }
    }
}

/// An answer that is under way; it is no more when this is dropped.
#[derive(Debug)]
pub(super) struct Open(Arc<Times>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}

impl Times {
    pub(super) fn first(&self, took: Duration, deferred: bool) {
        if let Some(bucket) = BOUNDS_MS.iter().position(|bound| took.as_millis() <= u128::from(*bound)) {
            self.within[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.first.fetch_add(1, Ordering::Relaxed);
        self.took_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.deferred.fetch_add(u64::from(deferred), Ordering::Relaxed);
    }

    pub(super) fn open(self: &Arc<Self>) -> Open {
        self.open.send_modify(|open| *open += 1);
        Open(Arc::clone(self))
    }

    /// Waits until nothing is under way, at most so long; how much was left.
    pub(super) async fn drained(&self, limit: Duration) -> usize {
        let mut open = self.open.subscribe();
        let _ = tokio::time::timeout(limit, open.wait_for(|open| *open == 0)).await;
        *self.open.borrow()
    }

    pub(super) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            within: self.within.each_ref().map(read),
            first: read(&self.first),
            took_us: read(&self.took_us),
            deferred: read(&self.deferred),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_under_way_is_waited_for_but_not_for_ever() {
        let times = Arc::new(Times::default());
        assert_eq!(times.drained(Duration::ZERO).await, 0);
        let open = times.open();
        assert_eq!(times.drained(Duration::from_millis(5)).await, 1);
        let waiting = tokio::spawn({
            let times = Arc::clone(&times);
            async move { times.drained(Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        drop(open);
        assert_eq!(waiting.await.unwrap(), 0);
        times.first(Duration::from_millis(25), false);
        times.first(Duration::from_millis(701), true);
        times.first(Duration::from_secs(9), true);
        let counts = times.counts();
        assert_eq!((counts.within[0], counts.within[5], counts.first, counts.deferred), (1, 1, 3, 2));
    }
}
