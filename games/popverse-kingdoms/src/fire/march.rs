//! Marches that arrive, gather, come home; alarms (rulebook 2.5, 2.11).

use super::{combat, scout};
use crate::amounts::Res;
use crate::decide::{Deciding, common};
use crate::event::{
    ArrivalResult, BeaconLit, ConquestArmyQueued, ExploredBy, GatheringEnd, GatheringEnded, GatheringStarted,
    IncomingAlertRaised, MarchArrived, MarchReturned, MarchTurnedBack, NodeDepleted, NodeRefilled,
    SpillSource, TargetRef, TroopsStationed, TurnBackReason,
};
use crate::facts::{self, march as facts_march};
use crate::formulas::arith::floor_to;
use crate::formulas::conquest;
use crate::formulas::march as formulas;
use crate::ids::{MarchId, ParcelNo, Pn};
use crate::keys::{Building, MarchKind};
use crate::state::{March, Phase, State};
use crate::tile::Tile;

/// Makes known what a march passed, and lights beacons on its way.
pub(crate) fn travelled(d: &mut Deciding<'_>, pn: Pn, way: &[Tile]) {
    let rules = d.rules();
    let Some(player) = d.state().player(pn) else { return };
    let radius = facts_march::explore_radius(rules, player);
    let lit = &player.beacons;
    let beacons = d.state().map().map(|map| map.beacons().to_vec()).unwrap_or_default();
    let new: Vec<Tile> = beacons.into_iter().filter(|b| way.contains(b) && !lit.contains(b)).collect();
    common::explore(d, pn, crate::path::explored_along(way, radius), ExploredBy::March);
    for beacon in new {
        d.emit(BeaconLit { pn, beacon });
        common::explore(d, pn, common::square(beacon, rules.fog.beacon), ExploredBy::Beacon);
    }
}

/// A march reaches its target.
pub(super) fn arrived(d: &mut Deciding<'_>, id: MarchId) {
    let Some(march) = d.state().marches.get(&id).cloned() else { return };
    travelled(d, march.pn, &march.path.tiles);
    match march.kind {
        MarchKind::Attack => attack(d, id, &march),
        MarchKind::Scout => scout::arrived(d, id, &march),
        MarchKind::Gather => gather(d, id, &march),
        MarchKind::Reinforce => reinforce(d, id, &march),
        MarchKind::Garrison => garrison(d, id, &march),
        MarchKind::Conquest => queue(d, id, &march),
    }
}

/// An army queues at a control point, or comes too late.
fn queue(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    let (rules, state) = (d.rules(), d.state());
    let TargetRef::ControlPoint(point) = m.target_ref else { return };
    let Some((conquest, _)) = state.conquest() else {
        return turn_back(d, id, m, TurnBackReason::ConquestOver);
    };
    let banner = conquest::banner(rules, m.pn, state.player(m.pn).and_then(|p| p.guild));
    d.emit(MarchArrived { march: id, result: ArrivalResult::Queue });
    d.emit(ConquestArmyQueued { conquest, point, pn: m.pn, march: id, banner });
}

pub(super) fn turn_back(d: &mut Deciding<'_>, march: MarchId, m: &March, reason: TurnBackReason) {
    d.emit(MarchArrived { march, result: ArrivalResult::TurnedBack });
    let home_at = d.now().plus_s(m.seconds);
    d.emit(MarchTurnedBack { march, reason, home_at });
}

/// Why a city can not be met, if it can not.
pub(super) fn city_barred(d: &Deciding<'_>, m: &March, owner: Pn) -> Option<TurnBackReason> {
    let state: &State = d.state();
    if state.cities.get(&m.target) != Some(&owner) {
        return Some(TurnBackReason::CityGone);
    }
    let shielded = state.player(owner).is_some_and(|p| p.shielded(d.now()).is_some());
    shielded.then_some(TurnBackReason::Shielded)
}

fn attack(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    match m.target_ref {
        TargetRef::City(owner) => match city_barred(d, m, owner) {
            Some(reason) => turn_back(d, id, m, reason),
            None => combat::city(d, id, m, owner),
        },
        TargetRef::Npc(npc) => {
            if d.state().npc_at.get(&m.target) == Some(&npc) {
                combat::camp(d, id, m, npc);
            } else {
                turn_back(d, id, m, TurnBackReason::NpcGone);
            }
        }
        TargetRef::Node => {
            let state = d.state();
            let party = state.nodes.get(&m.target).and_then(|node| node.march);
            let other = party.and_then(|party| Some((party, state.marches.get(&party)?.pn)));
            let faction = |pn: Pn| state.player(pn).map(|p| p.faction);
            match other {
                None => turn_back(d, id, m, TurnBackReason::NobodyThere),
                Some((_, owner)) if faction(owner) == faction(m.pn) => {
                    turn_back(d, id, m, TurnBackReason::Friendly);
                }
                Some((party, _)) => combat::node(d, id, m, party),
            }
        }
        TargetRef::Parcel(no) => match land_barred(d, m, no) {
            Some(reason) => turn_back(d, id, m, reason),
            None => combat::land(d, id, m, no),
        },
        TargetRef::ControlPoint(_) => turn_back(d, id, m, TurnBackReason::NobodyThere),
    }
}

