//! Training, promotion, healing, dismissal (rulebook 2.7).

use schemas::Rejection;

use super::build::Haste;
use super::{Checked, Ctx, act, common};
use crate::amounts::{Res, Troops};
use crate::command::{
    TroopJob, TroopsCancel, TroopsDismiss, TroopsHasten, TroopsHeal, TroopsPromote, TroopsTrain,
};
use crate::event::{
    HealingCancelled, HealingStarted, TrainingCancelled, TrainingKind, TrainingStarted, TroopsDismissed,
};
use crate::facts::{self, army, economy, work};
use crate::ids::JobId;
use crate::keys::{JobKind, Tier};
use crate::refuse;
use crate::state::Player;

const COUNT_MAX: i64 = 1000;

/// TIER_LOCKED to STARVING, in the order of the command table; `adds` is how many heads more there will be.
fn drill_allowed(ctx: Ctx<'_>, me: &Player, arriving: Tier, count: i64, adds: i64) -> Result<(), Rejection> {
    if !army::unlocked(ctx.rules, me, arriving) {
        let figures = &ctx.rules.troops[arriving];
        let technology = figures.unlocked_by.map_or("no technology", crate::keys::Technology::key);
        return Err(Rejection::new("TIER_LOCKED")
            .with("tier", arriving.key())
            .with("n", figures.barracks)
            .with("technology", technology));
    }
    let batch = army::batch(ctx.rules, me);
    if count > batch {
        return Err(Rejection::new("BATCH_TOO_BIG").with("n", batch));
    }
    let room = facts::housing(ctx.rules, me) - army::housed(ctx.state, me);
    if adds > room {
        return Err(Rejection::new("HOUSING_FULL").with("n", room.max(0)));
    }
    if let Some(job) = me.training {
        return Err(refuse::until("QUEUE_BUSY", job.due));
    }
    if economy::starving(ctx.rules, ctx.state, me, ctx.now()) {
        return Err(Rejection::new("STARVING"));
    }
    Ok(())
}

fn begin(ctx: Ctx<'_>, me: &Player, kind: TrainingKind, tier: Tier, count: i64, bill: (Res, i64)) -> Checked {
    let (cost, seconds) = bill;
    ctx.pays(me, cost)?;
    let (pn, due) = (me.pn, ctx.now().plus_s(seconds));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let job = JobId(d.allocate("job"));
        d.emit(TrainingStarted { pn, job, kind, tier, count, cost, seconds, due });
    }))
}

pub(super) fn train(ctx: Ctx<'_>, command: &TroopsTrain) -> Checked {
    let me = ctx.me()?;
    refuse::within("count", command.count, 1, COUNT_MAX)?;
    let (tier, count) = (command.tier, command.count);
    drill_allowed(ctx, me, tier, count, count)?;
    begin(ctx, me, TrainingKind::Train, tier, count, work::training(ctx.rules, me, tier, count))
}

fn at_home(me: &Player, tier: Tier, count: i64) -> Result<(), Rejection> {
    if me.home[tier] >= count {
        return Ok(());
    }
    Err(Rejection::new("NOT_ENOUGH_TROOPS")
        .with("tier", tier.key())
        .with("n", count)
        .with("m", me.home[tier]))
}

pub(super) fn promote(ctx: Ctx<'_>, command: &TroopsPromote) -> Checked {
    let me = ctx.me()?;
    refuse::within("count", command.count, 1, COUNT_MAX)?;
    let (tier, count) = (command.tier, command.count);
    let next = tier.next().ok_or_else(|| refuse::option("tier", "t1, t2 or t3"))?;
    at_home(me, tier, count)?;
    drill_allowed(ctx, me, next, count, 0)?;
    begin(ctx, me, TrainingKind::Promote, tier, count, work::promotion(ctx.rules, me, tier, next, count))
}

pub(super) fn heal(ctx: Ctx<'_>, command: &TroopsHeal) -> Checked {
    let me = ctx.me()?;
    let wanted = [command.t1, command.t2, command.t3, command.t4];
    for (option, value) in ["t1", "t2", "t3", "t4"].into_iter().zip(wanted) {
        refuse::within(option, value.unwrap_or(0), 0, COUNT_MAX)?;
    }
    let named = Troops(wanted.map(|n| n.unwrap_or(0)));
    // More than lie wounded means all of that tier.
    let troops = if named.is_none() { me.wounded } else { named.map(|tier, n| n.min(me.wounded[tier])) };
    if troops.is_none() {
        return Err(Rejection::new("NO_WOUNDED"));
    }
    if let Some(job) = me.healing {
        return Err(refuse::until("QUEUE_BUSY", job.due));
    }
    let (cost, seconds) = work::healing(ctx.rules, me, troops);
    ctx.pays(me, cost)?;
    let (pn, due) = (me.pn, ctx.now().plus_s(seconds));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let job = JobId(d.allocate("job"));
        d.emit(HealingStarted { pn, job, troops, cost, seconds, due });
    }))
}

pub(super) fn cancel(ctx: Ctx<'_>, command: &TroopsCancel) -> Checked {
    let me = ctx.me()?;
    let pn = me.pn;
    match command.job {
        TroopJob::Training => {
            let job = me.training.ok_or(Rejection::new("NO_JOB"))?;
            let refund = work::refund(ctx.rules, job.cost);
            Ok(act(pn, move |d| {
                common::settle(d, pn);
                let (kind, tier, count) = (job.kind, job.tier, job.count);
                d.emit(TrainingCancelled { pn, job: job.job, kind, tier, count, refund });
            }))
        }
        TroopJob::Healing => {
            let job = me.healing.ok_or(Rejection::new("NO_JOB"))?;
            let refund = work::refund(ctx.rules, job.cost);
            Ok(act(pn, move |d| {
                common::settle(d, pn);
                d.emit(HealingCancelled { pn, job: job.job, troops: job.troops, refund });
                // Since they left, others may have taken their places.
                common::admit(d, pn, job.troops);
            }))
        }
    }
}

pub(super) fn hasten(ctx: Ctx<'_>, command: &TroopsHasten) -> Checked {
    let me = ctx.me()?;
    let (job, due) = match command.job {
        TroopJob::Training => (JobKind::Training, me.training.map(|job| job.due)),
        TroopJob::Healing => (JobKind::Healing, me.healing.map(|job| job.due)),
    };
    let haste = Haste::check(ctx, me, job, None, due, command.with, command.count)?;
    Ok(act(me.pn, move |d| haste.run(d)))
}

pub(super) fn dismiss(ctx: Ctx<'_>, command: &TroopsDismiss) -> Checked {
    let me = ctx.me()?;
    refuse::within("count", command.count, 1, COUNT_MAX)?;
    let (pn, tier, count) = (me.pn, command.tier, command.count);
    at_home(me, tier, count)?;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(TroopsDismissed { pn, tier, count });
    }))
}
