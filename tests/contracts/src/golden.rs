//! Golden samples: one payload of every event version ever shipped. A sample, once there, stays as it is.

use std::path::Path;

use serde_json::Value;

use crate::domain::Domain;
use crate::{CURE, sample, season};

/// The file of a sample below `schemas/golden`.
#[must_use]
pub fn file_name(domain: &str, kind: &str, version: u16) -> String {
    format!("golden/{domain}/{kind}.v{version}.json")
}

/// Why a sample is none, or nothing. One of the current version must also be written as it was read.
#[must_use]
pub fn fault(domain: &Domain, kind: &str, version: u16, payload: &Value) -> Option<String> {
    let name = file_name(domain.name, kind, version);
    let (_, now, bytes) = match domain.rewrite_event(kind, version, payload.to_string().as_bytes()) {
        Ok(read) => read,
        Err(e) => {
            return Some(format!(
                "schemas/{name} can no longer be read: {e}. Shipped events stay readable: write an upcaster"
            ));
        }
    };
    if now != version {
        return None;
    }
    let written: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    (written != *payload).then(|| format!("schemas/{name} is written otherwise than it was read"))
}

/// What is wrong with the samples in the folder, and which are missing.
#[must_use]
pub fn check(folder: &Path, domains: &[Domain]) -> Vec<String> {
    let mut wrong = Vec::new();
    for domain in domains {
        for event in domain.events {
            let name = file_name(domain.name, event.kind, event.version);
            if !folder.join(&name).is_file() {
                wrong.push(format!("schemas/{name} is missing: {CURE}"));
            }
        }
        for (name, kind, version) in listed(folder, domain.name) {
            let text = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
            match serde_json::from_str(&text) {
                Ok(payload) => wrong.extend(fault(domain, &kind, version, &payload)),
                Err(e) => wrong.push(format!("schemas/{name} is no JSON: {e}")),
            }
        }
    }
    wrong
}

/// The samples of a domain: file, type, version.
fn listed(folder: &Path, domain: &str) -> Vec<(String, String, u16)> {
    let entries = std::fs::read_dir(folder.join("golden").join(domain)).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let (kind, version) = file.strip_suffix(".json")?.rsplit_once(".v")?;
            Some((format!("golden/{domain}/{file}"), kind.to_owned(), version.parse().ok()?))
        })
        .collect();
    found.sort();
    found
}

/// Samples that are missing, or that are to be made anew, as files: from a season that bots play, and where nothing
/// happened, from the schema. Samples of versions that stay as they are are left alone.
///
/// # Errors
/// The types for which no sample can be made: those are to be written by hand.
pub fn missing(folder: &Path, domains: &[Domain], renew: bool) -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    let mut by_hand = Vec::new();
    for domain in domains {
        let lacking: Vec<_> = domain
            .events
            .iter()
            .filter(|event| {
                let name = file_name(domain.name, event.kind, event.version);
                let there = std::fs::read_to_string(folder.join(name)).ok();
                let payload = there.and_then(|text| serde_json::from_str(&text).ok());
                payload.is_none_or(|p| renew && fault(domain, event.kind, event.version, &p).is_some())
            })
            .collect();
        let played = match domain.game {
            Some(game) if !lacking.is_empty() => season::play(game)?,
            Some(_) | None => season::Samples::new(),
        };
        for event in lacking {
            let name = file_name(domain.name, event.kind, event.version);
            let real = played.get(&(event.kind.to_owned(), event.version)).cloned();
            let payload = real.unwrap_or_else(|| sample::of(&(event.schema)()));
            match fault(domain, event.kind, event.version, &payload) {
                None => files.push((name, format!("{}\n", pretty(&payload)))),
                Some(fault) => by_hand.push(format!("{fault}; write schemas/{name} by hand")),
            }
        }
    }
    if by_hand.is_empty() { Ok(files) } else { Err(by_hand.join("\n")) }
}

/// JSON for files.
#[must_use]
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
