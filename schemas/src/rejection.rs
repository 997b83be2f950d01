//! Rejections: values that players see. Faults that operators see are errors, and never mixed with these.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why a command was refused: a stable code and the figures that the sentence needs.
///
/// The sentence itself is rendered from both by the game (or the host), so that a text can be improved without
/// touching the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Stable code, `SCREAMING_SNAKE_CASE`: `INSUFFICIENT_RESOURCES`.
    pub code: Cow<'static, str>,
    /// The facts of the sentence by name, as they are shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<Cow<'static, str>, String>,
}

impl Rejection {
    /// A rejection without figures.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), context: BTreeMap::new() }
    }

    /// Adds one figure of the sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Figure>) -> Self {
        self.context.insert(Cow::Borrowed(name), value.into().0);
        self
    }
}

/// How grave a refusal is for the one who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Correct the input and go on.
    Low,
    /// Something is missing or busy: wait or gather.
    Medium,
    /// The server has trouble; nothing was changed.
    High,
    /// Administrators are told.
    Critical,
}

/// What a person reads when a command is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectionText {
    /// The stable code.
    pub code: String,
    /// `VALIDATION`, `RULE`, `RESOURCE`, …
    pub family: Cow<'static, str>,
    /// How grave it is.
    pub severity: Severity,
    /// One sentence: what and why.
    pub sentence: String,
    /// What would work instead, one line each.
    pub suggestions: Vec<String>,
}

/// A figure of a refusal's sentence, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure(String);

impl From<i64> for Figure {
    fn from(value: i64) -> Self {
        Self(value.to_string())
    }
}

impl From<&str> for Figure {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Figure {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<crate::GameTime> for Figure {
    fn from(value: crate::GameTime) -> Self {
        Self(value.to_string())
    }
}
