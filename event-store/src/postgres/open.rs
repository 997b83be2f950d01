//! Reaching the server, and whether what is found there is a log that this build may write.

use std::time::Duration;

use postgres_server::{Address, NoConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Executor, Row};

use super::error::{server_error, words};
use super::schema::{self, VERSION};
use crate::ServerError;

/// How a store uses its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections read beside the one that writes.
    pub readers: u32,
    /// How long to wait for a connection before giving up.
    pub connect: Duration,
    /// How long an append may take before its outcome counts as unknown. The server ends the statement by itself at the
    /// same time, so that it does not land much later.
    pub append: Duration,
    /// How long an append may wait for another node's before it is given up as not written.
    pub lock: Duration,
    /// A statement that takes longer is told to the operators.
    pub slow: Duration,
    /// Whether appends are told to who listens; who does not hear of them looks by itself.
    pub hints: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            readers: 4,
            connect: Duration::from_secs(5),
            append: Duration::from_secs(30),
            lock: Duration::from_secs(10),
            slow: Duration::from_secs(1),
            hints: true,
        }
    }
}

/// Has a session wait for the disk where the server or the database is set not to.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') = 'off'";

/// How a session that reads is set up. It waits for nobody's lock longer than an append may take: who asks is told so then,
/// and asks again. How long the reading itself takes is the record's affair.
fn reading(limits: &Limits) -> String {
    format!("{DURABLE}; SET lock_timeout = {}", limits.append.min(limits.lock).as_millis())
}

/// Where a log stands and as whom to log in.
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

    /// The options, with statements told that are slow. Values stand in none of them.
    pub(super) fn told(&self, purpose: &str, limits: &Limits) -> PgConnectOptions {
        self.address.options(purpose).log_slow_statements(log::LevelFilter::Warn, limits.slow)
    }

    /// One connection, as it comes.
    pub(super) async fn connect(&self, purpose: &str, limits: &Limits) -> Result<PgConnection, ServerError> {
        match Address::connect(self.told(purpose, limits), limits.connect).await {
            Ok(conn) => Ok(conn),
            Err(NoConnection::Error(error)) => Err(server_error(self, &error)),
            Err(NoConnection::Silence(within)) => {
                let problem = format!("no answer within {} s", within.as_secs());
                Err(ServerError::Unreachable { server: self.name(), problem })
            }
        }
    }

    /// The connection that writes, on a server that was found fit for it.
    pub(super) async fn writer(&self, limits: &Limits) -> Result<PgConnection, ServerError> {
        let mut conn = self.connect("writer", limits).await?;
        // Numbers of our own: nothing from outside stands in this.
        let settings = format!(
            "{DURABLE}; SET plan_cache_mode = force_generic_plan; SET statement_timeout = {}; SET lock_timeout = {}",
            limits.append.as_millis(),
            limits.lock.as_millis(),
        );
        let set = conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(settings))).await;
        set.map_err(|e| server_error(self, &e))?;
        self.check(&mut conn, true).await?;
        Ok(conn)
    }

    /// One connection that reads, from a server that was found fit for it.
    pub(super) async fn check_as_reader(&self, limits: &Limits) -> Result<(), ServerError> {
        let mut conn = self.connect("reader", limits).await?;
        let set = conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(reading(limits)))).await;
        set.map_err(|e| server_error(self, &e))?;
        self.check(&mut conn, false).await
    }

    /// The connections that read, and that write what is not on the append path.
    pub(super) async fn readers(&self, limits: &Limits) -> Result<PgPool, ServerError> {
        let settings = reading(limits);
        PgPoolOptions::new()
            .max_connections(limits.readers.max(1))
            .min_connections(1)
            .acquire_timeout(limits.connect)
            .after_connect(move |conn, _| {
                let settings = settings.clone();
                let set = async move {
                    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(settings))).await.map(|_| ())
                };
                Box::pin(set)
            })
            .connect_with(self.told("reader", limits))
            .await
            .map_err(|e| server_error(self, &e))
    }

    /// Whether this is a log of this build's schema, on a server that keeps what it acknowledges and takes writes, and
    /// whether this user has the rights of a writer (or of a reader) and no more.
    pub(super) async fn check(&self, conn: &mut PgConnection, writes: bool) -> Result<(), ServerError> {
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
            sqlx::query_scalar(schema::RIGHTS).bind(writes).fetch_all(&mut *conn).await.map_err(failed)?;
        if !problems.is_empty() {
            return Err(ServerError::WrongRights { server, user, problems: problems.join(", ") });
        }
        if !writes {
            return Ok(());
        }
        let state = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
                     current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on'";
        let row = sqlx::query(state).fetch_one(conn).await.map_err(failed)?;
        let flag = |column: usize| row.try_get::<bool, _>(column).map_err(failed);
        if flag(0)? {
            return Err(ServerError::ReadOnly { server, problem: "it is a replica".to_owned() });
        }
        if flag(1)? {
            return Err(ServerError::ReadOnly {
                server,
                problem: "default_transaction_read_only is on".to_owned(),
            });
        }
        for (column, setting) in [(2, "fsync"), (3, "full_page_writes")] {
            if !flag(column)? {
                return Err(ServerError::NotDurable { server, setting: setting.to_owned() });
            }
        }
        Ok(())
    }

    /// The schema version; none where there is no log.
    pub(super) async fn version(&self, conn: &mut PgConnection) -> Result<Option<i64>, ServerError> {
        let failed = |e: sqlx::Error| server_error(self, &e);
        let look = "SELECT n.nspname IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE'), false), \
                    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid), \
                    EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'meta') \
                    FROM (VALUES (1)) one LEFT JOIN pg_namespace n ON n.nspname = 'annals'";
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
            let problems = "it lacks USAGE on the schema annals".to_owned();
            return Err(ServerError::WrongRights { server, user: self.user(), problems });
        }
        let version = sqlx::query_scalar("SELECT schema_version FROM annals.meta").fetch_one(conn).await;
        version.map(Some).map_err(failed)
    }

    /// The bytes of every world's last commit give its hash. Cheap: one row a world.
    pub(super) async fn check_heads(&self, conn: &mut PgConnection) -> Result<(), ServerError> {
        let failed = |e: sqlx::Error| server_error(self, &e);
        for row in sqlx::query(schema::LAST_COMMITS).fetch_all(conn).await.map_err(failed)? {
            let read = || -> Result<_, sqlx::Error> {
                let hash = |column: usize| row.try_get::<[u8; 32], _>(column).map(schemas::Hash);
                let bytes = (row.try_get::<&[u8], _>(3)?, row.try_get::<&[u8], _>(4)?);
                let computed = schemas::StoredCommit::compute_hash(hash(2)?, bytes.0, bytes.1);
                Ok((row.try_get::<&str, _>(0)?, row.try_get::<i64, _>(1)?, computed == hash(5)?))
            };
            let problem = match read() {
                Ok((_, _, true)) => continue,
                Ok((world, commit, false)) => {
                    format!("{world}, commit {commit}: its bytes do not give its hash")
                }
                Err(error) => words(&error),
            };
            return Err(ServerError::Corrupt { server: self.name(), problem });
        }
        Ok(())
    }
}
