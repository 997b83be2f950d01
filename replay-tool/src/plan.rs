//! Plans of rewinds: what would become void, who keeps what, named by a digest. Making one writes nothing to the world.

use std::collections::BTreeMap;

use event_store::{EventStore, SnapshotStore};
use games_registry::{Status, Watch};
use schemas::host::WorldRewind;
use schemas::{Cause, CommitNo, GameTime, Hash, Position, WallTime, WorldId};
use serde::{Deserialize, Serialize};

use crate::diff::compare;
use crate::error::ToolError;
use crate::point::Resolved;
use crate::travel::Log;

/// What a rewind would do to one player, or to one row of another kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Table and key.
    pub row: String,
    /// The column.
    pub column: String,
    /// As it stands.
    pub now: Option<String>,
    /// As it would stand.
    pub then: Option<String>,
}

/// A plan of a rewind of the whole season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name: `rb-` and the first eight digits of the digest.
    pub id: String,
    /// The world.
    pub world: WorldId,
    /// Always `rewind`: the kind that leaves out one player's acts has another word.
    pub kind: String,
    /// The last commit that would still count.
    pub to: CommitNo,
    /// Position of its last event.
    pub to_position: Position,
    /// Game time at which the world would go on.
    pub to_game_ms: GameTime,
    /// Position of the last event when the plan was made; the digest binds it.
    pub planned_on: Position,
    /// Commits that would become void.
    pub commits: u64,
    /// Events that would become void, by type.
    pub events: BTreeMap<String, u64>,
    /// Battles that would become void.
    pub battles: u64,
    /// Acting players whose commands would become void, with how many.
    pub actors: BTreeMap<String, u64>,
    /// Timers that stand at the point and go on from there.
    pub timers: u64,
    /// What changes, row by row.
    pub losses: Vec<Loss>,
    /// What a rewind can not undo.
    pub cannot_undo: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub proposer: String,
    /// When it was made.
    pub made_ms: WallTime,
    /// SHA-256 over everything above but the name and the time, hex.
    pub digest: String,
}

/// For how long a plan may be applied, in ms.
pub const PLAN_LIFE_MS: i64 = 30 * 60_000;

impl Plan {
    /// The digest of a plan's content.
    ///
    /// # Errors
    /// When it can not be written as JSON, which would be a defect.
    pub fn compute_digest(&self) -> Result<String, ToolError> {
        let bare =
            Self { id: String::new(), digest: String::new(), made_ms: WallTime::default(), ..self.clone() };
        let bytes = serde_json::to_vec(&bare).map_err(|e| ToolError::Input(e.to_string()))?;
        Ok(Hash::of(&bytes).to_string())
    }

    /// Whether the plan would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.commits == 0
    }

    /// The command that applies it.
    #[must_use]
    pub fn command(&self, approver: Option<String>) -> WorldRewind {
        WorldRewind {
            to: self.to,
            to_position: self.to_position,
            to_game_ms: self.to_game_ms,
            plan_digest: self.digest.clone(),
            planned_on: self.planned_on,
            reason: self.reason.clone(),
            proposer: self.proposer.clone(),
            approver,
        }
    }
}

/// Plans a rewind of a world to a point on its live line.
///
/// # Errors
/// The point is void, the season's secret is revealed, or the log can not be read.
pub async fn plan_rewind<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    to: &Resolved,
    reason: &str,
    proposer: &str,
    now: WallTime,
) -> Result<Plan, ToolError> {
    if !to.live {
        return Err(ToolError::Input(format!(
            "commit {} is void: choose a point on the live line",
            to.commit
        )));
    }
    if reason.trim().is_empty() {
        return Err(ToolError::Input("a rewind needs a reason: --reason \"…\"".to_owned()));
    }
    let then = log.world_at(to.commit, false, &mut |_, _| {}).await?;
    let mut watch = Watch::default();
    let current = log.go_on(then.fork(), log.head.commit, &mut watch).await?;
    if let (Status::Ended(_), Some(_)) = (current.host().status, &current.host().revealed) {
        return Err(ToolError::Input(
            "the season is closed and its secret revealed: it can not be rewound".to_owned(),
        ));
    }
    let mut plan = Plan {
        id: String::new(),
        world: log.world.clone(),
        kind: "rewind".to_owned(),
        to: to.commit,
        to_position: to.position,
        to_game_ms: to.game,
        planned_on: log.head.position,
        commits: 0,
        events: BTreeMap::new(),
        battles: 0,
        actors: BTreeMap::new(),
        timers: then.timers() as u64,
        losses: Vec::new(),
        cannot_undo: vec!["messages that have been sent; they will be marked as void".to_owned()],
        reason: reason.trim().to_owned(),
        proposer: proposer.to_owned(),
        made_ms: now,
        digest: String::new(),
    };
    let game = current.game();
    log.each(to.commit, log.head.commit, |stored| {
        if !log.live.is_live(stored.commit) {
            return Ok(());
        }
        plan.commits += 1;
        let open = stored.opened();
        if let Cause::Command { actor, .. } = &open.header.cause {
            *plan.actors.entry(actor.to_string()).or_default() += 1;
        }
        for event in open.events() {
            *plan.events.entry(event.kind.to_owned()).or_default() += 1;
            plan.battles += u64::from(game.battle(event.kind, event.version, event.payload).is_some());
        }
        Ok(())
    })
    .await?;
    plan.losses = compare(&*then, &*current, &watch)
        .into_iter()
        .map(|change| Loss {
            row: format!("{} {}", change.table, change.key),
            column: change.column.to_owned(),
            now: change.after,
            then: change.before,
        })
        .collect();
    // Rejections are on the record but change nothing: they must not make a plan stale, so the digest leaves them out.
    plan.digest = plan.compute_digest()?;
    plan.id = format!("rb-{}", &plan.digest[..8]);
    Ok(plan)
}
