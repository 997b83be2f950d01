//! `annals battle`: battles on the record, fought again.

use std::path::Path;

use games_registry::GameFace;
use replay_tool::battles::{BattleFile, FILE_FORMAT, FoundBattle, Refought, RulesBook, list, refight};
use replay_tool::travel::Log;
use schemas::WorldId;
use serde_json::json;

use crate::cli::BattleCommand;
use crate::context::{Data, Exit, Failure, Output};
use crate::engine::Engine;
use crate::print::Printer;

async fn find(store: &Engine, world: &WorldId, number: u64) -> Result<Fought, Failure> {
    let (game, battles, book) = all(store, world).await?;
    let found = battles.into_iter().find(|found| found.battle.number == number);
    let found = found.ok_or_else(|| replay_tool::ToolError::UnknownBattle(number.to_string()))?;
    Ok(Fought { game, rules: book.get(&found.rules)?.to_owned(), found })
}

/// A battle with what it takes to fight it again.
struct Fought {
    game: &'static dyn GameFace,
    rules: String,
    found: FoundBattle,
}

impl Fought {
    fn again(&self) -> Result<Refought, Failure> {
        Ok(refight(self.game, &self.rules, &self.found.battle, None)?)
    }
}

async fn all(
    store: &Engine,
    world: &WorldId,
) -> Result<(&'static dyn GameFace, Vec<FoundBattle>, RulesBook), Failure> {
    let log = Log::open(store, world).await?;
    let game = command_service::load::game_of(store, world).await?;
    let game = game.ok_or_else(|| {
        Failure::new("UNKNOWN_GAME", format!("this server does not know the game of {world}"))
    })?;
    let (battles, book) = list(&log, game).await?;
    Ok((game, battles, book))
}

pub(crate) async fn run(data: &Data, command: &BattleCommand, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        BattleCommand::List { world, limit } => {
            let (_, battles, _) = all(&data.reader().await?, world).await?;
            let rows: Vec<_> = battles
                .iter()
                .rev()
                .take(*limit)
                .rev()
                .map(|f| {
                    vec![
                        json!(f.battle.number),
                        json!(f.at.to_string()),
                        json!(f.battle.kind),
                        json!(f.battle.attacker),
                        json!(f.battle.defender),
                        json!(f.battle.outcome),
                        json!(f.battle.rounds),
                        json!(f.battle.digest),
                        json!(if f.void { "void" } else { "" }),
                    ]
                })
                .collect();
            printer.rows(
                &["battle", "time", "kind", "attacker", "defender", "outcome", "rounds", "digest", "void"],
                &rows,
            )?;
            printer.talk(&format!("{} of {}", rows.len(), battles.len()));
            Ok(Exit::Done)
        }
        BattleCommand::Show { world, battle } => {
            let fought = find(&data.reader().await?, world, *battle).await?;
            let again = fought.again()?;
            show(&fought.found, &again, printer)?;
            Ok(if again.same { Exit::Done } else { Exit::Difference })
        }
        BattleCommand::Step { world, battle } => {
            let fought = find(&data.reader().await?, world, *battle).await?;
            super::step::run(&fought.found, &fought.again()?)?;
            Ok(Exit::Done)
        }
        BattleCommand::Verify { what, battle } => verify(data, what, *battle, printer).await,
        BattleCommand::Export { world, battle, to } => {
            let fought = find(&data.reader().await?, world, *battle).await?;
            let again = fought.again()?;
            let file = BattleFile {
                format: FILE_FORMAT.to_owned(),
                game: fought.game.name().to_owned(),
                world: world.to_string(),
                rules: fought.rules,
                found: fought.found,
                lines: again.report.lines,
            };
            std::fs::write(to, serde_json::to_vec_pretty(&file)?)?;
            printer.talk(&format!(
                "battle {battle} of {world} is in {}; check: annals battle verify {0}",
                to.display()
            ));
            Ok(Exit::Done)
        }
    }
}

async fn verify(data: &Data, what: &str, battle: Option<u64>, printer: &Printer) -> Result<Exit, Failure> {
    let Some(number) = battle else { return verify_file(what, printer) };
    let world = WorldId::new(what).map_err(|e| Failure::usage(e.to_string()))?;
    let fought = find(&data.reader().await?, &world, number).await?;
    verdict(&fought.found, &fought.again()?, printer)
}

/// Fights an exported battle again. Needs no server and no data.
pub(crate) fn verify_file(what: &str, printer: &Printer) -> Result<Exit, Failure> {
    let text = std::fs::read_to_string(Path::new(what)).map_err(|e| {
        Failure::usage(format!("{what} can not be read ({e}): name a file, or a world and a number"))
    })?;
    let file: BattleFile = serde_json::from_str(&text)
        .map_err(|e| Failure::new("BAD_INPUT", format!("{what} is no battle file: {e}")))?;
    file.check().map_err(|e| Failure::new("BAD_INPUT", format!("{what}: {e}")))?;
    let game = games_registry::find(&file.game).ok_or_else(|| {
        Failure::new("UNKNOWN_GAME", format!("this build does not know the game {}", file.game))
    })?;
    let again = refight(game, &file.rules, &file.found.battle, Some(&file.lines))?;
    verdict(&file.found, &again, printer)
}

fn verdict(found: &FoundBattle, again: &Refought, printer: &Printer) -> Result<Exit, Failure> {
    if printer.output() == Output::Table {
        let b = &found.battle;
        printer.line(&format!(
            "battle {}  {} against {}  v{}  engine {}  seed {:x}",
            b.number, b.attacker, b.defender, found.position, b.engine, b.seed
        ))?;
        printer.line(&format!("fought again in {} rounds", again.report.rounds))?;
        let verdict = if again.same { "ok" } else { "DIFFERS" };
        printer.line(&format!("report   recorded {}   now {}   {verdict}", again.recorded, again.now))?;
        if let Some((line, recorded, now)) = &again.first_difference {
            printer.line(&format!("  line {line}: recorded {recorded}"))?;
            printer.line(&format!("  line {line}: now      {now}"))?;
        }
    } else {
        printer.document(&json!({
            "battle": found.battle.number, "recorded": again.recorded, "now": again.now, "same": again.same,
            "first_difference": again.first_difference,
        }))?;
    }
    Ok(if again.same { Exit::Done } else { Exit::Difference })
}

fn show(found: &FoundBattle, again: &Refought, printer: &Printer) -> Result<(), Failure> {
    if printer.output() == Output::Json {
        return printer.document(&json!({ "found": found, "report": again.report }));
    }
    let b = &found.battle;
    printer.line(&format!(
        "Battle {} ({}), {}: {} against {}: {} in {} rounds{}",
        b.number,
        b.kind,
        found.at,
        b.attacker,
        b.defender,
        b.outcome,
        b.rounds,
        if found.void { "  VOID" } else { "" }
    ))?;
    for step in &again.report.told {
        printer.line(&format!("  {:>2}  {}", step.round, step.text))?;
    }
    printer.line(&format!(
        "digest {} · recorded {} · {}",
        again.now,
        again.recorded,
        if again.same { "equal" } else { "DIFFERENT" }
    ))
}
