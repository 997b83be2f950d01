//! Scenario files: given, when, then for any game, so that a rule is checked without writing Rust.
//!
//! A scenario is TOML: a world and steps in time order. [`run`] plays it against a fresh world held in memory, through
//! the same face as every host, and answers with a [`Report`]: how each step ended, and a readable difference for each
//! one that did not end as it should. Each commit is sealed and folded a second time from its bytes, so every scenario
//! also proves that the state lived is the state replayed.
//!
//! What is not here: files and clocks. The text comes in, the report goes out.

mod compare;
mod file;
mod patch;
mod people;
mod play;
mod report;
mod stage;
#[cfg(test)]
mod tests;

pub use compare::Difference;
pub use report::{Failure, Report, ScenarioError, StepReport};

/// Plays a scenario.
///
/// # Errors
/// When the text is no scenario, or its world can not be opened. A step that ends otherwise than it should is no error:
/// it stands in the report.
///
/// ```
/// let report = games_registry::scenario::run(r#"
/// game = "harbour"
///
/// [[step]]
/// at = "0d 00:00:00"
/// actor = "u:1001"
/// command = { type = "Settle" }
/// events = [ { type = "Settled", gold = 100 } ]
/// "#).unwrap();
/// assert!(report.failures.is_empty(), "{report}");
/// ```
pub fn run(text: &str) -> Result<Report, ScenarioError> {
    let file = file::read(text)?;
    play::play(&file)
}
