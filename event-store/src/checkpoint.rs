//! Signed checkpoints: what the server says its record was at one moment, in a form that others can keep.
//!
//! A hash chain alone shows a careless change. Who holds the database can also recompute every hash after the
//! change; then only a checkpoint that was copied elsewhere and is signed shows it. So checkpoints are kept with
//! the log ([`CheckpointStore`]), in a file outside of it ([`CheckpointFile`](crate::CheckpointFile)), and can be posted anywhere as one
//! line of text.
//!
//! The signature (Ed25519) is over these bytes, each field with its length before it (32 bits, big-endian), numbers
//! as 64 bits, big-endian:
//!
//! ```text
//! "annals-checkpoint-v1" ‖ world ‖ commit ‖ position ‖ head hash ‖ state digest ‖ game ms ‖ wall ms
//! ```

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use schemas::{CommitNo, GameTime, Hash, Position, WallTime, WorldId, hex32};
use serde::{Deserialize, Serialize};

use crate::ReadError;

/// What stands before every checkpoint, signed or written: its kind and version.
const MARK: &str = "annals-checkpoint-v1";

/// What the record of a world was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The world.
    pub world: WorldId,
    /// The last commit.
    pub commit: CommitNo,
    /// The last event.
    pub position: Position,
    /// Hash of the last commit, and by it of all before.
    pub head_hash: Hash,
    /// Digest of the whole state at that commit.
    pub state_digest: Hash,
    /// Game time at that commit.
    pub game_ms: GameTime,
    /// Wall time of the signature.
    pub wall_ms: WallTime,
}

impl Checkpoint {
    /// The bytes that are signed: see the module's text.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let mut field = |value: &[u8]| {
            bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
            bytes.extend_from_slice(value);
        };
        field(MARK.as_bytes());
        field(self.world.as_str().as_bytes());
        field(&self.commit.get().to_be_bytes());
        field(&self.position.get().to_be_bytes());
        field(&self.head_hash.0);
        field(&self.state_digest.0);
        field(&self.game_ms.ms().to_be_bytes());
        field(&self.wall_ms.ms().to_be_bytes());
        bytes
    }

    /// Signs the checkpoint.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let signature = key.sign(&self.signed_bytes()).to_bytes();
        SignedCheckpoint {
            checkpoint: self,
            key: Bytes(key.verifying_key().to_bytes()),
            signature: Bytes(signature),
        }
    }
}

/// A fixed number of bytes, written as hex digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bytes<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex32::write_hex(f, &self.0)
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex32::write_hex(f, &self.0)
    }
}

impl<const N: usize> FromStr for Bytes<N> {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut bytes = [0; N];
        let fail = || CheckpointError::Form(format!("{} hex digits were expected", 2 * N));
        hex32::read_hex(text, &mut bytes).map(|()| Self(bytes)).ok_or_else(fail)
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A checkpoint with its signature. Its JSON is the checkpoint's fields, `key` and `signature`; its text is one line
/// that begins with `annals-checkpoint-v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedCheckpoint {
    /// What is signed.
    #[serde(flatten)]
    pub checkpoint: Checkpoint,
    /// The public key that goes with the signature. Whoever verifies must know it from elsewhere: a forger brings a
    /// key of their own.
    pub key: Bytes<32>,
    /// The signature.
    pub signature: Bytes<64>,
}

/// What is wrong with a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is no checkpoint.
    #[error("this is no checkpoint: {0}")]
    Form(String),
    /// It names another key than this server's.
    #[error("it is signed with the key {found}, not with this server's")]
    OtherKey {
        /// The key that it names, hex.
        found: String,
    },
    /// The signature does not fit.
    #[error("its signature does not fit: it was changed or forged")]
    Signature,
    /// The file of checkpoints can not be read or written.
    #[error("the file of checkpoints at {path}: {problem}")]
    File {
        /// The file.
        path: String,
        /// What the operating system says.
        problem: String,
    },
}

