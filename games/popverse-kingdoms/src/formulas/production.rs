//! Production, upkeep and settling (rulebook 2.6).

use serde::{Deserialize, Serialize};

use super::arith::{rec_res, through};
use crate::amounts::{Res, Troops};
use crate::rules::{ProductionRules, Rules};

/// Output per hour of farm, iron mine and mint at these levels, before multipliers (rulebook 2.5).
#[must_use]
pub fn output(rules: &Rules, farm: i64, iron_mine: i64, mint: i64) -> Res {
    let at = |level| rec_res(rules.city.output, rules.city.output_growth, level);
    Res::new(at(farm).food, at(iron_mine).iron, at(mint).gold)
}

/// How many parcels help one resource: of its own type, and forts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Parcels whose type matches the resource.
    pub matching: i64,
    /// Strategic forts.
    pub forts: i64,
}

fn shares(shares: &[i64], count: i64) -> i64 {
    let last = shares.last().copied().unwrap_or(0);
    let listed = shares.len() as i64;
    let sum: i64 = shares.iter().zip(0..count).map(|(share, _)| share).sum();
    sum + last * (count - listed).max(0)
}

fn holdings_share(rules: &ProductionRules, holdings: Holdings) -> i64 {
    shares(&rules.land, holdings.matching) + shares(&rules.fort, holdings.forts)
}

/// ‰ that lands add to one resource: one's own, and half of the guild's (rulebook 2.6, *land*).
#[must_use]
pub fn land_share(rules: &Rules, own: Holdings, guild: Holdings) -> i64 {
    let production = &rules.production;
    holdings_share(production, own) + holdings_share(production, guild) / production.guild_land_divisor
}

/// What raises one resource's production (rulebook 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Boosts {
    /// ‰ of [`land_share`].
    pub land: i64,
    /// Level of agronomy, metallurgy or coinage.
    pub research: i64,
    /// ‰ of the faction's trait for this resource.
    pub faction: i64,
    /// Guild level, 0 without a guild.
    pub guild_level: i64,
    /// Prestige tier.
    pub prestige_tier: i64,
}

/// The compound multiplier M in ‰, diminishing returns included (rulebook 2.6).
#[must_use]
pub fn multiplier(rules: &Rules, boosts: Boosts) -> i64 {
    let production = &rules.production;
    diminished(
        rules,
        through(
            1000,
            &[
                1000 + boosts.land,
                1000 + production.per_tech * boosts.research,
                1000 + boosts.faction,
                1000 + production.per_guild_level * boosts.guild_level,
                1000 + rules.season.production_per_tier * boosts.prestige_tier,
            ],
        ),
    )
}

/// What lies above 1500 ‰ counts half (rulebook 2.6).
#[must_use]
pub const fn diminished(rules: &Rules, raw: i64) -> i64 {
    let knee = rules.production.diminish_above;
    if raw > knee { knee + (raw - knee) / 2 } else { raw }
}

/// Rate per hour before upkeep: ⌊base·M·S/10⁶⌋ (rulebook 2.6).
#[must_use]
pub const fn rate(base: i64, multiplier: i64, server: i64) -> i64 {
    base * multiplier * server / 1_000_000
}

/// Food per hour that living troops eat (rulebook 2.6).
#[must_use]
pub fn upkeep(rules: &Rules, troops: Troops) -> i64 {
    troops.weighted(|tier| rules.troops[tier].upkeep_milli) / 1000
}

/// A stock after settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Units in store.
    pub stock: i64,
    /// Unit-seconds of the hour begun, 0–3599.
    pub carry: i64,
    /// What was added; negative for what was eaten.
    pub gained: i64,
    /// What found no room.
    pub wasted: i64,
}

/// Settles one stock over `elapsed` seconds at `rate` an hour (rulebook 2.6). A stock above its cap stays.
#[must_use]
pub fn settle(stock: i64, carry: i64, rate: i64, elapsed: i64, cap: i64) -> Settled {
    let acc = carry + rate.saturating_mul(elapsed);
    let delta = acc.div_euclid(3600);
    let carry = acc.rem_euclid(3600);
    if delta >= 0 {
        let full = stock.saturating_add(delta);
        let new = stock.max(full.min(cap));
        return Settled { stock: new, carry, gained: new - stock, wasted: full - new };
    }
    let new = stock + delta;
    if new < 0 {
        return Settled { stock: 0, carry: 0, gained: -stock, wasted: 0 };
    }
    Settled { stock: new, carry, gained: delta, wasted: 0 }
}

/// Whether a city starves: nothing left after settling and a falling rate (rulebook 2.6).
#[must_use]
pub const fn starving(food: i64, rate: i64) -> bool {
    food == 0 && rate < 0
}

/// How much of `gain` a stock takes that rewards may lift to twice its cap; the rest is spilled (rulebook 2.6).
#[must_use]
pub fn overfill(rules: &Rules, stock: Res, gain: Res, caps: Res) -> (Res, Res) {
    let limit = caps.times(rules.production.overfill);
    let room = limit.zip(stock, |limit, stock| (limit - stock).max(0));
    let taken = gain.zip(room, i64::min);
    (taken, gain.minus(taken))
}
