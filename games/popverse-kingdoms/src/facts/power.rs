//! Army power of what stands on the map, for display, scouting and advice (rulebook 3.1).

use schemas::GameTime;

use super::{heroes, land, march};
use crate::amounts::Troops;
use crate::camps;
use crate::event::TargetRef;
use crate::formulas::power;
use crate::ids::{NpcId, ParcelNo};
use crate::keys::{HeroKey, ParcelType, Terrain};
use crate::rules::Rules;
use crate::sight::Sight;
use crate::state::{March, Player, State};
use crate::tile::Tile;

/// Terrain of a tile for who defends it, in ‰: a fort that they hold, else a mountain.
#[must_use]
pub fn terrain(rules: &Rules, state: &State, tile: Tile) -> i64 {
    let Some(map) = state.map() else { return 1000 };
    if map.parcel_at(tile).is_some_and(|parcel| parcel.kind == ParcelType::StrategicFort) {
        return rules.battle.fort_terrain;
    }
    if map.terrain(tile) == Terrain::Mountain { rules.battle.mountain_terrain } else { 1000 }
}

/// An army that sets out.
#[must_use]
pub fn sent(rules: &Rules, owner: &Player, troops: Troops, hero: Option<HeroKey>) -> i64 {
    let hero = hero.map_or(0, |key| heroes::power(rules, owner, key));
    power::army(rules, Some(owner.faction), troops, hero, None)
}

/// Troops of a player who defend a tile, with a hero if one leads them.
#[must_use]
pub fn defending(
    rules: &Rules,
    state: &State,
    owner: &Player,
    troops: Troops,
    hero: Option<HeroKey>,
    tile: Tile,
) -> i64 {
    let hero = hero.map_or(0, |key| heroes::power(rules, owner, key));
    power::army(rules, Some(owner.faction), troops, hero, Some(terrain(rules, state, tile)))
}

/// A camp on its tile.
#[must_use]
pub fn camp(rules: &Rules, state: &State, npc: NpcId) -> Option<i64> {
    let camp = state.npcs.get(&npc)?;
    let dragon = camps::dragon(rules, camp.kind, camp.level, camp.element).map_or(0, |hero| hero.power);
    let troops = camps::troops(rules, camp.kind, camp.level);
    Some(power::army(rules, None, troops, dragon, Some(terrain(rules, state, camp.tile))))
}

/// The garrison of a parcel, as it would defend this tile of it; none where nobody stands.
#[must_use]
pub fn garrison(rules: &Rules, state: &State, no: ParcelNo, tile: Tile) -> Option<i64> {
    let here = land::garrison(state, no);
    let (_, lead) = here.first()?;
    let troops = here.iter().fold(Troops::NONE, |sum, (_, march)| sum + march.troops);
    Some(defending(rules, state, state.player(lead.pn)?, troops, lead.hero, tile))
}

/// The party that gathers at a node; none where nobody does.
#[must_use]
pub fn party(rules: &Rules, state: &State, node: Tile) -> Option<i64> {
    let march: &March = state.nodes.get(&node)?.march.and_then(|id| state.marches.get(&id))?;
    Some(defending(rules, state, state.player(march.pn)?, march.troops, march.hero, node))
}

/// A city with its guests and whoever would lead them.
#[must_use]
pub fn city(rules: &Rules, state: &State, owner: &Player, now: GameTime, tile: Tile) -> i64 {
    let guests = march::guests(state, owner.pn).fold(Troops::NONE, |sum, (_, march)| sum + march.troops);
    let hero = heroes::defender(rules, state, owner, now);
    defending(rules, state, owner, owner.home + guests, hero, tile)
}

/// What a player knows of the army power that defends a tile now: of a city that is not their own what their scouts
/// have reported, of what stands in the open what they see.
#[must_use]
pub(crate) fn known(
    rules: &Rules,
    state: &State,
    me: &Player,
    sight: &Sight,
    now: GameTime,
    tile: Tile,
) -> Option<i64> {
    match state.target_at(tile).filter(|_| me.explored.contains(tile) && sight.sees(tile))? {
        TargetRef::City(pn) if pn == me.pn => Some(city(rules, state, me, now, tile)),
        TargetRef::City(_) => {
            me.scouted.iter().find(|target| target.tile == tile && target.until > now)?.power
        }
        TargetRef::Npc(npc) => camp(rules, state, npc),
        // Land that nobody guards is taken without a blow; nobody's is not attacked at all.
        TargetRef::Parcel(no) => {
            state.lands.get(&no)?.owner?;
            Some(garrison(rules, state, no, tile).unwrap_or(0))
        }
        TargetRef::Node => party(rules, state, tile),
        TargetRef::ControlPoint(_) => None,
    }
}
