//! Pages of the dashboard (rulebook 2.23): the same fog as in every other answer, and what a stranger may see.

use games_core::duty::{Page, SIDE_MAX, Whose};
use schemas::Rejection;
use serde_json::{Value, json};

use super::{Answer, city, map, march, world};
use crate::decide::{Ctx, tile as on_map};
use crate::ids::Pn;
use crate::refuse;
use crate::sight::Sight;
use crate::state::{Player, Status};
use crate::tile::Tile;
use crate::tile_set::TileSet;

/// Answers for a page.
pub(crate) fn page(ctx: Ctx<'_>, page: &Page) -> Answer {
    match page {
        Page::Map { x, y, size } => square(ctx, *x, *y, *size),
        Page::Player { whose } => player(ctx, *whose),
        Page::Marches {} => marches(ctx),
    }
}

/// Who asks, if they play; a stranger has no city and sees with nobody's eyes. Who is suspended sees nothing.
fn viewer(ctx: Ctx<'_>) -> Result<Option<&Player>, Rejection> {
    match ctx.asked.player().and_then(|id| ctx.state.find(id)) {
        Some(_) => ctx.me().map(Some),
        None => Ok(None),
    }
}

fn square(ctx: Ctx<'_>, x: i64, y: i64, size: i64) -> Answer {
    refuse::within("size", size, 1, SIDE_MAX)?;
    let corner = on_map(x, y)?;
    let tiles = (y..y + size).flat_map(|row| (x..x + size).filter_map(move |column| Tile::at(column, row)));
    let shown: Vec<Value> = match viewer(ctx)? {
        Some(me) => {
            let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
            tiles.filter_map(|tile| map::known(ctx, me, &sight, tile)).collect()
        }
        None => {
            let mut explored = TileSet::new();
            for player in ctx.state.living() {
                explored.union(&player.explored);
            }
            let ground = |tile: Tile| {
                let map = ctx.state.map().filter(|_| explored.contains(tile))?;
                Some(json!({ "x": tile.x(), "y": tile.y(), "terrain": map.terrain(tile) }))
            };
            tiles.filter_map(ground).collect()
        }
    };
    Ok(json!({ "x": corner.x(), "y": corner.y(), "size": size, "tiles": shown }))
}

fn player(ctx: Ctx<'_>, whose: Whose) -> Answer {
    let me = viewer(ctx)?;
    let unknown = || refuse::unknown("UNKNOWN_PLAYER", "player");
    let found = match whose {
        Whose::Mine => me.ok_or(Rejection::new("NOT_JOINED"))?,
        Whose::Id(id) => ctx.state.find(id).ok_or_else(unknown)?,
        Whose::Number(number) => {
            let found = u32::try_from(number).ok().and_then(|number| ctx.state.player(Pn(number)));
            found.filter(|player| !matches!(player.status, Status::Deleted(_))).ok_or_else(unknown)?
        }
    };
    let mut page = world::profile(ctx, Some(found.id))?;
    let own = me.is_some_and(|me| me.pn == found.pn);
    if let Some(fields) = page.as_object_mut() {
        fields.insert("own".to_owned(), own.into());
        if own {
            fields.insert("city".to_owned(), city::city(ctx)?);
            fields.insert("buildings".to_owned(), city::buildings(ctx)?);
            fields.insert("research".to_owned(), city::research(ctx)?);
            fields.insert("troops".to_owned(), city::troops(ctx)?);
            fields.insert("items".to_owned(), city::items(ctx)?);
        }
    }
    Ok(page)
}

/// Own marches whole; of others those that are seen now, with the part of their way that was seen, too.
fn marches(ctx: Ctx<'_>) -> Answer {
    let Some(me) = viewer(ctx)? else { return Ok(json!({ "rows": [] })) };
    let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
    let rows = ctx.state.marches.iter().filter_map(|(id, m)| {
        if m.pn == me.pn { Some(march::whole(ctx, *id, m)) } else { march::seen(ctx, me, &sight, *id, m) }
    });
    Ok(json!({ "rows": rows.collect::<Vec<_>>() }))
}
