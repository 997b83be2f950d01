//! The decider: what a game must say about itself.

use std::fmt::Debug;

use schemas::codec::{DecodeError, Recorded};
use schemas::rejection::RejectionText;
use schemas::{Actor, Facts, GameTime, PlayerId, Position, Rejection};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audience::Audience;
use crate::decision::{Checked, Decision};
use crate::duty::{Counted, Gauge, Handed, Page, ThreatFigures};
use crate::lesson::Lesson;
use crate::people::People;
use crate::timers::Timers;
use crate::tree::CommandTree;
use crate::view::{Board, Cell, HistoryRow, RowKey, Table};

/// Why a rules file can not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rules: {problem}")]
pub struct RulesError {
    /// What is wrong and where, in words.
    pub problem: String,
}

/// Who asks, and when. All that a check may read besides rules, state and command.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Who asks, as the transport says.
    pub actor: &'a Actor,
    /// Outside facts, recorded in the envelope.
    pub facts: &'a Facts,
    /// The world's time.
    pub now: GameTime,
}

impl Asked<'_> {
    /// The player or bot who asks, if one does.
    #[must_use]
    pub const fn player(&self) -> Option<PlayerId> {
        self.actor.player()
    }
}

/// When and why an event happened: all that `evolve` may read besides state and event.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Game time of the commit.
    pub now: GameTime,
    /// The cause's id: timers that the event sets derive their ids from it.
    pub cause: &'a str,
    /// Position of the event in its world.
    pub position: Position,
}

/// A state that holds timers, as each game's does. Implemented by [`has_timers!`](crate::has_timers) where they stand in
/// a field `timers`.
pub trait HasTimers<K: Clone + Ord> {
    /// The timers.
    fn timers(&self) -> &Timers<K>;

    /// The timers, to take a due one out.
    fn timers_mut(&mut self) -> &mut Timers<K>;
}

