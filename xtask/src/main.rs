//! What developers run, one word each: `cargo xtask ci`, `sim`, `schemas`, `tidy`.
//!
//! Nothing is built here that another room owns: each word starts the tool of that room and hands its ending on. Start
//! with [`Word`].

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::{Parser, Subcommand};

/// Developers' tasks.
#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    after_help = "Examples:\n  cargo xtask tidy                   format, and check the rules of the house\n  cargo xtask ci                     what must be green before a merge\n  cargo xtask sim --seeds 1000       the simulator, a thousand seeds\n  cargo xtask sim --seed 4711        one seed again, with its trace\n  cargo xtask schemas                write schemas, catalogue and golden samples\n  cargo xtask schemas --check        only compare"
)]
struct Arguments {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    /// Formatting, lints and all tests, as they must be before a merge.
    Ci,
    /// The simulator in release; arguments are handed on.
    #[command(disable_help_flag = true)]
    Sim {
        /// Arguments of the simulator: `--seeds 1000`, `--seed 4711`, `--planted`, `--help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// JSON Schemas, catalogue, golden samples and the lock of what was shipped; arguments are handed on.
    #[command(disable_help_flag = true)]
    Schemas {
        /// Arguments: `--check`, `--before-release`, `--help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Formats the code and checks the rules of the house: arrows, lints, text, contracts.
    Tidy,
}

/// One command line of cargo.
type Line<'a> = &'a [&'a str];

const CI: &[Line<'_>] = &[
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["test", "--workspace", "--locked"],
];

const TIDY: &[Line<'_>] = &[
    &["fmt", "--all"],
    &["test", "--quiet", "--package", "architecture"],
    &["run", "--quiet", "--package", "contracts", "--", "--check"],
];

fn main() -> ExitCode {
    match Arguments::parse().word {
        Word::Ci => all(CI),
        Word::Tidy => all(TIDY),
        Word::Sim { arguments } => {
            cargo(&["run", "--quiet", "--release", "--package", "sim", "--"], &arguments)
        }
        Word::Schemas { arguments } => cargo(&["run", "--quiet", "--package", "contracts", "--"], &arguments),
    }
}

/// Runs the lines in order and stops at the first that fails.
fn all(lines: &[Line<'_>]) -> ExitCode {
    let begun = Instant::now();
    for line in lines {
        eprintln!("[{:>4} s] cargo {}", begun.elapsed().as_secs(), line.join(" "));
        let ended = cargo(line, &[]);
        if ended != ExitCode::SUCCESS {
            eprintln!("[{:>4} s] failed: cargo {}", begun.elapsed().as_secs(), line.join(" "));
            return ended;
        }
    }
    eprintln!("[{:>4} s] all well", begun.elapsed().as_secs());
    ExitCode::SUCCESS
}

/// Runs the same cargo that runs this.
fn cargo(words: &[&str], more: &[OsString]) -> ExitCode {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    match Command::new(program).args(words).args(more).status() {
        Ok(status) => match status.code().and_then(|code| u8::try_from(code).ok()) {
            Some(code) => ExitCode::from(code),
            None => ExitCode::FAILURE,
        },
        Err(error) => {
            eprintln!("cargo can not be started: {error}");
            ExitCode::FAILURE
        }
    }
}
