//! Marches: ways, times, loads, what an attack meets (rulebook 2.11, 3.1).

use std::cell::RefCell;

use super::{level, tech};
use crate::amounts::Troops;
use crate::event::TargetRef;
use crate::formulas::{city, march};
use crate::ids::{MarchId, Pn};
use crate::keys::{Building, HeroKey, MarchKind, Skill, Technology};
use crate::map::WorldMap;
use crate::path::{Mover, Path, Pathfinder};
use crate::rules::{MarchRules, Rules};
use crate::state::{March, Phase, Player, State};
use crate::tile::Tile;

thread_local! {
    /// Tables of the last search. They only save memory traffic: a search begins by forgetting the one before.
    static FINDER: RefCell<Pathfinder> = RefCell::new(Pathfinder::new());
}

/// The cheapest way, if one leads there.
#[must_use]
pub fn way(map: &WorldMap, rules: &MarchRules, mover: Mover, from: Tile, to: Tile) -> Option<Path> {
    FINDER.with_borrow_mut(|finder| finder.find(map, rules, mover, from, to))
}

/// Level of a skill of a hero who leads, 0 without one.
fn skill(player: &Player, hero: Option<HeroKey>, skill: Skill) -> i64 {
    hero.and_then(|key| player.heroes.get(&key)).map_or(0, |hero| hero.skills.get(skill))
}

/// Speed of the slowest and the factor E in ‰.
#[must_use]
pub fn speed(rules: &Rules, player: &Player, troops: Troops, hero: Option<HeroKey>) -> (i64, i64) {
    let slowest = march::army_speed(rules, troops).unwrap_or(rules.march.scout_speed);
    let logistics = tech(player, Technology::Logistics);
    (slowest, march::pace(rules, player.faction, logistics, skill(player, hero, Skill::Pathfinder)))
}

/// What troops can carry.
#[must_use]
pub fn load(rules: &Rules, player: &Player, troops: Troops, hero: Option<HeroKey>) -> i64 {
    march::load(rules, troops, tech(player, Technology::Haulage), skill(player, hero, Skill::Plunder))
}

/// How far marches explore around their way (rulebook 2.9, cartography).
#[must_use]
pub fn explore_radius(rules: &Rules, player: &Player) -> i64 {
    rules.fog.army + tech(player, Technology::Cartography)
}

/// March slots in use, and scouts that are out.
#[must_use]
pub fn out(state: &State, player: &Player) -> (i64, i64) {
    let marches = || state.marches_of(player.pn).map(|(_, march)| march);
    let scouts = marches().filter(|march| march.kind == MarchKind::Scout).count();
    (marches().filter(|march| march.takes_slot()).count() as i64, scouts as i64)
}

/// Allied troops standing in a city.
pub fn guests(state: &State, host: Pn) -> impl Iterator<Item = (MarchId, &March)> {
    let here = move |march: &March| {
        march.phase == Phase::Stationed && matches!(march.target_ref, TargetRef::City(pn) if pn == host)
    };
    state.marches.iter().filter(move |(_, march)| here(march)).map(|(id, march)| (*id, march))
}

/// Allied troops that still find room in a city.
#[must_use]
pub fn embassy_room(rules: &Rules, state: &State, host: &Player) -> i64 {
    let here: i64 = guests(state, host.pn).map(|(_, march)| march.troops.total()).sum();
    (city::embassy_cap(rules, level(host, Building::Embassy)) - here).max(0)
}
