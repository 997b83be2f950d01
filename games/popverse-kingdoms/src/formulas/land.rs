//! What a parcel is worth (rulebook 2.14).

use serde::{Deserialize, Serialize};

use super::arith::{isqrt, through};
use crate::keys::keys;
use crate::map::{Parcel, WorldMap};
use crate::rules::Rules;
use crate::tile::Tile;

/// The factors of a parcel's value that never change in a season, and what they come from (rulebook 2.14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// Distance of the parcel's middle to the map's, thousandths of a tile.
    pub centre_distance: i64,
    /// Location, ‰.
    pub location: i64,
    /// Proximity, ‰.
    pub proximity: i64,
    /// Nodes near the parcel, uncapped.
    pub nodes: i64,
    /// Resources, ‰.
    pub resources: i64,
    /// Strategic features, 0–3.
    pub features: i64,
    /// Strategic, ‰.
    pub strategic: i64,
}

/// Factors 1–4 of a parcel's value (rulebook 2.14).
#[must_use]
pub fn factors(rules: &Rules, map: &WorldMap, parcel: &Parcel) -> Factors {
    let (land, rect, gate) = (&rules.land, parcel.rect(), parcel.gate);
    let middle = |at: i64| 2 * at + parcel.size - 100;
    let (dx, dy) = (middle(gate.x()), middle(gate.y()));
    let centre_distance = isqrt(250_000 * (dx * dx + dy * dy));
    let neighbours = map.parcels().iter().filter(|other| {
        let valued = land.base[other.kind] >= land.base[parcel.kind];
        other.no != parcel.no && valued && other.rect().gap(rect) <= land.proximity_gap
    });
    let proximity = (land.proximity_each * neighbours.count() as i64).min(land.proximity_max);
    let nodes = map.nodes().iter().filter(|n| rect.gap_to(n.tile) <= land.node_gap).count() as i64;
    let fort = parcel.kind == crate::keys::ParcelType::StrategicFort;
    let control = map.control_points().iter().any(|p| p.distance_milli(gate) <= land.control_distance);
    let window = |tile: &Tile| tile.chebyshev(gate) < land.pass_window;
    let pass = map.passes().iter().filter(|t| window(t)).any(|t| rect.gap_to(*t) <= land.pass_gap);
    let features = i64::from(fort) + i64::from(control) + i64::from(pass);
    Factors {
        centre_distance,
        location: 1000 - centre_distance / land.location_divisor,
        proximity: 1000 + proximity,
        nodes,
        resources: 1000 + land.node_each * nodes.min(land.node_max),
        features,
        strategic: 1000 + land.strategic_each * features,
    }
}

/// Market factor of a parcel type, ‰ (rulebook 2.14).
#[must_use]
pub fn market(rules: &Rules, supply: i64, demand: i64) -> i64 {
    (1000 * demand / supply.max(1)).clamp(rules.land.market_min, rules.land.market_max)
}

/// Demand of a parcel type from active players with a free land slot (rulebook 2.14).
#[must_use]
pub fn demand(rules: &Rules, seekers: i64) -> i64 {
    (seekers / rules.land.demand_divisor).max(1)
}

/// Value of a parcel in gold (rulebook 2.14); the market factor is 1000 when a world opens.
#[must_use]
pub fn value(rules: &Rules, parcel: &Parcel, factors: &Factors, market: i64) -> i64 {
    let base = rules.land.base[parcel.kind];
    through(base, &[factors.location, factors.proximity, factors.resources, factors.strategic, market])
}

keys! {
    /// Where a value is heading (rulebook 2.14).
    Trend {
        Rising "rising" "above 105 % of a week ago",
        Steady "steady" "in between",
        Falling "falling" "below 95 % of a week ago",
    }
}

/// Trend of a value against that of a week ago (rulebook 2.14).
#[must_use]
pub const fn trend(rules: &Rules, now: i64, before: i64) -> Trend {
    if now * 100 > before * rules.land.rising_above {
        Trend::Rising
    } else if now * 100 < before * rules.land.falling_below {
        Trend::Falling
    } else {
        Trend::Steady
    }
}

/// Daily tax in gold (rulebook 2.14).
#[must_use]
pub const fn tax(rules: &Rules, value: i64) -> i64 {
    value / rules.land.tax_divisor
}

/// Gold for returning a parcel (rulebook 2.14).
#[must_use]
pub const fn return_price(rules: &Rules, value: i64) -> i64 {
    value / rules.land.return_divisor
}

/// What a seller gets of a price (rulebook 2.14).
#[must_use]
pub const fn sale_net(rules: &Rules, price: i64) -> i64 {
    price - price * rules.land.sale_fee / 1000
}

/// Least and largest price of an offer (rulebook 2.14).
#[must_use]
pub const fn price_range(rules: &Rules, value: i64) -> (i64, i64) {
    (value / rules.land.price_span, value * rules.land.price_span)
}
