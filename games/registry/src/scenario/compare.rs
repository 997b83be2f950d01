//! Comparing what was expected with what was found: named fields must match, others may be anything.

use serde::Serialize;
use serde_json::Value;

/// One field that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its path: `cost.food`.
    pub field: String,
    /// What the scenario names.
    pub expected: String,
    /// What there is.
    pub found: String,
}

/// Every named field of `expected` that `found` has otherwise.
pub(super) fn differences(expected: &Value, found: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    walk(expected, Some(found), "", &mut out);
    out
}

fn walk(expected: &Value, found: Option<&Value>, path: &str, out: &mut Vec<Difference>) {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (expected, found) {
        (Value::Object(named), Some(Value::Object(there))) => {
            for (name, value) in named {
                walk(value, there.get(name), &at(name), out);
            }
        }
        (Value::Array(named), Some(Value::Array(there))) if named.len() == there.len() => {
            for (i, (value, other)) in named.iter().zip(there).enumerate() {
                walk(value, Some(other), &at(&i.to_string()), out);
            }
        }
        (value, Some(there)) if same(value, there) => {}
        (value, there) => out.push(Difference {
            field: if path.is_empty() { "(whole)".to_owned() } else { path.to_owned() },
            expected: show(value),
            found: there.map_or_else(|| "nothing".to_owned(), show),
        }),
    }
}

/// Numbers beyond 64 signed bits can not be written in TOML; as text they match the number.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(text), Value::Number(number)) => *text == number.to_string(),
        (expected, found) => expected == found,
    }
}

/// A value in one line, cut where it gets long.
pub(super) fn show(value: &Value) -> String {
    const MOST: usize = 160;
    let text = match value {
        Value::String(text) => format!("{text:?}"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    };
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_named_fields_are_compared_and_each_is_told_by_its_path() {
        let found = json!({ "a": { "b": 1, "c": [1, { "d": 2 }] }, "seed": u64::MAX });
        assert_eq!(differences(&json!({ "a": { "b": 1 }, "seed": u64::MAX.to_string() }), &found), []);
        let wrong = differences(&json!({ "a": { "b": 2, "c": [1, { "d": 3 }] }, "x": 1 }), &found);
        let told: Vec<_> = wrong.iter().map(|d| (d.field.as_str(), &*d.expected, &*d.found)).collect();
        assert_eq!(told, [("a.b", "2", "1"), ("a.c.1.d", "3", "2"), ("x", "1", "nothing")]);
        assert_eq!(differences(&json!([1]), &json!([1, 2])).len(), 1);
    }
}
