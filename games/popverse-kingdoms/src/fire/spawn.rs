//! The opening, and camps that appear (rulebook 2.2, 2.4, 2.12).

use crate::battle::Digest;
use crate::camps;
use crate::decide::Deciding;
use crate::event::{MapGenerated, NpcSpawned};
use crate::ids::NpcId;
use crate::keys::NpcType;
use crate::map::{self, Fields};
use crate::site::Occupied;
use crate::tile::Tile;

/// Draws the map, spawns the camps; the clocks start with the map.
pub(crate) fn open(d: &mut Deciding<'_>) {
    let figures = &d.rules().map;
    let drawn = map::generate(figures, d.secret());
    let ground = Fields::generate(figures, d.secret()).ground(figures);
    let sealed = Tile::all().filter(|tile| ground.biome[tile.index()] != drawn.biome(*tile)).count() as i64;
    d.emit(MapGenerated { sealed, terrain_digest: Digest(drawn.terrain_digest()), map: drawn.store() });
    for kind in NpcType::ALL {
        for _ in 0..d.rules().camps[kind].count {
            spawn(d, kind, None);
        }
    }
}

/// A new camp takes the place of a beaten one.
pub(super) fn respawn(d: &mut Deciding<'_>, npc: NpcId) {
    if let Some(kind) = d.state().npcs.get(&npc).map(|camp| camp.kind) {
        spawn(d, kind, Some(npc));
    }
}

fn spawn(d: &mut Deciding<'_>, kind: NpcType, replaces: Option<NpcId>) {
    let (rules, day) = (d.rules(), d.state().day(d.now()));
    let number = d.allocate("npc");
    let seed = d.seed("npc", number);
    let rng = d.rng(seed);
    let (cities, standing) = crate::decide::occupied(d.state());
    let occupied = Occupied { cities: &cities, camps: &standing };
    let Some(map) = d.state().map() else { return };
    let Some(made) = camps::spawn_with(rules, map, rng, seed, occupied, kind, day) else { return };
    d.emit(NpcSpawned {
        npc: NpcId(number),
        kind,
        tile: made.tile,
        level: made.level,
        element: made.element,
        power: made.power,
        seed,
        replaces,
    });
}
