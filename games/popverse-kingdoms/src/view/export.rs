//! Everything that the season holds about who asks, as one document (rulebook 2.22). Seeds, hidden scores and other
//! people's belongings are left out; battles and transactions of the past stand in the read models `pv_battles`,
//! `pv_arena_log` and `pv_transactions` under the same player number.

use serde_json::{Value, json};

use crate::decide::Ctx;
use crate::event::LandOwner;
use crate::facts::{self, guild, land};
use crate::keys::NoticeKind;
use crate::state::{Player, Status};
use crate::tile::Tile;

pub(super) fn everything(ctx: Ctx<'_>) -> Value {
    let me = ctx.asked.player().and_then(|id| ctx.state.find(id));
    // Of somebody who is not known, nothing is: that is an answer and no refusal.
    me.map_or_else(|| json!({ "data": "no data" }), |me| document(ctx, me))
}

fn document(ctx: Ctx<'_>, me: &Player) -> Value {
    let suspended = match &me.status {
        Status::Suspended(reason) => Some(reason),
        Status::Active | Status::Deleted(_) => None,
    };
    json!({
        "profile": {
            "pn": me.pn, "player": me.id, "faction": me.faction, "joined_at": me.joined_at,
            "last_active": me.last_active, "active_days": me.active_days, "anonymous": me.anonymous,
            "suspended": suspended, "prestige": me.prestige, "seasons_played": me.seasons_played,
            "power": facts::kingdom_power(ctx.rules, ctx.state, me), "rating": me.rating, "points": me.points,
            "merit": me.merit, "hunts": me.hunts, "raids_won": me.raids_won, "loot_value": me.loot_value,
            "twitch_linked": me.twitch.is_some(),
        },
        "city": {
            "x": me.city.map(Tile::x), "y": me.city.map(Tile::y), "shield_until": me.shielded(ctx.now()),
            "stocks": ctx.stock(me), "diamonds": me.diamonds, "items": me.items, "home": me.home,
            "wounded": me.wounded, "warden": me.warden, "explored_tiles": me.explored.len(),
        },
        "buildings": me.buildings,
        "research": me.research,
        "jobs": { "building": me.builds, "research": me.researching, "training": me.training, "healing": me.healing },
        "heroes": me.heroes,
        "gear": me.gear,
        "marches": marches(ctx, me),
        "lands": lands(ctx, me),
        "market_offers": ctx.state.market.offers_of(me.pn).map(|(id, offer)| json!({ "offer": id, "terms": offer }))
            .collect::<Vec<_>>(),
        "guild": membership(ctx, me),
        "guild_history": me.served.iter().map(|(id, seconds)| json!({ "guild": id, "seconds": seconds }))
            .collect::<Vec<_>>(),
        "arena": { "attack": me.arena.attack, "defense": me.arena.defense, "fights": me.arena.fights, "log": me.arena.log },
        "quests": me.quests,
        "notifications": NoticeKind::ALL.map(|kind| {
            json!({ "kind": kind, "dm": facts::notify::wants(me, kind, kind.by_default()) })
        }),
    })
}

fn marches(ctx: Ctx<'_>, me: &Player) -> Vec<Value> {
    let out = ctx.state.marches_of(me.pn).map(|(id, march)| {
        json!({
            "march": id, "kind": march.kind, "phase": march.phase, "target": march.target, "troops": march.troops,
            "wounded": march.wounded, "hero": march.hero, "departed": march.departed, "arrives": march.arrives,
            "home_at": march.home_at, "load": march.load,
        })
    });
    out.collect()
}

fn lands(ctx: Ctx<'_>, me: &Player) -> Vec<Value> {
    let own = land::of(ctx.state, LandOwner::Player(me.pn)).map(|(no, land)| {
        json!({
            "parcel": no, "type": land.kind, "value": land.value, "acquired_at": land.acquired_at,
            "arrears": land.arrears, "offer": land.offer,
        })
    });
    own.collect()
}

fn membership(ctx: Ctx<'_>, me: &Player) -> Option<Value> {
    let (id, of) = guild::of(ctx.state, me)?;
    let member = of.members.get(&me.pn)?;
    Some(json!({
        "guild": id, "role": member.role, "joined_at": member.joined_at, "donated": member.donated,
    }))
}
