//! Players: who they are and what they are called.

use schemas::{PlayerId, WallTime};
use sqlx::Row;
use sqlx::sqlite::SqliteConnection;

use crate::crypt;
use crate::error::VaultError;
use crate::identity::Identity;
use crate::keys::Secret;
use crate::text::normalise;
use crate::vault::Vault;

const WRAPPED_KEY: &str = "annals-player-key-v1";
const IDENTITY: &str = "annals-identity-v1";
const NAME: &str = "annals-name-v1";

/// The longest display name, in bytes.
const NAME_MAX: usize = 256;

impl Vault {
    fn lookup(&self, identity: &Identity) -> Vec<u8> {
        crypt::tag(&self.keys.tagging, &[IDENTITY, &identity.text()]).to_vec()
    }

    fn name_tag(&self, name: &str) -> Vec<u8> {
        crypt::tag(&self.keys.tagging, &[NAME, &normalise(name)]).to_vec()
    }

    /// The player id of an identity; draws a new one, with a key of its own, for somebody who is new. On disk when
    /// it returns.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn player(&self, identity: &Identity, now: WallTime) -> Result<PlayerId, VaultError> {
        identity.check()?;
        let lookup = self.lookup(identity);
        let mut conn = self.conn().await;
        if let Some(player) = find(&mut conn, &lookup).await? {
            return Ok(player);
        }
        // Another process may be first, and an id may be taken: then the row found, or another draw, decides.
        for _ in 0..3 {
            let player = PlayerId::from_bits(u64::from_be_bytes(crypt::random()?));
            let key = Secret::new(crypt::random()?);
            let text = player.to_string();
            let wrapped = crypt::seal(&self.keys.wrapping, &[WRAPPED_KEY, &text], key.expose())?;
            let sealed = crypt::seal(&key, &[IDENTITY, &text], identity.text().as_bytes())?;
            let insert = "INSERT INTO players (player, lookup, key, identity, created_ms) \
                          SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE player = ?) \
                          ON CONFLICT DO NOTHING";
            sqlx::query(insert)
                .bind(player.bits().cast_signed())
                .bind(lookup.clone())
                .bind(wrapped)
                .bind(sealed)
                .bind(now.ms())
                .bind(player.bits().cast_signed())
                .execute(&mut *conn)
                .await?;
            if let Some(player) = find(&mut conn, &lookup).await? {
                return Ok(player);
            }
        }
        Err(VaultError::Failed { problem: "no free player id was drawn".to_owned() })
    }

    /// The player id of an identity, if it has one.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn find(&self, identity: &Identity) -> Result<Option<PlayerId>, VaultError> {
        find(&mut *self.conn().await, &self.lookup(identity)).await
    }

    /// Who a player is; `None` for one who is unknown or erased.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn identity(&self, player: PlayerId) -> Result<Option<Identity>, VaultError> {
        let mut conn = self.conn().await;
        let Some(key) = self.player_key(&mut conn, player).await? else { return Ok(None) };
        let row = sqlx::query("SELECT identity FROM players WHERE player = ?")
            .bind(player.bits().cast_signed())
            .fetch_one(&mut *conn)
            .await?;
        let text = open_text(&key, IDENTITY, player, row.try_get(0)?)?;
        Identity::parse(&text).map(Some).ok_or(VaultError::DoesNotOpen)
    }

    /// Sets what a player is called. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`], [`VaultError::Invalid`] for an empty name or one over 256 bytes, or others.
    pub async fn set_name(&self, player: PlayerId, name: &str) -> Result<(), VaultError> {
        if normalise(name).is_empty() || name.len() > NAME_MAX {
            let problem = format!("a name has 1 to {NAME_MAX} bytes and is not blank");
            return Err(VaultError::Invalid { problem });
        }
        let mut conn = self.conn().await;
        let key = self.player_key(&mut conn, player).await?.ok_or(VaultError::UnknownPlayer)?;
        let sealed = crypt::seal(&key, &[NAME, &player.to_string()], name.as_bytes())?;
        sqlx::query("UPDATE players SET name = ?, name_tag = ? WHERE player = ?")
            .bind(sealed)
            .bind(self.name_tag(name))
            .bind(player.bits().cast_signed())
            .execute(&mut *conn)
            .await?;
        Ok(())
    }

    /// What a player is called; `None` for one without a name, unknown or erased.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn name(&self, player: PlayerId) -> Result<Option<String>, VaultError> {
        let mut conn = self.conn().await;
        let Some(key) = self.player_key(&mut conn, player).await? else { return Ok(None) };
        let row = sqlx::query("SELECT name FROM players WHERE player = ?")
            .bind(player.bits().cast_signed())
            .fetch_one(&mut *conn)
            .await?;
        let sealed: Option<Vec<u8>> = row.try_get(0)?;
        sealed.map(|sealed| open_text(&key, NAME, player, &sealed)).transpose()
    }

    /// All players of this name, whatever its case and spacing.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn find_by_name(&self, name: &str) -> Result<Vec<PlayerId>, VaultError> {
        let rows = sqlx::query("SELECT player FROM players WHERE name_tag = ? ORDER BY created_ms, player")
            .bind(self.name_tag(name))
            .fetch_all(&mut *self.conn().await)
            .await?;
        rows.iter().map(|row| Ok(PlayerId::from_bits(row.try_get::<i64, _>(0)?.cast_unsigned()))).collect()
    }

    /// The key of a player; `None` for one who is unknown or erased.
    pub(crate) async fn player_key(
        &self,
        conn: &mut SqliteConnection,
        player: PlayerId,
    ) -> Result<Option<Secret>, VaultError> {
        let row = sqlx::query("SELECT key FROM players WHERE player = ?")
            .bind(player.bits().cast_signed())
            .fetch_optional(conn)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let wrapped: Vec<u8> = row.try_get(0)?;
        let key = crypt::open_key(&self.keys.wrapping, &[WRAPPED_KEY, &player.to_string()], &wrapped)?;
        Ok(Some(key))
    }

    /// All that is known about a player, as a document to hand out: who they are, what they are called, since when,
    /// which tokens they hold. One who is unknown or erased gives `"data": null`.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn export(&self, player: PlayerId) -> Result<serde_json::Value, VaultError> {
        let Some(identity) = self.identity(player).await? else {
            return Ok(serde_json::json!({ "player": player, "data": null }));
        };
        let name = self.name(player).await?;
        let tokens = self.tokens_of(player).await?;
        let created_ms: Option<i64> = sqlx::query_scalar("SELECT created_ms FROM players WHERE player = ?")
            .bind(player.bits().cast_signed())
            .fetch_optional(&mut *self.conn().await)
            .await?;
        let identity = match identity {
            Identity::Discord { server, user } => {
                serde_json::json!({ "discord_server": server.to_string(), "discord_user": user.to_string() })
            }
            Identity::Terminal(name) => serde_json::json!({ "terminal": name }),
        };
        let known_since = created_ms.map(|ms| WallTime::from_ms(ms).to_string());
        let data = serde_json::json!({
            "identity": identity, "name": name, "known_since": known_since, "tokens": tokens,
        });
        Ok(serde_json::json!({ "player": player, "data": data }))
    }

    /// Moves the write-ahead log into the file, so that what was deleted is nowhere any more.
    pub(crate) async fn settle(conn: &mut SqliteConnection) -> Result<(), VaultError> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *conn).await?;
        if row.try_get::<i64, _>(0)? != 0 {
            let problem = "another process reads the vault, so old pages could not be wiped yet".to_owned();
            return Err(VaultError::Failed { problem });
        }
        Ok(())
    }
}

async fn find(conn: &mut SqliteConnection, lookup: &[u8]) -> Result<Option<PlayerId>, VaultError> {
    let row =
        sqlx::query("SELECT player FROM players WHERE lookup = ?").bind(lookup).fetch_optional(conn).await?;
    row.map(|row| Ok(PlayerId::from_bits(row.try_get::<i64, _>(0)?.cast_unsigned()))).transpose()
}

fn open_text(key: &Secret, what: &str, player: PlayerId, sealed: &[u8]) -> Result<String, VaultError> {
    let bytes = crypt::open(key, &[what, &player.to_string()], sealed)?;
    String::from_utf8(bytes).map_err(|_| VaultError::DoesNotOpen)
}
