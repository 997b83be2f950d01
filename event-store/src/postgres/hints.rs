//! What is told of appends, and who listens.
//!
//! A hint says that there may be something new, and no more: it is lost when nobody listens, when the connection is lost,
//! and when a server in between pools connections by transaction. So whoever follows the log looks by itself as well.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use schemas::{CommitNo, WorldId};
use sqlx::postgres::{PgConnection, PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::{server_error, words};
use super::open::{Limits, Server};
use super::schema::{CHANNEL, TELL};
use crate::ServerError;

/// Most bytes of a payload: the server takes less than 8,000.
const PAYLOAD_BYTES: usize = 7_900;

/// How long to wait before a listener whose server went away reaches for it again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long whoever tells pauses after a message. What is appended meanwhile goes into the next one: a message costs the
/// server about as much as a row, and wakes whoever listens. Told every 5 ms, it took 4 % from a single producer.
const PAUSE: Duration = Duration::from_millis(25);

/// The ends of batches that were appended, on their way to being told.
pub(super) type Ends = mpsc::UnboundedSender<(WorldId, CommitNo)>;

/// Tells of appends, on a connection of its own: within the statement of an append a message would make it longer by a
/// quarter, and have statements of two connections wait for each other where they become durable. Ends when all senders
/// are gone and everything is told.
pub(super) fn tell(server: Server, limits: Limits) -> (Ends, JoinHandle<()>) {
    let (ends, mut appended) = mpsc::unbounded_channel();
    let task = tokio::spawn(async move {
        if !limits.hints {
            return;
        }
        let mut conn = None;
        while let Some((world, commit)) = appended.recv().await {
            let mut last = BTreeMap::from([(world, commit)]);
            while let Ok((world, commit)) = appended.try_recv() {
                last.insert(world, commit);
            }
            conn = match told(conn, &server, &limits, &payloads(&last)).await {
                Ok(conn) => Some(conn),
                Err(problem) => {
                    tracing::debug!(%problem, "an append is not told: who follows the log looks by itself");
                    None
                }
            };
            tokio::time::sleep(PAUSE).await;
        }
    });
    (ends, task)
}

/// Tells, and hands the connection back.
async fn told(
    conn: Option<PgConnection>,
    server: &Server,
    limits: &Limits,
    payloads: &[String],
) -> Result<PgConnection, String> {
    let mut conn = match conn {
        Some(conn) => conn,
        None => server.connect("teller", limits).await.map_err(|e| e.to_string())?,
    };
    let work = sqlx::query(TELL).bind(payloads).execute(&mut conn);
    match tokio::time::timeout(limits.connect, work).await {
        Ok(Ok(_)) => Ok(conn),
        Ok(Err(error)) => Err(words(&error)),
        Err(_) => Err(format!("no answer within {} s", limits.connect.as_secs())),
    }
}

/// What is told of batches: a line `<world> <last commit>` for each, as many to a payload as it holds.
fn payloads(last: &BTreeMap<WorldId, CommitNo>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for (world, commit) in last {
        let line = format!("{world} {commit}");
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn many_ends_are_told_in_few_messages_that_the_server_takes() {
        let world = |n: u64| WorldId::new(&format!("kingdoms-of-a-long-name-{n}")).unwrap();
        let last: BTreeMap<_, _> = (0..1000).map(|n| (world(n), CommitNo::new(n))).collect();
        let payloads = payloads(&last);
        assert!((4..8).contains(&payloads.len()), "{}", payloads.len());
        assert!(payloads.iter().all(|payload| payload.len() < 8000));
        let lines: Vec<&str> = payloads.iter().flat_map(|payload| payload.lines()).collect();
        assert_eq!(lines.len(), 1000);
        assert!(lines.contains(&"kingdoms-of-a-long-name-7 7"));
    }
}