/// The rules of one game: pure, deterministic, total.
///
/// `check` reads and refuses; what it hands back acts. A refusal after an effect can not be written.
pub trait Game: Sized + Send + Sync + 'static {
    /// The game's name on the record: `popverse-kingdoms`. Never changed.
    const NAME: &'static str;
    /// The game's name for people.
    const TITLE: &'static str;
    /// Raised whenever the shape of `State` or the meaning of `evolve` changes: older snapshots are then thrown away.
    const STATE_VERSION: u32;
    /// The rules file that a new world takes when none is given, TOML.
    const RULES: &'static str;
    /// The slash commands: single source of registration, help, permissions, completion, limits.
    const TREE: &'static CommandTree;
    /// Every code that `check` may answer with.
    const REJECTIONS: &'static [&'static str] = &[];
    /// The tutorial's steps in their order: new ones at the end, none taken away, at most
    /// [`LESSONS_MAX`](crate::lesson::LESSONS_MAX).
    const LESSONS: &'static [Lesson] = &[];
    /// How the host scores who plays as no person could; none for a game that is played by programs.
    const THREAT: Option<ThreatFigures> = Some(ThreatFigures::USUAL);

    /// Settings of one season.
    type Config: Serialize + DeserializeOwned + Default + Clone + Debug + Send + Sync;
    /// The rules as data, read from a rules file.
    type Rules: DeserializeOwned + Clone + Debug + Send + Sync;
    /// What players ask for.
    type Command: Recorded + Debug + Send;
    /// What happened.
    type Event: Recorded + Debug + Send;
    /// The state: dense, ordered, serialisable to the same bytes everywhere.
    type State: HasTimers<Self::Timer> + Serialize + DeserializeOwned + Clone + Debug + Send + Sync;
    /// What a timer is about.
    type Timer: Ord + Clone + Debug + Serialize + DeserializeOwned + Send + Sync;
    /// Questions that the state answers. Tagged by `type`, the slash path in UpperCamelCase.
    type Query: DeserializeOwned + Debug;

    /// Reads and checks a rules file; a game whose figures depend on each other checks more than their shape.
    ///
    /// # Errors
    /// What is wrong with it and where.
    fn parse_rules(text: &str) -> Result<Self::Rules, RulesError> {
        toml::from_str(text).map_err(|e| RulesError { problem: e.to_string().trim_end().to_owned() })
    }

    /// Checks the settings of a season that is about to open.
    ///
    /// # Errors
    /// The first setting that is out of range.
    fn check_config(config: &Self::Config) -> Result<(), Rejection> {
        let _ = config;
        Ok(())
    }

    /// The state of a world that has just come to be, before its opening events.
    fn genesis(rules: &Self::Rules, config: &Self::Config, opened: GameTime) -> Self::State;

    /// The opening: map, camps, clocks. Runs once, in the commit that opens the world.
    fn open(decision: &mut Decision<'_, Self>) {
        let _ = decision;
    }

    /// Reads state and command and either refuses or hands back what to do.
    ///
    /// # Errors
    /// The first rule that the command breaks.
    fn check(
        rules: &Self::Rules,
        state: &Self::State,
        command: Self::Command,
        asked: &Asked<'_>,
    ) -> Checked<Self>;

    /// What a due timer does. It has been taken out of the state already.
    fn fire(timer: &Self::Timer, decision: &mut Decision<'_, Self>);

    /// What a step of the tutorial pays, by what is paid, from the rules.
    fn lesson_pays(rules: &Self::Rules, lesson: &Lesson) -> Vec<(&'static str, i64)> {
        let _ = (rules, lesson);
        Vec::new()
    }

    /// Pays a player for a step of the tutorial. Called once for each step and player.
    fn pay_lesson(lesson: &Lesson, player: PlayerId, decision: &mut Decision<'_, Self>) {
        let _ = (lesson, player, decision);
    }

    /// Ends the season before its time, for an operator: the same as the calendar's end.
    fn close(decision: &mut Decision<'_, Self>) {
        let _ = decision;
    }

    /// Folds one event. Total: it can not fail, rolls nothing, and reads nothing else.
    fn evolve(rules: &Self::Rules, state: &mut Self::State, event: &Self::Event, at: Moment<'_>);

    /// Reads a stored event of any version ever shipped, through the game's upcasters.
    ///
    /// # Errors
    /// Unknown type, unknown version, or a payload that breaks the schema.
    fn read_event(kind: &str, version: u16, payload: &[u8]) -> Result<Self::Event, DecodeError> {
        Self::Event::decode(kind, version, payload)
    }

    /// Reads a stored command of any version ever shipped, through the game's upcasters.
    ///
    /// # Errors
    /// Unknown type, unknown version, or a payload that breaks the schema.
    fn read_command(kind: &str, version: u16, payload: &[u8]) -> Result<Self::Command, DecodeError> {
        Self::Command::decode(kind, version, payload)
    }

    /// Whether the season has ended: the host then closes the world in the same commit.
    fn ended(state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// Who may see an event. Declared for every type; the compiler finds the missing one.
    fn audience(state: &Self::State, event: &Self::Event) -> Audience;

    /// Answers a question from the state, as `asked` may see it.
    ///
    /// # Errors
    /// As a command is refused.
    fn query(
        rules: &Self::Rules,
        state: &Self::State,
        query: Self::Query,
        asked: &Asked<'_>,
    ) -> Result<serde_json::Value, Rejection>;

    /// Suggestions for an option while it is being typed: at most 25 pairs of text and value. Where a text holds sealed ones
    /// nobody here knows what it begins with: then all of them are given, and the host looks when it has opened them.
    fn suggest(
        rules: &Self::Rules,
        state: &Self::State,
        path: &str,
        option: &str,
        typed: &str,
        asked: &Asked<'_>,
    ) -> Vec<(String, String)> {
        let _ = (rules, state, path, option, typed, asked);
        Vec::new()
    }

    /// The sentence and suggestions of a refusal.
    fn describe(rejection: &Rejection) -> Option<RejectionText> {
        let _ = rejection;
        None
    }

    /// The read models.
    fn tables() -> &'static [Table] {
        &[]
    }

    /// Which rows of current state an event touches, read from the state after it.
    fn touched(state: &Self::State, event: &Self::Event, out: &mut Vec<RowKey>) {
        let _ = (state, event, out);
    }

    /// A row of current state; `None` deletes it.
    fn row(rules: &Self::Rules, state: &Self::State, key: &RowKey) -> Option<Vec<Cell>> {
        let _ = (rules, state, key);
        None
    }

    /// Rows of history that an event adds. The first columns of each (world, position, …) are the host's.
    fn history(
        rules: &Self::Rules,
        state: &Self::State,
        event: &Self::Event,
        at: Moment<'_>,
        out: &mut Vec<HistoryRow>,
    ) {
        let _ = (rules, state, event, at, out);
    }

    /// The leaderboards.
    fn boards() -> &'static [Board] {
        &[]
    }

    /// The values of one entity on every board on which it stands, by board index.
    fn scores(rules: &Self::Rules, state: &Self::State, entity: u64) -> Vec<(usize, i64)> {
        let _ = (rules, state, entity);
        Vec::new()
    }

    /// Entities whose values an event may have changed, added to `out`.
    fn scored(state: &Self::State, event: &Self::Event, out: &mut Vec<u64>) {
        let _ = (state, event, out);
    }

    /// Whom an event concerns enough to tell them, with the words.
    fn notices(rules: &Self::Rules, state: &Self::State, event: &Self::Event, out: &mut Vec<Notice>) {
        let _ = (rules, state, event, out);
    }

    /// The events whose notices to everybody are news outside of the season's own channel, too: in a public chat, where nobody
    /// plays. By kind.
    fn news() -> &'static [&'static str] {
        &[]
    }

    /// Who of all players wants private messages of a kind that the host tells of: a season that pauses, or goes on.
    fn wanting(state: &Self::State, kind: &str) -> Vec<PlayerId> {
        let _ = (state, kind);
        Vec::new()
    }

    /// How people stand in the read models; none for a game whose people the host need not name.
    fn people() -> Option<&'static People> {
        None
    }

    /// What a bot that plays for this player does next, or nothing for now. A bot that has not joined joins. Chance
    /// comes from `rng`, the bot's own, never from the world's dice.
    fn bot(
        rules: &Self::Rules,
        state: &Self::State,
        player: PlayerId,
        now: GameTime,
        rng: &mut crate::dice::Rng,
    ) -> Option<Self::Command> {
        let _ = (rules, state, player, now, rng);
        None
    }

    /// Somebody who watches a season for its balance; none for a game that has no such report.
    fn balance() -> Option<Box<dyn crate::balance::Balance<Self>>> {
        None
    }

    /// The battles of an event, for the battle tools: none for most events.
    fn battle(event: &Self::Event) -> Option<BattleRecord> {
        let _ = event;
        None
    }

    /// Fights a recorded battle again, under the rules that were in force when it was fought.
    ///
    /// # Errors
    /// When the recorded inputs can not be read, or belong to other rules or to an engine that is not known.
    fn refight(rules: &Self::Rules, inputs: &serde_json::Value) -> Result<BattleReport, String> {
        let _ = (rules, inputs);
        Err("this game has no battles".to_owned())
    }

    /// Sources and sinks of everything conserved that an event moves: `(account, delta)`, so that
    /// sources − sinks = holdings can be checked.
    fn ledger(event: &Self::Event, out: &mut Vec<(&'static str, i64)>) {
        let _ = (event, out);
    }

    /// What is held of everything conserved: what the ledger must add up to.
    fn holdings(state: &Self::State) -> Vec<(&'static str, i64)> {
        let _ = state;
        Vec::new()
    }

    /// The place on the map that a command is about: the host looks whether somebody goes through them in rows.
    fn place(command: &Self::Command) -> Option<(i64, i64)> {
        let _ = command;
        None
    }

    /// The place on the map that a question is about, for the same look.
    fn place_asked(query: &Self::Query) -> Option<(i64, i64)> {
        let _ = query;
        None
    }

    /// What players hand each other by an event, read from the state after it: the host looks whether all goes one way.
    fn handed(state: &Self::State, event: &Self::Event, out: &mut Vec<Handed>) {
        let _ = (state, event, out);
    }

    /// What an event counts as in the server's metrics, if it does.
    fn counted(event: &Self::Event) -> Option<Counted> {
        let _ = event;
        None
    }

    /// Figures of the season for the server's metrics; none that a player could not be shown by an operator.
    fn gauges(rules: &Self::Rules, state: &Self::State, now: GameTime) -> Vec<Gauge> {
        let _ = (rules, state, now);
        Vec::new()
    }

    /// A page of the dashboard, as `asked` may see it; somebody who has not signed in asks as no player. None where the
    /// game has no such page.
    fn page(
        rules: &Self::Rules,
        state: &Self::State,
        page: &Page,
        asked: &Asked<'_>,
    ) -> Option<Result<serde_json::Value, Rejection>> {
        let _ = (rules, state, page, asked);
        None
    }
}

