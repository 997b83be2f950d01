//! Discord's payloads are read whole; malformed ones are named, never a panic.

#![allow(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use std::path::Path;

use discord_adapter::interaction::{self, Kind, Malformed, UserKey};
use discord_adapter::parse::RawValue;
use serde_json::Value;

fn payload(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads").join(name);
    std::fs::read(path).unwrap()
}

fn kind(name: &str) -> Kind {
    interaction::read(&payload(name)).unwrap().kind
}

#[test]
fn every_kind_is_read() {
    assert_eq!(kind("interaction-ping.json"), Kind::Ping);
    assert_eq!(
        kind("interaction-slash-command.json"),
        Kind::Command {
            path: "attack".into(),
            options: vec![
                ("tile".into(), RawValue::Text("12,7".into())),
                ("troops".into(), RawValue::Int(250)),
            ],
        }
    );
    assert_eq!(
        kind("interaction-slash-subcommand.json"),
        Kind::Command {
            path: "alliance invite".into(),
            options: vec![("player".into(), RawValue::User(UserKey::Discord(900_000_000_000_000_302)))],
        }
    );
    assert_eq!(
        kind("interaction-autocomplete.json"),
        Kind::Autocomplete { path: "attack".into(), options: vec![], focused: ("tile".into(), "12".into()) }
    );
    assert_eq!(kind("interaction-button.json"), Kind::Button { custom_id: "v1:attack:12:7:confirm".into() });
    assert_eq!(
        kind("interaction-string-select.json"),
        Kind::Select { custom_id: "v1:build:pick".into(), values: vec!["farm".into()] }
    );
    let form = Kind::Modal {
        custom_id: "v1:treaty:new".into(),
        fields: vec![("terms".into(), "Peace for three days".into())],
    };
    assert_eq!(kind("interaction-modal-submit-action-row.json"), form);
    assert_eq!(kind("interaction-modal-submit-label.json"), form);
}

#[test]
fn who_and_where_are_read() {
    let read = interaction::read(&payload("interaction-slash-command.json")).unwrap();
    assert_eq!(read.user.key, UserKey::Discord(900_000_000_000_000_301));
    assert_eq!((read.user.name.as_str(), read.locale.as_str()), ("Alice", "en-US"));
    assert_eq!(read.guild, Some(900_000_000_000_000_100));
    assert_eq!(read.channel, Some(900_000_000_000_000_200));
    assert!(!read.user.administers(&[].into()));
    assert!(read.account_age_ms.is_some());
    let alone = interaction::read(&payload("interaction-slash-command-in-dm.json")).unwrap();
    assert_eq!((alone.guild, alone.user.name.as_str()), (None, "Alice"));
}

#[test]
fn administrators_are_known_by_permission_or_by_role() {
    let mut value: Value = serde_json::from_slice(&payload("interaction-slash-command.json")).unwrap();
    value["member"]["permissions"] = "8".into();
    assert!(interaction::from_json(&value).unwrap().user.administers(&[].into()));
    value["member"]["permissions"] = "32".into();
    value["member"]["roles"] = serde_json::json!(["77"]);
    let user = interaction::from_json(&value).unwrap().user;
    assert!(!user.administers(&[].into()));
    assert!(user.administers(&[77].into()));
}

#[test]
fn malformed_payloads_name_the_field() {
    assert!(matches!(interaction::read(b"{"), Err(Malformed::Json(_))));
    for (pointer, broken) in [
        ("/id", Malformed::Missing("id")),
        ("/type", Malformed::Missing("type")),
        ("/member", Malformed::Missing("member.user or user")),
        ("/member/user/id", Malformed::Missing("user.id")),
        ("/member/user/username", Malformed::Missing("user.username")),
        ("/data/name", Malformed::Missing("data.name")),
        ("/data/options/0/type", Malformed::Missing("data.options.type")),
        ("/data/options/0/value", Malformed::Wrong { field: "data.options.value", rule: "a text" }),
    ] {
        let mut value: Value = serde_json::from_slice(&payload("interaction-slash-command.json")).unwrap();
        *value.pointer_mut(pointer).unwrap() = Value::Null;
        assert_eq!(interaction::from_json(&value), Err(broken), "{pointer}");
    }
    assert_eq!(interaction::read(br#"{"id":"1","type":9}"#).map(|i| i.kind), Err(Malformed::Type(9)));
}

#[test]
fn no_field_taken_away_makes_the_reader_panic() {
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/payloads")).unwrap() {
        let whole: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let mut paths = Vec::new();
        pointers(&whole, String::new(), &mut paths);
        for path in paths {
            for other in [Value::Null, Value::Bool(true), 5.into(), "x".into(), serde_json::json!([{}])] {
                let mut value = whole.clone();
                *value.pointer_mut(&path).unwrap() = other;
                let _ = interaction::from_json(&value);
            }
        }
    }
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, nested) in fields {
                pointers(nested, format!("{at}/{name}"), found);
            }
        }
        Value::Array(all) => {
            for (i, nested) in all.iter().enumerate() {
                pointers(nested, format!("{at}/{i}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if !at.is_empty() {
        found.push(at);
    }
}

/// Discord's own documentation samples leave fields out; they must be read or refused by name.
#[test]
fn samples_of_the_documentation_are_survived() {
    let Some(data) = std::env::var_os("ANNALS_DISCORD_DATA") else {
        eprintln!("not run: ANNALS_DISCORD_DATA does not say where Discord's data are");
        return;
    };
    let mut read = 0;
    for entry in std::fs::read_dir(Path::new(&data).join("examples/docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("interaction")) {
            let _ = interaction::read(&std::fs::read(path).unwrap());
            read += 1;
        }
    }
    assert!(read > 0, "no sample found");
}
