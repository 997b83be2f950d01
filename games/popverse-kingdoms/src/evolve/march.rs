//! Marches, exploring, gathering, scouting.

use games_core::Moment;
use schemas::GameTime;

use super::player::{earn, pay, with};
use crate::amounts::{Res, Troops};
use crate::event::{
    BeaconLit, GatheringEnded, GatheringStarted, IncomingAlertRaised, MarchArrived, MarchRecalled,
    MarchReturned, MarchStarted, MarchTurnedBack, NodeDepleted, NodeRefilled, ScoutCaught, ScoutReported,
    TargetRef, TilesExplored,
};
use crate::fire;
use crate::ids::{MarchId, Pn};
use crate::keys::{Item, MarchKind};
use crate::rules::Rules;
use crate::state::{Gathering, GearOwned, March, Phase, Scouted, State, TimerKey};

pub(super) fn started(rules: &Rules, state: &mut State, e: &MarchStarted, at: Moment<'_>) {
    pay(state, e.pn, e.cost);
    let repeat = rules.protection.repeat_seconds * 1000;
    with(state, e.pn, |p| {
        p.home = p.home.minus(e.troops);
        if let (MarchKind::Attack, TargetRef::City(victim)) = (e.kind, e.target_ref) {
            p.attacks.retain(|(_, launched)| at.now.since(*launched) < repeat);
            p.attacks.push((victim, at.now));
        }
    });
    let march = March {
        pn: e.pn,
        kind: e.kind,
        phase: Phase::Outbound,
        from: e.from,
        target: e.target,
        target_ref: e.target_ref,
        troops: e.troops,
        wounded: Troops::NONE,
        hero: e.hero,
        path: e.path.clone(),
        seconds: e.seconds,
        departed: at.now,
        arrives: e.arrives,
        alerted: false,
        home_at: None,
        gathering: None,
        load: Res::ZERO,
        diamonds: 0,
        scrolls: 0,
        gear: None,
    };
    state.timers.set(TimerKey::MarchArrival(e.march), e.arrives, at);
    if let Some(due) = fire::alarm_at(rules, state, &march).filter(|due| *due > at.now.ms()) {
        state.timers.set(TimerKey::Alert(e.march), GameTime::from_ms(due), at);
    }
    state.marches.insert(e.march, march);
}

/// Sets alarms anew that a watchtower has not raised yet, for what it sees from farther away now. What it would have
/// seen already is told by the event of the alarm.
pub(super) fn watch(rules: &Rules, state: &mut State, pn: Pn, at: Moment<'_>) {
    let coming: Vec<(MarchId, GameTime)> = fire::unseen(state, pn)
        .filter_map(|(id, march)| Some((id, GameTime::from_ms(fire::alarm_at(rules, state, march)?))))
        .collect();
    for (id, due) in coming.into_iter().filter(|(_, due)| *due > at.now) {
        state.timers.set(TimerKey::Alert(id), due, at);
    }
}

pub(super) fn arrived(state: &mut State, e: &MarchArrived) {
    state.timers.clear(&TimerKey::Alert(e.march));
    state.timers.clear(&TimerKey::MarchArrival(e.march));
}

/// Sends a march home from where it is.
pub(super) fn send_home(state: &mut State, id: MarchId, home_at: GameTime, at: Moment<'_>) {
    let Some(march) = state.marches.get_mut(&id) else { return };
    march.phase = Phase::Homeward;
    march.home_at = Some(home_at);
    super::conquest::leave(state, id);
    for key in [TimerKey::MarchArrival(id), TimerKey::Alert(id), TimerKey::GatherDone(id)] {
        state.timers.clear(&key);
    }
    state.timers.set(TimerKey::MarchHome(id), home_at, at);
}

