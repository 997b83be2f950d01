//! `annals rollback`: plan, look, approve, apply.

use event_store::EventStore;
use games_registry::Status;
use replay_tool::Resolved;
use replay_tool::plan::{Plan, plan_rewind};
use replay_tool::travel::Log;
use schemas::WorldId;
use serde_json::json;

use super::confirm;
use super::remote::operate;
use super::tools::resolve;
use crate::cli::RollbackCommand;
use crate::context::{Data, Exit, Failure, Output, now, operator};
use crate::engine::Engine;
use crate::plans::{Plans, Proposal};
use crate::print::{Printer, grouped};
use crate::settings::Settings;

pub(crate) async fn run(
    data: &Data,
    command: &RollbackCommand,
    no_input: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let plans = Plans::of(data);
    resume_expired(data, printer).await?;
    match command {
        RollbackCommand::Plan { world, to, reason, pause } => {
            let asked = Asked { world, to, reason, pause: *pause };
            make(data, &asked, printer).await
        }
        RollbackCommand::Show { plan } => {
            show(&plans.load(plan)?, &Settings::load(data)?, printer)?;
            Ok(Exit::Done)
        }
        RollbackCommand::List => {
            let settings = Settings::load(data)?;
            let rows: Vec<_> = plans
                .all()?
                .iter()
                .map(|proposal| {
                    let plan = &proposal.plan;
                    vec![
                        json!(plan.id),
                        json!(plan.world),
                        json!(format!("v{}", plan.to_position)),
                        json!(plan.events.values().sum::<u64>()),
                        json!(plan.made_ms.to_string()),
                        json!(proposal.standing(&settings, now())),
                        json!(plan.proposer),
                        json!(plan.reason),
                    ]
                })
                .collect();
            let heading = ["plan", "world", "to", "events void", "made", "state", "proposer", "reason"];
            printer.rows(&heading, &rows)?;
            Ok(Exit::Done)
        }
        RollbackCommand::Approve { plan } => {
            let proposal = plans.consent(plan, &operator(), now())?;
            printer.talk(&format!(
                "{} is approved by {}, for as long as it is valid. Apply: annals rollback apply {}",
                proposal.plan.id,
                operator(),
                proposal.plan.id
            ));
            Ok(Exit::Done)
        }
        RollbackCommand::Drop { plan } => {
            let proposal = plans.load(plan)?;
            plans.remove(&proposal.plan.id)?;
            printer.talk(&format!("{} is dropped", proposal.plan.id));
            let world = &proposal.plan.world;
            if proposal.holds && !plans.holds(world, now())? {
                resume(data, world, printer).await?;
            }
            Ok(Exit::Done)
        }
        RollbackCommand::Apply { plan, yes } => apply(data, plan, *yes, no_input, printer).await,
    }
}

/// What is to be planned.
struct Asked<'a> {
    world: &'a WorldId,
    to: &'a str,
    reason: &'a str,
    pause: bool,
}

async fn make(data: &Data, asked: &Asked<'_>, printer: &Printer) -> Result<Exit, Failure> {
    let (plans, settings) = (Plans::of(data), Settings::load(data)?);
    let store = data.reader().await?;
    let log = Log::open(&store, asked.world).await?;
    // Before anything is paused: a point that names nothing must not stop the world.
    let to = resolve(&log, asked.to, printer).await?;
    let is_paused = matches!(
        log.world_at(log.head.commit, false, &mut |_, _| {}).await?.host().status,
        Status::Paused(_)
    );
    if settings.approval.needs_pause() && !is_paused && !asked.pause {
        let text = format!(
            "the setting approval = {} makes a plan wait, and {} goes on meanwhile: add --pause",
            settings.approval, asked.world
        );
        return Err(Failure::new("WORLD_NOT_PAUSED", text));
    }
    let mut holds = is_paused && plans.holds(asked.world, now())?;
    let log = if asked.pause && !is_paused {
        operate(data, asked.world, "WorldPause", json!({ "reason": asked.reason })).await?;
        printer.talk(&format!("{} is paused until the plan is applied, dropped or expired", asked.world));
        holds = true;
        Log::open(&store, asked.world).await?
    } else {
        log
    };
    let made = plan_and_keep(&plans, &log, &to, asked.reason, holds).await;
    if !matches!(made, Ok(Some(_))) && holds && !plans.holds(asked.world, now())? {
        resume(data, asked.world, printer).await?;
    }
    let Some(proposal) = made? else {
        printer.talk(&format!(
            "nothing came after that point: a rewind of {} would change nothing",
            asked.world
        ));
        return Ok(Exit::Done);
    };
    show(&proposal, &settings, printer)?;
    printer.talk(&match proposal.may_apply(&settings, now()) {
        Ok(_) => format!("nothing was changed. Apply: annals rollback apply {}", proposal.plan.id),
        Err(hindrance) => format!("nothing was changed. {hindrance}"),
    });
    Ok(Exit::Done)
}

async fn plan_and_keep(
    plans: &Plans,
    log: &Log<'_, Engine>,
    to: &Resolved,
    reason: &str,
    holds: bool,
) -> Result<Option<Proposal>, Failure> {
    let plan = plan_rewind(log, to, reason, &operator(), now()).await?;
    // The pause itself, made for this plan, is nothing that a rewind would take back.
    let only_pause = plan.events.keys().all(|kind| kind == "WorldPaused");
    if plan.is_empty() || (holds && only_pause) {
        return Ok(None);
    }
    let proposal = Proposal { plan, approval: None, holds };
    plans.save(&proposal)?;
    Ok(Some(proposal))
}

