//! How the chat is: for whoever watches.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is seen of the chat.
#[derive(Debug, Default)]
pub struct Watch {
    connected: AtomicBool,
    connections: AtomicU64,
    sent: AtomicU64,
    dropped: AtomicU64,
    codes: AtomicU64,
}

impl Watch {
    pub(crate) fn set_connected(&self, connected: bool) {
        self.connected.store(connected, Ordering::Relaxed);
        if connected {
            self.connections.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_code(&self) {
        self.codes.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the bot is in its channel.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// How often it came into its channel.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Messages that were said.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Messages that are not said any more: too old, too many, or refused by the chat.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Codes that were handed out.
    #[must_use]
    pub fn codes(&self) -> u64 {
        self.codes.load(Ordering::Relaxed)
    }
}
