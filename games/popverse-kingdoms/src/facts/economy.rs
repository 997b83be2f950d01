//! Stores, rates, settling (rulebook 2.6).

use schemas::GameTime;

use super::{army, guild, land, level, tech};
use crate::amounts::Res;
use crate::event::ResourcesProduced;
use crate::formulas::production::{self, Boosts};
use crate::formulas::{city, season};
use crate::keys::{Building, Resource, Technology};
use crate::rules::Rules;
use crate::state::{Player, State};

/// Storage caps.
#[must_use]
pub fn caps(rules: &Rules, player: &Player) -> Res {
    city::storage_caps(rules, level(player, Building::Warehouse), tech(player, Technology::Storage))
}

/// What raises a resource's production for a player whose lands add so much to each.
fn boosts(rules: &Rules, state: &State, player: &Player, lands: Res, resource: Resource) -> Boosts {
    let faction = &rules.factions[player.faction];
    let technology = match resource {
        Resource::Food => Technology::Agronomy,
        Resource::Iron => Technology::Metallurgy,
        Resource::Gold => Technology::Coinage,
    };
    Boosts {
        land: lands[resource],
        research: tech(player, technology),
        faction: if faction.trait_resource == resource { faction.trait_production } else { 0 },
        guild_level: guild::level(state, player),
        prestige_tier: season::prestige_tier(rules, player.prestige),
    }
}

/// What the stores gain an hour; food may be negative.
#[must_use]
pub fn rates(rules: &Rules, state: &State, player: &Player) -> Res {
    let at = |building| level(player, building);
    let output = production::output(rules, at(Building::Farm), at(Building::IronMine), at(Building::Mint));
    let (mut rates, lands) = (Res::ZERO, land::shares(rules, state, player));
    for resource in Resource::ALL {
        let multiplier = production::multiplier(rules, boosts(rules, state, player, lands, resource));
        rates[resource] = production::rate(output[resource], multiplier, state.modifiers[resource]);
    }
    rates.food -= production::upkeep(rules, army::living(state, player));
    rates
}

/// The settlement of a player's production up to `now`; none if no whole second has passed.
#[must_use]
pub fn settlement(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Option<ResourcesProduced> {
    let stores = &player.stores;
    let seconds = now.since(stores.settled_at).div_euclid(1000);
    if seconds <= 0 || player.deleted() {
        return None;
    }
    let (rate, caps) = (rates(rules, state, player), caps(rules, player));
    let mut event = ResourcesProduced {
        pn: player.pn,
        from: stores.settled_at,
        to: stores.settled_at.plus_s(seconds),
        gained: Res::ZERO,
        wasted: Res::ZERO,
        carry: Res::ZERO,
        rate,
        after: Res::ZERO,
    };
    for resource in Resource::ALL {
        let (stock, carry) = (stores.stock[resource], stores.carry[resource]);
        let settled = production::settle(stock, carry, rate[resource], seconds, caps[resource]);
        event.gained[resource] = settled.gained;
        event.wasted[resource] = settled.wasted;
        event.carry[resource] = settled.carry;
        event.after[resource] = settled.stock;
    }
    Some(event)
}

/// What the stores hold at `now`.
#[must_use]
pub fn stock_at(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Res {
    settlement(rules, state, player, now).map_or(player.stores.stock, |settled| settled.after)
}

/// Whether the troops starve at `now`.
#[must_use]
pub fn starving(rules: &Rules, state: &State, player: &Player, now: GameTime) -> bool {
    let food = stock_at(rules, state, player, now).food;
    production::starving(food, rates(rules, state, player).food)
}

/// What of each resource the stores still take in: rewards, loot and purchases fill them to twice the cap.
#[must_use]
pub fn room(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Res {
    let limit = caps(rules, player).times(rules.production.overfill);
    limit.zip(stock_at(rules, state, player, now), |limit, stock| (limit - stock).max(0))
}

/// Of an amount that was just added to the stores, what finds no room.
#[must_use]
pub fn spill(rules: &Rules, player: &Player, added: Res) -> Res {
    let before = player.stores.stock.minus(added);
    production::overfill(rules, before, added, caps(rules, player)).1
}
