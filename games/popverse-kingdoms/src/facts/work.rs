//! Costs and times of jobs (rulebook 2.5, 2.7, 2.9).

use schemas::GameTime;

use super::{army, level, tech};
use crate::amounts::{Res, Troops};
use crate::formulas::arith::{ceil_div, rec, rec_res};
use crate::keys::{Building, Technology, Tier};
use crate::rules::Rules;
use crate::state::Player;

/// What raising a building to a level costs.
#[must_use]
pub fn building_cost(rules: &Rules, building: Building, level: i64) -> Res {
    rec_res(rules.buildings[building].cost, rules.city.cost_growth, level)
}

/// How long raising a building to a level takes, with the player's masonry.
#[must_use]
pub fn building_seconds(rules: &Rules, player: &Player, building: Building, level: i64) -> i64 {
    let base = rec(rules.buildings[building].seconds, rules.city.time_growth, level);
    ceil_div(base * 1000, 1000 + rules.city.masonry_speed * tech(player, Technology::Masonry))
}

/// What raising a technology to a level costs.
#[must_use]
pub fn research_cost(rules: &Rules, technology: Technology, level: i64) -> Res {
    rec_res(rules.technologies[technology].cost, rules.research.cost_growth, level)
}

/// How long raising a technology to a level takes, with the player's academy.
#[must_use]
pub fn research_seconds(rules: &Rules, player: &Player, technology: Technology, to: i64) -> i64 {
    let base = rec(rules.technologies[technology].seconds, rules.research.time_growth, to);
    ceil_div(base * 1000, 1000 + rules.city.academy_speed * level(player, Building::Academy))
}

/// Level of the academy that a level of research needs.
#[must_use]
pub const fn academy_needed(rules: &Rules, level: i64) -> i64 {
    rules.city.academy_step * level - rules.city.academy_less
}

/// Training time of `n` troops that take `each` seconds, arriving in `tier`.
fn drill(rules: &Rules, player: &Player, tier: Tier, each: i64, n: i64) -> i64 {
    let barracks = 1000 + rules.city.barracks_speed * (level(player, Building::Barracks) - 1).max(0);
    let research = 1000 + rules.training.per_tech * tech(player, rules.troops[tier].trained_by);
    ((n * each * 1000 / barracks) * 1000 / research).max(1)
}

/// Cost and seconds of training.
#[must_use]
pub fn training(rules: &Rules, player: &Player, tier: Tier, n: i64) -> (Res, i64) {
    let figures = &rules.troops[tier];
    (figures.cost.times(n), drill(rules, player, tier, figures.seconds, n))
}

/// Cost and seconds of promotion from `tier` to `next`: the differences of the two.
#[must_use]
pub fn promotion(rules: &Rules, player: &Player, tier: Tier, next: Tier, n: i64) -> (Res, i64) {
    let (from, to) = (&rules.troops[tier], &rules.troops[next]);
    let seconds = drill(rules, player, next, (to.seconds - from.seconds).max(0), n);
    (to.cost.minus(from.cost).map(|c| c.max(0)).times(n), seconds)
}

/// Cost and seconds of healing.
#[must_use]
pub fn healing(rules: &Rules, player: &Player, troops: Troops) -> (Res, i64) {
    let figures = &rules.training;
    let cost = army::training_cost(rules, troops).scale_floor(figures.heal_cost, 1000);
    let base = troops.weighted(|tier| rules.troops[tier].seconds) * figures.heal_time / 1000;
    let speed = 1000 + rules.city.infirmary_speed * level(player, Building::Infirmary);
    (cost, (base * 1000 / speed).max(1))
}

/// What comes back of a cost when a job is called off.
#[must_use]
pub fn refund(rules: &Rules, cost: Res) -> Res {
    cost.scale_floor(rules.city.refund, 1000)
}

/// Whole seconds left of a job, rounded up.
#[must_use]
pub const fn remaining(due: GameTime, now: GameTime) -> i64 {
    let ms = due.since(now);
    if ms <= 0 { 0 } else { (ms + 999) / 1000 }
}

/// Diamonds that finish a job with so many seconds left.
#[must_use]
pub const fn diamonds(rules: &Rules, seconds: i64) -> i64 {
    ceil_div(seconds, rules.city.seconds_per_diamond)
}
