//! Harbour: a whole game in one short file, to show what a game needs and to prove that nothing in the core belongs to
//! any other. Players settle with 100 gold, give gold away, and send ships that come home with a gain or a loss.

use std::collections::BTreeMap;

use games_core::tree::{Access, CommandOption, CommandTree, Mode, OptionKind, SlashCommand};
use games_core::{Asked, Audience, Decision, Effect, Game, Moment, RulesError, Timers};
use schemars::JsonSchema;
use schemas::{GameTime, PlayerId, Rejection};
use serde::{Deserialize, Serialize};

macro_rules! payloads {
    ($($name:ident { $($field:ident: $kind:ty),* })*) => { $(
        #[doc = concat!("Payload of `", stringify!($name), "`.")]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)]
        pub struct $name { $(pub $field: $kind),* }
    )* };
}

payloads! {
    Settle {} Give { to: PlayerId, gold: i64 } Sail { gold: i64 }
    Settled { player: PlayerId, gold: i64 } GoldGiven { from: PlayerId, to: PlayerId, gold: i64 }
    ShipSailed { player: PlayerId, ship: u64, gold: i64, home: GameTime }
    ShipReturned { player: PlayerId, ship: u64, gold: i64, gain: i64, seed: u64 }
}

schemas::recorded! {
    /// What players ask for.
    #[derive(Debug, Clone)]
    pub enum Command {
        /// Come to the harbour.
        Settle = 1,
        /// Give gold to somebody.
        Give = 1,
        /// Send a ship out for an hour.
        Sail = 1,
    }
}

schemas::recorded! {
    /// What happened.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Event {
        /// Somebody came with some gold.
        Settled = 1,
        /// Gold changed hands.
        GoldGiven = 1,
        /// A ship left with gold on board.
        ShipSailed = 1,
        /// A ship came home; the gain may be a loss, but never more than what it carried.
        ShipReturned = 1,
    }
}

/// Question: how much gold do I have?
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub enum Query {
    /// My gold.
    Purse {},
}

/// The state: gold of each, ships at sea.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    gold: BTreeMap<PlayerId, i64>,
    at_sea: BTreeMap<u64, (PlayerId, i64)>,
    timers: Timers<u64>,
}

/// The game.
#[derive(Debug)]
pub struct Harbour;

const GOLD: CommandOption = CommandOption {
    name: "gold",
    description: "How much",
    kind: OptionKind::Int { min: 1, max: 1000 },
    required: true,
    suggest: false,
};
const TO: CommandOption = CommandOption {
    name: "to",
    description: "To whom",
    kind: OptionKind::User,
    required: true,
    suggest: false,
};
const fn command(
    path: &'static str,
    description: &'static str,
    options: &'static [CommandOption],
    access: Access,
    mode: Mode,
    example: &'static str,
) -> SlashCommand {
    SlashCommand { path, description, options, access, mode, public: false, per_minute: 1000, example }
}
static TREE: CommandTree = CommandTree {
    game: "harbour",
    groups: &[],
    commands: &[
        command("settle", "Come to the harbour", &[], Access::Anyone, Mode::Command, "/settle"),
        command("give", "Give gold", &[TO, GOLD], Access::Player, Mode::Command, "/give to:@bob gold:5"),
        command("sail", "Send a ship out", &[GOLD], Access::Player, Mode::Command, "/sail gold:50"),
        command("purse", "Your gold", &[], Access::Player, Mode::Query, "/purse"),
    ],
};

#[rustfmt::skip]
impl Game for Harbour {
    const NAME: &'static str = "harbour";
    const TITLE: &'static str = "Harbour";
    const STATE_VERSION: u32 = 1;
    type Config = BTreeMap<String, i64>;
    type Rules = i64;
    type Command = Command;
    type Event = Event;
    type State = State;
    type Timer = u64;
    type Query = Query;

