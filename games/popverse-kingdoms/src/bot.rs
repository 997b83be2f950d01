//! Bots: players by the same path as people, with an eye for what is worth doing next. They ask only for what is
//! likely to be allowed, and go only where their player has been: of explored ground they know what stands there now,
//! as somebody would who keeps notes and asks around.

mod field;
mod home;

use games_core::Rng;
use schemas::{GameTime, PlayerId};

use crate::amounts::Res;
use crate::command::{Command, Join};
use crate::facts::economy;
use crate::keys::Faction;
use crate::rules::Rules;
use crate::state::{Player, State, Status};

/// All that a bot looks at.
struct Bot<'a> {
    rules: &'a Rules,
    state: &'a State,
    me: &'a Player,
    now: GameTime,
    /// Stores, settled.
    stock: Res,
    /// What they gain an hour.
    rates: Res,
}

/// What a bot does next, if anything.
pub(crate) fn play(
    rules: &Rules,
    state: &State,
    player: PlayerId,
    now: GameTime,
    rng: &mut Rng,
) -> Option<Command> {
    if state.ended {
        return None;
    }
    let Some(me) = state.find(player) else { return join(rules, state, rng) };
    if me.status != Status::Active {
        return None;
    }
    let stock = economy::stock_at(rules, state, me, now);
    let bot = Bot { rules, state, me, now, stock, rates: economy::rates(rules, state, me) };
    bot.recall()
        .or_else(|| bot.heroes())
        .or_else(|| bot.build())
        .or_else(|| bot.research())
        .or_else(|| bot.troops())
        .or_else(|| bot.hasten())
        .or_else(|| bot.march(rng))
}

/// Joins a faction that has room, by lot among the smallest.
fn join(rules: &Rules, state: &State, rng: &mut Rng) -> Option<Command> {
    if state.living().count() as i64 >= state.config.max_players {
        return None;
    }
    let heads = Faction::ALL.map(|faction| state.heads(faction));
    let least = heads.into_iter().min()?;
    let open: Vec<Faction> = Faction::ALL
        .into_iter()
        .filter(|f| heads[f.index()] - least < rules.joining.faction_lead.min(2))
        .collect();
    let pick = usize::try_from(rng.below(open.len() as u64)).ok()?;
    open.get(pick).map(|faction| Join { faction: *faction }.into())
}
