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
    /// Refused with this status and this of Discord's codes; nothing is done.
    Refused(u16, u64),
    /// Nothing: the call is met by none of those that follow.
    Nothing,
}

/// Limits that are kept: so many calls of one route with one channel, server or token in a span, and 429 for each more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Most calls in a span.
    pub calls: u32,
    /// The span. It begins with the first call.
    pub span: Duration,
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
