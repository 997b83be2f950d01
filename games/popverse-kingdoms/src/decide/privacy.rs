//! A name hidden, a player gone (rulebook 2.22).

use schemas::Rejection;

use super::{Checked, Ctx, act, common, guild, land, market};
use crate::command::{PrivacyAnonymize, PrivacyDelete};
use crate::event::{
    CityRemoved, CityRemovedReason, GatheringEnd, PlayerAnonymized, PlayerDeleted, WithdrawReason,
};
use crate::facts::march;
use crate::fire;
use crate::ids::{MarchId, ParcelNo, Pn};
use crate::ledger;
use crate::state::{Phase, Player};

/// Who asks, suspended or not: privacy is not a privilege of the well-behaved.
fn asker<'a>(ctx: &Ctx<'a>) -> Option<&'a Player> {
    ctx.asked.player().and_then(|id| ctx.state.find(id))
}

fn confirmed(confirm: bool) -> Result<(), Rejection> {
    if confirm { Ok(()) } else { Err(Rejection::new("NOT_CONFIRMED")) }
}

pub(super) fn anonymize(ctx: Ctx<'_>, command: &PrivacyAnonymize) -> Checked {
    confirmed(command.confirm)?;
    let hidden = asker(&ctx).filter(|me| !me.anonymous).map(|me| me.pn);
    Ok(Box::new(move |d| {
        if let Some(pn) = hidden {
            d.emit(PlayerAnonymized { pn });
        }
    }))
}

pub(super) fn delete(ctx: Ctx<'_>, command: &PrivacyDelete) -> Checked {
    confirmed(command.confirm)?;
    // An unknown player is answered with success: there is nothing to delete.
    let Some(me) = asker(&ctx) else { return Ok(Box::new(|_| {})) };
    let pn: Pn = me.pn;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let gathering =
            |(id, march): (MarchId, &crate::state::March)| (march.phase == Phase::Gathering).then_some(id);
        let parties: Vec<MarchId> = d.state().marches_of(pn).filter_map(gathering).collect();
        for party in parties {
            fire::end_gathering(d, party, GatheringEnd::Closed, None);
        }
        let state = d.state();
        let Some(player) = state.player(pn) else { return };
        let (stock, diamonds, troops) = ledger::owned(state, player);
        let city = player.city;
        let marches = state.marches_of(pn).map(|(id, _)| id).collect();
        let gear = player.gear.keys().copied().collect();
        d.emit(PlayerDeleted { pn, stock, diamonds, troops, marches, gear });
        if let Some(tile) = city {
            d.emit(CityRemoved { pn, tile, reason: CityRemovedReason::PlayerDeleted });
        }
        guild::bereave(d, pn);
        market::cancel_all(d, |offer| offer.pn == pn);
        let parcels: Vec<ParcelNo> = d.state().lands.keys().copied().collect();
        for parcel in parcels {
            land::clear(d, parcel);
        }
        let state = d.state();
        let guests: Vec<MarchId> = march::guests(state, pn).map(|(id, _)| id).collect();
        for guest in guests {
            guild::withdraw(d, guest, WithdrawReason::HostGone);
        }
    }))
}