/// Lets a world go on; one that has been resumed or closed meanwhile is left as it is.
async fn resume(data: &Data, world: &WorldId, printer: &Printer) -> Result<(), Failure> {
    match operate(data, world, "WorldResume", json!({})).await {
        Ok(done) => printer.talk(&format!("{world} goes on since commit {}", done.commit)),
        Err(failure) if matches!(failure.code.as_str(), "WORLD_STATE" | "WORLD_ENDED") => {}
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Lets worlds go on that only expired plans hold still.
pub(crate) async fn resume_expired(data: &Data, printer: &Printer) -> Result<(), Failure> {
    let plans = Plans::of(data);
    for (world, expired) in plans.left_paused(now())? {
        printer.talk(&format!("{} expired: {world} need not stand still any more", expired.join(", ")));
        resume(data, &world, printer).await?;
        for plan in expired {
            plans.let_go(&plan)?;
        }
    }
    Ok(())
}

async fn apply(data: &Data, id: &str, yes: bool, no_input: bool, printer: &Printer) -> Result<Exit, Failure> {
    let plans = Plans::of(data);
    let proposal = plans.load(id)?;
    let approver = proposal.may_apply(&Settings::load(data)?, now())?;
    let plan = proposal.plan;
    let store = data.reader().await?;
    let head = store.head(&plan.world).await?;
    if head.position != plan.planned_on {
        let came = head.position.get().saturating_sub(plan.planned_on.get());
        let text = format!("{came} events came in since {} was made: plan anew", plan.id);
        return Err(Failure::new("PLAN_STALE", text));
    }
    drop(store);
    let events: u64 = plan.events.values().sum();
    let question = format!("Type the world's name to void {} events ({})", grouped(events), plan.world);
    confirm(&question, plan.world.as_str(), yes, no_input)?;
    let command = serde_json::to_value(plan.command(approver))?;
    let done = operate(data, &plan.world, "WorldRewind", command).await?;
    plans.remove(&plan.id)?;
    printer.talk(&format!(
        "{} is back at v{}: commit {} voids {} events; they stay on the record",
        plan.world,
        plan.to_position,
        done.commit,
        grouped(events)
    ));
    printer.talk(&format!(
        "look: annals log {} --from c{} · annals verify {}",
        plan.world, done.commit, plan.world
    ));
    Ok(Exit::Done)
}

fn show(proposal: &Proposal, settings: &Settings, printer: &Printer) -> Result<(), Failure> {
    let (plan, state) = (&proposal.plan, proposal.standing(settings, now()));
    if printer.output() != Output::Table {
        let mut document = serde_json::to_value(plan)?;
        if let Some(fields) = document.as_object_mut() {
            fields.insert("state".to_owned(), json!(state));
            fields.insert("approver".to_owned(), json!(proposal.approval.as_ref().map(|a| &a.by)));
            fields.insert("holds_world".to_owned(), json!(proposal.holds));
        }
        return printer.document(&document);
    }
    let events: u64 = plan.events.values().sum();
    let lines = [
        format!("Plan {}  {} back to v{} ({})", plan.id, plan.world, plan.to_position, plan.to_game_ms),
        format!(
            "  voids        {} events in {} commits (they stay on the record)",
            grouped(events),
            grouped(plan.commits)
        ),
        format!("  players      {} acted since then", plan.actors.len()),
        format!("  battles      {} void", grouped(plan.battles)),
        format!("  timers       {} go on as they stood; world time resumes there", plan.timers),
        format!("  rows         {} change", grouped(plan.losses.len() as u64)),
    ];
    for line in lines {
        printer.line(&line)?;
    }
    for note in &plan.cannot_undo {
        printer.line(&format!("  cannot undo  {note}"))?;
    }
    printer.line(&format!("  reason       {} (proposed by {})", plan.reason, plan.proposer))?;
    printer.line(&format!(
        "  digest       {}…  valid while the last event is v{}",
        &plan.digest[..16],
        plan.planned_on
    ))?;
    let held = if proposal.holds { "; the world is paused for it" } else { "" };
    printer.line(&format!("  state        {state}{held}"))?;
    worst(plan, printer)
}

/// The numbers that fall most, player by player.
fn worst(plan: &Plan, printer: &Printer) -> Result<(), Failure> {
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<i64>().ok());
    let mut falls: Vec<(i64, &replay_tool::plan::Loss)> = plan
        .losses
        .iter()
        .filter(|loss| {
            loss.row.contains("players")
                && matches!(loss.column.as_str(), "power" | "score" | "diamonds" | "hunts" | "gold")
        })
        .filter_map(|loss| Some((number(&loss.then)? - number(&loss.now)?, loss)))
        .filter(|(delta, _)| *delta != 0)
        .collect();
    falls.sort_by_key(|(delta, _)| *delta);
    let rows: Vec<_> = falls
        .iter()
        .take(8)
        .map(|(delta, loss)| {
            vec![json!(loss.row), json!(loss.column), json!(loss.now), json!(loss.then), json!(delta)]
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    printer.line("")?;
    printer.rows(&["row", "column", "now", "then", "delta"], &rows)
}
