//! Heroes: power, levels, who is free, who defends (rulebook 2.8).

use schemas::GameTime;

use super::level;
use crate::battle;
use crate::formulas::{city, heroes as formulas};
use crate::ids::MarchId;
use crate::keys::{Building, HeroKey, Skill};
use crate::rules::Rules;
use crate::state::{Hero, HeroState, March, Phase, Player, State};

/// Power of what a hero wears.
fn gear(player: &Player, hero: &Hero) -> i64 {
    let worn = [hero.weapon, hero.armor].into_iter().flatten();
    worn.filter_map(|id| player.gear.get(&id)).map(|piece| piece.power).sum()
}

/// Power of a hero with gear; 0 for one whom the player does not have.
#[must_use]
pub fn power(rules: &Rules, player: &Player, key: HeroKey) -> i64 {
    player.heroes.get(&key).map_or(0, |hero| formulas::power(rules, key, hero.level, gear(player, hero)))
}

/// Highest level that the hero hall allows.
#[must_use]
pub fn level_cap(rules: &Rules, player: &Player) -> i64 {
    city::hero_level_cap(rules, level(player, Building::HeroHall))
}

/// What experience makes of a hero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grown {
    /// Level after it.
    pub level: i64,
    /// Experience towards the next level.
    pub xp: i64,
    /// Skills unlocked on the way.
    pub unlocked: Vec<Skill>,
}

/// Adds experience: level-ups up to the cap.
#[must_use]
pub fn grow(rules: &Rules, player: &Player, key: HeroKey, hero: &Hero, earned: i64) -> Grown {
    let (level, xp) = formulas::gain_xp(rules, hero.level, hero.xp, earned.max(0), level_cap(rules, player));
    let before: Vec<Skill> = formulas::unlocked(rules, key, hero.level).collect();
    let unlocked = formulas::unlocked(rules, key, level).filter(|skill| !before.contains(skill)).collect();
    Grown { level, xp, unlocked }
}

/// The march that a hero leads, if one.
#[must_use]
pub fn march_of<'s>(state: &'s State, player: &Player, key: HeroKey) -> Option<(MarchId, &'s March)> {
    state.marches_of(player.pn).find(|(_, march)| march.hero == Some(key))
}

/// What a hero is doing.
#[must_use]
pub fn doing(state: &State, player: &Player, key: HeroKey, now: GameTime) -> HeroState {
    if let Some((_, march)) = march_of(state, player, key) {
        return match march.phase {
            Phase::Stationed | Phase::Conquest => HeroState::Stationed,
            Phase::Outbound | Phase::Gathering | Phase::Homeward => HeroState::Marching,
        };
    }
    player.heroes.get(&key).map_or(HeroState::Idle, |hero| at_home(hero, now))
}

/// What a hero is doing who leads no march.
fn at_home(hero: &Hero, now: GameTime) -> HeroState {
    hero.exhausted_until.filter(|until| *until > now).map_or(HeroState::Idle, HeroState::Exhausted)
}

/// Idle heroes, strongest first (ties: catalogue order).
#[must_use]
pub fn idle(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Vec<HeroKey> {
    let leading: Vec<HeroKey> = state.marches_of(player.pn).filter_map(|(_, march)| march.hero).collect();
    let mut idle: Vec<HeroKey> = player
        .heroes
        .iter()
        .filter(|(key, hero)| !leading.contains(key) && at_home(hero, now) == HeroState::Idle)
        .map(|(key, _)| *key)
        .collect();
    idle.sort_by_key(|key| (std::cmp::Reverse(power(rules, player, *key)), *key));
    idle
}

/// Who defends the city: the warden, else the strongest idle hero.
#[must_use]
pub fn defender(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Option<HeroKey> {
    let idle = idle(rules, state, player, now);
    player.warden.filter(|warden| idle.contains(warden)).or_else(|| idle.first().copied())
}

/// A hero as he enters a battle.
#[must_use]
pub fn snapshot(rules: &Rules, player: &Player, key: HeroKey) -> Option<battle::Hero> {
    let hero = player.heroes.get(&key)?;
    Some(formulas::snapshot(rules, key, hero.level, gear(player, hero), hero.skills))
}
