//! Databases with an empty vault in them, on a real PostgreSQL server.

use std::path::PathBuf;
use std::sync::OnceLock;

use servers::Postgres;
use vault::postgres::{Access, Login, Purpose, prepare_postgres};

/// A database of its own, with an empty vault in it.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) cluster: &'static Postgres,
    pub(crate) name: String,
}

/// The role as which nodes log in.
pub(crate) const NODE: &str = "node";
pub(crate) const PASSWORD: &str = "it's a 'pass\\word'";

pub(crate) fn logins() -> [Login; 1] {
    [Login { name: NODE.to_owned(), password: Some(PASSWORD.to_owned()), access: Access::Own }]
}

/// In a thread of its own: the caller may be within a runtime already.
fn prepare_in_thread(url: String) {
    let prepare = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(prepare_postgres(&url, &logins(), Purpose::Keep)).unwrap();
    };
    std::thread::spawn(prepare).join().unwrap();
}

impl Database {
    /// A copy of a database that was prepared once: that is quicker than preparing each. None where there is no
    /// PostgreSQL.
    pub(crate) fn fresh() -> Option<Self> {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let cluster = Postgres::shared()?;
        let template = TEMPLATE.get_or_init(|| {
            let name = cluster.create_database(None).unwrap();
            prepare_in_thread(cluster.admin_url(&name));
            name
        });
        Some(Self { cluster, name: cluster.create_database(Some(template)).unwrap() })
    }

    /// A database on a server of its own, for tests that stop it; none where there is no PostgreSQL.
    pub(crate) fn alone() -> Option<Self> {
        // For as long as the process: its watchdog removes it.
        let cluster: &'static Postgres = Box::leak(Box::new(Postgres::start(&[]).unwrap()?));
        let name = cluster.create_database(None).unwrap();
        prepare_in_thread(cluster.admin_url(&name));
        Some(Self { cluster, name })
    }

    pub(crate) fn url(&self) -> String {
        self.cluster.url(NODE, &self.name)
    }

    pub(crate) fn admin_url(&self) -> String {
        self.cluster.admin_url(&self.name)
    }

    /// Runs SQL as the administrator; what it answers.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql).unwrap()
    }

    /// The folder with the files of this database's tables and indexes, all on disk.
    pub(crate) fn folder(&self) -> PathBuf {
        let oid = self.sql("SELECT oid FROM pg_database WHERE datname = current_database()");
        self.sql("CHECKPOINT");
        self.cluster.data_directory().join("base").join(oid)
    }
}
