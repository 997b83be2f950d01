//! The weekly conquest: muster, start, ticks, end (rulebook 2.18).

use std::collections::BTreeMap;

use super::combat::{self, Foe};
use crate::camps;
use crate::decide::Deciding;
use crate::event::{
    ConquestArmyJoinedGarrison, ConquestArmySentHome, ConquestEnded, ConquestMustered, ConquestPointTaken,
    ConquestRank, ConquestRewarded, ConquestScored, ConquestStarted, KeeperPosted, MeritGained, PointScore,
    SentHomeReason,
};
use crate::formulas::conquest as formulas;
use crate::ids::{BannerId, ConquestId, Pn};
use crate::keys::ControlPoint;
use crate::state::{Army, Conquest, Stage, State, TimerKey};

/// Merit of a tick, by player.
type Merit = BTreeMap<Pn, i64>;

/// Marches are accepted from now on.
pub(super) fn muster(d: &mut Deciding<'_>) {
    let (rules, opens) = (d.rules(), d.now());
    let starts = opens.plus_s(rules.conquest.muster_seconds);
    let ends = starts.plus_s(rules.conquest.seconds);
    let state = d.state();
    let finale = formulas::next_muster(rules, &state.config, ends, state.ends).is_none();
    let conquest = ConquestId(d.allocate("conquest"));
    d.emit(ConquestMustered { conquest, opens, starts, ends, finale });
}

/// Keepers take their posts.
pub(super) fn start(d: &mut Deciding<'_>) {
    let Some((conquest, _)) = d.state().conquest() else { return };
    let power = camps::keeper_power(d.rules(), d.state().day(d.now()));
    let post = |point: ControlPoint| {
        let seed = d.seed("keeper", camps::keeper_number(conquest.get(), point));
        let element = camps::keeper_element(&mut d.rng(seed));
        KeeperPosted { point, power, element, seed }
    };
    let keepers = ControlPoint::ALL.into_iter().map(post).collect();
    d.emit(ConquestStarted { conquest, keepers });
}

/// The conquest that runs.
fn running(state: &State) -> Option<(ConquestId, &Conquest)> {
    state.conquest().filter(|(_, conquest)| conquest.stage == Stage::Running)
}

/// At every point the first in the queue acts, then the points score.
pub(super) fn tick(d: &mut Deciding<'_>) {
    let rules = d.rules();
    let Some((conquest, now)) = running(d.state()) else { return };
    let tick = d.now().since(now.starts).div_euclid(rules.conquest.tick_seconds * 1000);
    let mut merit = Merit::new();
    let mut points = Vec::new();
    for point in ControlPoint::ALL {
        act(d, conquest, point, tick, &mut merit);
        let Some((_, now)) = running(d.state()) else { continue };
        let Some(banner) = now.points[point].owner else { continue };
        for army in &now.points[point].garrison {
            *merit.entry(army.pn).or_default() += rules.conquest.merit_tick;
        }
        let times = if now.finale { rules.conquest.finale } else { 1 };
        points.push(PointScore { point, banner, points: rules.conquest.score[point] * times });
    }
    let merit = merit.into_iter().map(|(pn, merit)| MeritGained { pn, merit }).collect();
    d.emit(ConquestScored { conquest, tick, points, merit });
}

/// What the first in the queue of a point does: joins, fights or simply takes it.
fn act(d: &mut Deciding<'_>, conquest: ConquestId, point: ControlPoint, tick: i64, merit: &mut Merit) {
    let rules = d.rules();
    let Some((_, now)) = running(d.state()) else { return };
    let here = &now.points[point];
    let Some(head) = here.queue.first().copied() else { return };
    let (owner, keeper, foe) = (here.owner, here.keeper, here.garrison.first().copied());
    if owner == Some(head.banner) {
        if (here.garrison.len() as i64) < rules.conquest.garrison_max {
            let Army { march, pn, banner } = head;
            d.emit(ConquestArmyJoinedGarrison { conquest, point, pn, march, banner });
        } else {
            send_home(d, conquest, point, head, SentHomeReason::GarrisonFull);
        }
        return;
    }
    let mut clash = |d: &mut Deciding<'_>, against: Foe| {
        let won = combat::conquest(d, head.march, against);
        if won {
            *merit.entry(head.pn).or_default() += rules.conquest.merit_clash;
        } else {
            send_home(d, conquest, point, head, SentHomeReason::Beaten);
        }
        won
    };
    let free = match (keeper, foe) {
        (Some(keeper), _) => clash(d, Foe::Keeper(camps::keeper_side(rules, keeper.element, keeper.power))),
        (None, Some(foe)) => {
            let won = clash(d, Foe::Army(foe.march));
            if won {
                send_home(d, conquest, point, foe, SentHomeReason::Beaten);
            } else {
                *merit.entry(foe.pn).or_default() += rules.conquest.merit_clash;
            }
            won && running(d.state()).is_some_and(|(_, now)| now.points[point].garrison.is_empty())
        }
        // An owner whose garrison was called home, or nobody: the point is there for the taking.
        (None, None) => true,
    };
    if free {
        let Army { march, pn, banner } = head;
        d.emit(ConquestPointTaken { conquest, point, banner, from: owner, pn, march, tick });
    }
}

/// Sends an army home from a point.
fn send_home(
    d: &mut Deciding<'_>,
    conquest: ConquestId,
    point: ControlPoint,
    army: Army,
    reason: SentHomeReason,
) {
    let Some(seconds) = d.state().marches.get(&army.march).map(|march| march.seconds) else { return };
    let home_at = d.now().plus_s(seconds);
    let Army { march, pn, banner } = army;
    d.emit(ConquestArmySentHome { conquest, point, pn, march, banner, reason, home_at });
}

/// The conquest is over, after its last tick.
pub(super) fn end(d: &mut Deciding<'_>) {
    let last = d.state().timers.due(&TimerKey::ConquestTick).is_some_and(|due| due <= d.now());
    if last {
        tick(d);
    }
    stop(d);
}

/// Ends the conquest as it stands, if one musters or runs: armies go home, banners are ranked, players rewarded.
pub(super) fn stop(d: &mut Deciding<'_>) {
    let Some((conquest, now)) = d.state().conquest() else { return };
    let standing = now
        .points
        .iter()
        .flat_map(|(point, here)| here.queue.iter().chain(&here.garrison).map(move |army| (point, *army)));
    let standing: Vec<(ControlPoint, Army)> = standing.collect();
    let ranking: Vec<ConquestRank> = (1..)
        .zip(now.ranking())
        .map(|(rank, (banner, tally))| ConquestRank {
            rank,
            banner,
            score: tally.score,
            crown_ticks: tally.crown_ticks,
        })
        .collect();
    let parties = now.parties.clone();
    for (point, army) in standing {
        send_home(d, conquest, point, army, SentHomeReason::Over);
    }
    d.emit(ConquestEnded { conquest, ranking: ranking.clone() });
    for (pn, banners) in parties {
        reward(d, conquest, &ranking, pn, &banners);
    }
}

/// Rewards a player for the best of the banners under which they came.
fn reward(
    d: &mut Deciding<'_>,
    conquest: ConquestId,
    ranking: &[ConquestRank],
    pn: Pn,
    banners: &[BannerId],
) {
    let Some(best) = ranking.iter().find(|rank| banners.contains(&rank.banner)) else { return };
    if d.state().player(pn).is_some_and(|p| !p.deleted()) {
        let (diamonds, scrolls) = formulas::reward(d.rules(), best.rank);
        d.emit(ConquestRewarded { conquest, pn, rank: best.rank, diamonds, scrolls });
    }
}
