//! Audit and ledger.

use games_core::view::{Cell, ColumnKind};
use schemas::{CommitNo, GameTime, Position, WallTime, WorldId};

use super::{Queries, Where};
use crate::engine::Row;
use crate::error::ProjectionError;

/// Which entries of the audit are asked for. Nothing given means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this world.
    pub world: Option<WorldId>,
    /// By this actor: a player id, `operator:<name>`, `system`.
    pub actor: Option<String>,
    /// Of this act: the command's type, `TroopsTrain`.
    pub act: Option<String>,
    /// Since this wall time.
    pub since: Option<WallTime>,
    /// Refused with this code.
    pub code: Option<String>,
    /// Of this command.
    pub command_id: Option<String>,
    /// At most so many; 0 means 100.
    pub limit: u32,
}

/// Who did what, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The world.
    pub world: WorldId,
    /// The commit.
    pub commit: CommitNo,
    /// Game time.
    pub game: GameTime,
    /// Wall time.
    pub wall: WallTime,
    /// Who.
    pub actor: String,
    /// Through which channel.
    pub channel: String,
    /// The command's type, or `Ownership`, `RewindEnd`.
    pub act: String,
    /// Whether it was accepted; else `code` says why not.
    pub accepted: bool,
    /// Why it was refused.
    pub code: Option<String>,
    /// The command's id.
    pub command_id: Option<String>,
    /// How many events it made.
    pub events: u32,
    /// Position of the first of them; where there are none, of the next one to come.
    pub first: Position,
    /// Whether a rewind has made it void.
    pub void: bool,
}

/// One movement of something conserved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The event.
    pub position: Position,
    /// What moved.
    pub account: String,
    /// How much; negative for a sink.
    pub delta: i64,
    /// When.
    pub game: GameTime,
    /// Whether a rewind has made it void.
    pub void: bool,
}

impl Queries {
    /// Entries of the audit, newest first.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, ProjectionError> {
        let mut query = Where::new(
            "SELECT world, commit_no, game_ms, wall_ms, actor, channel, act, outcome, code, command_id, events, \
             first_position, void FROM audit WHERE TRUE",
        );
        let texts = [
            ("world", filter.world.as_ref().map(WorldId::as_str)),
            ("actor", filter.actor.as_deref()),
            ("act", filter.act.as_deref()),
            ("code", filter.code.as_deref()),
            ("command_id", filter.command_id.as_deref()),
        ];
        for (column, value) in texts {
            if let Some(value) = value {
                query.and(&format!(" AND {column} = ?"), [Cell::from(value)]);
            }
        }
        if let Some(since) = filter.since {
            query.and(" AND wall_ms >= ?", [Cell::Int(since.ms())]);
        }
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        query.and(" ORDER BY wall_ms DESC, commit_no DESC LIMIT ?", [Cell::Int(i64::from(limit))]);
        self.fetch(query, &AUDIT).await?.iter().map(audit_entry).collect()
    }

    /// Movements of an account, newest first.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn ledger(
        &self,
        world: &WorldId,
        account: &str,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, ProjectionError> {
        let mut query = Where::new("SELECT position, account, delta, game_ms, void FROM ledger");
        let values = [Cell::from(world.as_str()), Cell::from(account), Cell::Int(i64::from(limit))];
        query.and(" WHERE world = ? AND account = ? ORDER BY position DESC, ordinal DESC LIMIT ?", values);
        self.fetch(query, &LEDGER).await?.iter().map(ledger_entry).collect()
    }

    /// Movements that an actor's commands have made, newest first. Those of timers are nobody's.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn ledger_of(
        &self,
        world: &WorldId,
        actor: &str,
        limit: u32,
    ) -> Result<Vec<LedgerEntry>, ProjectionError> {
        let mut query = Where::new("SELECT position, account, delta, game_ms, void FROM ledger");
        let values = [Cell::from(world.as_str()), Cell::from(actor), Cell::Int(i64::from(limit))];
        query.and(" WHERE world = ? AND actor = ? ORDER BY position DESC, ordinal DESC LIMIT ?", values);
        self.fetch(query, &LEDGER).await?.iter().map(ledger_entry).collect()
    }

    /// The sum of every account over the live line: what is held if sources and sinks are right.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn ledger_sums(&self, world: &WorldId) -> Result<Vec<(String, i64)>, ProjectionError> {
        let mut query = Where::new("SELECT account, CAST(SUM(delta) AS BIGINT) FROM ledger");
        query.and(" WHERE world = ? AND NOT void GROUP BY account ORDER BY account", [world.as_str().into()]);
        let rows = self.fetch(query, &[ColumnKind::Text, ColumnKind::Int]).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    }
}

const AUDIT: [ColumnKind; 13] = {
    use ColumnKind::{Bool, Int, Text};
    [Text, Int, Int, Int, Text, Text, Text, Text, Text, Text, Int, Int, Bool]
};

fn audit_entry(row: &Row) -> Result<AuditEntry, ProjectionError> {
    Ok(AuditEntry {
        world: row.text(0)?.parse()?,
        commit: CommitNo::new(row.int(1)?.cast_unsigned()),
        game: GameTime::from_ms(row.int(2)?),
        wall: WallTime::from_ms(row.int(3)?),
        actor: row.text(4)?.to_owned(),
        channel: row.text(5)?.to_owned(),
        act: row.text(6)?.to_owned(),
        accepted: row.text(7)? == "accepted",
        code: row.text_or_none(8)?.map(str::to_owned),
        command_id: row.text_or_none(9)?.map(str::to_owned),
        events: u32::try_from(row.int(10)?).unwrap_or_default(),
        first: Position::new(row.int(11)?.cast_unsigned()),
        void: row.bool(12)?,
    })
}

const LEDGER: [ColumnKind; 5] =
    [ColumnKind::Int, ColumnKind::Text, ColumnKind::Int, ColumnKind::Int, ColumnKind::Bool];

fn ledger_entry(row: &Row) -> Result<LedgerEntry, ProjectionError> {
    Ok(LedgerEntry {
        position: Position::new(row.int(0)?.cast_unsigned()),
        account: row.text(1)?.to_owned(),
        delta: row.int(2)?,
        game: GameTime::from_ms(row.int(3)?),
        void: row.bool(4)?,
    })
}
