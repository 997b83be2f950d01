//! What a bot does on the market: the exchange, offers of its own, those of others.

use games_core::Rng;

use super::{Bot, Style, feeder_of, once_in, pick};
use crate::command::{Command, MarketAccept, MarketBuy, MarketCancel, MarketOffer, MarketSell};
use crate::formulas::market;
use crate::keys::{Quest, Resource, Technology};
use crate::state::Offer;

/// The worst ratio of an offer that a bot accepts, ‰: what it wants against what it gives.
const DEAL: i64 = 930;
/// Offers that a trader keeps open; others keep one.
const OPEN: usize = 4;
/// Smallest deal, in units.
const LEAST: i64 = 50;

impl Bot<'_> {
    /// Takes a good offer, trades on the exchange, posts or takes back an offer.
    pub(super) fn trade(&self, rng: &mut Rng) -> Option<Command> {
        self.accept(rng)
            .or_else(|| self.exchange(rng))
            .or_else(|| self.take_back(rng))
            .or_else(|| self.post(rng))
    }

    /// Price of a unit, micro-gold.
    pub(super) fn unit(&self, resource: Resource) -> i64 {
        match resource {
            Resource::Food | Resource::Iron => self.eyes.prices()[resource],
            Resource::Gold => self.rules.market.gold_price,
        }
    }

    fn ratio(&self, offer: &Offer) -> i64 {
        let (give, want) = (self.unit(offer.give), self.unit(offer.want));
        market::offer_ratio(offer.give_amount, give, offer.want_amount, want)
    }

    /// The best offer that is worth it, can be paid and finds room. Who is fed takes what the feeder offers at any ratio.
    fn accept(&self, rng: &mut Rng) -> Option<Command> {
        let law = self.me.research[Technology::CommerceLaw];
        let room = self.eyes.room();
        let fits = |o: &Offer| {
            let got = market::received(self.rules, o.give_amount, law);
            o.pn != self.me.pn && self.stock[o.want] >= o.want_amount && got <= room[o.give]
        };
        let fed = |o: &Offer| feeder_of(self.me.pn) == Some(o.pn);
        let worth = self.eyes.offers().filter(|(_, o)| fits(o) && (fed(o) || self.ratio(o) <= DEAL));
        let mut best: Vec<_> = worth.map(|(id, o)| (!fed(o), self.ratio(o), id)).collect();
        best.sort_unstable();
        // By lot among the best, for others look at the same list.
        best.truncate(if feeder_of(self.me.pn).is_some() { 1 } else { 4 });
        let (_, _, offer) = pick(rng, &best)?;
        Some(MarketAccept { offer: offer.to_string() }.into())
    }

    /// Sells what runs over and buys what is short; traders follow the anchor, and who has a quest for it trades a little.
    fn exchange(&self, rng: &mut Rng) -> Option<Command> {
        for resource in [Resource::Food, Resource::Iron] {
            let (full, gold) = (self.full(resource), self.full(Resource::Gold));
            let some = self.caps[resource] / 20;
            if full > 700 && gold < 500 {
                return self.sell(resource, some);
            }
            let hungry = resource == Resource::Food && self.rates.food < 0;
            if (full < 80 || (hungry && full < 300)) && gold > 300 {
                return self.buy_units(resource, some);
            }
        }
        let errand = self.me.quests.as_ref().is_some_and(|quests| {
            quests.lines.iter().any(|line| line.quest == Quest::ExchangeTrade && !line.done())
        });
        let trader = self.character.likes(Style::Trader) > 1;
        if !(trader || (errand && once_in(rng, 3))) {
            return None;
        }
        let resource = if once_in(rng, 2) { Resource::Food } else { Resource::Iron };
        let base = market::base_price(self.rules, resource);
        let some = (self.caps[resource] / 50).max(100);
        if self.unit(resource) > base { self.sell(resource, some) } else { self.buy_units(resource, some) }
    }

    /// What today's limit leaves of a resource.
    fn left(&self, resource: Resource) -> i64 {
        (self.caps.food - self.me.today.traded[resource]).max(0)
    }

    fn sell(&self, resource: Resource, amount: i64) -> Option<Command> {
        let amount = amount.min(self.left(resource)).min(self.stock[resource] / 2);
        let gold = market::selling_yield(amount, self.unit(resource), self.eyes.spread());
        let fits = amount >= LEAST && gold <= self.eyes.room().gold;
        fits.then(|| MarketSell { resource, amount }.into())
    }

    fn buy_units(&self, resource: Resource, amount: i64) -> Option<Command> {
        let amount = amount.min(self.left(resource)).min(self.eyes.room()[resource]);
        let gold = market::buying_cost(amount, self.unit(resource), self.eyes.spread());
        let fits = amount >= LEAST && gold * 3 <= self.stock.gold;
        fits.then(|| MarketBuy { resource, amount }.into())
    }

    /// An offer that has stood for a day without anybody taking it.
    fn take_back(&self, rng: &mut Rng) -> Option<Command> {
        let stale = |o: &Offer| o.pn == self.me.pn && o.expires.since(self.now) < 86_400_000;
        let (offer, _) = self.eyes.offers().find(|(_, o)| stale(o)).filter(|_| once_in(rng, 4))?;
        Some(MarketCancel { offer: offer.to_string() }.into())
    }

    /// What is plenty for what is short, at a price that others may like.
    fn post(&self, rng: &mut Rng) -> Option<Command> {
        let trader = self.character.likes(Style::Trader) > 1;
        let most = if trader { OPEN } else { 1 };
        let open = self.eyes.offers().filter(|(_, o)| o.pn == self.me.pn).count();
        if open >= most || !(trader || once_in(rng, 3)) {
            return None;
        }
        let give = Resource::ALL.into_iter().max_by_key(|resource| self.full(*resource))?;
        let want = Resource::ALL.into_iter().min_by_key(|resource| self.full(*resource))?;
        if give == want || self.full(give) < 300 {
            return None;
        }
        let give_amount = (self.stock[give] / 10).min(self.rules.market.amount_max);
        let ratio = 850 + rng.below(180) as i64;
        let want_amount = give_amount * self.unit(give) / self.unit(want).max(1) * ratio / 1000;
        let fits = give_amount >= LEAST && want_amount >= 10 && want_amount <= self.rules.market.amount_max;
        fits.then(|| MarketOffer { give, give_amount, want, want_amount }.into())
    }
}
