//! What a service must know of people beside their world: what they carry over from earlier seasons, and what the read
//! models hold of them. Where that stands is somebody else's business.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use schemas::{PlayerId, WorldId};
use serde_json::{Map, Value};

/// Knows people across seasons.
pub trait People: Send + Sync {
    /// What a player brings along into a world from the last season of the same game that they played on its server, by the
    /// names of facts; nothing for one who plays there for the first time.
    ///
    /// The error says why that can not be known at present.
    fn carried<'a>(
        &'a self,
        world: &'a WorldId,
        player: PlayerId,
    ) -> BoxFuture<'a, Result<BTreeMap<String, i64>, String>>;

    /// What an export adds to what the world itself says of a player: who they are to the server, and the rows of history
    /// that are theirs, by table.
    ///
    /// The error says why that can not be known at present.
    fn belongings<'a>(
        &'a self,
        world: &'a WorldId,
        player: PlayerId,
    ) -> BoxFuture<'a, Result<Map<String, Value>, String>>;
}

/// Whether a command joins a season of some game.
pub(crate) fn joins(kind: &str) -> bool {
    games_registry::games().iter().any(|game| game.people().is_some_and(|people| people.join == kind))
}

/// Whether a question of some game hands out everything that is known of who asks.
pub(crate) fn exports(kind: &str) -> bool {
    games_registry::games().iter().any(|game| game.people().is_some_and(|people| people.export == kind))
}
