//! What a service must know of people beside their world: what they carry over from earlier seasons, and what the read
//! models hold of them. Where that stands is somebody else's business.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use games_core::people::Linking;
use kernel::Request;
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

    /// Claims a code with which a player links an account elsewhere: what stands for the code on the record, the same for the
    /// same code, and the number of the link; no number where the code is not good for this player. Claimed again, as after
    /// a crash, a code gives the same number.
    ///
    /// The error says why that can not be known at present.
    fn claimed<'a>(
        &'a self,
        player: PlayerId,
        code: &'a str,
    ) -> BoxFuture<'a, Result<(String, Option<i64>), String>>;

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

/// How a command of some game links an account elsewhere by a code, if it does.
fn links(kind: &str) -> Option<&'static Linking> {
    let all = games_registry::games().into_iter().filter_map(games_registry::GameFace::people);
    all.flat_map(|people| people.linking).find(|linking| linking.command == kind)
}

/// Has a command that links an account by a code carry the number of the link in the place of the code.
///
/// # Errors
/// Why it can not be known at present whether the code is good.
pub(crate) async fn claim(people: &dyn People, request: &mut Request) -> Result<(), String> {
    let (Some(linking), Some(player)) = (links(&request.kind), request.actor.player()) else { return Ok(()) };
    // What is no object, or holds no text there, is the game's to refuse.
    let Ok(Value::Object(mut options)) = serde_json::from_slice(&request.payload) else { return Ok(()) };
    let Some(Value::String(code)) = options.get_mut(linking.option) else { return Ok(()) };
    let (stand_in, number) = people.claimed(player, code).await?;
    *code = stand_in;
    request.payload = Value::Object(options).to_string().into_bytes();
    request.facts.carried.extend(number.map(|number| (linking.fact.to_owned(), number)));
    Ok(())
}
