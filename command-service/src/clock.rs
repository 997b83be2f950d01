//! The wall clock of a process: one reading at the start, monotonic time from then on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use schemas::WallTime;

/// How far the system clock may differ before an alarm is raised, in ms.
pub const DRIFT_MS_MAX: i64 = 5_000;

/// A wall clock.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's: read once, then carried on by monotonic time, so that a jump of the system clock can not reach a
    /// world.
    System {
        /// The reading at the start.
        start: WallTime,
        /// When it was taken.
        since: Instant,
    },
    /// A clock that a program moves: seasons played in fast motion.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock, read now.
    #[must_use]
    pub fn system() -> Self {
        Self::System { start: system_time(), since: Instant::now() }
    }

    /// A clock that stands at a moment until it is moved.
    #[must_use]
    pub fn manual(at: WallTime) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.ms())))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> WallTime {
        match self {
            Self::System { start, since } => {
                start.plus_ms(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
            }
            Self::Manual(ms) => WallTime::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; the system's clock can not be moved.
    pub fn advance_to(&self, to: WallTime) {
        if let Self::Manual(ms) = self {
            ms.fetch_max(to.ms(), Ordering::SeqCst);
        }
    }

    /// How far the system clock has moved away from this one, in ms; 0 for a manual clock.
    #[must_use]
    pub fn drift_ms(&self) -> i64 {
        match self {
            Self::System { .. } => system_time().since(self.now()),
            Self::Manual(_) => 0,
        }
    }
}

/// The one place where the system clock is read.
fn system_time() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
