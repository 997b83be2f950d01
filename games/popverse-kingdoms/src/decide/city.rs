//! The city as a whole: warden, shield, second crew, relocation (rulebook 2.5, 2.8, 2.10).

use schemas::Rejection;

use super::join::occupied;
use super::{Checked, Ctx, act, common, tile};
use crate::command::{CityRelocate, CityWarden};
use crate::event::{
    CityRelocated, CrewHired, ExploredBy, ItemUsed, RelocationMode, ShieldRaised, ShieldSource, WardenSet,
};
use crate::keys::Item;
use crate::refuse;
use crate::site::{self, Occupied};
use crate::state::{Phase, TimerKey};

pub(super) fn warden(ctx: Ctx<'_>, command: &CityWarden) -> Checked {
    let me = ctx.me()?;
    let (pn, hero) = (me.pn, ctx.hero(me, &command.hero)?);
    Ok(act(pn, move |d| d.emit(WardenSet { pn, hero })))
}

fn missing(item: Item) -> Rejection {
    Rejection::new("ITEM_MISSING").with("item", item.key())
}

pub(super) fn shield(ctx: Ctx<'_>) -> Checked {
    let me = ctx.me()?;
    if me.items[Item::Shield8h] < 1 {
        return Err(missing(Item::Shield8h));
    }
    let figures = &ctx.rules.protection;
    let again = me.shield_item_at.map(|at| at.plus_s(figures.shield_wait_seconds));
    if let Some(at) = again.filter(|at| *at > ctx.now()) {
        return Err(refuse::until("COOLDOWN", at));
    }
    let from = me.shield.map_or(ctx.now(), |shield| shield.until.max(ctx.now()));
    let (pn, until) = (me.pn, from.plus_s(figures.shield_seconds));
    Ok(act(pn, move |d| {
        d.emit(ItemUsed { pn, item: Item::Shield8h, count: 1, target: "city".to_owned() });
        d.emit(ShieldRaised { pn, until, source: ShieldSource::Item });
    }))
}

pub(super) fn crew(ctx: Ctx<'_>) -> Checked {
    let me = ctx.me()?;
    let diamonds = ctx.rules.city.crew_diamonds;
    refuse::fewer("NOT_ENOUGH_DIAMONDS", diamonds, me.diamonds)?;
    // A rent that still runs is lengthened.
    let from = me.crew_until.map_or(ctx.now(), |until| until.max(ctx.now()));
    let (pn, until) = (me.pn, from.plus_s(ctx.rules.city.crew_days * 86_400));
    Ok(act(pn, move |d| d.emit(CrewHired { pn, diamonds, until })))
}

pub(super) fn relocate(ctx: Ctx<'_>, command: &CityRelocate) -> Checked {
    let me = ctx.me()?;
    let named = match (command.x, command.y) {
        (None, None) => None,
        (Some(x), Some(y)) => Some((x, y, tile(x, y)?)),
        (Some(_), None) => return Err(refuse::option("y", "given together with x")),
        (None, Some(_)) => return Err(refuse::option("x", "given together with y")),
    };
    if me.items[Item::Relocator] < 1 {
        return Err(missing(Item::Relocator));
    }
    let (cities, camps) = occupied(ctx.state);
    let others: Vec<_> = cities.into_iter().filter(|city| Some(*city) != me.city).collect();
    if let Some((x, y, to)) = named {
        let free = Occupied { cities: &others, camps: &camps };
        let fits = ctx.state.map().is_some_and(|map| site::acceptable(ctx.rules, map, free, to));
        if !fits || me.city == Some(to) {
            return Err(Rejection::new("TILE_TAKEN"));
        }
        blocked(ctx)?;
        if !me.explored.contains(to) {
            return Err(refuse::unexplored(x, y));
        }
    } else {
        blocked(ctx)?;
    }
    let again = me.relocated_at.map(|at| at.plus_s(ctx.rules.protection.relocate_wait_seconds));
    if let Some(at) = again.filter(|at| *at > ctx.now()) {
        return Err(refuse::until("COOLDOWN", at));
    }
    let (pn, faction, from) = (me.pn, me.faction, me.city);
    let number = ctx.rules.protection.relocate_step * (me.relocations + 1) + i64::from(pn.get());
    Ok(act(pn, move |d| {
        let rules = d.rules();
        let (to, seed) = match named {
            Some((_, _, to)) => (Some(to), None),
            None => {
                let seed = d.seed("spawn", number.unsigned_abs());
                let (rng, free) = (d.rng(seed), Occupied { cities: &others, camps: &camps });
                let map = d.state().map();
                let site = map.and_then(|map| site::find_with(rules, map, rng, seed, free, faction));
                (site.map(|site| site.tile), Some(seed))
            }
        };
        let (Some(from), Some(to)) = (from, to) else { return };
        d.emit(ItemUsed { pn, item: Item::Relocator, count: 1, target: "city".to_owned() });
        let mode = if seed.is_some() { RelocationMode::Random } else { RelocationMode::Named };
        d.emit(CityRelocated { pn, from, to, mode, seed });
        let around = common::square(to, rules.joining.explored);
        common::explore(d, pn, around, ExploredBy::City);
    }))
}

/// RELOCATE_BLOCKED: troops out or in, or an alarm pending: of an enemy who still comes, not of one on the way home.
fn blocked(ctx: Ctx<'_>) -> Result<(), Rejection> {
    let me = ctx.me()?;
    let busy = ctx.state.marches.iter().any(|(id, march)| {
        let guest = matches!(march.target_ref, crate::event::TargetRef::City(host) if host == me.pn);
        let alarm = ctx.state.timers.due(&TimerKey::Alert(*id)).is_some() || march.alerted;
        let coming = guest
            && match march.phase {
                Phase::Stationed => true,
                Phase::Outbound => alarm,
                Phase::Gathering | Phase::Conquest | Phase::Homeward => false,
            };
        march.pn == me.pn || coming
    });
    if busy { Err(Rejection::new("RELOCATE_BLOCKED")) } else { Ok(()) }
}
