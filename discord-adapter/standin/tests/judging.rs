//! The judge knows what is wrong, by the description and by the rules that it leaves out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use discord_standin::{Judge, rules};
use serde_json::{Value, json};

const MESSAGES: &str = "/channels/{channel_id}/messages";

fn good() -> Value {
    json!({
        "embeds": [{ "title": "t", "description": "d", "color": 5 }],
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 1, "label": "a", "custom_id": "1" },
            { "type": 2, "style": 2, "label": "b", "custom_id": "2" },
        ]}],
        "allowed_mentions": { "parse": [] },
        "flags": 64,
    })
}

#[test]
fn the_description_finds_types_lengths_and_unknown_properties() {
    let judge = Judge::from_environment().unwrap();
    if !judge.has_description() {
        eprintln!("not run: ANNALS_DISCORD_SPEC does not say where Discord's description is");
        return;
    }
    assert_eq!(judge.body("post", MESSAGES, &good()), vec![]);
    for (pointer, broken) in [
        ("/embeds/0/title", json!("x".repeat(257))),
        ("/embeds/0/color", json!("red")),
        ("/embeds/0/titel", json!("misspelt")),
        ("/allowed_mentions/parse", json!(["nobody"])),
        ("/components/0/components/0/label", json!("x".repeat(81))),
        ("/contents", json!("misspelt")),
    ] {
        let mut bad = good();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[name] = broken;
        assert!(!judge.body("post", MESSAGES, &bad).is_empty(), "{pointer} passed");
    }
    // What the documentation says differently from the description is taken.
    let mut file = good();
    file["attachments"] = json!([{ "id": 0, "filename": "map.png", "description": "a map" }]);
    assert_eq!(judge.body("post", MESSAGES, &file), vec![]);
}

#[test]
fn each_broken_rule_of_a_message_is_found() {
    assert_eq!(rules::message(&good(), 0, false), vec![]);
    let button = |id: &str| json!({ "type": 2, "style": 1, "label": "a", "custom_id": id });
    let row = |number: usize| json!({ "type": 1, "components": [button(&number.to_string())] });
    let rows: Vec<Value> = (0..6).map(row).collect();
    let long = json!({ "title": "t", "description": "x".repeat(3500) });
    for (rule, name, value) in [
        ("mentions are not explicit", "allowed_mentions", Value::Null),
        ("5 rows", "components", json!(rows)),
        ("twice", "components", json!([{ "type": 1, "components": [button("1"), button("1")] }])),
        (
            "without custom_id",
            "components",
            json!([{ "type": 1, "components": [{ "type": 2, "style": 1, "label": "a" }] }]),
        ),
        (
            "without label",
            "components",
            json!([{ "type": 1, "components": [{ "type": 2, "style": 1, "custom_id": "a" }] }]),
        ),
        ("empty row", "components", json!([{ "type": 1, "components": [] }])),
        ("6,000", "embeds", json!([long, long])),
        ("newer components", "flags", json!(1 << 15)),
        ("not attached", "embeds", json!([{ "title": "t", "image": { "url": "attachment://map.png" } }])),
        ("were sent", "attachments", json!([{ "id": 0, "filename": "map.png" }])),
    ] {
        let mut bad = good();
        bad[name] = value;
        let found = rules::message(&bad, 0, false);
        assert!(found.iter().any(|v| v.rule.contains(rule)), "{rule}: {found:?}");
    }
    assert!(rules::message(&good(), 0, true).iter().any(|v| v.rule.contains("can not be changed")));
    let empty = json!({ "allowed_mentions": { "parse": [] } });
    assert!(rules::message(&empty, 0, false).iter().any(|v| v.rule.contains("empty")));
    assert_eq!(rules::message(&empty, 0, true), vec![]);
}

#[test]
fn each_broken_rule_of_a_command_is_found() {
    let option = |name: &str, required: bool| json!({ "type": 3, "name": name, "description": "d", "required": required });
    let command =
        |name: &str, options: Value| json!([{ "name": name, "description": "d", "options": options }]);
    assert_eq!(rules::commands(&command("rank", json!([option("a", true), option("b", false)]))), vec![]);
    let mut both = option("a", true);
    both["autocomplete"] = true.into();
    both["choices"] = json!([{ "name": "x", "value": "x" }]);
    let many: Vec<Value> = (0..26).map(|n| option(&format!("o{n}"), false)).collect();
    let wordy: Vec<Value> = (0..25)
        .map(|n| {
            let mut one = option(&format!("o{n}"), false);
            one["choices"] =
                (0..4).map(|c| json!({ "name": "n".repeat(99), "value": format!("{c}") })).collect();
            one
        })
        .collect();
    let deep = json!([{ "type": 2, "name": "g", "description": "d", "options": [
        { "type": 2, "name": "h", "description": "d", "options": [] }
    ]}]);
    for (rule, list) in [
        ("lower case", command("Rank", json!([]))),
        ("is no name", command("rank me", json!([]))),
        ("required options come first", command("rank", json!([option("a", false), option("b", true)]))),
        ("exclude each other", command("rank", json!([both]))),
        ("25 options", command("rank", json!(many))),
        ("8,000", command("rank", json!(wordy))),
        ("twice", command("rank", json!([option("a", true), option("a", true)]))),
        ("groups are not nested", command("rank", deep)),
    ] {
        let found = rules::commands(&list);
        assert!(found.iter().any(|v| v.rule.contains(rule)), "{rule}: {found:?}");
    }
}

#[test]
fn each_kind_of_interaction_takes_its_own_answers() {
    assert_eq!(rules::callback(2, &json!({ "type": 5, "data": { "flags": 64 } }), 0), vec![]);
    assert_eq!(rules::callback(3, &json!({ "type": 6 }), 0), vec![]);
    assert_eq!(rules::callback(1, &json!({ "type": 1 }), 0), vec![]);
    for (kind, body) in [
        (2, json!({ "type": 6 })),
        (2, json!({ "type": 5, "data": { "flags": 32768 } })),
        (2, json!({ "type": 5, "data": { "content": "x" } })),
        (4, json!({ "type": 4, "data": good() })),
        (4, json!({ "type": 8, "data": { "choices": [{ "name": "", "value": "x" }] } })),
        (5, json!({ "type": 9, "data": {} })),
        (2, json!({ "type": 9, "data": { "components": [] } })),
    ] {
        assert!(!rules::callback(kind, &body, 0).is_empty(), "{kind}: {body} passed");
    }
}
