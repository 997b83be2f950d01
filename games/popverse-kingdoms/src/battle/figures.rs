//! The figures a battle needs, unpacked once: the strike loop looks nothing up by key.

use crate::keys::{Rarity, Skill, Tier};
use crate::rules::Rules;

/// Division by a number fixed for a whole battle, as a multiplication: exact for every numerator.
///
/// With m = ⌊2⁶⁴/d⌋ + 1 the error of ⌊x·m/2⁶⁴⌋ stays below one part as long as x·d < 2⁶⁴; beyond that the plain
/// division answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Divisor {
    by: u64,
    reciprocal: u64,
    exact_up_to: u64,
}

impl Divisor {
    /// Division by `by`; 0 counts as 1.
    pub(super) const fn new(by: u64) -> Self {
        let by = if by == 0 { 1 } else { by };
        if by == 1 {
            return Self { by, reciprocal: 0, exact_up_to: 0 };
        }
        Self { by, reciprocal: u64::MAX / by + 1, exact_up_to: u64::MAX / by }
    }

    /// Division by 1: changes nothing.
    pub(super) const ONE: Self = Self::new(1);

    #[inline]
    pub(super) const fn floor(self, x: u64) -> u64 {
        if x < self.exact_up_to { ((x as u128 * self.reciprocal as u128) >> 64) as u64 } else { x / self.by }
    }

    #[inline]
    pub(super) const fn ceil(self, x: u64) -> u64 {
        self.floor(x + (self.by - 1))
    }
}

/// Troop and battle figures of one version of the rules, ready for the strike loop.
#[derive(Debug, Clone)]
pub struct Figures {
    pub(super) power: [u64; 4],
    pub(super) defence: [u64; 4],
    pub(super) hp: [u64; 4],
    pub(super) by_hp: [Divisor; 4],
    pub(super) speed: [u64; 4],
    pub(super) rounds: u64,
    pub(super) arena_rounds: u64,
    pub(super) favoured: u64,
    pub(super) hero_critical: u64,
    pub(super) stack_critical: u64,
    pub(super) arena_critical: u64,
    pub(super) initiative_draw: u64,
    pub(super) first_strike_initiative: u64,
    pub(super) cry_rounds: u64,
    pub(super) modifier_min: i64,
    pub(super) modifier_max: i64,
    pub(super) rout_divisor: u64,
    pub(super) last_stand_divisor: u64,
    pub(super) arena_hp: u64,
    pub(super) arena_defence: [u64; Rarity::ALL.len()],
    per_level: [i64; Skill::ALL.len()],
}

impl Figures {
    /// Unpacks the figures; cheap, but made to be kept for many battles.
    #[must_use]
    pub fn of(rules: &Rules) -> Self {
        let battle = &rules.battle;
        let troops = |of: fn(&crate::rules::TroopRules) -> i64| {
            Tier::ALL.map(|tier| of(&rules.troops[tier]).unsigned_abs())
        };
        let hp = troops(|t| t.hp);
        Self {
            power: troops(|t| t.power),
            defence: troops(|t| t.defence),
            hp,
            by_hp: hp.map(Divisor::new),
            speed: troops(|t| t.speed),
            rounds: battle.rounds.unsigned_abs(),
            arena_rounds: battle.arena_rounds.unsigned_abs(),
            favoured: battle.favoured.unsigned_abs(),
            hero_critical: battle.hero_critical.unsigned_abs(),
            stack_critical: battle.stack_critical.unsigned_abs(),
            arena_critical: battle.arena_critical.unsigned_abs(),
            initiative_draw: battle.initiative_draw.unsigned_abs(),
            first_strike_initiative: battle.first_strike_initiative.unsigned_abs(),
            cry_rounds: battle.cry_rounds.unsigned_abs(),
            modifier_min: battle.modifier_min,
            modifier_max: battle.modifier_max,
            rout_divisor: battle.rout_divisor.unsigned_abs(),
            last_stand_divisor: battle.last_stand_divisor.unsigned_abs(),
            arena_hp: battle.arena_hp.unsigned_abs(),
            arena_defence: Rarity::ALL.map(|r| battle.arena_defence[r].unsigned_abs()),
            per_level: Skill::ALL.map(|s| rules.skills[s].per_level),
        }
    }

    /// ‰ that a skill gives at a level.
    #[inline]
    pub(super) const fn skill(&self, skill: Skill, level: i64) -> i64 {
        self.per_level[skill.index()] * level
    }

    /// Defence d of the strike formula after the striker's shield_breaker, plus 100: the divisor of step 4.
    pub(super) fn resistance(&self, defence: u64, shield_breaker: i64) -> Divisor {
        let left = (1000 - self.skill(Skill::ShieldBreaker, shield_breaker)).max(0).unsigned_abs();
        Divisor::new(100 + defence * left / 1000)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Divisor;

    proptest! {
        #[test]
        fn a_divisor_divides_exactly(x: u64, small in 0_u64..1_000_000_000_000, by in 1_u64..1_000_000) {
            prop_assert_eq!(Divisor::new(by).floor(x), x / by);
            prop_assert_eq!(Divisor::new(by).floor(small), small / by);
            prop_assert_eq!(Divisor::new(by).ceil(small), small.div_ceil(by));
            let edge = u64::MAX / by;
            for near in [edge.saturating_sub(1), edge, edge.saturating_add(1)] {
                prop_assert_eq!(Divisor::new(by).floor(near), near / by);
            }
        }
    }
}
