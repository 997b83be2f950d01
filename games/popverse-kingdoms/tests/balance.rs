//! What a small season of bots came to: the report is made of the events, adds up to the books, and stays the same.

#![allow(missing_docs, reason = "a test")]
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

mod harness;

use std::fmt::Write;

use games_core::balance::{BalanceReport, ClaimKind};
use games_core::{Game, Rng};
use harness::{Harness, player};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::config::Config;
use schemas::Actor;

/// A season of 30 days from its opening to its end, with bots who are asked every two hours.
fn season(world: u64, bots: u64) -> (Harness, BalanceReport) {
    let mut h = Harness::with(world, &Config { season_days: 30, ..Config::default() });
    h.balance = PopVerse::balance();
    let mut rng = Rng::new(world);
    for _ in 0..30 * 12 {
        h.pass(7200);
        for n in 1..=bots {
            for _ in 0..3 {
                let command = PopVerse::bot(&h.rules, &h.state, player(n), h.now, &mut rng);
                let Some(command) = command else { break };
                if h.ask(&Actor::Bot(player(n)), command).is_err() {
                    break;
                }
            }
        }
    }
    h.pass(60);
    assert!(h.state.ended);
    let report = h.balance.as_ref().unwrap().report(&h.rules, &h.state);
    (h, report)
}

fn shown(report: &BalanceReport) -> String {
    let mut out = String::new();
    for section in &report.sections {
        writeln!(out, "# {}\n{}", section.name, section.columns.join(" | ")).unwrap();
        for row in &section.rows {
            let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            writeln!(out, "{}", cells.join(" | ")).unwrap();
        }
        writeln!(out).unwrap();
    }
    for claim in &report.claims {
        let held = match claim.held {
            Some(true) => "held",
            Some(false) => "not held",
            None => "open",
        };
        writeln!(out, "{held}: {} — {}", claim.claim, claim.measured).unwrap();
    }
    out
}

#[test]
fn the_report_of_a_small_season() {
    let (h, report) = season(42, 15);
    insta::assert_snapshot!("small_season", shown(&report));
    // Sources less sinks, as the report tells them, are the ledger's, resource by resource.
    let flows = report.sections.iter().find(|section| section.name == "sources and sinks").unwrap();
    for (column, account) in [(1, "food"), (2, "iron"), (3, "gold")] {
        let of = |row: &&Vec<serde_json::Value>| row[0] != "looted (moved)";
        let sum: i64 = flows.rows.iter().filter(of).map(|row| row[column].as_i64().unwrap()).sum();
        assert_eq!(Some(&sum), h.ledger.get(account), "{account}");
    }
    for claim in report.claims.iter().filter(|claim| claim.kind == ClaimKind::Bound) {
        assert_ne!(claim.held, Some(false), "{} — {}", claim.claim, claim.measured);
    }
}

/// A bound that is broken is told: the report does not say "held" whatever happens.
#[test]
fn a_broken_bound_is_told() {
    let (mut h, report) = season(7, 5);
    let held = |report: &BalanceReport, claim: &str| {
        report.claims.iter().find(|c| c.claim.contains(claim)).unwrap().held
    };
    assert_eq!(held(&report, "no resource is ever negative"), Some(true));
    h.state.players[0].stores.stock.iron = -1;
    let report = h.balance.as_ref().unwrap().report(&h.rules, &h.state);
    assert_eq!(held(&report, "no resource is ever negative"), Some(false));
    h.state.config.max_players = 3;
    let report = h.balance.as_ref().unwrap().report(&h.rules, &h.state);
    assert_eq!(held(&report, "no more players than the settings allow"), Some(false));
}
