//! Who may see an event.

use schemas::PlayerId;

/// Who may see an event while the season runs. Declared for every event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Everyone,
    /// These players only.
    Only(Vec<PlayerId>),
    /// Nobody but operators.
    Nobody,
}

impl Audience {
    /// Whether this player may see it.
    #[must_use]
    pub fn includes(&self, player: PlayerId) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(players) => players.contains(&player),
            Self::Nobody => false,
        }
    }
}
