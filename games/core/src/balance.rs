//! What a season came to, for whoever balances a game: aggregates over everything that was asked and happened, as tables,
//! and the claims of the game's rulebook held against them. Floats are allowed here and nowhere else in a game: nothing
//! of this goes into a state or a decision.

use schemas::PlayerId;
use serde::{Deserialize, Serialize};

use crate::game::{Game, Moment};

/// A table of figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// What it shows, in a few words.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells: numbers and texts.
    pub rows: Vec<Vec<serde_json::Value>>,
}

impl Section {
    /// A table without rows.
    #[must_use]
    pub fn new(name: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self { name: name.to_owned(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<serde_json::Value>) {
        self.rows.push(cells);
    }
}

/// Where a claim comes from, and so what it means if it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A bound that the rules themselves guarantee: not held, it is a fault.
    Bound,
    /// An expectation of how seasons go, from the rulebook's own simulations: not held, it is a question.
    Expected,
}

/// A claim of the rulebook with what was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed, with its place in the rulebook.
    pub claim: String,
    /// What was measured.
    pub measured: String,
    /// Whether it holds; none if this season is too short or too small to tell.
    pub held: Option<bool>,
    /// Bound or expectation.
    pub kind: ClaimKind,
}

/// What a season came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BalanceReport {
    /// Tables in order.
    pub sections: Vec<Section>,
    /// Claims in order.
    pub claims: Vec<Claim>,
}

/// A command as it was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// Who asked, if a player did.
    pub player: Option<PlayerId>,
    /// The command's type.
    pub kind: &'a str,
    /// Code of the refusal; none if it was accepted.
    pub refused: Option<&'a str>,
}

/// Watches a season go by. Told in record order of every command before its events, and of every event with the state
/// after it.
pub trait Balance<G: Game>: Send + Sync {
    /// A command was answered.
    fn command(&mut self, state: &G::State, answered: Answered<'_>);

    /// Something happened.
    fn event(&mut self, rules: &G::Rules, state: &G::State, event: &G::Event, at: Moment<'_>);

    /// What it came to so far.
    fn report(&self, rules: &G::Rules, state: &G::State) -> BalanceReport;
}
