//! The stage of a scenario: a world in memory, the commits that it comes to, and a twin folded from their bytes.

use games_core::Secret;
use games_core::decision::Draws;
use games_core::game::Notice;
use games_core::view::{Cell, ColumnKind, RowKey};
use schemas::codec::Recorded;
use schemas::commit::Commit;
use schemas::host::{HostEvent, WorldOpen, WorldOpened, is_host_kind};
use schemas::{
    Actor, Allocation, Cause, CommandId, CommitHeader, CommitNo, Epoch, EventHeader, Facts, GameTime, Hash,
    Outcome, Position, Rejection, WallTime, WorldId,
};
use serde_json::{Map, Value};

use super::compare::Difference;
use super::patch;
use crate::face::GameFace;
use crate::host::Status;
use crate::world::{Ask, Watch, World};

/// Most timers that one step may fire: a timer that sets itself anew at once would never end.
const TIMERS_MAX: usize = 1_000_000;

/// An event that happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Happened {
    pub(super) kind: String,
    pub(super) payload: Value,
}

/// How a command ended.
pub(super) enum Ending {
    Accepted(Vec<Happened>),
    Rejected(Rejection),
}

pub(super) struct Stage {
    pub(super) game: &'static dyn GameFace,
    id: WorldId,
    world: Box<dyn World>,
    twin: Box<dyn World>,
    secret: Secret,
    wall: WallTime,
    hash: Hash,
    causes: u64,
    notices: Vec<Notice>,
    opening: Vec<Happened>,
}

impl Stage {
    /// Opens a world.
    pub(super) fn open(
        game: &'static dyn GameFace,
        rules: String,
        config: &Value,
        secret: Secret,
        at: WallTime,
    ) -> Result<Self, String> {
        let refused = |r: Rejection| format!("the world can not be opened: {} {:?}", r.code, r.context);
        let opened = WorldOpened {
            game: game.name().to_owned(),
            config: game.check_opening(&rules, config).map_err(refused)?,
            rules_digest: Hash::of(rules.as_bytes()).to_string(),
            rules,
            secret_commitment: Hash(secret.commitment()).to_string(),
            sealed_secret: String::new(),
            server_key: String::new(),
            offset_ms: 0,
            server: schemas::ServerId::local(),
        };
        let id = WorldId::new("scenario").map_err(|e| e.to_string())?;
        let [world, twin] = [game.create(&id, &opened), game.create(&id, &opened)];
        let (world, twin) = (world.map_err(|e| e.to_string())?, twin.map_err(|e| e.to_string())?);
        let mut stage = Self {
            game,
            id,
            world,
            twin,
            secret,
            wall: at,
            hash: Hash::ZERO,
            causes: 0,
            notices: Vec::new(),
            opening: Vec::new(),
        };
        let payload = serde_json::to_value(WorldOpen { opened }).map_err(|e| e.to_string())?;
        match stage.command("WorldOpen", &payload, Actor::System, Facts::default(), None)? {
            Ending::Accepted(events) => {
                stage.opening = events;
                Ok(stage)
            }
            Ending::Rejected(rejection) => Err(refused(rejection)),
        }
    }

    /// The world's time.
    pub(super) fn now(&self) -> GameTime {
        self.world.clock(self.wall)
    }

    /// Lets time pass to a moment by the wall clock: what is due fires at its own time.
    pub(super) fn pass_to(&mut self, wall: WallTime, draws: &Draws) -> Result<Vec<Happened>, String> {
        self.wall = self.wall.max(wall);
        let mut happened = Vec::new();
        for _ in 0..TIMERS_MAX {
            if self.world.host().status != Status::Open {
                return Ok(happened);
            }
            let Some(cause) = self.world.next_timer() else { return Ok(happened) };
            let Cause::Timer { due, .. } = cause else { return Ok(happened) };
            if due > self.now() {
                return Ok(happened);
            }
            let at = due.max(self.world.cursor().game);
            if let Ending::Accepted(events) = self.decide(cause, Vec::new(), at, draws.clone())? {
                happened.extend(events);
            }
        }
        Err(format!("{TIMERS_MAX} timers fired within one step: one of them must set itself anew at once"))
    }

    /// Decides a command.
    pub(super) fn command(
        &mut self,
        kind: &str,
        payload: &Value,
        actor: Actor,
        facts: Facts,
        draws: Draws,
    ) -> Result<Ending, String> {
        let bytes = serde_json::to_vec(payload).map_err(|e| e.to_string())?;
        let version = if is_host_kind(kind) {
            1
        } else {
            self.game.check_command(kind, &bytes).map_err(|e| format!("the command can not be read: {e}"))?
        };
        let cause = Cause::Command {
            id: self.cause_id(&actor.to_string())?,
            actor,
            channel: "scenario".into(),
            kind: kind.to_owned().into(),
            version,
            facts,
        };
        let now = self.now();
        self.decide(cause, bytes, now, draws)
    }

