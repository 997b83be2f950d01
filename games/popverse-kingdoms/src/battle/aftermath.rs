//! Casualties, wounded, experience (rulebook 3.1, 3.5). Loot is in [`crate::formulas::march`].

use super::Hero;
use crate::amounts::Troops;
use crate::formulas::power;
use crate::keys::{Skill, Tier};
use crate::rules::Rules;

/// Shares `total` among `parts` in proportion: ⌊total·part/Σ⌋ each, the rest one by one by largest remainder, ties
/// to the earlier part (rulebook 3.1). Put the parts in order of player number. No part gets more than it is, as
/// long as `total` is at most their sum.
#[must_use]
pub fn share(total: i64, parts: &[i64]) -> Vec<i64> {
    let sum: i64 = parts.iter().sum();
    if sum <= 0 {
        return vec![0; parts.len()];
    }
    let mut shares: Vec<i64> = parts.iter().map(|part| total * part / sum).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|i| (std::cmp::Reverse(total * parts[*i] % sum), *i));
    let left = total - shares.iter().sum::<i64>();
    for (_, i) in (0..left).zip(order) {
        shares[i] += 1;
    }
    shares
}

/// Casualties of each contingent of a pooled side, tier by tier (rulebook 3.1). Put the contingents in order of
/// player number.
#[must_use]
pub fn share_casualties(casualties: Troops, contingents: &[Troops]) -> Vec<Troops> {
    let mut shared = vec![Troops::NONE; contingents.len()];
    for tier in Tier::ALL {
        let parts: Vec<i64> = contingents.iter().map(|troops| troops[tier]).collect();
        for (troops, lost) in shared.iter_mut().zip(share(casualties[tier], &parts)) {
            troops[tier] = lost;
        }
    }
    shared
}

/// Whose wounded are saved more often (rulebook 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// City defenders and attackers of camps.
    Home,
    /// Everybody else.
    Field,
}

/// Wounded among casualties; the others are dead (rulebook 3.5).
#[must_use]
pub fn wounded(rules: &Rules, casualties: Troops, care: Care, field_medicine: i64) -> Troops {
    let training = &rules.training;
    let base = match care {
        Care::Home => training.wounded_home,
        Care::Field => training.wounded_field,
    };
    let share = (base + training.wounded_per_tech * field_medicine).min(training.wounded_max);
    casualties.map(|_, n| n * share / 1000)
}

/// Wounded who find room in the infirmary, highest tier first, and those who die for want of it (rulebook 3.5).
#[must_use]
pub fn admit(room: i64, wounded: Troops) -> (Troops, Troops) {
    let mut left = room.max(0);
    let mut admitted = Troops::NONE;
    for (tier, n) in wounded.iter().rev() {
        admitted[tier] = n.min(left);
        left -= admitted[tier];
    }
    (admitted, wounded.minus(admitted))
}

/// Experience of a side's hero for what the enemy lost (rulebook 3.5).
#[must_use]
pub fn experience(rules: &Rules, enemy_casualties: Troops, won: bool, hero: &Hero) -> i64 {
    let value = power::troops(rules, enemy_casualties);
    let share = if won { value } else { value / 2 };
    share * (1000 + rules.skills[Skill::Tutor].per_level * hero.skills.get(Skill::Tutor)) / 1000
}
