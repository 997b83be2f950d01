//! Who did what, when, through which channel, with what outcome.

use std::collections::BTreeMap;

use event_store::{EventStore, SnapshotStore};
use schemas::{Cause, CommitNo, GameTime, Outcome, Position, WallTime};
use serde::Serialize;

use crate::error::ToolError;
use crate::travel::Log;

/// One act on the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its commit.
    pub commit: CommitNo,
    /// Position of its first event.
    pub position: Position,
    /// Wall time.
    pub at: WallTime,
    /// Game time.
    pub game: GameTime,
    /// Who.
    pub actor: String,
    /// Through which channel.
    pub channel: String,
    /// What: the command's type, or the timer's key.
    pub act: String,
    /// The code of the refusal; none when accepted.
    pub code: Option<String>,
    /// The figures of the refusal, by name.
    pub figures: BTreeMap<String, String>,
    /// How many events.
    pub events: u32,
    /// The command's id.
    pub command: Option<String>,
    /// The options, JSON.
    pub detail: String,
    /// A rewind has made it void.
    pub void: bool,
}

/// Which acts are wanted. Empty fields want all.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Who.
    pub actor: Option<String>,
    /// What.
    pub act: Option<String>,
    /// With this refusal.
    pub code: Option<String>,
    /// From this commit on.
    pub from: Option<CommitNo>,
    /// Timers and ownership too.
    pub all_causes: bool,
}

/// Reads a world's acts, oldest first.
///
/// # Errors
/// The log can not be read.
pub async fn acts<S: EventStore + SnapshotStore>(
    log: &Log<'_, S>,
    wanted: &Wanted,
) -> Result<Vec<Act>, ToolError> {
    let mut acts = Vec::new();
    let from = wanted.from.unwrap_or(CommitNo::new(1)).prev();
    log.each(from, log.head.commit, |stored| {
        let open = stored.opened();
        let header = &open.header;
        let (act, channel, command) = match &header.cause {
            Cause::Command { kind, channel, id, .. } => {
                (kind.to_string(), channel.to_string(), Some(id.to_string()))
            }
            Cause::Timer { key, .. } if wanted.all_causes => (key.to_string(), "timer".to_owned(), None),
            Cause::Ownership { node } if wanted.all_causes => {
                (format!("ownership by {node}"), "host".to_owned(), None)
            }
            Cause::RewindEnd if wanted.all_causes => ("rewind completed".to_owned(), "host".to_owned(), None),
            Cause::Timer { .. } | Cause::Ownership { .. } | Cause::RewindEnd => return Ok(()),
        };
        let actor = header.cause.actor().to_string();
        let (code, figures) = match &header.outcome {
            Outcome::Accepted => (None, BTreeMap::new()),
            Outcome::Rejected(rejection) => {
                let figures = rejection.context.iter().map(|(name, value)| (name.to_string(), value.clone()));
                (Some(rejection.code.to_string()), figures.collect())
            }
        };
        let fits = wanted.actor.as_ref().is_none_or(|w| *w == actor)
            && wanted.act.as_ref().is_none_or(|w| *w == act)
            && wanted.code.as_ref().is_none_or(|w| Some(w) == code.as_ref());
        if fits {
            let mut detail = String::from_utf8_lossy(open.payload()).into_owned();
            if detail.chars().count() > 200 {
                detail = detail.chars().take(199).chain(['…']).collect();
            }
            acts.push(Act {
                commit: stored.commit,
                position: stored.first,
                at: header.wall_ms,
                game: header.game_ms,
                actor,
                channel,
                act,
                code,
                figures,
                events: stored.events,
                command,
                detail,
                void: !log.live.is_live(stored.commit),
            });
        }
        Ok(())
    })
    .await?;
    Ok(acts)
}
