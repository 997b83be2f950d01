//! Scenario files: given, when, then for any game, so that a rule is checked without writing Rust.
//!
//! A scenario is TOML: a world and steps in time order. [`run`] plays it against a fresh world held in memory, through
//! the same face as every host, and answers with a [`Report`]: how each step ended, and a readable difference for each
//! one that did not end as it should. Each commit is sealed and folded a second time from its bytes, so every scenario
//! also proves that the state lived is the state replayed.
//!
//! At the top stand `game`, and if wanted `title`, `open` (the moment; 2 March 2026 if left out), `secret` (64 hex
//! digits) or `seed` (a small number instead), `rules` (dotted paths to be replaced), `config`, and `set`.
//!
//! A `[[step]]` does one thing at a moment `at`, an offset from the opening (`"7d 01:00:00"`) or an instant; left out, it is
//! that of the step before. What is due by then fires first.
//!
//! | a step does | and may expect |
//! | --- | --- |
//! | `command = { type = "TroopsTrain", … }` by `actor = "u:1001"` or `role = "admin"` | `events`, `only = true`, or `rejected` |
//! | `query = { type = "CityView" }` by the same | `expect`, or `rejected` |
//! | `pass = true`: lets time pass | `events`, `only = true` |
//! | `open = true`, as the first step: looks at what the opening did | `events`, `only = true` |
//! | `row = { table = "pv_players", pn = 1 }`: reads a row of the read models, named by its key | `expect`; `false` if there is none |
//! | `scores = 1`: reads what an entity has on the boards | `expect` by board; `false` if it stands on none |
//! | `event = { type = …, … }`: folds it as it stands | |
//! | `set = { "players.0.home.t2" = 100 }`: changes the state as no event would; an empty table empties | |
//!
//! `events` are looked for in order, and others may stand between them; named fields must match. `rejected` is a code, or
//! a table of what the refusal says (`code`, its figures, `sentence`, …). `dice` lays down the draws of the command's own
//! decision, or of the timers that fire in a `pass`. `numbers = { battle = 2 }`, beside `event` or `set`, counts numbers of
//! new things as handed out; `notices = [{ to = "u:1", kind = "battle" }]`, beside a command, `pass` or `open`, names all
//! messages that the step brought, in order; `carried = { prestige = 120 }` says what an actor brings from earlier seasons.
//!
//! `u:<id>` is a player id everywhere. A TOML instant is game time in ms. A number beyond 64 signed bits is written as text.
//!
//! What is not here: files and clocks. The text comes in, the report goes out.

mod compare;
mod file;
mod judge;
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
