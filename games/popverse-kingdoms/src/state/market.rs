//! Exchange and offers (rulebook 2.15).

use std::collections::BTreeMap;

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::amounts::Res;
use crate::ids::{OfferId, Pn};
use crate::keys::Resource;

/// How far back prices are kept.
const DAY_MS: i64 = 86_400_000;

/// An offer that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whose.
    pub pn: Pn,
    /// What is given.
    pub give: Resource,
    /// How much, held until the offer ends.
    pub give_amount: i64,
    /// What is wanted.
    pub want: Resource,
    /// How much.
    pub want_amount: i64,
    /// When it is returned.
    pub expires: GameTime,
}

/// The market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// Prices of food and iron, micro-gold; gold's is unused.
    pub prices: Res,
    /// Units bought less units sold since the last hour was closed.
    pub net: Res,
    /// Prices as they were before each change of the last day.
    pub history: Vec<(GameTime, Res)>,
    /// Offers that stand.
    pub offers: BTreeMap<OfferId, Offer>,
}

impl Market {
    /// A market on which nobody has traded.
    #[must_use]
    pub const fn new(prices: Res) -> Self {
        Self { prices, net: Res::ZERO, history: Vec::new(), offers: BTreeMap::new() }
    }

    /// Prices of a day ago.
    #[must_use]
    pub fn yesterday(&self, now: GameTime) -> Res {
        let since = |(at, _): &&(GameTime, Res)| now.since(*at) <= DAY_MS;
        self.history.iter().find(since).map_or(self.prices, |(_, prices)| *prices)
    }

    /// Sets a price and keeps the one before.
    pub fn reprice(&mut self, resource: Resource, price: i64, now: GameTime) {
        self.history.retain(|(at, _)| now.since(*at) <= DAY_MS);
        self.history.push((now, self.prices));
        self.prices[resource] = price;
        self.net[resource] = 0;
    }

    /// Offers of a player.
    pub fn offers_of(&self, pn: Pn) -> impl Iterator<Item = (OfferId, &Offer)> {
        self.offers.iter().filter(move |(_, offer)| offer.pn == pn).map(|(id, offer)| (*id, offer))
    }
}
