//! Arena bots: opponents near one's own rating when people are few (rulebook 2.17).

use games_core::dice::{Rng, Secret};
use serde::{Deserialize, Serialize};

use crate::battle::{Hero, SkillLevels};
use crate::formulas::heroes;
use crate::keys::HeroKey;
use crate::rules::Rules;
use crate::summon::heroes_of;

/// A bot as it stands in an arena offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// Seed of the draws.
    pub seed: u64,
    /// Rating.
    pub rating: i64,
    /// Level of every hero.
    pub level: i64,
    /// Power of each weapon and of each armor.
    pub gear: i64,
    /// Heroes by slot; repeats are possible.
    pub heroes: Vec<HeroKey>,
    /// The same as they fight.
    pub team: Vec<Hero>,
}

/// Makes bot `j`, from 1, of arena offer number `offer` for a player rated `own` (rulebook 2.17).
#[must_use]
pub fn bot(rules: &Rules, secret: &Secret, offer: u64, j: u64, own: i64) -> Bot {
    let seed = secret.seed("bot", 8 * offer + j);
    bot_with(rules, Rng::new(seed), seed, own)
}

/// [`bot`] with dice that a test may have scripted.
#[must_use]
pub fn bot_with(rules: &Rules, mut rng: Rng, seed: u64, own: i64) -> Bot {
    let (arena, figures) = (&rules.arena, &rules.arena.bots);
    let drawn = own - figures.below + rng.below(figures.draw.unsigned_abs()) as i64;
    let rating = drawn.clamp(arena.rating_min, arena.rating_max);
    let above = rating - arena.rating_min;
    let level = (1 + above / figures.rating_per_level).clamp(1, rules.hero.level_max);
    let skill = (1 + above / figures.rating_per_skill).clamp(1, rules.hero.skill_max);
    let gear = above / figures.rating_per_gear;
    let rarities = figures.teams.iter().find(|team| rating < team.below).map(|team| team.rarities);
    let heroes: Vec<HeroKey> = rarities
        .iter()
        .flatten()
        .filter_map(|rarity| {
            let count = heroes_of(rules, None, *rarity).count();
            heroes_of(rules, None, *rarity).nth(rng.below(count as u64) as usize)
        })
        .collect();
    let team = heroes
        .iter()
        .map(|hero| {
            let skills: Vec<_> = heroes::unlocked(rules, *hero, level).map(|s| (s, skill)).collect();
            heroes::snapshot(rules, *hero, level, 2 * gear, SkillLevels::of(&skills))
        })
        .collect();
    Bot { seed, rating, level, gear, heroes, team }
}
