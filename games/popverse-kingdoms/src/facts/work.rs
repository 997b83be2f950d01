//! Costs and times of jobs (rulebook 2.5, 2.7, 2.9).

use schemas::GameTime;

use super::{level, tech};
use crate::amounts::{Res, Troops};
use crate::formulas::{city, training as drill};
use crate::keys::{Building, Technology, Tier};
use crate::rules::Rules;
use crate::state::Player;

pub use crate::formulas::city::{
    academy_needed, building_cost, hasten_diamonds as diamonds, refund, research_cost,
};

/// How long raising a building to a level takes, with the player's masonry.
#[must_use]
pub fn building_seconds(rules: &Rules, player: &Player, building: Building, level: i64) -> i64 {
    city::building_seconds(rules, building, level, tech(player, Technology::Masonry))
}

/// How long raising a technology to a level takes, with the player's academy.
#[must_use]
pub fn research_seconds(rules: &Rules, player: &Player, technology: Technology, to: i64) -> i64 {
    city::research_seconds(rules, technology, to, level(player, Building::Academy))
}

/// Cost and seconds of training.
#[must_use]
pub fn training(rules: &Rules, player: &Player, tier: Tier, n: i64) -> (Res, i64) {
    let research = tech(player, drill::technology(rules, tier));
    let seconds = drill::train_seconds(rules, tier, n, level(player, Building::Barracks), research);
    (drill::train_cost(rules, tier, n), seconds)
}

/// Cost and seconds of promotion from `tier` to `next`.
#[must_use]
pub fn promotion(rules: &Rules, player: &Player, tier: Tier, next: Tier, n: i64) -> (Res, i64) {
    let research = tech(player, drill::technology(rules, next));
    let seconds = drill::promote_seconds(rules, tier, n, level(player, Building::Barracks), research);
    (drill::promote_cost(rules, tier, n).unwrap_or_default(), seconds.unwrap_or(1))
}

/// Cost and seconds of healing.
#[must_use]
pub fn healing(rules: &Rules, player: &Player, troops: Troops) -> (Res, i64) {
    let seconds = drill::heal_seconds(rules, troops, level(player, Building::Infirmary));
    (drill::heal_cost(rules, troops), seconds)
}

/// Whole seconds left of a job, rounded up.
#[must_use]
pub const fn remaining(due: GameTime, now: GameTime) -> i64 {
    let ms = due.since(now);
    if ms <= 0 { 0 } else { (ms + 999) / 1000 }
}
