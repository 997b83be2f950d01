//! Whose contracts there are: the host's, and those of each game.

use games_registry::GameFace;
use schemas::codec::{DecodeError, KindDef, Recorded};
use schemas::host::{HostCommand, HostEvent};

/// Commands and events of the host or of one game.
#[derive(Clone, Copy)]
pub struct Domain {
    /// The folder's name: `host`, or the game's name on the record.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Commands.
    pub commands: &'static [KindDef],
    /// Events.
    pub events: &'static [KindDef],
    /// The game; none for the host.
    pub game: Option<&'static dyn GameFace>,
}

/// The host's domain, then each game's.
#[must_use]
pub fn domains() -> Vec<Domain> {
    let host = Domain {
        name: "host",
        title: "The host",
        commands: HostCommand::KINDS,
        events: HostEvent::KINDS,
        game: None,
    };
    let games = games_registry::games().into_iter().map(|game| Domain {
        name: game.name(),
        title: game.title(),
        commands: game.commands(),
        events: game.events(),
        game: Some(game),
    });
    std::iter::once(host).chain(games).collect()
}

impl Domain {
    /// Reads an event of any version and writes it in its current one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn rewrite_event(
        &self,
        kind: &str,
        version: u16,
        payload: &[u8],
    ) -> Result<(String, u16, Vec<u8>), DecodeError> {
        if let Some(game) = self.game {
            return game.rewrite_event(kind, version, payload);
        }
        let event = HostEvent::decode(kind, version, payload)?;
        let mut bytes = Vec::new();
        event.encode(&mut bytes)?;
        Ok((event.kind().to_owned(), event.version(), bytes))
    }
}
