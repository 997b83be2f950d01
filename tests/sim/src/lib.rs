//! The deterministic simulator: a whole server (nodes, log, bus, clients, projector) from one seed.
//!
//! Time, order, loss, crashes and clocks come from one generator; the kernel inside is the one that ships. After a
//! storm of faults comes a quiet phase, and then the checkers read everything that was written and said. A failing
//! seed prints one line to paste. Start at [`run`].

mod check;
mod client;
mod cluster;
mod plan;
mod projector;
pub mod secrecy;
mod workload;

pub use check::Violation;
pub use plan::{Marks, Plan, SimPlant};
pub use workload::{Harbour, Place, PopVerse, Scene, Workload};

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What does not hold; empty for a clean run.
    pub violations: Vec<Violation>,
    /// Rare things that happened.
    pub marks: Marks,
    /// Hash over every input and output: the same seed gives the same trace.
    pub trace: u64,
    /// Commits in the log at the end.
    pub commits: u64,
}

/// Runs one seed: `commands` commands by the clients of the workload, with or without a planted bug.
#[must_use]
pub fn run(seed: u64, commands: u32, workload: &dyn Workload, plant: Option<SimPlant>) -> Outcome {
    let mut cluster = cluster::Cluster::new(seed, commands, workload, plant);
    cluster.storm();
    cluster.calm();
    let violations = check::all(&mut cluster);
    Outcome { seed, violations, commits: cluster.commits(), trace: cluster.trace(), marks: cluster.marks }
}

/// Runs one seed and tells everything that happened, one line each.
#[must_use]
pub fn story(seed: u64, commands: u32, workload: &dyn Workload, plant: Option<SimPlant>) -> Vec<String> {
    let mut cluster = cluster::Cluster::new(seed, commands, workload, plant);
    cluster.story = Some(Vec::new());
    cluster.storm();
    cluster.calm();
    cluster.story.unwrap_or_default()
}

/// Runs seeds until one violates an invariant; how many were run, and the violation.
#[must_use]
pub fn first_violation(
    first: u64,
    seeds: u64,
    commands: u32,
    workload: &dyn Workload,
    plant: Option<SimPlant>,
) -> Option<(u64, Outcome)> {
    (first..first + seeds)
        .map(|seed| run(seed, commands, workload, plant))
        .find(|outcome| !outcome.violations.is_empty())
        .map(|outcome| (outcome.seed - first + 1, outcome))
}
