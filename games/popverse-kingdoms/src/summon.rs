//! Summons, gear, forge and cache draws (rulebook 2.8, 2.12, 2.17).

use games_core::dice::{Rng, Secret};
use serde::{Deserialize, Serialize};

use crate::keys::{Faction, HeroKey, Rarity, Slot, Table};
use crate::rules::Rules;

/// How long luck has been missing (rulebook 2.8). Both counts are of summons in a row up to the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pity {
    /// Summons since the last epic or legendary.
    pub epic: i64,
    /// Summons since the last legendary.
    pub legendary: i64,
}

impl Pity {
    /// The counts after a summon of this rarity.
    #[must_use]
    pub const fn after(self, rarity: Rarity) -> Self {
        match rarity {
            Rarity::Common | Rarity::Rare => Self { epic: self.epic + 1, legendary: self.legendary + 1 },
            Rarity::Epic => Self { epic: 0, legendary: self.legendary + 1 },
            Rarity::Legendary => Self { epic: 0, legendary: 0 },
        }
    }
}

/// Who answered a summon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summon {
    /// Seed of the draws.
    pub seed: u64,
    /// First draw: below 1000, for the rarity.
    pub rarity_draw: i64,
    /// Second draw: below 100, for the faction.
    pub faction_draw: i64,
    /// Rarity, pity included.
    pub rarity: Rarity,
    /// Whose hero.
    pub faction: Faction,
    /// Which hero.
    pub hero: HeroKey,
    /// The counts after this summon.
    pub pity: Pity,
}

/// Draws a key by shares out of `total`; past the last share the last key answers.
pub(crate) fn draw_share(shares: &Table<Rarity, i64>, rng: &mut Rng, total: u64) -> Rarity {
    share_of(shares, rng.below(total) as i64)
}

fn share_of(shares: &Table<Rarity, i64>, draw: i64) -> Rarity {
    let mut sum = 0;
    for (rarity, share) in shares.iter() {
        sum += share;
        if draw < sum {
            return rarity;
        }
    }
    Rarity::Legendary
}

/// Heroes of a rarity, of one faction or of all, in catalogue order.
pub fn heroes_of(rules: &Rules, faction: Option<Faction>, rarity: Rarity) -> impl Iterator<Item = HeroKey> {
    rules
        .heroes
        .iter()
        .filter(move |(_, hero)| hero.rarity == rarity && faction.is_none_or(|f| hero.faction == f))
        .map(|(key, _)| key)
}

/// Makes summon number `number` for a player of `faction` (rulebook 2.8). Nothing only if the catalogue has no hero
/// of a rarity in a faction.
#[must_use]
pub fn summon(rules: &Rules, secret: &Secret, number: u64, faction: Faction, pity: Pity) -> Option<Summon> {
    let seed = secret.seed("summon", number);
    summon_with(rules, Rng::new(seed), seed, faction, pity)
}

/// [`summon`] with dice that a test may have scripted.
#[must_use]
pub fn summon_with(rules: &Rules, mut rng: Rng, seed: u64, own: Faction, pity: Pity) -> Option<Summon> {
    let figures = &rules.summon;
    let rarity_draw = rng.below(1000) as i64;
    let mut rarity = share_of(&figures.rarities, rarity_draw);
    if pity.legendary >= figures.pity_legendary {
        rarity = Rarity::Legendary;
    } else if pity.epic >= figures.pity_epic {
        rarity = rarity.max(Rarity::Epic);
    }
    let faction_draw = rng.below(100) as i64;
    let faction = if faction_draw < figures.factions[0] {
        own
    } else if faction_draw < figures.factions[0] + figures.factions[1] {
        own.next()
    } else {
        own.next().next()
    };
    let count = heroes_of(rules, Some(faction), rarity).count();
    let pick = rng.below(count as u64) as usize;
    let hero = heroes_of(rules, Some(faction), rarity).nth(pick)?;
    Some(Summon { seed, rarity_draw, faction_draw, rarity, faction, hero, pity: pity.after(rarity) })
}

/// A piece of gear before it has a number (rulebook 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gear {
    /// Weapon or armor.
    pub slot: Slot,
    /// Rarity.
    pub rarity: Rarity,
    /// Power it adds to its bearer.
    pub power: i64,
}

/// Power of a new piece: B + below(⌊B/5⌋+1), one draw (rulebook 2.8).
pub fn gear_power(rules: &Rules, rarity: Rarity, rng: &mut Rng) -> i64 {
    let base = rules.gear.rarities[rarity].power;
    base + rng.below((base / rules.gear.spread_divisor).unsigned_abs() + 1) as i64
}

/// Forges three pieces of one slot and rarity into gear number `number`; nothing for the highest rarity
/// (rulebook 2.8). The seed comes with it.
#[must_use]
pub fn forge(rules: &Rules, secret: &Secret, number: u64, slot: Slot, rarity: Rarity) -> Option<(u64, Gear)> {
    let seed = secret.seed("forge", number);
    let rarity = rarity.next()?;
    Some((seed, Gear { slot, rarity, power: gear_power(rules, rarity, &mut Rng::new(seed)) }))
}

/// Opens a gear cache of the arena shop as gear number `number` (rulebook 2.17). The seed comes with it.
#[must_use]
pub fn cache(rules: &Rules, secret: &Secret, number: u64) -> (u64, Gear) {
    let seed = secret.seed("cache", number);
    let mut rng = Rng::new(seed);
    let slot = Slot::ALL[rng.below(Slot::ALL.len() as u64) as usize];
    (seed, Gear { slot, rarity: Rarity::Rare, power: gear_power(rules, Rarity::Rare, &mut rng) })
}
