//! Files and code agree; what has been shipped stays readable; a change in place is found.

#![allow(missing_docs, reason = "a test")]

use contracts::domain::domains;
use contracts::{folder, golden, lock};
use serde_json::json;

#[test]
fn files_and_code_agree() {
    let wrong = contracts::check(&folder());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_event_changed_in_place_is_found() {
    let mut shipped = lock::current(&domains());
    let key = shipped.keys().next().unwrap().clone();
    shipped.insert(key.clone(), "0".repeat(64));
    let wrong = lock::broken(&shipped, &lock::current(&domains()));
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].starts_with(&key) && wrong[0].contains("new version"), "{wrong:?}");
}

#[test]
fn a_sample_that_can_not_be_read_is_found() {
    for domain in domains() {
        let event = domain.events[0];
        let fault = golden::fault(&domain, event.kind, event.version, &json!([])).unwrap();
        assert!(fault.contains("can no longer be read"), "{fault}");
        assert!(golden::fault(&domain, "NeverWas", 1, &json!({})).unwrap().contains("unknown type"));
    }
}
