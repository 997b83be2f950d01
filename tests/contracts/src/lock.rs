//! `schemas/shipped.lock`: the hash of each event schema that has been shipped. A line, once written, stays.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemas::Hash;
use schemas::codec::KindDef;
use serde_json::Value;

use crate::domain::Domain;

/// Shipped schemas: `game/Kind.vN` and the hash of the schema.
pub type Lock = BTreeMap<String, String>;

const HEAD: &str = "# Event schemas that have been shipped. A line, once released, never changes: a change of an event is a new
# version with an upcaster. New lines are written by `cargo xtask schemas`.
";

/// The name of a schema in the lock.
#[must_use]
pub fn key(domain: &str, kind: &str, version: u16) -> String {
    format!("{domain}/{kind}.v{version}")
}

/// What the events' schemas are today.
#[must_use]
pub fn current(domains: &[Domain]) -> Lock {
    let of =
        |d: &Domain| d.events.iter().map(|e| (key(d.name, e.kind, e.version), hash(e))).collect::<Vec<_>>();
    domains.iter().flat_map(of).collect()
}

/// Hash of what a schema demands: words for people left out, keys in order.
#[must_use]
pub fn hash(def: &KindDef) -> String {
    Hash::of(bare(&(def.schema)()).to_string().as_bytes()).to_string()
}

fn bare(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> = fields
                .iter()
                .filter(|(name, value)| {
                    !(value.is_string() && ["description", "title"].contains(&name.as_str()))
                })
                .map(|(name, value)| (name, bare(value)))
                .collect();
            sorted.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// Reads a lock file; lines that are none are passed over, as the comparison then finds them missing.
#[must_use]
pub fn read(text: &str) -> Lock {
    let line = |line: &str| line.split_once(' ').map(|(key, hash)| (key.to_owned(), hash.trim().to_owned()));
    text.lines().filter(|l| !l.starts_with('#')).filter_map(line).collect()
}

/// The file of a lock.
#[must_use]
pub fn text(lock: &Lock) -> String {
    lock.iter().fold(HEAD.to_owned(), |mut text, (key, hash)| {
        let _ = writeln!(text, "{key} {hash}");
        text
    })
}

/// What of the shipped has been changed in place.
#[must_use]
pub fn broken(shipped: &Lock, current: &Lock) -> Vec<String> {
    let changed = |(key, hash): (&String, &String)| match current.get(key) {
        Some(now) if now != hash => Some(format!(
            "{key}: the schema of a shipped event has changed (shipped {}, now {}). Give the event a new version and an \
             upcaster; or, if nothing has been released with it, run `cargo xtask schemas --before-release`",
            &hash[..12.min(hash.len())],
            &now[..12],
        )),
        Some(_) | None => None,
    };
    shipped.iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_for_people_do_not_count_but_fields_named_like_them_do() {
        let a = json!({ "title": "A", "properties": { "title": { "type": "string", "description": "x" } } });
        let b = json!({ "properties": { "title": { "type": "string" } } });
        assert_eq!(bare(&a), bare(&b));
        assert_ne!(bare(&a), bare(&json!({ "properties": { "name": { "type": "string" } } })));
    }

    #[test]
    fn a_change_in_place_is_found_and_a_new_version_is_none() {
        let lock = |text: &str| read(text);
        let shipped = lock("g/A.v1 aaaaaaaaaaaaaaaa\ng/B.v1 bbbbbbbbbbbbbbbb\n");
        let now = lock("g/A.v1 cccccccccccccccc\ng/B.v2 dddddddddddddddd\n");
        let broken = broken(&shipped, &now);
        assert_eq!(broken.len(), 1);
        assert!(broken[0].starts_with("g/A.v1: the schema of a shipped event has changed"), "{broken:?}");
        assert_eq!(read(&text(&shipped)), shipped);
    }
}
