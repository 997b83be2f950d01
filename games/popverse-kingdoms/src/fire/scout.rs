//! Scouts that arrive: whether they are caught, and what they see (rulebook 2.11).

use super::march::{city_barred, turn_back};
use crate::amounts::Troops;
use crate::decide::{Deciding, common};
use crate::event::{
    ArrivalResult, LandOwner, MarchArrived, ScoutCaught, ScoutFacts, ScoutReported, TargetRef, TurnBackReason,
};
use crate::facts::{self, economy, heroes, march as facts_march};
use crate::formulas::march as formulas;
use crate::ids::{MarchId, ParcelNo};
use crate::keys::{Building, Technology};
use crate::rules::Rules;
use crate::state::{March, Player, State};
use crate::tile::Tile;

/// Scouts reach their target.
pub(super) fn arrived(d: &mut Deciding<'_>, id: MarchId, m: &March) {
    let (rules, now) = (d.rules(), d.now());
    if let TargetRef::City(owner) = m.target_ref {
        if let Some(reason) = city_barred(d, m, owner) {
            return turn_back(d, id, m, reason);
        }
        common::settle(d, owner);
    }
    if let TargetRef::Npc(npc) = m.target_ref
        && d.state().npc_at.get(&m.target) != Some(&npc)
    {
        return turn_back(d, id, m, TurnBackReason::NpcGone);
    }
    let state = d.state();
    // The one whose counterintelligence counts: nobody's at camps, nodes and points, nor on land that
    // nobody owns or that is the sender's.
    let watcher = match m.target_ref {
        TargetRef::City(owner) => Some(owner),
        TargetRef::Parcel(no) => state.player(m.pn).and_then(|me| facts::land::watcher(state, no, me)),
        TargetRef::Npc(_) | TargetRef::Node | TargetRef::ControlPoint(_) => None,
    };
    let watcher = watcher.and_then(|pn| state.player(pn));
    let by = watcher.map(|watcher| watcher.pn);
    let made = match (watcher, state.player(m.pn)) {
        (Some(watcher), Some(sender)) => {
            let seed = d.seed("scout", id.get());
            let edge = facts::tech(sender, Technology::Espionage)
                - facts::tech(watcher, Technology::Counterintelligence);
            formulas::scout_player_with(rules, d.rng(seed), seed, edge)
        }
        (None | Some(_), _) => formulas::scout_other(rules),
    };
    let (pn, target, target_ref, home_at) = (m.pn, m.target, m.target_ref, now.plus_s(m.seconds));
    d.emit(MarchArrived { march: id, result: ArrivalResult::Report });
    match (made.depth, by) {
        (Some(depth), _) => {
            let facts = seen(d, target, target_ref, depth);
            let visible_until = now.plus_s(rules.fog.scouted_seconds);
            let (seed, chance) = (made.seed, made.chance);
            d.emit(ScoutReported {
                pn,
                march: id,
                target,
                target_ref,
                seed,
                chance,
                depth,
                facts,
                visible_until,
                home_at,
            });
        }
        (None, Some(by)) => {
            let (seed, chance) = (made.seed.unwrap_or_default(), made.chance);
            d.emit(ScoutCaught { pn, march: id, target, by, seed, chance });
        }
        (None, None) => {}
    }
}

const NOTHING_SEEN: ScoutFacts = ScoutFacts {
    stock: None,
    wall: None,
    shield_until: None,
    troops: None,
    hero_present: None,
    hero: None,
    research: Vec::new(),
    allied: None,
    owner: None,
    faction: None,
    level: None,
    power: None,
    left: None,
};

/// War researches of a player above level 0.
fn war(owner: &Player) -> Vec<(Technology, i64)> {
    let war = [Technology::Weaponcraft, Technology::Armorcraft, Technology::FieldMedicine];
    war.into_iter().map(|t| (t, facts::tech(owner, t))).filter(|(_, level)| *level > 0).collect()
}