/// Troops find room on a friendly parcel, or turn back.
fn garrison(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    let (rules, state) = (d.rules(), d.state());
    let TargetRef::Parcel(no) = m.target_ref else { return };
    let friendly = state.lands.get(&no).is_some_and(|land| facts::land::friendly(state, land, m.pn));
    if !friendly {
        return turn_back(d, id, m, TurnBackReason::NotFellow);
    }
    if m.troops.total() > facts::land::garrison_room(rules, state, no) {
        return turn_back(d, id, m, TurnBackReason::Full);
    }
    d.emit(MarchArrived { march: id, result: ArrivalResult::Station });
    d.emit(TroopsStationed { pn: m.pn, march: id, host: None, parcel: Some(no), troops: m.troops });
}

/// What keeps an attack from a parcel, if anything does.
fn land_barred(d: &Deciding<'_>, m: &March, no: ParcelNo) -> Option<TurnBackReason> {
    let state = d.state();
    let Some(land) = state.lands.get(&no).filter(|land| land.owner.is_some()) else {
        return Some(TurnBackReason::NobodyThere);
    };
    let mine = state.player(m.pn).map(|p| p.faction);
    if facts::land::faction(state, land) == mine {
        return Some(TurnBackReason::Friendly);
    }
    land.protected_until.filter(|until| *until > d.now()).map(|_| TurnBackReason::Protected)
}

/// Troops find room with a fellow, or turn back.
fn reinforce(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    let (rules, state) = (d.rules(), d.state());
    let TargetRef::City(host) = m.target_ref else { return };
    let Some(owner) = state.player(host).filter(|_| state.cities.get(&m.target) == Some(&host)) else {
        return turn_back(d, id, m, TurnBackReason::CityGone);
    };
    if !facts::guild::fellows(state, m.pn, host) {
        return turn_back(d, id, m, TurnBackReason::NotFellow);
    }
    if m.troops.total() > facts_march::embassy_room(rules, state, owner) {
        return turn_back(d, id, m, TurnBackReason::Full);
    }
    d.emit(MarchArrived { march: id, result: ArrivalResult::Station });
    d.emit(TroopsStationed { pn: m.pn, march: id, host: Some(host), parcel: None, troops: m.troops });
}

fn gather(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    let rules = d.rules();
    let state = d.state();
    let Some(node) = state.nodes.get(&m.target).copied() else {
        return turn_back(d, id, m, TurnBackReason::NodeEmpty);
    };
    let faction = |pn: Pn| state.player(pn).map(|p| p.faction);
    if let Some(other) = node.march.and_then(|party| state.marches.get(&party)) {
        let friendly = faction(other.pn) == faction(m.pn);
        let reason = if friendly { TurnBackReason::Friendly } else { TurnBackReason::Occupied };
        return turn_back(d, id, m, reason);
    }
    let Some(player) = state.player(m.pn) else { return };
    let amount = facts_march::load(rules, player, m.troops, m.hero).min(node.left);
    if amount <= 0 {
        return turn_back(d, id, m, TurnBackReason::NodeEmpty);
    }
    let seconds = formulas::gather_seconds(rules, node.kind, node.level, amount);
    let done_at = d.now().plus_s(seconds);
    d.emit(MarchArrived { march: id, result: ArrivalResult::Gather });
    d.emit(GatheringStarted { march: id, node: m.target, kind: node.kind, amount, done_at });
}

/// Ends a party's work; hands back what it got.
pub(crate) fn end_gathering(
    d: &mut Deciding<'_>,
    id: MarchId,
    reason: GatheringEnd,
    home_at: Option<schemas::GameTime>,
) -> Res {
    let (rules, now) = (d.rules(), d.now());
    let state = d.state();
    let Some(march) = state.marches.get(&id) else { return Res::ZERO };
    let (Some(work), Some(node)) = (march.gathering, state.nodes.get(&march.target)) else {
        return Res::ZERO;
    };
    let elapsed = now.since(work.since).div_euclid(1000);
    let collected = match reason {
        GatheringEnd::Done => work.amount,
        GatheringEnd::Recalled | GatheringEnd::DrivenOff | GatheringEnd::Closed => {
            formulas::gathered(rules, node.kind, node.level, work.amount, elapsed)
        }
    };
    let (tile, kind, left) = (march.target, work.kind, (node.left - collected).max(0));
    d.emit(GatheringEnded { march: id, node: tile, kind, collected, reason, left, home_at });
    if left == 0 {
        d.emit(NodeDepleted { tile, refill_at: now.plus_s(rules.nodes.refill_seconds) });
    }
    Res::only(kind, collected)
}

