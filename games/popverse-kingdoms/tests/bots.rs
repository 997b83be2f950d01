//! Bots play whole weeks: they use the whole game, most of what honest ones ask is allowed, what cheaters try is not, and
//! the books balance.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a helper of a test may fail the test")]

mod harness;

use std::collections::{BTreeMap, BTreeSet};

use games_core::{Game, Rng};
use harness::{Harness, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::bot::{Character, Style};
use popverse_kingdoms::command::Command;
use popverse_kingdoms::event::Event;
use popverse_kingdoms::ids::Pn;
use popverse_kingdoms::query::Query;
use popverse_kingdoms::tile::Tile;
use schemas::Actor;
use schemas::codec::Recorded;

/// What bots asked, by player number and kind: how often it was accepted, and how often each code refused it.
#[derive(Default)]
struct Asked {
    accepted: BTreeMap<(u32, &'static str), u64>,
    refused: BTreeMap<(u32, &'static str, String), u64>,
    /// What cheaters asked for and got.
    cheats: Vec<Command>,
}

impl Asked {
    fn accepted_of(&self, kind: &str) -> u64 {
        self.accepted.iter().filter(|((_, k), _)| *k == kind).map(|(_, n)| n).sum()
    }

    /// Accepted and refused, of those who cheat or of those who do not.
    fn totals(&self, cheats: bool) -> (u64, u64) {
        let counts = |pn: u32| Character::of(Pn(pn)).cheats() == cheats;
        let accepted = self.accepted.iter().filter(|((pn, _), _)| counts(*pn)).map(|(_, n)| n).sum();
        let refused = self.refused.iter().filter(|((pn, ..), _)| counts(*pn)).map(|(_, n)| n).sum();
        (accepted, refused)
    }

    fn by_style(&self, style: Style, kinds: &[&str]) -> (u64, u64) {
        let (mut here, mut all) = (0, 0);
        for ((pn, kind), n) in &self.accepted {
            if Character::of(Pn(*pn)).main == style {
                all += n;
                here += if kinds.contains(kind) { *n } else { 0 };
            }
        }
        (here, all)
    }
}

/// Plays `days` with `bots`, each asked every `every` seconds.
fn play(h: &mut Harness, bots: u64, days: i64, every: i64) -> Asked {
    let mut rngs: Vec<Rng> = (0..bots).map(Rng::new).collect();
    let mut asked = Asked::default();
    let rounds = days * 86_400 / every;
    for round in 0..rounds {
        h.pass(every);
        for n in 0..bots {
            let id = player(n + 1);
            for _ in 0..4 {
                let Some(command) =
                    PopVerse::bot(&h.rules, &h.state, id, h.now, &mut rngs[usize::try_from(n).unwrap()])
                else {
                    break;
                };
                let kind = command.kind();
                let answer = h.ask(&Actor::Bot(id), command.clone());
                let pn = h.state.by_id.get(&id).map_or(0, |pn| pn.get());
                if answer.is_ok() && Character::of(Pn(pn)).cheats() {
                    asked.cheats.push(command);
                }
                match answer {
                    Ok(_) => *asked.accepted.entry((pn, kind)).or_default() += 1,
                    Err(rejection) => {
                        *asked.refused.entry((pn, kind, rejection.code.to_string())).or_default() += 1;
                        break;
                    }
                }
            }
        }
        if round % 200 == 0 {
            h.sound();
        }
    }
    h.sound();
    asked
}

/// Kinds that bots never ask for, or never with success, and why.
const EXCEPTIONS: [(&str, &str); 7] = [
    ("PrivacyAnonymize", "a bot has no name to hide"),
    ("PrivacyDelete", "a bot that left for good would play no more"),
    ("LinkTwitch", "needs a code that the host knows"),
    ("AdminGrant", "an administrator's"),
    ("AdminSuspend", "an administrator's"),
    ("AdminReinstate", "an administrator's"),
    ("SetupConfig", "an administrator's"),
];

/// Kinds for which a month of few bots gives occasion now and then only; a season of a hundred has dozens of each.
const RARE: [&str; 11] = [
    "BuildCancel",
    "CityRelocate",
    "GearForge",
    "GearUnequip",
    "GuildDisband",
    "GuildKick",
    "LandReturn",
    "ResearchCancel",
    "TroopsCancel",
    "TroopsDismiss",
    "TroopsHasten",
];

#[test]
fn bots_use_the_whole_game_and_the_books_balance() {
    let mut h = Harness::new(7);
    let asked = play(&mut h, 36, 30, 1800);
    let mut by_kind: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for ((_, kind), n) in &asked.accepted {
        by_kind.entry(kind).or_default().0 += n;
    }
    let mut codes: BTreeMap<(&str, &str, bool), u64> = BTreeMap::new();
    for ((pn, kind, code), n) in &asked.refused {
        by_kind.entry(kind).or_default().1 += n;
        *codes.entry((kind, code, Character::of(Pn(*pn)).cheats())).or_default() += n;
    }
    for (kind, (accepted, refused)) in &by_kind {
        println!("{kind} {accepted} accepted, {refused} refused");
    }
    println!("{codes:?}");
    let hq: Vec<i64> =
        h.state.players.iter().map(|p| p.buildings[popverse_kingdoms::keys::Building::Hq]).collect();
    println!("HQ {hq:?}");
    let missing: BTreeSet<&str> = Command::KINDS
        .iter()
        .map(|def| def.kind)
        .filter(|kind| asked.accepted_of(kind) == 0)
        .filter(|kind| !RARE.contains(kind) && EXCEPTIONS.iter().all(|(other, _)| other != kind))
        .collect();
    assert!(missing.is_empty(), "never accepted: {missing:?}");
    let rare = RARE.iter().filter(|kind| asked.accepted_of(kind) > 0).count();
    assert!(rare * 2 >= RARE.len(), "only {rare} of what is rare happened");
    let (accepted, refused) = asked.totals(false);
    println!("honest: {accepted} accepted, {refused} refused");
    assert!(refused * 100 <= (accepted + refused) * 8, "{refused} of {} refused", accepted + refused);
    assert!(hq.iter().all(|level| *level >= 4), "{hq:?}");
}

/// What a cheater does that is allowed: an honest player's deeds, and offers that feed.
#[test]
fn what_cheaters_try_is_refused_and_their_trades_are_within_the_markets_bounds() {
    let mut h = Harness::new(11);
    let asked = play(&mut h, 22, 8, 3600);
    let (accepted, refused) = asked.totals(true);
    println!("cheater: {accepted} accepted, {refused} refused");
    assert!(refused > 100, "only {refused} attempts");
    // Nothing that only a cheat would ask for has been allowed.
    assert_eq!(asked.accepted_of("AdminGrant"), 0);
    let bounds = |command: &Command| -> bool {
        #[allow(clippy::wildcard_enum_match_arm, reason = "the others have no amount that a cheater bends")]
        match command {
            Command::Attack(c) => (0..100).contains(&c.x) && (0..100).contains(&c.y),
            Command::MarketBuy(c) => c.amount > 0,
            Command::ItemBuy(c) => c.count.unwrap_or(1) > 0,
            Command::TroopsTrain(c) => (1..=1000).contains(&c.count),
            Command::ArenaFight(c) => (1..=5).contains(&c.slot),
            _ => true,
        }
    };
    assert!(asked.cheats.len() > 100, "a cheater plays on as well");
    assert_eq!(asked.cheats.iter().find(|command| !bounds(command)), None);
    for event in &h.log {
        if let Event::OfferPosted(offer) = event {
            assert!(offer.give_amount > 0 && offer.want_amount > 0, "{offer:?}");
        }
    }
    let codes: BTreeSet<&str> = asked
        .refused
        .keys()
        .filter(|(pn, ..)| Character::of(Pn(*pn)).cheats())
        .map(|(_, _, code)| code.as_str())
        .collect();
    println!("{codes:?}");
    for code in [
        "INVALID_COORDINATES",
        "INVALID_OPTION",
        "NOT_ADMIN",
        "NOT_EXPLORED",
        "UNKNOWN_MARCH",
        "UNKNOWN_OFFER",
    ] {
        assert!(codes.contains(code), "no {code} among {codes:?}");
    }
}

#[test]
fn a_style_shows_in_what_a_bot_does() {
    let mut h = Harness::new(5);
    let asked = play(&mut h, 21, 12, 3600);
    let share = |style: Style, kinds: &[&str]| {
        let (here, all) = asked.by_style(style, kinds);
        here * 1000 / all.max(1)
    };
    let arena: &[&str] = &["ArenaFight", "ArenaOpponents", "ArenaAttempts"];
    let market: &[&str] = &["MarketBuy", "MarketSell", "MarketOffer", "MarketAccept", "MarketCancel"];
    let guild: &[&str] = &["GuildInvite", "GuildDonate", "GuildDeposit", "GuildRole", "Reinforce"];
    let land: &[&str] = &["LandBuy", "LandOffer", "LandGarrison", "LandReturn", "LandWithdraw"];
    for (style, kinds) in
        [(Style::Gladiator, arena), (Style::Trader, market), (Style::Officer, guild), (Style::Lander, land)]
    {
        let (own, farmer) = (share(style, kinds), share(Style::Farmer, kinds));
        println!("{style:?}: {own} ‰ of {kinds:?}, farmers {farmer} ‰");
        assert!(own > farmer, "{style:?} does {own} ‰ of {kinds:?}, farmers {farmer} ‰");
    }
}

/// Two worlds that differ only in what the fog hides from a player: its bot does the same in both.
#[test]
fn a_bot_goes_by_nothing_that_its_player_may_not_see() {
    let mut h = Harness::new(9);
    play(&mut h, 18, 6, 3600);
    let mut compared = 0;
    for n in 0..18_u64 {
        let (id, me) = (player(n + 1), h.state.find(player(n + 1)).unwrap().clone());
        let other = |tile: Tile| {
            let query = Query::MapTile { x: tile.x(), y: tile.y() };
            let asked =
                games_core::Asked { actor: &Actor::Bot(id), facts: &schemas::Facts::default(), now: h.now };
            PopVerse::query(&h.rules, &h.state, query, &asked)
                .is_ok_and(|seen| seen["visible"] == serde_json::Value::Bool(true))
        };
        let mut hidden = h.state.clone();
        for rival in hidden.players.iter_mut().filter(|p| p.pn != me.pn) {
            rival.stores.stock = rival.stores.stock.times(3);
            rival.diamonds += 1000;
            rival.points += 500;
            rival.warden = None;
            rival.wounded = rival.wounded.map(|_, n| n + 7);
            rival.explored = popverse_kingdoms::tile_set::TileSet::new();
            rival.attacks.clear();
            rival.arena.attack.clear();
        }
        for node in hidden.nodes.values_mut() {
            node.left = (node.left - 500).max(0);
        }
        for camp in hidden.npcs.values_mut().filter(|camp| !other(camp.tile)) {
            (camp.level, camp.power) = (1, 1);
        }
        for (guild, of) in &mut hidden.guilds {
            if me.guild != Some(*guild) {
                of.bank = of.bank.times(2);
                of.invites.retain(|pn, _| *pn == me.pn);
            }
        }
        for seed in 0..90 {
            let [seen, unseen] = [&h.state, &hidden]
                .map(|state| PopVerse::bot(&h.rules, state, id, h.now, &mut Rng::new(seed * 977 + n)));
            assert_eq!(seen, unseen, "player {}, seed {seed}", n + 1);
            compared += u64::from(seen.is_some());
        }
    }
    assert!(compared > 200, "only {compared} commands compared");
}

#[test]
fn the_same_dice_and_the_same_bots_play_the_same_season() {
    let [mut a, mut b] = [Harness::new(3), Harness::new(3)];
    play(&mut a, 12, 3, 1800);
    play(&mut b, 12, 3, 1800);
    assert!(a.state == b.state && a.log == b.log, "two runs differ");
}

/// How often a day a column of a row may change that has an index. What changes once a day, or once or twice in the life
/// of a march, is well; what changes with nearly every command of its player would be written twice each time.
const CHANGES_A_DAY: u64 = 2;

#[test]
fn no_index_is_on_a_column_that_changes_with_nearly_every_event() {
    const DAYS: i64 = 6;
    let mut h = Harness::new(3);
    play(&mut h, 22, DAYS, 3600);
    let a_day = |table: usize, name: &str| {
        let column = PopVerse::tables()[table].columns.iter().position(|column| column.name == name).unwrap();
        let changes = h.changes.get(&(table, column)).copied().unwrap_or(0);
        let rows = h.inserts.get(&table).copied().unwrap_or(0).max(1);
        println!("{}.{name}: {changes} changes of {rows} rows", PopVerse::tables()[table].name);
        changes / (rows * DAYS.cast_unsigned())
    };
    // What is not to be indexed is found by this measure.
    for hot in ["last_active", "score", "power"] {
        assert!(a_day(0, hot) > CHANGES_A_DAY, "{hot} is not hot");
    }
    for (number, table) in PopVerse::tables().iter().enumerate() {
        let columns: BTreeSet<&str> = table.indexes.iter().flat_map(|index| index.iter().copied()).collect();
        for column in columns {
            assert!(a_day(number, column) <= CHANGES_A_DAY, "{}.{column} is hot", table.name);
        }
    }
}
