//! Land parcels (rulebook 2.14).

use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common, guild};
use crate::amounts::Res;
use crate::command::{LandBuy, LandFor, LandOffer, LandReturn, LandWithdraw};
use crate::event::{
    LandBought, LandOfferWithdrawn, LandOffered, LandOwner, LandReturned, LandSold, OfferEnd, SpillSource,
    WithdrawReason,
};
use crate::facts::{guild as fellows, land as facts};
use crate::formulas::land as formulas;
use crate::ids::{MarchId, ParcelNo, Pn};
use crate::keys::GuildRole;
use crate::refuse;
use crate::state::{Land, Player};

/// The parcel of this number.
pub(crate) fn parcel(ctx: Ctx<'_>, no: i64) -> Result<(ParcelNo, &Land), Rejection> {
    let found =
        u16::try_from(no).ok().and_then(|no| Some((ParcelNo(no), ctx.state.lands.get(&ParcelNo(no))?)));
    found.ok_or_else(|| refuse::option("parcel", format!("1 to {}", ctx.state.lands.len().max(1))))
}

/// NOT_EXPLORED unless the player knows the parcel's gate.
pub(crate) fn known(ctx: Ctx<'_>, me: &Player, no: ParcelNo) -> Result<(), Rejection> {
    let gate = ctx.state.map().and_then(|map| map.parcel(no.get())).map(|parcel| parcel.gate);
    match gate {
        Some(gate) if !me.explored.contains(gate) => Err(refuse::unexplored(gate.x(), gate.y())),
        Some(_) | None => Ok(()),
    }
}

/// NOT_OWNER unless the parcel is the player's, or the guild's in which the player leads or is an officer.
fn owned<'a>(ctx: Ctx<'a>, me: &Player, no: i64) -> Result<(ParcelNo, &'a Land, LandOwner), Rejection> {
    let (no, land) = parcel(ctx, no)?;
    let owner = land.owner.filter(|owner| match owner {
        LandOwner::Player(pn) => *pn == me.pn,
        LandOwner::Guild(id) => {
            me.guild == Some(*id)
                && fellows::role(ctx.state, me).is_some_and(|role| role != GuildRole::Member)
        }
    });
    owner.map(|owner| (no, land, owner)).ok_or(Rejection::new("NOT_OWNER"))
}

/// LAND_LOCKED within a day of acquiring.
fn unlocked(ctx: Ctx<'_>, land: &Land) -> Result<(), Rejection> {
    let until = land.acquired_at.map(|at| at.plus_s(ctx.rules.land.lock_seconds));
    match until.filter(|until| *until > ctx.now()) {
        Some(until) => Err(refuse::until("LAND_LOCKED", until)),
        None => Ok(()),
    }
}

/// Settles everybody whose production hangs on a parcel of this owner.
pub(crate) fn settle(d: &mut Deciding<'_>, owner: LandOwner) {
    for pn in facts::people(d.state(), owner) {
        common::settle(d, pn);
    }
}

/// Sends home who stands on a parcel and is no friend of its owner any more.
pub(crate) fn clear(d: &mut Deciding<'_>, no: ParcelNo) {
    let state = d.state();
    let Some(land) = state.lands.get(&no) else { return };
    let garrison = facts::garrison(state, no);
    let strangers = garrison.into_iter().filter(|(_, march)| !facts::friendly(state, land, march.pn));
    let strangers: Vec<MarchId> = strangers.map(|(id, _)| id).collect();
    for march in strangers {
        guild::withdraw(d, march, WithdrawReason::LandLost);
    }
}

/// What of a sum in gold found no room with a player.
fn spill(d: &mut Deciding<'_>, owner: LandOwner, gold: i64) {
    if let LandOwner::Player(pn) = owner {
        common::spill(d, pn, Res::new(0, 0, gold), SpillSource::Land);
    }
}

