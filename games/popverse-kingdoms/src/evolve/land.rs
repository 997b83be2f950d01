//! Land parcels change hands.

use games_core::Moment;

use super::guild::bank;
use super::player::{earn, pay, with};
use crate::amounts::Res;
use crate::event::{
    LandArrearsRecorded, LandBought, LandForeclosed, LandOfferWithdrawn, LandOffered, LandOwner,
    LandReturned, LandSeized, LandSold, LandTaxed, LandsRevalued,
};
use crate::facts;
use crate::ids::{ParcelNo, Pn};
use crate::state::{Land, State};
use crate::tile::Tile;

fn with_land(state: &mut State, no: ParcelNo, change: impl FnOnce(&mut Land)) {
    if let Some(land) = state.lands.get_mut(&no) {
        change(land);
    }
}

/// Takes gold from a player's stores or a guild's bank.
fn charge(state: &mut State, owner: LandOwner, gold: i64) {
    let gold = Res::new(0, 0, gold);
    match owner {
        LandOwner::Player(pn) => pay(state, pn, gold),
        LandOwner::Guild(id) => bank(state, id, |held| held.minus(gold)),
    }
}

/// Puts gold into a player's stores or a guild's bank.
fn credit(state: &mut State, owner: LandOwner, gold: i64) {
    let gold = Res::new(0, 0, gold);
    match owner {
        LandOwner::Player(pn) => earn(state, pn, gold),
        LandOwner::Guild(id) => bank(state, id, |held| held + gold),
    }
}

pub(super) fn bought(state: &mut State, e: &LandBought, at: Moment<'_>) {
    charge(state, e.buyer, e.price);
    with_land(state, e.parcel, |land| land.give(e.buyer, at.now, e.protected_until));
}

pub(super) fn offered(state: &mut State, e: &LandOffered) {
    with_land(state, e.parcel, |land| land.offer = Some(e.price));
}

pub(super) fn offer_withdrawn(state: &mut State, e: &LandOfferWithdrawn) {
    with_land(state, e.parcel, |land| land.offer = None);
}

pub(super) fn sold(state: &mut State, e: &LandSold, at: Moment<'_>) {
    charge(state, e.buyer, e.price);
    credit(state, e.seller, e.price - e.fee);
    with_land(state, e.parcel, |land| land.give(e.buyer, at.now, e.protected_until));
}

pub(super) fn returned(state: &mut State, e: &LandReturned) {
    credit(state, e.owner, e.paid);
    with_land(state, e.parcel, Land::release);
}

pub(super) fn seized(state: &mut State, e: &LandSeized, at: Moment<'_>) {
    with_land(state, e.parcel, |land| match e.to {
        Some(pn) => land.give(LandOwner::Player(pn), at.now, e.protected_until),
        None => land.release(),
    });
    let people = facts::land::people(state, e.from);
    harmed(state, people, e.by, at);
}

/// Whom the land of a tile belongs to: a player, or all members of a guild.
pub(super) fn owners_at(state: &State, tile: Tile) -> Vec<Pn> {
    let parcel = state.map().and_then(|map| map.parcel_at(tile)).map(|parcel| ParcelNo(parcel.no));
    let owner = parcel.and_then(|no| state.lands.get(&no)).and_then(|land| land.owner);
    owner.map(|owner| facts::land::people(state, owner)).unwrap_or_default()
}

/// Whose land was attacked may strike back, however weak the attacker is (rulebook 2.10).
pub(super) fn harmed(state: &mut State, people: Vec<Pn>, by: Pn, at: Moment<'_>) {
    for pn in people.into_iter().filter(|pn| *pn != by) {
        with(state, pn, |p| {
            p.aggressors.insert(by, at.now);
        });
    }
}

pub(super) fn taxed(state: &mut State, e: &LandTaxed) {
    charge(state, e.owner, e.gold);
    with_land(state, e.parcel, |land| land.arrears = 0);
}

pub(super) fn arrears(state: &mut State, e: &LandArrearsRecorded) {
    with_land(state, e.parcel, |land| land.arrears = e.arrears);
}

pub(super) fn foreclosed(state: &mut State, e: &LandForeclosed) {
    with_land(state, e.parcel, Land::release);
}

pub(super) fn revalued(state: &mut State, e: &LandsRevalued) {
    for new in &e.values {
        with_land(state, new.parcel, |land| {
            land.value = new.value;
            land.market = new.market;
            land.history.push((e.day, new.value));
        });
    }
}

/// Leaves everything of an owner who is no more without one.
pub(super) fn release_all(state: &mut State, owner: LandOwner) {
    for land in state.lands.values_mut().filter(|land| land.owner == Some(owner)) {
        land.release();
    }
}
