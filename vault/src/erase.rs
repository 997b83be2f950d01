//! Erasing a player.

use schemas::{PlayerId, WallTime};
use serde::{Deserialize, Serialize};

use crate::db::Row;
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
    /// Deletes all that is known about a player: identity, name, key, tokens, sessions, links. What they wrote stays on the record,
    /// sealed, and nobody can read it any more. A tombstone stays: the id, the reason, the time.
    ///
    /// When it returns, the rows and their older versions are gone from the vault's data: of a SQLite file also from its
    /// free pages and from its write-ahead log, of a PostgreSQL database from all files of its tables and indexes. There
    /// the tables are locked while they are written anew, some seconds for a million players.
    ///
    /// What is out of reach is the operator's to delete: copies of the file; a PostgreSQL server's write-ahead log until
    /// it is recycled, archives of it, its replicas' and its backups; and blocks that the disk has freed. What stands in
    /// them is sealed, and opens only with the server's `vault.key`.
    ///
    /// # Errors
    /// See [`VaultError`]. [`VaultError::NotWiped`] when the rows are gone but old versions could not be wiped. After any
    /// error the same call again does what is left.
    pub async fn erase(
        &self,
        player: PlayerId,
        reason: EraseReason,
        now: WallTime,
    ) -> Result<Erasure, VaultError> {
        let bits = player.bits().cast_signed();
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        tx.hold_player(player).await?;
        tx.execute("DELETE FROM tokens WHERE player = $1", vec![bits.into()]).await?;
        tx.execute("DELETE FROM refresh_tokens WHERE player = $1", vec![bits.into()]).await?;
        tx.execute("DELETE FROM private_messages WHERE player = $1", vec![bits.into()]).await?;
        tx.execute("DELETE FROM seen WHERE player = $1", vec![bits.into()]).await?;
        tx.execute("DELETE FROM link_codes WHERE player = $1", vec![bits.into()]).await?;
        tx.execute("DELETE FROM links WHERE player = $1", vec![bits.into()]).await?;
        let gone = tx.execute("DELETE FROM players WHERE player = $1", vec![bits.into()]).await?;
        let erasure = if gone > 0 { Erasure::Erased } else { Erasure::NoData };
        if erasure == Erasure::Erased {
            let tombstone = "INSERT INTO tombstones (player, reason, erased_ms) VALUES ($1, $2, $3) \
                             ON CONFLICT (player) DO UPDATE SET reason = excluded.reason, \
                             erased_ms = excluded.erased_ms";
            tx.execute(tombstone, vec![bits.into(), reason.name().into(), now.ms().into()]).await?;
        }
        tx.commit().await?;
        let look = "SELECT 1 FROM tombstones WHERE player = $1";
        let was_known = !session.rows(look, vec![bits.into()]).await?.is_empty();
        drop(session);
        // For one who was erased before, too: it may be the second call, after one that could not wipe.
        if was_known {
            self.db.wipe().await?;
        }
        Ok(erasure)
    }

    /// All tombstones: which ids were erased and when. A backup that is restored is erased anew by this list.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn erased(&self) -> Result<Vec<(PlayerId, WallTime)>, VaultError> {
        let sql = "SELECT player, erased_ms FROM tombstones ORDER BY erased_ms, player";
        let rows = self.db.rows(sql, Vec::new()).await?;
        let read = |row: &Row| -> Result<_, VaultError> {
            Ok((PlayerId::from_bits(row.int(0)?.cast_unsigned()), WallTime::from_ms(row.int(1)?)))
        };
        rows.iter().map(read).collect()
    }
}
