//! What a cheater tries: sweeping the map, other people's numbers, stale offers, amounts beyond every bound, the rank of
//! others; and feeding an accomplice as fast as the market allows. All but the trades must be refused.

use games_core::Rng;

use super::{Bot, fed_by, once_in, pick};
use crate::command::{
    AdminGrant, ArenaFight, Attack, Command, GearSalvage, GuildKick, GuildWithdraw, ItemBuy, LandOffer,
    MarchRecall, MarketAccept, MarketBuy, MarketCancel, MarketOffer, Scout, TroopsTrain,
};
use crate::event::Grant;
use crate::keys::{Item, Resource, Tier};
use crate::state::Offer;

/// Offers with which a cheater feeds at a time.
const FEEDS: usize = 2;

impl Bot<'_> {
    /// Feeds, else tries something.
    pub(super) fn cheat(&self, rng: &mut Rng) -> Option<Command> {
        if once_in(rng, 4)
            && let Some(feed) = self.feed()
        {
            return Some(feed);
        }
        self.attempt(rng)
    }

    /// Much for little: the most one-sided offer that the market takes, for the accomplice to find.
    fn feed(&self) -> Option<Command> {
        self.eyes.who(fed_by(self.me.pn))?;
        let open = self.eyes.offers().filter(|(_, o)| o.pn == self.me.pn).count();
        let give = Resource::ALL.into_iter().max_by_key(|resource| self.full(*resource))?;
        let want = if give == Resource::Food { Resource::Iron } else { Resource::Food };
        let give_amount = (self.stock[give] / 4).min(self.rules.market.amount_max);
        if open >= FEEDS || give_amount < 200 {
            return None;
        }
        // Rounded up, so that the ratio is the least allowed and not below it.
        let worth = give_amount * self.unit(give) * self.rules.market.ratio_min / 1000;
        let want_amount = worth / self.unit(want).max(1) + 1;
        Some(MarketOffer { give, give_amount, want, want_amount }.into())
    }

    /// A tile of a sweep in row order: the next one each minute.
    fn swept(&self) -> (i64, i64) {
        let at = self.now.ms().div_euclid(60_000) + i64::from(self.me.pn.get()) * 37;
        (at.rem_euclid(100), at.div_euclid(100).rem_euclid(100))
    }

    fn attempt(&self, rng: &mut Rng) -> Option<Command> {
        let (x, y) = self.swept();
        // A number that is not one's own, somewhere among those in use.
        let number = 1 + rng.below(2_000);
        let hero = self.strongest()?.key().to_owned();
        let others: Vec<_> = self.eyes.neighbours().map(|who| (who.pn, who.id)).collect();
        let (victim, player) = pick(rng, &others)?;
        let foreign = |o: &Offer| o.pn != self.me.pn;
        Some(match rng.below(13) {
            0 | 1 if !self.me.explored.contains(crate::tile::Tile::at(x, y)?) => Scout { x, y }.into(),
            2 => {
                let (t1, t2, t3, t4) = (None, None, None, None);
                Attack { x: x - 100, y, hero, troops: 1000, t1, t2, t3, t4, drop_shield: Some(true) }.into()
            }
            3 if self.eyes.marches().all(|(id, _)| id.get() != number) => {
                MarchRecall { march: number.to_string() }.into()
            }
            4 => MarketCancel { offer: self.eyes.offers().find(|(_, o)| foreign(o))?.0.to_string() }.into(),
            5 if self.eyes.offers().all(|(id, _)| id.get() != number) => {
                MarketAccept { offer: number.to_string() }.into()
            }
            6 if !self.me.gear.keys().any(|id| id.get() == number) => {
                GearSalvage { gear: number.to_string() }.into()
            }
            7 => MarketBuy { resource: Resource::Food, amount: -1_000_000 }.into(),
            8 => TroopsTrain { tier: Tier::T4, count: 1_000_000 }.into(),
            9 => ItemBuy { item: Item::Speed8h, count: Some(-20) }.into(),
            10 => {
                let (item, amount) = (Grant::Diamonds, 1_000_000);
                AdminGrant { player: self.me.id, item, amount, reason: "a present".to_owned() }.into()
            }
            11 if self.eyes.guild().is_none_or(|guild| !guild.members.contains_key(&victim)) => {
                GuildKick { player }.into()
            }
            12 => {
                let mut lands = self.eyes.parcels().filter(|(no, ..)| {
                    let own = self.eyes.own_parcels().chain(self.eyes.guild_parcels());
                    own.into_iter().all(|(mine, _)| mine != *no)
                });
                LandOffer { parcel: i64::from(lands.next()?.0.get()), price: 1 }.into()
            }
            _ => match self.me.guild {
                None => GuildWithdraw { resource: Resource::Gold, amount: 1_000_000 }.into(),
                Some(_) => ArenaFight { slot: 6 }.into(),
            },
        })
    }
}
