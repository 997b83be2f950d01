//! Which tests, scenarios and pages show which demand: `COVERAGE.md` is rendered from `coverage.toml`. A demand that is
//! missing, and a test or file that does not exist, fails. `COVERAGE_WRITE=1` writes the page anew.

#![allow(missing_docs, reason = "a test")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test may read files and fail; the game may not"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The demands of rulebook 1.1.
const DEMANDS: usize = 134;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    demand: String,
    #[serde(default)]
    shown: Vec<String>,
    instead: Option<String>,
    open: Option<String>,
}

fn game() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> PathBuf {
    game().join("../..").canonicalize().unwrap()
}

/// Every test function of the repository with the first file that holds it, by name.
fn tests(folder: &Path, found: &mut BTreeMap<String, PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                tests(&path, found);
            }
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut marked = false;
            for line in text.lines().map(str::trim) {
                let words = line.trim_start_matches("async ").strip_prefix("fn ");
                // Between the attribute and the function other attributes and comments may stand.
                let between = line.starts_with("#[") || line.starts_with("//");
                marked = match (words, marked) {
                    (Some(words), true) => {
                        let name = words.split('(').next().unwrap_or_default().to_owned();
                        found.entry(name).or_insert_with(|| path.clone());
                        false
                    }
                    _ if line == "#[test]" || line.starts_with("#[tokio::test") => true,
                    _ => marked && between,
                };
            }
        }
    }
}

/// A link to what is named, from the game's folder.
fn link(named: &str, tests: &BTreeMap<String, PathBuf>) -> Result<String, String> {
    if named.ends_with(".scenario.toml") {
        let exists = game().join("scenarios").join(named).is_file();
        return exists.then(|| format!("[`{named}`](scenarios/{named})")).ok_or_else(|| named.to_owned());
    }
    if named.contains('.') {
        let exists = root().join(named).is_file();
        return exists.then(|| format!("[`{named}`](../../{named})")).ok_or_else(|| named.to_owned());
    }
    let path = tests.get(named).ok_or_else(|| named.to_owned())?;
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    Ok(format!("[`{named}`](../../{path})"))
}

#[test]
fn every_demand_is_shown_by_what_exists_or_has_its_reason() {
    let text = std::fs::read_to_string(game().join("coverage.toml")).unwrap();
    let entries: BTreeMap<String, Entry> = toml::from_str(&text).unwrap();
    let mut found = BTreeMap::new();
    tests(&root(), &mut found);
    assert!(found.len() > 300, "only {} tests were found", found.len());

    let ids: Vec<String> = (1..=DEMANDS).map(|n| format!("PV-{n:02}")).collect();
    let extra: Vec<&String> = entries.keys().filter(|id| !ids.contains(id)).collect();
    assert!(extra.is_empty(), "no such demands: {extra:?}");

    let mut page = String::from(
        "# What the sources demand, and what shows it\n\n\
         Rendered from `coverage.toml` by `tests/coverage.rs` (`COVERAGE_WRITE=1 cargo test -p popverse-kingdoms --test\n\
         coverage` writes it anew); not to be edited. The numbers are those of the rulebook's section 1.1.\n\n",
    );
    let open = entries.values().filter(|entry| entry.open.is_some()).count();
    let instead = entries.values().filter(|entry| entry.instead.is_some()).count();
    let _ = writeln!(
        page,
        "{DEMANDS} demands; {instead} are met differently, of {open} something is not built.\n"
    );
    page.push_str("| id | demand | shown by | remarks |\n| --- | --- | --- | --- |\n");
    let mut missing = Vec::new();
    for id in &ids {
        let Some(entry) = entries.get(id) else {
            missing.push(format!("{id}: no entry"));
            continue;
        };
        if entry.shown.is_empty() && entry.instead.is_none() && entry.open.is_none() {
            missing.push(format!("{id}: neither shown nor a reason"));
        }
        let mut shown = Vec::new();
        for named in &entry.shown {
            match link(named, &found) {
                Ok(link) => shown.push(link),
                Err(name) => missing.push(format!("{id}: there is no {name}")),
            }
        }
        let instead = entry.instead.iter().map(|why| format!("Met differently: {why}"));
        let open = entry.open.iter().map(|what| format!("Not built: {what}"));
        let remarks: Vec<String> = instead.chain(open).collect();
        let _ =
            writeln!(page, "| {id} | {} | {} | {} |", entry.demand, shown.join("<br>"), remarks.join("<br>"));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));

    let file = game().join("COVERAGE.md");
    if std::env::var_os("COVERAGE_WRITE").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == page,
        "COVERAGE.md is not what coverage.toml says: write it anew with COVERAGE_WRITE=1"
    );
}
