//! The weekly conquest as anyone may see it, and a player's quests and switches (rulebook 2.18, 2.19, 7).

use serde_json::{Value, json};

use super::Answer;
use crate::decide::Ctx;
use crate::facts::notify;
use crate::formulas::conquest::{self as formulas, Bearer};
use crate::formulas::season;
use crate::ids::BannerId;
use crate::keys::{Building, NoticeKind};
use crate::state::{Army, TimerKey};
use crate::tile::Tile;

/// Whose a banner is.
fn banner(ctx: Ctx<'_>, banner: BannerId) -> Value {
    match formulas::bearer(ctx.rules, banner) {
        Bearer::Guild(guild) => json!({ "guild": guild }),
        Bearer::Player(pn) => json!({ "pn": pn }),
    }
}

pub(super) fn status(ctx: Ctx<'_>) -> Value {
    let state = ctx.state;
    let next = state.timers.due(&TimerKey::ConquestMuster);
    let Some((id, now)) = state.conquests.last_key_value() else {
        return json!({ "next_muster": next });
    };
    let me = ctx.asked.player().and_then(|id| state.find(id));
    let known = |tile: &Tile| me.is_some_and(|me| me.explored.contains(*tile));
    let armies = |armies: &[Army]| armies.iter().map(|army| banner(ctx, army.banner)).collect::<Vec<_>>();
    let points = now.points.iter().map(|(point, here)| {
        let tile = state.map().and_then(|map| map.control_point(point)).filter(known);
        json!({
            "point": point,
            "x": tile.map(Tile::x),
            "y": tile.map(Tile::y),
            "owner": here.owner.map(|owner| banner(ctx, owner)),
            "keeper": here.keeper,
            "queue": armies(&here.queue),
            "garrison": armies(&here.garrison),
        })
    });
    let points: Vec<Value> = points.collect();
    let scores = (1..).zip(now.ranking()).map(|(rank, (of, tally)): (i64, _)| {
        json!({ "rank": rank, "banner": banner(ctx, of), "score": tally.score, "crown_ticks": tally.crown_ticks })
    });
    let scores: Vec<Value> = scores.collect();
    json!({
        "conquest": id,
        "stage": now.stage,
        "opens": now.opens,
        "starts": now.starts,
        "ends": now.ends,
        "finale": now.finale,
        "tick": now.tick,
        "points": points,
        "scores": scores,
        "next_muster": next,
    })
}

pub(super) fn quests(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let today = ctx.state.day(ctx.now());
    let quests = me.quests.as_ref().filter(|quests| quests.day == today);
    let rows = quests.iter().flat_map(|quests| &quests.lines).map(|line| {
        json!({
            "quest": line.quest, "progress": line.progress, "target": line.target, "done": line.done(),
            "paid": line.paid,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({
        "day": today,
        "assigned": quests.is_some(),
        "quests": rows,
        "reward": season::quest_reward(ctx.rules, crate::facts::level(me, Building::Hq)),
    }))
}

pub(super) fn switches(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let rows = NoticeKind::ALL.into_iter().map(|kind| {
        json!({
            "kind": kind, "dm": notify::wants(me, kind, kind.by_default()), "set": me.notify.contains_key(&kind),
        })
    });
    Ok(json!({ "switches": rows.collect::<Vec<Value>>() }))
}