/// What scouts see of a parcel: nobody hides on land that is nobody's; of a garrison as much as of a city's troops.
fn on_land(rules: &Rules, state: &State, no: ParcelNo, tile: Tile, depth: i64) -> ScoutFacts {
    let garrison = facts::land::garrison(state, no);
    let troops = garrison.iter().fold(Troops::NONE, |sum, (_, march)| sum + march.troops);
    let lead = garrison.first().map(|(_, march)| *march);
    let land = state.lands.get(&no);
    let (deeper, deepest) = (depth >= 2, depth >= 3);
    let shown = if deepest { troops } else { formulas::scouted_troops(rules, troops) };
    let hero = lead.and_then(|march| march.hero);
    let leader = lead.and_then(|march| state.player(march.pn));
    let power = leader
        .map(|leader| facts::power::defending(rules, state, leader, shown, hero.filter(|_| deepest), tile));
    ScoutFacts {
        shield_until: land.and_then(|land| land.protected_until),
        troops: deeper.then_some(shown),
        hero_present: deeper.then_some(hero.is_some()),
        hero: hero.filter(|_| deepest),
        research: leader.filter(|_| deepest).map(war).unwrap_or_default(),
        owner: land.and_then(|land| land.owner).and_then(|owner| match owner {
            LandOwner::Player(pn) => Some(pn),
            LandOwner::Guild(_) => None,
        }),
        faction: land.and_then(|land| facts::land::faction(state, land)),
        power: power.filter(|_| deeper),
        ..NOTHING_SEEN
    }
}

/// What scouts see at this depth (rulebook 2.11).
fn seen(d: &Deciding<'_>, tile: Tile, target: TargetRef, depth: i64) -> ScoutFacts {
    let (rules, state, now) = (d.rules(), d.state(), d.now());
    match target {
        TargetRef::City(owner) => {
            let Some(owner) = state.player(owner) else { return NOTHING_SEEN };
            let stock = economy::stock_at(rules, state, owner, now);
            let defender = heroes::defender(rules, state, owner, now);
            let (deeper, deepest) = (depth >= 2, depth >= 3);
            let guests =
                facts_march::guests(state, owner.pn).fold(Troops::NONE, |sum, (_, march)| sum + march.troops);
            let exact = if deepest { owner.home } else { formulas::scouted_troops(rules, owner.home) };
            ScoutFacts {
                stock: Some(if deepest { stock } else { formulas::scouted_stock(rules, stock) }),
                wall: Some(facts::level(owner, Building::Wall)),
                shield_until: owner.shielded(now),
                troops: deeper.then_some(exact),
                hero_present: deeper.then_some(defender.is_some()),
                hero: defender.filter(|_| deepest),
                research: if deepest { war(owner) } else { Vec::new() },
                allied: deepest.then_some(guests),
                owner: Some(owner.pn),
                faction: Some(owner.faction),
                power: deeper.then(|| {
                    let all = if deepest { exact + guests } else { exact };
                    facts::power::defending(rules, state, owner, all, defender.filter(|_| deepest), tile)
                }),
                ..NOTHING_SEEN
            }
        }
        TargetRef::Npc(npc) => {
            let Some(camp) = state.npcs.get(&npc) else { return NOTHING_SEEN };
            let troops = crate::camps::troops(rules, camp.kind, camp.level);
            let (level, power) = (Some(camp.level), Some(camp.power));
            ScoutFacts { troops: Some(troops), level, power, ..NOTHING_SEEN }
        }
        TargetRef::Node => {
            let Some(node) = state.nodes.get(&tile) else { return NOTHING_SEEN };
            let party = node.march.and_then(|party| state.marches.get(&party));
            ScoutFacts {
                troops: party.map(|march| march.troops),
                hero: party.and_then(|march| march.hero),
                owner: party.map(|march| march.pn),
                faction: party.and_then(|march| state.player(march.pn)).map(|p| p.faction),
                level: Some(node.level),
                left: Some(node.left),
                power: facts::power::party(rules, state, tile),
                ..NOTHING_SEEN
            }
        }
        TargetRef::Parcel(no) => on_land(rules, state, no, tile, depth),
        TargetRef::ControlPoint(point) => {
            let Some((_, now)) = state.conquest() else { return NOTHING_SEEN };
            let here = &now.points[point];
            if let Some(keeper) = here.keeper {
                let side = crate::camps::keeper_side(rules, keeper.element, keeper.power);
                return ScoutFacts { troops: Some(side.troops), power: Some(keeper.power), ..NOTHING_SEEN };
            }
            let armies = || here.garrison.iter().filter_map(|army| state.marches.get(&army.march));
            let first = armies().next();
            ScoutFacts {
                troops: Some(armies().fold(Troops::NONE, |sum, march| sum + march.troops)),
                hero: first.and_then(|march| march.hero),
                owner: first.map(|march| march.pn),
                faction: first.and_then(|march| state.player(march.pn)).map(|p| p.faction),
                ..NOTHING_SEEN
            }
        }
    }
}
