//! Exchange and player offers (rulebook 2.15).

use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common, number};
use crate::amounts::Res;
use crate::command::{MarketAccept, MarketBuy, MarketCancel, MarketOffer, MarketSell};
use crate::event::{ExchangeBought, ExchangeSold, OfferAccepted, OfferCancelled, OfferPosted, SpillSource};
use crate::facts::{economy, land, tech};
use crate::formulas::market as formulas;
use crate::ids::OfferId;
use crate::keys::{Resource, Technology};
use crate::refuse;
use crate::state::{Offer, Player};

/// Spread of the exchange for a player, ‰.
pub(crate) fn spread(ctx: Ctx<'_>, me: &Player) -> i64 {
    formulas::spread(ctx.rules, tech(me, Technology::CommerceLaw), land::hubs(ctx.state, me))
}

/// INVALID_OPTION unless the exchange trades this much of that.
fn traded(ctx: Ctx<'_>, resource: Resource, amount: i64) -> Result<(), Rejection> {
    if resource == Resource::Gold {
        return Err(refuse::option("resource", "one of food, iron"));
    }
    refuse::within("amount", amount, 1, ctx.rules.market.amount_max)
}

/// TRADE_LIMIT once a day's units are used up.
fn allowed(ctx: Ctx<'_>, me: &Player, resource: Resource, amount: i64) -> Result<(), Rejection> {
    let left = (economy::caps(ctx.rules, me).food - me.today.traded[resource]).max(0);
    if amount <= left { Ok(()) } else { Err(Rejection::new("TRADE_LIMIT").with("n", left)) }
}

pub(super) fn buy(ctx: Ctx<'_>, c: &MarketBuy) -> Checked {
    let me = ctx.me()?;
    traded(ctx, c.resource, c.amount)?;
    let (pn, resource, amount) = (me.pn, c.resource, c.amount);
    let (price, spread) = (ctx.state.market.prices[resource], spread(ctx, me));
    let gold = formulas::buying_cost(amount, price, spread);
    ctx.pays(me, Res::new(0, 0, gold))?;
    allowed(ctx, me, resource, amount)?;
    ctx.stores(me, resource, amount)?;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(ExchangeBought { pn, resource, amount, price, spread, gold });
    }))
}

pub(super) fn sell(ctx: Ctx<'_>, c: &MarketSell) -> Checked {
    let me = ctx.me()?;
    traded(ctx, c.resource, c.amount)?;
    let (pn, resource, amount) = (me.pn, c.resource, c.amount);
    let (price, spread) = (ctx.state.market.prices[resource], spread(ctx, me));
    let gold = formulas::selling_yield(amount, price, spread);
    ctx.pays(me, Res::only(resource, amount))?;
    allowed(ctx, me, resource, amount)?;
    ctx.stores(me, Resource::Gold, gold)?;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(ExchangeSold { pn, resource, amount, price, spread, gold });
    }))
}

/// Price of a resource in an offer, micro-gold.
fn priced(ctx: Ctx<'_>, resource: Resource) -> i64 {
    match resource {
        Resource::Food | Resource::Iron => ctx.state.market.prices[resource],
        Resource::Gold => ctx.rules.market.gold_price,
    }
}

pub(super) fn offer(ctx: Ctx<'_>, c: &MarketOffer) -> Checked {
    let me = ctx.me()?;
    let most = ctx.rules.market.amount_max;
    refuse::within("give_amount", c.give_amount, 1, most)?;
    refuse::within("want_amount", c.want_amount, 1, most)?;
    ctx.pays(me, Res::only(c.give, c.give_amount))?;
    if ctx.state.market.offers_of(me.pn).count() as i64 >= ctx.rules.market.offers_max {
        return Err(Rejection::new("OFFER_LIMIT"));
    }
    let ratio = formulas::offer_ratio(c.give_amount, priced(ctx, c.give), c.want_amount, priced(ctx, c.want));
    if !formulas::fair(ctx.rules, ratio) {
        return Err(Rejection::new("OFFER_RATIO").with("r", ratio));
    }
    if c.give == c.want {
        return Err(Rejection::new("SAME_RESOURCE"));
    }
    let (pn, expires) = (me.pn, ctx.now().plus_s(ctx.rules.market.offer_seconds));
    let (give, give_amount, want, want_amount) = (c.give, c.give_amount, c.want, c.want_amount);
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let offer = OfferId(d.allocate("offer"));
        d.emit(OfferPosted { offer, pn, give, give_amount, want, want_amount, expires });
    }))
}

fn found<'a>(ctx: Ctx<'a>, text: &str) -> Result<(OfferId, &'a Offer), Rejection> {
    let id = number(text).map(OfferId);
    let offer = id.and_then(|id| Some((id, ctx.state.market.offers.get(&id)?)));
    offer.ok_or_else(|| refuse::unknown("UNKNOWN_OFFER", "offer"))
}

pub(super) fn accept(ctx: Ctx<'_>, c: &MarketAccept) -> Checked {
    let me = ctx.me()?;
    let (offer, o) = found(ctx, &c.offer)?;
    if o.pn == me.pn {
        return Err(Rejection::new("OWN_OFFER"));
    }
    ctx.pays(me, Res::only(o.want, o.want_amount))?;
    let law = |player: &Player| tech(player, Technology::CommerceLaw);
    let poster = ctx.state.player(o.pn).map_or(0, law);
    let got = formulas::received(ctx.rules, o.give_amount, law(me));
    ctx.stores(me, o.give, got)?;
    let paid = formulas::received(ctx.rules, o.want_amount, poster);
    let (by, o) = (me.pn, *o);
    Ok(act(by, move |d| {
        common::settle(d, by);
        common::settle(d, o.pn);
        let Offer { pn, give, give_amount, want, want_amount, .. } = o;
        let (fee_give, fee_want) = (give_amount - got, want_amount - paid);
        d.emit(OfferAccepted { offer, pn, by, give, give_amount, fee_give, want, want_amount, fee_want });
        common::spill(d, pn, Res::only(want, paid), SpillSource::Market);
    }))
}

pub(super) fn cancel(ctx: Ctx<'_>, c: &MarketCancel) -> Checked {
    let me = ctx.me()?;
    let (offer, o) = found(ctx, &c.offer)?;
    if o.pn != me.pn {
        return Err(refuse::unknown("UNKNOWN_OFFER", "offer"));
    }
    let (pn, give, returned) = (me.pn, o.give, o.give_amount);
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(OfferCancelled { offer, pn, give, returned });
    }))
}

/// Takes back what a player, or everybody, has on offer.
pub(crate) fn cancel_all(d: &mut Deciding<'_>, whose: impl Fn(&Offer) -> bool) {
    let offers = d.state().market.offers.iter().filter(|(_, o)| whose(o)).map(|(id, o)| (*id, *o));
    let offers: Vec<(OfferId, Offer)> = offers.collect();
    for (offer, Offer { pn, give, give_amount, .. }) in offers {
        let gone = d.state().player(pn).is_none_or(Player::deleted);
        // What somebody who is gone had on offer was struck off with everything else.
        let returned = if gone { 0 } else { give_amount };
        if !gone {
            common::settle(d, pn);
        }
        d.emit(OfferCancelled { offer, pn, give, returned });
    }
}
