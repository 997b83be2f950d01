//! Buildings, research and what levels allow (rulebook 2.5, 2.9).

use super::arith::{ceil_div, rec, rec_res, through};
use crate::amounts::Res;
use crate::keys::{Building, Technology};
use crate::rules::Rules;

/// Cost of raising a building to `level` (rulebook 2.5).
#[must_use]
pub fn building_cost(rules: &Rules, building: Building, level: i64) -> Res {
    rec_res(rules.buildings[building].cost, rules.city.cost_growth, level)
}

/// Seconds of raising a building to `level` with that much masonry (rulebook 2.5).
#[must_use]
pub fn building_seconds(rules: &Rules, building: Building, level: i64, masonry: i64) -> i64 {
    let seconds = rec(rules.buildings[building].seconds, rules.city.time_growth, level);
    ceil_div(seconds * 1000, 1000 + rules.city.masonry_speed * masonry)
}

/// Cost of raising a technology to `level` (rulebook 2.9).
#[must_use]
pub fn research_cost(rules: &Rules, technology: Technology, level: i64) -> Res {
    rec_res(rules.technologies[technology].cost, rules.research.cost_growth, level)
}

/// Seconds of raising a technology to `level` with that academy (rulebook 2.9).
#[must_use]
pub fn research_seconds(rules: &Rules, technology: Technology, level: i64, academy: i64) -> i64 {
    let seconds = rec(rules.technologies[technology].seconds, rules.research.time_growth, level);
    ceil_div(seconds * 1000, 1000 + rules.city.academy_speed * academy)
}

/// Academy that research level `level` needs (rulebook 2.5).
#[must_use]
pub const fn academy_needed(rules: &Rules, level: i64) -> i64 {
    rules.city.academy_step * level - rules.city.academy_less
}

/// What cancelling a job gives back of its cost, floored per resource (rulebook 2.5, 2.7, 2.9).
#[must_use]
pub fn refund(rules: &Rules, cost: Res) -> Res {
    cost.scale_floor(rules.city.refund, 1000)
}

/// Diamonds that finish a job with so many seconds left (rulebook 2.5).
#[must_use]
pub const fn hasten_diamonds(rules: &Rules, remaining: i64) -> i64 {
    if remaining <= 0 { 0 } else { ceil_div(remaining, rules.city.seconds_per_diamond) }
}

/// Storage caps by warehouse and storage technology (rulebook 2.5).
#[must_use]
pub fn storage_caps(rules: &Rules, warehouse: i64, storage: i64) -> Res {
    let city = &rules.city;
    let cap = if warehouse <= 0 {
        city.storage_none
    } else {
        through(rec(city.storage, city.storage_growth, warehouse), &[1000 + city.storage_per_tech * storage])
    };
    Res::new(cap, cap, cap / city.gold_cap_divisor)
}

/// Troops the city houses: living, wounded and in training (rulebook 2.5, 2.7).
#[must_use]
pub const fn housing(rules: &Rules, hq: i64) -> i64 {
    rules.city.housing_base + rules.city.housing_per_level * hq
}

/// Troops of one march (rulebook 2.5).
#[must_use]
pub fn march_cap(rules: &Rules, hq: i64) -> i64 {
    (rules.city.march_base + rules.city.march_per_level * hq).min(rules.city.march_max)
}

fn slots(base: i64, levels: &[i64], hq: i64) -> i64 {
    base + levels.iter().filter(|level| hq >= **level).count() as i64
}

/// Marches that may be under way at a time (rulebook 2.5, 2.11).
#[must_use]
pub fn march_slots(rules: &Rules, hq: i64) -> i64 {
    slots(rules.city.march_slots, &rules.city.march_slot_levels, hq)
}

/// Parcels a player may own (rulebook 2.5).
#[must_use]
pub fn land_slots(rules: &Rules, hq: i64) -> i64 {
    slots(rules.city.land_slots, &rules.city.land_slot_levels, hq)
}

/// Largest training batch (rulebook 2.7).
#[must_use]
pub fn batch_max(rules: &Rules, barracks: i64) -> i64 {
    (rules.city.batch_per_level * barracks).min(rules.city.batch_max)
}

/// Heroes of the roster (rulebook 2.5).
#[must_use]
pub const fn roster(rules: &Rules, hero_hall: i64) -> i64 {
    rules.city.roster_base + rules.city.roster_per_level * hero_hall
}

/// Highest hero level (rulebook 2.5).
#[must_use]
pub fn hero_level_cap(rules: &Rules, hero_hall: i64) -> i64 {
    (rules.hero.level_base + rules.hero.level_per_hall * hero_hall).min(rules.hero.level_max)
}

/// Tiles (Chebyshev) a city sees (rulebook 2.5, 2.20).
#[must_use]
pub const fn vision(rules: &Rules, watchtower: i64) -> i64 {
    rules.fog.city + watchtower / rules.fog.watchtower_levels_per_tile
}

/// Wounded the infirmary holds (rulebook 2.5).
#[must_use]
pub const fn infirmary_cap(rules: &Rules, infirmary: i64) -> i64 {
    rules.city.infirmary_base + rules.city.infirmary_per_level * infirmary
}

/// Allied troops the embassy holds (rulebook 2.5).
#[must_use]
pub const fn embassy_cap(rules: &Rules, embassy: i64) -> i64 {
    rules.city.embassy_per_level * embassy
}

/// When the watchtower raises the alarm for a hostile march, in the same milliseconds as `departure` and `arrival`;
/// without a watchtower never (rulebook 2.5).
#[must_use]
pub fn alarm_at(rules: &Rules, watchtower: i64, departure: i64, arrival: i64) -> Option<i64> {
    (watchtower >= 1).then(|| departure.max(arrival - 1000 * rules.city.alarm_seconds * watchtower))
}
