//! `annals rollback`: plan, look, apply.

use event_store::EventStore;
use replay_tool::plan::{PLAN_LIFE_MS, Plan, plan_rewind};
use replay_tool::travel::Log;
use serde_json::json;

use super::confirm;
use super::remote::operate;
use super::tools::resolve;
use crate::cli::RollbackCommand;
use crate::context::{Data, Exit, Failure, Output, now, operator};
use crate::print::{Printer, grouped};

pub(crate) async fn run(
    data: &Data,
    command: &RollbackCommand,
    no_input: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    match command {
        RollbackCommand::Plan { world, to, reason } => {
            let store = data.reader().await?;
            let log = Log::open(&store, world).await?;
            let to = resolve(&log, to, printer).await?;
            let plan = plan_rewind(&log, &to, reason, &operator(), now()).await?;
            if plan.is_empty() {
                printer.talk(&format!(
                    "nothing came after that point: a rewind of {world} would change nothing"
                ));
                return Ok(Exit::Done);
            }
            std::fs::create_dir_all(data.plans())?;
            std::fs::write(path(data, &plan.id), serde_json::to_vec_pretty(&plan)?)?;
            show(&plan, printer)?;
            printer.talk(&format!("nothing was changed. Apply: annals rollback apply {}", plan.id));
            Ok(Exit::Done)
        }
        RollbackCommand::Show { plan } => {
            show(&load(data, plan)?, printer)?;
            Ok(Exit::Done)
        }
        RollbackCommand::List => {
            let mut rows = Vec::new();
            for plan in all(data)? {
                let old = now().since(plan.made_ms) > PLAN_LIFE_MS;
                rows.push(vec![
                    json!(plan.id),
                    json!(plan.world),
                    json!(format!("v{}", plan.to_position)),
                    json!(plan.events.values().sum::<u64>()),
                    json!(plan.made_ms.to_string()),
                    json!(if old { "expired" } else { "open" }),
                    json!(plan.reason),
                ]);
            }
            printer.rows(&["plan", "world", "to", "events void", "made", "state", "reason"], &rows)?;
            Ok(Exit::Done)
        }
        RollbackCommand::Drop { plan } => {
            let plan = load(data, plan)?;
            std::fs::remove_file(path(data, &plan.id))?;
            printer.talk(&format!("{} is dropped", plan.id));
            Ok(Exit::Done)
        }
        RollbackCommand::Apply { plan, yes } => apply(data, plan, *yes, no_input, printer).await,
    }
}

async fn apply(data: &Data, id: &str, yes: bool, no_input: bool, printer: &Printer) -> Result<Exit, Failure> {
    let plan = load(data, id)?;
    if plan.compute_digest()? != plan.digest {
        return Err(Failure::new(
            "PLAN_CHANGED",
            format!("{} is not the plan that its digest names: plan anew", plan.id),
        ));
    }
    if now().since(plan.made_ms) > PLAN_LIFE_MS {
        let text = format!("{} is more than 30 minutes old: plan anew", plan.id);
        return Err(Failure::new("PLAN_EXPIRED", text));
    }
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
    let command = serde_json::to_value(plan.command(None))?;
    let done = operate(data, &plan.world, "WorldRewind", command).await?;
    std::fs::remove_file(path(data, &plan.id))?;
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

fn path(data: &Data, id: &str) -> std::path::PathBuf {
    data.plans().join(format!("{id}.json"))
}

fn load(data: &Data, id: &str) -> Result<Plan, Failure> {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let text = plain.then(|| std::fs::read_to_string(path(data, id)).ok()).flatten();
    let text = text.ok_or_else(|| {
        Failure::new("UNKNOWN_PLAN", format!("there is no plan {id}; see: annals rollback list"))
    })?;
    Ok(serde_json::from_str(&text)?)
}

fn all(data: &Data) -> Result<Vec<Plan>, Failure> {
    let Ok(entries) = std::fs::read_dir(data.plans()) else { return Ok(Vec::new()) };
    let mut plans = Vec::new();
    for entry in entries {
        if let Ok(text) = std::fs::read_to_string(entry?.path())
            && let Ok(plan) = serde_json::from_str::<Plan>(&text)
        {
            plans.push(plan);
        }
    }
    plans.sort_by_key(|plan| plan.made_ms);
    Ok(plans)
}

fn show(plan: &Plan, printer: &Printer) -> Result<(), Failure> {
    if printer.output() != Output::Table {
        return printer.document(plan);
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
