//! Trade.

use games_core::Moment;
use schemas::GameTime;

use super::player::{earn, pay, with};
use crate::amounts::Res;
use crate::event::{
    ExchangeBought, ExchangeSold, MarketRepriced, OfferAccepted, OfferCancelled, OfferExpired, OfferPosted,
};
use crate::ids::OfferId;
use crate::state::{Offer, State, TimerKey};

const HOUR_MS: i64 = 3_600_000;

/// Lets the next full hour be closed, if that is not due anyway. An hour without trade whose prices rest on their
/// anchors needs no closing.
pub(super) fn arm(state: &mut State, at: Moment<'_>) {
    if state.timers.due(&TimerKey::MarketHour).is_none() {
        let next = GameTime::from_ms((at.now.ms().div_euclid(HOUR_MS) + 1) * HOUR_MS);
        state.timers.set(TimerKey::MarketHour, next, at);
    }
}

pub(super) fn bought(state: &mut State, e: &ExchangeBought, at: Moment<'_>) {
    let units = Res::only(e.resource, e.amount);
    pay(state, e.pn, Res::new(0, 0, e.gold));
    earn(state, e.pn, units);
    with(state, e.pn, |p| p.today.traded += units);
    state.market.net += units;
    arm(state, at);
}

pub(super) fn sold(state: &mut State, e: &ExchangeSold, at: Moment<'_>) {
    let units = Res::only(e.resource, e.amount);
    pay(state, e.pn, units);
    earn(state, e.pn, Res::new(0, 0, e.gold));
    with(state, e.pn, |p| p.today.traded += units);
    state.market.net = state.market.net.minus(units);
    arm(state, at);
}

pub(super) fn repriced(state: &mut State, e: &MarketRepriced, at: Moment<'_>) {
    state.market.reprice(e.resource, e.after, at.now);
    arm(state, at);
}

pub(super) fn posted(state: &mut State, e: &OfferPosted, at: Moment<'_>) {
    pay(state, e.pn, Res::only(e.give, e.give_amount));
    let offer = Offer {
        pn: e.pn,
        give: e.give,
        give_amount: e.give_amount,
        want: e.want,
        want_amount: e.want_amount,
        expires: e.expires,
    };
    state.market.offers.insert(e.offer, offer);
    state.timers.set(TimerKey::OfferExpiry(e.offer.get()), e.expires, at);
}

fn close(state: &mut State, offer: OfferId) {
    state.market.offers.remove(&offer);
    state.timers.clear(&TimerKey::OfferExpiry(offer.get()));
}

pub(super) fn accepted(state: &mut State, e: &OfferAccepted) {
    close(state, e.offer);
    pay(state, e.by, Res::only(e.want, e.want_amount));
    earn(state, e.by, Res::only(e.give, e.give_amount - e.fee_give));
    earn(state, e.pn, Res::only(e.want, e.want_amount - e.fee_want));
}

pub(super) fn cancelled(state: &mut State, e: &OfferCancelled) {
    close(state, e.offer);
    earn(state, e.pn, Res::only(e.give, e.returned));
}

pub(super) fn expired(state: &mut State, e: &OfferExpired) {
    close(state, e.offer);
    earn(state, e.pn, Res::only(e.give, e.returned));
}
