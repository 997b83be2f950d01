//! The map under fog: what was explored shows its ground for ever, what is seen now also who and what stands there.

use schemas::Rejection;
use serde_json::{Value, json};

use super::{Answer, land};
use crate::amounts::Troops;
use crate::decide::{Ctx, tile as on_map};
use crate::facts;
use crate::ids::{NpcId, ParcelNo, Pn};
use crate::map::Feature;
use crate::query::FindKind;
use crate::refuse;
use crate::sight::{self, Sight};
use crate::state::Player;
use crate::tile::Tile;

/// What stands on a seen tile now.
fn present(ctx: Ctx<'_>, tile: Tile) -> Vec<(&'static str, Value)> {
    let state = ctx.state;
    let mut found = Vec::new();
    if let Some(owner) = state.cities.get(&tile).and_then(|pn| state.player(*pn)) {
        found.push(("city", json!({ "pn": owner.pn, "faction": owner.faction })));
    }
    if let Some((id, camp)) = state.npc_at.get(&tile).and_then(|id| Some((id, state.npcs.get(id)?))) {
        let figures = json!({
            "npc": id, "type": camp.kind, "level": camp.level, "element": camp.element, "power": camp.power,
        });
        found.push(("npc", figures));
    }
    let here =
        |(_, march): &(_, &crate::state::March)| sight::position(ctx.rules, state, march, ctx.now()) == tile;
    let marches: Vec<Value> = state
        .marches
        .iter()
        .filter(here)
        .map(|(id, march)| json!({ "march": id, "pn": march.pn, "kind": march.kind, "phase": march.phase }))
        .collect();
    if !marches.is_empty() {
        found.push(("marches", marches.into()));
    }
    found
}

