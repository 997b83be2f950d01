//! What the host folds around a game's own state: where the record stands, the clock, the life cycle.

use std::collections::BTreeMap;

use games_core::Counters;
use schemas::{CommitNo, Epoch, GameTime, Hash, PlayerId, Position, WallTime};
use serde::{Deserialize, Serialize};

/// Raised whenever the shape of [`HostState`] changes: older snapshots are then thrown away.
pub(crate) const HOST_STATE_VERSION: u32 = 2;

/// How far a player is in the tutorial, by the places of its steps: bit 0 is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Learned {
    /// Steps that are done.
    pub done: u32,
    /// Steps that were rewarded.
    pub paid: u32,
}

impl Learned {
    /// Steps that are done and not rewarded.
    #[must_use]
    pub const fn unpaid(self) -> u32 {
        self.done & !self.paid
    }
}

/// Where the record stands. Left out of state digests: the same season on another engine or node may differ here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The last commit on the record, void ones included.
    pub commit: CommitNo,
    /// The last event on the record, void ones included.
    pub position: Position,
    /// Hash of the last commit.
    pub hash: Hash,
    /// The ownership that wrote it.
    pub epoch: Epoch,
    /// Game time of the last commit on the live line.
    pub game: GameTime,
    /// Wall time minus game time, in ms.
    pub offset_ms: i64,
    /// How many rewinds the record holds, void ones included.
    pub rewinds: u32,
}

/// The life cycle of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Play.
    Open,
    /// Stands still since this game time.
    Paused(GameTime),
    /// A rewind is being carried out; the world resumes at this game time.
    Rewinding(GameTime),
    /// Over for good.
    Ended(GameTime),
}

impl Status {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused(_) => "paused",
            Self::Rewinding(_) => "rewinding",
            Self::Ended(_) => "ended",
        }
    }
}

/// The host's own part of a world's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostState {
    /// The game's name.
    pub game: String,
    /// The game's settings, JSON.
    pub config: String,
    /// The rules in force, TOML.
    pub rules: String,
    /// SHA-256 of the rules in force, hex.
    pub rules_digest: String,
    /// SHA-256 of the season secret, hex.
    pub secret_commitment: String,
    /// The season secret, sealed under the server's key, hex.
    pub sealed_secret: String,
    /// The season secret, hex, once it is revealed.
    pub revealed: Option<String>,
    /// The server's Ed25519 public key, hex.
    pub server_key: String,
    /// When the world opened.
    pub opened: GameTime,
    /// The life cycle.
    pub status: Status,
    /// Numbers of new things.
    pub counters: Counters,
    /// Which dice are in force: 0 is the season secret itself.
    pub generation: u32,
    /// How far each player is in the tutorial.
    pub learned: BTreeMap<PlayerId, Learned>,
}

impl HostState {
    /// The world's time at a wall time: it never goes back, and stands while the world does.
    #[must_use]
    pub fn clock(&self, cursor: &Cursor, wall: WallTime) -> GameTime {
        match self.status {
            Status::Open => cursor.game.max(GameTime::from_ms(wall.ms() - cursor.offset_ms)),
            Status::Paused(at) | Status::Rewinding(at) | Status::Ended(at) => cursor.game.max(at),
        }
    }

    /// First 16 hex digits of the digest of the rules in force.
    #[must_use]
    pub fn rules_short(&self) -> String {
        self.rules_digest.chars().take(16).collect()
    }
}
