//! Changing a JSON document as a scenario says: the rules before the world opens, the state to set a scene.

use serde_json::{Map, Value};

use super::compare::{self, Difference};

/// Merges `patch` into `target`. A key may be a dotted path; tables merge, in a list a number names the place, anything
/// else replaces. An empty table empties.
pub(super) fn merge(target: &mut Value, patch: &Map<String, Value>) -> Result<(), String> {
    for (path, value) in patch {
        let mut place = &mut *target;
        for word in path.split('.') {
            place = step_into(place, word).map_err(|problem| format!("{path}: {problem}"))?;
        }
        match value {
            Value::Object(inner) if !inner.is_empty() && (place.is_object() || place.is_array()) => {
                merge(place, inner)?;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                place.clone_from(value);
            }
            Value::Object(_) => place.clone_from(value),
        }
    }
    Ok(())
}

fn step_into<'a>(place: &'a mut Value, word: &str) -> Result<&'a mut Value, String> {
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    match place {
        Value::Object(fields) => Ok(fields.entry(word.to_owned()).or_insert(Value::Null)),
        Value::Array(items) => {
            let count = items.len();
            let place = word.parse::<usize>().ok().and_then(|i| items.get_mut(i));
            place.ok_or_else(|| format!("there is no place {word:?} in a list of {count}, counted from 0"))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(format!("{word:?} leads into {}, which has no parts", compare::show(place)))
        }
    }
}

/// The leaves of a patch that a document does not hold: names that the state does not know.
pub(super) fn unheld(patch: &Map<String, Value>, found: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    for (path, value) in patch {
        let there = path.split('.').try_fold(found, |place, word| match place.as_array() {
            Some(items) => items.get(word.parse::<usize>().ok()?),
            None => place.get(word),
        });
        match (value, there) {
            (Value::Object(inner), Some(there)) => {
                let below = unheld(inner, there);
                out.extend(
                    below.into_iter().map(|d| Difference { field: format!("{path}.{}", d.field), ..d }),
                );
            }
            (value, there) => {
                let wrong = compare::differences(value, there.unwrap_or(&Value::Null));
                out.extend(wrong.into_iter().map(|d| Difference { field: path.clone(), ..d }));
            }
        }
    }
    out
}

/// A rules file with some values replaced. Every path must name a value that stands there already.
pub(super) fn rules(text: &str, overrides: &toml::Table) -> Result<String, String> {
    if overrides.is_empty() {
        return Ok(text.to_owned());
    }
    let mut rules: toml::Table = toml::from_str(text).map_err(|e| e.to_string())?;
    for (path, value) in overrides {
        override_one(&mut rules, path, value)?;
    }
    toml::to_string(&rules).map_err(|e| e.to_string())
}

fn override_one(rules: &mut toml::Table, path: &str, value: &toml::Value) -> Result<(), String> {
    let mut words = path.split('.');
    let missing = || format!("rules: there is no {path:?} to override");
    let mut place = words.next().and_then(|word| rules.get_mut(word)).ok_or_else(missing)?;
    for word in words {
        place = match place {
            toml::Value::Table(table) => table.get_mut(word),
            toml::Value::Array(items) => word.parse::<usize>().ok().and_then(|i| items.get_mut(i)),
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => None,
        }
        .ok_or_else(missing)?;
    }
    match (place, value) {
        (toml::Value::Table(inner), toml::Value::Table(more)) => {
            more.iter().try_for_each(|(name, value)| override_one(inner, name, value))
        }
        (place, value) => {
            value.clone_into(place);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(mut target: Value, patch: &Value) -> Result<Value, String> {
        merge(&mut target, patch.as_object().unwrap())?;
        Ok(target)
    }

    #[test]
    fn paths_tables_and_places_in_lists_are_followed() {
        let state = json!({ "players": [{ "gold": 1, "troops": { "t1": 5, "t2": 0 } }], "day": 1 });
        let patch = json!({ "players.0.gold": 9, "players": { "0": { "troops": { "t2": 3 } } } });
        let found = patched(state.clone(), &patch).unwrap();
        assert_eq!(found, json!({ "players": [{ "gold": 9, "troops": { "t1": 5, "t2": 3 } }], "day": 1 }));
        assert_eq!(unheld(patch.as_object().unwrap(), &found), []);
        assert_eq!(unheld(patch.as_object().unwrap(), &state).len(), 2);
        assert!(patched(state.clone(), &json!({ "players.1.gold": 9 })).unwrap_err().contains("no place"));
        assert!(patched(state, &json!({ "day.hour": 9 })).unwrap_err().contains("no parts"));
    }

    #[test]
    fn an_override_must_name_what_stands_there() {
        let text = "[unit.armor.cost]\nsteel = 1\n";
        let table = |text: &str| toml::from_str::<toml::Table>(text).unwrap();
        assert_eq!(
            rules(text, &table("\"unit.armor.cost.steel\" = 40")).unwrap(),
            "[unit.armor.cost]\nsteel = 40\n"
        );
        assert_eq!(
            rules(text, &table("unit.armor.cost.steel = 40")).unwrap(),
            rules(text, &table("\"unit.armor\" = { cost = { steel = 40 } }")).unwrap()
        );
        assert!(rules(text, &table("\"unit.armor.cost.steal\" = 40")).unwrap_err().contains("steal"));
    }
}
