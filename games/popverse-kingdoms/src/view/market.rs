//! Prices and offers (rulebook 2.15).

use serde_json::{Value, json};

use super::{Answer, page};
use crate::decide::{Ctx, market as decide};
use crate::facts::economy;
use crate::keys::Resource;

pub(super) fn prices(ctx: Ctx<'_>) -> Value {
    let market = &ctx.state.market;
    let before = market.yesterday(ctx.now());
    let rows = [Resource::Food, Resource::Iron].map(|resource| {
        json!({
            "resource": resource,
            "price": market.prices[resource],
            "anchor": ctx.state.anchors[resource],
            "change": market.prices[resource] - before[resource],
        })
    });
    let me = ctx.asked.player().and_then(|id| ctx.state.find(id));
    let left = me.map(|me| {
        let cap = economy::caps(ctx.rules, me).food;
        me.today.traded.map(|traded| (cap - traded).max(0))
    });
    json!({
        "rows": rows,
        "spread": me.map_or(ctx.rules.market.spread, |me| decide::spread(ctx, me)),
        "left": left.map(|left| json!({ "food": left.food, "iron": left.iron })),
    })
}

pub(super) fn offers(
    ctx: Ctx<'_>,
    give: Option<Resource>,
    want: Option<Resource>,
    number: Option<i64>,
) -> Answer {
    let me = ctx.me()?;
    let fits = |offer: &crate::state::Offer| {
        give.is_none_or(|give| offer.give == give) && want.is_none_or(|want| offer.want == want)
    };
    let mut rows: Vec<(i128, Value)> = Vec::new();
    for (id, o) in ctx.state.market.offers.iter().filter(|(_, offer)| fits(offer)) {
        let unit = i128::from(o.want_amount) * 1_000_000 / i128::from(o.give_amount.max(1));
        let row = json!({
            "offer": id, "pn": o.pn, "mine": o.pn == me.pn, "give": o.give, "give_amount": o.give_amount,
            "want": o.want, "want_amount": o.want_amount, "expires": o.expires,
        });
        rows.push((unit, row));
    }
    rows.sort_by_key(|(unit, _)| *unit);
    page(rows.into_iter().map(|(_, row)| row).collect(), number)
}
