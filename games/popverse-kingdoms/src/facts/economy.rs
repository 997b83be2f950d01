//! Stores, rates, settling (rulebook 2.6).

use schemas::GameTime;

use super::{army, level, tech};
use crate::amounts::Res;
use crate::event::ResourcesProduced;
use crate::formulas::arith::{rec, through};
use crate::keys::{Building, Resource, Technology};
use crate::rules::Rules;
use crate::state::{Player, State};

/// What the stores hold of each resource before production is wasted (rulebook 2.5, warehouse).
#[must_use]
pub fn caps(rules: &Rules, player: &Player) -> Res {
    let city = &rules.city;
    let warehouse = level(player, Building::Warehouse);
    let cap = if warehouse == 0 {
        city.storage_none
    } else {
        let bonus = 1000 + city.storage_per_tech * tech(player, Technology::Storage);
        through(rec(city.storage, city.storage_growth, warehouse), &[bonus])
    };
    Res::new(cap, cap, cap / city.gold_cap_divisor.max(1))
}

/// Prestige tier (rulebook 2.21).
#[must_use]
pub fn prestige_tier(rules: &Rules, points: i64) -> i64 {
    rules.season.prestige_tiers.iter().filter(|from| points >= **from).count() as i64
}

/// What a resource is made by, and what research raises it.
const fn made_by(resource: Resource) -> (Building, Technology) {
    match resource {
        Resource::Food => (Building::Farm, Technology::Agronomy),
        Resource::Iron => (Building::IronMine, Technology::Metallurgy),
        Resource::Gold => (Building::Mint, Technology::Coinage),
    }
}

/// The compound multiplier in ‰: land, research, faction, guild, prestige, then diminishing returns.
#[must_use]
pub fn multiplier(rules: &Rules, land: i64, research: i64, faction: i64, guild: i64, tier: i64) -> i64 {
    let production = &rules.production;
    let m = through(
        1000,
        &[
            1000 + land,
            1000 + production.per_tech * research,
            1000 + faction,
            1000 + production.per_guild_level * guild,
            1000 + rules.season.production_per_tier * tier,
        ],
    );
    let above = production.diminish_above;
    if m > above { above + (m - above) / 2 } else { m }
}

/// What the stores gain an hour; food may be negative (rulebook 2.6).
#[must_use]
pub fn rates(rules: &Rules, state: &State, player: &Player) -> Res {
    let faction = &rules.factions[player.faction];
    let tier = prestige_tier(rules, player.prestige);
    let mut rates = Res::ZERO;
    for resource in Resource::ALL {
        let (building, technology) = made_by(resource);
        let base = rec(rules.city.output[resource], rules.city.output_growth, level(player, building));
        let own = if faction.trait_resource == resource { faction.trait_production } else { 0 };
        let m = multiplier(rules, 0, tech(player, technology), own, 0, tier);
        rates[resource] = (base * m * state.modifiers[resource]).div_euclid(1_000_000);
    }
    rates.food -= upkeep(rules, state, player);
    rates
}

/// Food that living troops eat an hour, wherever they are.
#[must_use]
pub fn upkeep(rules: &Rules, state: &State, player: &Player) -> i64 {
    army::living(state, player).weighted(|tier| rules.troops[tier].upkeep_milli).div_euclid(1000)
}

/// Production of one resource over some seconds.
struct Produced {
    after: i64,
    carry: i64,
    wasted: i64,
}

fn produce(stock: i64, carry: i64, rate: i64, cap: i64, seconds: i64) -> Produced {
    let acc = carry.saturating_add(rate.saturating_mul(seconds));
    let delta = acc.div_euclid(3600);
    let carry = acc - 3600 * delta;
    let sum = stock.saturating_add(delta);
    if delta >= 0 {
        let after = stock.max(sum.min(cap));
        return Produced { after, carry, wasted: sum - after };
    }
    if sum < 0 { Produced { after: 0, carry: 0, wasted: 0 } } else { Produced { after: sum, carry, wasted: 0 } }
}

/// The settlement of a player's production up to `now`; none if no whole second has passed.
#[must_use]
pub fn settlement(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Option<ResourcesProduced> {
    let from = player.stores.settled_at;
    let seconds = now.since(from).div_euclid(1000);
    if seconds <= 0 || player.deleted() {
        return None;
    }
    let (rate, cap) = (rates(rules, state, player), caps(rules, player));
    let (mut after, mut carry, mut wasted) = (Res::ZERO, Res::ZERO, Res::ZERO);
    for resource in Resource::ALL {
        let stores = &player.stores;
        let made =
            produce(stores.stock[resource], stores.carry[resource], rate[resource], cap[resource], seconds);
        after[resource] = made.after;
        carry[resource] = made.carry;
        wasted[resource] = made.wasted;
    }
    let gained = after.minus(player.stores.stock);
    Some(ResourcesProduced { pn: player.pn, from, to: from.plus_s(seconds), gained, wasted, carry, rate, after })
}

/// What the stores hold at `now`.
#[must_use]
pub fn stock_at(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Res {
    settlement(rules, state, player, now).map_or(player.stores.stock, |settled| settled.after)
}

/// Whether the troops starve at `now` (rulebook 2.6).
#[must_use]
pub fn starving(rules: &Rules, state: &State, player: &Player, now: GameTime) -> bool {
    rates(rules, state, player).food < 0 && stock_at(rules, state, player, now).food == 0
}

/// Of an amount that was just added to the stores, what finds no room: rewards and loot may lift a stock to twice its
/// cap, and never lower it.
#[must_use]
pub fn spill(rules: &Rules, player: &Player, added: Res) -> Res {
    let limit = caps(rules, player).times(rules.production.overfill);
    let mut lost = Res::ZERO;
    for resource in Resource::ALL {
        let over = player.stores.stock[resource] - limit[resource];
        lost[resource] = over.clamp(0, added[resource].max(0));
    }
    lost
}
