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

/// What whoever was refused, or the program that asks for them, does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Ask for something else, or otherwise.
    #[default]
    UserCorrection,
    /// Get what is missing first.
    ResourceAcquisition,
    /// Ask for the same again, a little later each time.
    RetryWithBackoff,
    /// Look at what was known last: the record is away, and nothing was changed.
    FallbackToCache,
    /// Go on without it.
    GracefulDegradation,
}

impl Recovery {
    /// Its word, as programs read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::UserCorrection => "user_correction",
            Self::ResourceAcquisition => "resource_acquisition",
            Self::RetryWithBackoff => "retry_with_backoff",
            Self::FallbackToCache => "fallback_to_cache",
            Self::GracefulDegradation => "graceful_degradation",
        }
    }

    /// The recovery from a refusal of a family, as far as the family says it.
    #[must_use]
    pub fn of(family: &str, code: &str) -> Self {
        match family {
            "RESOURCE" => Self::ResourceAcquisition,
            // Whoever plays already gains nothing by asking again.
            "CONFLICT" if code != "DUPLICATE_PLAYER" => Self::RetryWithBackoff,
            "SYSTEM" => match code {
                "DATABASE_ERROR" | "STORE_UNAVAILABLE" | "UNAVAILABLE" => Self::FallbackToCache,
                _ => Self::GracefulDegradation,
            },
            _ => Self::UserCorrection,
        }
    }
}

/// Whether it can be mended by whoever was refused, or by waiting: what is stopped as suspicious is not.
#[must_use]
pub fn is_recoverable(family: &str, code: &str) -> bool {
    !matches!((family, code), ("SECURITY", code) if code != "RATE_LIMITED") && code != "SUSPENDED"
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
    /// Whether it can be mended by whoever was refused, or by waiting.
    #[serde(default = "yes")]
    pub recoverable: bool,
    /// What to do about it.
    #[serde(default)]
    pub recovery: Recovery,
}

const fn yes() -> bool {
    true
}

impl RejectionText {
    /// A refusal of a family, without suggestions.
    #[must_use]
    pub fn new(
        code: impl Into<String>,
        family: impl Into<Cow<'static, str>>,
        severity: Severity,
        sentence: impl Into<String>,
    ) -> Self {
        let text = Self {
            code: code.into(),
            family: "".into(),
            severity,
            sentence: sentence.into(),
            suggestions: Vec::new(),
            recoverable: true,
            recovery: Recovery::default(),
        };
        text.of_family(family)
    }

    /// The same as one of another family, with what that says of recovery.
    #[must_use]
    pub fn of_family(mut self, family: impl Into<Cow<'static, str>>) -> Self {
        self.family = family.into();
        self.recoverable = is_recoverable(&self.family, &self.code);
        self.recovery = Recovery::of(&self.family, &self.code);
        self
    }

    /// With what would work instead.
    #[must_use]
    pub fn suggesting(mut self, suggestions: impl IntoIterator<Item = String>) -> Self {
        self.suggestions.extend(suggestions);
        self
    }
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
