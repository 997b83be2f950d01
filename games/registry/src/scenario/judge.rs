//! What went wrong in a step, and the events that it should have brought.

use serde_json::Value;

use super::compare::{Difference, differences};
use super::stage::Happened;

/// What went wrong in a step.
pub(super) struct Wrong {
    pub(super) problem: String,
    pub(super) differences: Vec<Difference>,
    pub(super) look_at: String,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, look_at: impl Into<String>) -> Self {
        Self { problem: problem.into(), differences: Vec::new(), look_at: look_at.into() }
    }

    pub(super) fn with(mut self, differences: Vec<Difference>) -> Self {
        self.differences = differences;
        self
    }
}

/// Whether the named events are among those that happened, in order.
pub(super) fn in_order(expected: &[(String, Value)], found: &[Happened]) -> Option<Wrong> {
    let mut rest = found;
    for (i, (kind, payload)) in (1..).zip(expected) {
        let matches =
            |event: &Happened| event.kind == *kind && differences(payload, &event.payload).is_empty();
        if let Some(place) = rest.iter().position(matches) {
            rest = &rest[place + 1..];
            continue;
        }
        let look_at = format!("the events that happened: {}", kinds(found));
        return Some(match rest.iter().find(|event| event.kind == *kind) {
            Some(event) => Wrong::new(format!("Event {i}, {kind}, differs."), look_at)
                .with(differences(payload, &event.payload)),
            None => {
                let row = Difference {
                    field: format!("event {i}"),
                    expected: kind.clone(),
                    found: if rest.is_empty() { "nothing".to_owned() } else { kinds(rest) },
                };
                Wrong::new(format!("Event {i}, {kind}, did not happen (in this place)."), look_at)
                    .with(vec![row])
            }
        });
    }
    None
}

/// Whether the named events are all that happened.
pub(super) fn exactly(expected: &[(String, Value)], found: &[Happened]) -> Option<Wrong> {
    let mut rows = Vec::new();
    for i in 0..expected.len().max(found.len()) {
        let row = |expected: Option<&String>, found: Option<&String>| Difference {
            field: format!("event {}", i + 1),
            expected: expected.map_or("nothing", String::as_str).to_owned(),
            found: found.map_or("nothing", String::as_str).to_owned(),
        };
        match (expected.get(i), found.get(i)) {
            (Some((kind, payload)), Some(event)) if event.kind == *kind => rows.extend(
                differences(payload, &event.payload)
                    .into_iter()
                    .map(|d| Difference { field: format!("event {}, {kind}: {}", i + 1, d.field), ..d }),
            ),
            (named, there) => rows.push(row(named.map(|(kind, _)| kind), there.map(|event| &event.kind))),
        }
    }
    let look_at = "only = true: no other events may happen than those named";
    (!rows.is_empty()).then(|| Wrong::new("The events are not exactly those named.", look_at).with(rows))
}

/// Types of events in order, runs and what is too much to read cut short.
pub(super) fn kinds(events: &[Happened]) -> String {
    const MOST: usize = 24;
    if events.is_empty() {
        return "none".to_owned();
    }
    let runs = events.chunk_by(|a, b| a.kind == b.kind).map(|run| match run {
        [] => String::new(),
        [one] => one.kind.clone(),
        [first, ..] => format!("{} ({} times)", first.kind, run.len()),
    });
    let runs: Vec<String> = runs.collect();
    match runs.len().checked_sub(MOST) {
        None | Some(0) => runs.join(", "),
        Some(more) => format!("{}, … and {more} more", runs[..MOST].join(", ")),
    }
}

/// An expected refusal in words.
pub(super) fn code_of(expected: &Value) -> String {
    let code = expected.as_str().or_else(|| expected.get("code").and_then(Value::as_str));
    format!("rejected {}", code.unwrap_or("with any code"))
}
