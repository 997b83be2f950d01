//! The player's own city.

use serde_json::{Value, json};

use super::Answer;
use crate::decide::Ctx;
use crate::facts::{self, army, economy, heroes, work};
use crate::formulas::production;
use crate::keys::{Building, Item, Technology, Tier};
use crate::state::{Phase, Player};
use crate::tile::Tile;

/// Jobs under way, of all kinds.
fn jobs(me: &Player) -> Value {
    let builds: Vec<Value> = me
        .builds
        .iter()
        .map(|job| json!({ "building": job.building, "level": job.level, "due": job.due }))
        .collect();
    json!({
        "building": builds,
        "research": me.researching.map(|job| json!({
            "technology": job.technology, "level": job.level, "due": job.due,
        })),
        "training": me.training.map(|job| json!({
            "kind": job.kind, "tier": job.tier, "count": job.count, "due": job.due,
        })),
        "healing": me.healing.map(|job| json!({ "troops": job.troops, "due": job.due })),
    })
}

pub(super) fn city(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let (rules, state, now) = (ctx.rules, ctx.state, ctx.now());
    Ok(json!({
        "pn": me.pn,
        "faction": me.faction,
        "x": me.city.map(Tile::x),
        "y": me.city.map(Tile::y),
        "stocks": ctx.stock(me),
        "caps": economy::caps(rules, me),
        "rates": economy::rates(rules, state, me),
        "starving": economy::starving(rules, state, me, now),
        "diamonds": me.diamonds,
        "power": facts::kingdom_power(rules, state, me),
        "jobs": jobs(me),
        "crew_until": me.crew_until,
        "shield_until": me.shielded(now),
        "warden": me.warden,
        "defender": heroes::defender(rules, state, me, now),
        "home": me.home,
        "wounded": me.wounded,
        "infirmary": facts::infirmary(rules, me),
        "housing": { "used": army::housed(state, me), "room": facts::housing(rules, me) },
    }))
}

pub(super) fn buildings(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let rows = Building::ALL.into_iter().map(|building| {
        let level = facts::level(me, building);
        let next = (level < ctx.rules.city.level_max).then(|| {
            json!({
                "level": level + 1,
                "cost": work::building_cost(ctx.rules, building, level + 1),
                "seconds": work::building_seconds(ctx.rules, me, building, level + 1),
                "hq_too_low": building != Building::Hq && level >= facts::level(me, Building::Hq),
            })
        });
        let job = me.builds.iter().find(|job| job.building == building);
        json!({ "building": building, "level": level, "next": next, "due": job.map(|job| job.due) })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({ "rows": rows, "stocks": ctx.stock(me) }))
}

pub(super) fn research(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let rows = Technology::ALL.into_iter().map(|technology| {
        let level = facts::tech(me, technology);
        let next = (level < ctx.rules.research.level_max).then(|| {
            json!({
                "level": level + 1,
                "cost": work::research_cost(ctx.rules, technology, level + 1),
                "seconds": work::research_seconds(ctx.rules, me, technology, level + 1),
                "academy": work::academy_needed(ctx.rules, level + 1),
                "needs": ctx.rules.technologies[technology].needs,
            })
        });
        let job = me.researching.filter(|job| job.technology == technology);
        json!({ "technology": technology, "level": level, "next": next, "due": job.map(|job| job.due) })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({ "rows": rows, "stocks": ctx.stock(me) }))
}

pub(super) fn troops(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let rows = Tier::ALL.into_iter().map(|tier| {
        let out = |stationed: bool| -> i64 {
            let marches = ctx.state.marches_of(me.pn).map(|(_, march)| march);
            marches.filter(|m| (m.phase == Phase::Stationed) == stationed).map(|m| m.troops[tier]).sum()
        };
        let training = me.training.filter(|job| job.arriving() == tier);
        json!({
            "tier": tier,
            "home": me.home[tier],
            "marching": out(false),
            "stationed": out(true),
            "wounded": me.wounded[tier],
            "healing": me.healing.map_or(0, |job| job.troops[tier]),
            "training": training.map_or(0, |job| job.count),
            "due": training.map(|job| job.due),
            "unlocked": army::unlocked(ctx.rules, me, tier),
            "cost": ctx.rules.troops[tier].cost,
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({
        "rows": rows,
        "upkeep": production::upkeep(ctx.rules, army::living(ctx.state, me)),
        "housing": { "used": army::housed(ctx.state, me), "room": facts::housing(ctx.rules, me) },
        "batch": army::batch(ctx.rules, me),
        "march_cap": facts::march_cap(ctx.rules, me),
    }))
}

pub(super) fn items(ctx: Ctx<'_>) -> Answer {
    let me = ctx.me()?;
    let rows = Item::ALL.into_iter().map(|item| {
        let price = ctx.rules.items.prices[item];
        json!({ "item": item, "count": me.items[item], "diamonds": (price > 0).then_some(price) })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(json!({ "rows": rows, "diamonds": me.diamonds }))
}
