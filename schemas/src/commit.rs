//! The unit of the record: a commit, with one cause, its outcome and its 0..n events, written all or none.
//!
//! A stored commit is two byte strings. The **header** is JSON and says everything but the payloads, among it the
//! length of each payload. The **body** is the payloads themselves, one after the other: the command's, then each
//! event's. The hash covers the stored bytes and nothing else, so that a stranger can check it with tools at hand:
//!
//! ```text
//! hash = SHA-256( previous hash ‖ u32be(len header) ‖ header ‖ u32be(len body) ‖ body )
//! ```
//!
//! The first commit of a world has 32 zero bytes as its previous hash.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{Allocation, CommandId, CommitNo, Epoch, Position, TimerId, WorldId};
use crate::{Actor, Facts, GameTime, Rejection, WallTime};

/// A SHA-256 hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first commit.
    pub const ZERO: Self = Self([0; 32]);

    /// SHA-256 of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first eight hex digits, for tables that people read.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::hex32::write_hex(f, &self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = crate::ids::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0_u8; 32];
        crate::hex32::read_hex(text, &mut bytes).map(|()| Self(bytes)).ok_or_else(|| crate::ids::IdError {
            what: "hash",
            text: text.to_owned(),
            rule: "64 hex digits",
        })
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(deserializer).map(Self)
        }
    }
}

/// Why a commit came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for something.
    Command {
        /// The idempotency key.
        id: CommandId,
        /// Who asked.
        actor: Actor,
        /// Through which channel: `discord`, `terminal`, `http`, `bot`, `cli`.
        channel: Cow<'static, str>,
        /// The command's type, UpperCamelCase; its payload is the first part of the body.
        kind: Cow<'static, str>,
        /// Schema version of the payload, from 1.
        version: u16,
        /// What `decide` may read besides state, rules and secret.
        #[serde(default, skip_serializing_if = "is_default")]
        facts: Facts,
    },
    /// A timer fell due.
    Timer {
        /// The timer's id.
        id: TimerId,
        /// Its key as JSON, so that people can read it.
        key: Cow<'static, str>,
        /// When it was due; the commit's game time is this.
        due: GameTime,
    },
    /// A node took the world over: fences off every earlier epoch.
    Ownership {
        /// The node that owns the world from here on.
        node: Cow<'static, str>,
    },
    /// The host ends a rewind: state and rows are rebuilt, players may go on.
    RewindEnd,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Cause {
    /// The text that stands for this cause where ids are derived from it: timers and seeds.
    #[must_use]
    pub fn id_text(&self, commit: CommitNo) -> Cow<'_, str> {
        match self {
            Self::Command { id, .. } => Cow::Borrowed(id.as_str()),
            Self::Timer { id, .. } => Cow::Owned(id.to_string()),
            Self::Ownership { .. } | Self::RewindEnd => Cow::Owned(format!("host:{commit}")),
        }
    }

    /// Who caused it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Command { actor, .. } => actor.clone(),
            Self::Timer { .. } => Actor::Timer,
            Self::Ownership { .. } | Self::RewindEnd => Actor::System,
        }
    }

    /// The command's id, if a command it was.
    #[must_use]
    pub const fn command_id(&self) -> Option<&CommandId> {
        match self {
            Self::Command { id, .. } => Some(id),
            Self::Timer { .. } | Self::Ownership { .. } | Self::RewindEnd => None,
        }
    }
}

/// How the cause ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Accepted; the events say what happened.
    Accepted,
    /// Refused; no event.
    Rejected(Rejection),
}

/// What stands in the header about one event; its payload is in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeader {
    /// The event's type: this name is the storage format.
    pub kind: Cow<'static, str>,
    /// Schema version of the payload, from 1.
    pub version: u16,
    /// Payload length in bytes.
    pub len: u32,
}

// Three values in a row instead of three named fields: an event's header is read once for every event of a replay.
impl Serialize for EventHeader {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.kind, self.version, self.len).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for EventHeader {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, version, len) = <(Cow<'static, str>, u16, u32)>::deserialize(deserializer)?;
        Ok(Self { kind, version, len })
    }
}

/// Everything about a commit but the payload bytes. Its JSON is what is stored and hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitHeader {
    /// The world.
    pub world: WorldId,
    /// Its number, contiguous per world from 1.
    pub commit: CommitNo,
    /// Position of the first event; where there is none, of the next one to come.
    pub first: Position,
    /// Which ownership wrote it.
    pub epoch: Epoch,
    /// Game time of the decision.
    pub game_ms: GameTime,
    /// Wall time of the decision.
    pub wall_ms: WallTime,
    /// Why it came to be.
    pub cause: Cause,
    /// Length of the command's payload, the first part of the body.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payload_len: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// The events in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventHeader>,
    /// Numbers handed out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allocations: Vec<Allocation>,
    /// The void commit whose command this one decides anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<CommitNo>,
    /// The commit to which this one rewinds the world: all live ones after it are void from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewinds_to: Option<CommitNo>,
    /// Digest of the rules in force, first 16 hex digits.
    pub rules: Cow<'static, str>,
}

