//! Comparing the files with the code, and writing them from it.

use std::collections::BTreeMap;
use std::path::Path;

use schemas::codec::KindDef;

use crate::domain::{Domain, domains};
use crate::{CURE, catalog, golden, lock};

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Files written.
    pub written: Vec<String>,
    /// What is wrong and can not be cured by writing.
    pub wrong: Vec<String>,
}

/// Files that follow from the code alone: schemas of commands and events.
fn schema_files(domains: &[Domain]) -> BTreeMap<String, String> {
    let file = |domain: &Domain, group: &str, def: &KindDef| {
        let name = format!("json/{}/{group}/{}.v{}.json", domain.name, def.kind, def.version);
        (name, format!("{}\n", golden::pretty(&(def.schema)())))
    };
    let mut files = BTreeMap::new();
    for domain in domains {
        files.extend(domain.commands.iter().map(|def| file(domain, "commands", def)));
        files.extend(domain.events.iter().map(|def| file(domain, "events", def)));
    }
    files
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// Everything in which files and code differ, one sentence each; empty when they agree.
#[must_use]
pub fn check(folder: &Path) -> Vec<String> {
    let domains = domains();
    let mut wrong = golden::check(folder, &domains);
    let mut files = schema_files(&domains);
    files.insert("CATALOG.md".to_owned(), catalog::text(folder, &domains));
    for (name, text) in files {
        if read(folder, &name) != text {
            wrong.push(format!("schemas/{name} is not what the code says: {CURE}"));
        }
    }
    let (shipped, current) = (lock::read(&read(folder, "shipped.lock")), lock::current(&domains));
    wrong.extend(lock::broken(&shipped, &current));
    let unlisted = current.keys().filter(|key| !shipped.contains_key(*key));
    wrong.extend(unlisted.map(|key| format!("{key} is not in schemas/shipped.lock: {CURE}")));
    for key in shipped.keys().filter(|key| !current.contains_key(*key)) {
        if !folder.join("golden").join(format!("{key}.json")).is_file() {
            wrong.push(format!("schemas/golden/{key}.json is missing: it was shipped, so its sample stays"));
        }
    }
    wrong
}

/// Writes what is missing or stale. Shipped schemas stay as they were, unless nothing has been released yet.
///
/// # Errors
/// When a file can not be written.
pub fn write(folder: &Path, before_release: bool) -> std::io::Result<Outcome> {
    let domains = domains();
    let mut outcome = Outcome::default();
    let (shipped, current) = (lock::read(&read(folder, "shipped.lock")), lock::current(&domains));
    if !before_release {
        outcome.wrong = lock::broken(&shipped, &current);
    }
    if !outcome.wrong.is_empty() {
        return Ok(outcome);
    }
    match golden::missing(folder, &domains, before_release) {
        Ok(files) => put_all(folder, files, &mut outcome)?,
        Err(wrong) => outcome.wrong.push(wrong),
    }
    let mut files: Vec<_> = schema_files(&domains).into_iter().collect();
    files.push(("CATALOG.md".to_owned(), catalog::text(folder, &domains)));
    let kept = if before_release { lock::Lock::new() } else { shipped };
    let lines = current.into_iter().chain(kept).collect();
    files.push(("shipped.lock".to_owned(), lock::text(&lines)));
    put_all(folder, files, &mut outcome)?;
    Ok(outcome)
}

fn put_all(folder: &Path, files: Vec<(String, String)>, outcome: &mut Outcome) -> std::io::Result<()> {
    for (name, text) in files {
        let path = folder.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, text)?;
        outcome.written.push(name);
    }
    Ok(())
}
