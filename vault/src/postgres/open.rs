//! Reaching the server, and whether what is found there is a vault that this build may use.

use std::time::Duration;

use postgres_server::{Address, NoConnection};
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::error::server_error;
use super::schema::{self, VERSION};
use crate::error::ServerError;

/// How a vault uses its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// The most connections that a node holds, at least 1. 8: a question takes a millisecond, so this is some thousand
    /// of them a second; all nodes together stay far under a server's usual 100.
    pub max_connections: u32,
    /// How many connections stay open when there is nothing to do. 1, so that the first question after a quiet hour
    /// waits for no login.
    pub min_connections: u32,
    /// How long to wait for a connection before a call fails with `VAULT_UNREACHABLE`. 5 s.
    pub acquire_timeout: Duration,
    /// A connection with nothing to do is closed after this. 10 minutes.
    pub idle_timeout: Duration,
    /// A connection is replaced when it is this old, so that a server that was moved or a password that was changed is
    /// noticed. 30 minutes.
    pub max_lifetime: Duration,
    /// The server ends a statement that takes longer, with `VAULT_BUSY`. 10 s. Wiping after an erasure is not bound by
    /// it.
    pub statement_timeout: Duration,
    /// How long a statement waits for another transaction before it fails with `VAULT_BUSY`. 5 s.
    pub lock_timeout: Duration,
    /// How long an erasure waits until no transaction of anybody on the server can see the erased any more, before it says
    /// `VAULT_NOT_WIPED`. 15 s.
    pub wipe_timeout: Duration,
    /// A statement that takes longer is logged as a warning, with its text and without its values. 250 ms.
    pub slow_statement: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections: 8,
            min_connections: 1,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(10),
            max_lifetime: Duration::from_mins(30),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(5),
            wipe_timeout: Duration::from_secs(15),
            slow_statement: Duration::from_millis(250),
        }
    }
}

impl PoolSettings {
    /// What every connection is set to. Numbers of our own: nothing from outside stands in this.
    fn session(&self) -> String {
        format!(
            "SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'; \
             SET search_path = annals_vault; SET statement_timeout = {}; SET lock_timeout = {}",
            self.statement_timeout.as_millis(),
            self.lock_timeout.as_millis(),
        )
    }
}

/// Where a vault stands and as whom to log in.
#[derive(Debug, Clone)]
pub(super) struct Server {
    address: Address,
}

impl Server {
    pub(super) fn parse(url: &str) -> Result<Self, ServerError> {
        let address = Address::parse(url).map_err(|problem| ServerError::BadUrl { problem })?;
        Ok(Self { address })
    }

    /// `host:port/database`: for people, and without the password.
    pub(super) fn name(&self) -> String {
        self.address.name()
    }

    pub(super) fn user(&self) -> String {
        self.address.user()
    }

    /// One connection, as it comes.
    pub(super) async fn connect(&self, within: Duration) -> Result<PgConnection, ServerError> {
        match Address::connect(self.address.options("vault"), within).await {
            Ok(conn) => Ok(conn),
            Err(NoConnection::Error(error)) => Err(server_error(self, &error)),
            Err(NoConnection::Silence(within)) => {
                let problem = format!("no answer within {} ms", within.as_millis());
                Err(ServerError::Unreachable { server: self.name(), problem })
            }
        }
    }

    /// The connections of a vault, on a server that was found fit for it.
    pub(super) async fn pool(&self, settings: &PoolSettings) -> Result<PgPool, ServerError> {
        // One by itself first: a pool would only say that it has waited in vain.
        let mut conn = self.connect(settings.acquire_timeout).await?;
        self.check(&mut conn).await?;
        conn.close().await.map_err(|e| server_error(self, &e))?;
        let session = settings.session();
        let options = self
            .address
            .options("vault")
            .log_slow_statements(log::LevelFilter::Warn, settings.slow_statement);
        PgPoolOptions::new()
            .max_connections(settings.max_connections.max(1))
            .min_connections(settings.min_connections.min(settings.max_connections.max(1)))
            .acquire_timeout(settings.acquire_timeout)
            .idle_timeout(settings.idle_timeout)
            .max_lifetime(settings.max_lifetime)
            .after_connect(move |conn, _| {
                let session = session.clone();
                Box::pin(async move { conn.execute(sqlx::raw_sql(AssertSqlSafe(session))).await.map(|_| ()) })
            })
            .connect_with(options)
            .await
            .map_err(|e| server_error(self, &e))
    }

    /// Whether this is a vault of this build's schema, on a server that keeps what it acknowledges and takes writes, and
    /// whether this user may use it, and nobody else.
    async fn check(&self, conn: &mut PgConnection) -> Result<(), ServerError> {
        let failed = |e: sqlx::Error| server_error(self, &e);
        let (server, user) = (self.name(), self.user());
        match self.version(conn).await? {
            None => return Err(ServerError::NotPrepared { server }),
            Some(found) if found < VERSION => {
                return Err(ServerError::Older { server, found, known: VERSION });
            }
            Some(found) if found > VERSION => {
                return Err(ServerError::Newer { server, found, known: VERSION });
            }
            Some(_) => {}
        }
        let problems: Vec<String> =
            sqlx::query_scalar(schema::RIGHTS).fetch_all(&mut *conn).await.map_err(failed)?;
        if !problems.is_empty() {
            return Err(ServerError::WrongRights { server, user, problems: problems.join(", ") });
        }
        let state = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
                     current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on'";
        let row = sqlx::query(state).fetch_one(conn).await.map_err(failed)?;
        let flag = |column: usize| row.try_get::<bool, _>(column).map_err(failed);
        if flag(0)? {
            return Err(ServerError::ReadOnly { server, problem: "it is a replica".to_owned() });
        }
        if flag(1)? {
            let problem = "default_transaction_read_only is on".to_owned();
            return Err(ServerError::ReadOnly { server, problem });
        }
        for (column, setting) in [(2, "fsync"), (3, "full_page_writes")] {
            if !flag(column)? {
                return Err(ServerError::NotDurable { server, setting: setting.to_owned() });
            }
        }
        Ok(())
    }

    /// The schema version; none where there is no vault.
    pub(super) async fn version(&self, conn: &mut PgConnection) -> Result<Option<i64>, ServerError> {
        let failed = |e: sqlx::Error| server_error(self, &e);
        let look = "SELECT n.nspname IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE'), false), \
                    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid), \
                    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'meta') \
                    FROM (VALUES (1)) one LEFT JOIN pg_namespace n ON n.nspname = 'annals_vault'";
        let row = sqlx::query(look).fetch_one(&mut *conn).await.map_err(failed)?;
        let flag = |column: usize| row.try_get::<bool, _>(column).map_err(failed);
        let (schema, usage, tables, meta) = (flag(0)?, flag(1)?, flag(2)?, flag(3)?);
        let server = self.name();
        if !schema || !tables {
            return Ok(None);
        }
        if !meta {
            return Err(ServerError::Foreign { server, problem: "it has no table named meta".to_owned() });
        }
        if !usage {
            let problems = "it lacks USAGE on the schema annals_vault".to_owned();
            return Err(ServerError::WrongRights { server, user: self.user(), problems });
        }
        let version =
            sqlx::query_scalar("SELECT schema_version FROM annals_vault.meta").fetch_one(conn).await;
        version.map(Some).map_err(failed)
    }
}
