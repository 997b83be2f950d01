//! Heroes: power, levels, who is free, who defends (rulebook 2.8).

use schemas::GameTime;

use super::level;
use crate::battle;
use crate::ids::MarchId;
use crate::keys::{Building, HeroKey, Skill};
use crate::rules::Rules;
use crate::state::{Hero, HeroState, March, Phase, Player, State};

/// Power of a hero with gear.
#[must_use]
pub fn power(rules: &Rules, player: &Player, key: HeroKey) -> i64 {
    let Some(hero) = player.heroes.get(&key) else { return 0 };
    let figures = &rules.hero.power[rules.heroes[key].rarity];
    let gear = [hero.weapon, hero.armor].into_iter().flatten();
    let worn: i64 = gear.filter_map(|id| player.gear.get(&id)).map(|piece| piece.power).sum();
    figures.per_level * hero.level + figures.base + worn
}

/// Highest level that the hero hall allows.
#[must_use]
pub fn level_cap(rules: &Rules, player: &Player) -> i64 {
    let figures = &rules.hero;
    (figures.level_base + figures.level_per_hall * level(player, Building::HeroHall)).min(figures.level_max)
}

/// Experience from a level to the next.
#[must_use]
pub const fn step(rules: &Rules, level: i64) -> i64 {
    rules.hero.xp_square * level * level + rules.hero.xp_linear * level
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

/// Adds experience: level-ups up to the cap; beyond it only up to one less than the next step is kept.
#[must_use]
pub fn grow(rules: &Rules, player: &Player, key: HeroKey, hero: &Hero, earned: i64) -> Grown {
    let cap = level_cap(rules, player);
    let (mut level, mut xp) = (hero.level, hero.xp.saturating_add(earned.max(0)));
    while level < cap && xp >= step(rules, level) {
        xp -= step(rules, level);
        level += 1;
    }
    if level >= cap {
        xp = xp.min(step(rules, level) - 1);
    }
    let skills = rules.heroes[key].skills.iter().zip(rules.hero.unlock_levels);
    let unlocked = skills.filter(|(_, at)| hero.level < *at && *at <= level).map(|(skill, _)| *skill).collect();
    Grown { level, xp, unlocked }
}

/// Skills that a hero of this level has unlocked, in order.
#[must_use]
pub fn unlocked(rules: &Rules, key: HeroKey, level: i64) -> Vec<Skill> {
    let skills = rules.heroes[key].skills.iter().zip(rules.hero.unlock_levels);
    skills.filter(|(_, at)| *at <= level).map(|(skill, _)| *skill).collect()
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
    let until = player.heroes.get(&key).and_then(|hero| hero.exhausted_until);
    until.filter(|until| *until > now).map_or(HeroState::Idle, HeroState::Exhausted)
}

/// Idle heroes, strongest first (ties: catalogue order).
#[must_use]
pub fn idle(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Vec<HeroKey> {
    let mut idle: Vec<HeroKey> = player
        .heroes
        .keys()
        .copied()
        .filter(|key| doing(state, player, *key, now) == HeroState::Idle)
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
    let figures = &rules.heroes[key];
    Some(battle::Hero {
        power: power(rules, player, key),
        speed: figures.speed,
        element: figures.element(),
        rarity: figures.rarity,
        skills: hero.skills,
    })
}
