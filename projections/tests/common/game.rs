//! Realm: players join, score, fight and leave. Battles are history, purses and scores are current state.

use std::collections::BTreeMap;

use games_core::game::Notice;
use games_core::tree::CommandTree;
use games_core::view::{Board, Cell, Column, ColumnKind, HistoryRow, RowKey, Table, TableKind};
use games_core::{Asked, Audience, Decision, Effect, Game, Moment, RulesError, Timers};
use schemars::JsonSchema;
use schemas::{GameTime, PlayerId, Rejection};
use serde::{Deserialize, Serialize};

macro_rules! payloads {
    ($($name:ident { $($field:ident: $kind:ty),* })*) => { $(
        #[doc = stringify!($name)]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name { $(pub $field: $kind),* }
    )* };
}

payloads! {
    Join {} Score { points: i64 } Fight { enemy: PlayerId } Leave {}
    Joined { player: PlayerId, gold: i64 }
    Scored { player: PlayerId, points: i64 }
    Fought { battle: u64, attacker: PlayerId, defender: PlayerId, booty: i64 }
    Healed { battle: u64, player: PlayerId, gold: i64 }
    Left { player: PlayerId, gold: i64 }
}

schemas::recorded! {
    /// Commands.
    #[derive(Debug, Clone)]
    pub enum Command {
        /// Join.
        Join = 1,
        /// Score.
        Score = 1,
        /// Fight.
        Fight = 1,
        /// Leave.
        Leave = 1,
    }
}

schemas::recorded! {
    /// Events.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Event {
        /// Somebody joined.
        Joined = 1,
        /// Somebody has other points.
        Scored = 1,
        /// Two fought.
        Fought = 1,
        /// A timer after a battle.
        Healed = 1,
        /// Somebody left.
        Left = 1,
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Player {
    gold: i64,
    points: i64,
    battles: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    players: BTreeMap<PlayerId, Player>,
    timers: Timers<(u64, PlayerId)>,
}

#[derive(Debug, Deserialize)]
pub struct Query {}

#[derive(Debug)]
pub struct Realm;

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, null: false }
}

static TABLES: [Table; 2] = [
    Table {
        name: "realm_players",
        kind: TableKind::Current,
        columns: &[
            column("player", ColumnKind::Text),
            column("gold", ColumnKind::Int),
            column("points", ColumnKind::Int),
            column("veteran", ColumnKind::Bool),
            column("detail", ColumnKind::Json),
        ],
        key: 1,
        indexes: &[&["points"]],
    },
    Table {
        name: "realm_battles",
        kind: TableKind::History,
        columns: &[
            column("battle", ColumnKind::Int),
            column("attacker", ColumnKind::Text),
            column("defender", ColumnKind::Text),
            column("booty", ColumnKind::Int),
        ],
        key: 1,
        indexes: &[&["attacker"], &["defender"]],
    },
];

static BOARDS: [Board; 2] = [
    Board { name: "points", entity: "player", title: "Most points" },
    Board { name: "battles", entity: "player", title: "Most battles" },
];

static TREE: CommandTree = CommandTree { game: "realm", groups: &[], commands: &[] };

games_core::has_timers!(State, (u64, PlayerId));

impl Game for Realm {
    const NAME: &'static str = "realm";
    const TITLE: &'static str = "Realm";
    const STATE_VERSION: u32 = 1;
    const RULES: &'static str = "1";
    const TREE: &'static CommandTree = &TREE;
    type Config = BTreeMap<String, i64>;
    /// Points count so many times on the board.
    type Rules = i64;
    type Command = Command;
    type Event = Event;
    type State = State;
    type Timer = (u64, PlayerId);
    type Query = Query;

    fn parse_rules(text: &str) -> Result<i64, RulesError> {
        text.trim().parse().map_err(|_| RulesError { problem: "no number".to_owned() })
    }

    fn genesis(_: &i64, _: &Self::Config, _: GameTime) -> State {
        State::default()
    }

    fn check(_: &i64, state: &State, command: Command, asked: &Asked<'_>) -> Result<Effect<Self>, Rejection> {
        let player = asked.player().ok_or(Rejection::new("NOT_A_PLAYER"))?;
        if let Command::Join(_) = command {
            if state.players.contains_key(&player) {
                return Err(Rejection::new("DUPLICATE_PLAYER"));
            }
            return Ok(Box::new(move |d| d.emit(Joined { player, gold: 100 })));
        }
        let own = state.players.get(&player).ok_or(Rejection::new("NOT_JOINED"))?.clone();
        match command {
            Command::Score(Score { points }) => Ok(Box::new(move |d| d.emit(Scored { player, points }))),
            Command::Fight(Fight { enemy }) => {
                let other = state.players.get(&enemy).ok_or(Rejection::new("UNKNOWN_PLAYER"))?;
                let booty = other.gold / 10;
                Ok(Box::new(move |d| {
                    let battle = d.allocate("battle");
                    d.emit(Fought { battle, attacker: player, defender: enemy, booty });
                }))
            }
            Command::Leave(_) => Ok(Box::new(move |d| d.emit(Left { player, gold: own.gold }))),
            Command::Join(_) => Err(Rejection::new("DUPLICATE_PLAYER")),
        }
    }

