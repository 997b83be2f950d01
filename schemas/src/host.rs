//! World events and world commands: what belongs to the host and not to any game.
//!
//! The host folds these around the game's own. Names begin with `World` (or `Dice`, `Rewind`, `Secret`, `Tutorial`), so
//! that no game may use such a name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::codec::DecodeError;
use crate::commit::Hash;
use crate::{CommitNo, GameTime, PlayerId, ServerId};

/// A world came to be. Carries the whole effective rules file, so that a replay never depends on a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldOpened {
    /// The game's name: `popverse-kingdoms`.
    pub game: String,
    /// The game's own settings, JSON.
    pub config: serde_json::Value,
    /// The effective rules file, TOML.
    pub rules: String,
    /// SHA-256 of `rules`, hex.
    pub rules_digest: String,
    /// SHA-256 of the season secret, hex: what the reveal is checked against.
    pub secret_commitment: String,
    /// The season secret, sealed under the server's key (XChaCha20-Poly1305, the world's id as associated data),
    /// hex; nonce first.
    pub sealed_secret: String,
    /// The server's Ed25519 public key, hex: checkpoints are signed with it.
    pub server_key: String,
    /// Wall time minus game time, in ms, from here on.
    pub offset_ms: i64,
    /// The Discord server on which it runs; `local` for a terminal's.
    #[serde(default)]
    pub server: ServerId,
}

/// The world stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldPaused {
    /// Why, for everybody to read.
    pub reason: String,
}

/// The world goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldResumed {
    /// How long it stood still, in ms of wall time.
    pub paused_ms: i64,
    /// Wall time minus game time, in ms, from here on.
    pub offset_ms: i64,
    /// Why, for everybody to read; empty where nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The season is over for good: no command is accepted from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldClosed {
    /// The season secret, hex: from now on anybody can check every seed.
    pub secret: String,
    /// Why it ended: `calendar` or the operator's words.
    pub reason: String,
}

/// The world was taken back to an earlier commit; what came after it is void, and stays on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldRewound {
    /// The last commit that still counts.
    pub to: CommitNo,
    /// Position of the last event that still counts.
    pub to_position: crate::Position,
    /// Digest of the plan that was applied.
    pub plan_digest: String,
    /// Position of the last event when the plan was made.
    pub planned_on: crate::Position,
    /// Where the numbering of new things goes on, by kind: above the highest ever issued.
    pub next_ids: BTreeMap<String, u64>,
    /// Wall time minus game time, in ms, from here on.
    pub offset_ms: i64,
    /// Why, for everybody to read.
    pub reason: String,
    /// Who proposed it.
    pub proposer: String,
    /// Who approved it, where approval is asked for.
    pub approver: Option<String>,
}

/// The dice are keyed anew, so that no seed once published is ever rolled again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DiceRenewed {
    /// Numbered 1, 2, … and never used twice.
    pub generation: u32,
}

/// The rewind is carried out: state and rows are rebuilt, players may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RewindCompleted {
    /// Digest of the whole state as it stands now.
    pub state_digest: Hash,
}

/// New rules are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorldRulesChanged {
    /// The effective rules file, TOML.
    pub rules: String,
    /// SHA-256 of `rules`, hex.
    pub rules_digest: String,
    /// Why, for everybody to read.
    pub reason: String,
}

/// A player was rewarded for steps of the tutorial; what they got stands in the game's own events beside this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TutorialRewarded {
    /// Who.
    pub player: PlayerId,
    /// The steps, by name, in the tutorial's order.
    pub steps: Vec<String>,
}

impl schemars::JsonSchema for Hash {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl schemars::JsonSchema for ServerId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServerId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z0-9_-]{1,57}$" })
    }
}

