//! Leaderboards (rulebook 6).

use games_core::view::Board as BoardDef;
use schemas::GameTime;

use crate::facts;
use crate::formulas::season::{self, Deeds};
use crate::ids::{GuildId, Pn};
use crate::keys::{Board, Faction};
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

/// A player's value on a board, if they stand on it.
pub(crate) fn value(rules: &Rules, state: &State, player: &Player, board: Board) -> Option<i64> {
    let power = || facts::kingdom_power(rules, state, player);
    let earned = |value: i64| (value > 0).then_some(value);
    match board {
        Board::Power => Some(power()),
        Board::Season => {
            let deeds = Deeds {
                power: power(),
                rating: player.rating,
                merit: player.merit,
                land_value: facts::land::value(state, player),
            };
            Some(season::score(rules, deeds))
        }
        Board::Merit => earned(player.merit),
        Board::Hunts => earned(player.hunts),
        Board::Raids => earned(player.loot_value),
        Board::Prestige => earned(player.prestige),
        Board::Lands => earned(facts::land::value(state, player)),
        Board::Arena => (player.arena.fights > 0).then_some(player.rating),
        Board::Guilds | Board::Factions => None,
    }
}

/// A guild's value on its board, if it stands there. A guild that is no more does not.
fn guild_value(state: &State, guild: GuildId) -> Option<i64> {
    let standing = state.guilds.get(&guild).filter(|of| !of.disbanded);
    standing.map(|of| of.conquest_points).filter(|points| *points > 0)
}

/// Since when an entity has its value on a board, where the state remembers it: power, score and the value of lands
/// follow from so much that no single moment can be named.
fn since(state: &State, board: Board, entity: i64) -> Option<GameTime> {
    let number = u64::try_from(entity).ok()?;
    let player = || u32::try_from(number).ok().and_then(|pn| state.player(Pn(pn)));
    match board {
        Board::Power | Board::Season | Board::Lands => None,
        Board::Arena => player()?.arena.rated_at,
        Board::Merit => player()?.reached.merit,
        Board::Hunts => player()?.reached.hunts,
        Board::Raids => player()?.reached.raids,
        Board::Prestige => player()?.reached.prestige,
        Board::Guilds => state.guilds.get(&GuildId(number))?.scored_at,
        Board::Factions => {
            let faction = *Faction::ALL.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
            state.faction_scored_at[faction]
        }
    }
}

/// A faction's value on its board, if it stands there. Factions are numbered from 1, in the order of the table.
fn faction_value(state: &State, number: u64) -> Option<i64> {
    let faction = *Faction::ALL.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
    Some(state.faction_points[faction]).filter(|points| *points > 0)
}

/// Everybody on a board, best first; ties by who has been there longer, then by lower number.
pub(crate) fn ranking(rules: &Rules, state: &State, board: Board) -> Vec<(i64, i64)> {
    let mut ranking: Vec<(i64, i64)> = match board {
        Board::Guilds => {
            let number = |id: &GuildId| i64::try_from(id.get()).unwrap_or(i64::MAX);
            state.guilds.keys().filter_map(|id| Some((number(id), guild_value(state, *id)?))).collect()
        }
        Board::Factions => {
            let entry = |number: u64| Some((i64::try_from(number).ok()?, faction_value(state, number)?));
            (1..=Faction::ALL.len() as u64).filter_map(entry).collect()
        }
        Board::Power
        | Board::Season
        | Board::Arena
        | Board::Merit
        | Board::Lands
        | Board::Hunts
        | Board::Raids
        | Board::Prestige => {
            let entry = |p: &Player| Some((i64::from(p.pn.get()), value(rules, state, p, board)?));
            state.living().filter_map(entry).collect()
        }
    };
    ranking.sort_by_cached_key(|(entity, value)| {
        (std::cmp::Reverse(*value), since(state, board, *entity), *entity)
    });
    ranking
}

/// The values that a number has on every board, by board index: a board knows one kind of entity, so on the board of
/// guilds it is a guild's, on that of factions a faction's, on the others a player's.
pub(crate) fn scores(rules: &Rules, state: &State, entity: u64) -> Vec<(usize, i64)> {
    let player = u32::try_from(entity).ok().and_then(|pn| state.player(Pn(pn)));
    let player = player.filter(|p| !p.deleted());
    let on = |board: Board| match board {
        Board::Guilds => guild_value(state, GuildId(entity)),
        Board::Factions => faction_value(state, entity),
        Board::Power
        | Board::Season
        | Board::Arena
        | Board::Merit
        | Board::Lands
        | Board::Hunts
        | Board::Raids
        | Board::Prestige => value(rules, state, player?, board),
    };
    Board::ALL.into_iter().filter_map(|board| Some((board.index(), on(board)?))).collect()
}

/// Whose values an event may have changed: all whom it concerns. Production alone changes no board.
pub(crate) fn scored(state: &State, event: &crate::event::Event, out: &mut Vec<u64>) {
    if matches!(event, crate::event::Event::ResourcesProduced(_)) {
        return;
    }
    let mut players = Vec::new();
    crate::concerns::players(state, event, &mut players);
    out.extend(players.into_iter().map(|pn| u64::from(pn.get())));
    if let crate::event::Event::GuildDisbanded(e) = event {
        out.push(e.guild.get());
    }
    // The end of a conquest counts for guilds and factions.
    if let crate::event::Event::ConquestEnded(e) = event {
        out.extend(e.ranking.iter().map(|rank| rank.banner.get()));
        out.extend(1..=Faction::ALL.len() as u64);
    }
}
