//! Which season answers on which server of Discord.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use command_service::load::game_of;
use command_service::servers::{self, Server};
use discord_adapter::host::Answer as Told;
use discord_adapter::refusal;
use discord_http::{Guilds, Hosted};
use event_store::EventStore;
use games_registry::GameFace;
use schemas::{CommitNo, Rejection, ServerId, WorldId};

use crate::engine::Engine;
use crate::host::{Backend, LocalHost, Seat};

/// The game that a server begins with.
const FIRST_GAME: &str = "popverse-kingdoms";
/// The most servers whose season is remembered.
const KNOWN_MAX: usize = 10_000;

/// The seasons of Discord's servers. Which one runs where stands in the log, in a stream for each server; what was read
/// there is remembered until the stream's head is another.
pub(crate) struct Seasons {
    backend: Backend,
    known: Mutex<BTreeMap<u64, (CommitNo, Seat)>>,
}

fn trouble(error: &dyn std::fmt::Display) -> schemas::rejection::RejectionText {
    tracing::error!(%error, "the season of a server can not be found");
    refusal::describe(&Rejection::new("STORE_UNAVAILABLE"))
}

/// A Discord server as a place where seasons run.
pub(crate) fn server_of(guild: u64) -> Told<ServerId> {
    ServerId::new(&guild.to_string()).map_err(|e| trouble(&e))
}

/// The name of a server's season by its number. Names stand in the state of every button, so it is short: the server's id
/// to the base of 36.
fn name_of(guild: u64, season: usize) -> Told<WorldId> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (mut digits, mut rest) = (Vec::new(), guild);
    while rest > 0 || digits.is_empty() {
        digits.push(char::from(DIGITS[usize::try_from(rest % 36).unwrap_or_default()]));
        rest /= 36;
    }
    let text: String = digits.into_iter().rev().collect();
    WorldId::new(&format!("{text}-{season}")).map_err(|e| trouble(&e))
}

impl Seasons {
    /// The seasons that stand on this.
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend, known: Mutex::default() }
    }

    /// The season that answers on a server: the one that runs there, or the last one, or none yet.
    ///
    /// # Errors
    /// A refusal for people, when the log can not be read.
    pub(crate) async fn seat(&self, guild: u64) -> Told<Seat> {
        let server = server_of(guild)?;
        let head = match self.backend.store.head(&server.stream()).await {
            Ok(head) => head,
            // The log is away. What ran here when it was last heard of can still be looked at.
            Err(error) => {
                let known = self.known().get(&guild).map(|(_, seat)| seat.clone());
                return known.ok_or_else(|| trouble(&error));
            }
        };
        if let Some((at, seat)) = self.known().get(&guild)
            && *at == head.commit
        {
            return Ok(seat.clone());
        }
        let found = servers::read(&*self.backend.store, &server).await.map_err(|e| trouble(&e))?;
        let at = found.head.commit;
        let (seat, lasting) = find(&self.backend.store, guild, server, found).await?;
        let mut known = self.known();
        if lasting {
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(guild, (at, seat.clone()));
        }
        Ok(seat)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, (CommitNo, Seat)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The seat of a server whose stream says this, and whether it stays so until the stream's head is another.
///
/// # Errors
/// A refusal for people, when the log can not be read.
pub(crate) async fn find(store: &Engine, guild: u64, server: ServerId, found: Server) -> Told<(Seat, bool)> {
    let next = name_of(guild, found.worlds.len() + 1)?;
    let reserved = found.held.map(|(world, _)| world);
    // A reservation whose world never came to be is passed over: what ran before can still be looked at.
    for world in found.worlds.iter().rev() {
        if let Some(game) = game_of(store, world).await.map_err(|e| trouble(&e))? {
            let lasting = reserved.as_ref().is_none_or(|reserved| reserved == world);
            return Ok((Seat { world: world.clone(), server, game, vacant: false, next }, lasting));
        }
    }
    let game = first_game()?;
    Ok((Seat { world: next.clone(), server, game, vacant: true, next }, reserved.is_none()))
}

/// The game of a server on which none has run yet.
pub(crate) fn first_game() -> Told<&'static dyn GameFace> {
    let game = games_registry::find(FIRST_GAME).or_else(|| games_registry::games().first().copied());
    game.ok_or_else(|| refusal::describe(&Rejection::new("UNKNOWN_GAME")))
}

impl Guilds for Seasons {
    type Host = LocalHost;

    async fn hosted(&self, guild: u64) -> Told<Hosted<LocalHost>> {
        let seat = self.seat(guild).await?;
        let tree = seat.game.tree();
        Ok(Hosted { host: Arc::new(self.backend.host(seat)), tree })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_season_is_named_after_its_server_in_few_letters() {
        assert_eq!(name_of(0, 1).unwrap().as_str(), "0-1");
        assert_eq!(name_of(u64::MAX, 12).unwrap().as_str(), "3w5e11264sgsf-12");
        let shown = name_of(900_000_000_000_000_100, 1).unwrap();
        assert_eq!(
            u64::from_str_radix(shown.as_str().split('-').next().unwrap(), 36),
            Ok(900_000_000_000_000_100)
        );
    }
}
