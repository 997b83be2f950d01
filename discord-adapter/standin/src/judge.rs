//! Discord's own description of its API as a judge of bodies.
//!
//! The description is Discord's and is not kept here: it is read from a file that the environment names. Three things
//! are put right first, for where it differs from the documentation the documentation holds: permissions are texts, ids of
//! attachments may be numbers, and a property that nobody knows is a mistake.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The variable that names the file with Discord's description, `openapi.json`.
pub const VARIABLE: &str = "ANNALS_DISCORD_SPEC";

/// A rule that a body breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// Where in the body, as a JSON pointer; or the call.
    pub at: String,
    /// What is wrong.
    pub rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.rule)
    }
}

/// Makes a violation.
pub(crate) fn violation(at: impl Into<String>, rule: impl Into<String>) -> Violation {
    Violation { at: at.into(), rule: rule.into() }
}

/// Why the description can not be used.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// The file can not be read.
    #[error("{path} can not be read: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no description.
    #[error("{path} is no OpenAPI description: {problem}")]
    Description {
        /// Which.
        path: String,
        /// Why.
        problem: String,
    },
}

/// The description, or none: then only the extra rules judge.
#[derive(Clone, Default)]
pub struct Judge {
    description: Option<Arc<Description>>,
}

/// By method and path; none where the description has no body.
type Validators = HashMap<(String, String), Option<Arc<Validator>>>;

struct Description {
    document: Value,
    validators: Mutex<Validators>,
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").field("description", &self.description.is_some()).finish()
    }
}

impl Judge {
    /// A judge by the description in the file that [`VARIABLE`] names; without the variable, by the extra rules alone.
    ///
    /// # Errors
    /// When the variable names something else than such a file.
    pub fn from_environment() -> Result<Self, JudgeError> {
        match std::env::var_os(VARIABLE) {
            Some(file) => Self::read(Path::new(&file)),
            None => Ok(Self::default()),
        }
    }

    /// A judge by a description.
    ///
    /// # Errors
    /// When there is none in the file.
    pub fn read(path: &Path) -> Result<Self, JudgeError> {
        let shown = || path.display().to_string();
        let text = std::fs::read(path).map_err(|error| JudgeError::File { path: shown(), error })?;
        let problem = |problem: String| JudgeError::Description { path: shown(), problem };
        let mut document: Value = serde_json::from_slice(&text).map_err(|e| problem(e.to_string()))?;
        if !document["paths"].is_object() || !document["components"]["schemas"].is_object() {
            return Err(problem("it has no paths or no schemas".to_owned()));
        }
        strict(&mut document["components"]["schemas"]);
        let description = Description { document, validators: Mutex::default() };
        Ok(Self { description: Some(Arc::new(description)) })
    }

    /// Whether there is a description.
    #[must_use]
    pub fn has_description(&self) -> bool {
        self.description.is_some()
    }

    /// What is wrong with the body of a call, by the description: `("post", "/channels/{channel_id}/messages")`.
    #[must_use]
    pub fn body(&self, method: &str, path: &str, body: &Value) -> Vec<Violation> {
        let Some(description) = &self.description else { return Vec::new() };
        let Some(validator) = description.validator(method, path) else {
            return vec![violation(path, format!("the description has no body for {method}"))];
        };
        let body = normal(body);
        let errors = validator.iter_errors(&body).take(5);
        errors.map(|error| violation(error.instance_path().to_string(), short(&error.to_string()))).collect()
    }
}

impl Description {
    fn validator(&self, method: &str, path: &str) -> Option<Arc<Validator>> {
        let key = (method.to_owned(), path.to_owned());
        let mut known = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(key).or_insert_with(|| self.build(method, path)).clone()
    }

    fn build(&self, method: &str, path: &str) -> Option<Arc<Validator>> {
        let schema =
            &self.document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return None;
        }
        let whole = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [schema],
            "components": self.document["components"],
        });
        jsonschema::validator_for(&whole).ok().map(Arc::new)
    }
}

fn short(text: &str) -> String {
    text.chars().take(300).collect()
}

/// Objects take the properties that they name and no others.
fn strict(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_object =
                fields.get("properties").is_some_and(Value::is_object) && fields.contains_key("type");
            if is_object && !fields.contains_key("additionalProperties") && !fields.contains_key("allOf") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(strict);
        }
        Value::Array(all) => all.iter_mut().for_each(strict),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The body in the description's own types, where the documentation has others.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut normal = Map::new();
            for (name, value) in fields {
                let value = match (name.as_str(), value) {
                    ("default_member_permissions", Value::String(text)) => {
                        text.parse::<u64>().map_or_else(|_| value.clone(), Value::from)
                    }
                    ("attachments", Value::Array(all)) => all.iter().map(attachment).collect(),
                    (_, value) => self::normal(value),
                };
                normal.insert(name.clone(), value);
            }
            normal.into()
        }
        Value::Array(all) => all.iter().map(normal).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn attachment(value: &Value) -> Value {
    let mut value = value.clone();
    if let Some(id) = value["id"].as_u64() {
        value["id"] = id.to_string().into();
    }
    value
}
