//! Who causes things, and the outside facts that a decision may read.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::PlayerId;

/// Who caused a commit. Always taken from the transport, never from a command's body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person who plays.
    Player(PlayerId),
    /// A program that plays by the same path as a person.
    Bot(PlayerId),
    /// A person who runs the server, by the name of their credential.
    Operator(String),
    /// The world itself, through a due timer.
    Timer,
    /// The host itself: ownership, the end of a rewind.
    System,
}

impl Actor {
    /// The player or bot who acts; none for operators, timers and the host.
    #[must_use]
    pub const fn player(&self) -> Option<PlayerId> {
        match self {
            Self::Player(id) | Self::Bot(id) => Some(*id),
            Self::Operator(_) | Self::Timer | Self::System => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Player(id) | Self::Bot(id) => write!(f, "{id}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Timer => f.write_str("timer"),
            Self::System => f.write_str("system"),
        }
    }
}

/// What `decide` may read besides state, rules and secret. Recorded in the envelope, so that a replay reads the
/// same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The actor administers the Discord server (permission bits or role, checked by the host).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// Age of the actor's account in milliseconds, where the host knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_age_ms: Option<i64>,
    /// What the actor carries over from earlier seasons, by name (`prestige`, `seasons`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub carried: BTreeMap<String, i64>,
}

impl Facts {
    /// The facts of an administrator.
    #[must_use]
    pub fn admin() -> Self {
        Self { admin: true, ..Self::default() }
    }
}
