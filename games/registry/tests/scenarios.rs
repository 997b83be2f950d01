//! Every scenario file of every game is played; a deliberately wrong copy must fail.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test may read files and fail; the games may not"
)]

use std::path::PathBuf;

use games_registry::scenario;

fn files() -> Vec<PathBuf> {
    let games = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for game in std::fs::read_dir(games).unwrap() {
        let Ok(scenarios) = std::fs::read_dir(game.unwrap().path().join("scenarios")) else { continue };
        found.extend(scenarios.map(|entry| entry.unwrap().path()));
    }
    found.retain(|path| path.to_string_lossy().ends_with(".scenario.toml"));
    found.sort();
    found
}

#[test]
fn every_scenario_file_passes() {
    let files = files();
    assert!(files.len() >= 15, "only {} scenario files were found", files.len());
    let mut failed = String::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        match scenario::run(&text) {
            Ok(report) if report.passed() => {}
            Ok(report) => failed.push_str(&format!("\n{}\n{report}\n", path.display())),
            Err(error) => failed.push_str(&format!("\n{}: {error}\n", path.display())),
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// Wrong copies: each changes one figure of a file, and the report must point at exactly that.
const WRONG: [(&str, &str, &str, &str); 4] = [
    ("a04_camps_and_founding", "tries = 6", "tries = 7", "tries  7         6"),
    ("a10_research", "academy 9", "academy 8", "what   \"academy 8\"  \"academy 9\""),
    ("a06_first_production", "iron = 1130", "iron = 1131", "after.iron  1131      1130"),
    ("settling", "gold = 140", "gold = 141", "gold   141       140"),
];

#[test]
fn a_wrong_copy_fails_and_says_where() {
    for (name, right, wrong, told) in WRONG {
        let path = files().into_iter().find(|path| path.to_string_lossy().contains(name)).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.matches(right).count(), 1, "{name}: {right}");
        let report = scenario::run(&text.replace(right, wrong)).unwrap();
        assert_eq!(report.failures.len(), 1, "{report}");
        assert!(report.to_string().contains(told), "{told:?} is missing in\n{report}");
    }
}
