//! Troops wherever they are (rulebook 2.7).

use super::level;
use crate::amounts::Troops;
use crate::formulas::{city, training};
use crate::keys::{Building, Tier};
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
    training::unlocked(rules, tier, level(player, Building::Barracks), |technology| {
        player.research[technology]
    })
}

/// Largest training batch.
#[must_use]
pub fn batch(rules: &Rules, player: &Player) -> i64 {
    city::batch_max(rules, level(player, Building::Barracks))
}
