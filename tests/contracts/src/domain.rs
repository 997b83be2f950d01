//! Whose contracts there are: the host's, those of the servers on which seasons run, and those of each game.

use games_registry::GameFace;
use schemas::codec::{DecodeError, KindDef, Recorded};
use schemas::host::{HostCommand, HostEvent};
use schemas::server::{ServerCommand, ServerEvent};

/// An event of any version, read and written in its current one: type, version, payload.
type Rewritten = Result<(String, u16, Vec<u8>), DecodeError>;

/// Commands and events of the host, of servers, or of one game.
#[derive(Clone, Copy)]
pub struct Domain {
    /// The folder's name: `host`, `server`, or the game's name on the record.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Commands.
    pub commands: &'static [KindDef],
    /// Events.
    pub events: &'static [KindDef],
    /// The game; none for the host and for servers.
    pub game: Option<&'static dyn GameFace>,
    /// How events are rewritten where there is no game.
    rewrite: fn(&str, u16, &[u8]) -> Rewritten,
}

fn rewrite<E: Recorded>(kind: &str, version: u16, payload: &[u8]) -> Rewritten {
    let event = E::decode(kind, version, payload)?;
    let mut bytes = Vec::new();
    event.encode(&mut bytes)?;
    Ok((event.kind().to_owned(), event.version(), bytes))
}

/// The host's domain, that of servers, then each game's.
#[must_use]
pub fn domains() -> Vec<Domain> {
    let host = Domain {
        name: "host",
        title: "The host",
        commands: HostCommand::KINDS,
        events: HostEvent::KINDS,
        game: None,
        rewrite: rewrite::<HostEvent>,
    };
    let server = Domain {
        name: "server",
        title: "Servers",
        commands: ServerCommand::KINDS,
        events: ServerEvent::KINDS,
        game: None,
        rewrite: rewrite::<ServerEvent>,
    };
    let games = games_registry::games().into_iter().map(|game| Domain {
        name: game.name(),
        title: game.title(),
        commands: game.commands(),
        events: game.events(),
        game: Some(game),
        rewrite: rewrite::<HostEvent>,
    });
    [host, server].into_iter().chain(games).collect()
}

impl Domain {
    /// Reads an event of any version and writes it in its current one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn rewrite_event(&self, kind: &str, version: u16, payload: &[u8]) -> Rewritten {
        match self.game {
            Some(game) => game.rewrite_event(kind, version, payload),
            None => (self.rewrite)(kind, version, payload),
        }
    }
}
