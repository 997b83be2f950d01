//! The object-safe face of a game.

use std::marker::PhantomData;

use games_core::Game;
use games_core::duty::ThreatFigures;
use games_core::game::{BattleRecord, BattleReport};
use games_core::people::People;
use games_core::tree::{CommandTree, Mode};
use games_core::view::{Board, Table};
use schemas::codec::{DecodeError, KindDef, Recorded};
use schemas::host::WorldOpened;
use schemas::rejection::RejectionText;
use schemas::{Rejection, WorldId};

use crate::host::HOST_STATE_VERSION;
use crate::typed::TypedWorld;
use crate::world::{FoldError, World};

/// A game as hosts see it.
pub trait GameFace: Send + Sync {
    /// The game's name on the record.
    fn name(&self) -> &'static str;

    /// The game's name for people.
    fn title(&self) -> &'static str;

    /// What a snapshot must match to be used: game, shape of the state, build of the fold.
    fn state_key(&self) -> String;

    /// The rules file that a new world takes when none is given, TOML.
    fn default_rules(&self) -> &'static str;

    /// Checks a rules file and settings before a world is opened with them; gives the settings back in full.
    ///
    /// # Errors
    /// `BAD_RULES` or `INVALID_OPTION`, with what is wrong and where.
    fn check_opening(&self, rules: &str, config: &serde_json::Value) -> Result<serde_json::Value, Rejection>;

    /// A world at its beginning, before the commit that opens it is folded.
    ///
    /// # Errors
    /// When rules or settings can not be read.
    fn create(&'static self, world: &WorldId, opened: &WorldOpened) -> Result<Box<dyn World>, FoldError>;

    /// A world from a snapshot's bytes.
    ///
    /// # Errors
    /// When they are not such bytes.
    fn restore(&'static self, world: &WorldId, bytes: &[u8]) -> Result<Box<dyn World>, FoldError>;

    /// The slash commands.
    fn tree(&self) -> &'static CommandTree;

    /// Checks a command's bytes against its schema.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check_command(&self, kind: &str, payload: &[u8]) -> Result<u16, DecodeError>;

    /// The sentence of a refusal.
    fn describe(&self, rejection: &Rejection) -> Option<RejectionText>;

    /// Every code that the game may answer with.
    fn rejection_codes(&self) -> &'static [&'static str];

    /// Command types with their schemas.
    fn commands(&self) -> &'static [KindDef];

    /// Event types with their schemas.
    fn events(&self) -> &'static [KindDef];

    /// Reads an event of any version and writes it anew in its current one.
    ///
    /// # Errors
    /// What is wrong with it.
    fn rewrite_event(
        &self,
        kind: &str,
        version: u16,
        payload: &[u8],
    ) -> Result<(String, u16, Vec<u8>), DecodeError>;

    /// The battle of an event, if it is one.
    fn battle(&self, kind: &str, version: u16, payload: &[u8]) -> Option<BattleRecord>;

    /// Fights a recorded battle again under the rules (TOML) that were in force when it was fought.
    ///
    /// # Errors
    /// When its inputs or the rules can not be read, or do not belong together.
    fn refight(&self, rules: &str, inputs: &serde_json::Value) -> Result<BattleReport, String>;

    /// The read models.
    fn tables(&self) -> &'static [Table];

    /// The leaderboards.
    fn boards(&self) -> &'static [Board];

    /// How people stand in the read models.
    fn people(&self) -> Option<&'static People>;

    /// The events whose notices to everybody are news outside of the season's own channel, too.
    fn news(&self) -> &'static [&'static str];

    /// How the host scores who plays as no person could; none where it does not.
    fn threat(&self) -> Option<ThreatFigures>;

    /// The place on the map that a command is about, if it is about one.
    fn place(&self, kind: &str, payload: &[u8]) -> Option<(i64, i64)>;

    /// The place on the map that a question is about, if it is about one.
    fn place_asked(&self, kind: &str, options: &serde_json::Value) -> Option<(i64, i64)>;

    /// Whether a slash command of this type is a question, a command, …
    fn mode(&self, kind: &str) -> Option<Mode> {
        self.tree().find_kind(kind).map(|command| command.mode)
    }
}

struct Face<G>(PhantomData<G>);

/// The face of a game.
#[must_use]
pub fn face<G: Game>() -> &'static dyn GameFace {
    const { &Face::<G>(PhantomData) }
}

