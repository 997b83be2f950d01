//! How a process says to others on the same log whether it wants it to itself.
//!
//! It saves operators from two servers that take each other's worlds all day; what keeps the record whole is the
//! expected version and the epoch of every append, and not this.

use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::task::JoinHandle;

use super::error::server_error;
use super::open::{Limits, Server};
use crate::ServerError;

/// The advisory lock of a log, in its database: "annals" in ASCII.
const LOCK: i64 = 0x0000_616e_6e61_6c73;

/// How often it is looked whether the connection with the claim still stands, and how often one that is lost is made
/// again.
const LOOK: Duration = Duration::from_secs(1);

/// How often a claim that is not free is tried again.
const AGAIN: Duration = Duration::from_millis(100);

/// A connection that holds the claim; it ends with the connection, also when the process is killed. Where the server is
/// started again, the claim is made again.
#[derive(Debug)]
pub struct Claim {
    task: JoinHandle<()>,
}

impl Claim {
    pub(super) async fn new(
        server: &Server,
        limits: Limits,
        alone: bool,
        patience: Duration,
    ) -> Result<Self, ServerError> {
        let begun = Instant::now();
        loop {
            if let Some(conn) = take(server, &limits, alone).await? {
                return Ok(Self { task: tokio::spawn(hold(server.clone(), limits, alone, conn)) });
            }
            if begun.elapsed() >= patience {
                return Err(ServerError::InUse { server: server.name(), alone });
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Gives the claim up.
    pub async fn release(self) {
        let mut claim = self;
        claim.task.abort();
        // An error says that it was ended, which is what was wanted.
        let _ = (&mut claim.task).await;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection with the claim; none where it does not go with another process's.
async fn take(server: &Server, limits: &Limits, alone: bool) -> Result<Option<PgConnection>, ServerError> {
    let failed = |e: sqlx::Error| server_error(server, &e);
    let mut conn = server.connect("claim", limits).await?;
    let lock =
        if alone { "SELECT pg_try_advisory_lock($1)" } else { "SELECT pg_try_advisory_lock_shared($1)" };
    let free: bool = sqlx::query_scalar(lock).bind(LOCK).fetch_one(&mut conn).await.map_err(failed)?;
    Ok(free.then_some(conn))
}

/// Keeps the claim for as long as this runs.
async fn hold(server: Server, limits: Limits, alone: bool, mut conn: PgConnection) {
    loop {
        tokio::time::sleep(LOOK).await;
        if matches!(tokio::time::timeout(limits.connect, conn.ping()).await, Ok(Ok(()))) {
            continue;
        }
        let mut told = false;
        conn = loop {
            match take(&server, &limits, alone).await {
                Ok(Some(conn)) => break conn,
                Ok(None) if !told => {
                    told = true;
                    let problem = ServerError::InUse { server: server.name(), alone };
                    tracing::error!(%problem, "another process has begun to use the log while its server was away");
                }
                // Whoever appends says that the server is away.
                Ok(None) | Err(_) => {}
            }
            tokio::time::sleep(LOOK).await;
        };
    }
}
