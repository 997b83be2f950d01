//! What a server's stream says: which season runs there, and which ran before.

use event_store::{EventStore, Head, ReadError};
use schemas::codec::Recorded;
use schemas::server::ServerEvent;
use schemas::{CommitNo, ServerId, WallTime, WorldId};

/// How many commits are read at a time.
const PAGE: u32 = 1_000;

/// A server's stream, folded.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// How far it was read: another head later means that it must be read again.
    pub head: Head,
    /// For which world the server is reserved, by the record, and since when. A world that is over or was never opened
    /// may still stand here: it holds no server.
    pub held: Option<(WorldId, WallTime)>,
    /// Every world that the server was ever reserved for, the last one last.
    pub worlds: Vec<WorldId>,
}

/// Why a server's stream can not be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The log can not be read at present.
    #[error("{0}")]
    Unavailable(String),
    /// The stream holds something else than it should.
    #[error("{0}")]
    Broken(String),
}

impl From<ReadError> for ServerError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(problem) => Self::Unavailable(problem),
            ReadError::Broken { .. } => Self::Broken(error.to_string()),
        }
    }
}

/// Folds a server's stream as it stands at the end of the log; empty where there is none.
///
/// # Errors
/// The log can not be read, or does not hold what it should.
pub async fn read<S: EventStore>(store: &S, server: &ServerId) -> Result<Server, ServerError> {
    let stream = server.stream();
    let mut found = Server { head: store.head(&stream).await?, ..Server::default() };
    let mut at = CommitNo::ZERO;
    while at < found.head.commit {
        let page = store.read(&stream, at, PAGE).await?;
        let Some(last) = page.last() else {
            return Err(ServerError::Broken(format!("{stream} ends before its head")));
        };
        at = last.commit;
        for stored in page.iter().take_while(|stored| stored.commit <= found.head.commit) {
            let broken = |e: &dyn std::fmt::Display| {
                ServerError::Broken(format!("{stream}, commit {}: {e}", stored.commit))
            };
            let open = stored.open().map_err(|e| broken(&e))?;
            for event in open.events() {
                match ServerEvent::decode(event.kind, event.version, event.payload).map_err(|e| broken(&e))? {
                    ServerEvent::SeasonReserved(event) => {
                        found.held = Some((event.world.clone(), open.header.wall_ms));
                        found.worlds.push(event.world);
                    }
                    ServerEvent::SeasonReleased(_) => found.held = None,
                }
            }
        }
    }
    Ok(found)
}
