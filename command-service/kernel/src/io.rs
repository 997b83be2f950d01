//! What goes into a step, and what comes out.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_store::{AppendError, Head, Snapshot, WorldBatch};
use games_core::Audience;
use games_registry::World;
use schemas::commit::{CheckedCommit, EventRef};
use schemas::{
    Actor, CommandId, CommitNo, Facts, GameTime, Hash, LiveLine, Outcome, PlayerId, Position, Rejection,
    StoredCommit, WallTime, WorldId,
};

/// Names a waiting caller; chosen by the shell.
pub type Ticket = u64;

/// A command on its way to a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who waits for the answer.
    pub ticket: Ticket,
    /// The world.
    pub world: WorldId,
    /// The idempotency key, formed by the host.
    pub id: CommandId,
    /// Who asks, from the transport.
    pub actor: Actor,
    /// Through which channel.
    pub channel: String,
    /// The command's type.
    pub kind: String,
    /// Its options, JSON.
    pub payload: Vec<u8>,
    /// Outside facts.
    pub facts: Facts,
}

/// A question to a world's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Who waits for the answer.
    pub ticket: Ticket,
    /// The world.
    pub world: WorldId,
    /// Who asks.
    pub actor: Actor,
    /// Outside facts.
    pub facts: Facts,
    /// What is asked.
    pub what: Asked,
}

/// The kinds of question.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// A question of the game: type and options.
    View(String, serde_json::Value),
    /// Suggestions for an option: path, option, what has been typed.
    Suggest(String, String, String),
    /// The host's own view of the world: life cycle, clock, head.
    Status,
    /// What bots of these players do next, each with the number that seeds its chance; nothing of one that does nothing.
    Bots(Vec<(PlayerId, u64)>),
    /// The whole state, for operators.
    State,
    /// A page of the dashboard.
    Page(games_core::duty::Page),
}

/// What a load found.
pub struct Loaded {
    /// Where the log ends.
    pub head: Head,
    /// The world folded to the head; none for an empty log.
    pub world: Option<Box<dyn World>>,
    /// Index keys of all commands with their commits.
    pub index: BTreeMap<u64, Vec<CommitNo>>,
    /// Which commits are live.
    pub live: LiveLine,
    /// The world's bytes as a snapshot would have them, where questions are to be answered when the log is away.
    pub image: Option<Vec<u8>>,
    /// Who went beyond a rate limit lately, and when, by the host's audit; in order.
    pub violations: Vec<(PlayerId, WallTime)>,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loaded").field("head", &self.head).finish_non_exhaustive()
    }
}

/// What happens to a kernel.
#[derive(Debug)]
pub enum Input {
    /// Take a world over, or get ready to open it.
    Adopt(WorldId),
    /// Let a world go: what waits is answered `MOVED`.
    Release(WorldId),
    /// A load has ended. The number is that of [`Output::Load`].
    Loaded(WorldId, u64, Result<Box<Loaded>, LoadError>),
    /// A command.
    Request(Box<Request>),
    /// A question.
    Question(Box<Question>),
    /// An append has ended. The number is that of [`Output::Append`].
    Appended(u64, Vec<(WorldId, Result<CommitNo, AppendError>)>),
    /// A lookup has ended.
    Found(Ticket, Result<Vec<StoredCommit>, String>),
    /// A head was read; the number is that of [`Output::ReadHead`].
    HeadRead(WorldId, Result<Head, String>),
    /// Time has passed.
    Tick,
}

/// Why a load gave no world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The log can not be read at present: it will be tried again.
    #[error("{0}")]
    Unavailable(String),
    /// The record is broken: the world stands still until an operator has looked at it.
    #[error("{0}")]
    Poison(String),
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The command is on the record, with this outcome.
    Done(Box<Receipt>),
    /// A question's answer, and the commit whose state gave it.
    View(Result<serde_json::Value, Rejection>, CommitNo),
    /// Refused by the host; not on the world's record.
    Refused(Rejection),
}

