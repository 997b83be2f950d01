//! `cargo xtask sim`: runs seeds and prints what they found.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use sim::{Harbour, Marks, SimPlant, Workload, first_violation, run};

/// Runs the deterministic simulator: nodes, log, bus, clients and projector from one seed.
#[derive(Parser)]
#[command(
    after_help = "Examples:\n  sim --seeds 1000\n  sim --seed 4711          one seed, with its trace\n  sim --planted            every planted bug must be caught"
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
    /// Tell everything that happens in the first seed.
    #[arg(long)]
    story: bool,
    /// Plant each known bug in turn and look for it.
    #[arg(long)]
    planted: bool,
}

#[allow(clippy::print_stdout)]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.story {
        for line in sim::story(arguments.seed, arguments.commands, &Harbour, None) {
            println!("{line:.300}");
        }
        return ExitCode::SUCCESS;
    }
    if arguments.planted { planted(&arguments, &Harbour) } else { seeds(&arguments, &Harbour) }
}

#[allow(clippy::print_stdout)]
fn seeds(arguments: &Arguments, workload: &dyn Workload) -> ExitCode {
    let begun = Instant::now();
    let mut marks = Marks::default();
    let (mut failed, mut commits) = (0, 0);
    for seed in arguments.seed..arguments.seed + arguments.seeds {
        let outcome = run(seed, arguments.commands, workload, None);
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
            println!("  again: cargo xtask sim --seed {seed} --commands {}", arguments.commands);
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} seeds from {}, {} commands each, {commits} commits, {failed} failed, {seconds:.1} s, {:.0} seeds/s",
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
fn planted(arguments: &Arguments, workload: &dyn Workload) -> ExitCode {
    let mut missed = 0;
    for plant in SimPlant::all() {
        match first_violation(
            arguments.seed,
            arguments.seeds.max(2000),
            arguments.commands,
            workload,
            Some(plant),
        ) {
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
