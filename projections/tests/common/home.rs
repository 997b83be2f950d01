//! A place of its own for each test's read models: a directory, or a database that was prepared for them.

use std::sync::OnceLock;
use std::time::Duration;

use projections::{Access, Login, Place, Purpose, ServerSettings, prepare};
use servers::Postgres;

/// On what read models stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub enum Home {
    Directory(tempfile::TempDir),
    Database(Database),
}

/// A database of its own, prepared for read models.
pub struct Database {
    pub cluster: &'static Postgres,
    pub name: String,
}

pub const PROJECTOR: &str = "projector";
pub const READER: &str = "looking";
pub const PASSWORD: &str = "it's a 'pass\\word'";

/// Settings of tests: whoever is in the way is not waited for long.
pub const SETTINGS: ServerSettings = ServerSettings {
    max_connections: 4,
    acquire_timeout: Duration::from_secs(10),
    statement_timeout: Duration::from_secs(60),
    lock_timeout: Duration::from_secs(30),
    owner_timeout: Duration::from_secs(3),
    slow_statement: Duration::from_secs(10),
};

/// The roles that tests log in as.
pub fn logins() -> [Login; 2] {
    let login =
        |name: &str, access| Login { name: name.to_owned(), password: Some(PASSWORD.to_owned()), access };
    [login(PROJECTOR, Access::Project), login(READER, Access::Read)]
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
    pub fn fresh() -> Option<Self> {
        Postgres::shared().map(Self::on)
    }

    /// A database on a server of its own, for tests that stop it; none where there is no PostgreSQL.
    pub fn alone() -> Option<Self> {
        // For as long as the process: its watchdog removes it.
        let cluster: &'static Postgres = Box::leak(Box::new(Postgres::start(&[]).unwrap()?));
        let name = cluster.create_database(None).unwrap();
        prepare_in_thread(cluster.admin_url(&name));
        Some(Self { cluster, name })
    }

    /// A copy of a database that was prepared once: that is quicker than preparing each.
    pub fn on(cluster: &'static Postgres) -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let name = cluster.create_database(None).unwrap();
            prepare_in_thread(cluster.admin_url(&name));
            // A copy has the rights of its template but for those on the database itself.
            name
        });
        let name = cluster.create_database(Some(template)).unwrap();
        cluster.sql(&name, &format!("GRANT CREATE ON DATABASE {name} TO annals_projector")).unwrap();
        Self { cluster, name }
    }

    /// A copy of this database, in which nobody may be logged in.
    pub fn copy(&self) -> Self {
        let name = self.cluster.create_database(Some(&self.name)).unwrap();
        let sql = format!("GRANT CREATE ON DATABASE {name} TO annals_projector");
        self.cluster.sql(&name, &sql).unwrap();
        Self { cluster: self.cluster, name }
    }

    pub fn url(&self) -> String {
        self.cluster.url(PROJECTOR, &self.name)
    }

    pub fn place(&self) -> Place {
        Place::Server { url: self.url(), settings: SETTINGS }
    }

    /// As somebody who may only read.
    pub fn place_to_read(&self) -> Place {
        Place::Server { url: self.cluster.url(READER, &self.name), settings: SETTINGS }
    }

    pub fn admin_url(&self) -> String {
        self.cluster.admin_url(&self.name)
    }

    /// Runs SQL as the administrator; what it answers.
    pub fn sql(&self, sql: &str) -> String {
        self.cluster.sql(&self.name, sql).unwrap()
    }
}

impl Home {
    pub fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Directory(tempfile::tempdir().unwrap()),
            Engine::Postgres => Self::Database(Database::fresh().unwrap()),
        }
    }

    pub fn place(&self) -> Place {
        match self {
            Self::Directory(directory) => Place::Directory(directory.path().to_owned()),
            Self::Database(database) => database.place(),
        }
    }

    /// Runs SQL on a version, by hand.
    pub async fn sql(&self, version: u64, sql: &str) {
        match self {
            Self::Directory(directory) => {
                let url =
                    format!("sqlite://{}", directory.path().join(format!("read-{version}.db")).display());
                let mut conn = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
                sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
            }
            Self::Database(database) => {
                database.sql(&format!("SET search_path = annals_models_{version}; {sql}"));
            }
        }
    }

    /// Which version the pointer names.
    pub fn pointer(&self) -> u64 {
        match self {
            Self::Directory(directory) => {
                let text = std::fs::read_to_string(directory.path().join("read.current")).unwrap();
                text.strip_prefix("read-")
                    .and_then(|rest| rest.strip_suffix(".db\n"))
                    .unwrap()
                    .parse()
                    .unwrap()
            }
            Self::Database(database) => {
                database.sql("SELECT version FROM annals_models.serving").parse().unwrap()
            }
        }
    }

    /// The versions that are there, in order.
    pub fn versions(&self) -> Vec<u64> {
        let mut found: Vec<u64> = match self {
            Self::Directory(directory) => {
                let names = std::fs::read_dir(directory.path()).unwrap();
                let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
                let number = |name: String| {
                    name.strip_prefix("read-").and_then(|rest| rest.strip_suffix(".db"))?.parse().ok()
                };
                names.filter_map(number).collect()
            }
            Self::Database(database) => {
                let sql = "SELECT substring(nspname from '[0-9]+$') FROM pg_namespace \
                           WHERE nspname ~ '^annals_models_[0-9]+$'";
                database.sql(sql).lines().map(|line| line.parse().unwrap()).collect()
            }
        };
        found.sort_unstable();
        found
    }
}