    fn fire(timer: &(u64, PlayerId), d: &mut Decision<'_, Self>) {
        d.emit(Healed { battle: timer.0, player: timer.1, gold: 1 });
    }

    fn evolve(_: &i64, state: &mut State, event: &Event, at: Moment<'_>) {
        match event {
            Event::Joined(e) => {
                state.players.insert(e.player, Player { gold: e.gold, ..Player::default() });
            }
            Event::Scored(e) => state.players.entry(e.player).or_default().points = e.points,
            Event::Fought(e) => {
                let attacker = state.players.entry(e.attacker).or_default();
                attacker.gold += e.booty;
                attacker.battles += 1;
                state.players.entry(e.defender).or_default().gold -= e.booty;
                state.timers.set((e.battle, e.defender), at.now.plus_s(60), at);
            }
            Event::Healed(e) => {
                if let Some(player) = state.players.get_mut(&e.player) {
                    player.gold += e.gold;
                }
            }
            Event::Left(e) => {
                state.players.remove(&e.player);
            }
        }
    }

    fn audience(_: &State, _: &Event) -> Audience {
        Audience::Everyone
    }

    fn query(_: &i64, _: &State, _: Query, _: &Asked<'_>) -> Result<serde_json::Value, Rejection> {
        Ok(serde_json::Value::Null)
    }

    fn tables() -> &'static [Table] {
        &TABLES
    }

    fn touched(_: &State, event: &Event, out: &mut Vec<RowKey>) {
        let players = match event {
            Event::Joined(Joined { player, .. })
            | Event::Scored(Scored { player, .. })
            | Event::Healed(Healed { player, .. })
            | Event::Left(Left { player, .. }) => vec![*player],
            Event::Fought(e) => vec![e.attacker, e.defender],
        };
        out.extend(players.into_iter().map(|p| RowKey::new(0, [Cell::from(p.to_string())])));
    }

    fn row(rules: &i64, state: &State, key: &RowKey) -> Option<Vec<Cell>> {
        let Some(Cell::Text(id)) = key.key.first() else { return None };
        let player = state.players.get(&id.parse::<PlayerId>().ok()?)?;
        Some(vec![
            Cell::from(id.as_str()),
            Cell::Int(player.gold),
            Cell::Int(player.points * rules),
            Cell::Bool(player.battles > 2),
            Cell::Text(format!("{{\"battles\":{}}}", player.battles)),
        ])
    }

    fn history(_: &i64, _: &State, event: &Event, _: Moment<'_>, out: &mut Vec<HistoryRow>) {
        if let Event::Fought(e) = event {
            let cells = vec![
                Cell::Int(e.battle.cast_signed()),
                Cell::from(e.attacker.to_string()),
                Cell::from(e.defender.to_string()),
                Cell::Int(e.booty),
            ];
            out.push(HistoryRow { table: 1, cells });
        }
    }

    fn boards() -> &'static [Board] {
        &BOARDS
    }

    fn scores(rules: &i64, state: &State, entity: u64) -> Vec<(usize, i64)> {
        let Some(player) = state.players.get(&PlayerId::from_bits(entity)) else { return Vec::new() };
        let mut out = vec![(0, player.points * rules)];
        if player.battles > 0 {
            out.push((1, player.battles));
        }
        out
    }

    fn scored(_: &State, event: &Event, out: &mut Vec<u64>) {
        match event {
            Event::Joined(Joined { player, .. })
            | Event::Scored(Scored { player, .. })
            | Event::Left(Left { player, .. }) => out.push(player.bits()),
            Event::Fought(e) => out.push(e.attacker.bits()),
            Event::Healed(_) => {}
        }
    }

    fn notices(_: &i64, _: &State, event: &Event, out: &mut Vec<Notice>) {
        if let Event::Fought(e) = event {
            let text = format!("Battle {} was fought over {} gold", e.battle, e.booty);
            out.push(Notice::new(Some(e.attacker), "battle".into(), text.clone()));
            out.push(Notice::new(Some(e.defender), "battle".into(), text));
        }
    }

    fn ledger(event: &Event, out: &mut Vec<(&'static str, i64)>) {
        match event {
            Event::Joined(e) => out.push(("gold", e.gold)),
            Event::Healed(e) => out.push(("gold", e.gold)),
            Event::Left(e) => out.push(("gold", -e.gold)),
            Event::Scored(_) | Event::Fought(_) => {}
        }
    }
}
