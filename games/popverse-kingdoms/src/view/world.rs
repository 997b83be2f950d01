//! The season and its players, as everybody may see them.

use schemas::{PlayerId, Rejection};
use serde_json::{Value, json};

use super::Answer;
use crate::decide::Ctx;
use crate::facts;
use crate::formulas::season;
use crate::keys::Faction;
use crate::refuse;
use crate::state::{Player, Status};
use crate::tile::Tile;

const fn season_state(ended: bool) -> &'static str {
    if ended { "ended" } else { "open" }
}

pub(super) fn setup(ctx: Ctx<'_>) -> Answer {
    ctx.admin()?;
    let state = ctx.state;
    Ok(json!({
        "state": season_state(state.ended),
        "season": state.config.season,
        "day": state.day(ctx.now()),
        "opened": state.opened,
        "ends": state.ends,
        "config": state.config,
        "players": state.living().count(),
        "marches": state.marches.len(),
        "timers": state.timers.len(),
        "next_timer": state.timers.next().map(|due| due.due),
        "modifiers": state.modifiers,
        "anchors": state.anchors,
    }))
}

pub(super) fn season(ctx: Ctx<'_>) -> Value {
    let state = ctx.state;
    let factions = Faction::ALL
        .into_iter()
        .map(|faction| json!({ "faction": faction, "players": state.heads(faction), "conquest_points": state.faction_points[faction] }));
    let factions: Vec<Value> = factions.collect();
    json!({
        "state": season_state(state.ended),
        "season": state.config.season,
        "day": state.day(ctx.now()),
        "days": state.config.season_days,
        "finals": state.finals,
        "ends": state.ends,
        "factions": factions,
        "victor": state.victor,
    })
}

/// What everybody may know of a player.
fn public(ctx: Ctx<'_>, player: &Player) -> Value {
    let name = match player.status {
        Status::Deleted(_) => Some(format!("deleted_user_{}", player.pn)),
        Status::Active | Status::Suspended(_) => player.anonymous.then(|| format!("anonymous_{}", player.pn)),
    };
    let guild = facts::guild::of(ctx.state, player);
    json!({
        "pn": player.pn,
        "player": player.id,
        "name": name,
        "faction": player.faction,
        "power": facts::kingdom_power(ctx.rules, ctx.state, player),
        "rating": player.rating,
        "guild": player.guild,
        "guild_name": guild.map(|(_, guild)| &guild.name),
        "guild_tag": guild.map(|(_, guild)| &guild.tag),
        "prestige": player.prestige,
        "tier": season::prestige_tier(ctx.rules, player.prestige),
        "title": season::title(ctx.rules, player.prestige),
        "seasons_played": player.seasons_played,
        "hunts": player.hunts,
        "joined_at": player.joined_at,
    })
}

pub(super) fn profile(ctx: Ctx<'_>, player: Option<PlayerId>) -> Answer {
    let me = ctx.asked.player();
    let id = player.or(me).ok_or(Rejection::new("NOT_JOINED"))?;
    let found = ctx.state.find(id).ok_or_else(|| match player {
        Some(_) => refuse::unknown("UNKNOWN_PLAYER", "player"),
        None => Rejection::new("NOT_JOINED"),
    })?;
    let mut page = public(ctx, found);
    if let (Some(fields), true) = (page.as_object_mut(), me == Some(found.id)) {
        let own = json!({
            "x": found.city.map(Tile::x),
            "y": found.city.map(Tile::y),
            "stocks": ctx.stock(found),
            "diamonds": found.diamonds,
            "points": found.points,
            "troops": found.home,
            "scrolls": found.items[crate::keys::Item::Scroll],
            "explored": found.explored.len(),
            "active_days": found.active_days,
            "shield_until": found.shielded(ctx.now()),
            "raids_won": found.raids_won,
            "loot_value": found.loot_value,
            "merit": found.merit,
        });
        if let Value::Object(own) = own {
            fields.extend(own);
        }
    }
    Ok(page)
}
