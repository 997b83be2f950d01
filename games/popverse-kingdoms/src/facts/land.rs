//! Who owns which land, and what it is worth to them (rulebook 2.6, 2.14).

use super::level;
use crate::amounts::Res;
use crate::event::{LandOwner, TargetRef};
use crate::formulas::production::{self, Holdings};
use crate::formulas::{city, land as formulas, season};
use crate::ids::{MarchId, ParcelNo, Pn};
use crate::keys::{Building, ParcelType, Resource};
use crate::rules::Rules;
use crate::state::{Land, March, Phase, Player, State};
use crate::tile::Tile;

/// Parcels of an owner, by number.
pub fn of(state: &State, owner: LandOwner) -> impl Iterator<Item = (ParcelNo, &Land)> {
    state.lands.iter().filter(move |(_, land)| land.owner == Some(owner)).map(|(no, land)| (*no, land))
}

/// ‰ that lands add to a player's production of each resource: own ones, and those of the player's guild.
#[must_use]
pub fn shares(rules: &Rules, state: &State, player: &Player) -> Res {
    let (own, guild) = (Some(LandOwner::Player(player.pn)), player.guild.map(LandOwner::Guild));
    let (mut of_own, mut of_guild) = ([Holdings::default(); 3], [Holdings::default(); 3]);
    // Once through all parcels, for this is asked whenever somebody's stores are looked at.
    for land in state.lands.values().filter(|land| land.owner.is_some()) {
        let held = match land.owner {
            owner if owner == own => &mut of_own,
            owner if owner == guild => &mut of_guild,
            _ => continue,
        };
        for (resource, held) in Resource::ALL.into_iter().zip(held) {
            held.matching += i64::from(land.kind.resource() == Some(resource));
            held.forts += i64::from(land.kind == ParcelType::StrategicFort);
        }
    }
    let share = |resource: Resource| {
        production::land_share(rules, of_own[resource.index()], of_guild[resource.index()])
    };
    Res::new(share(Resource::Food), share(Resource::Iron), share(Resource::Gold))
}

/// Trade hubs of one's own.
#[must_use]
pub fn hubs(state: &State, player: &Player) -> i64 {
    let own = of(state, LandOwner::Player(player.pn));
    own.filter(|(_, land)| land.kind == ParcelType::TradeHub).count() as i64
}

/// Where a parcel's value is heading, since the last daily reset.
#[must_use]
pub fn trend(rules: &Rules, state: &State, land: &Land) -> formulas::Trend {
    formulas::trend(rules, land.value, land.value_on(state.reset_day - rules.land.trend_days))
}

/// Σ value of own parcels.
#[must_use]
pub fn value(state: &State, player: &Player) -> i64 {
    of(state, LandOwner::Player(player.pn)).map(|(_, land)| land.value).sum()
}

/// Parcels that an owner may have.
#[must_use]
pub fn slots(rules: &Rules, state: &State, owner: LandOwner) -> i64 {
    match owner {
        LandOwner::Player(pn) => {
            state.player(pn).map_or(0, |player| city::land_slots(rules, level(player, Building::Hq)))
        }
        LandOwner::Guild(id) => {
            state.guilds.get(&id).map_or(0, |guild| season::guild_parcels(rules, guild.level))
        }
    }
}

/// Whether an owner has room for one more.
#[must_use]
pub fn free_slot(rules: &Rules, state: &State, owner: LandOwner) -> bool {
    (of(state, owner).count() as i64) < slots(rules, state, owner)
}

/// The players behind an owner: one, or all members.
pub fn people(state: &State, owner: LandOwner) -> Vec<Pn> {
    match owner {
        LandOwner::Player(pn) => vec![pn],
        LandOwner::Guild(id) => super::guild::members(state, id).collect(),
    }
}

/// Whether land is a player's own or that of their guild.
#[must_use]
pub fn own(player: &Player, owner: LandOwner) -> bool {
    match owner {
        LandOwner::Player(pn) => pn == player.pn,
        LandOwner::Guild(id) => player.guild == Some(id),
    }
}

/// Whether a player may put troops on a parcel: one's own, a fellow's, the guild's.
#[must_use]
pub fn friendly(state: &State, land: &Land, pn: Pn) -> bool {
    match land.owner {
        Some(LandOwner::Player(owner)) => owner == pn || super::guild::fellows(state, owner, pn),
        Some(LandOwner::Guild(id)) => state.player(pn).is_some_and(|player| player.guild == Some(id)),
        None => false,
    }
}

/// The faction of who owns a parcel.
#[must_use]
pub fn faction(state: &State, land: &Land) -> Option<crate::keys::Faction> {
    match land.owner? {
        LandOwner::Player(pn) => state.player(pn).map(|player| player.faction),
        LandOwner::Guild(id) => state.guilds.get(&id).map(|guild| guild.faction),
    }
}

/// Marches that stand on a parcel, first arrived first.
#[must_use]
pub fn garrison(state: &State, no: ParcelNo) -> Vec<(MarchId, &March)> {
    let here = |m: &March| {
        m.phase == Phase::Stationed && matches!(m.target_ref, TargetRef::Parcel(parcel) if parcel == no)
    };
    let mut found: Vec<(MarchId, &March)> =
        state.marches.iter().filter(|(_, m)| here(m)).map(|(id, m)| (*id, m)).collect();
    found.sort_by_key(|(id, m)| (m.arrives, *id));
    found
}

/// Who watches over a parcel against a player's scouts: its owner; over a guild's, who leads its garrison, else the guild's
/// leader. Nobody over land of nobody, nor against whose own it is.
#[must_use]
pub fn watcher(state: &State, no: ParcelNo, scouts_of: &Player) -> Option<Pn> {
    match state.lands.get(&no)?.owner.filter(|owner| !own(scouts_of, *owner))? {
        LandOwner::Player(pn) => Some(pn),
        LandOwner::Guild(id) => {
            let lead = garrison(state, no).first().map(|(_, march)| march.pn);
            lead.or_else(|| state.guilds.get(&id).and_then(crate::state::Guild::leader))
        }
    }
}

/// Troops that still find room on a parcel.
#[must_use]
pub fn garrison_room(rules: &Rules, state: &State, no: ParcelNo) -> i64 {
    let here: i64 = garrison(state, no).iter().map(|(_, march)| march.troops.total()).sum();
    (rules.land.garrison_max - here).max(0)
}

/// The corners of a parcel: what is within a distance of one of them is within it of the parcel.
pub fn corners(state: &State, no: ParcelNo) -> Vec<Tile> {
    let Some(parcel) = state.map().and_then(|map| map.parcel(no.get())) else { return Vec::new() };
    let (x, y, far) = (parcel.gate.x(), parcel.gate.y(), parcel.size - 1);
    [(x, y), (x + far, y), (x, y + far), (x + far, y + far)]
        .into_iter()
        .filter_map(|(x, y)| Tile::at(x, y))
        .collect()
}
