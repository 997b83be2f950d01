//! Looking back on arena fights (rulebook 2.17).

use serde_json::{Value, json};

use super::{Answer, page};
use crate::decide::Ctx;
use crate::event::ArenaSide;
use crate::facts::arena as facts;

pub(super) fn log(ctx: Ctx<'_>, side: Option<ArenaSide>, number: Option<i64>) -> Answer {
    let me = ctx.me()?;
    let fits = |defended: bool| match side {
        Some(ArenaSide::Attack) => !defended,
        Some(ArenaSide::Defense) => defended,
        None => true,
    };
    let rows: Vec<Value> = me
        .arena
        .log
        .iter()
        .rev()
        .filter(|line| fits(line.defended))
        .map(|line| {
            json!({
                "battle": line.battle, "at": line.at, "defended": line.defended, "pn": line.other,
                "won": line.won, "change": line.change, "rating": line.rating,
            })
        })
        .collect();
    // The whole course as it is remembered, oldest first: what a curve is drawn of.
    let ratings: Vec<i64> = me.arena.log.iter().map(|line| line.rating).collect();
    let mut shown = page(rows, number)?;
    if let Some(fields) = shown.as_object_mut() {
        let more = json!({
            "rating": me.rating,
            "ratings": ratings,
            "points": me.points,
            "attempts": facts::attempts_left(ctx.rules, me),
            "attack": facts::team(ctx.rules, me, ArenaSide::Attack),
            "defense": facts::team(ctx.rules, me, ArenaSide::Defense),
        });
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    }
    Ok(shown)
}
