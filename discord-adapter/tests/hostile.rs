//! Whatever comes in the shape of an interaction, or in none, is answered or refused by name: every sample, cut at every
//! length, with bytes changed, with values of other types. The fuzzer in `fuzz/` does the same without an end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

#[path = "hostile/body.rs"]
mod body;
mod world;

use std::path::{Path, PathBuf};

use body::Stage;
use serde_json::{Value, json};

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Whole payloads, and Discord's samples where they are.
fn payloads() -> Vec<Vec<u8>> {
    let mut files = folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads"));
    match std::env::var_os("ANNALS_DISCORD_DATA") {
        Some(data) => files.extend(folder(&Path::new(&data).join("examples/docs"))),
        None => eprintln!("not run: Discord's own samples (ANNALS_DISCORD_DATA is not set)"),
    }
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Those that are interactions.
fn interactions() -> Vec<Value> {
    let value = |bytes: &Vec<u8>| serde_json::from_slice::<Value>(bytes).unwrap();
    let is_one = |value: &Value| value["data"].is_object() && value["token"].is_string();
    payloads().iter().map(value).filter(is_one).collect()
}

#[test]
fn every_payload_cut_at_every_length_is_refused_and_whole_ones_are_answered() {
    let stage = Stage::new("popverse-kingdoms");
    let (mut answered, mut cut) = (0, 0);
    for payload in payloads() {
        answered += u32::from(stage.answered(&payload).is_none());
        let end = payload.trim_ascii_end().len();
        for length in 0..end {
            cut += 1;
            assert!(stage.answered(&payload[..length]).is_some(), "half a payload is none");
        }
    }
    assert!(answered >= 8 && cut > 10_000, "{answered} were answered, {cut} were cut");
}

#[test]
fn payloads_with_bytes_changed_break_nothing() {
    let stage = Stage::new("popverse-kingdoms");
    // Always the same changes: a failure can be looked at.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |most: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(most).unwrap()).unwrap()
    };
    let marks = b"\"{}[]:,0-9e.nul\\\xff\x00 ";
    let mut answered = 0;
    for payload in interactions().iter().map(|value| value.to_string().into_bytes()) {
        for at in 0..payload.len() {
            let mut changed = payload.clone();
            match next(3) {
                0 => changed[at] = marks[next(marks.len())],
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, marks[next(marks.len())]),
            }
            answered += u32::from(stage.answered(&changed).is_none());
        }
    }
    assert!(answered > 500, "only {answered} could still be read");
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, nested)| pointers(nested, &format!("{at}/{name}"), found));
        }
        Value::Array(all) => {
            all.iter().enumerate().for_each(|(i, nested)| pointers(nested, &format!("{at}/{i}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn values_of_other_types_in_every_place_break_nothing() {
    let odd = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("18446744073709551616"),
        json!("\u{202e}<@1> `x` **"),
        json!("x".repeat(10_000)),
        json!([]),
        json!([{ "type": 1, "name": "x", "options": [{}] }]),
        json!({}),
    ];
    let mut answered = 0;
    for (game, value) in interactions()
        .into_iter()
        .flat_map(|value| ["popverse-kingdoms", "harbour"].map(|game| (game, value.clone())))
    {
        let stage = Stage::new(game);
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        for at in all {
            for other in &odd {
                let mut changed = value.clone();
                *changed.pointer_mut(&at).unwrap() = other.clone();
                answered += u32::from(stage.answered(changed.to_string().as_bytes()).is_none());
            }
            // Left out, and twice.
            let Some((parent, name)) = at.rsplit_once('/') else { continue };
            let mut without = value.clone();
            match without.pointer_mut(parent) {
                Some(Value::Object(fields)) => drop(fields.remove(name)),
                Some(Value::Array(list)) => {
                    let first = list[0].clone();
                    list.push(first);
                }
                _ => {}
            }
            answered += u32::from(stage.answered(without.to_string().as_bytes()).is_none());
        }
    }
    assert!(answered > 2_000, "only {answered} could still be read");
}
