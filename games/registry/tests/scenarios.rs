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

/// The state of every acceptance scenario of a rulebook, as its folder's README says.
#[test]
fn the_list_of_scenarios_is_whole_and_names_what_exists() {
    let game = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../popverse-kingdoms");
    let text = std::fs::read_to_string(game.join("scenarios/README.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| A"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = rows.iter().map(|row| &row[0][..3]).collect();
    let expected: Vec<String> = (1..=42).map(|n| format!("A{n:02}")).collect();
    assert_eq!(numbers, expected, "each acceptance scenario stands there once, in order");
    let mut named = Vec::new();
    for row in &rows {
        assert_eq!(row[1], "whole", "{row:?}: every clause of every scenario is checked");
        for file in row[2].split('`').skip(1).step_by(2) {
            let (folder, scenario) = match file.strip_suffix(".scenario.toml") {
                Some(_) => ("scenarios", true),
                None if file.starts_with("games/") || file.starts_with("command-service/") => {
                    ("../..", false)
                }
                None => (".", false),
            };
            let found = std::fs::read_to_string(game.join(folder).join(file));
            let found = found.unwrap_or_else(|e| panic!("{file} of {}: {e}", row[0]));
            let number = row[0][..3].to_lowercase();
            // The core's golden vectors belong to no game and bear no number of this rulebook.
            let named_after = found.contains(&format!("fn {number}_")) || file.starts_with("games/core/");
            assert!(named_after || scenario, "{file} has no test {number}_…");
            if scenario {
                assert!(file.starts_with(&number), "{file} belongs to {}", row[0]);
                assert!(found.starts_with("# Whole"), "{file} says otherwise than the list");
                named.push(file.to_owned());
            }
        }
    }
    let mut there: Vec<String> = files()
        .iter()
        .filter(|path| path.to_string_lossy().contains("popverse-kingdoms"))
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        // Others belong to no scenario of the rulebook.
        .filter(|name| name.starts_with('a') && name.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
        .collect();
    named.sort();
    there.sort();
    assert_eq!(named, there, "every file is named once");
}
