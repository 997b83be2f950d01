//! Troops wherever they are, wounded, powers (rulebook 2.7, 3.1, 3.5).

use super::level;
use crate::amounts::{Res, Troops};
use crate::formulas::arith::through;
use crate::keys::{Building, Faction, Tier};
use crate::rules::Rules;
use crate::state::{Player, State};

/// Living troops of a player, at home and away; neither wounded nor in training.
#[must_use]
pub fn living(state: &State, player: &Player) -> Troops {
    player.home + away(state, player)
}

/// Living troops of a player on marches.
#[must_use]
pub fn away(state: &State, player: &Player) -> Troops {
    state.marches_of(player.pn).fold(Troops::NONE, |sum, (_, march)| sum + march.troops)
}

/// Everybody who takes up housing: living, wounded, being healed, in training.
#[must_use]
pub fn housed(state: &State, player: &Player) -> i64 {
    let carried: i64 = state.marches_of(player.pn).map(|(_, m)| m.wounded.total()).sum();
    living(state, player).total()
        + player.wounded.total()
        + carried
        + player.healing.map_or(0, |job| job.troops.total())
        + player.training.map_or(0, |job| job.count)
}

/// Whether a tier may be trained.
#[must_use]
pub fn unlocked(rules: &Rules, player: &Player, tier: Tier) -> bool {
    let figures = &rules.troops[tier];
    level(player, Building::Barracks) >= figures.barracks
        && figures.unlocked_by.is_none_or(|technology| player.research[technology] >= 1)
}

/// Largest training batch.
#[must_use]
pub fn batch(rules: &Rules, player: &Player) -> i64 {
    (rules.city.batch_per_level * level(player, Building::Barracks)).min(rules.city.batch_max)
}

/// Of wounded at the infirmary's door, who finds room (highest tier first) and who dies.
#[must_use]
pub fn admit(room: i64, wounded: Troops) -> (Troops, Troops) {
    let mut left = room.max(0);
    let mut admitted = Troops::NONE;
    for (tier, n) in wounded.iter().rev() {
        admitted[tier] = n.min(left);
        left -= admitted[tier];
    }
    (admitted, wounded.minus(admitted))
}

/// Army power as it is shown: troops and hero through faction and terrain (rulebook 3.1).
#[must_use]
pub fn army_power(
    rules: &Rules,
    troops: Troops,
    hero: i64,
    faction: Option<Faction>,
    defending: Option<i64>,
) -> i64 {
    let sum = troops.weighted(|tier| rules.troops[tier].power) + hero;
    let factor = match (faction, defending) {
        (Some(faction), None) => rules.factions[faction].attack,
        (Some(faction), Some(_)) => rules.factions[faction].attack.max(rules.factions[faction].guard),
        (None, _) => 1000,
    };
    through(sum, &[factor, defending.unwrap_or(1000)])
}

/// What training or healing some troops costs, in full.
#[must_use]
pub fn training_cost(rules: &Rules, troops: Troops) -> Res {
    troops.iter().fold(Res::ZERO, |sum, (tier, n)| sum.plus_times(rules.troops[tier].cost, n))
}
