//! The hours of the exchange, and offers that nobody accepted (rulebook 2.15).

use crate::decide::{Deciding, common};
use crate::event::{MarketRepriced, OfferExpired};
use crate::formulas::market as formulas;
use crate::ids::OfferId;
use crate::keys::Resource;

/// A full hour: what was traded moves the price, the anchor pulls it back.
pub(super) fn hour(d: &mut Deciding<'_>) {
    let (rules, now) = (d.rules(), d.now());
    let state = d.state();
    let active = state.living().filter(|p| state.active(p, rules.world.active_seconds, now)).count() as i64;
    let depth = formulas::depth(rules, active);
    for resource in [Resource::Food, Resource::Iron] {
        let state = d.state();
        let (net, before, anchor) =
            (state.market.net[resource], state.market.prices[resource], state.anchors[resource]);
        let after = formulas::repriced(rules, before, anchor, net, depth);
        if after != before || net != 0 {
            d.emit(MarketRepriced { resource, net, depth, anchor, before, after });
        }
    }
}

/// Returns what was on offer for long enough.
pub(super) fn expire(d: &mut Deciding<'_>, offer: OfferId) {
    let Some(o) = d.state().market.offers.get(&offer).copied() else { return };
    common::settle(d, o.pn);
    d.emit(OfferExpired { offer, pn: o.pn, give: o.give, returned: o.give_amount });
}
