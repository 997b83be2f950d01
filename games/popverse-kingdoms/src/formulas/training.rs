//! Training, promoting, healing (rulebook 2.7).

use crate::amounts::{Res, Troops};
use crate::keys::{Technology, Tier};
use crate::rules::Rules;

/// The technology whose level shortens training of a tier (rulebook 2.7).
#[must_use]
pub fn technology(rules: &Rules, tier: Tier) -> Technology {
    rules.troops[tier].trained_by
}

/// Whether a tier may be trained: barracks high enough, its technology at level 1 (rulebook 2.7).
#[must_use]
pub fn unlocked(rules: &Rules, tier: Tier, barracks: i64, level: impl Fn(Technology) -> i64) -> bool {
    let figures = &rules.troops[tier];
    barracks >= figures.barracks && figures.unlocked_by.is_none_or(|technology| level(technology) >= 1)
}

/// Cost of training `count` of a tier (rulebook 2.7).
#[must_use]
pub fn train_cost(rules: &Rules, tier: Tier, count: i64) -> Res {
    rules.troops[tier].cost.times(count)
}

/// Seconds of training `count` of a tier; `level` is that of [`technology`] (rulebook 2.7).
#[must_use]
pub fn train_seconds(rules: &Rules, tier: Tier, count: i64, barracks: i64, level: i64) -> i64 {
    seconds(rules, count * rules.troops[tier].seconds, barracks, level)
}

/// Cost of promoting `count` of a tier to the next: the difference of the two (rulebook 2.7). Nothing for t4.
#[must_use]
pub fn promote_cost(rules: &Rules, tier: Tier, count: i64) -> Option<Res> {
    let higher = tier.next()?;
    Some(rules.troops[higher].cost.minus(rules.troops[tier].cost).times(count))
}

/// Seconds of promoting `count` of a tier to the next; `level` is that of the higher tier's [`technology`]
/// (rulebook 2.7). Nothing for t4.
#[must_use]
pub fn promote_seconds(rules: &Rules, tier: Tier, count: i64, barracks: i64, level: i64) -> Option<i64> {
    let higher = tier.next()?;
    let each = rules.troops[higher].seconds - rules.troops[tier].seconds;
    Some(seconds(rules, count * each, barracks, level))
}

fn seconds(rules: &Rules, plain: i64, barracks: i64, level: i64) -> i64 {
    let after_barracks = plain * 1000 / (1000 + rules.city.barracks_speed * (barracks - 1).max(0));
    (after_barracks * 1000 / (1000 + rules.training.per_tech * level)).max(1)
}

/// Cost of healing these wounded (rulebook 2.7).
#[must_use]
pub fn heal_cost(rules: &Rules, wounded: Troops) -> Res {
    let sum = wounded.iter().fold(Res::ZERO, |sum, (tier, n)| sum.plus_times(rules.troops[tier].cost, n));
    sum.scale_floor(rules.training.heal_cost, 1000)
}

/// Seconds of healing these wounded (rulebook 2.7).
#[must_use]
pub fn heal_seconds(rules: &Rules, wounded: Troops, infirmary: i64) -> i64 {
    let plain = wounded.weighted(|tier| rules.troops[tier].seconds) * rules.training.heal_time / 1000;
    (plain * 1000 / (1000 + rules.city.infirmary_speed * infirmary)).max(1)
}
