//! How the gateway is spoken to.

use std::time::Duration;

use crate::error::GatewayError;

/// Which shards this process serves. A server of Discord belongs to shard (its id >> 22) mod the number of all shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shards {
    /// All of them, as many as Discord advises.
    #[default]
    Advised,
    /// From `first` to `last`, both served, of `total`; the others are another process's.
    Range {
        /// The first one served, from 0.
        first: u32,
        /// The last one served.
        last: u32,
        /// How many there are in all.
        total: u32,
    },
}

impl Shards {
    /// A range that can be served.
    ///
    /// # Errors
    /// [`GatewayError::Shards`] when it is empty or goes beyond the number of all shards.
    pub fn range(first: u32, last: u32, total: u32) -> Result<Self, GatewayError> {
        if first <= last && last < total {
            Ok(Self::Range { first, last, total })
        } else {
            Err(GatewayError::Shards { first, last, total })
        }
    }

    /// The range for this advice.
    pub(crate) fn resolve(self, advised: u32) -> Result<Range, GatewayError> {
        match self {
            Self::Advised => {
                let total = if advised == 0 { 1 } else { advised };
                Ok(Range { first: 0, last: total - 1, total })
            }
            Self::Range { first, last, total } => {
                Self::range(first, last, total).map(|_| Range { first, last, total })
            }
        }
    }
}

/// A range that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) total: u32,
}

impl Range {
    /// How many are served.
    pub(crate) const fn count(self) -> u32 {
        self.last - self.first + 1
    }
}

/// How the gateway is spoken to. Token, application and address are those of the handler's
/// [`Rest`](discord_http::Rest).
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Which shards are served.
    pub shards: Shards,
    /// How long a shard may be without a session, while Discord can be reached, until it counts as refused. Sessions
    /// begin 5 s apart, so each further shard has 5 s more.
    pub patience: Duration,
    /// How long a stop waits for answers that are under way.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { shards: Shards::Advised, patience: Duration::from_secs(90), drain: Duration::from_secs(20) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shards_that_exist_are_served() {
        assert_eq!(Shards::Advised.resolve(3).unwrap(), Range { first: 0, last: 2, total: 3 });
        assert_eq!(Shards::Advised.resolve(0).unwrap().count(), 1);
        let some = Shards::range(2, 3, 4).unwrap().resolve(9).unwrap();
        assert_eq!((some.first, some.count(), some.total), (2, 2, 4));
        for (first, last, total) in [(1, 0, 2), (0, 2, 2), (0, 0, 0)] {
            let error = Shards::range(first, last, total).unwrap_err();
            assert_eq!(error.code(), "DISCORD_BAD_SHARDS");
            assert!(Shards::Range { first, last, total }.resolve(1).is_err());
        }
    }
}
