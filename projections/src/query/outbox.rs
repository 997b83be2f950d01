//! The outbox: messages leave it at least once, with a nonce that is the same each time.

use games_core::view::Cell;
use schemas::{PlayerId, Position, WallTime, WorldId};
use sqlx::{Connection, Row};

use super::{Queries, Where};
use crate::error::ProjectionError;
use crate::models::ReadModels;

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The world.
    pub world: WorldId,
    /// The event that it is about.
    pub position: Position,
    /// To whom; nobody for the season's channel.
    pub player: Option<PlayerId>,
    /// The switch in `/notify set`.
    pub kind: String,
    /// The words.
    pub text: String,
    /// The same for the same message, whenever it is sent: 24 hex digits.
    pub nonce: String,
    /// When it happened.
    pub created: WallTime,
}

impl Queries {
    /// The oldest messages that were neither sent nor cancelled.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn outbox(&self, limit: u32) -> Result<Vec<OutboxEntry>, ProjectionError> {
        let mut query = Where::new(
            "SELECT world, position, player, kind, text, nonce, created_ms FROM outbox WHERE cancelled = FALSE \
             AND NOT EXISTS (SELECT 1 FROM outbox_sent WHERE outbox_sent.nonce = outbox.nonce)",
        );
        query.and(" ORDER BY created_ms, world, position, ordinal LIMIT ?", [Cell::Int(i64::from(limit))])?;
        let entry = |row: &sqlx::sqlite::SqliteRow| -> Result<OutboxEntry, ProjectionError> {
            Ok(OutboxEntry {
                world: row.try_get::<String, _>(0)?.parse()?,
                position: Position::new(row.try_get::<i64, _>(1)?.cast_unsigned()),
                player: row.try_get::<Option<String>, _>(2)?.map(|id| id.parse()).transpose()?,
                kind: row.try_get(3)?,
                text: row.try_get(4)?,
                nonce: row.try_get(5)?,
                created: WallTime::from_ms(row.try_get(6)?),
            })
        };
        query.fetch(&self.db).await?.iter().map(entry).collect()
    }
}

impl ReadModels {
    /// Says that messages were sent: their nonces are kept, the messages leave the outbox.
    ///
    /// # Errors
    /// When it can not be written. The messages may then be sent again, with the same nonces.
    pub async fn mark_sent(&self, nonces: &[String], now: WallTime) -> Result<(), ProjectionError> {
        let db = self.held().await;
        let mut writer = db.writer()?.lock().await;
        let mut tx = writer.conn.begin_with("BEGIN IMMEDIATE").await?;
        for nonce in nonces {
            let sent =
                "INSERT INTO outbox_sent (nonce, sent_ms) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING";
            sqlx::query(sent).bind(nonce.as_str()).bind(now.ms()).execute(&mut *tx).await?;
            let leave = "DELETE FROM outbox WHERE nonce = $1";
            sqlx::query(leave).bind(nonce.as_str()).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }
}
