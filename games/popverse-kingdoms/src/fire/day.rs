//! The daily reset, in the order of rulebook 2.16.

use super::{arena, land};
use crate::amounts::Res;
use crate::decide::{Deciding, common, guild, quest};
use crate::event::{DailyResetPassed, EconomyRebalanced, FinalsBegun, SuccessionReason};
use crate::formulas::market;
use crate::ids::{GuildId, Pn};
use crate::keys::Resource;
use crate::state::Guild;

/// A UTC day ends.
pub(super) fn reset(d: &mut Deciding<'_>) {
    let day = d.state().day(d.now());
    common::settle_all(d);
    quest::close_all(d);
    land::taxes(d);
    rebalance(d, day);
    land::revalue(d, day);
    arena::decay(d);
    successions(d);
    d.emit(DailyResetPassed { day });
    let last = d.state().config.season_days;
    if !d.state().finals && day > last - d.rules().world.finals_days {
        d.emit(FinalsBegun { day });
    }
}

/// Guilds whose leader has not been active for long get the officer of longest standing, else the member.
fn successions(d: &mut Deciding<'_>) {
    let (seconds, now) = (d.rules().world.active_seconds, d.now());
    let state = d.state();
    let active = |pn: Pn| state.player(pn).is_some_and(|p| state.active(p, seconds, now));
    let heir = |(id, of): (&GuildId, &Guild)| {
        let leader = of.leader().filter(|leader| !active(*leader))?;
        Some((*id, leader, guild::successor(of, leader, active)?))
    };
    let heirs: Vec<(GuildId, Pn, Pn)> = state.guilds.iter().filter_map(heir).collect();
    for (id, from, to) in heirs {
        guild::pass_on(d, id, from, to, SuccessionReason::Inactive);
    }
}

fn rebalance(d: &mut Deciding<'_>, day: i64) {
    let (rules, now) = (d.rules(), d.now());
    let state = d.state();
    let active: Vec<Res> = state
        .living()
        .filter(|p| state.active(p, rules.world.active_seconds, now))
        .map(|p| p.stores.stock)
        .collect();
    let count = active.len() as i64;
    if count == 0 {
        return;
    }
    let sum = active.into_iter().fold(Res::ZERO, |sum, stock| sum + stock);
    let averages = sum.map(|n| n.div_euclid(count));
    let targets = market::target(rules, day);
    let (before, anchors_before, flows) = (state.modifiers, state.anchors, state.flows);
    let mut after = before;
    let mut anchors = anchors_before;
    for resource in Resource::ALL {
        let ratio = market::ratio(averages[resource], targets[resource]);
        after[resource] = market::modifier(rules, before[resource], ratio);
    }
    anchors.food = market::anchor(rules, Resource::Food, targets.food, averages.food);
    anchors.iron = market::anchor(rules, Resource::Iron, targets.iron, averages.iron);
    d.emit(EconomyRebalanced {
        day,
        active: count,
        averages,
        targets,
        modifiers_before: before,
        modifiers_after: after,
        anchors_before,
        anchors_after: anchors,
        minted: flows.minted,
        burned: flows.burned,
    });
}
