//! Several connections that work on a new version at once.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::task::JoinSet;

use super::schema::{LOCK_HANDS, LOCKS, PROJECTOR, search_path};
use super::server::Server;
use super::server_error::ServerError;
use crate::error::ProjectionError;

/// How many connections make the indexes of a rebuild: as many processes as PostgreSQL by itself would give to one
/// index.
pub(crate) const HANDS: usize = 3;

/// How the connections of a rebuild work: for as long as it takes, and sorting what lies in the processor's cache. An
/// index whose rows come in no order takes half the time with these few megabytes of what it takes with hundreds, and
/// those that come in order, a little more. So little is sorted by one process alone: hence the hands.
///
/// None of their commits waits for the disk. Nobody reads what they make before the version serves, and the transaction
/// that lets it serve waits for everything that was written before it.
pub(super) const AT_WORK: &str =
    "SET statement_timeout = 0; SET maintenance_work_mem = '8MB'; SET synchronous_commit = off";

/// The connection that holds the lock of the rebuild, and others that help it.
pub(super) struct Hands {
    own: PgConnection,
    helpers: Vec<PgConnection>,
}

impl Server {
    /// So many hands for a version that is being made, or fewer if the server lets no more in.
    pub(super) async fn hands(&self, own: PgConnection, version: u64, most: usize) -> Hands {
        let mut helpers = Vec::new();
        while helpers.len() + 1 < most {
            match self.helper(version).await {
                Ok(conn) => helpers.push(conn),
                Err(error) => {
                    tracing::warn!(%error, "a rebuild goes on with fewer connections");
                    break;
                }
            }
        }
        Hands { own, helpers }
    }

    async fn helper(&self, version: u64) -> Result<PgConnection, ServerError> {
        let mut conn = self.connect("rebuild").await?;
        let setup = format!(
            "SET ROLE {PROJECTOR}; SET lock_timeout = {}; SELECT pg_advisory_lock_shared({LOCKS}, {LOCK_HANDS}); \
             {}; {AT_WORK}",
            self.settings.owner_timeout.as_millis().max(1),
            search_path(version),
        );
        conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await.map_err(self.failed())?;
        Ok(conn)
    }
}

impl Hands {
    /// Runs statements one after the other.
    pub(super) async fn one(&mut self, all: Vec<String>) -> Result<(), ProjectionError> {
        for sql in all {
            self.own.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }

    /// Runs statements that do not wait for each other, each begun in turn by whichever connection is free.
    pub(super) async fn share(&mut self, all: Vec<String>) -> Result<(), ProjectionError> {
        let left = Arc::new(Mutex::new(all.into_iter()));
        let mut working = JoinSet::new();
        for mut conn in self.helpers.drain(..) {
            let left = Arc::clone(&left);
            working.spawn(async move { work(&mut conn, &left).await.map(|()| conn) });
        }
        // Whatever fails ends the others, too: what they were at is thrown away.
        let own = work(&mut self.own, &left);
        let others = async {
            let mut helpers = Vec::new();
            while let Some(done) = working.join_next().await {
                helpers.push(done.map_err(|broken| sqlx::Error::Protocol(broken.to_string()))??);
            }
            Ok::<_, sqlx::Error>(helpers)
        };
        let ((), helpers) = tokio::try_join!(own, others)?;
        self.helpers = helpers;
        Ok(())
    }

    /// Closes all connections in good order.
    pub(super) async fn close(self) -> Result<(), ProjectionError> {
        for conn in self.helpers {
            conn.close().await?;
        }
        Ok(self.own.close().await?)
    }
}

async fn work(conn: &mut PgConnection, left: &Mutex<std::vec::IntoIter<String>>) -> Result<(), sqlx::Error> {
    loop {
        let next = left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(sql) = next else { return Ok(()) };
        conn.execute(AssertSqlSafe(sql)).await?;
    }
}
