//! Erasing a player.

use schemas::{PlayerId, WallTime};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, Row};

use crate::error::VaultError;
use crate::vault::Vault;

/// Why a player is erased. A closed list, so that no reason can hold personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EraseReason {
    /// The player asked for it.
    Requested,
    /// The player was away for longer than data is kept.
    Expired,
    /// An operator decided it.
    Operator,
}

impl EraseReason {
    /// The reason's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Expired => "expired",
            Self::Operator => "operator",
        }
    }
}

/// What erasing a player came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    /// Identity, name, key and tokens are gone.
    Erased,
    /// There was nothing: nobody has this id, or they were erased before.
    NoData,
}

impl Vault {
    /// Deletes all that is known about a player: identity, name, key, tokens. What they wrote stays on the record,
    /// sealed, and nobody can read it any more. A tombstone stays: the id, the reason, the time.
    ///
    /// When it returns, the plain rows are gone from the file, from its free pages and from its write-ahead log.
    /// Copies of the file elsewhere are the operator's to delete.
    ///
    /// # Errors
    /// See [`VaultError`]. When the rows are gone but old pages could not be wiped, this is an error; the same call
    /// again wipes them.
    pub async fn erase(
        &self,
        player: PlayerId,
        reason: EraseReason,
        now: WallTime,
    ) -> Result<Erasure, VaultError> {
        let bits = player.bits().cast_signed();
        let mut conn = self.conn().await;
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM tokens WHERE player = ?").bind(bits).execute(&mut *tx).await?;
        let gone = sqlx::query("DELETE FROM players WHERE player = ?").bind(bits).execute(&mut *tx).await?;
        let erasure = if gone.rows_affected() > 0 { Erasure::Erased } else { Erasure::NoData };
        if erasure == Erasure::Erased {
            sqlx::query("INSERT OR REPLACE INTO tombstones (player, reason, erased_ms) VALUES (?, ?, ?)")
                .bind(bits)
                .bind(reason.name())
                .bind(now.ms())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Self::settle(&mut conn).await?;
        Ok(erasure)
    }

    /// All tombstones: which ids were erased and when. A backup that is restored is erased anew by this list.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn erased(&self) -> Result<Vec<(PlayerId, WallTime)>, VaultError> {
        let rows = sqlx::query("SELECT player, erased_ms FROM tombstones ORDER BY erased_ms, player")
            .fetch_all(&mut *self.conn().await)
            .await?;
        let read = |row: &sqlx::sqlite::SqliteRow| -> Result<_, VaultError> {
            let player = PlayerId::from_bits(row.try_get::<i64, _>(0)?.cast_unsigned());
            Ok((player, WallTime::from_ms(row.try_get(1)?)))
        };
        rows.iter().map(read).collect()
    }
}
