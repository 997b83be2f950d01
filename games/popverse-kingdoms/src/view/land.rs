//! Lands: values, factors, owners; a garrison only where it is seen (rulebook 2.14, 2.20).

use serde_json::{Value, json};

use super::{Answer, page};
use crate::decide::{Ctx, land as decide};
use crate::event::LandOwner;
use crate::facts::land as facts;
use crate::formulas::land as formulas;
use crate::ids::ParcelNo;
use crate::keys::ParcelType;
use crate::query::LandState;
use crate::sight::Sight;
use crate::state::{Land, Player};

/// Whose a parcel is; a guild with its tag.
pub(super) fn whose(ctx: Ctx<'_>, owner: LandOwner) -> Value {
    match owner {
        LandOwner::Player(pn) => json!({ "player": pn }),
        LandOwner::Guild(id) => {
            json!({ "guild": id, "tag": ctx.state.guilds.get(&id).map(|guild| &guild.tag) })
        }
    }
}

fn line(ctx: Ctx<'_>, no: ParcelNo, land: &Land) -> Value {
    let gate = ctx.state.map().and_then(|map| map.parcel(no.get())).map(|parcel| parcel.gate);
    json!({
        "parcel": no,
        "type": land.kind,
        "x": gate.map(crate::tile::Tile::x),
        "y": gate.map(crate::tile::Tile::y),
        "value": land.value,
        "trend": facts::trend(ctx.rules, ctx.state, land),
        "owner": land.owner.map(|owner| whose(ctx, owner)),
        "offer": land.offer,
    })
}

fn wanted(me: &Player, land: &Land, state: LandState) -> bool {
    match state {
        LandState::Unowned => land.owner.is_none(),
        LandState::Offered => land.offer.is_some(),
        LandState::Mine => land.owner == Some(LandOwner::Player(me.pn)),
        LandState::Guild => me.guild.is_some_and(|id| land.owner == Some(LandOwner::Guild(id))),
    }
}

pub(super) fn list(
    ctx: Ctx<'_>,
    kind: Option<ParcelType>,
    state: Option<LandState>,
    number: Option<i64>,
) -> Answer {
    let me = ctx.me()?;
    let shown = |(no, land): &(&ParcelNo, &Land)| {
        kind.is_none_or(|kind| land.kind == kind)
            && state.is_none_or(|state| wanted(me, land, state))
            && decide::known(ctx, me, **no).is_ok()
    };
    page(ctx.state.lands.iter().filter(shown).map(|(no, land)| line(ctx, *no, land)).collect(), number)
}

pub(super) fn info(ctx: Ctx<'_>, no: i64) -> Answer {
    let me = ctx.me()?;
    let (no, land) = decide::parcel(ctx, no)?;
    decide::known(ctx, me, no)?;
    let mut page = line(ctx, no, land);
    let f = land.factors;
    let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
    let seen = facts::corners(ctx.state, no).into_iter().any(|tile| sight.sees(tile));
    let garrison = seen.then(|| {
        let parts = facts::garrison(ctx.state, no);
        let row = |(march, m): &(crate::ids::MarchId, &crate::state::March)| {
            json!({ "march": march, "pn": m.pn, "troops": m.troops, "hero": m.hero })
        };
        parts.iter().map(row).collect::<Vec<Value>>()
    });
    if let Some(fields) = page.as_object_mut() {
        let more = json!({
            "factors": {
                "location": f.location, "proximity": f.proximity, "resources": f.resources,
                "strategic": f.strategic, "market": land.market,
            },
            "tax": formulas::tax(ctx.rules, land.value),
            "return": formulas::return_price(ctx.rules, land.value),
            "acquired_at": land.acquired_at,
            "arrears": land.arrears,
            "protected_until": land.protected_until.filter(|until| *until > ctx.now()),
            "garrison": garrison,
        });
        if let Value::Object(more) = more {
            fields.extend(more);
        }
    }
    Ok(page)
}