/// A commit in memory, before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// All but the payloads.
    pub header: CommitHeader,
    /// The command's payload; empty where the cause is no command.
    pub payload: Vec<u8>,
    /// The events' payloads, in order, joined.
    pub event_bytes: Vec<u8>,
}

impl Commit {
    /// Seals the commit: encodes the header and links it to the one before.
    ///
    /// # Errors
    /// When the header can not be written as JSON, which would be a defect.
    pub fn seal(&self, prev: Hash) -> Result<StoredCommit, BrokenCommit> {
        let header = serde_json::to_vec(&self.header).map_err(|e| BrokenCommit::Header(e.to_string()))?;
        let mut body = Vec::with_capacity(self.payload.len() + self.event_bytes.len());
        body.extend_from_slice(&self.payload);
        body.extend_from_slice(&self.event_bytes);
        let hash = StoredCommit::compute_hash(prev, &header, &body);
        Ok(StoredCommit {
            world: self.header.world.clone(),
            commit: self.header.commit,
            first: self.header.first,
            events: self.header.events.len() as u32,
            epoch: self.header.epoch,
            command: self.header.cause.command_id().cloned(),
            rewinds_to: self.header.rewinds_to,
            header: header.into(),
            body: body.into(),
            prev,
            hash,
        })
    }

    /// Seals the commit and keeps its header at hand, for those who are told of it without reading it back.
    ///
    /// # Errors
    /// Those of [`Commit::seal`].
    pub fn into_checked(self, prev: Hash) -> Result<CheckedCommit, BrokenCommit> {
        let stored = self.seal(prev)?;
        Ok(CheckedCommit { stored, header: self.header })
    }
}

/// A commit as it lies on disk: columns that engines index, and the two byte strings that the hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommit {
    /// The world.
    pub world: WorldId,
    /// Its number.
    pub commit: CommitNo,
    /// Position of its first event.
    pub first: Position,
    /// How many events it has.
    pub events: u32,
    /// Which ownership wrote it.
    pub epoch: Epoch,
    /// The command's id, if a command caused it.
    pub command: Option<CommandId>,
    /// The commit to which it rewinds, if it does.
    pub rewinds_to: Option<CommitNo>,
    /// The header's bytes; shared, since a commit goes to the log, to subscribers and to projections.
    pub header: Arc<[u8]>,
    /// The payloads' bytes.
    pub body: Arc<[u8]>,
    /// Hash of the commit before.
    pub prev: Hash,
    /// Own hash.
    pub hash: Hash,
}

/// What can be wrong with a stored commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenCommit {
    /// The header is not the JSON that it should be.
    #[error("the header can not be read: {0}")]
    Header(String),
    /// The stored hash is not that of the stored bytes.
    #[error("hash of the stored bytes is {computed}, but {stored} is recorded")]
    Hash {
        /// Recorded.
        stored: Hash,
        /// Of the bytes.
        computed: Hash,
    },
    /// A column says something else than the header.
    #[error("column {column} does not say what the header says")]
    Column {
        /// Which one.
        column: &'static str,
    },
    /// The payload lengths in the header do not add up to the body.
    #[error("the header's payload lengths add up to {expected} bytes, but the body has {found}")]
    Body {
        /// By the header.
        expected: u64,
        /// Really.
        found: u64,
    },
}

