//! Reaching the server, and whether what is found there are read models that this build may use.

use std::time::Duration;

use log::LevelFilter;
use postgres_server::{Address, NoConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::error::server_error;
use super::schema::{self, PROJECTOR, READER, VERSION, search_path};
use super::server_error::ServerError;

/// How read models use their server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerSettings {
    /// The most connections that read, beside the one that writes: at least 1. Default 8.
    pub max_connections: u32,
    /// How long a question waits for one of them, and for the server to take a new one. Default 5 s.
    pub acquire_timeout: Duration,
    /// How long a statement may take before the server ends it. A rebuild's are not limited. Default 30 s.
    pub statement_timeout: Duration,
    /// How long a statement waits for a lock before it is given up. Default 10 s.
    pub lock_timeout: Duration,
    /// How long to wait for another projector to go before giving up: a server that was killed is noticed within a
    /// moment. Default 5 s.
    pub owner_timeout: Duration,
    /// A statement that takes longer is told in this process's own log as a warning. Default 1 s.
    pub slow_statement: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            max_connections: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            owner_timeout: Duration::from_secs(5),
            slow_statement: Duration::from_secs(1),
        }
    }
}

/// A connection that was idle for longer is asked for a sign of life before a question is entrusted to it.
const IDLE: Duration = Duration::from_secs(1);

/// Where read models stand and as whom to log in.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    address: Address,
    pub(super) settings: ServerSettings,
}

impl Server {
    pub(crate) fn parse(url: &str, settings: ServerSettings) -> Result<Self, ServerError> {
        let address = Address::parse(url).map_err(|problem| ServerError::BadUrl { problem })?;
        Ok(Self { address, settings })
    }

    /// `host:port/database`: for people, and without the password.
    pub(crate) fn name(&self) -> String {
        self.address.name()
    }

    pub(super) fn user(&self) -> String {
        self.address.user()
    }

    fn options(&self, purpose: &str) -> PgConnectOptions {
        let options = self.address.options(purpose).statement_cache_capacity(512);
        options.log_slow_statements(LevelFilter::Warn, self.settings.slow_statement)
    }

    pub(super) fn failed(&self) -> impl Fn(sqlx::Error) -> ServerError + use<'_> {
        |error| server_error(self, &error)
    }

    /// One connection, as it comes.
    pub(super) async fn connect(&self, purpose: &str) -> Result<PgConnection, ServerError> {
        match Address::connect(self.options(purpose), self.settings.acquire_timeout).await {
            Ok(conn) => Ok(conn),
            Err(NoConnection::Error(error)) => Err(self.failed()(error)),
            Err(NoConnection::Silence(within)) => {
                let problem = format!("no answer within {} s", within.as_secs());
                Err(ServerError::Unreachable { server: self.name(), problem })
            }
        }
    }

    /// The connections that read a version, with a reader's rights whoever has logged in.
    pub(super) async fn readers(&self, version: u64) -> Result<PgPool, ServerError> {
        let limit = self.settings.statement_timeout.as_millis();
        let setup = format!(
            "SET ROLE {READER}; {}; SET statement_timeout = {limit}; SET default_transaction_read_only = on",
            search_path(version)
        );
        PgPoolOptions::new()
            .max_connections(self.settings.max_connections.max(1))
            .acquire_timeout(self.settings.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|conn, about| {
                Box::pin(async move { Ok(about.idle_for < IDLE || conn.ping().await.is_ok()) })
            })
            .after_connect(move |conn, _| {
                let setup = setup.clone();
                Box::pin(async move { conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await.map(|_| ()) })
            })
            .connect_with(self.options("models reader"))
            .await
            .map_err(self.failed())
    }

    /// Whether the server was prepared for this build and takes writes if there will be some, and whether this user has
    /// the rights of a projector (or of a reader) and no more.
    pub(super) async fn check(&self, conn: &mut PgConnection, writes: bool) -> Result<(), ServerError> {
        let (server, user) = (self.name(), self.user());
        let group = if writes { PROJECTOR } else { READER };
        match self.prepared(conn, group).await? {
            None => return Err(ServerError::NotPrepared { server }),
            Some(found) if found < VERSION => {
                return Err(ServerError::Older { server, found, known: VERSION });
            }
            Some(found) if found > VERSION => {
                return Err(ServerError::Newer { server, found, known: VERSION });
            }
            Some(_) => {}
        }
        let problems = sqlx::query_scalar(schema::RIGHTS).bind(writes).fetch_all(&mut *conn).await;
        let problems: Vec<String> = problems.map_err(self.failed())?;
        if !problems.is_empty() {
            return Err(ServerError::WrongRights { server, user, problems: problems.join(", "), group });
        }
        if !writes {
            return Ok(());
        }
        let state = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";
        let row = sqlx::query(state).fetch_one(conn).await.map_err(self.failed())?;
        for (column, problem) in [(0, "it is a replica"), (1, "default_transaction_read_only is on")] {
            if row.try_get::<bool, _>(column).map_err(self.failed())? {
                return Err(ServerError::ReadOnly { server, problem: problem.to_owned() });
            }
        }
        Ok(())
    }

    /// The version of what was prepared; none where nothing was.
    pub(super) async fn prepared(
        &self,
        conn: &mut PgConnection,
        group: &'static str,
    ) -> Result<Option<i64>, ServerError> {
        let row = sqlx::query(schema::LOOK).fetch_one(&mut *conn).await.map_err(self.failed())?;
        let flag = |column: usize| row.try_get::<bool, _>(column).map_err(self.failed());
        let (schema, usage, tables, known) = (flag(0)?, flag(1)?, flag(2)?, flag(3)?);
        let server = self.name();
        if !schema || !tables {
            return Ok(None);
        }
        if !known {
            return Err(ServerError::Foreign { server, problem: "it has no table named serving".to_owned() });
        }
        if !usage {
            let problems = "it lacks USAGE on the schema annals_models".to_owned();
            return Err(ServerError::WrongRights { server, user: self.user(), problems, group });
        }
        let version = sqlx::query_scalar("SELECT schema_version FROM annals_models.meta").fetch_one(conn);
        version.await.map(Some).map_err(self.failed())
    }
}
