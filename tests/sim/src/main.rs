//! `cargo xtask sim`: runs seeds and prints what they found.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use sim::secrecy::{HarbourSecrets, KingdomSecrets, Secrecy, Secrets, first_leak};
use sim::{Harbour, Marks, PopVerse, SimPlant, Workload, run};

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Played {
    /// The season of kingdoms.
    Popverse,
    /// The example game.
    Harbour,
    /// Every tenth seed the kingdoms, else the example game.
    Mixed,
}

impl Played {
    /// The game of one seed.
    const fn of(self, seed: u64) -> Self {
        match self {
            Self::Mixed if seed.is_multiple_of(10) => Self::Popverse,
            Self::Mixed | Self::Harbour => Self::Harbour,
            Self::Popverse => Self::Popverse,
        }
    }

    /// As it is typed.
    const fn name(self) -> &'static str {
        match self {
            Self::Popverse => "popverse",
            Self::Harbour => "harbour",
            Self::Mixed => "mixed",
        }
    }

    fn workload(self, seed: u64) -> &'static dyn Workload {
        match self.of(seed) {
            Self::Popverse => &PopVerse,
            Self::Harbour | Self::Mixed => &Harbour,
        }
    }
}

/// Runs the deterministic simulator: nodes, log, bus, clients and projector from one seed.
#[derive(Parser)]
#[command(
    after_help = "Examples:\n  sim --seeds 1000\n  sim --seed 4711          one seed, with its trace\n  sim --game popverse      another game\n  sim --planted            every planted bug must be caught\n  sim --secrecy 1000       a thousand pairs of runs: no player's transcript tells what they may not know"
)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Commands a seed.
    #[arg(long, default_value_t = 200)]
    commands: u32,
    /// Which game the clients play.
    #[arg(long, value_enum, default_value_t = Played::Mixed)]
    game: Played,
    /// Tell everything that happens in the first seed.
    #[arg(long)]
    story: bool,
    /// Plant each known bug in turn and look for it.
    #[arg(long)]
    planted: bool,
    /// Run so many pairs of each game that differ only in what one player may not know, and compare all that this player
    /// is told; with --planted, find leaks planted on purpose.
    #[arg(long, value_name = "PAIRS")]
    secrecy: Option<u64>,
}

#[allow(clippy::print_stdout)]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.story {
        for line in
            sim::story(arguments.seed, arguments.commands, arguments.game.workload(arguments.seed), None)
        {
            println!("{line:.300}");
        }
        return ExitCode::SUCCESS;
    }
    if let Some(pairs) = arguments.secrecy {
        return secrecy(&arguments, pairs);
    }
    if arguments.planted { planted(&arguments) } else { seeds(&arguments) }
}

#[allow(clippy::print_stdout)]
fn seeds(arguments: &Arguments) -> ExitCode {
    let begun = Instant::now();
    let mut marks = Marks::default();
    let (mut failed, mut commits) = (0, 0);
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let outcome = run(seed, arguments.commands, arguments.game.workload(seed), None);
        marks.add(&outcome.marks);
        commits += outcome.commits;
        if arguments.seeds == 1 {
            println!("trace {:016x}", outcome.trace);
        }
        if !outcome.violations.is_empty() {
            failed += 1;
            for violation in outcome.violations.iter().take(5) {
                println!("seed {seed}: {violation}");
            }
            println!(
                "  again: cargo xtask sim --game {} --seed {seed} --commands {}",
                arguments.game.of(seed).name(),
                arguments.commands
            );
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{}: {} seeds from {}, {} commands each, {commits} commits, {failed} failed, {seconds:.1} s, {:.0} seeds/s",
        arguments.game.name(),
        arguments.seeds,
        arguments.seed,
        arguments.commands,
        arguments.seeds as f64 / seconds,
    );
    for (name, count) in marks.fields_mut() {
        println!("  {name:<20} {count}");
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[allow(clippy::print_stdout)]
fn planted(arguments: &Arguments) -> ExitCode {
    let mut missed = 0;
    for plant in SimPlant::all() {
        let first = arguments.seed;
        let found = (first..first + arguments.seeds.max(2000))
            .map(|seed| run(seed, arguments.commands, arguments.game.workload(seed), Some(plant)))
            .find(|outcome| !outcome.violations.is_empty());
        match found.map(|outcome| (outcome.seed - first + 1, outcome)) {
            Some((seeds, outcome)) => println!(
                "{:<34} caught after {seeds:>4} seeds: {}",
                format!("{plant:?}"),
                outcome.violations.first().map(ToString::to_string).unwrap_or_default()
            ),
            None => {
                missed += 1;
                println!("{:<34} MISSED", format!("{plant:?}"));
            }
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The games whose secrets are kept, as `--game` chooses.
fn keepers(played: Played) -> Vec<&'static dyn Secrets> {
    match played {
        Played::Popverse => vec![&KingdomSecrets],
        Played::Harbour => vec![&HarbourSecrets],
        Played::Mixed => vec![&HarbourSecrets, &KingdomSecrets],
    }
}

#[allow(clippy::print_stdout)]
fn secrecy(arguments: &Arguments, pairs: u64) -> ExitCode {
    let mut failed = 0_u64;
    for secrets in keepers(arguments.game) {
        let game = secrets.game();
        if arguments.planted {
            for &plant in secrets.leaks() {
                match first_leak(secrets, arguments.seed, pairs, Some(plant)) {
                    Ok(Some((after, leak))) => {
                        println!("{game}: {plant:?} caught after {after} pairs: {leak}");
                    }
                    Ok(None) => {
                        failed += 1;
                        println!("{game}: {plant:?} MISSED in {pairs} pairs");
                    }
                    Err(problem) => {
                        failed += 1;
                        println!("{game}: {plant:?}: {problem}");
                    }
                }
            }
            continue;
        }
        let begun = Instant::now();
        let mut secrecy = Secrecy::new(secrets, None);
        let (mut lines, mut differed, mut leaks) = (0, 0, 0_u64);
        for seed in arguments.seed..arguments.seed + pairs {
            match secrecy.pair(seed) {
                Ok(pair) => {
                    lines += pair.lines;
                    differed += u64::from(pair.differed);
                    if let Some(leak) = pair.leak {
                        leaks += 1;
                        println!(
                            "{leak}\n  again: cargo xtask sim --game {} --seed {seed} --secrecy 1",
                            played(game)
                        );
                    }
                }
                Err(problem) => {
                    leaks += 1;
                    println!("pair {seed}: {problem}");
                }
            }
        }
        failed += leaks;
        println!(
            "{game}: {pairs} pairs from {}, {differed} of them with other hidden states, {lines} lines compared, {leaks} leaks, {:.1} s",
            arguments.seed,
            begun.elapsed().as_secs_f64()
        );
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A game as `--game` names it.
fn played(game: &str) -> &'static str {
    if game == "harbour" { Played::Harbour.name() } else { Played::Popverse.name() }
}
