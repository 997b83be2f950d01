//! Battles and what they leave behind.

use games_core::Moment;

use super::march::send_home;
use super::player::with;
use crate::amounts::Res;
use crate::event::{BattleKind, BattleResolved, CityLooted, Contingent, DropsGained};
use crate::ids::Pn;
use crate::state::{Player, State};

/// What loot counts for on the raids board: food, iron and gold in gold.
const fn gold_value(res: Res) -> i64 {
    res.food + 2 * res.iron + 4 * res.gold
}

/// What a contingent is after the battle. Wounded at home stand in the infirmary until they are admitted or die.
fn contingent(state: &mut State, part: &Contingent) {
    if let Some(march) = part.march.and_then(|id| state.marches.get_mut(&id)) {
        march.troops = part.survivors;
        march.wounded += part.wounded;
        return;
    }
    if let Some(pn) = part.pn {
        let lost = part.start.minus(part.survivors);
        with(state, pn, |p| {
            p.home = p.home.minus(lost);
            p.wounded += part.wounded;
        });
    }
}

pub(super) fn resolved(state: &mut State, e: &BattleResolved, at: Moment<'_>) {
    for part in e.attacker.contingents.iter().chain(&e.defender.contingents) {
        contingent(state, part);
    }
    // Attackers march home, winning or not; who leaves a control point is said by events of its own.
    let homeward = if e.kind == BattleKind::Conquest { &[][..] } else { &e.attacker.contingents[..] };
    for part in homeward {
        let Some(id) = part.march else { continue };
        let Some(seconds) = state.marches.get(&id).map(|march| march.seconds) else { continue };
        send_home(state, id, at.now.plus_s(seconds), at);
    }
    let won = e.outcome.result.attacker_won();
    let (a, d) = (e.attacker.party.player(), e.defender.party.player());
    match e.kind {
        BattleKind::City => {
            if let (Some(a), Some(d)) = (a, d) {
                with(state, d, |p| {
                    p.aggressors.insert(a, at.now);
                });
                with(state, a, |p| p.raids_won += i64::from(won));
            }
        }
        BattleKind::Node => node_loot(state, e, at),
        BattleKind::Land => {
            // Whose land it is, and whoever stood there, may strike back as if their city had been attacked.
            let owners = super::land::owners_at(state, e.tile);
            let stood = e.defender.contingents.iter().filter_map(|part| part.pn);
            let harmed: Vec<Pn> = owners.into_iter().chain(d).chain(stood).collect();
            if let Some(a) = a {
                super::land::harmed(state, harmed, a, at);
            }
        }
        BattleKind::Npc | BattleKind::Conquest | BattleKind::Arena => {}
    }
}

/// What the beaten party had gathered goes over to the victor.
fn node_loot(state: &mut State, e: &BattleResolved, at: Moment<'_>) {
    let first = |parts: &[Contingent]| parts.first().and_then(|part| part.march);
    if let Some(march) = first(&e.defender.contingents).and_then(|id| state.marches.get_mut(&id)) {
        march.load = march.load.minus(e.loot);
    }
    if let Some(march) = first(&e.attacker.contingents).and_then(|id| state.marches.get_mut(&id)) {
        march.load += e.loot;
    }
    if let Some(pn) = e.attacker.party.player() {
        with(state, pn, |p| looter(p, e.loot, at));
    }
}

/// Counts loot for the board of raids.
fn looter(player: &mut Player, taken: Res, at: Moment<'_>) {
    let value = gold_value(taken);
    player.loot_value += value;
    if value > 0 {
        player.reached.raids = Some(at.now);
    }
}

pub(super) fn looted(state: &mut State, e: &CityLooted, at: Moment<'_>) {
    with(state, e.victim, |p| p.stores.stock = p.stores.stock.minus(e.taken));
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.load += e.taken;
    }
    with(state, e.by, |p| looter(p, e.taken, at));
}

pub(super) fn drops(state: &mut State, e: &DropsGained) {
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.load += e.res;
        march.diamonds += e.diamonds;
        march.scrolls += e.scrolls;
    }
}