/// A tile as a player knows it; nothing of one not explored.
pub(super) fn known(ctx: Ctx<'_>, me: &Player, sight: &Sight, tile: Tile) -> Option<Value> {
    let map = ctx.state.map().filter(|_| me.explored.contains(tile))?;
    let mut row = json!({
        "x": tile.x(), "y": tile.y(), "terrain": map.terrain(tile), "biome": map.biome(tile),
        "visible": sight.sees(tile),
    });
    let fields = row.as_object_mut()?;
    match map.feature(tile) {
        Feature::None => {}
        Feature::ControlPoint(point) => {
            fields.insert("control_point".to_owned(), json!(point));
        }
        Feature::Beacon(_) => {
            fields.insert("beacon".to_owned(), json!({ "lit": me.beacons.contains(&tile) }));
        }
        Feature::Parcel(_) => {
            if let Some(parcel) = map.parcel_at(tile) {
                let owner = ctx.state.lands.get(&ParcelNo(parcel.no)).and_then(|land| land.owner);
                let owner = owner.map(|owner| land::whose(ctx, owner));
                let shown = json!({ "no": parcel.no, "type": parcel.kind, "owner": owner });
                fields.insert("parcel".to_owned(), shown);
            }
        }
        Feature::Node(_) => {
            if let Some(node) = map.node_at(tile) {
                fields.insert("node".to_owned(), json!({ "kind": node.kind, "level": node.level }));
                // What is left changes with whoever gathers: it is seen, not remembered.
                let now = ctx.state.nodes.get(&tile).filter(|_| sight.sees(tile));
                if let (Some(now), Some(node)) = (now, fields.get_mut("node").and_then(Value::as_object_mut))
                {
                    node.insert("left".to_owned(), now.left.into());
                    node.insert("refill_at".to_owned(), json!(now.refill_at));
                }
            }
        }
    }
    if sight.sees(tile) {
        fields.extend(present(ctx, tile).into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    Some(row)
}

fn parcel_at(ctx: Ctx<'_>, tile: Tile) -> Option<ParcelNo> {
    let parcel = ctx.state.map()?.parcel_at(tile)?;
    Some(ParcelNo(parcel.no))
}

pub(super) fn view(ctx: Ctx<'_>, centre: (Option<i64>, Option<i64>), radius: Option<i64>) -> Answer {
    let me = ctx.me()?;
    let radius = radius.unwrap_or(7);
    refuse::within("radius", radius, 3, 15)?;
    let home = me.city.map_or((50, 50), |tile| (tile.x(), tile.y()));
    let middle = on_map(centre.0.unwrap_or(home.0), centre.1.unwrap_or(home.1))?;
    let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
    let tiles: Vec<Value> = middle.square(radius).filter_map(|tile| known(ctx, me, &sight, tile)).collect();
    Ok(json!({ "x": middle.x(), "y": middle.y(), "radius": radius, "tiles": tiles }))
}

pub(super) fn tile(ctx: Ctx<'_>, x: i64, y: i64) -> Answer {
    let me = ctx.me()?;
    let place = on_map(x, y)?;
    let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
    let mut row = known(ctx, me, &sight, place).ok_or_else(|| refuse::unexplored(x, y))?;
    if let (Some(fields), true) = (row.as_object_mut(), sight.sees(place)) {
        let power = facts::power::known(ctx.rules, ctx.state, me, &sight, ctx.now(), place);
        fields.insert("power_estimate".to_owned(), power.into());
        // What everybody may read on the board of power, next to who lives there.
        let owner = ctx.state.cities.get(&place).and_then(|pn| ctx.state.player(*pn));
        let city = fields.get_mut("city").and_then(Value::as_object_mut);
        if let (Some(city), Some(owner)) = (city, owner) {
            let power = facts::kingdom_power(ctx.rules, ctx.state, owner);
            city.insert("kingdom_power".to_owned(), power.into());
        }
        if let (Some(parcel), Some(fields)) = (parcel_at(ctx, place), fields.get_mut("parcel")) {
            let troops = |(_, march): &(_, &crate::state::March)| march.troops;
            let here = facts::land::garrison(ctx.state, parcel);
            let troops = here.iter().map(troops).fold(Troops::NONE, |sum, troops| sum + troops);
            fields["garrison"] = json!(troops);
        }
    }
    Ok(row)
}

pub(super) fn find(ctx: Ctx<'_>, kind: FindKind, level: Option<i64>, radius: Option<i64>) -> Answer {
    let me = ctx.me()?;
    refuse::within("level", level.unwrap_or(1), 1, 10)?;
    refuse::within("radius", radius.unwrap_or(100), 1, 100)?;
    let from = me.city.ok_or(Rejection::new("NOT_JOINED"))?;
    let sight = Sight::of(ctx.rules, ctx.state, me, ctx.now());
    let mut found: Vec<(i64, Tile, Found)> = candidates(ctx, me, &sight, kind)
        .into_iter()
        .filter(|(tile, found)| {
            level.is_none_or(|level| found.level == Some(level)) && from.within(*tile, radius.unwrap_or(150))
        })
        .map(|(tile, found)| (from.distance_milli(tile), tile, found))
        .collect();
    found.sort_unstable_by_key(|(distance, tile, _)| (*distance, *tile));
    let rows: Vec<Value> = found
        .into_iter()
        .take(10)
        .map(|(distance, tile, found)| {
            let mut row =
                json!({ "x": tile.x(), "y": tile.y(), "level": found.level, "distance": distance / 1000 });
            if let (Some(row), Value::Object(what)) = (row.as_object_mut(), found.what) {
                row.extend(what);
            }
            row
        })
        .collect();
    Ok(json!({ "kind": kind, "rows": rows }))
}

/// What stands on a tile that was looked for.
struct Found {
    /// Its level, of what has one.
    level: Option<i64>,
    /// What else is told of it: fields of the row.
    what: Value,
}

/// Tiles of a kind that the player knows: what moves only where it is seen, what stays where it was explored.
fn candidates(ctx: Ctx<'_>, me: &Player, sight: &Sight, kind: FindKind) -> Vec<(Tile, Found)> {
    let state = ctx.state;
    let Some(map) = state.map() else { return Vec::new() };
    let explored = |tile: &Tile| me.explored.contains(*tile);
    // Sight does not explore: of a tile that nobody has been near nothing is shown.
    let seen = |tile: &Tile| sight.sees(*tile) && explored(tile);
    let plain = |tile| (tile, Found { level: None, what: Value::Null });
    match kind {
        FindKind::City => {
            let others = state.cities.iter().filter(|(tile, pn)| seen(tile) && **pn != me.pn);
            let found = |(tile, pn): (&Tile, &Pn)| {
                let faction = state.player(*pn)?.faction;
                Some((*tile, Found { level: None, what: json!({ "pn": pn, "faction": faction }) }))
            };
            others.filter_map(found).collect()
        }
        FindKind::BanditCamp | FindKind::GoblinOutpost | FindKind::DragonLair => {
            let camps = state.npc_at.iter().filter(|(tile, _)| seen(tile));
            let found = |(tile, id): (&Tile, &NpcId)| {
                let camp = state.npcs.get(id).filter(|camp| Some(camp.kind) == kind.camp())?;
                Some((*tile, Found { level: Some(camp.level), what: json!({ "element": camp.element }) }))
            };
            camps.filter_map(found).collect()
        }
        FindKind::Node => {
            let nodes = map.nodes().iter().filter(|n| explored(&n.tile));
            nodes
                .map(|n| (n.tile, Found { level: Some(n.level), what: json!({ "resource": n.kind }) }))
                .collect()
        }
        FindKind::Land => {
            let parcels = map.parcels().iter().filter(|p| explored(&p.gate));
            parcels.map(|p| (p.gate, Found { level: None, what: json!({ "type": p.kind }) })).collect()
        }
        FindKind::Beacon => map.beacons().iter().copied().filter(explored).map(plain).collect(),
        FindKind::ControlPoint => map.control_points().iter().copied().filter(explored).map(plain).collect(),
    }
}
