//! What the adapter needs of the server behind it, and the plain data that go to and fro.

use std::collections::BTreeSet;
use std::future::Future;

use schemas::rejection::RejectionText;
use schemas::{CommitNo, Facts, GameTime, PlayerId, Position, WorldId};
use serde_json::Value;

use crate::interaction::{User, UserKey};
use crate::refusal;

/// An answer, or what a person reads when it is refused.
pub type Answer<T> = Result<T, RejectionText>;

/// The world's clock, and how it stands to the wall's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// The world's time now.
    pub now: GameTime,
    /// Wall time minus game time, in ms.
    pub offset_ms: i64,
}

impl Clock {
    /// A moment of the world as seconds of the wall clock, rounded up: what a time stamp shows is never early.
    #[must_use]
    pub const fn wall_s(&self, at: GameTime) -> i64 {
        at.ms().saturating_add(self.offset_ms).saturating_add(999).div_euclid(1000)
    }
}

/// Where an interaction is answered: the season that runs there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The world.
    pub world: WorldId,
    /// The game's name on the record; chooses the presenter.
    pub game: String,
    /// The game's name for people.
    pub title: String,
    /// Its last commit.
    pub commit: CommitNo,
    /// Its clock.
    pub clock: Clock,
}

/// Who asks, as the transport says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The player.
    pub player: PlayerId,
    /// Outside facts: administrator, age of the account. The host adds what else it knows.
    pub facts: Facts,
    /// Through which channel: `discord`, `terminal`.
    pub channel: &'static str,
    /// The client's own key of this request: the interaction's id. Makes a repeated delivery harmless.
    pub key: String,
}

/// An event that the asker may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurred {
    /// Its position.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// Its payload.
    pub payload: Value,
    /// Whether everybody may see it: only such an event may be told in a public reply.
    pub public: bool,
}

/// A command on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its commit.
    pub commit: CommitNo,
    /// Game time of the decision.
    pub game: GameTime,
    /// The events that the asker may see.
    pub events: Vec<Occurred>,
    /// The command was on the record already: this is the answer it got then.
    pub repeated: bool,
}

/// A player by one of the two names that events use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// By id.
    Id(PlayerId),
    /// By the number in the world (`pn`).
    Number(i64),
}

/// The server behind the adapter. Every answer is one that may be shown: the host has checked rights, limits and
/// audiences, and acknowledges nothing that is not durable.
pub trait Host: Send + Sync {
    /// The season that runs here.
    ///
    /// # Errors
    /// `NO_WORLD` when none does, `WORLD_REWINDING` and the like when it can not be asked.
    fn place(&self) -> impl Future<Output = Answer<Place>> + Send;

    /// The player behind a user who acts; a newcomer gets a new player id.
    ///
    /// # Errors
    /// When people can not be looked up at present.
    fn enter(&self, user: &User) -> impl Future<Output = Answer<PlayerId>> + Send;

    /// The player behind a user who is named; none if nobody knows them.
    fn resolve_user(&self, user: &UserKey) -> impl Future<Output = Option<PlayerId>> + Send;

    /// The name to show for a player; none if it is hidden, erased or unknown.
    fn display_name(&self, who: Who) -> impl Future<Output = Option<String>> + Send;

    /// The player's number in the world (`pn`), where there is one: it decides what is told as "you".
    fn number(&self, player: PlayerId) -> impl Future<Output = Option<i64>> + Send {
        let _ = player;
        async { None }
    }

    /// What a group of players is called, by its number in the world: its name, and a shorter one in brackets where there is
    /// one. `kind` is what boards call such groups: `guild`.
    fn group_name(&self, kind: &str, number: i64) -> impl Future<Output = Option<String>> + Send {
        let _ = (kind, number);
        async { None }
    }

    /// A text that people are told later, with what is sealed in it opened.
    fn opened(&self, text: &str) -> impl Future<Output = String> + Send {
        let text = text.to_owned();
        async { text }
    }

    /// Roles (besides the administrator permission) whose members administer.
    fn staff_roles(&self) -> BTreeSet<u64> {
        BTreeSet::new()
    }

    /// Asks the world to decide.
    ///
    /// # Errors
    /// The refusal as people read it.
    fn command(
        &self,
        asker: &Asker,
        kind: &str,
        payload: &Value,
    ) -> impl Future<Output = Answer<Receipt>> + Send;

    /// Asks the world's state.
    ///
    /// # Errors
    /// The refusal as people read it.
    fn query(&self, asker: &Asker, kind: &str, options: &Value)
    -> impl Future<Output = Answer<Value>> + Send;

    /// Asks the read models.
    ///
    /// # Errors
    /// The refusal as people read it.
    fn read(&self, asker: &Asker, kind: &str, options: &Value) -> impl Future<Output = Answer<Value>> + Send;

    /// Suggestions for an option: shown text and value.
    fn suggest(
        &self,
        asker: &Asker,
        path: &str,
        option: &str,
        typed: &str,
    ) -> impl Future<Output = Vec<(String, String)>> + Send;

    /// Names of people that begin with what was typed, for a terminal that completes `@name`.
    fn people(&self, typed: &str) -> impl Future<Output = Vec<String>> + Send {
        let _ = typed;
        async { Vec::new() }
    }

    /// Asks the host itself: open, pause, resume, end a season.
    ///
    /// # Errors
    /// The refusal as people read it.
    fn host_command(
        &self,
        asker: &Asker,
        kind: &str,
        options: &Value,
    ) -> impl Future<Output = Answer<Receipt>> + Send;

    /// Sets something on the host itself that no world decides: where news go, whether messages are wanted. Answers what
    /// is so from now on, in a sentence.
    ///
    /// # Errors
    /// The refusal as people read it; `NOT_HERE` where there is nothing to set.
    fn set(&self, asker: &Asker, kind: &str, options: &Value) -> impl Future<Output = Answer<String>> + Send {
        let _ = (asker, kind, options);
        async { Err(refusal::plain("NOT_HERE", "That can be set in Discord only.")) }
    }

    /// Lets time pass, where the host can do so (a demo, a test); answers what the asker saw happen.
    ///
    /// # Errors
    /// When this world keeps real time.
    fn pass(&self, asker: &Asker, ms: i64) -> impl Future<Output = Answer<Vec<Occurred>>> + Send {
        let _ = (asker, ms);
        async { Err(refusal::plain("REAL_TIME", "This season keeps real time: nobody can wait it away.")) }
    }
}
