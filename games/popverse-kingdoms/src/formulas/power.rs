//! Kingdom power and army power (rulebook 2.10, 3.1).

use super::arith::through;
use crate::amounts::Troops;
use crate::keys::Faction;
use crate::rules::Rules;

/// Σ number·power of troops (rulebook 2.7).
#[must_use]
pub fn troops(rules: &Rules, troops: Troops) -> i64 {
    troops.weighted(|tier| rules.troops[tier].power)
}

/// Kingdom power of living troops, heroes' powers, building levels and technology levels (rulebook 2.10).
#[must_use]
pub fn kingdom(
    rules: &Rules,
    living: Troops,
    heroes: impl IntoIterator<Item = i64>,
    buildings: impl IntoIterator<Item = i64>,
    technologies: impl IntoIterator<Item = i64>,
) -> i64 {
    let figures = &rules.kingdom_power;
    let heroes: i64 = heroes.into_iter().sum();
    let buildings: i64 = buildings.into_iter().map(|level| figures.building * level * (level + 1)).sum();
    let technologies: i64 = technologies.into_iter().map(|level| figures.research * level * level).sum();
    troops(rules, living) + heroes + buildings + technologies
}

/// Army power, for display, scouting and advice (rulebook 3.1). `terrain` counts only when defending.
#[must_use]
pub fn army(
    rules: &Rules,
    faction: Option<Faction>,
    living: Troops,
    hero: i64,
    defending: Option<i64>,
) -> i64 {
    let figures = faction.map(|f| &rules.factions[f]);
    let attack = figures.map_or(1000, |f| f.attack);
    let guard = figures.map_or(1000, |f| f.guard);
    let factor = if defending.is_some() { attack.max(guard) } else { attack };
    through(troops(rules, living) + hero, &[factor, defending.unwrap_or(1000)])
}

/// Whether a target is too weak to be fair (rulebook 2.10).
#[must_use]
pub const fn too_weak(rules: &Rules, own: i64, target: i64) -> bool {
    target * 1000 < own * rules.protection.weak_target
}
