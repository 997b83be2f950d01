//! The world as a whole.

use std::sync::Arc;

use games_core::Moment;
use schemas::GameTime;
use schemas::moment::{DAY_MS, utc_day};

use crate::event::{
    DailyResetPassed, EconomyRebalanced, Event, MapGenerated, NpcDefeated, NpcSpawned, PrestigeAwarded,
    SeasonEnded, SeasonScored,
};
use crate::formulas::land;
use crate::formulas::march::node_capacity;
use crate::ids::ParcelNo;
use crate::keys::Resource;
use crate::ledger;
use crate::rules::Rules;
use crate::state::{Chart, Flows, Land, Node, Npc, State, TimerKey, Today};

/// The next UTC midnight after a moment.
const fn next_midnight(now: GameTime) -> GameTime {
    GameTime::from_ms((utc_day(now.ms()) + 1) * DAY_MS)
}

pub(super) fn map_generated(rules: &Rules, state: &mut State, e: &MapGenerated, at: Moment<'_>) {
    // A map that can not be read back was never written: the event was made from a whole one.
    let Ok(chart) = Chart::restore(&rules.map, e.map.clone()) else { return };
    for node in chart.map().nodes() {
        let left = node_capacity(rules, node.kind, node.level);
        let fresh = Node { kind: node.kind, level: node.level, left, refill_at: None, march: None };
        state.nodes.insert(node.tile, fresh);
    }
    for (no, parcel) in (1..).zip(chart.map().parcels()) {
        let factors = land::factors(rules, chart.map(), parcel);
        let value = land::value(rules, parcel, &factors, 1000);
        let fresh = Land {
            kind: parcel.kind,
            factors,
            market: 1000,
            value,
            history: vec![(1, value)],
            owner: None,
            acquired_at: None,
            arrears: 0,
            offer: None,
            protected_until: None,
        };
        state.lands.insert(ParcelNo(no), fresh);
    }
    state.chart = Some(Arc::new(chart));
    // The season's end is set first: of two timers due together it comes before the daily reset.
    let ends = state.ends;
    state.timers.set(TimerKey::SeasonEnd, ends, at);
    state.timers.set(TimerKey::DailyReset, next_midnight(at.now), at);
    super::conquest::schedule(rules, state, at);
}

pub(super) fn day_passed(state: &mut State, e: &DailyResetPassed, at: Moment<'_>) {
    state.reset_day = e.day;
    for player in &mut state.players {
        player.today = Today::default();
        player.quests = None;
    }
    for guild in state.guilds.values_mut() {
        guild.bank_at_reset = guild.bank;
    }
    state.timers.set(TimerKey::DailyReset, next_midnight(at.now), at);
    // The first day of 1970 was a Thursday: Mondays are those on which this comes out even.
    if (utc_day(at.now.ms()) + 3).rem_euclid(7) == 0 {
        state.timers.set(TimerKey::ArenaWeek, at.now, at);
    }
}

pub(super) fn rebalanced(state: &mut State, e: &EconomyRebalanced) {
    state.modifiers = e.modifiers_after;
    state.anchors = e.anchors_after;
    state.flows = Flows::default();
}

/// Counts what an event brings into the world and takes out of it.
pub(super) fn flow(state: &mut State, event: &Event) {
    let mut entries = Vec::new();
    ledger::ledger(event, &mut entries);
    for (account, amount) in entries {
        let Some(resource) = Resource::from_key(account) else { continue };
        let flow = if amount > 0 { &mut state.flows.minted } else { &mut state.flows.burned };
        flow[resource] += amount.abs();
    }
}

pub(super) fn scored(state: &mut State, e: &SeasonScored) {
    for score in &e.scores {
        if let Some(player) = state.player_mut(score.pn) {
            player.score = Some(score.score);
        }
    }
}

pub(super) fn prestige(state: &mut State, e: &PrestigeAwarded, at: Moment<'_>) {
    if let Some(player) = state.player_mut(e.pn) {
        player.prestige = e.total;
        player.reached.prestige = Some(at.now);
    }
}

pub(super) fn ended(state: &mut State, e: &SeasonEnded) {
    state.ended = true;
    state.victor = Some(e.victorious_faction);
    // Jobs are neither finished nor refunded: nothing is due any more.
    state.timers = games_core::Timers::default();
}

pub(super) fn npc_spawned(state: &mut State, e: &NpcSpawned) {
    if let Some(old) = e.replaces {
        state.npcs.remove(&old);
        state.timers.clear(&TimerKey::NpcRespawn(old));
    }
    let camp = Npc {
        kind: e.kind,
        tile: e.tile,
        level: e.level,
        element: e.element,
        power: e.power,
        respawn_at: None,
    };
    state.npcs.insert(e.npc, camp);
    state.npc_at.insert(e.tile, e.npc);
}

pub(super) fn npc_defeated(state: &mut State, e: &NpcDefeated, at: Moment<'_>) {
    if let Some(camp) = state.npcs.get_mut(&e.npc) {
        camp.respawn_at = Some(e.respawn_at);
        let tile = camp.tile;
        state.npc_at.remove(&tile);
        state.timers.set(TimerKey::NpcRespawn(e.npc), e.respawn_at, at);
    }
    if let Some(player) = state.player_mut(e.by) {
        player.hunts += 1;
        player.reached.hunts = Some(at.now);
    }
}