/// Takes a march off the map.
pub(super) fn remove(state: &mut State, id: MarchId) {
    let Some(march) = state.marches.remove(&id) else { return };
    super::conquest::leave(state, id);
    if let Some(node) = state.nodes.get_mut(&march.target)
        && node.march == Some(id)
    {
        node.march = None;
    }
    let keys =
        [TimerKey::MarchArrival(id), TimerKey::MarchHome(id), TimerKey::Alert(id), TimerKey::GatherDone(id)];
    for key in keys {
        state.timers.clear(&key);
    }
}

pub(super) fn turned_back(state: &mut State, e: &MarchTurnedBack, at: Moment<'_>) {
    send_home(state, e.march, e.home_at, at);
}

pub(super) fn recalled(state: &mut State, e: &MarchRecalled, at: Moment<'_>) {
    send_home(state, e.march, e.home_at, at);
}

pub(super) fn returned(state: &mut State, e: &MarchReturned) {
    remove(state, e.march);
    earn(state, e.pn, e.load);
    with(state, e.pn, |p| {
        p.home += e.troops;
        p.wounded += e.wounded;
        p.diamonds += e.diamonds;
        p.items[Item::Scroll] += e.scrolls;
        if let Some(piece) = e.gear.as_ref().filter(|_| e.gear_kept) {
            let (slot, rarity, power) = (piece.slot, piece.rarity, piece.power);
            p.gear.insert(piece.gear, GearOwned { slot, rarity, power, hero: None });
        }
    });
}

pub(super) fn alerted(state: &mut State, e: &IncomingAlertRaised) {
    state.timers.clear(&TimerKey::Alert(e.march));
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.alerted = true;
    }
}

pub(super) fn explored(state: &mut State, e: &TilesExplored) {
    with(state, e.pn, |p| p.explored.union(&e.tiles));
}

pub(super) fn beacon(state: &mut State, e: &BeaconLit) {
    with(state, e.pn, |p| p.beacons.push(e.beacon));
}

pub(super) fn gathering_started(state: &mut State, e: &GatheringStarted, at: Moment<'_>) {
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.phase = Phase::Gathering;
        march.gathering = Some(Gathering { since: at.now, kind: e.kind, amount: e.amount });
        state.timers.set(TimerKey::GatherDone(e.march), e.done_at, at);
    }
    if let Some(node) = state.nodes.get_mut(&e.node) {
        node.march = Some(e.march);
    }
}

pub(super) fn gathering_ended(state: &mut State, e: &GatheringEnded, at: Moment<'_>) {
    if let Some(node) = state.nodes.get_mut(&e.node) {
        node.left = e.left;
        node.march = None;
    }
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.load += Res::only(e.kind, e.collected);
        march.gathering = None;
    }
    state.timers.clear(&TimerKey::GatherDone(e.march));
    if let Some(home_at) = e.home_at {
        send_home(state, e.march, home_at, at);
    }
}

pub(super) fn depleted(state: &mut State, e: &NodeDepleted, at: Moment<'_>) {
    if let Some(node) = state.nodes.get_mut(&e.tile) {
        node.refill_at = Some(e.refill_at);
        state.timers.set(TimerKey::NodeRefill(e.tile), e.refill_at, at);
    }
}

pub(super) fn refilled(state: &mut State, e: &NodeRefilled) {
    if let Some(node) = state.nodes.get_mut(&e.tile) {
        node.left = e.amount;
        node.refill_at = None;
    }
}

pub(super) fn reported(state: &mut State, e: &ScoutReported, at: Moment<'_>) {
    with(state, e.pn, |p| {
        p.scouted.retain(|target| target.until > at.now && target.tile != e.target);
        let city = matches!(e.target_ref, TargetRef::City(_));
        let power = e.facts.power.filter(|_| city);
        p.scouted.push(Scouted { tile: e.target, until: e.visible_until, power });
    });
    send_home(state, e.march, e.home_at, at);
}

pub(super) fn caught(state: &mut State, e: &ScoutCaught) {
    remove(state, e.march);
}
