//! The player's own marches.

use serde_json::{Value, json};

use super::{Answer, page};
use crate::decide::Ctx;
use crate::facts::heroes;
use crate::formulas::power;
use crate::ids::MarchId;
use crate::sight;
use crate::state::{March, Phase, Player};

fn row(ctx: Ctx<'_>, me: &Player, id: MarchId, march: &March) -> Value {
    let hero = march.hero.map_or(0, |key| heroes::power(ctx.rules, me, key));
    let at = sight::position(ctx.rules, ctx.state, march, ctx.now());
    json!({
        "march": id,
        "kind": march.kind,
        "phase": march.phase,
        "from": { "x": march.from.x(), "y": march.from.y() },
        "target": { "x": march.target.x(), "y": march.target.y() },
        "target_ref": march.target_ref,
        "at": { "x": at.x(), "y": at.y() },
        "troops": march.troops,
        "wounded": march.wounded,
        "hero": march.hero,
        "power": power::army(ctx.rules, Some(me.faction), march.troops, hero, None),
        "departed": march.departed,
        "arrives": march.arrives,
        "home_at": march.home_at,
        "load": march.load,
        "recallable": march.phase != Phase::Homeward,
    })
}

pub(super) fn list(ctx: Ctx<'_>, number: Option<i64>) -> Answer {
    let me = ctx.me()?;
    page(ctx.state.marches_of(me.pn).map(|(id, march)| row(ctx, me, id, march)).collect(), number)
}