impl SignedCheckpoint {
    /// Checks that `key` has signed exactly this. Weak keys and signatures of more than one form are refused.
    ///
    /// # Errors
    /// [`CheckpointError::OtherKey`] or [`CheckpointError::Signature`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), CheckpointError> {
        if self.key.0 != key.to_bytes() {
            return Err(CheckpointError::OtherKey { found: self.key.to_string() });
        }
        let signature = Signature::from_bytes(&self.signature.0);
        key.verify_strict(&self.checkpoint.signed_bytes(), &signature).map_err(|_| CheckpointError::Signature)
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.checkpoint;
        write!(f, "{MARK} {} {} {} {} {}", c.world, c.commit, c.position, c.head_hash, c.state_digest)?;
        write!(f, " {} {} {} {}", c.game_ms.ms(), c.wall_ms.ms(), self.key, self.signature)
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        fn read<T: FromStr<Err: fmt::Display>>(text: &str, what: &str) -> Result<T, CheckpointError> {
            text.parse().map_err(|e| CheckpointError::Form(format!("{what}: {e}")))
        }
        let parts: Vec<&str> = text.split(' ').collect();
        let [mark, world, commit, position, head, state, game, wall, key, signature] = parts.as_slice()
        else {
            return Err(CheckpointError::Form(format!("it has {} parts, not 10", parts.len())));
        };
        if *mark != MARK {
            return Err(CheckpointError::Form(format!("it does not begin with {MARK}")));
        }
        Ok(Self {
            checkpoint: Checkpoint {
                world: read(world, "world")?,
                commit: CommitNo::new(read(commit, "commit")?),
                position: Position::new(read(position, "position")?),
                head_hash: read(head, "head hash")?,
                state_digest: read(state, "state digest")?,
                game_ms: GameTime::from_ms(read(game, "game time")?),
                wall_ms: WallTime::from_ms(read(wall, "wall time")?),
            },
            key: read(key, "key")?,
            signature: read(signature, "signature")?,
        })
    }
}

/// Where signed checkpoints are kept with the log. They are added and never changed.
pub trait CheckpointStore: Send + Sync {
    /// Keeps a checkpoint; on disk after this. The same one again is no error.
    fn save_checkpoint(
        &self,
        checkpoint: SignedCheckpoint,
    ) -> impl Future<Output = Result<(), ReadError>> + Send;

    /// Every checkpoint of a world, in commit order, as they were kept: the caller verifies them.
    fn checkpoints(
        &self,
        world: &WorldId,
    ) -> impl Future<Output = Result<Vec<SignedCheckpoint>, ReadError>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn signed() -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            world: WorldId::new("w-1").unwrap(),
            commit: CommitNo::new(12),
            position: Position::new(34),
            head_hash: Hash([1; 32]),
            state_digest: Hash([2; 32]),
            game_ms: GameTime::from_ms(-5),
            wall_ms: WallTime::from_ms(1_772_409_600_000),
        };
        checkpoint.sign(&key())
    }

    #[test]
    fn a_checkpoint_survives_both_of_its_forms() {
        let signed = signed();
        signed.verify(&key().verifying_key()).unwrap();
        let line = signed.to_string();
        assert!(!line.contains('\n'));
        assert_eq!(line.parse(), Ok(signed.clone()));
        let json = serde_json::to_string(&signed).unwrap();
        assert_eq!(serde_json::from_str::<SignedCheckpoint>(&json).unwrap(), signed);
    }

    #[test]
    fn the_bytes_that_are_signed_are_fixed() {
        let digest = Hash::of(&signed().checkpoint.signed_bytes());
        assert_eq!(digest.to_string(), "37495591e0a332017f9bb2f3a064a70401511e298c3cfb279e79c62cd8a6e14d");
    }

    #[test]
    fn any_changed_field_breaks_the_signature() {
        let public = key().verifying_key();
        let changes: [fn(&mut Checkpoint); 7] = [
            |c| c.world = WorldId::new("w-2").unwrap(),
            |c| c.commit = CommitNo::new(13),
            |c| c.position = Position::new(35),
            |c| c.head_hash = Hash([3; 32]),
            |c| c.state_digest = Hash([3; 32]),
            |c| c.game_ms = GameTime::from_ms(5),
            |c| c.wall_ms = WallTime::from_ms(0),
        ];
        for change in changes {
            let mut changed = signed();
            change(&mut changed.checkpoint);
            assert_eq!(changed.verify(&public), Err(CheckpointError::Signature));
        }
        let mut forged = signed().checkpoint.sign(&SigningKey::from_bytes(&[8; 32]));
        assert!(matches!(forged.verify(&public), Err(CheckpointError::OtherKey { .. })));
        forged.key = Bytes(public.to_bytes());
        assert_eq!(forged.verify(&public), Err(CheckpointError::Signature));
    }

    #[test]
    fn a_text_that_is_no_checkpoint_says_why() {
        for bad in ["", "hello", "annals-checkpoint-v1 w 1 1"] {
            assert!(matches!(bad.parse::<SignedCheckpoint>(), Err(CheckpointError::Form(_))));
        }
        let bad = signed().to_string().replace("w-1", "W 1");
        assert!(bad.parse::<SignedCheckpoint>().is_err());
    }
}
