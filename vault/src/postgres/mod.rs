//! The vault on a PostgreSQL server, which several nodes share.

mod error;
mod open;
mod prepare;
mod schema;

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor, PgPool, Postgres};

pub use self::open::PoolSettings;
use self::open::Server;
pub use self::prepare::{Login, Prepared, Purpose, prepare_postgres};
use crate::error::{ServerError, VaultError};

/// A vault's database.
#[derive(Debug)]
pub(crate) struct PostgresDb {
    server: Server,
    pool: PgPool,
}

/// How often old versions of rows are wiped before it is said that they can not be: a row that another node has just
/// added looks like one that is in the way, and no longer at the next try.
const WIPES: u32 = 3;
/// What lies between two of them.
const BETWEEN_WIPES: Duration = Duration::from_millis(100);

impl PostgresDb {
    pub(crate) async fn open(url: &str, settings: &PoolSettings) -> Result<Self, VaultError> {
        let server = Server::parse(url)?;
        let pool = server.pool(settings).await?;
        Ok(Self { server, pool })
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
    /// Rows that a running transaction may still see are copied, too. So it is looked afterwards whether anything was
    /// left, and if it was, that is an error.
    pub(crate) async fn wipe(&self) -> Result<(), VaultError> {
        let mut conn = self.acquire().await?;
        // Copying may take longer than a question; how long it waits for others stays bound.
        self.said(conn.execute("SET statement_timeout = 0").await)?;
        let wiped = self.wipe_on(&mut conn).await;
        // A new connection will have the settings of the others.
        conn.close().await.ok();
        wiped
    }

    async fn wipe_on(&self, conn: &mut PoolConnection<Postgres>) -> Result<(), VaultError> {
        for tried in 1..=WIPES {
            for option in ["FULL", "ANALYZE"] {
                for table in schema::WIPED {
                    // Constants of our own: nothing from outside stands in this.
                    let statement = format!("VACUUM ({option}) {table}");
                    match conn.execute(AssertSqlSafe(statement)).await.map_err(|e| self.failed(&e)) {
                        Err(VaultError::Server(ServerError::Busy { problem, .. })) => {
                            return Err(VaultError::NotWiped { problem });
                        }
                        other => other?,
                    };
                }
            }
            let unclean = sqlx::query_scalar::<_, i64>(schema::UNCLEAN).fetch_one(&mut **conn).await;
            if self.said(unclean)? == 0 {
                return Ok(());
            }
            if tried < WIPES {
                tokio::time::sleep(BETWEEN_WIPES).await;
            }
        }
        let problem = format!("a transaction on {} may still see them", self.name());
        Err(VaultError::NotWiped { problem })
    }

    fn said<T>(&self, answer: Result<T, sqlx::Error>) -> Result<T, VaultError> {
        answer.map_err(|e| self.failed(&e))
    }
}
