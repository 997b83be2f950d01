//! What a simulated season came to, and how it is shown.

use std::collections::BTreeMap;

use games_core::balance::{BalanceReport, Claim, ClaimKind};
use serde::Serialize;
use serde_json::json;

use crate::context::Failure;
use crate::print::{Printer, grouped};

/// What a simulated season came to; a contract of `--output json`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    pub(super) game: String,
    pub(super) players: u32,
    pub(super) days: u32,
    pub(super) seed: u64,
    pub(super) commands: u64,
    pub(super) accepted: u64,
    pub(super) commits: u64,
    pub(super) events: u64,
    pub(super) battles: u64,
    /// Events by type.
    pub(super) events_by_type: BTreeMap<String, u64>,
    /// Refusals by code.
    pub(super) refusals: BTreeMap<String, u64>,
    pub(super) groups: Vec<Group>,
    pub(super) ledger: Vec<Account>,
    /// For everything: sources less sinks are what is held, and nothing is negative.
    pub(super) conserved: bool,
    /// The game's own report, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) balance: Option<BalanceReport>,
    /// Whether everything was decided again to what is recorded; none if that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verified: Option<bool>,
    /// Bytes of the whole state at the end.
    pub(super) state_bytes: usize,
}

/// How one group of players stands on one board.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Group {
    /// Its name: a faction.
    pub(super) group: String,
    pub(super) board: &'static str,
    pub(super) players: usize,
    pub(super) least: i64,
    /// The upper of the two in the middle, where there are two.
    pub(super) median: i64,
    pub(super) most: i64,
    pub(super) total: i64,
}

/// What came into the world of one thing, what went out of it, what is there.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Account {
    pub(super) account: String,
    pub(super) sources: i64,
    pub(super) sinks: i64,
    pub(super) held: i64,
    pub(super) conserved: bool,
    /// What the types of event brought in (or, negative, took out).
    pub(super) by_event: BTreeMap<String, i64>,
}

/// Shows the report as tables.
pub(super) fn show(report: &Report, printer: &Printer) -> Result<(), Failure> {
    printer.line(&format!(
        "{} commands ({} accepted), {} events, {} battles; conserved: {}",
        grouped(report.commands),
        grouped(report.accepted),
        grouped(report.events),
        grouped(report.battles),
        if report.conserved { "yes" } else { "NO" }
    ))?;
    if let Some(verified) = report.verified {
        printer
            .line(&format!("decided again to what is recorded: {}", if verified { "yes" } else { "NO" }))?;
    }
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|g| {
            vec![
                json!(g.board),
                json!(g.group),
                json!(g.players),
                json!(g.least),
                json!(g.median),
                json!(g.most),
                json!(g.total),
            ]
        })
        .collect();
    if !groups.is_empty() {
        printer.line("")?;
        printer.rows(&["board", "group", "players", "least", "median", "most", "total"], &groups)?;
    }
    let ledger: Vec<_> = report
        .ledger
        .iter()
        .map(|a| {
            vec![
                json!(a.account),
                json!(a.sources),
                json!(a.sinks),
                json!(a.held),
                json!(if a.conserved { "yes" } else { "NO" }),
                json!(foremost(a, 1)),
                json!(foremost(a, -1)),
            ]
        })
        .collect();
    printer.line("")?;
    let heading = ["account", "sources", "sinks", "held", "conserved", "first source", "first sink"];
    printer.rows(&heading, &ledger)?;
    let mut refusals: Vec<_> = report.refusals.iter().collect();
    refusals.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
    let refusals: Vec<_> =
        refusals.into_iter().map(|(code, count)| vec![json!(code), json!(count)]).collect();
    // A game's own report tells them better.
    if !refusals.is_empty() && report.balance.is_none() {
        printer.line("")?;
        printer.rows(&["refused", "count"], &refusals)?;
    }
    report.balance.iter().try_for_each(|balance| sections(balance, printer))
}

fn sections(balance: &BalanceReport, printer: &Printer) -> Result<(), Failure> {
    for section in &balance.sections {
        printer.line(&format!("\n{}", section.name))?;
        let heading: Vec<&str> = section.columns.iter().map(String::as_str).collect();
        printer.rows(&heading, &section.rows)?;
    }
    printer.line("\nclaims of the rulebook")?;
    balance.claims.iter().try_for_each(|claim| printer.line(&line(claim)))
}

/// A claim with what was measured.
fn line(claim: &Claim) -> String {
    let held = match (claim.held, claim.kind) {
        (Some(true), _) => "held",
        (Some(false), ClaimKind::Bound) => "NOT HELD",
        (Some(false), ClaimKind::Expected) => "not held",
        (None, _) => "open",
    };
    format!("{held}: {} — {}", claim.claim, claim.measured)
}

impl Report {
    /// Whether a claim of this kind is not held.
    pub(super) fn breaks(&self, kind: ClaimKind) -> bool {
        let claims = self.balance.iter().flat_map(|balance| &balance.claims);
        claims.into_iter().any(|claim| claim.kind == kind && claim.held == Some(false))
    }
}

/// The type of event that brought in most of something, or took out most of it.
fn foremost(account: &Account, sign: i64) -> Option<&str> {
    let most = account.by_event.iter().max_by_key(|(_, amount)| sign * **amount)?;
    (sign * most.1 > 0).then_some(most.0.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_told_with_what_was_measured() {
        let told =
            |held, kind| line(&Claim { claim: "1: a".to_owned(), measured: "2".to_owned(), held, kind });
        assert_eq!(told(Some(true), ClaimKind::Bound), "held: 1: a — 2");
        assert_eq!(told(Some(false), ClaimKind::Bound), "NOT HELD: 1: a — 2");
        assert_eq!(told(Some(false), ClaimKind::Expected), "not held: 1: a — 2");
        assert_eq!(told(None, ClaimKind::Expected), "open: 1: a — 2");
    }

    #[test]
    fn first_source_and_first_sink() {
        let by_event = BTreeMap::from([("A".to_owned(), 3), ("B".to_owned(), -7), ("C".to_owned(), 5)]);
        let account = Account { by_event, ..Account::default() };
        assert_eq!((foremost(&account, 1), foremost(&account, -1)), (Some("C"), Some("B")));
        assert_eq!(foremost(&Account::default(), 1), None);
    }
}
