//! The names of the log's streams.

use std::fmt;
use std::str::FromStr;

use schemas::WorldId;

/// What the names of all of a log's streams begin with: two logs on one server have different ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

/// A text that can not begin the names of streams.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not 1 to 64 of a-z, 0-9, '_' and '.', beginning with a letter")]
pub struct BadPrefix(pub String);

impl Default for Prefix {
    fn default() -> Self {
        Self("annals".to_owned())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    /// No dash: what stands before the first one is the stream's category, and all worlds of a log shall be one.
    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        let fits = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(BadPrefix(text.to_owned())) }
    }
}

impl Prefix {
    /// The commits of a world.
    pub(crate) fn world(&self, world: &WorldId) -> String {
        format!("{self}.world-{world}")
    }

    /// The registry: what this log is, and which worlds it has.
    pub(crate) fn worlds(&self) -> String {
        format!("{self}.worlds")
    }

    /// The signed checkpoints of a world.
    pub(crate) fn checkpoints(&self, world: &WorldId) -> String {
        format!("{self}.checkpoints-{world}")
    }

    /// The snapshots of a world.
    pub(crate) fn snapshots(&self, world: &WorldId) -> String {
        format!("{self}.snapshots-{world}")
    }

    /// A stream that nobody writes and nobody has reason to lock up: who may not read it was not let in at all.
    pub(crate) fn nothing(&self) -> String {
        format!("{self}_nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_word_without_a_dash() {
        let prefix: Prefix = "annals.s3".parse().unwrap();
        assert_eq!(prefix.world(&WorldId::new("server:1-2").unwrap()), "annals.s3.world-server:1-2");
        for bad in ["", "$all", "a-b", "A", "1a", "a b", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Prefix>(), Err(BadPrefix(bad.to_owned())));
        }
    }
}
