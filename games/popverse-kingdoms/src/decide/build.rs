//! Buildings (rulebook 2.5).

use schemas::{GameTime, Rejection};

use super::{Checked, Ctx, Deciding, act, common};
use crate::command::{BuildCancel, BuildHasten, BuildStart, HastenWith};
use crate::event::{BuildingCancelled, BuildingStarted, JobHastened};
use crate::facts::{self, work};
use crate::ids::Pn;
use crate::keys::{Building, Item, JobKind};
use crate::refuse;
use crate::state::Player;

fn building(name: &str) -> Result<Building, Rejection> {
    let key = name.trim().to_lowercase().replace([' ', '-'], "_");
    Building::from_key(&key).ok_or_else(|| refuse::option("building", "one of the twelve buildings"))
}

/// Crews at work now: one, and the rented one.
fn crews(player: &Player, now: GameTime) -> usize {
    if player.crew_until.is_some_and(|until| until > now) { 2 } else { 1 }
}

pub(super) fn start(ctx: Ctx<'_>, command: &BuildStart) -> Checked {
    let me = ctx.me()?;
    let building = building(&command.building)?;
    let level = facts::level(me, building) + 1;
    if level > ctx.rules.city.level_max {
        return Err(Rejection::new("MAX_LEVEL").with("n", level - 1));
    }
    if building != Building::Hq && level > facts::level(me, Building::Hq) {
        return Err(Rejection::new("HQ_TOO_LOW").with("n", level));
    }
    let same = me.builds.iter().find(|job| job.building == building);
    if same.is_some() || me.builds.len() >= crews(me, ctx.now()) {
        let free = same.map(|job| job.due).or_else(|| me.builds.iter().map(|job| job.due).min());
        return Err(refuse::until("QUEUE_BUSY", free.unwrap_or(ctx.now())));
    }
    let cost = work::building_cost(ctx.rules, building, level);
    ctx.pays(me, cost)?;
    let seconds = work::building_seconds(ctx.rules, me, building, level);
    let (pn, due) = (me.pn, ctx.now().plus_s(seconds));
    // The crew that is free: the first may have finished while the rented one still works.
    let crew = if me.builds.iter().any(|job| job.crew == 1) { 2 } else { 1 };
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(BuildingStarted { pn, building, level, cost, seconds, due, crew });
    }))
}

pub(super) fn cancel(ctx: Ctx<'_>, command: &BuildCancel) -> Checked {
    let me = ctx.me()?;
    let building = building(&command.building)?;
    let job = me.builds.iter().find(|job| job.building == building).copied();
    let job = job.ok_or(Rejection::new("NO_JOB"))?;
    let (pn, refund) = (me.pn, work::refund(ctx.rules, job.cost));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(BuildingCancelled { pn, building, level: job.level, refund });
    }))
}

pub(super) fn hasten(ctx: Ctx<'_>, command: &BuildHasten) -> Checked {
    let me = ctx.me()?;
    let building = building(&command.building)?;
    let due = me.builds.iter().find(|job| job.building == building).map(|job| job.due);
    let haste = Haste::check(ctx, me, JobKind::Building, Some(building), due, command.with, command.count)?;
    Ok(act(me.pn, move |d| haste.run(d)))
}

/// A job about to be hastened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Haste {
    pn: Pn,
    job: JobKind,
    building: Option<Building>,
    item: Option<Item>,
    count: i64,
    diamonds: i64,
    saved: i64,
    due: GameTime,
}

impl Haste {
    /// Checks count, job and means (rulebook 2.5, hastening).
    pub(super) fn check(
        ctx: Ctx<'_>,
        me: &Player,
        job: JobKind,
        building: Option<Building>,
        due: Option<GameTime>,
        with: HastenWith,
        count: Option<i64>,
    ) -> Result<Self, Rejection> {
        let count = count.unwrap_or(1);
        refuse::within("count", count, 1, 50)?;
        let due = due.ok_or(Rejection::new("NO_JOB"))?;
        let left = work::remaining(due, ctx.now());
        let paid =
            Self { pn: me.pn, job, building, item: None, count: 0, diamonds: 0, saved: left, due: ctx.now() };
        let Some(item) = with.item() else {
            let diamonds = work::diamonds(ctx.rules, left);
            refuse::fewer("NOT_ENOUGH_DIAMONDS", diamonds, me.diamonds)?;
            return Ok(Self { diamonds, ..paid });
        };
        let each = ctx.rules.items.seconds[item].max(1);
        // Items beyond what the job still takes stay in the bag.
        let used = count.min(crate::formulas::arith::ceil_div(left, each).max(1));
        if me.items[item] < used {
            return Err(Rejection::new("ITEM_MISSING").with("item", item.key()));
        }
        let saved = (used * each).min(left);
        let due = if saved >= left { ctx.now() } else { due.plus_s(-saved) };
        Ok(Self { item: Some(item), count: used, saved, due, ..paid })
    }

    /// Hastens, and finishes the job if nothing is left of it.
    pub(super) fn run(self, d: &mut Deciding<'_>) {
        let Self { pn, job, building, item, count, diamonds, saved, due } = self;
        d.emit(JobHastened { pn, job, building, item, count, diamonds, saved, due });
        if due > d.now() {
            return;
        }
        match (job, building) {
            (JobKind::Building, Some(building)) => common::finish_building(d, pn, building),
            (JobKind::Building, None) => {}
            (JobKind::Research, _) => common::finish_research(d, pn),
            (JobKind::Training, _) => common::finish_training(d, pn),
            (JobKind::Healing, _) => common::finish_healing(d, pn),
        }
    }
}
