//! What administrators do (rulebook 2.2, 4.2).

use schemas::{PlayerId, Rejection};

use super::{Checked, Ctx, common};
use crate::amounts::Res;
use crate::command::{AdminGrant, AdminReinstate, AdminSuspend, SetupConfig};
use crate::event::{ConfigChanged, Grant, PlayerReinstated, PlayerSuspended, ResourcesGranted, SpillSource};
use crate::refuse;
use crate::state::{Player, Status};

const AMOUNT_MAX: i64 = 1_000_000;

fn target<'a>(ctx: Ctx<'a>, player: PlayerId) -> Result<&'a Player, Rejection> {
    ctx.state.find(player).ok_or_else(|| refuse::unknown("UNKNOWN_PLAYER", "player"))
}

pub(super) fn grant(ctx: Ctx<'_>, command: AdminGrant) -> Checked {
    ctx.admin()?;
    refuse::within("amount", command.amount, 0, AMOUNT_MAX)?;
    let pn = target(ctx, command.player)?.pn;
    let (item, amount, reason, admin) =
        (command.item, command.amount, command.reason, ctx.asked.actor.to_string());
    Ok(Box::new(move |d| {
        common::settle(d, pn);
        d.emit(ResourcesGranted { pn, item, amount, reason, admin });
        let added = match item {
            Grant::Food => Res::new(amount, 0, 0),
            Grant::Iron => Res::new(0, amount, 0),
            Grant::Gold => Res::new(0, 0, amount),
            Grant::Diamonds | Grant::Scroll => Res::ZERO,
        };
        common::spill(d, pn, added, SpillSource::Grant);
    }))
}

pub(super) fn suspend(ctx: Ctx<'_>, command: AdminSuspend) -> Checked {
    ctx.admin()?;
    let (pn, reason) = (target(ctx, command.player)?.pn, command.reason);
    Ok(Box::new(move |d| d.emit(PlayerSuspended { pn, reason })))
}

pub(super) fn reinstate(ctx: Ctx<'_>, command: AdminReinstate) -> Checked {
    ctx.admin()?;
    let player = target(ctx, command.player)?;
    let (pn, suspended) = (player.pn, matches!(player.status, Status::Suspended(_)));
    let reason = command.reason;
    Ok(Box::new(move |d| {
        // Nothing happens to a player who may play already.
        if suspended {
            d.emit(PlayerReinstated { pn, reason });
        }
    }))
}

pub(super) fn config(ctx: Ctx<'_>, command: &SetupConfig) -> Checked {
    ctx.admin()?;
    let before = ctx.state.config.clone();
    let mut after = before.clone();
    after.max_players = command.max_players.unwrap_or(after.max_players);
    after.conquest_weekday = command.conquest_weekday.unwrap_or(after.conquest_weekday);
    after.conquest_hour = command.conquest_hour.unwrap_or(after.conquest_hour);
    after.check()?;
    Ok(Box::new(move |d| {
        if after != before {
            d.emit(ConfigChanged { before, after });
        }
    }))
}
