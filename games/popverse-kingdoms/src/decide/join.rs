//! Joining (rulebook 2.3).

use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common};
use crate::amounts::Res;
use crate::command::Join;
use crate::event::{
    CityFounded, ExploredBy, HeroGranted, HeroSource, PlayerAnonymized, PlayerJoined, PlayerSettingsChanged,
    ShieldRaised, ShieldSource, StarterKitGranted,
};
use crate::formulas::season;
use crate::ids::Pn;
use crate::keys::Faction;
use crate::people;
use crate::site::{self, Occupied};
use crate::state::State;
use crate::tile::Tile;

/// Tiles of cities and of camps.
pub(crate) fn occupied(state: &State) -> (Vec<Tile>, Vec<Tile>) {
    (state.cities.keys().copied().collect(), state.npc_at.keys().copied().collect())
}

pub(super) fn join(ctx: Ctx<'_>, command: &Join) -> Checked {
    let player = ctx.asked.player().ok_or(Rejection::new("NOT_JOINED"))?;
    if let Some(known) = ctx.state.find(player) {
        // A suspended player hears of the suspension, as from every other command.
        if let crate::state::Status::Suspended(reason) = &known.status {
            return Err(Rejection::new("SUSPENDED").with("reason", reason.as_str()));
        }
        return Err(Rejection::new("DUPLICATE_PLAYER"));
    }
    let faction = command.faction;
    let smallest = Faction::ALL.into_iter().min_by_key(|f| (ctx.state.heads(*f), *f)).unwrap_or(faction);
    let lead = ctx.state.heads(faction) - ctx.state.heads(smallest);
    if lead >= ctx.rules.joining.faction_lead {
        return Err(Rejection::new("FACTION_FULL")
            .with("faction", ctx.rules.factions[faction].name.as_str())
            .with("n", lead)
            .with("smallest", ctx.rules.factions[smallest].name.as_str()));
    }
    let max = ctx.state.config.max_players;
    if ctx.state.living().count() as i64 >= max {
        return Err(Rejection::new("WORLD_FULL").with("max", max));
    }
    let carried = |name: &str| ctx.asked.facts.carried.get(name).copied().unwrap_or(0).max(0);
    let (carried_prestige, seasons_played) = (carried(people::PRESTIGE), carried(people::SEASONS));
    let hidden = carried(people::ANONYMOUS) > 0;
    let switches = super::settings::carried(ctx);
    Ok(Box::new(move |d| {
        // Numbered by the engine, so that history decided anew keeps the number and with it the city's dice.
        let pn = Pn(u32::try_from(d.allocate("player")).unwrap_or(u32::MAX));
        let (late_bonus, late_speeds) = season::late_start(d.rules(), d.state().day(d.now()));
        d.emit(PlayerJoined {
            pn,
            player,
            faction,
            carried_prestige,
            seasons_played,
            late_bonus,
            late_speeds,
        });
        if hidden {
            d.emit(PlayerAnonymized { pn });
        }
        for (kind, dm) in switches {
            d.emit(PlayerSettingsChanged { pn, kind, dm });
        }
        act(pn, move |d| found(d, pn, faction, late_bonus, late_speeds))(d);
    }))
}

/// Founds the city and hands out what everybody starts with.
fn found(d: &mut Deciding<'_>, pn: Pn, faction: Faction, late_bonus: Res, late_speeds: i64) {
    let (rules, now) = (d.rules(), d.now());
    let (cities, camps) = occupied(d.state());
    let seed = d.seed("spawn", u64::from(pn.get()));
    let rng = d.rng(seed);
    let occupied = Occupied { cities: &cities, camps: &camps };
    let site = d.state().map().and_then(|map| site::find_with(rules, map, rng, seed, occupied, faction));
    let joining = &rules.joining;
    if let Some(site) = site {
        d.emit(CityFounded { pn, tile: site.tile, seed, tries: site.tries });
    }
    let hero = rules.factions[faction].starter;
    d.emit(StarterKitGranted {
        pn,
        stock: joining.stock + late_bonus,
        diamonds: joining.diamonds,
        rating: rules.arena.rating,
        buildings: joining.buildings.clone(),
        troops: joining.troops,
        hero,
        scrolls: joining.scrolls,
        speeds: late_speeds,
    });
    d.emit(HeroGranted { pn, hero, reason: HeroSource::Starter });
    let until = now.plus_s(joining.shield_seconds);
    d.emit(ShieldRaised { pn, until, source: ShieldSource::Beginner });
    if let Some(site) = site {
        common::explore(d, pn, common::square(site.tile, joining.explored), ExploredBy::City);
    }
}
