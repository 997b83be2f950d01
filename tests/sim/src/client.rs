//! Clients: players who send a command until it is answered, and an operator. Everything said to them is kept.

use std::collections::BTreeMap;

use kernel::{Receipt, Request};
use schemas::{CommandId, CommitNo, PlayerId, Position, Rejection, WorldId};

use crate::workload::Place;

/// What a client knows of one of its commands.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) request: Request,
    /// Every answer "it is on the record", as it came.
    pub(crate) done: Vec<Receipt>,
    /// The final answer was a refusal by the host.
    pub(crate) refused: Option<Rejection>,
}

/// One client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) world: WorldId,
    pub(crate) player: Option<PlayerId>,
    pub(crate) sent: BTreeMap<CommandId, Sent>,
    /// The command that is not answered yet.
    pub(crate) open: Option<CommandId>,
    pub(crate) tries: u32,
    /// How often that command was sent.
    pub(crate) asked: u32,
    pub(crate) made: u32,
    /// The newest commit that this client knows to be durable.
    pub(crate) knows: CommitNo,
    /// Where the player's city stands, once the subscription has told.
    pub(crate) home: Option<Place>,
    /// Events that the subscription has shown.
    pub(crate) transcript: BTreeMap<Position, String>,
}

impl Client {
    pub(crate) fn new(world: WorldId, player: Option<PlayerId>) -> Self {
        Self {
            world,
            player,
            sent: BTreeMap::new(),
            open: None,
            tries: 0,
            asked: 0,
            made: 0,
            knows: CommitNo::ZERO,
            home: None,
            transcript: BTreeMap::new(),
        }
    }
}

/// Refusals after which a client asks again with the same id: nothing has been decided yet, or not here.
pub(crate) fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "MOVED"
            | "BUSY"
            | "OUTCOME_UNKNOWN"
            | "STORE_UNAVAILABLE"
            | "WORLD_REWINDING"
            | "NO_WORLD"
            | "INTERNAL_ERROR"
            | "CONCURRENCY_CONFLICT"
    )
}
