//! `annals scenario run`: given, when, then, from files.

use games_registry::scenario;
use serde_json::json;

use crate::cli::ScenarioCommand;
use crate::context::{Exit, Failure, Output};
use crate::print::Printer;

pub(crate) fn run(command: &ScenarioCommand, printer: &Printer) -> Result<Exit, Failure> {
    let ScenarioCommand::Run { files } = command;
    let mut rows = Vec::new();
    let mut failed = false;
    let human = matches!(printer.output(), Output::Table | Output::Tsv);
    for file in files {
        let text = std::fs::read_to_string(file)
            .map_err(|e| Failure::usage(format!("{} can not be read: {e}", file.display())))?;
        match scenario::run(&text) {
            Ok(report) => {
                let ok = report.failures.is_empty();
                failed |= !ok;
                if human {
                    printer.line(&format!(
                        "{}  {}  {} steps",
                        if ok { "ok    " } else { "FAILED" },
                        file.display(),
                        report.steps.len()
                    ))?;
                    for failure in &report.failures {
                        printer.talk(&format!("{failure}"));
                    }
                }
                rows.push(json!({ "file": file, "ok": ok, "report": report }));
            }
            Err(problem) => {
                failed = true;
                if human {
                    printer.line(&format!("FAILED  {}", file.display()))?;
                    printer.talk(&format!("  {problem}"));
                }
                rows.push(json!({ "file": file, "ok": false, "problem": problem.to_string() }));
            }
        }
    }
    if !human {
        printer.line(&serde_json::to_string_pretty(&rows)?)?;
    }
    Ok(if failed { Exit::Difference } else { Exit::Done })
}
