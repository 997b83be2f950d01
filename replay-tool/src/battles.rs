//! Battles: found on the record, fought again, exported to one file that anybody can check.

use std::collections::BTreeMap;

use event_store::{EventStore, SnapshotStore};
use games_core::game::{BattleRecord, BattleReport};
use games_registry::GameFace;
use schemas::codec::Recorded;
use schemas::commit::OpenCommit;
use schemas::host::{HostEvent, is_host_kind};
use schemas::{CommitNo, GameTime, Hash, Position};
use serde::{Deserialize, Serialize};

use crate::error::ToolError;
use crate::travel::Log;

/// Every rules text that a world's record holds, by the short digest that commit headers name: a battle is fought again
/// under the rules in force when it was fought, on void lines too.
#[derive(Debug, Clone, Default)]
pub struct RulesBook(BTreeMap<String, String>);

impl RulesBook {
    /// Takes in the rules that a commit brings, if it does.
    pub fn learn(&mut self, open: &OpenCommit<'_>) {
        for event in open.events() {
            if !is_host_kind(event.kind) {
                continue;
            }
            match HostEvent::decode(event.kind, event.version, event.payload) {
                Ok(HostEvent::WorldOpened(opened)) => self.add(opened.rules),
                Ok(HostEvent::WorldRulesChanged(changed)) => self.add(changed.rules),
                Ok(
                    HostEvent::WorldPaused(_)
                    | HostEvent::WorldResumed(_)
                    | HostEvent::WorldClosed(_)
                    | HostEvent::WorldRewound(_)
                    | HostEvent::DiceRenewed(_)
                    | HostEvent::RewindCompleted(_)
                    | HostEvent::TutorialRewarded(_),
                )
                | Err(_) => {}
            }
        }
    }

    fn add(&mut self, rules: String) {
        self.0.insert(digest_of(&rules), rules);
    }

    /// The rules text of a short digest.
    ///
    /// # Errors
    /// The record holds no such rules.
    pub fn get(&self, digest: &str) -> Result<&str, ToolError> {
        let unknown = || ToolError::Input(format!("the record holds no rules of the digest {digest}"));
        self.0.get(digest).map(String::as_str).ok_or_else(unknown)
    }
}

/// The short digest of a rules text, as commit headers name it: first 16 hex digits of its SHA-256.
fn digest_of(rules: &str) -> String {
    Hash::of(rules.as_bytes()).to_string().chars().take(16).collect()
}

/// A battle with its place on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBattle {
    /// Position of its event.
    pub position: Position,
    /// Game time.
    pub at: GameTime,
    /// Whether a rewind has made it void.
    pub void: bool,
    /// Short digest of the rules in force when it was fought.
    pub rules: String,
    /// The record.
    pub battle: BattleRecord,
}

/// Every battle of a world, oldest first, and the rules under which they were fought.
///
/// # Errors
/// The log can not be read.
pub async fn list<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    game: &dyn GameFace,
) -> Result<(Vec<FoundBattle>, RulesBook), ToolError> {
    let mut found = Vec::new();
    let mut book = RulesBook::default();
    log.each(CommitNo::ZERO, log.head.commit, |stored| {
        let open = stored.opened();
        book.learn(&open);
        for event in open.events() {
            if let Some(battle) = game.battle(event.kind, event.version, event.payload) {
                found.push(FoundBattle {
                    position: event.position,
                    at: open.header.game_ms,
                    void: !log.live.is_live(stored.commit),
                    rules: open.header.rules.to_string(),
                    battle,
                });
            }
        }
        Ok(())
    })
    .await?;
    Ok((found, book))
}

/// The format of battle files.
pub const FILE_FORMAT: &str = "annals-battle-2";

/// A battle file: everything needed to fight it again without a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleFile {
    /// Always [`FILE_FORMAT`].
    pub format: String,
    /// The game.
    pub game: String,
    /// The world.
    pub world: String,
    /// The rules in force when it was fought, TOML.
    pub rules: String,
    /// The battle with its place.
    pub found: FoundBattle,
    /// The report's lines as they were when it was exported.
    pub lines: Vec<String>,
}

impl BattleFile {
    /// Checks that the file is of this format and holds the rules that the battle names.
    ///
    /// # Errors
    /// `BAD_INPUT`, with what is wrong.
    pub fn check(&self) -> Result<(), ToolError> {
        if self.format != FILE_FORMAT {
            let text = format!("its format is {:?}, not {FILE_FORMAT:?}: export it again", self.format);
            return Err(ToolError::Input(text));
        }
        let digest = digest_of(&self.rules);
        if digest != self.found.rules {
            let text = format!("its rules have the digest {digest}, its battle names {}", self.found.rules);
            return Err(ToolError::Input(text));
        }
        Ok(())
    }
}

/// What fighting a battle again came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refought {
    /// Digest on the record.
    pub recorded: String,
    /// Digest now.
    pub now: String,
    /// Whether they are the same.
    pub same: bool,
    /// The first line that differs, recorded and now, where the recorded lines are at hand.
    pub first_difference: Option<(usize, String, String)>,
    /// The report.
    pub report: BattleReport,
}

/// Fights a battle again under the rules (TOML) of its time. With the recorded lines it can say where the two part.
///
/// # Errors
/// The inputs or the rules can not be read.
pub fn refight(
    game: &dyn GameFace,
    rules: &str,
    battle: &BattleRecord,
    lines: Option<&[String]>,
) -> Result<Refought, ToolError> {
    let report = game.refight(rules, &battle.inputs).map_err(ToolError::Input)?;
    let same = report.digest == battle.digest;
    let first_difference = lines.and_then(|lines| {
        let longest = lines.len().max(report.lines.len());
        (0..longest).find_map(|i| {
            let text =
                |lines: &[String]| lines.get(i).cloned().unwrap_or_else(|| "(no such line)".to_owned());
            let (recorded, now) = (text(lines), text(&report.lines));
            (recorded != now).then_some((i + 1, recorded, now))
        })
    });
    let same = same && first_difference.is_none();
    Ok(Refought {
        recorded: battle.digest.clone(),
        now: report.digest.clone(),
        same,
        first_difference,
        report,
    })
}
