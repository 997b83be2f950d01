//! Battles: found on the record, fought again, exported to one file that anybody can check.

use event_store::{EventStore, SnapshotStore};
use games_core::game::{BattleRecord, BattleReport};
use games_registry::GameFace;
use schemas::{CommitNo, GameTime, Position};
use serde::{Deserialize, Serialize};

use crate::error::ToolError;
use crate::travel::Log;

/// A battle with its place on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBattle {
    /// Position of its event.
    pub position: Position,
    /// Game time.
    pub at: GameTime,
    /// Whether a rewind has made it void.
    pub void: bool,
    /// The record.
    pub battle: BattleRecord,
}

/// Every battle of a world, oldest first.
///
/// # Errors
/// The log can not be read.
pub async fn list<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    game: &dyn GameFace,
) -> Result<Vec<FoundBattle>, ToolError> {
    let mut found = Vec::new();
    log.each(CommitNo::ZERO, log.head.commit, |stored| {
        let open = stored.opened();
        for event in open.events() {
            if let Some(battle) = game.battle(event.kind, event.version, event.payload) {
                found.push(FoundBattle {
                    position: event.position,
                    at: open.header.game_ms,
                    void: !log.live.is_live(stored.commit),
                    battle,
                });
            }
        }
        Ok(())
    })
    .await?;
    Ok(found)
}

/// A battle file: everything needed to fight it again without a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BattleFile {
    /// Always `annals-battle-1`.
    pub format: String,
    /// The game.
    pub game: String,
    /// The world.
    pub world: String,
    /// The battle with its place.
    pub found: FoundBattle,
    /// The report's lines as they were when it was exported.
    pub lines: Vec<String>,
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

/// Fights a battle again. With the recorded lines it can say where the two part.
///
/// # Errors
/// The inputs can not be read.
pub fn refight(
    game: &dyn GameFace,
    battle: &BattleRecord,
    lines: Option<&[String]>,
) -> Result<Refought, ToolError> {
    let report = game.refight(&battle.inputs).map_err(ToolError::Input)?;
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
