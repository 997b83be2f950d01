//! Logs of their own on a stand-in, or on a real server, for tests.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use event_store::conformance::Engine;
use event_store_kurrentdb::{ConnectionString, KurrentSettings, KurrentStore};
use kurrent_standin::StandIn;

/// The largest append that a server can be set to take, nearly: 16 MiB less what it needs for itself.
pub(crate) const LARGEST_APPEND: usize = (16 << 20) - (64 << 10);

/// What holds the connection string of a real server.
pub(crate) const REAL: &str = "ANNALS_TEST_KURRENTDB";

/// A server to open logs on.
#[derive(Debug)]
pub(crate) struct Server {
    connection: String,
    /// None for a real one.
    pub(crate) stand_in: Option<StandIn>,
}

impl Server {
    /// A stand-in of its own, which takes the largest appends.
    pub(crate) fn stand_in() -> Self {
        let stand_in = StandIn::start().unwrap();
        stand_in.limit_appends(LARGEST_APPEND);
        Self { connection: stand_in.connection_string(), stand_in: Some(stand_in) }
    }

    /// The real server that was named; none where none was.
    pub(crate) fn real() -> Option<Self> {
        static TOLD: OnceLock<()> = OnceLock::new();
        let connection = std::env::var(REAL).ok().filter(|text| !text.is_empty());
        if connection.is_none() {
            TOLD.get_or_init(|| println!("not run: {REAL} names no KurrentDB server (kurrentdb://…)"));
        }
        Some(Self { connection: connection?, stand_in: None })
    }

    /// Settings for a log that nobody else has.
    pub(crate) fn settings(&self) -> KurrentSettings {
        static LOGS: AtomicU64 = AtomicU64::new(0);
        let number = LOGS.fetch_add(1, Ordering::Relaxed);
        let log = uuid::Uuid::new_v4().simple();
        KurrentSettings {
            connection: ConnectionString::new(&self.connection),
            prefix: format!("annals_test.{number}.{log}").parse().unwrap(),
            append_bytes_max: LARGEST_APPEND,
            ..KurrentSettings::new("")
        }
    }
}

/// A server with the log that was opened last.
pub(crate) struct OnServer {
    pub(crate) server: Server,
    settings: std::sync::Mutex<KurrentSettings>,
}

impl OnServer {
    pub(crate) fn new(server: Server) -> Self {
        let settings = std::sync::Mutex::new(server.settings());
        Self { server, settings }
    }

    pub(crate) fn settings(&self) -> KurrentSettings {
        self.settings.lock().unwrap().clone()
    }
}

impl Engine for OnServer {
    type Store = KurrentStore;

    async fn fresh(&self) -> KurrentStore {
        let settings = self.server.settings();
        *self.settings.lock().unwrap() = settings.clone();
        KurrentStore::open(&settings).await.unwrap()
    }

    async fn reopen(&self, store: KurrentStore) -> KurrentStore {
        drop(store);
        KurrentStore::open(&self.settings()).await.unwrap()
    }
}