/// A message to one player about something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Notice {
    /// To whom; none for the season's channel.
    pub to: Option<PlayerId>,
    /// The switch in `/notify set`.
    pub kind: std::borrow::Cow<'static, str>,
    /// The words.
    pub text: String,
    /// Whether a message is wanted; what is not is still listed for who asks what has happened to them.
    pub wanted: bool,
    /// The number of the battle that it tells of.
    pub battle: Option<u64>,
}

impl Notice {
    /// A notice that is wanted and tells of no battle.
    #[must_use]
    pub const fn new(to: Option<PlayerId>, kind: std::borrow::Cow<'static, str>, text: String) -> Self {
        Self { to, kind, text, wanted: true, battle: None }
    }
}

/// A battle as it stands on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct BattleRecord {
    /// The battle's number in its world.
    pub number: u64,
    /// Attacker, in words.
    pub attacker: String,
    /// Defender, in words.
    pub defender: String,
    /// What kind of battle: `city`, `npc`, …
    pub kind: String,
    /// The recorded outcome in one word.
    pub outcome: String,
    /// Rounds fought.
    pub rounds: u32,
    /// Engine version that fought it.
    pub engine: u32,
    /// The seed of its dice.
    pub seed: u64,
    /// Everything that the engine needs to fight it again.
    pub inputs: serde_json::Value,
    /// Digest of the full report.
    pub digest: String,
}

/// A battle fought again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct BattleReport {
    /// The outcome in one word.
    pub outcome: String,
    /// Rounds fought.
    pub rounds: u32,
    /// The report's lines.
    pub lines: Vec<String>,
    /// The same for people, one a line of `lines`.
    pub told: Vec<BattleStep>,
    /// Digest of the lines.
    pub digest: String,
}

impl BattleReport {
    /// What was left of both sides at the end of each round, in parts of 1,000 of the start: the round, the attacker's, the
    /// defender's. Round 0 is before the first.
    #[must_use]
    pub fn course(&self) -> Vec<(u32, u32, u32)> {
        let mut course: Vec<(u32, u32, u32)> = Vec::new();
        for BattleStep { round, left: [attacker, defender], .. } in &self.told {
            let point = (*round, *attacker, *defender);
            match course.last_mut() {
                Some(last) if last.0 == *round => *last = point,
                _ => course.push(point),
            }
        }
        course
    }
}

/// One step of a battle as a viewer shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct BattleStep {
    /// The round; 0 before the first.
    pub round: u32,
    /// The sentence.
    pub text: String,
    /// Strength left of each side, in parts of 1000 of the start.
    pub left: [u32; 2],
    /// Living units of each side.
    pub living: [i64; 2],
}
