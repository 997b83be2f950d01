//! Research (rulebook 2.9).

use schemas::Rejection;

use super::build::Haste;
use super::{Checked, Ctx, act, common};
use crate::command::{ResearchCancel, ResearchHasten, ResearchStart};
use crate::event::{ResearchCancelled, ResearchStarted};
use crate::facts::{self, work};
use crate::keys::{Building, JobKind, Technology};
use crate::refuse;

fn technology(name: &str) -> Result<Technology, Rejection> {
    let key = name.trim().to_lowercase().replace([' ', '-'], "_");
    Technology::from_key(&key)
        .ok_or_else(|| refuse::option("technology", "one of the seventeen technologies"))
}

pub(super) fn start(ctx: Ctx<'_>, command: &ResearchStart) -> Checked {
    let me = ctx.me()?;
    let technology = technology(&command.technology)?;
    let level = facts::tech(me, technology) + 1;
    if level > ctx.rules.research.level_max {
        return Err(Rejection::new("MAX_LEVEL").with("n", level - 1));
    }
    let requires = |what: String| {
        Rejection::new("REQUIREMENT").with("technology", technology.key()).with("r", level).with("what", what)
    };
    let academy = work::academy_needed(ctx.rules, level);
    if facts::level(me, Building::Academy) < academy {
        return Err(requires(format!("academy {academy}")));
    }
    if let Some(needed) = ctx.rules.technologies[technology].needs.filter(|t| facts::tech(me, *t) < 1) {
        return Err(requires(format!("{needed} 1")));
    }
    if let Some(job) = me.researching {
        return Err(refuse::until("QUEUE_BUSY", job.due));
    }
    let cost = work::research_cost(ctx.rules, technology, level);
    ctx.pays(me, cost)?;
    let seconds = work::research_seconds(ctx.rules, me, technology, level);
    let (pn, due) = (me.pn, ctx.now().plus_s(seconds));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(ResearchStarted { pn, technology, level, cost, seconds, due });
    }))
}

pub(super) fn cancel(ctx: Ctx<'_>, command: &ResearchCancel) -> Checked {
    let me = ctx.me()?;
    let technology = technology(&command.technology)?;
    let job = me.researching.filter(|job| job.technology == technology).ok_or(Rejection::new("NO_JOB"))?;
    let (pn, refund) = (me.pn, work::refund(ctx.rules, job.cost));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(ResearchCancelled { pn, technology, level: job.level, refund });
    }))
}

pub(super) fn hasten(ctx: Ctx<'_>, command: &ResearchHasten) -> Checked {
    let me = ctx.me()?;
    let due = me.researching.map(|job| job.due);
    let haste = Haste::check(ctx, me, JobKind::Research, None, due, command.with, command.count)?;
    Ok(act(me.pn, move |d| haste.run(d)))
}
