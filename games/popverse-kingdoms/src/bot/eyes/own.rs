//! A player's own affairs: what `/city view`, `/troops view`, `/hero list` and their like show.

use super::Eyes;
use crate::amounts::Res;
use crate::event::LandOwner;
use crate::facts::{army, economy, heroes, kingdom_power, land, march};
use crate::formulas::market;
use crate::keys::{HeroKey, Technology};

impl Eyes<'_> {
    /// What the stores hold.
    pub(in crate::bot) fn stock(&self) -> Res {
        economy::stock_at(self.rules, self.state, self.me, self.now)
    }

    /// What the stores gain an hour.
    pub(in crate::bot) fn rates(&self) -> Res {
        economy::rates(self.rules, self.state, self.me)
    }

    /// What the stores still take in.
    pub(in crate::bot) fn room(&self) -> Res {
        economy::room(self.rules, self.state, self.me, self.now)
    }

    /// Kingdom power.
    pub(in crate::bot) fn own_power(&self) -> i64 {
        kingdom_power(self.rules, self.state, self.me)
    }

    /// Everybody who takes up housing.
    pub(in crate::bot) fn housed(&self) -> i64 {
        army::housed(self.state, self.me)
    }

    /// Heroes who are free, strongest first.
    pub(in crate::bot) fn idle(&self) -> Vec<HeroKey> {
        heroes::idle(self.rules, self.state, self.me, self.now)
    }

    /// Whether a hero is on no march.
    pub(in crate::bot) fn at_home(&self, hero: HeroKey) -> bool {
        heroes::march_of(self.state, self.me, hero).is_none()
    }

    /// March slots in use, and scouts that are out.
    pub(in crate::bot) fn out(&self) -> (i64, i64) {
        march::out(self.state, self.me)
    }

    /// Spread of the exchange, ‰.
    pub(in crate::bot) fn spread(&self) -> i64 {
        let law = self.me.research[Technology::CommerceLaw];
        market::spread(self.rules, law, land::hubs(self.state, self.me))
    }

    /// Whether one more parcel would find a slot with this owner, oneself or one's guild.
    pub(in crate::bot) fn land_slot(&self, owner: LandOwner) -> bool {
        land::free_slot(self.rules, self.state, owner)
    }
}
