//! How a process says to others on the same log whether it wants it to itself.
//!
//! It saves operators from two servers that take each other's worlds all day; what keeps the record whole is the
//! expected version and the epoch of every append, and not this.

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::error::server_error;
use super::open::{Limits, Server};
use crate::ServerError;

/// The advisory lock of a log, in its database: "annals" in ASCII.
const LOCK: i64 = 0x0000_616e_6e61_6c73;

/// A connection that holds the claim; it ends with the connection, also when the process is killed.
#[derive(Debug)]
pub struct Claim {
    conn: PgConnection,
}

impl Claim {
    pub(super) async fn new(server: &Server, alone: bool) -> Result<Self, ServerError> {
        let failed = |e: sqlx::Error| server_error(server, &e);
        let mut conn = server.connect("claim", &Limits::default()).await?;
        let lock =
            if alone { "SELECT pg_try_advisory_lock($1)" } else { "SELECT pg_try_advisory_lock_shared($1)" };
        let free: bool = sqlx::query_scalar(lock).bind(LOCK).fetch_one(&mut conn).await.map_err(failed)?;
        if free { Ok(Self { conn }) } else { Err(ServerError::InUse { server: server.name(), alone }) }
    }

    /// Gives the claim up.
    pub async fn release(self) {
        // Whatever comes of it, the server ends the lock with the connection.
        let _ = self.conn.close().await;
    }
}
