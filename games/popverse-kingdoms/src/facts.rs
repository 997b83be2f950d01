//! What follows from the state without deciding anything: caps, rates, powers, costs. Pure functions of rules and state.

pub mod army;
pub mod economy;
pub mod heroes;
pub mod work;

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

/// How many of the levels have been reached.
fn reached(levels: &[i64], level: i64) -> i64 {
    levels.iter().filter(|needed| level >= **needed).count() as i64
}

/// Largest march, troops (rulebook 2.5, HQ).
#[must_use]
pub fn march_cap(rules: &Rules, player: &Player) -> i64 {
    let city = &rules.city;
    (city.march_base + city.march_per_level * level(player, Building::Hq)).min(city.march_max)
}

/// Marches at a time (rulebook 2.5, HQ).
#[must_use]
pub fn march_slots(rules: &Rules, player: &Player) -> i64 {
    rules.city.march_slots + reached(&rules.city.march_slot_levels, level(player, Building::Hq))
}

/// Troops that find housing (rulebook 2.5, HQ).
#[must_use]
pub fn housing(rules: &Rules, player: &Player) -> i64 {
    rules.city.housing_base + rules.city.housing_per_level * level(player, Building::Hq)
}

/// Heroes of the roster (rulebook 2.5, hero hall).
#[must_use]
pub fn roster(rules: &Rules, player: &Player) -> i64 {
    rules.city.roster_base + rules.city.roster_per_level * level(player, Building::HeroHall)
}

/// Wounded that find room (rulebook 2.5, infirmary).
#[must_use]
pub fn infirmary(rules: &Rules, player: &Player) -> i64 {
    rules.city.infirmary_base + rules.city.infirmary_per_level * level(player, Building::Infirmary)
}

/// Vision around the city, tiles (rulebook 2.20).
#[must_use]
pub fn city_vision(rules: &Rules, player: &Player) -> i64 {
    let per = rules.fog.watchtower_levels_per_tile.max(1);
    rules.fog.city + level(player, Building::Watchtower) / per
}

/// Kingdom power (rulebook 2.10).
#[must_use]
pub fn kingdom_power(rules: &Rules, state: &State, player: &Player) -> i64 {
    let troops = army::living(state, player).weighted(|tier| rules.troops[tier].power);
    let heroes: i64 = player.heroes.keys().map(|key| heroes::power(rules, player, *key)).sum();
    let figures = &rules.kingdom_power;
    let buildings: i64 = player.buildings.values().iter().map(|l| figures.building * l * (l + 1)).sum();
    let research: i64 = player.research.values().iter().map(|r| figures.research * r * r).sum();
    troops + heroes + buildings + research
}
