//! Gear: equip, unequip, forge, salvage (rulebook 2.8).

use schemas::Rejection;

use super::{Checked, Ctx, act, common, number};
use crate::amounts::Res;
use crate::command::{GearEquip, GearForge, GearSalvage, GearUnequip};
use crate::event::{GearEquipped, GearForged, GearSalvaged, GearUnequipped, SpillSource};
use crate::facts::heroes;
use crate::ids::GearId;
use crate::keys::HeroKey;
use crate::refuse;
use crate::state::{GearOwned, Player};
use crate::summon;

fn owned(me: &Player, name: &str) -> Result<(GearId, GearOwned), Rejection> {
    let unknown = || refuse::unknown("UNKNOWN_GEAR", "gear");
    let id = GearId(number(name).ok_or_else(unknown)?);
    me.gear.get(&id).map(|piece| (id, *piece)).ok_or_else(unknown)
}

fn at_home(ctx: Ctx<'_>, me: &Player, hero: HeroKey) -> Result<(), Rejection> {
    if heroes::march_of(ctx.state, me, hero).is_none() {
        return Ok(());
    }
    Err(Rejection::new("HERO_AWAY").with("hero", ctx.rules.heroes[hero].name.as_str()))
}

pub(super) fn equip(ctx: Ctx<'_>, command: &GearEquip) -> Checked {
    let me = ctx.me()?;
    let (gear, piece) = owned(me, &command.gear)?;
    let hero = ctx.hero(me, &command.hero)?;
    at_home(ctx, me, hero)?;
    if let Some(wearer) = piece.hero {
        at_home(ctx, me, wearer)?;
    }
    let (pn, worn) = (me.pn, me.heroes.get(&hero).and_then(|h| h.worn(piece.slot)));
    Ok(act(pn, move |d| {
        if let Some(old) = worn.filter(|old| *old != gear) {
            d.emit(GearUnequipped { pn, gear: old, hero });
        }
        if let Some(wearer) = piece.hero.filter(|wearer| *wearer != hero) {
            d.emit(GearUnequipped { pn, gear, hero: wearer });
        }
        if piece.hero != Some(hero) {
            d.emit(GearEquipped { pn, gear, hero });
        }
    }))
}

pub(super) fn unequip(ctx: Ctx<'_>, command: &GearUnequip) -> Checked {
    let me = ctx.me()?;
    let (gear, piece) = owned(me, &command.gear)?;
    let hero = piece.hero.ok_or_else(|| refuse::unknown("UNKNOWN_GEAR", "gear"))?;
    at_home(ctx, me, hero)?;
    let pn = me.pn;
    Ok(act(pn, move |d| d.emit(GearUnequipped { pn, gear, hero })))
}

pub(super) fn forge(ctx: Ctx<'_>, command: &GearForge) -> Checked {
    let me = ctx.me()?;
    let (slot, rarity) = (command.slot, command.rarity);
    let better = rarity.next().ok_or_else(|| refuse::option("rarity", "common, rare or epic"))?;
    let fits = |piece: &GearOwned| piece.hero.is_none() && piece.slot == slot && piece.rarity == rarity;
    let mut pieces: Vec<(i64, GearId)> =
        me.gear.iter().filter(|(_, piece)| fits(piece)).map(|(id, piece)| (piece.power, *id)).collect();
    pieces.sort_unstable();
    let needed = usize::try_from(ctx.rules.gear.forge_pieces).unwrap_or(usize::MAX);
    if pieces.len() < needed {
        return Err(Rejection::new("FORGE_INPUT"));
    }
    let cost = ctx.rules.gear.rarities[rarity].forge_gold;
    ctx.pays(me, Res::new(0, 0, cost))?;
    let used: Vec<GearId> = pieces.into_iter().take(needed).map(|(_, id)| id).collect();
    let pn = me.pn;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let number = d.allocate("gear");
        let seed = d.seed("forge", number);
        let power = summon::gear_power(d.rules(), better, &mut d.rng(seed));
        d.emit(GearForged { pn, used, gear: GearId(number), slot, rarity: better, power, cost, seed });
    }))
}

pub(super) fn salvage(ctx: Ctx<'_>, command: &GearSalvage) -> Checked {
    let me = ctx.me()?;
    let (gear, piece) = owned(me, &command.gear)?;
    if piece.hero.is_some() {
        return Err(refuse::unknown("UNKNOWN_GEAR", "gear"));
    }
    let (pn, gold) = (me.pn, ctx.rules.gear.rarities[piece.rarity].salvage_gold);
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(GearSalvaged { pn, gear, gold });
        common::spill(d, pn, Res::new(0, 0, gold), SpillSource::Salvage);
    }))
}
