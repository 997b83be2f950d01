//! What a bot does with land: buy, hold, offer, give back.

use games_core::Rng;

use super::{Bot, Style, once_in, pick};
use crate::command::{Command, LandBuy, LandFor, LandGarrison, LandOffer, LandReturn, LandWithdraw};
use crate::event::LandOwner;
use crate::facts;
use crate::formulas::land;
use crate::ids::ParcelNo;
use crate::keys::{GuildRole, ParcelType};
use crate::state::Land;

/// Gold that a bot keeps when it buys.
const KEPT: i64 = 150;

impl Bot<'_> {
    /// Buys, garrisons, offers, withdraws, returns.
    pub(super) fn lands(&self, rng: &mut Rng) -> Option<Command> {
        self.give_back(rng)
            .or_else(|| self.buy_for_guild(rng))
            .or_else(|| self.buy(rng))
            .or_else(|| self.hold(rng))
            .or_else(|| self.sell_land(rng))
    }

    /// What one would pay for a parcel, if it can be bought and is not one's own.
    fn price(&self, land: &Land, buyer: LandOwner) -> Option<i64> {
        match land.owner {
            None => Some(land.value),
            Some(owner) => land.offer.filter(|price| owner != buyer && *price <= land.value * 11 / 10),
        }
    }

    /// What a purse can buy, by lot.
    fn affordable(&self, rng: &mut Rng, buyer: LandOwner, purse: i64) -> Option<ParcelNo> {
        if !self.eyes.land_slot(buyer) {
            return None;
        }
        let lander = self.character.likes(Style::Lander) > 1;
        let wanted = |kind: ParcelType| match kind {
            ParcelType::StrategicFort => lander || matches!(buyer, LandOwner::Guild(_)),
            ParcelType::TradeHub | ParcelType::MiningCamp | ParcelType::Farmstead => true,
        };
        let open = self.eyes.parcels().filter(|(_, _, land)| {
            wanted(land.kind) && self.price(land, buyer).is_some_and(|price| price <= purse)
        });
        let open: Vec<ParcelNo> = open.map(|(no, ..)| no).collect();
        pick(rng, &open)
    }

    fn buy(&self, rng: &mut Rng) -> Option<Command> {
        // Early on gold is needed at home; who does not care for land buys from plenty only.
        let purse = match (self.character.likes(Style::Lander) > 1, self.grown()) {
            (true, true) => self.stock.gold,
            (true, false) | (false, true) => self.stock.gold / 3,
            (false, false) => return None,
        };
        let no = self.affordable(rng, LandOwner::Player(self.me.pn), purse - KEPT)?;
        Some(LandBuy { parcel: i64::from(no.get()), buyer: None }.into())
    }

    fn buy_for_guild(&self, rng: &mut Rng) -> Option<Command> {
        let (guild, id) = (self.eyes.guild()?, self.me.guild?);
        if self.eyes.role()? == GuildRole::Member {
            return None;
        }
        let no = self.affordable(rng, LandOwner::Guild(id), guild.bank.gold - KEPT)?;
        Some(LandBuy { parcel: i64::from(no.get()), buyer: Some(LandFor::Guild) }.into())
    }

    /// Parcels that the bot may sell or return: its own, and the guild's if it ranks.
    fn mine(&self) -> Vec<(ParcelNo, &Land)> {
        let ranked = self.eyes.role().is_some_and(|role| role == GuildRole::Leader);
        let of_guild = if ranked { self.eyes.guild_parcels() } else { Vec::new() };
        self.eyes.own_parcels().chain(of_guild).collect()
    }

    fn unlocked(&self, land: &Land) -> bool {
        let lock = self.rules.land.lock_seconds;
        land.acquired_at.is_none_or(|at| at.plus_s(lock) <= self.now)
    }

    /// Some troops on a parcel that has none.
    fn hold(&self, rng: &mut Rng) -> Option<Command> {
        let spare = self.me.home.total().min(facts::march_cap(self.rules, self.me)) / 5;
        let cares = self.character.likes(Style::Lander) > 1 || once_in(rng, 4);
        if !cares || spare < 15 || !self.free_slot() {
            return None;
        }
        let bare = |(no, _): &(ParcelNo, &Land)| {
            let gate = self.eyes.parcels().find(|(other, ..)| other == no).map(|(_, gate, _)| gate);
            gate.is_some_and(|gate| !self.underway(gate)) && self.eyes.garrison(*no) == Some(0)
        };
        let of_guild = self.eyes.guild_parcels();
        let parcels: Vec<ParcelNo> =
            self.eyes.own_parcels().chain(of_guild).filter(bare).map(|(no, _)| no).collect();
        let no = pick(rng, &parcels)?;
        let (parcel, troops) = (i64::from(no.get()), spare.min(100));
        Some(LandGarrison { parcel, troops, hero: None, t1: None, t2: None, t3: None, t4: None }.into())
    }

    /// Offers what may be sold, by mood; takes offers back that nobody took.
    fn sell_land(&self, rng: &mut Rng) -> Option<Command> {
        let patience = if self.character.likes(Style::Lander) > 1 { 12 } else { 60 };
        if !once_in(rng, patience) {
            return None;
        }
        let (no, of) = pick(rng, &self.mine())?;
        let parcel = i64::from(no.get());
        if of.offer.is_some() {
            return Some(LandWithdraw { parcel }.into());
        }
        let (lo, hi) = land::price_range(self.rules, of.value);
        let price = (of.value * (850 + rng.below(400) as i64) / 1000).clamp(lo, hi);
        self.unlocked(of).then(|| LandOffer { parcel, price }.into())
    }

    /// Gives back what one can not pay the tax for; landers now and then to change places.
    fn give_back(&self, rng: &mut Rng) -> Option<Command> {
        let lander = self.character.likes(Style::Lander) > 1;
        let burden = |of: &Land| of.arrears > 0 && self.stock.gold < 2 * land::tax(self.rules, of.value);
        let tired = lander && once_in(rng, 300);
        let found = self.eyes.own_parcels().find(|(_, of)| self.unlocked(of) && (burden(of) || tired));
        found.map(|(no, _)| LandReturn { parcel: i64::from(no.get()), confirm: true }.into())
    }
}
