//! What came of a scenario: for people by `Display`, for programs by serde.

use std::fmt;

use serde::Serialize;

use super::compare::Difference;

/// Why a text can not be played at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct ScenarioError {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong, in words.
    pub problem: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.problem),
            None => f.write_str(&self.problem),
        }
    }
}

impl ScenarioError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { line: None, problem: problem.into() }
    }

    pub(super) fn at(line: usize, problem: impl Into<String>) -> Self {
        Self { line: Some(line), problem: problem.into() }
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepReport {
    /// Which, from 1.
    pub number: usize,
    /// Its line in the file.
    pub line: usize,
    /// The moment.
    pub at: String,
    /// What it did: `command TroopsTrain by u:1001`.
    pub what: String,
    /// How it ended: `accepted`, `rejected NOT_ENOUGH`, `answered`, `passed`, …
    pub outcome: String,
    /// Types of the events that it brought, timers due on the way included.
    pub events: Vec<String>,
    /// Whether it ended as it should.
    pub passed: bool,
}

/// A step that ended otherwise than it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Which step, from 1.
    pub step: usize,
    /// Its line in the file.
    pub line: usize,
    /// The moment.
    pub at: String,
    /// What the step did.
    pub what: String,
    /// What went wrong, in a sentence.
    pub problem: String,
    /// Expected and found, field by field.
    pub differences: Vec<Difference>,
    /// What to look at next.
    pub look_at: String,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The game.
    pub game: String,
    /// What the scenario is about, if it says so.
    pub title: Option<String>,
    /// Every step, in order.
    pub steps: Vec<StepReport>,
    /// What did not end as it should; empty when all is well.
    pub failures: Vec<Failure>,
}

impl Report {
    /// Whether every step ended as it should.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.title.as_deref().unwrap_or(&self.game);
        if self.failures.is_empty() {
            return write!(f, "passed: {title} ({} steps)", self.steps.len());
        }
        write!(f, "failed: {title} ({} of {} steps)", self.failed_steps(), self.steps.len())?;
        for failure in &self.failures {
            write!(f, "\n\n{failure}")?;
        }
        Ok(())
    }
}

impl Report {
    fn failed_steps(&self) -> usize {
        self.steps.iter().filter(|step| !step.passed).count()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  step {} (line {}), {}: {}", self.step, self.line, self.at, self.what)?;
        writeln!(f, "    {}", self.problem)?;
        let width = |column: fn(&Difference) -> &str, least: usize| {
            self.differences.iter().map(|d| column(d).chars().count()).max().unwrap_or(0).clamp(least, 60)
        };
        if !self.differences.is_empty() {
            let (field, expected) = (width(|d| &d.field, 5), width(|d| &d.expected, 8));
            writeln!(f, "      {:field$}  {:expected$}  found", "field", "expected")?;
            for d in &self.differences {
                writeln!(f, "      {:field$}  {:expected$}  {}", d.field, d.expected, d.found)?;
            }
        }
        write!(f, "    look at: {}", self.look_at)
    }
}