    fn default_rules() -> &'static str { "start_gold = 100\n" }
    fn parse_rules(text: &str) -> Result<i64, RulesError> {
        text.trim().strip_prefix("start_gold =").and_then(|n| n.trim().parse().ok())
            .ok_or_else(|| RulesError { problem: "line 1: expected start_gold = <number>".to_owned() })
    }
    fn genesis(_: &i64, _: &Self::Config, _: GameTime) -> State { State::default() }
    fn check(rules: &i64, state: &State, command: Command, asked: &Asked<'_>) -> Result<Effect<Self>, Rejection> {
        let player = asked.player().ok_or(Rejection::new("NOT_A_PLAYER"))?;
        let purse = state.gold.get(&player).copied();
        if let Command::Settle(_) = command {
            let gold = *rules;
            return match purse {
                Some(_) => Err(Rejection::new("DUPLICATE_PLAYER")),
                None => Ok(Box::new(move |d| d.emit(Settled { player, gold }))),
            };
        }
        let purse = purse.ok_or(Rejection::new("NOT_JOINED"))?;
        let short = |need: i64| Rejection::new("NOT_ENOUGH").with("need", need).with("have", purse);
        match command {
            Command::Give(give) if !state.gold.contains_key(&give.to) => Err(Rejection::new("UNKNOWN_PLAYER")),
            Command::Give(Give { gold, .. }) | Command::Sail(Sail { gold }) if gold < 1 || gold > purse => Err(short(gold)),
            Command::Give(Give { to, gold }) => Ok(Box::new(move |d| d.emit(GoldGiven { from: player, to, gold }))),
            Command::Sail(Sail { gold }) => Ok(Box::new(move |d| {
                let (ship, home) = (d.allocate("ship"), d.now().plus_s(3600));
                d.emit(ShipSailed { player, ship, gold, home });
            })),
            Command::Settle(_) => Err(Rejection::new("DUPLICATE_PLAYER")),
        }
    }
    fn fire(ship: &u64, d: &mut Decision<'_, Self>) {
        let Some(&(player, gold)) = d.state().at_sea.get(ship) else { return };
        let seed = d.seed("ship", *ship);
        let roll = i64::try_from(d.rng(seed).below(101)).unwrap_or(0) - 50;
        d.emit(ShipReturned { player, ship: *ship, gold, gain: gold * roll / 100, seed });
    }
    fn evolve(_: &i64, state: &mut State, event: &Event, at: Moment<'_>) {
        match event {
            Event::Settled(e) => { state.gold.insert(e.player, e.gold); }
            Event::GoldGiven(e) => {
                *state.gold.entry(e.from).or_default() -= e.gold;
                *state.gold.entry(e.to).or_default() += e.gold;
            }
            Event::ShipSailed(e) => {
                *state.gold.entry(e.player).or_default() -= e.gold;
                state.at_sea.insert(e.ship, (e.player, e.gold));
                state.timers.set(e.ship, e.home, at);
            }
            Event::ShipReturned(e) => {
                state.at_sea.remove(&e.ship);
                *state.gold.entry(e.player).or_default() += e.gold + e.gain;
            }
        }
    }
    fn timers(state: &State) -> &Timers<u64> { &state.timers }
    fn timers_mut(state: &mut State) -> &mut Timers<u64> { &mut state.timers }
    fn audience(_: &State, event: &Event) -> Audience {
        match event {
            Event::Settled(_) => Audience::Everyone,
            Event::GoldGiven(e) => Audience::Only(vec![e.from, e.to]),
            Event::ShipSailed(ShipSailed { player, .. }) | Event::ShipReturned(ShipReturned { player, .. }) => Audience::Only(vec![*player]),
        }
    }
    fn query(_: &i64, state: &State, Query::Purse {}: Query, asked: &Asked<'_>) -> Result<serde_json::Value, Rejection> {
        let gold = asked.player().and_then(|p| state.gold.get(&p)).ok_or(Rejection::new("NOT_JOINED"))?;
        Ok(serde_json::json!({ "gold": gold }))
    }
    fn tree() -> &'static CommandTree { &TREE }
    fn rejection_codes() -> &'static [&'static str] {
        &["NOT_A_PLAYER", "DUPLICATE_PLAYER", "NOT_JOINED", "UNKNOWN_PLAYER", "NOT_ENOUGH"]
    }
    fn ledger(event: &Event, out: &mut Vec<(&'static str, i64)>) {
        match event {
            Event::Settled(e) => out.push(("gold", e.gold)),
            Event::ShipReturned(e) => out.push(("gold", e.gain)),
            Event::GoldGiven(_) | Event::ShipSailed(_) => {}
        }
    }
    fn holdings(state: &State) -> Vec<(&'static str, i64)> {
        vec![("gold", state.gold.values().sum::<i64>() + state.at_sea.values().map(|(_, gold)| gold).sum::<i64>())]
    }
}
