//! Ways, loads, gathering, scouting, loot (rulebook 2.11, 3.5).

use games_core::dice::{Rng, Secret};

use super::arith::{ceil_div, floor_to, round_to, through};
use crate::amounts::{Res, Troops};
use crate::keys::{Faction, NodeKind, Resource};
use crate::rules::Rules;

/// March factor E in ‰: faction, logistics, the leader's pathfinder (rulebook 2.11).
#[must_use]
pub fn pace(rules: &Rules, faction: Faction, logistics: i64, pathfinder: i64) -> i64 {
    let skill = rules.skills[crate::keys::Skill::Pathfinder].per_level;
    let factors = [
        rules.factions[faction].march_speed,
        1000 + rules.march.logistics * logistics,
        1000 + skill * pathfinder,
    ];
    through(1000, &factors)
}

/// Speed of an army: that of its slowest tier; nobody has none (rulebook 2.11).
#[must_use]
pub fn army_speed(rules: &Rules, troops: Troops) -> Option<i64> {
    troops.iter().filter(|(_, n)| *n > 0).map(|(tier, _)| rules.troops[tier].speed).min()
}

/// Seconds of a way of `cost` at `speed` with factor `pace` (rulebook 2.11).
#[must_use]
pub fn seconds(rules: &Rules, cost: i64, speed: i64, pace: i64) -> i64 {
    ceil_div(cost * rules.march.pace, (speed * pace).max(1)).max(rules.march.seconds_min)
}

/// Seconds home for a march recalled `elapsed_ms` after it left (rulebook 2.11).
#[must_use]
pub const fn recall_seconds(elapsed_ms: i64) -> i64 {
    ceil_div(elapsed_ms, 1000)
}

/// Units that troops carry, with haulage and the leader's plunder (rulebook 2.11).
#[must_use]
pub fn load(rules: &Rules, troops: Troops, haulage: i64, plunder: i64) -> i64 {
    let skill = rules.skills[crate::keys::Skill::Plunder].per_level;
    let carry = troops.weighted(|tier| rules.troops[tier].carry);
    through(carry, &[1000 + rules.march.haulage * haulage, 1000 + skill * plunder])
}

/// Units a full node holds (rulebook 2.11).
#[must_use]
pub fn node_capacity(rules: &Rules, kind: NodeKind, level: i64) -> i64 {
    rules.nodes.kinds[kind].capacity * level
}

/// Seconds of gathering `amount` from a node (rulebook 2.11).
#[must_use]
pub fn gather_seconds(rules: &Rules, kind: NodeKind, level: i64, amount: i64) -> i64 {
    ceil_div(amount * 3600, (rules.nodes.kinds[kind].speed * level).max(1))
}

/// What of `amount` has been gathered after `elapsed` seconds (rulebook 2.11).
#[must_use]
pub fn gathered(rules: &Rules, kind: NodeKind, level: i64, amount: i64, elapsed: i64) -> i64 {
    amount.min(rules.nodes.kinds[kind].speed * level * elapsed / 3600)
}

/// What scouts found out, or that they were caught (rulebook 2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scouting {
    /// Seed of the draw; none where success is certain.
    pub seed: Option<u64>,
    /// Chance of success, ‰.
    pub chance: i64,
    /// Depth of the report, 1–3; nothing if the scouts were caught.
    pub depth: Option<i64>,
}

/// Chance of success against a player, ‰; `edge` is own espionage less the target's counterintelligence.
#[must_use]
pub fn scout_chance(rules: &Rules, edge: i64) -> i64 {
    let march = &rules.march;
    (march.scout_chance + march.scout_per_level * edge).clamp(march.scout_chance_min, march.scout_chance_max)
}

/// Depth of a successful report on a player.
#[must_use]
pub fn scout_depth(rules: &Rules, edge: i64) -> i64 {
    (1 + edge).clamp(1, rules.march.scout_depth_max)
}

/// Scouting a player with march number `march` (rulebook 2.11).
#[must_use]
pub fn scout_player(rules: &Rules, secret: &Secret, march: u64, edge: i64) -> Scouting {
    let seed = secret.seed("scout", march);
    scout_player_with(rules, Rng::new(seed), seed, edge)
}

/// [`scout_player`] with dice that a test may have scripted.
#[must_use]
pub fn scout_player_with(rules: &Rules, mut rng: Rng, seed: u64, edge: i64) -> Scouting {
    let chance = scout_chance(rules, edge);
    let success = (rng.below(1000) as i64) < chance;
    Scouting { seed: Some(seed), chance, depth: success.then(|| scout_depth(rules, edge)) }
}

/// Scouting a camp, node or control point: certain and deep (rulebook 2.11).
#[must_use]
pub const fn scout_other(rules: &Rules) -> Scouting {
    Scouting { seed: None, chance: 1000, depth: Some(rules.march.scout_depth_max) }
}

/// Stocks as a shallow report shows them.
#[must_use]
pub fn scouted_stock(rules: &Rules, stock: Res) -> Res {
    stock.map(|n| floor_to(n, rules.march.scout_stock_round))
}

/// Troops as a middling report shows them.
#[must_use]
pub fn scouted_troops(rules: &Rules, troops: Troops) -> Troops {
    troops.map(|_, n| round_to(n, rules.march.scout_troop_round))
}

/// What looters could take of a settled stock (rulebook 3.5).
#[must_use]
pub fn lootable(rules: &Rules, stock: Res, caps: Res) -> Res {
    let march = &rules.march;
    stock.zip(caps, |stock, cap| (stock - cap / march.loot_kept_divisor).max(0) / march.loot_divisor)
}

/// What looters with this load take of it: shared in proportion, then one unit more to gold, iron, food while load
/// remains (rulebook 3.5).
#[must_use]
pub fn loot(lootable: Res, load: i64) -> Res {
    let sum = lootable.sum();
    if sum <= load {
        return lootable;
    }
    let load = load.max(0);
    let mut taken = lootable.scale_floor(load, sum);
    let mut left = load - taken.sum();
    for resource in [Resource::Gold, Resource::Iron, Resource::Food] {
        if left > 0 && taken[resource] < lootable[resource] {
            taken[resource] += 1;
            left -= 1;
        }
    }
    taken
}
