//! What days and weeks do in the arena (rulebook 2.17).

use crate::decide::Deciding;
use crate::event::{ArenaRatingDecayed, ArenaReward, ArenaWeekClosed};
use crate::formulas::arena as formulas;
use crate::formulas::season;
use crate::ids::Pn;
use crate::state::Player;

/// Ratings of the idle fall.
pub(super) fn decay(d: &mut Deciding<'_>) {
    let (rules, now) = (d.rules(), d.now());
    let idle = |p: &&Player| {
        let last = p.arena.fought_at.unwrap_or(p.joined_at);
        now.since(last) >= rules.arena.decay_seconds * 1000
    };
    let fallen =
        d.state().living().filter(idle).map(|p| (p.pn, p.rating, formulas::decayed(rules, p.rating)));
    let fallen: Vec<(Pn, i64, i64)> = fallen.filter(|(_, before, after)| after < before).collect();
    for (pn, before, after) in fallen {
        d.emit(ArenaRatingDecayed { pn, lost: before - after, after });
    }
}

/// Pays those who fought in the week that ends, by rating; ties by who reached it earlier.
pub(super) fn week(d: &mut Deciding<'_>) {
    let (rules, state) = (d.rules(), d.state());
    let mut ranked: Vec<&Player> = state.living().filter(|p| p.arena.week > 0).collect();
    ranked.sort_by_key(|p| (std::cmp::Reverse(p.rating), p.arena.rated_at, p.pn));
    let reward = |(rank, p): (i64, &Player)| {
        let diamonds = season::rank_reward(&rules.arena.week, rules.arena.week_others, rank);
        ArenaReward { pn: p.pn, rank, diamonds }
    };
    let rewards: Vec<ArenaReward> = (1..).zip(ranked).map(reward).collect();
    // Scrolls of the shop are counted by the week, too.
    if !rewards.is_empty() || d.state().living().any(|p| p.arena.scrolls > 0) {
        let week = (state.day(d.now()) + 5) / 7;
        d.emit(ArenaWeekClosed { week, rewards });
    }
}
