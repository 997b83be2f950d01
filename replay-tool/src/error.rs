//! What the tools answer when they can not do what was asked.

use event_store::ReadError;
use games_registry::FoldError;
use schemas::WorldId;

/// A fault of a tool, with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolError {
    /// There is no such world.
    #[error("there is no world {0}; see: annals world list")]
    UnknownWorld(WorldId),
    /// The text names no moment.
    #[error(
        "{text:?} names no point: {problem}. Points: v184203, c9121, 2026-11-20T10:00Z, -2h, \"day12 06:00\", before:<command id>, open, latest"
    )]
    BadPoint {
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The log can not be read.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// A commit can not be folded.
    #[error("{0}")]
    Fold(#[from] FoldError),
    /// There is no such battle.
    #[error("there is no battle {0}; see: annals battle list")]
    UnknownBattle(String),
    /// The season secret is needed and can not be had.
    #[error("the season secret of {0} is sealed, and this server's key does not open it")]
    NoSecret(WorldId),
    /// Something handed in is not what it should be.
    #[error("{0}")]
    Input(String),
}

impl ToolError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownWorld(_) => "UNKNOWN_WORLD",
            Self::BadPoint { .. } => "BAD_POINT",
            Self::Read(ReadError::Unavailable(_)) => "STORE_UNAVAILABLE",
            Self::Read(ReadError::Broken { .. }) => "STORE_CORRUPT",
            Self::Fold(_) => "POISON_COMMIT",
            Self::UnknownBattle(_) => "UNKNOWN_BATTLE",
            Self::NoSecret(_) => "NO_SECRET",
            Self::Input(_) => "BAD_INPUT",
        }
    }
}