/// A party has all it came for.
pub(super) fn gathered(d: &mut Deciding<'_>, id: MarchId) {
    let Some(seconds) = d.state().marches.get(&id).map(|march| march.seconds) else { return };
    let home_at = d.now().plus_s(seconds);
    end_gathering(d, id, GatheringEnd::Done, Some(home_at));
}

/// A node is full again.
pub(super) fn refill(d: &mut Deciding<'_>, tile: Tile) {
    let rules = d.rules();
    if let Some(node) = d.state().nodes.get(&tile) {
        let amount = formulas::node_capacity(rules, node.kind, node.level);
        d.emit(NodeRefilled { tile, amount });
    }
}

/// Whose city a march goes to, if it goes to one.
pub(super) const fn watcher_of(target: TargetRef) -> Option<Pn> {
    match target {
        TargetRef::City(owner) => Some(owner),
        TargetRef::Npc(_) | TargetRef::Parcel(_) | TargetRef::Node | TargetRef::ControlPoint(_) => None,
    }
}

/// A march comes home: troops, wounded, load, gear.
pub(super) fn came_home(d: &mut Deciding<'_>, id: MarchId) {
    let rules = d.rules();
    let Some(march) = d.state().marches.get(&id).cloned() else { return };
    let pn = march.pn;
    common::settle(d, pn);
    let room = d.state().player(pn).is_some_and(|p| (p.gear.len() as i64) < rules.gear.inventory);
    let gear_kept = room && march.gear.is_some();
    d.emit(MarchReturned {
        pn,
        march: id,
        troops: march.troops,
        wounded: march.wounded,
        load: march.load,
        diamonds: march.diamonds,
        scrolls: march.scrolls,
        gear: march.gear,
        gear_kept,
    });
    common::spill(d, pn, march.load, SpillSource::March);
    common::admit(d, pn, march.wounded);
}

/// Raises the alarm at once when it is due with the march's departure.
pub(crate) fn alert_if_due(d: &mut Deciding<'_>, id: MarchId) {
    let rules = d.rules();
    let Some(march) = d.state().marches.get(&id) else { return };
    if alarm_at(rules, d.state(), march).is_some_and(|at| at <= d.now().ms()) {
        alert(d, id);
    }
}

/// Marches on their way to a player's city of which the watchtower has not told yet.
pub(crate) fn unseen(state: &State, pn: Pn) -> impl Iterator<Item = (MarchId, &March)> {
    let unseen =
        move |m: &March| m.phase == Phase::Outbound && !m.alerted && watcher_of(m.target_ref) == Some(pn);
    state.marches.iter().filter(move |(_, m)| unseen(m)).map(|(id, m)| (*id, m))
}

/// Raises the alarms that a watchtower, higher than it was, would have raised by now.
pub(crate) fn alert_overdue(d: &mut Deciding<'_>, pn: Pn) {
    let coming: Vec<MarchId> = unseen(d.state(), pn).map(|(id, _)| id).collect();
    for id in coming {
        alert_if_due(d, id);
    }
}

/// When the alarm for a march is due, if its target has a watchtower.
pub(crate) fn alarm_at(rules: &crate::rules::Rules, state: &State, march: &March) -> Option<i64> {
    let hostile = matches!(march.kind, MarchKind::Attack | MarchKind::Scout);
    let owner = watcher_of(march.target_ref).filter(|_| hostile)?;
    let tower = facts::level(state.player(owner)?, Building::Watchtower);
    crate::formulas::city::alarm_at(rules, tower, march.departed.ms(), march.arrives.ms())
}

/// The watchtower tells what it sees.
pub(super) fn alert(d: &mut Deciding<'_>, id: MarchId) {
    let rules = d.rules();
    let state = d.state();
    let Some(march) = state.marches.get(&id).filter(|march| march.phase == Phase::Outbound) else { return };
    let Some(owner) = watcher_of(march.target_ref).and_then(|pn| state.player(pn)) else { return };
    if state.cities.get(&march.target) != Some(&owner.pn) {
        return;
    }
    let level = facts::level(owner, Building::Watchtower);
    let tells = |i: usize| rules.city.alarm_levels.get(i).is_some_and(|needed| level >= *needed);
    let event = IncomingAlertRaised {
        pn: owner.pn,
        march: id,
        level,
        kind: march.kind,
        arrives: march.arrives,
        attacker: tells(0).then_some(march.pn),
        about: tells(1).then(|| floor_to(march.troops.total(), rules.city.alarm_round.max(1))),
        troops: tells(2).then_some(march.troops),
        hero: march.hero.filter(|_| tells(3)),
    };
    d.emit(event);
}