    /// Folds an event as it stands. `numbers` count as handed out from here on.
    pub(super) fn event(
        &mut self,
        kind: &str,
        payload: &Value,
        numbers: impl Iterator<Item = (String, u64)>,
    ) -> Result<(), String> {
        let unread = |problem: String| format!("the event can not be read: {problem}");
        let mut bytes = serde_json::to_vec(payload).map_err(|e| e.to_string())?;
        let version = if is_host_kind(kind) {
            let known = HostEvent::KINDS.iter().find(|k| k.kind == kind).map_or(1, |k| k.version);
            HostEvent::decode(kind, known, &bytes).map_err(|e| unread(e.to_string()))?;
            known
        } else {
            let known = self.game.events().iter().find(|k| k.kind == kind).map_or(1, |k| k.version);
            let read = self.game.rewrite_event(kind, known, &bytes);
            let (_, version, rewritten) = read.map_err(|e| unread(e.to_string()))?;
            bytes = rewritten;
            version
        };
        let header = EventHeader { kind: kind.to_owned().into(), version, len: bytes.len() as u32 };
        self.scene(vec![header], bytes, numbers)
    }

    /// Counts numbers of new things as handed out.
    pub(super) fn numbers(&mut self, numbers: impl Iterator<Item = (String, u64)>) -> Result<(), String> {
        self.scene(Vec::new(), Vec::new(), numbers)
    }

    /// A commit of its own that sets a scene.
    fn scene(
        &mut self,
        events: Vec<EventHeader>,
        event_bytes: Vec<u8>,
        numbers: impl Iterator<Item = (String, u64)>,
    ) -> Result<(), String> {
        let cause = Cause::Command {
            id: self.cause_id("scene")?,
            actor: Actor::System,
            channel: "scenario".into(),
            kind: "Scene".into(),
            version: 1,
            facts: Facts::default(),
        };
        let now = self.now();
        let (commit, first) = self.next();
        let mut header = self.header(cause, commit, first, now);
        header.events = events;
        let numbers = numbers.enumerate();
        header.allocations = numbers
            .map(|(i, (kind, number))| Allocation { kind: kind.into(), ordinal: i as u32, number })
            .collect();
        let stored =
            Commit { header, payload: Vec::new(), event_bytes }.seal(self.hash).map_err(|e| e.to_string())?;
        let open = stored.open().map_err(|e| e.to_string())?;
        for world in [&mut self.world, &mut self.twin] {
            world.apply(&stored, &open, None).map_err(|e| e.to_string())?;
        }
        self.hash = stored.hash;
        Ok(())
    }

    /// Changes the state as no event would. Answers with the leaves that the state did not take.
    pub(super) fn set(&mut self, changes: &Map<String, Value>) -> Result<Vec<Difference>, String> {
        let mut state = self.world.state_json();
        patch::merge(&mut state, changes)?;
        for world in [&mut self.world, &mut self.twin] {
            world.replace_state(&state).map_err(|e| format!("the changed state can not be read: {e}"))?;
        }
        Ok(patch::unheld(changes, &self.world.state_json()))
    }

    /// Asks the state.
    pub(super) fn query(
        &self,
        kind: &str,
        options: &Value,
        actor: &Actor,
        facts: &Facts,
    ) -> Result<Value, Rejection> {
        self.world.query(kind, options, actor, facts, self.now())
    }

    /// What the opening did.
    pub(super) fn opening(&self) -> &[Happened] {
        &self.opening
    }

