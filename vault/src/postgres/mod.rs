//! The vault on a PostgreSQL server, which several nodes share.

mod error;
mod open;
mod prepare;
mod schema;

use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, PgPool, Postgres};

pub use self::open::PoolSettings;
use self::open::Server;
pub use self::prepare::{Access, Login, Prepared, Purpose, prepare_postgres};
use crate::error::{ServerError, VaultError};

/// A vault's database.
#[derive(Debug)]
pub(crate) struct PostgresDb {
    server: Server,
    pool: PgPool,
    wipe_timeout: Duration,
}

/// How long it is waited before it is looked again whether a transaction may still see what was erased. Those of a server
/// of Annals take milliseconds.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

impl PostgresDb {
    pub(crate) async fn open(url: &str, settings: &PoolSettings) -> Result<Self, VaultError> {
        let server = Server::parse(url)?;
        let pool = server.pool(settings).await?;
        Ok(Self { server, pool, wipe_timeout: settings.wipe_timeout })
    }

    /// `host:port/database`.
    pub(crate) fn name(&self) -> String {
        self.server.name()
    }

    pub(crate) async fn close(self) {
        self.pool.close().await;
    }

    pub(crate) async fn acquire(&self) -> Result<PoolConnection<Postgres>, VaultError> {
        self.pool.acquire().await.map_err(|e| self.failed(&e))
    }

    pub(crate) fn failed(&self, error: &sqlx::Error) -> VaultError {
        error::failed(&self.server, error)
    }

    /// Writes the tables anew without what was deleted, into new files, and gives the old ones back: a plain `VACUUM`
    /// would free the places and leave the bytes in them. Nobody reads the tables meanwhile, for as long as it takes to
    /// copy them.
    ///
    /// Rows that a running transaction may still see would be copied, too. So it waits for such transactions first, and
    /// where one does not end, that is an error.
    pub(crate) async fn wipe(&self) -> Result<(), VaultError> {
        // Taken out of the pool for good: copying may take longer than a question, so its settings are not those of the
        // others. How long it waits for others stays bound.
        let mut conn = self.acquire().await?.detach();
        self.said(conn.execute("SET statement_timeout = 0").await)?;
        let wiped = self.wipe_on(&mut conn).await;
        conn.close().await.ok();
        wiped
    }

    async fn wipe_on(&self, conn: &mut PgConnection) -> Result<(), VaultError> {
        self.wait_until_unseen(conn).await?;
        for table in schema::WIPED {
            self.vacuum(conn, "FULL", table).await?;
        }
        Ok(())
    }

    /// Waits until nobody sees what was erased, or ever will. In this order: once all transactions up to now are over, no
    /// new view of the database goes back behind them; then it is looked whether an old one is still in use.
    async fn wait_until_unseen(&self, conn: &mut PgConnection) -> Result<(), VaultError> {
        let next: String = self.said(sqlx::query_scalar(schema::NEXT_NUMBER).fetch_one(&mut *conn).await)?;
        let (mut over, begun) = (false, Instant::now());
        loop {
            if !over {
                let ask = sqlx::query_scalar(schema::ALL_BEFORE_ARE_OVER).bind(&next);
                over = self.said(ask.fetch_one(&mut *conn).await)?;
            }
            if over {
                self.vacuum(conn, "ANALYZE", schema::TOLD_BY).await?;
                let unseen = sqlx::query_scalar(schema::NOBODY_SEES_THE_ERASED).fetch_one(&mut *conn).await;
                if self.said(unseen)? {
                    return Ok(());
                }
            }
            if begun.elapsed() >= self.wipe_timeout {
                let problem = format!("a transaction on {} may still see them", self.name());
                return Err(VaultError::NotWiped { problem });
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn vacuum(&self, conn: &mut PgConnection, option: &str, table: &str) -> Result<(), VaultError> {
        // Constants of our own: nothing from outside stands in this.
        let statement = format!("VACUUM ({option}) {table}");
        match conn.execute(AssertSqlSafe(statement)).await.map_err(|e| self.failed(&e)) {
            Err(VaultError::Server(ServerError::Busy { problem, .. })) => {
                Err(VaultError::NotWiped { problem })
            }
            other => other.map(|_| ()),
        }
    }

    fn said<T>(&self, answer: Result<T, sqlx::Error>) -> Result<T, VaultError> {
        answer.map_err(|e| self.failed(&e))
    }
}
