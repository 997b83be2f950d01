//! Hero power, experience, skills (rulebook 2.8).

use crate::battle::{Hero, SkillLevels};
use crate::keys::{HeroKey, Skill};
use crate::rules::Rules;

/// Power of a hero at a level, with the power of his gear (rulebook 2.8).
#[must_use]
pub fn power(rules: &Rules, hero: HeroKey, level: i64, gear: i64) -> i64 {
    let figures = rules.hero.power[rules.heroes[hero].rarity];
    figures.per_level * level + figures.base + gear
}

/// Experience from `level` to the next: 20·L²+80·L (rulebook 2.8).
#[must_use]
pub const fn xp_step(rules: &Rules, level: i64) -> i64 {
    rules.hero.xp_square * level * level + rules.hero.xp_linear * level
}

/// Level and experience in it after gaining `gained` under a level cap; beyond the cap experience is kept only up
/// to one less than the next step (rulebook 2.8).
#[must_use]
pub fn gain_xp(rules: &Rules, level: i64, xp: i64, gained: i64, cap: i64) -> (i64, i64) {
    let (mut level, mut xp) = (level, xp.saturating_add(gained));
    while level < cap && xp >= xp_step(rules, level) {
        xp -= xp_step(rules, level);
        level += 1;
    }
    if level >= cap {
        xp = xp.min(xp_step(rules, level) - 1);
    }
    (level, xp)
}

/// Skills that a hero has unlocked at a level, in order (rulebook 2.8).
pub fn unlocked(rules: &Rules, hero: HeroKey, level: i64) -> impl Iterator<Item = Skill> {
    let skills = rules.heroes[hero].skills.iter().zip(rules.hero.unlock_levels);
    skills.filter(move |(_, at)| level >= *at).map(|(skill, _)| *skill)
}

/// Level at which a hero unlocks a skill, if he ever does (rulebook 2.8).
#[must_use]
pub fn unlock_level(rules: &Rules, hero: HeroKey, skill: Skill) -> Option<i64> {
    let position = rules.heroes[hero].skills.iter().position(|s| *s == skill)?;
    rules.hero.unlock_levels.get(position).copied()
}

/// Shards that raise a skill from `level` (rulebook 2.8): as many as the level; nothing at the highest.
#[must_use]
pub fn shards_needed(rules: &Rules, level: i64) -> Option<i64> {
    (level < rules.hero.skill_max).then_some(level)
}

/// The hero as he enters a battle (rulebook 3.1).
#[must_use]
pub fn snapshot(rules: &Rules, hero: HeroKey, level: i64, gear: i64, skills: SkillLevels) -> Hero {
    let figures = &rules.heroes[hero];
    Hero {
        power: power(rules, hero, level, gear),
        speed: figures.speed,
        element: figures.element(),
        rarity: figures.rarity,
        skills,
    }
}
