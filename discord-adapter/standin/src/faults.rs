//! Faults on a switch: what Discord, or the way to it, does now and then.

use std::time::Duration;

/// Whose limit a refusal of the kind 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitScope {
    /// The application's own, on one route.
    User,
    /// Everybody's, on one resource.
    Shared,
    /// The application's own, everywhere.
    Global,
}

/// What the next calls of the REST API meet, each one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429, to be tried again after so long.
    Limited(LimitScope, Duration),
    /// An answer of the kind 5xx; nothing is done.
    Status(u16),
    /// Done, and the answer is lost: 502.
    DoneAndLost,
    /// An answer that comes so much later.
    Slow(Duration),
}

impl LimitScope {
    /// The word in `X-RateLimit-Scope`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Global => "global",
        }
    }
}
