//! What is told of appends, and who listens.
//!
//! A hint says that there may be something new, and no more: it is lost when nobody listens, when the connection is lost,
//! and when a server in between pools connections by transaction. So whoever follows the log looks by itself as well.

use std::fmt::Write;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::error::server_error;
use super::open::{Limits, Server};
use super::schema::CHANNEL;
use super::session::Admitted;
use super::writer::last_of;
use crate::ServerError;

/// Most bytes of a payload: the server takes less than 8,000.
const PAYLOAD_BYTES: usize = 7_900;

/// How long to wait before a listener whose server went away reaches for it again.
const AGAIN: Duration = Duration::from_secs(1);

/// What is told of batches: a line `<world> <last commit>` for each, as many to a payload as it holds. One payload costs
/// the server about as much as one row, so that a large group is told in a few.
pub(super) fn payloads(part: &[Admitted]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for one in part {
        let line = hint(one);
        match payloads.last_mut() {
            Some(payload) if payload.len() + 1 + line.len() <= PAYLOAD_BYTES => {
                // Writing to a string does not fail.
                let _ = write!(payload, "\n{line}");
            }
            _ => payloads.push(line),
        }
    }
    payloads
}

/// What is told of one batch.
pub(super) fn hint(one: &Admitted) -> String {
    format!("{} {}", one.batch.world, last_of(&one.batch))
}

/// Hears of appends, whoever made them.
#[derive(Debug)]
pub struct Hints {
    listener: PgListener,
    /// Whether the server went away, and nothing has been heard since.
    away: bool,
}

impl Hints {
    pub(super) async fn new(server: &Server, limits: &Limits) -> Result<Self, ServerError> {
        let failed = |e: sqlx::Error| server_error(server, &e);
        // A connection of its own: it is never handed back.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(limits.connect)
            .connect_with(server.told("listener", limits))
            .await
            .map_err(failed)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Self { listener, away: false })
    }

    /// Waits until something may have been appended: lines `<world> <last commit>`, or nothing where the connection was
    /// lost in between, and anything may have happened. Connects again by itself for as long as it takes; nothing is lost
    /// when it is given up while it waits.
    pub async fn heard(&mut self) -> String {
        loop {
            match self.listener.try_recv().await {
                Ok(Some(told)) if !self.away => return told.payload().to_owned(),
                Ok(Some(_) | None) => {
                    self.away = false;
                    return String::new();
                }
                // Whoever reads says that the server is away.
                Err(_) => {
                    self.away = true;
                    tokio::time::sleep(AGAIN).await;
                    if self.listener.listen(CHANNEL).await.is_ok() {
                        self.away = false;
                        return String::new();
                    }
                }
            }
        }
    }
}
