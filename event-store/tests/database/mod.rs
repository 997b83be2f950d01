//! Databases with a log in them, for tests on a real PostgreSQL server.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::OnceLock;

use event_store::PostgresStore;
use event_store::postgres::{Access, Login, Purpose, prepare};
use servers::Postgres;

/// A database of its own, with an empty log in it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) cluster: &'static Postgres,
    pub(crate) name: String,
}

pub(crate) const WRITER: &str = "writer";
pub(crate) const READER: &str = "reader";
pub(crate) const PASSWORD: &str = "it's a 'pass\\word'";

/// The roles that tests log in as.
pub(crate) fn logins() -> [Login; 2] {
    let login =
        |name: &str, access| Login { name: name.to_owned(), password: Some(PASSWORD.to_owned()), access };
    [login(WRITER, Access::Write), login(READER, Access::Read)]
}

/// In a thread of its own: the caller may be within a runtime already.
fn prepare_in_thread(url: String) {
    let prepare = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(prepare(&url, &logins(), Purpose::Keep)).unwrap();
    };
    std::thread::spawn(prepare).join().unwrap();
}

impl Database {
    /// None where there is no PostgreSQL.
    pub(crate) fn fresh() -> Option<Self> {
        Postgres::shared().map(Self::on)
    }

    /// A database on a server of its own, for tests that stop it; none where there is no PostgreSQL.
    pub(crate) fn alone() -> Option<Self> {
        // For as long as the process: its watchdog removes it.
        let cluster: &'static Postgres = Box::leak(Box::new(Postgres::start(&[]).unwrap()?));
        let name = cluster.create_database(None).unwrap();
        prepare_in_thread(cluster.admin_url(&name));
        Some(Self { cluster, name })
    }

    /// A copy of a database that was prepared once: that is quicker than preparing each.
    fn on(cluster: &'static Postgres) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let name = cluster.create_database(None).unwrap();
            prepare_in_thread(cluster.admin_url(&name));
            name
        });
        Self { cluster, name: cluster.create_database(Some(template)).unwrap() }
    }

    /// A copy of this database, in which nobody may be logged in.
    pub(crate) fn copy(&self) -> Self {
        Self { cluster: self.cluster, name: self.cluster.create_database(Some(&self.name)).unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        self.cluster.url(WRITER, &self.name)
    }

    pub(crate) fn admin_url(&self) -> String {
        self.cluster.admin_url(&self.name)
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.url()).await.unwrap()
    }

    /// Runs SQL as the administrator; what it answers.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql).unwrap()
    }
}