impl StoredCommit {
    /// The hash of a commit: see the module's text.
    #[must_use]
    pub fn compute_hash(prev: Hash, header: &[u8], body: &[u8]) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(prev.0);
        hasher.update((header.len() as u32).to_be_bytes());
        hasher.update(header);
        hasher.update((body.len() as u32).to_be_bytes());
        hasher.update(body);
        Hash(hasher.finalize().into())
    }

    /// Position of its last event; where it has none, of the last one before it.
    #[must_use]
    pub const fn last(&self) -> Position {
        Position::new(self.first.get() + self.events as u64 - 1)
    }

    /// Checks the hash over the stored bytes.
    ///
    /// # Errors
    /// [`BrokenCommit::Hash`] when it differs.
    pub fn check_hash(&self) -> Result<(), BrokenCommit> {
        let computed = Self::compute_hash(self.prev, &self.header, &self.body);
        if computed == self.hash { Ok(()) } else { Err(BrokenCommit::Hash { stored: self.hash, computed }) }
    }

    /// Reads the header.
    ///
    /// # Errors
    /// [`BrokenCommit::Header`] when it is not the JSON that it should be.
    pub fn read_header(&self) -> Result<CommitHeader, BrokenCommit> {
        serde_json::from_slice(&self.header).map_err(|e| BrokenCommit::Header(e.to_string()))
    }

    /// Reads the header and checks that columns and lengths agree with it.
    ///
    /// # Errors
    /// What does not agree.
    pub fn open(&self) -> Result<OpenCommit<'_>, BrokenCommit> {
        let header = self.read_header()?;
        let column = if header.world != self.world {
            Some("world")
        } else if header.commit != self.commit {
            Some("commit")
        } else if header.first != self.first {
            Some("first")
        } else if header.events.len() != self.events as usize {
            Some("events")
        } else if header.epoch != self.epoch {
            Some("epoch")
        } else if header.cause.command_id() != self.command.as_ref() {
            Some("command")
        } else if header.rewinds_to != self.rewinds_to {
            Some("rewinds_to")
        } else {
            None
        };
        if let Some(column) = column {
            return Err(BrokenCommit::Column { column });
        }
        let expected =
            u64::from(header.payload_len) + header.events.iter().map(|e| u64::from(e.len)).sum::<u64>();
        if expected != self.body.len() as u64 {
            return Err(BrokenCommit::Body { expected, found: self.body.len() as u64 });
        }
        Ok(OpenCommit { header: Cow::Owned(header), body: &self.body })
    }
}

/// A stored commit whose bytes give its hash, and whose header has been read and agrees with columns and body: all that
/// can be checked of a commit by itself, whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedCommit {
    stored: StoredCommit,
    header: CommitHeader,
}

impl CheckedCommit {
    /// Checks the hash over the stored bytes and reads the header.
    ///
    /// # Errors
    /// What does not agree.
    pub fn new(stored: StoredCommit) -> Result<Self, BrokenCommit> {
        stored.check_hash()?;
        let header = stored.open()?.header.into_owned();
        Ok(Self { stored, header })
    }

    /// A commit from its bytes alone, as it travels: all else stands in the header.
    ///
    /// # Errors
    /// What does not agree.
    pub fn from_bytes(
        header: Arc<[u8]>,
        body: Arc<[u8]>,
        prev: Hash,
        hash: Hash,
    ) -> Result<Self, BrokenCommit> {
        let read: CommitHeader =
            serde_json::from_slice(&header).map_err(|e| BrokenCommit::Header(e.to_string()))?;
        Self::new(StoredCommit {
            world: read.world,
            commit: read.commit,
            first: read.first,
            events: read.events.len() as u32,
            epoch: read.epoch,
            command: read.cause.command_id().cloned(),
            rewinds_to: read.rewinds_to,
            header,
            body,
            prev,
            hash,
        })
    }

    /// The header and the payloads.
    #[must_use]
    pub fn opened(&self) -> OpenCommit<'_> {
        OpenCommit { header: Cow::Borrowed(&self.header), body: &self.stored.body }
    }
}

impl std::ops::Deref for CheckedCommit {
    type Target = StoredCommit;

    fn deref(&self) -> &StoredCommit {
        &self.stored
    }
}

/// A stored commit whose header has been read and agrees with its columns and its body.
#[derive(Debug, Clone)]
pub struct OpenCommit<'a> {
    /// The header.
    pub header: Cow<'a, CommitHeader>,
    body: &'a [u8],
}

/// One event of an opened commit.
#[derive(Debug, Clone, Copy)]
pub struct EventRef<'a> {
    /// Its position in the world.
    pub position: Position,
    /// Its type.
    pub kind: &'a str,
    /// Schema version of the payload.
    pub version: u16,
    /// The payload, JSON.
    pub payload: &'a [u8],
}

impl OpenCommit<'_> {
    /// The command's payload; empty where the cause is no command.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.body[..self.header.payload_len as usize]
    }

    /// The events in order.
    pub fn events(&self) -> impl Iterator<Item = EventRef<'_>> {
        let mut start = self.header.payload_len as usize;
        self.header.events.iter().enumerate().map(move |(i, event)| {
            let end = start + event.len as usize;
            let payload = &self.body[start..end];
            start = end;
            EventRef {
                position: self.header.first.plus(i as u64),
                kind: &event.kind,
                version: event.version,
                payload,
            }
        })
    }
}

#[cfg(test)]
#[path = "commit_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
