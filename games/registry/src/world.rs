//! The object-safe face of a running world.

use std::collections::BTreeSet;

use games_core::balance::BalanceReport;
use games_core::decision::Draws;
use games_core::duty::{Counted, Gauge, Handed, Page};
use games_core::game::{BattleReport, Notice};
use games_core::view::{Cell, HistoryRow, RowKey};
use games_core::{Audience, Secret};
use schemas::codec::DecodeError;
use schemas::commit::{BrokenCommit, OpenCommit};
use schemas::{
    Actor, Allocation, Cause, CommitNo, EventHeader, Facts, GameTime, Hash, Outcome, PlayerId, Position,
    Rejection, StoredCommit, WallTime,
};

use crate::face::GameFace;
use crate::host::{Cursor, HostState};

/// A decision that is asked for.
#[derive(Clone)]
pub struct Ask<'a> {
    /// Why; a command or a timer.
    pub cause: &'a Cause,
    /// The command's payload; empty for a timer.
    pub payload: &'a [u8],
    /// The world's time.
    pub now: GameTime,
    /// The wall clock, for what the host folds.
    pub wall: WallTime,
    /// The season secret.
    pub secret: &'a Secret,
    /// Draws laid down by a test.
    pub draws: Draws,
}

/// What a decision came to. The world has folded it already, as not yet durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// How it ended.
    pub outcome: Outcome,
    /// The events.
    pub events: Vec<EventHeader>,
    /// Their payloads, joined.
    pub event_bytes: Vec<u8>,
    /// Who may see each event.
    pub audiences: Vec<Audience>,
    /// Numbers handed out.
    pub allocations: Vec<Allocation>,
    /// The commit to which it rewinds, if it does: the world must then be loaded anew.
    pub rewinds_to: Option<CommitNo>,
    /// Game time of the commit.
    pub game: GameTime,
    /// What players handed each other.
    pub handed: Vec<Handed>,
    /// What of it the server's metrics count.
    pub counted: Vec<Counted>,
}

/// Why a decision could not be made at all: a fault, not a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// The command's bytes are not a command of this game.
    #[error("the command can not be read: {0}")]
    Command(#[from] DecodeError),
    /// The cause is not one to decide on, or stands for nothing in the state.
    #[error("nothing to decide: {0}")]
    Cause(&'static str),
}

/// Why a commit could not be folded: a poison commit. It stops its world and is never skipped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("commit {commit}: {problem}")]
pub struct FoldError {
    /// Which one.
    pub commit: CommitNo,
    /// What is wrong.
    pub problem: String,
}

impl FoldError {
    /// A fold error from the stored bytes.
    #[must_use]
    pub fn broken(commit: CommitNo, problem: &BrokenCommit) -> Self {
        Self { commit, problem: problem.to_string() }
    }
}

/// What a fold is asked to collect on its way.
#[derive(Debug, Default)]
pub struct Watch {
    /// Rows of current state to be written anew.
    pub touched: BTreeSet<RowKey>,
    /// Rows of history.
    pub history: Vec<(Position, HistoryRow)>,
    /// Entities whose place on the boards may have changed.
    pub scored: BTreeSet<u64>,
    /// Messages.
    pub notices: Vec<(Position, Notice)>,
    /// Sources and sinks.
    pub ledger: Vec<(Position, &'static str, i64)>,
}

/// A running world: a game's state with the host's around it.
pub trait World: Send + Sync {
    /// The game.
    fn game(&self) -> &'static dyn GameFace;

    /// Where the record stands.
    fn cursor(&self) -> &Cursor;

    /// The host's part of the state.
    fn host(&self) -> &HostState;

    /// The world's time at a wall time.
    fn clock(&self, wall: WallTime) -> GameTime {
        self.host().clock(self.cursor(), wall)
    }

    /// Decides and folds what it came to, as not yet durable. The cursor's commit, position and game time move on;
    /// its hash does not, until [`World::sealed`].
    ///
    /// # Errors
    /// A fault; the world is as it was.
    fn decide(&mut self, ask: &Ask<'_>) -> Result<Decided, DecideError>;

    /// Says which hash and epoch the commit got that was decided last.
    fn sealed(&mut self, stored: &StoredCommit);

    /// Counts a commit that holds no decision: ownership, or one that is void.
    fn passed(&mut self, stored: &StoredCommit);

    /// The cause of the next timer, and when it is due.
    fn next_timer(&self) -> Option<Cause>;

    /// Folds a stored commit that is live. With a watch, collects what projections need.
    ///
    /// # Errors
    /// A poison commit. The world is then no longer to be used.
    fn apply(
        &mut self,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
        watch: Option<&mut Watch>,
    ) -> Result<(), FoldError>;

    /// Answers a question from the state.
    ///
    /// # Errors
    /// As a command is refused.
    fn query(
        &self,
        kind: &str,
        options: &serde_json::Value,
        actor: &Actor,
        facts: &Facts,
        now: GameTime,
    ) -> Result<serde_json::Value, Rejection>;

    /// Who may see a stored event, as the state stands now.
    ///
    /// # Errors
    /// When the event can not be read.
    fn audience(&self, kind: &str, version: u16, payload: &[u8]) -> Result<Audience, DecodeError>;

    /// Suggestions while an option is being typed: text and value.
    fn suggest(
        &self,
        path: &str,
        option: &str,
        typed: &str,
        actor: &Actor,
        now: GameTime,
    ) -> Vec<(String, String)>;

    /// Fights a recorded battle again under the rules in force.
    ///
    /// # Errors
    /// When its inputs can not be read, or belong to other rules.
    fn refight(&self, inputs: &serde_json::Value) -> Result<BattleReport, String>;

    /// What a bot of this player does next: kind and payload.
    fn bot(&self, player: PlayerId, now: GameTime, rng: &mut games_core::Rng) -> Option<(String, Vec<u8>)>;

    /// Begins to watch for the season's balance; whether the game has such a report. Best before the first commit.
    fn watch_balance(&mut self) -> bool;

    /// What the season came to since [`World::watch_balance`].
    fn balance(&self) -> Option<BalanceReport>;

    /// Digest of the state: SHA-256 over its canonical bytes, the cursor left out.
    fn digest(&self) -> Hash;

    /// The whole state as bytes, for a snapshot.
    fn snapshot(&self) -> Vec<u8>;

    /// The game's state as JSON, for people.
    fn state_json(&self) -> serde_json::Value;

    /// Puts another state in the place of the game's own, as no event could: for scenarios that set a scene, never for a
    /// world on record.
    ///
    /// # Errors
    /// When the JSON is no state of this game. The world is then as it was.
    fn replace_state(&mut self, state: &serde_json::Value) -> Result<(), FoldError>;

    /// A row of current state; `None` deletes it.
    fn row(&self, key: &RowKey) -> Option<Vec<Cell>>;

    /// An entity's values by board.
    fn scores(&self, entity: u64) -> Vec<(usize, i64)>;

    /// What is held of everything conserved.
    fn holdings(&self) -> Vec<(&'static str, i64)>;

    /// How many timers stand.
    fn timers(&self) -> usize;

    /// Figures of the season for the server's metrics.
    fn gauges(&self, now: GameTime) -> Vec<Gauge>;

    /// A page of the dashboard, as the actor may see it.
    ///
    /// # Errors
    /// `NO_PAGE` where the game has none such; else as a command is refused.
    fn page(
        &self,
        page: &Page,
        actor: &Actor,
        facts: &Facts,
        now: GameTime,
    ) -> Result<serde_json::Value, Rejection>;

    /// A copy of its own.
    fn fork(&self) -> Box<dyn World>;
}
