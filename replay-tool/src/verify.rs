//! Deep verification: every command decided again, every timer fired again, every battle fought again.

use event_store::{EventStore, SnapshotStore};
use games_core::Secret;
use games_registry::{Ask, Fold, World};
use schemas::commit::OpenCommit;
use schemas::{Cause, CommitNo, Hash, StoredCommit};
use serde::Serialize;

use crate::battles::RulesBook;
use crate::error::ToolError;
use crate::travel::{Log, Progress};

/// The first thing that came out differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeepFault {
    /// The commit.
    pub commit: CommitNo,
    /// What differs, with both values.
    pub problem: String,
}

/// What deep verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeepReport {
    /// Commits on the record.
    pub commits: u64,
    /// Commands decided again.
    pub commands: u64,
    /// Timers fired again.
    pub timers: u64,
    /// Battles fought again.
    pub battles: u64,
    /// Digest of the state at the end.
    pub state_digest: Hash,
    /// The first difference; none when everything came out as recorded.
    pub fault: Option<DeepFault>,
}

/// Reads a world's record from its first commit, decides everything on the live line again and compares.
///
/// # Errors
/// The log can not be read or folded.
pub async fn deep<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    secret: &Secret,
    progress: Progress<'_>,
) -> Result<DeepReport, ToolError> {
    let mut report =
        DeepReport { commits: 0, commands: 0, timers: 0, battles: 0, state_digest: Hash::ZERO, fault: None };
    let total = log.head.commit.get();
    let mut world: Option<Box<dyn World>> = None;
    let mut book = RulesBook::default();
    log.each(CommitNo::ZERO, log.head.commit, |stored| {
        if report.fault.is_some() {
            return Ok(());
        }
        let open = stored.opened();
        let live = log.live.is_live(stored.commit);
        let outcome = match &mut world {
            None => {
                let mut first = Fold::new(log.live.clone(), log.head.commit);
                first.push(stored, None)?;
                world = first.finish();
                Ok(())
            }
            Some(world) if live => decide_again(&mut **world, stored, &open, secret),
            Some(world) => {
                world.passed(stored);
                Ok(())
            }
        };
        book.learn(&open);
        let fought = outcome.and_then(|()| world.as_ref().map_or(Ok(0), |w| fight_again(&**w, &book, &open)));
        match fought {
            Ok(battles) => report.battles += battles,
            Err(problem) => {
                report.fault = Some(DeepFault { commit: stored.commit, problem });
                return Ok(());
            }
        }
        report.commits += 1;
        report.commands += u64::from(live && matches!(open.header.cause, Cause::Command { .. }));
        report.timers += u64::from(live && matches!(open.header.cause, Cause::Timer { .. }));
        if stored.commit.get().is_multiple_of(256) {
            progress(stored.commit.get(), total);
        }
        Ok(())
    })
    .await?;
    progress(total, total);
    report.state_digest = world.map_or(Hash::ZERO, |world| world.digest());
    Ok(report)
}

/// Decides a commit's cause again on the state before it, and compares. The world has then folded what came out, which
/// is what was recorded.
fn decide_again(
    world: &mut dyn World,
    stored: &StoredCommit,
    open: &OpenCommit<'_>,
    secret: &Secret,
) -> Result<(), String> {
    let header = &open.header;
    let ask = Ask {
        cause: &header.cause,
        payload: open.payload(),
        now: header.game_ms,
        wall: header.wall_ms,
        secret,
        draws: None,
    };
    let decided = world.decide(&ask).map_err(|e| format!("can not be decided again: {e}"))?;
    if decided.outcome != header.outcome {
        return Err(format!(
            "the record says {:?}, decided again it is {:?}",
            header.outcome, decided.outcome
        ));
    }
    for (i, (recorded, again)) in header.events.iter().zip(&decided.events).enumerate() {
        if recorded.kind != again.kind || recorded.version != again.version {
            let position = header.first.plus(i as u64);
            return Err(format!(
                "event v{position} is {} on the record, {} when decided again",
                recorded.kind, again.kind
            ));
        }
    }
    if decided.events.len() != header.events.len() {
        let (recorded, again) = (header.events.len(), decided.events.len());
        return Err(format!("{recorded} events are on the record, {again} come out when decided again"));
    }
    if decided.allocations != header.allocations {
        return Err("numbers of new things differ".to_owned());
    }
    let recorded = &stored.body[header.payload_len as usize..];
    if decided.event_bytes != recorded {
        let event = open.events().scan(0_usize, |start, event| {
            let end = *start + event.payload.len();
            let same = decided.event_bytes.get(*start..end) == Some(event.payload);
            *start = end;
            Some((event, same))
        });
        let first = event.into_iter().find(|(_, same)| !same);
        let text = first.map_or_else(String::new, |(event, _)| {
            format!(
                "event v{} {}: recorded {}",
                event.position,
                event.kind,
                String::from_utf8_lossy(event.payload)
            )
        });
        return Err(format!("payloads differ; {text}"));
    }
    world.sealed(stored);
    Ok(())
}

/// Fights a commit's battles again, under the rules that its header names: those in force, but for void commits that
/// other rules were in force for.
fn fight_again(world: &dyn World, book: &RulesBook, open: &OpenCommit<'_>) -> Result<u64, String> {
    let game = world.game();
    let in_force = world.host().rules_short() == open.header.rules;
    let mut battles = 0;
    for event in open.events() {
        let Some(battle) = game.battle(event.kind, event.version, event.payload) else { continue };
        battles += 1;
        let again = if in_force {
            world.refight(&battle.inputs)?
        } else {
            game.refight(book.get(&open.header.rules).map_err(|e| e.to_string())?, &battle.inputs)?
        };
        if again.digest != battle.digest {
            return Err(format!(
                "battle {} has digest {} on the record, {} when fought again",
                battle.number, battle.digest, again.digest
            ));
        }
    }
    Ok(battles)
}
