//! Work in the city.

use games_core::Moment;

use super::player::{earn, item, muster, pay, with};
use crate::amounts::Troops;
use crate::event::{
    BuildingCancelled, BuildingCompleted, BuildingStarted, CrewHired, CrewLeft, HealingCancelled,
    HealingCompleted, HealingStarted, JobHastened, ResearchCancelled, ResearchCompleted, ResearchStarted,
    TrainingCancelled, TrainingCompleted, TrainingKind, TrainingStarted, TroopsDismissed, WoundedAdmitted,
};
use crate::ids::Pn;
use crate::keys::{Building, JobKind};
use crate::rules::Rules;
use crate::state::{BuildJob, HealJob, ResearchJob, State, TimerKey, TrainJob};

pub(super) fn building_started(state: &mut State, e: &BuildingStarted, at: Moment<'_>) {
    pay(state, e.pn, e.cost);
    let (building, level, cost, due, crew) = (e.building, e.level, e.cost, e.due, e.crew);
    with(state, e.pn, |p| p.builds.push(BuildJob { building, level, cost, started: at.now, due, crew }));
    state.timers.set(TimerKey::Building(e.pn, building), due, at);
}

fn building_over(state: &mut State, pn: Pn, building: Building) {
    with(state, pn, |p| p.builds.retain(|job| job.building != building));
    state.timers.clear(&TimerKey::Building(pn, building));
}

pub(super) fn building_cancelled(state: &mut State, e: &BuildingCancelled) {
    earn(state, e.pn, e.refund);
    building_over(state, e.pn, e.building);
}

pub(super) fn building_completed(rules: &Rules, state: &mut State, e: &BuildingCompleted, at: Moment<'_>) {
    with(state, e.pn, |p| p.buildings[e.building] = e.level);
    building_over(state, e.pn, e.building);
    if e.building == Building::Watchtower {
        super::march::watch(rules, state, e.pn, at);
    }
}

pub(super) fn hastened(state: &mut State, e: &JobHastened, at: Moment<'_>) {
    if let Some(used) = e.item {
        item(state, e.pn, used, -e.count);
    }
    with(state, e.pn, |p| {
        p.diamonds -= e.diamonds;
        match e.job {
            JobKind::Building => {
                for job in p.builds.iter_mut().filter(|job| Some(job.building) == e.building) {
                    job.due = e.due;
                }
            }
            JobKind::Research => p.researching.iter_mut().for_each(|job| job.due = e.due),
            JobKind::Training => p.training.iter_mut().for_each(|job| job.due = e.due),
            JobKind::Healing => p.healing.iter_mut().for_each(|job| job.due = e.due),
        }
    });
    let key = match (e.job, e.building) {
        (JobKind::Building, Some(building)) => TimerKey::Building(e.pn, building),
        (JobKind::Building, None) => return,
        (JobKind::Research, _) => TimerKey::Research(e.pn),
        (JobKind::Training, _) => TimerKey::Training(e.pn),
        (JobKind::Healing, _) => TimerKey::Healing(e.pn),
    };
    state.timers.set(key, e.due, at);
}

pub(super) fn crew_hired(state: &mut State, e: &CrewHired, at: Moment<'_>) {
    with(state, e.pn, |p| {
        p.diamonds -= e.diamonds;
        p.crew_until = Some(e.until);
    });
    state.timers.set(TimerKey::Crew(e.pn), e.until, at);
}

pub(super) fn crew_left(state: &mut State, e: &CrewLeft) {
    with(state, e.pn, |p| p.crew_until = None);
}

pub(super) fn research_started(state: &mut State, e: &ResearchStarted, at: Moment<'_>) {
    pay(state, e.pn, e.cost);
    let (technology, level, cost, due) = (e.technology, e.level, e.cost, e.due);
    with(state, e.pn, |p| {
        p.researching = Some(ResearchJob { technology, level, cost, started: at.now, due });
    });
    state.timers.set(TimerKey::Research(e.pn), due, at);
}

fn research_over(state: &mut State, pn: Pn) {
    with(state, pn, |p| p.researching = None);
    state.timers.clear(&TimerKey::Research(pn));
}

pub(super) fn research_cancelled(state: &mut State, e: &ResearchCancelled) {
    earn(state, e.pn, e.refund);
    research_over(state, e.pn);
}

pub(super) fn research_completed(state: &mut State, e: &ResearchCompleted) {
    with(state, e.pn, |p| p.research[e.technology] = e.level);
    research_over(state, e.pn);
}

pub(super) fn training_started(state: &mut State, e: &TrainingStarted, at: Moment<'_>) {
    pay(state, e.pn, e.cost);
    let TrainingStarted { job, kind, tier, count, cost, due, .. } = *e;
    with(state, e.pn, |p| {
        if kind == TrainingKind::Promote {
            p.home[tier] -= count;
        }
        p.training = Some(TrainJob { job, kind, tier, count, cost, started: at.now, due });
    });
    state.timers.set(TimerKey::Training(e.pn), due, at);
}

fn training_over(state: &mut State, pn: Pn) {
    with(state, pn, |p| p.training = None);
    state.timers.clear(&TimerKey::Training(pn));
}

pub(super) fn training_cancelled(state: &mut State, e: &TrainingCancelled) {
    earn(state, e.pn, e.refund);
    if e.kind == TrainingKind::Promote {
        muster(state, e.pn, Troops::only(e.tier, e.count));
    }
    training_over(state, e.pn);
}

pub(super) fn training_completed(state: &mut State, e: &TrainingCompleted) {
    muster(state, e.pn, Troops::only(e.tier, e.count));
    training_over(state, e.pn);
}

pub(super) fn healing_started(state: &mut State, e: &HealingStarted, at: Moment<'_>) {
    pay(state, e.pn, e.cost);
    let (job, troops, cost, due) = (e.job, e.troops, e.cost, e.due);
    with(state, e.pn, |p| {
        p.wounded = p.wounded.minus(troops);
        p.healing = Some(HealJob { job, troops, cost, started: at.now, due });
    });
    state.timers.set(TimerKey::Healing(e.pn), due, at);
}

fn healing_over(state: &mut State, pn: Pn) {
    with(state, pn, |p| p.healing = None);
    state.timers.clear(&TimerKey::Healing(pn));
}

pub(super) fn healing_cancelled(state: &mut State, e: &HealingCancelled) {
    earn(state, e.pn, e.refund);
    with(state, e.pn, |p| p.wounded += e.troops);
    healing_over(state, e.pn);
}

pub(super) fn healing_completed(state: &mut State, e: &HealingCompleted) {
    muster(state, e.pn, e.troops);
    healing_over(state, e.pn);
}

pub(super) fn dismissed(state: &mut State, e: &TroopsDismissed) {
    with(state, e.pn, |p| p.home[e.tier] -= e.count);
}

pub(super) fn admitted(state: &mut State, e: &WoundedAdmitted) {
    with(state, e.pn, |p| p.wounded = p.wounded.minus(e.died));
}
