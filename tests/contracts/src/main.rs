//! `cargo xtask schemas`: writes the contracts as files, or says in what they differ from the code.

use std::process::ExitCode;

use clap::Parser;

/// Writes JSON Schemas, catalogue, golden samples and the lock of what has been shipped.
#[derive(Parser)]
#[command(after_help = "Examples:\n  cargo xtask schemas\n  cargo xtask schemas --check")]
struct Arguments {
    /// Only compare: exit 3 when files and code differ.
    #[arg(long)]
    check: bool,
    /// Take today's schemas for the shipped ones: only while no release has been made with the old.
    #[arg(long, conflicts_with = "check")]
    before_release: bool,
}

#[allow(clippy::print_stdout)]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = contracts::folder();
    let wrong = if arguments.check {
        contracts::check(&folder)
    } else {
        match contracts::write(&folder, arguments.before_release) {
            Ok(outcome) => {
                for name in &outcome.written {
                    println!("wrote schemas/{name}");
                }
                outcome.wrong
            }
            Err(error) => vec![format!("the files can not be written: {error}")],
        }
    };
    for line in &wrong {
        eprintln!("{line}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}
