//! Exchange, offers between players, rebalancing (rulebook 2.15, 2.16).

use super::arith::ceil_div;
use crate::amounts::Res;
use crate::keys::Resource;
use crate::rules::Rules;

/// A price of one gold in billionths of spread-weighted micro-gold: 10⁶ micro-gold · 1000 ‰.
const GOLD: i64 = 1_000_000_000;

/// Base and starting price in micro-gold; gold itself counts in offers (rulebook 2.15).
#[must_use]
pub const fn base_price(rules: &Rules, resource: Resource) -> i64 {
    match resource {
        Resource::Food => rules.market.food_price,
        Resource::Iron => rules.market.iron_price,
        Resource::Gold => rules.market.gold_price,
    }
}

/// Exchange spread in ‰ (rulebook 2.15).
#[must_use]
pub fn spread(rules: &Rules, commerce_law: i64, own_hubs: i64) -> i64 {
    let market = &rules.market;
    (market.spread - market.spread_less * (commerce_law + own_hubs)).max(market.spread_min)
}

/// Gold that buying `amount` costs at `price` micro-gold (rulebook 2.15).
#[must_use]
pub const fn buying_cost(amount: i64, price: i64, spread: i64) -> i64 {
    ceil_div(amount * price * (1000 + spread), GOLD)
}

/// Gold that selling `amount` brings at `price` micro-gold (rulebook 2.15).
#[must_use]
pub const fn selling_yield(amount: i64, price: i64, spread: i64) -> i64 {
    amount * price * (1000 - spread) / GOLD
}

/// Units that an hour's trade must move to count fully (rulebook 2.15).
#[must_use]
pub fn depth(rules: &Rules, active_players: i64) -> i64 {
    rules.market.depth_min.max(rules.market.depth_per_player * active_players)
}

/// Price after an hour in which `net` more units were bought than sold (rulebook 2.15). Quotients are cut towards
/// zero.
#[must_use]
pub fn repriced(rules: &Rules, price: i64, anchor: i64, net: i64, depth: i64) -> i64 {
    let market = &rules.market;
    let step = (net * 1000 / depth.max(1)).clamp(-market.move_max, market.move_max);
    let moved = price * (1000 + step) / 1000;
    let pulled = moved + (anchor - moved) * market.pull / 1000;
    pulled.clamp(anchor / market.anchor_span, anchor * market.anchor_span)
}

/// Ratio of an offer in ‰: what is wanted against what is given, at these prices in micro-gold (rulebook 2.15).
#[must_use]
pub const fn offer_ratio(give: i64, give_price: i64, want: i64, want_price: i64) -> i64 {
    // In 128 bits: a million units at four times the base price, times 1000, is close to the edge of 64.
    let (wanted, given) = (want as i128 * want_price as i128 * 1000, give as i128 * give_price as i128);
    if given <= 0 { i64::MAX } else { (wanted / given) as i64 }
}

/// Whether a ratio is fair enough for an offer (rulebook 2.15).
#[must_use]
pub fn fair(rules: &Rules, ratio: i64) -> bool {
    (rules.market.ratio_min..=rules.market.ratio_max).contains(&ratio)
}

/// What a side of an accepted offer receives of `amount`, after the fee its own research leaves (rulebook 2.15).
#[must_use]
pub fn received(rules: &Rules, amount: i64, commerce_law: i64) -> i64 {
    let market = &rules.market;
    let fee = (market.fee - market.fee_less * commerce_law).max(market.fee_min);
    amount - amount * fee / 1000
}

/// Mean stocks aimed at on a season day (rulebook 2.16).
#[must_use]
pub fn target(rules: &Rules, day: i64) -> Res {
    let figures = &rules.rebalancing;
    figures
        .target
        .plus_times(figures.target_per_day, day)
        .plus_times(figures.target_per_day_squared, day * day)
}

/// Ratio of a mean stock to its target, ‰ (rulebook 2.16).
#[must_use]
pub fn ratio(average: i64, target: i64) -> i64 {
    1000 * average / target.max(1)
}

/// Server modifier S after a reset (rulebook 2.16).
#[must_use]
pub fn modifier(rules: &Rules, before: i64, ratio: i64) -> i64 {
    let figures = &rules.rebalancing;
    if ratio > figures.high {
        (before - figures.step).max(figures.modifier_min)
    } else if ratio < figures.low {
        (before + figures.step).min(figures.modifier_max)
    } else {
        before + (1000 - before).clamp(-figures.step_back, figures.step_back)
    }
}

/// Anchor of an exchange price after a reset, micro-gold (rulebook 2.16).
#[must_use]
pub fn anchor(rules: &Rules, resource: Resource, target: i64, average: i64) -> i64 {
    let figures = &rules.rebalancing;
    let factor = (1000 * target / average.max(1)).clamp(figures.anchor_min, figures.anchor_max);
    base_price(rules, resource) * factor / 1000
}