/// An event that somebody is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its position.
    pub position: Position,
    /// Its type.
    pub kind: String,
    /// Its payload, JSON.
    pub payload: Vec<u8>,
    /// Whether everybody may see it: only such an event may be told where others read along.
    pub public: bool,
}

impl Seen {
    /// The event as this player sees it; none if it is not theirs to see. No player sees what everybody may.
    #[must_use]
    pub fn by(player: Option<PlayerId>, event: &EventRef<'_>, audience: &Audience) -> Option<Self> {
        let public = *audience == Audience::Everyone;
        let (position, kind) = (event.position, event.kind.to_owned());
        let shown = public || player.is_some_and(|player| audience.includes(player));
        shown.then(|| Self { position, kind, payload: event.payload.to_vec(), public })
    }
}

/// A command on the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its commit.
    pub commit: CommitNo,
    /// Position of the first event.
    pub first: Position,
    /// Game time of the decision.
    pub game: GameTime,
    /// How it ended.
    pub outcome: Outcome,
    /// The events that the asker may see.
    pub events: Vec<Seen>,
    /// The command was on the record already: this is the answer it got then.
    pub repeated: bool,
}

/// A durable commit for subscribers.
#[derive(Debug, Clone)]
pub struct Published {
    /// The commit.
    pub stored: Arc<CheckedCommit>,
    /// Who may see each event.
    pub audiences: Vec<Audience>,
}

impl Published {
    /// The events that a player may see. `None` sees what everybody may.
    #[must_use]
    pub fn seen_by(&self, player: Option<PlayerId>) -> Vec<Seen> {
        self.stored
            .opened()
            .events()
            .zip(&self.audiences)
            .filter_map(|(event, audience)| Seen::by(player, &event, audience))
            .collect()
    }
}

/// What a checkpoint says beside what the snapshot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Game time of the snapshot's commit.
    pub game: GameTime,
    /// Digest of the state, the cursor left out.
    pub state_digest: Hash,
}

/// What a kernel wants done.
#[derive(Debug)]
pub enum Output {
    /// Write these batches, durably, and say how it ended.
    Append(u64, Vec<WorldBatch>),
    /// Read a world's log from the start (or a snapshot) to its head.
    Load(WorldId, u64),
    /// Read the commits of a command id.
    Lookup(Ticket, WorldId, CommandId),
    /// Read where a world's log ends.
    ReadHead(WorldId),
    /// Tell a caller.
    Reply(Ticket, Answer),
    /// Tell subscribers.
    Publish(Box<Published>),
    /// Call [`Input::Tick`] at this moment at the latest.
    WakeAt(WallTime),
    /// A world stands still: tell the operators.
    Alarm(WorldId, String),
    /// Another node has taken the world over.
    StoodDown(WorldId),
    /// The world has been let go, as [`Input::Release`] wanted.
    Released(WorldId),
    /// A snapshot of durable state: keep it, sign a checkpoint of it, off the append path.
    Snapshot(Box<Snapshot>, Stamp),
    /// A request that never reached a world's record: for the host's audit.
    Refused(Box<Request>, Rejection),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_sees_their_own_and_the_public_and_knows_which_is_which() {
        let [mine, other] = [1, 2].map(PlayerId::from_bits);
        let event = EventRef { position: Position::new(1), kind: "Sailed", version: 1, payload: b"{}" };
        let public = |player, audience| Seen::by(player, &event, &audience).map(|seen| seen.public);
        assert_eq!(public(Some(mine), Audience::Only(vec![mine])), Some(false));
        assert_eq!(public(Some(other), Audience::Only(vec![mine])), None);
        assert_eq!(public(None, Audience::Only(vec![mine])), None);
        assert_eq!(public(Some(other), Audience::Everyone), Some(true));
        assert_eq!(public(None, Audience::Everyone), Some(true));
        assert_eq!(public(Some(mine), Audience::Nobody), None);
    }
}
