//! The outbox: messages leave it at least once, with a nonce that is the same each time.

use games_core::view::{Cell, ColumnKind};
use schemas::{PlayerId, Position, WallTime, WorldId};

use super::{Queries, Where};
use crate::engine::Row;
use crate::error::ProjectionError;
use crate::models::ReadModels;

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The world.
    pub world: WorldId,
    /// The event that it is about.
    pub position: Position,
    /// Which of the event's messages.
    pub ordinal: i64,
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
        self.outbox_after(None, limit).await
    }

    /// The same from after a message on, which may have left the outbox.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn outbox_after(
        &self,
        after: Option<&OutboxEntry>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, ProjectionError> {
        // A lookup for each message in the order of the index, not a join: the sent ones are many, those asked for few.
        let mut query = Where::new(
            "SELECT world, position, player, kind, text, nonce, created_ms, ordinal FROM outbox WHERE cancelled = FALSE \
             AND (SELECT sent_ms FROM outbox_sent WHERE outbox_sent.nonce = outbox.nonce) IS NULL",
        );
        if let Some(after) = after {
            let key = [
                Cell::Int(after.created.ms()),
                Cell::from(after.world.as_str()),
                Cell::Int(after.position.get().cast_signed()),
                Cell::Int(after.ordinal),
            ];
            query.and(" AND (created_ms, world, position, ordinal) > (?, ?, ?, ?)", key);
        }
        query.and(" ORDER BY created_ms, world, position, ordinal LIMIT ?", [Cell::Int(i64::from(limit))]);
        let kinds = {
            use ColumnKind::{Int, Text};
            [Text, Int, Text, Text, Text, Text, Int, Int]
        };
        let entry = |row: &Row| -> Result<OutboxEntry, ProjectionError> {
            Ok(OutboxEntry {
                world: row.text(0)?.parse()?,
                position: Position::new(row.int(1)?.cast_unsigned()),
                player: row.text_or_none(2)?.map(str::parse).transpose()?,
                kind: row.text(3)?.to_owned(),
                text: row.text(4)?.to_owned(),
                nonce: row.text(5)?.to_owned(),
                created: WallTime::from_ms(row.int(6)?),
                ordinal: row.int(7)?,
            })
        };
        self.fetch(query, &kinds).await?.iter().map(entry).collect()
    }

    /// How many messages to a player were neither sent nor cancelled.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn outbox_of(&self, world: &WorldId, player: PlayerId) -> Result<u64, ProjectionError> {
        let mut query = Where::new("SELECT count(*) FROM outbox");
        query.and(
            " WHERE cancelled = FALSE AND world = ? AND player = ? \
             AND (SELECT sent_ms FROM outbox_sent WHERE outbox_sent.nonce = outbox.nonce) IS NULL",
            [Cell::from(world.as_str()), Cell::from(player.to_string())],
        );
        let rows = self.fetch(query, &[ColumnKind::Int]).await?;
        rows.first().map_or(Ok(0), |row| row.int(0).map(i64::cast_unsigned))
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
        let (mut tx, _) = writer.begin().await?;
        let mut link = tx.link();
        for nonce in nonces {
            let sent =
                "INSERT INTO outbox_sent (nonce, sent_ms) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING";
            link.execute(sent, vec![Cell::from(nonce.as_str()), Cell::Int(now.ms())]).await?;
            let leave = "DELETE FROM outbox WHERE nonce = $1";
            link.execute(leave, vec![Cell::from(nonce.as_str())]).await?;
        }
        tx.commit().await
    }
}