pub(super) fn buy(ctx: Ctx<'_>, c: &LandBuy) -> Checked {
    let me = ctx.me()?;
    let (no, land) = parcel(ctx, c.parcel)?;
    known(ctx, me, no)?;
    let buyer = match (c.buyer.unwrap_or(LandFor::Own), me.guild) {
        (LandFor::Own, _) => LandOwner::Player(me.pn),
        (LandFor::Guild, Some(id)) => LandOwner::Guild(id),
        (LandFor::Guild, None) => return Err(Rejection::new("GUILD_RANK")),
    };
    let price = match (land.owner, land.offer) {
        (None, _) => land.value,
        (Some(owner), Some(price)) if owner != buyer => price,
        (Some(_), _) => return Err(Rejection::new("LAND_NOT_FOR_SALE")),
    };
    if !facts::free_slot(ctx.rules, ctx.state, buyer) {
        return Err(Rejection::new("NO_LAND_SLOT").with("n", facts::slots(ctx.rules, ctx.state, buyer)));
    }
    let purse = match buyer {
        LandOwner::Player(_) => ctx.stock(me),
        LandOwner::Guild(id) => ctx.state.guilds.get(&id).map_or(Res::ZERO, |of| of.bank),
    };
    refuse::short(purse, Res::new(0, 0, price))?;
    if matches!(buyer, LandOwner::Guild(_)) && fellows::role(ctx.state, me) == Some(GuildRole::Member) {
        return Err(Rejection::new("GUILD_RANK"));
    }
    let (by, seller, fee) = (me.pn, land.owner, price - formulas::sale_net(ctx.rules, price));
    let f = land.factors;
    let factors = vec![f.location, f.proximity, f.resources, f.strategic, land.market];
    Ok(act(by, move |d| {
        common::settle(d, by);
        settle(d, buyer);
        let protected_until = d.now().plus_s(d.rules().land.protected_seconds);
        match seller {
            None => d.emit(LandBought { parcel: no, buyer, by, price, factors, protected_until }),
            Some(seller) => {
                settle(d, seller);
                d.emit(LandSold { parcel: no, seller, buyer, by, price, fee, protected_until });
                spill(d, seller, price - fee);
            }
        }
        clear(d, no);
    }))
}

pub(super) fn offer(ctx: Ctx<'_>, c: &LandOffer) -> Checked {
    let me = ctx.me()?;
    let (parcel, land, owner) = owned(ctx, me, c.parcel)?;
    unlocked(ctx, land)?;
    let (lo, hi) = formulas::price_range(ctx.rules, land.value);
    if !(lo..=hi).contains(&c.price) {
        return Err(Rejection::new("PRICE_RANGE").with("lo", lo).with("hi", hi));
    }
    let price = c.price;
    Ok(act(me.pn, move |d| d.emit(LandOffered { parcel, owner, price })))
}

pub(super) fn withdraw(ctx: Ctx<'_>, c: &LandWithdraw) -> Checked {
    let me = ctx.me()?;
    let (parcel, land, _) = owned(ctx, me, c.parcel)?;
    if land.offer.is_none() {
        return Err(refuse::unknown("UNKNOWN_OFFER", "offer"));
    }
    Ok(act(me.pn, move |d| d.emit(LandOfferWithdrawn { parcel, reason: OfferEnd::Withdrawn })))
}

/// Ends a sale offer, if there is one.
pub(crate) fn unoffer(d: &mut Deciding<'_>, parcel: ParcelNo, reason: OfferEnd) {
    if d.state().lands.get(&parcel).is_some_and(|land| land.offer.is_some()) {
        d.emit(LandOfferWithdrawn { parcel, reason });
    }
}

pub(super) fn give_back(ctx: Ctx<'_>, c: &LandReturn) -> Checked {
    let me = ctx.me()?;
    let (parcel, land, owner) = owned(ctx, me, c.parcel)?;
    unlocked(ctx, land)?;
    if !c.confirm {
        return Err(Rejection::new("NOT_CONFIRMED"));
    }
    let (pn, paid): (Pn, i64) = (me.pn, formulas::return_price(ctx.rules, land.value));
    Ok(act(pn, move |d| {
        settle(d, owner);
        unoffer(d, parcel, OfferEnd::Returned);
        d.emit(LandReturned { parcel, owner, paid });
        spill(d, owner, paid);
        clear(d, parcel);
    }))
}
