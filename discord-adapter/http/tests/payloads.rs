//! Whatever arrives with a good signature is answered or refused by name: whole payloads, Discord's own samples, and both
//! cut short or changed. Nothing breaks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod discord;

use std::path::{Path, PathBuf};
use std::time::Duration;

use discord::Stage;
use discord_standin::{Delivery, Tamper};
use proptest::prelude::*;
use serde_json::{Value, json};

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Whole payloads, and Discord's samples where they are.
fn payloads() -> Vec<Vec<u8>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/payloads");
    let mut files = folder(&own);
    match std::env::var_os("ANNALS_DISCORD_DATA") {
        Some(data) => files.extend(folder(&Path::new(&data).join("examples/docs"))),
        None => eprintln!("not run: Discord's own samples (ANNALS_DISCORD_DATA is not set)"),
    }
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

async fn deliver(stage: &Stage, body: Vec<u8>) -> Delivery {
    let request = stage.standin.sign(body, Tamper::None);
    stage.standin.deliver(1, "standin-unknown", request).await
}

/// An answer that Discord would take, or a refusal that names the cause; never a broken task behind it.
fn well(delivery: &Delivery) -> Result<(), String> {
    let text = delivery.answer.to_string();
    let named = match delivery.status {
        200 => delivery.answer["type"].is_u64(),
        400 => delivery.answer["code"] == "MALFORMED" && delivery.answer["message"].is_string(),
        // The same bytes within the same second are the same request.
        401 => delivery.answer["message"] == "the request is a replay",
        _ => false,
    };
    if named && !text.contains("on our side. Ref") {
        Ok(())
    } else {
        Err(format!("{} {text}", delivery.status))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_is_answered_or_refused_by_name() {
    let stage = Stage::new("popverse-kingdoms", Duration::from_millis(2_500)).await;
    let mut answered = 0;
    for body in payloads() {
        let delivery = deliver(&stage, body.clone()).await;
        well(&delivery).unwrap_or_else(|fault| panic!("{fault}\n{}", String::from_utf8_lossy(&body)));
        answered += usize::from(delivery.status == 200);
    }
    assert!(answered >= 8, "only {answered} were answered");
    assert_eq!(stage.standin.ping(Tamper::None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_interaction_is_refused_by_name() {
    let stage = Stage::new("popverse-kingdoms", Duration::from_millis(2_500)).await;
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    for body in
        [b"".to_vec(), b"{".to_vec(), b"null".to_vec(), b"\xff\xfe".to_vec(), b"{\"type\":1}".to_vec(), deep]
    {
        let delivery = deliver(&stage, body).await;
        assert_eq!((delivery.status, &delivery.answer["code"]), (400, &json!("MALFORMED")), "{delivery:?}");
    }
    let large = vec![b' '; discord_http::endpoint::MOST_BYTES + 1];
    assert_eq!(deliver(&stage, large).await.status, 413);
    assert_eq!(stage.standin.ping(Tamper::None).await.status, 200);
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

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([{}])),
        Just(json!({ "type": 1, "name": "x", "options": [{}] })),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(|n| Value::from(n.to_string())),
        "\\PC{0,120}".prop_map(Value::from),
        (0_u64..8).prop_map(Value::from),
    ]
}

/// What is done to a payload: where (as a share of its fields), what is put there; or where it is cut.
#[derive(Debug, Clone)]
enum Change {
    Put(prop::sample::Index, Value),
    Cut(prop::sample::Index),
}

fn changed(body: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap();
    let mut cut = None;
    for change in changes {
        match change {
            Change::Put(at, odd) => {
                let mut all = Vec::new();
                pointers(&value, "", &mut all);
                *value.pointer_mut(at.get::<String>(&all)).unwrap() = odd.clone();
            }
            Change::Cut(at) => cut = Some(at),
        }
    }
    let mut body = value.to_string().into_bytes();
    if let Some(at) = cut {
        body.truncate(at.index(body.len() + 1));
    }
    body
}

#[test]
fn changed_and_truncated_payloads_break_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stage = runtime.block_on(Stage::new("popverse-kingdoms", Duration::from_millis(2_500)));
    let payloads = payloads();
    let change = prop_oneof![
        4 => (any::<prop::sample::Index>(), odd()).prop_map(|(at, value)| Change::Put(at, value)),
        1 => any::<prop::sample::Index>().prop_map(Change::Cut),
    ];
    let strategy = (any::<prop::sample::Index>(), prop::collection::vec(change, 1..4));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_000)
    });
    let ending = runner.run(&strategy, |(payload, changes)| {
        let body = changed(payload.get::<Vec<u8>>(&payloads), &changes);
        let delivery = runtime.block_on(deliver(&stage, body.clone()));
        let fault = well(&delivery).err().map(|fault| format!("{fault}\n{}", String::from_utf8_lossy(&body)));
        prop_assert_eq!(fault, None);
        Ok(())
    });
    ending.unwrap();
    assert_eq!(runtime.block_on(stage.standin.ping(Tamper::None)).status, 200);
}
