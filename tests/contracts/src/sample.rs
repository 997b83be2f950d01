//! Making a sample from a JSON Schema: the same schema always gives the same sample.

use serde_json::{Map, Value, json};

/// Deeper than any payload: a schema that contains itself ends here.
const DEPTH_MAX: usize = 24;

/// A value that fits the schema, as far as samples are needed: every property is there, lists have one entry.
#[must_use]
pub fn of(schema: &Value) -> Value {
    value(schema, schema, 0)
}

fn value(root: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        return value(root, target, depth + 1);
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|all| all.first()) {
        return first.clone();
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        let Some(ways) = schema.get(word).and_then(Value::as_array) else { continue };
        let nothing = |way: &&Value| way.get("type").is_some_and(|t| t == "null");
        if let Some(way) = ways.iter().find(|way| !nothing(way)).or_else(|| ways.first()) {
            return value(root, way, depth + 1);
        }
    }
    match kind(schema) {
        Some("integer" | "number") => number(schema),
        Some("string") => text(schema),
        Some("boolean") => Value::Bool(true),
        Some("array") => list(root, schema, depth),
        Some("object") => object(root, schema, depth),
        Some(_) | None => Value::Null,
    }
}

/// The type; of several the first that is not null.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn number(schema: &Value) -> Value {
    let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(0);
    let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(i64::MAX);
    json!(1.clamp(least, most))
}

/// Patterns of the house's ids; any other text is a word.
fn text(schema: &Value) -> Value {
    let pattern = schema.get("pattern").and_then(Value::as_str).unwrap_or_default();
    json!(match pattern {
        "^[0-9a-f]{64}$" => "0123456789abcdef".repeat(4),
        "^[0-9a-f]{32}$" => "0123456789abcdef".repeat(2),
        "^[0-9a-f]{16}$" => "0123456789abcdef".to_owned(),
        pattern if pattern.starts_with("^[a-z0-9][") => "kingdoms".to_owned(),
        pattern if pattern.starts_with("^[a-z0-9_-]") => "local".to_owned(),
        pattern if pattern.starts_with("^p-") => "p-0000000000001".to_owned(),
        _ => "word".to_owned(),
    })
}

fn list(root: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
        return items.iter().map(|item| value(root, item, depth + 1)).collect();
    }
    let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).max(1);
    let item = schema.get("items").map_or(Value::Null, |item| value(root, item, depth + 1));
    (0..count).map(|_| item.clone()).collect()
}

fn object(root: &Value, schema: &Value, depth: usize) -> Value {
    let mut fields = Map::new();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        fields.insert(name.clone(), value(root, property, depth + 1));
    }
    fields.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_every_property_and_follows_references() {
        let schema = json!({
            "type": "object",
            "properties": {
                "count": { "type": ["integer", "null"], "minimum": 3 },
                "who": { "anyOf": [{ "$ref": "#/$defs/Who" }, { "type": "null" }] },
                "pair": { "type": "array", "prefixItems": [{ "type": "integer" }, { "type": "boolean" }] },
                "key": { "enum": ["a", "b"] },
            },
            "$defs": { "Who": { "type": "string", "pattern": "^p-[0-9]{13}$" } },
        });
        let expected = json!({ "count": 3, "who": "p-0000000000001", "pair": [1, true], "key": "a" });
        assert_eq!(of(&schema), expected);
    }
}
