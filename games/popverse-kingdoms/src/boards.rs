//! Leaderboards (rulebook 6).

use games_core::view::Board as BoardDef;

use crate::facts;
use crate::formulas::season::{self, Deeds};
use crate::ids::Pn;
use crate::keys::Board;
use crate::rules::Rules;
use crate::state::{Player, State};

/// The boards, in the order of [`Board::ALL`].
pub(crate) const BOARDS: &[BoardDef] = &[
    BoardDef { name: "power", entity: "player", title: "Kingdom power" },
    BoardDef { name: "season", entity: "player", title: "Season score" },
    BoardDef { name: "arena", entity: "player", title: "Arena rating" },
    BoardDef { name: "merit", entity: "player", title: "Conquest merit" },
    BoardDef { name: "lands", entity: "player", title: "Value of own lands" },
    BoardDef { name: "hunts", entity: "player", title: "Camps defeated" },
    BoardDef { name: "raids", entity: "player", title: "Gold value of loot" },
    BoardDef { name: "guilds", entity: "guild", title: "Conquest points of guilds" },
    BoardDef { name: "factions", entity: "faction", title: "Conquest points of factions" },
    BoardDef { name: "prestige", entity: "player", title: "Prestige of all seasons" },
];

/// A player's value on a board, if they stand on it. Arena, lands, guilds and factions have nobody yet.
pub(crate) fn value(rules: &Rules, state: &State, player: &Player, board: Board) -> Option<i64> {
    let power = || facts::kingdom_power(rules, state, player);
    let earned = |value: i64| (value > 0).then_some(value);
    match board {
        Board::Power => Some(power()),
        Board::Season => {
            let deeds = Deeds { power: power(), rating: player.rating, merit: player.merit, land_value: 0 };
            Some(season::score(rules, deeds))
        }
        Board::Merit => earned(player.merit),
        Board::Hunts => earned(player.hunts),
        Board::Raids => earned(player.loot_value),
        Board::Prestige => earned(player.prestige),
        Board::Arena | Board::Lands | Board::Guilds | Board::Factions => None,
    }
}

/// Everybody on a board, best first; ties by lower number.
pub(crate) fn ranking(rules: &Rules, state: &State, board: Board) -> Vec<(i64, i64)> {
    let mut ranking: Vec<(i64, i64)> = state
        .living()
        .filter_map(|p| Some((i64::from(p.pn.get()), value(rules, state, p, board)?)))
        .collect();
    ranking.sort_by_key(|(entity, value)| (std::cmp::Reverse(*value), *entity));
    ranking
}

/// A player's values on every board, by board index.
pub(crate) fn scores(rules: &Rules, state: &State, entity: u64) -> Vec<(usize, i64)> {
    let player = u32::try_from(entity).ok().and_then(|pn| state.player(Pn(pn)));
    let Some(player) = player.filter(|p| !p.deleted()) else { return Vec::new() };
    let on = |board: Board| value(rules, state, player, board).map(|value| (board.index(), value));
    Board::ALL.into_iter().filter_map(on).collect()
}

/// Players whose values an event may have changed: all whom it concerns. Production alone changes no board.
pub(crate) fn scored(state: &State, event: &crate::event::Event, out: &mut Vec<u64>) {
    if matches!(event, crate::event::Event::ResourcesProduced(_)) {
        return;
    }
    let mut players = Vec::new();
    crate::concerns::players(state, event, &mut players);
    out.extend(players.into_iter().map(|pn| u64::from(pn.get())));
}
