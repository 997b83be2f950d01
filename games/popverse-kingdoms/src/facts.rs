//! The rulebook's formulas as they apply to a player: the same figures for checks, effects, views and bots.

pub mod arena;
pub mod army;
pub mod economy;
pub mod guild;
pub mod heroes;
pub mod land;
pub mod march;
pub mod notify;
pub mod power;
pub mod work;

use crate::formulas::{city, power as formulas};
use crate::keys::{Building, Technology};
use crate::rules::Rules;
use crate::state::{Player, State};

/// Level of a building.
#[must_use]
pub fn level(player: &Player, building: Building) -> i64 {
    player.buildings[building]
}

/// Level of a technology.
#[must_use]
pub fn tech(player: &Player, technology: Technology) -> i64 {
    player.research[technology]
}

/// Largest march, troops.
#[must_use]
pub fn march_cap(rules: &Rules, player: &Player) -> i64 {
    city::march_cap(rules, level(player, Building::Hq))
}

/// Marches at a time.
#[must_use]
pub fn march_slots(rules: &Rules, player: &Player) -> i64 {
    city::march_slots(rules, level(player, Building::Hq))
}

/// Troops that find housing.
#[must_use]
pub fn housing(rules: &Rules, player: &Player) -> i64 {
    city::housing(rules, level(player, Building::Hq))
}

/// Heroes of the roster.
#[must_use]
pub fn roster(rules: &Rules, player: &Player) -> i64 {
    city::roster(rules, level(player, Building::HeroHall))
}

/// Wounded that find room.
#[must_use]
pub fn infirmary(rules: &Rules, player: &Player) -> i64 {
    city::infirmary_cap(rules, level(player, Building::Infirmary))
}

/// Vision around the city, tiles.
#[must_use]
pub fn city_vision(rules: &Rules, player: &Player) -> i64 {
    city::vision(rules, level(player, Building::Watchtower))
}

/// Kingdom power (rulebook 2.10).
#[must_use]
pub fn kingdom_power(rules: &Rules, state: &State, player: &Player) -> i64 {
    formulas::kingdom(
        rules,
        army::living(state, player),
        player.heroes.keys().map(|key| heroes::power(rules, player, *key)),
        player.buildings.values().iter().copied(),
        player.research.values().iter().copied(),
    )
}
