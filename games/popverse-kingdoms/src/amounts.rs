//! Amounts that travel together: resources and troops per tier.
//!
//! Plain i64 fields with named operations. Adding saturates (no sum of the game comes near 2⁶³); taking is checked,
//! because an amount below zero is a bug of the caller.

use std::ops::{Add, AddAssign, Index, IndexMut};

use serde::{Deserialize, Serialize};

use crate::keys::{Resource, Tier};

/// An amount of each resource, in units (rulebook 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Res {
    /// Units of food.
    #[serde(default)]
    pub food: i64,
    /// Units of iron.
    #[serde(default)]
    pub iron: i64,
    /// Units of gold.
    #[serde(default)]
    pub gold: i64,
}

impl Res {
    /// Nothing.
    pub const ZERO: Self = Self::new(0, 0, 0);

    /// These amounts of food, iron and gold.
    #[must_use]
    pub const fn new(food: i64, iron: i64, gold: i64) -> Self {
        Self { food, iron, gold }
    }

    /// `amount` of one resource and nothing else.
    #[must_use]
    pub fn only(resource: Resource, amount: i64) -> Self {
        let mut res = Self::ZERO;
        res[resource] = amount;
        res
    }

    /// Each amount as `f` changes it.
    #[must_use]
    pub fn map(self, mut f: impl FnMut(i64) -> i64) -> Self {
        Self::new(f(self.food), f(self.iron), f(self.gold))
    }

    /// Each amount as `f` makes it from this one and `other`'s.
    #[must_use]
    pub fn zip(self, other: Self, mut f: impl FnMut(i64, i64) -> i64) -> Self {
        Self::new(f(self.food, other.food), f(self.iron, other.iron), f(self.gold, other.gold))
    }

    /// `self` and `n` times `other` together.
    #[must_use]
    pub fn plus_times(self, other: Self, n: i64) -> Self {
        self.zip(other, |a, b| a.saturating_add(b.saturating_mul(n)))
    }

    /// `n` times as much.
    #[must_use]
    pub fn times(self, n: i64) -> Self {
        self.map(|a| a.saturating_mul(n))
    }

    /// Each amount ⌊·mul/div⌋ (floor towards −∞); `div` must be positive.
    #[must_use]
    pub fn scale_floor(self, mul: i64, div: i64) -> Self {
        self.map(|a| a.saturating_mul(mul).div_euclid(div))
    }

    /// What is left after paying `cost`, or nothing if any amount falls short.
    #[must_use]
    pub fn checked_sub(self, cost: Self) -> Option<Self> {
        self.covers(cost).then(|| self.zip(cost, |a, b| a - b))
    }

    /// Difference per resource; may be negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, i64::saturating_sub)
    }

    /// Whether `cost` can be paid from this.
    #[must_use]
    pub const fn covers(self, cost: Self) -> bool {
        self.food >= cost.food && self.iron >= cost.iron && self.gold >= cost.gold
    }

    /// Units of all three together.
    #[must_use]
    pub const fn sum(self) -> i64 {
        self.food.saturating_add(self.iron).saturating_add(self.gold)
    }

    /// Whether there is nothing of any.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.food == 0 && self.iron == 0 && self.gold == 0
    }
}

impl Add for Res {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, i64::saturating_add)
    }
}

impl AddAssign for Res {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Index<Resource> for Res {
    type Output = i64;

    fn index(&self, resource: Resource) -> &i64 {
        match resource {
            Resource::Food => &self.food,
            Resource::Iron => &self.iron,
            Resource::Gold => &self.gold,
        }
    }
}

impl IndexMut<Resource> for Res {
    fn index_mut(&mut self, resource: Resource) -> &mut i64 {
        match resource {
            Resource::Food => &mut self.food,
            Resource::Iron => &mut self.iron,
            Resource::Gold => &mut self.gold,
        }
    }
}

/// A number of troops per tier (rulebook 2.7); stored as `{t1, t2, t3, t4}`, what is left out is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "ByTier", into = "ByTier")]
pub struct Troops(pub [i64; 4]);

/// The stored shape of [`Troops`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct ByTier {
    t1: i64,
    t2: i64,
    t3: i64,
    t4: i64,
}

impl From<ByTier> for Troops {
    fn from(t: ByTier) -> Self {
        Self([t.t1, t.t2, t.t3, t.t4])
    }
}

impl From<Troops> for ByTier {
    fn from(Troops([t1, t2, t3, t4]): Troops) -> Self {
        Self { t1, t2, t3, t4 }
    }
}

