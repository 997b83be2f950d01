//! Harbour: a whole game in one short file, to show what a game needs and to prove that nothing in the core belongs to
//! any other. Players settle with 100 gold, give gold away, and send ships that come home with a gain or a loss.

use games_core::prelude::*;

games_core::declare! {
    /// What players ask for.
    commands Command {
        /// Come to the harbour.
        Settle = 1 {}
        /// Give gold to somebody.
        Give = 1 { to: PlayerId, gold: i64 }
        /// Send a ship out for an hour.
        Sail = 1 { gold: i64 }
    }
    /// What happened.
    events Event {
        /// Somebody came with some gold.
        Settled = 1 { player: PlayerId, gold: i64 }
        /// Gold changed hands.
        GoldGiven = 1 { from: PlayerId, to: PlayerId, gold: i64 }
        /// A ship left with gold on board.
        ShipSailed = 1 { player: PlayerId, ship: u64, gold: i64, home: GameTime }
        /// A ship came home; the gain may be a loss, but never more than what it carried.
        ShipReturned = 1 { player: PlayerId, ship: u64, gold: i64, gain: i64, seed: u64 }
        /// A newcomer was rewarded for a step of the tutorial.
        Rewarded = 1 { player: PlayerId, gold: i64 }
    }
    /// Questions that the state answers.
    questions Query {
        /// How much gold do I have?
        Purse {}
    }
    /// The rules: what everybody begins with, and what a step of the tutorial pays.
    rules Rules { start_gold: i64, #[serde(default)] lesson_gold: i64 }
    /// The state: gold of each, ships at sea, and a timer for each ship.
    state State timed by u64 {
        gold: BTreeMap<PlayerId, i64>,
        at_sea: BTreeMap<u64, (PlayerId, i64)>,
    }
}

/// The game.
#[derive(Debug)]
pub struct Harbour;

const GOLD: CommandOption = int("gold", "How much", 1, 1000);
const GIVE: &[CommandOption] = &[user("to", "To whom"), GOLD];
const COMMANDS: &[SlashCommand] = &[
    command("settle", "Come to the harbour", &[], Access::Anyone, Mode::Command, "/settle").per_minute(1000),
    command("give", "Give gold", GIVE, Access::Player, Mode::Command, "/give to:@bob gold:5")
        .per_minute(1000),
    command("sail", "Send a ship out", &[GOLD], Access::Player, Mode::Command, "/sail gold:50")
        .per_minute(1000),
    command("purse", "Your gold", &[], Access::Player, Mode::Query, "/purse").per_minute(1000),
];

const LESSONS: &[Lesson] = &[
    Lesson { name: "settle", title: "Settle", why: "You get gold.", line: "/settle", commands: &["Settle"] },
    Lesson {
        name: "sail",
        title: "Sail",
        why: "Ships may gain.",
        line: "/sail gold:50",
        commands: &["Sail"],
    },
];

impl Game for Harbour {
    const NAME: &'static str = "harbour";
    const TITLE: &'static str = "Harbour";
    const STATE_VERSION: u32 = 1;
    const RULES: &'static str = "start_gold = 100\nlesson_gold = 10\n";
    const LESSONS: &'static [Lesson] = LESSONS;
    const TREE: &'static CommandTree = &CommandTree { game: Self::NAME, groups: &[], commands: COMMANDS };
    const THREAT: Option<ThreatFigures> = None; // programs play it
    const REJECTIONS: &'static [&'static str] =
        &["NOT_A_PLAYER", "DUPLICATE_PLAYER", "NOT_JOINED", "UNKNOWN_PLAYER", "NOT_ENOUGH"];

    type Config = BTreeMap<String, i64>;
    type Rules = Rules;
    type Command = Command;
    type Event = Event;
    type State = State;
    type Timer = u64;
    type Query = Query;

    fn genesis(_: &Rules, _: &Self::Config, _: GameTime) -> State {
        State::default()
    }
    fn check(rules: &Rules, state: &State, command: Command, asked: &Asked<'_>) -> Checked<Self> {
        let player = asked.player().ok_or(Rejection::new("NOT_A_PLAYER"))?;
        let purse = state.gold.get(&player).copied();
        let (start, have) = (rules.start_gold, purse.unwrap_or(0));
        match command {
            Command::Settle(_) if purse.is_some() => refuse("DUPLICATE_PLAYER"),
            Command::Settle(_) => act(move |d| d.emit(Settled { player, gold: start })),
            Command::Give(_) | Command::Sail(_) if purse.is_none() => refuse("NOT_JOINED"),
            Command::Give(give) if !state.gold.contains_key(&give.to) => refuse("UNKNOWN_PLAYER"),
            Command::Give(Give { gold, .. }) | Command::Sail(Sail { gold }) if gold < 1 || gold > have => {
                Err(Rejection::new("NOT_ENOUGH").with("need", gold).with("have", have))
            }
            Command::Give(Give { to, gold }) => act(move |d| d.emit(GoldGiven { from: player, to, gold })),
            Command::Sail(Sail { gold }) => act(move |d| {
                let (ship, home) = (d.allocate("ship"), d.now().plus_s(3600));
                d.emit(ShipSailed { player, ship, gold, home });
            }),
        }
    }
    fn fire(ship: &u64, d: &mut Decision<'_, Self>) {
        let Some(&(player, gold)) = d.state().at_sea.get(ship) else { return };
        let seed = d.seed("ship", *ship);
        let roll = i64::try_from(d.rng(seed).below(101)).unwrap_or(0) - 50;
        d.emit(ShipReturned { player, ship: *ship, gold, gain: gold * roll / 100, seed });
    }
    fn lesson_pays(rules: &Rules, _: &Lesson) -> Vec<(&'static str, i64)> {
        vec![("gold", rules.lesson_gold)]
    }
    fn pay_lesson(_: &Lesson, player: PlayerId, d: &mut Decision<'_, Self>) {
        d.emit(Rewarded { player, gold: d.rules().lesson_gold });
    }
    fn evolve(_: &Rules, state: &mut State, event: &Event, at: Moment<'_>) {
        let mut gain = |player: PlayerId, gold: i64| *state.gold.entry(player).or_default() += gold;
        match event {
            Event::Settled(e) => gain(e.player, e.gold),
            Event::Rewarded(e) => gain(e.player, e.gold),
            Event::GoldGiven(e) => {
                gain(e.from, -e.gold);
                gain(e.to, e.gold);
            }
            Event::ShipSailed(e) => {
                gain(e.player, -e.gold);
                state.at_sea.insert(e.ship, (e.player, e.gold));
                state.timers.set(e.ship, e.home, at);
            }
            Event::ShipReturned(e) => {
                gain(e.player, e.gold + e.gain);
                state.at_sea.remove(&e.ship);
            }
        }
    }
    fn audience(_: &State, event: &Event) -> Audience {
        match event {
            Event::Settled(_) => Audience::Everyone,
            Event::GoldGiven(e) => Audience::Only(vec![e.from, e.to]),
            Event::ShipSailed(e) => Audience::Only(vec![e.player]),
            Event::ShipReturned(e) => Audience::Only(vec![e.player]),
            Event::Rewarded(e) => Audience::Only(vec![e.player]),
        }
    }
    fn query(_: &Rules, state: &State, _: Query, asked: &Asked<'_>) -> Result<serde_json::Value, Rejection> {
        let gold = asked.player().and_then(|p| state.gold.get(&p)).ok_or(Rejection::new("NOT_JOINED"))?;
        Ok(serde_json::json!({ "gold": gold }))
    }
    fn notices(_: &Rules, _: &State, event: &Event, out: &mut Vec<Notice>) {
        match event {
            Event::GoldGiven(e) => {
                out.push(Notice::new(Some(e.to), "gift".into(), format!("You were given {} gold.", e.gold)));
            }
            Event::ShipReturned(e) => {
                let text = format!("Ship {} is home: {:+} gold.", e.ship, e.gain);
                out.push(Notice::new(Some(e.player), "ship".into(), text));
            }
            Event::Settled(_) | Event::ShipSailed(_) | Event::Rewarded(_) => {}
        }
    }
    fn ledger(event: &Event, out: &mut Vec<(&'static str, i64)>) {
        match event {
            Event::Settled(e) => out.push(("gold", e.gold)),
            Event::Rewarded(e) => out.push(("gold", e.gold)),
            Event::ShipReturned(e) => out.push(("gold", e.gain)),
            Event::GoldGiven(_) | Event::ShipSailed(_) => {}
        }
    }
    fn holdings(state: &State) -> Vec<(&'static str, i64)> {
        let at_sea = state.at_sea.values().map(|(_, gold)| gold);
        vec![("gold", state.gold.values().chain(at_sea).sum())]
    }
}