impl<G: Game> GameFace for Face<G> {
    fn name(&self) -> &'static str {
        G::NAME
    }

    fn title(&self) -> &'static str {
        G::TITLE
    }

    fn state_key(&self) -> String {
        let build = env!("CARGO_PKG_VERSION");
        format!("{}/{}/{HOST_STATE_VERSION}/{build}", G::NAME, G::STATE_VERSION)
    }

    fn default_rules(&self) -> &'static str {
        G::RULES
    }

    fn check_opening(&self, rules: &str, config: &serde_json::Value) -> Result<serde_json::Value, Rejection> {
        G::parse_rules(rules).map_err(|e| Rejection::new("BAD_RULES").with("problem", e.problem))?;
        let config = read_config::<G>(config).map_err(|problem| {
            Rejection::new("INVALID_OPTION").with("option", "config").with("rule", problem)
        })?;
        G::check_config(&config)?;
        serde_json::to_value(&config).map_err(|e| {
            Rejection::new("INVALID_OPTION").with("option", "config").with("rule", e.to_string())
        })
    }

    fn create(&'static self, world: &WorldId, opened: &WorldOpened) -> Result<Box<dyn World>, FoldError> {
        Ok(Box::new(TypedWorld::<G>::create(world.clone(), opened)?))
    }

    fn restore(&'static self, world: &WorldId, bytes: &[u8]) -> Result<Box<dyn World>, FoldError> {
        Ok(Box::new(TypedWorld::<G>::restore(world.clone(), bytes)?))
    }

    fn tree(&self) -> &'static CommandTree {
        G::TREE
    }

    fn check_command(&self, kind: &str, payload: &[u8]) -> Result<u16, DecodeError> {
        let version = G::Command::KINDS.iter().find(|k| k.kind == kind).map_or(1, |k| k.version);
        G::Command::decode(kind, version, payload).map(|_| version)
    }

    fn describe(&self, rejection: &Rejection) -> Option<RejectionText> {
        G::describe(rejection)
    }

    fn rejection_codes(&self) -> &'static [&'static str] {
        G::REJECTIONS
    }

    fn commands(&self) -> &'static [KindDef] {
        G::Command::KINDS
    }

    fn events(&self) -> &'static [KindDef] {
        G::Event::KINDS
    }

    fn rewrite_event(
        &self,
        kind: &str,
        version: u16,
        payload: &[u8],
    ) -> Result<(String, u16, Vec<u8>), DecodeError> {
        let event = G::read_event(kind, version, payload)?;
        let mut bytes = Vec::new();
        event.encode(&mut bytes)?;
        Ok((event.kind().to_owned(), event.version(), bytes))
    }

    fn battle(&self, kind: &str, version: u16, payload: &[u8]) -> Option<BattleRecord> {
        G::battle(&G::read_event(kind, version, payload).ok()?)
    }

    fn refight(&self, rules: &str, inputs: &serde_json::Value) -> Result<BattleReport, String> {
        G::refight(&G::parse_rules(rules).map_err(|e| e.to_string())?, inputs)
    }

    fn tables(&self) -> &'static [Table] {
        G::tables()
    }

    fn boards(&self) -> &'static [Board] {
        G::boards()
    }

    fn people(&self) -> Option<&'static People> {
        G::people()
    }

    fn news(&self) -> &'static [&'static str] {
        G::news()
    }

    fn threat(&self) -> Option<ThreatFigures> {
        G::THREAT
    }

    fn place(&self, kind: &str, payload: &[u8]) -> Option<(i64, i64)> {
        let version = G::Command::KINDS.iter().find(|k| k.kind == kind)?.version;
        G::place(&G::Command::decode(kind, version, payload).ok()?)
    }

    fn place_asked(&self, kind: &str, options: &serde_json::Value) -> Option<(i64, i64)> {
        G::place_asked(&read_query::<G>(kind, options).ok()?)
    }
}

/// A question from its type and its options.
pub(crate) fn read_query<G: Game>(kind: &str, options: &serde_json::Value) -> Result<G::Query, String> {
    let mut query = serde_json::Map::new();
    query.insert("type".to_owned(), kind.into());
    if let Some(options) = options.as_object() {
        query.extend(options.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    serde_json::from_value(query.into()).map_err(|e| e.to_string())
}

/// Settings from JSON; nothing given means the default of each.
pub(crate) fn read_config<G: Game>(config: &serde_json::Value) -> Result<G::Config, String> {
    if config.is_null() {
        return Ok(G::Config::default());
    }
    serde_json::from_value(config.clone()).map_err(|e| e.to_string())
}