impl Troops {
    /// Nobody.
    pub const NONE: Self = Self([0; 4]);

    /// These numbers of t1 … t4.
    #[must_use]
    pub const fn new(t1: i64, t2: i64, t3: i64, t4: i64) -> Self {
        Self([t1, t2, t3, t4])
    }

    /// `count` of one tier and nobody else.
    #[must_use]
    pub const fn only(tier: Tier, count: i64) -> Self {
        let mut troops = Self::NONE;
        troops.0[tier.index()] = count;
        troops
    }

    /// Heads of all tiers together.
    #[inline]
    #[must_use]
    pub const fn total(self) -> i64 {
        let [a, b, c, d] = self.0;
        a.saturating_add(b).saturating_add(c).saturating_add(d)
    }

    /// Whether there is nobody.
    #[must_use]
    pub const fn is_none(self) -> bool {
        let [a, b, c, d] = self.0;
        a == 0 && b == 0 && c == 0 && d == 0
    }

    /// Tiers and their numbers, t1 first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (Tier, i64)> {
        Tier::ALL.into_iter().zip(self.0)
    }

    /// Each number as `f` makes it from the tier and this number.
    #[must_use]
    pub fn map(self, mut f: impl FnMut(Tier, i64) -> i64) -> Self {
        let mut out = self;
        for tier in Tier::ALL {
            out[tier] = f(tier, self[tier]);
        }
        out
    }

    /// Difference per tier; may be negative.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.map(|tier, n| n.saturating_sub(other[tier]))
    }

    /// Who is left after `others` go, or nothing if any tier falls short.
    #[must_use]
    pub fn checked_sub(self, others: Self) -> Option<Self> {
        self.covers(others).then(|| self.minus(others))
    }

    /// Whether `others` could be taken from these.
    #[must_use]
    pub fn covers(self, others: Self) -> bool {
        Tier::ALL.into_iter().all(|tier| self[tier] >= others[tier])
    }

    /// Σ number·weight, the weight per tier.
    #[must_use]
    pub fn weighted(self, mut weight: impl FnMut(Tier) -> i64) -> i64 {
        self.iter().fold(0, |sum, (tier, n)| i64::saturating_add(sum, n.saturating_mul(weight(tier))))
    }

    /// The lowest or highest tiers with somebody in it: the slowest is the highest (rulebook 2.7).
    #[must_use]
    pub fn highest(self) -> Option<Tier> {
        self.iter().rev().find(|(_, n)| *n > 0).map(|(tier, _)| tier)
    }

    /// `wanted` heads, highest tiers first (rulebook 2.11, default mix); nothing if there are too few.
    #[must_use]
    pub fn take_highest(self, wanted: i64) -> Option<Self> {
        let mut left = wanted;
        let mut taken = Self::NONE;
        for (tier, n) in self.iter().rev() {
            taken[tier] = n.min(left).max(0);
            left -= taken[tier];
        }
        (left == 0).then_some(taken)
    }
}

impl Add for Troops {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.map(|tier, n| n.saturating_add(other[tier]))
    }
}

impl AddAssign for Troops {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Index<Tier> for Troops {
    type Output = i64;

    #[inline]
    fn index(&self, tier: Tier) -> &i64 {
        &self.0[tier.index()]
    }
}

impl IndexMut<Tier> for Troops {
    #[inline]
    fn index_mut(&mut self, tier: Tier) -> &mut i64 {
        &mut self.0[tier.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troops_are_stored_by_tier() {
        let troops = Troops::new(1, 0, 3, 0);
        assert_eq!(serde_json::to_string(&troops).unwrap(), r#"{"t1":1,"t2":0,"t3":3,"t4":0}"#);
        assert_eq!(serde_json::from_str::<Troops>(r#"{"t1":1,"t3":3}"#).unwrap(), troops);
        assert!(serde_json::from_str::<Troops>(r#"{"t5":1}"#).is_err());
    }

    #[test]
    fn the_default_mix_takes_the_highest_tiers() {
        let home = Troops::new(30, 20, 10, 0);
        assert_eq!(home.take_highest(25), Some(Troops::new(0, 15, 10, 0)));
        assert_eq!(home.take_highest(61), None);
    }

    #[test]
    fn paying_is_all_or_nothing() {
        let stock = Res::new(100, 50, 20);
        assert_eq!(stock.checked_sub(Res::new(100, 0, 1)), Some(Res::new(0, 50, 19)));
        assert_eq!(stock.checked_sub(Res::new(101, 0, 0)), None);
    }
}