/// One step from an older version of an event of the host to the next: version and payload; none for a current one.
fn upcast(kind: &str, version: u16, payload: &[u8]) -> Result<Option<(u16, Vec<u8>)>, DecodeError> {
    match (kind, version) {
        // Before there were servers, a data directory had a single place to play.
        ("WorldOpened", 1) => {
            let mut fields: serde_json::Map<String, serde_json::Value> =
                crate::codec::from_json("WorldOpened", payload)?;
            fields.insert("server".to_owned(), ServerId::local().as_str().into());
            let mut bytes = Vec::new();
            crate::codec::to_json("WorldOpened", &fields, &mut bytes)?;
            Ok(Some((2, bytes)))
        }
        _ => Ok(None),
    }
}

crate::recorded! {
    /// What happens to a world as a whole.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum HostEvent, upcast = upcast {
        /// A world came to be.
        WorldOpened = 2,
        /// The world stands still.
        WorldPaused = 1,
        /// The world goes on.
        WorldResumed = 1,
        /// The season is over for good and the secret revealed.
        WorldClosed = 1,
        /// The world was taken back to an earlier commit.
        WorldRewound = 1,
        /// The dice are keyed anew.
        DiceRenewed = 1,
        /// The rewind is carried out.
        RewindCompleted = 1,
        /// New rules are in force.
        WorldRulesChanged = 1,
        /// A player was rewarded for steps of the tutorial.
        TutorialRewarded = 1,
    }
}

/// Open a world. Only on an empty stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldOpen {
    /// The event to write, made by the host, which alone can seal the secret.
    pub opened: WorldOpened,
}

/// Stop the world's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldPause {
    /// Why, for everybody to read.
    #[serde(default)]
    pub reason: String,
}

/// Let the world's clock run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldResume {
    /// Why, for everybody to read.
    #[serde(default)]
    pub reason: String,
}

/// End the season now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldClose {
    /// Why, for everybody to read.
    #[serde(default)]
    pub reason: String,
}

/// Take the world back to an earlier commit, as a plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorldRewind {
    /// The last commit that shall still count.
    pub to: CommitNo,
    /// Position of its last event.
    pub to_position: crate::Position,
    /// Game time at which the world resumes.
    pub to_game_ms: GameTime,
    /// Digest of the plan.
    pub plan_digest: String,
    /// Position of the last event when the plan was made: another one now makes the plan stale.
    pub planned_on: crate::Position,
    /// Why, for everybody to read.
    pub reason: String,
    /// Who proposed it.
    pub proposer: String,
    /// Who approved it, where approval is asked for.
    #[serde(default)]
    pub approver: Option<String>,
}

/// Take the rewards of the tutorial's steps that are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TutorialClaim {}

crate::recorded! {
    /// What operators ask of a world as a whole, and what players ask of any game.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum HostCommand {
        /// Open a world.
        WorldOpen = 1,
        /// Stop the world's clock.
        WorldPause = 1,
        /// Let the world's clock run again.
        WorldResume = 1,
        /// End the season now.
        WorldClose = 1,
        /// Take the world back to an earlier commit.
        WorldRewind = 1,
        /// Take the rewards of the tutorial's steps that are done. Players ask for this.
        TutorialClaim = 1,
    }
}

/// Whether a type's name belongs to the host, so that no game may use it.
#[must_use]
pub fn is_host_kind(kind: &str) -> bool {
    ["World", "Dice", "Rewind", "Secret", "Tutorial"].iter().any(|prefix| kind.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Recorded;

    #[test]
    fn a_world_opened_before_there_were_servers_is_the_local_one() {
        let old = br#"{"game":"harbour","config":null,"rules":"","rules_digest":"","secret_commitment":"",
            "sealed_secret":"","server_key":"","offset_ms":5}"#;
        let Ok(HostEvent::WorldOpened(opened)) = HostEvent::decode("WorldOpened", 1, old) else {
            panic!("version 1 can no longer be read");
        };
        assert_eq!((opened.server, opened.offset_ms), (ServerId::local(), 5));
        assert!(HostEvent::decode("WorldOpened", 3, old).is_err());
    }
}
