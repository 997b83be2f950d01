//! The player's own marches.

use serde_json::{Value, json};

use super::{Answer, page};
use crate::decide::Ctx;
use crate::facts::heroes;
use crate::formulas::power;
use crate::ids::MarchId;
use crate::sight::{self, Sight};
use crate::state::{March, Phase, Player};
use crate::tile::Tile;

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

fn places<'a>(tiles: impl Iterator<Item = &'a Tile>) -> Vec<Value> {
    tiles.map(|tile| json!({ "x": tile.x(), "y": tile.y() })).collect()
}

/// An own march for the dashboard: its whole way in the direction in which it goes, its beginning and its end.
pub(super) fn whole(ctx: Ctx<'_>, id: MarchId, march: &March) -> Value {
    let at = sight::position(ctx.rules, ctx.state, march, ctx.now());
    let home = march.phase == Phase::Homeward;
    let (start, end) = match march.home_at {
        Some(end) if home => (end.plus_s(-march.seconds), end),
        Some(_) | None => (march.departed, march.arrives),
    };
    let path = if home { places(march.path.tiles.iter().rev()) } else { places(march.path.tiles.iter()) };
    json!({
        "march": id, "pn": march.pn, "own": true, "kind": march.kind, "phase": march.phase,
        "at": { "x": at.x(), "y": at.y() }, "path": path, "start": start, "end": end,
    })
}

/// Somebody else's march where it is seen now, with the way on which it was in sight until here. Where it came from, where
/// it goes and when it will be there is hidden by the same fog that hides them to who stands there.
pub(super) fn seen(ctx: Ctx<'_>, me: &Player, sight: &Sight, id: MarchId, march: &March) -> Option<Value> {
    let at = sight::position(ctx.rules, ctx.state, march, ctx.now());
    let shown = |tile: Tile| sight.sees(tile) && me.explored.contains(tile);
    if !shown(at) {
        return None;
    }
    let tiles = &march.path.tiles;
    let here = tiles.iter().position(|tile| *tile == at);
    let behind: Vec<&Tile> = match (here, march.phase) {
        (Some(here), Phase::Outbound) => tiles.iter().take(here + 1).rev().collect(),
        (Some(here), Phase::Homeward) => tiles.iter().skip(here).collect(),
        (Some(_) | None, _) => vec![&at],
    };
    let mut way: Vec<&Tile> = behind.into_iter().take_while(|tile| shown(**tile)).collect();
    way.reverse();
    Some(json!({
        "march": id, "pn": march.pn, "own": false, "kind": march.kind, "phase": march.phase,
        "at": { "x": at.x(), "y": at.y() }, "path": places(way.into_iter()), "start": null, "end": null,
    }))
}

pub(super) fn list(ctx: Ctx<'_>, number: Option<i64>) -> Answer {
    let me = ctx.me()?;
    page(ctx.state.marches_of(me.pn).map(|(id, march)| row(ctx, me, id, march)).collect(), number)
}