    /// The messages since this was last asked, in order; those of the opening at first.
    pub(super) fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// A row of the read models as an object by column; `false` if there is none. `wanted` names the table and the key.
    pub(super) fn row(&self, wanted: &Map<String, Value>) -> Result<Value, String> {
        let name = wanted.get("table").and_then(Value::as_str).unwrap_or_default();
        let tables = self.game.tables();
        let (index, table) = (0..).zip(tables).find(|(_, table)| table.name == name).ok_or_else(|| {
            let names: Vec<_> = tables.iter().map(|table| table.name).collect();
            format!("there is no table {name:?}; there are {}", names.join(", "))
        })?;
        let keys = table.columns.iter().take(table.key).map(|column| match wanted.get(column.name) {
            Some(Value::Number(number)) => number.as_i64().map(Cell::Int),
            Some(Value::String(text)) => Some(Cell::Text(text.clone())),
            Some(_) | None => None,
        });
        let key = keys.collect::<Option<Vec<_>>>().ok_or_else(|| {
            let names: Vec<_> = table.columns.iter().take(table.key).map(|column| column.name).collect();
            format!("a row of {name} is named by {}", names.join(", "))
        })?;
        let Some(cells) = self.world.row(&RowKey::new(index, key)) else { return Ok(false.into()) };
        let columns = table.columns.iter().zip(cells);
        let fields = columns.map(|(column, cell)| {
            let value = match (cell, column.kind) {
                (Cell::Null, _) => Value::Null,
                (Cell::Int(number), _) => number.into(),
                (Cell::Bool(flag), _) => flag.into(),
                (Cell::Text(text), ColumnKind::Json) => serde_json::from_str(&text).unwrap_or_default(),
                (Cell::Text(text), ColumnKind::Int | ColumnKind::Text | ColumnKind::Bool) => text.into(),
            };
            (column.name.to_owned(), value)
        });
        Ok(fields.collect::<Map<_, _>>().into())
    }

    /// What an entity has on the boards, by board; `false` if it stands on none.
    pub(super) fn scores(&self, entity: u64) -> Value {
        let boards = self.game.boards();
        let scores = self.world.scores(entity);
        let named = scores
            .into_iter()
            .filter_map(|(board, value)| Some((boards.get(board)?.name.to_owned(), Value::from(value))));
        let named: Map<_, _> = named.collect();
        if named.is_empty() { false.into() } else { named.into() }
    }

    /// Whether the state lived is the state replayed.
    pub(super) fn replays(&self) -> bool {
        self.world.digest() == self.twin.digest()
    }

    fn cause_id(&mut self, who: &str) -> Result<CommandId, String> {
        self.causes += 1;
        CommandId::new(&format!("scenario:{who}:{}", self.causes)).map_err(|e| e.to_string())
    }

    fn next(&self) -> (CommitNo, Position) {
        (self.world.cursor().commit.next(), self.world.cursor().position.next())
    }

    fn header(&self, cause: Cause, commit: CommitNo, first: Position, now: GameTime) -> CommitHeader {
        CommitHeader {
            world: self.id.clone(),
            commit,
            first,
            epoch: Epoch::new(1),
            game_ms: now,
            wall_ms: self.wall,
            cause,
            payload_len: 0,
            outcome: Outcome::Accepted,
            events: Vec::new(),
            allocations: Vec::new(),
            replaces: None,
            rewinds_to: None,
            rules: self.world.host().rules_short().into(),
        }
    }

    fn decide(
        &mut self,
        cause: Cause,
        payload: Vec<u8>,
        now: GameTime,
        draws: Draws,
    ) -> Result<Ending, String> {
        let (commit, first) = self.next();
        let ask = Ask { cause: &cause, payload: &payload, now, wall: self.wall, secret: &self.secret, draws };
        let decided = self.world.decide(&ask).map_err(|e| e.to_string())?;
        if decided.rewinds_to.is_some() {
            return Err("a scenario has no log to rewind: say in steps what should stand".to_owned());
        }
        let happened = happened(&decided.events, &decided.event_bytes)?;
        let mut header = self.header(cause, commit, first, decided.game);
        header.payload_len = payload.len() as u32;
        header.outcome = decided.outcome.clone();
        header.events = decided.events;
        header.allocations = decided.allocations;
        let stored = Commit { header, payload, event_bytes: decided.event_bytes }
            .seal(self.hash)
            .map_err(|e| e.to_string())?;
        self.world.sealed(&stored);
        let open = stored.open().map_err(|e| e.to_string())?;
        let mut watch = Watch::default();
        self.twin
            .apply(&stored, &open, Some(&mut watch))
            .map_err(|e| format!("replaying the record: {e}"))?;
        self.notices.extend(watch.notices.into_iter().map(|(_, notice)| notice));
        self.hash = stored.hash;
        Ok(match decided.outcome {
            Outcome::Accepted => Ending::Accepted(happened),
            Outcome::Rejected(rejection) => Ending::Rejected(rejection),
        })
    }
}

fn happened(headers: &[EventHeader], bytes: &[u8]) -> Result<Vec<Happened>, String> {
    let mut rest = bytes;
    headers
        .iter()
        .map(|header| {
            let (payload, after) = rest.split_at(header.len as usize);
            rest = after;
            let payload = serde_json::from_slice(payload).map_err(|e| e.to_string())?;
            Ok(Happened { kind: header.kind.clone().into_owned(), payload })
        })
        .collect()
}
