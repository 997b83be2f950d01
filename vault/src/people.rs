//! Players: who they are and what they are called.

use schemas::{PlayerId, WallTime};

use crate::crypt;
use crate::db::{Row, Value};
use crate::error::VaultError;
use crate::identity::Identity;
use crate::keys::Secret;
use crate::links::Link;
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
        if let Some(player) = self.find_tag(&lookup).await? {
            return Ok(player);
        }
        // Another node may be first, and an id may be taken: then the row found, or another draw, decides.
        for _ in 0..3 {
            let player = PlayerId::from_bits(u64::from_be_bytes(crypt::random()?));
            let key = Secret::new(crypt::random()?);
            let text = player.to_string();
            let wrapped = crypt::seal(&self.keys.wrapping, &[WRAPPED_KEY, &text], key.expose())?;
            let sealed = crypt::seal(&key, &[IDENTITY, &text], identity.text().as_bytes())?;
            let insert = "INSERT INTO players (player, lookup, key, identity, created_ms) \
                          SELECT $1, $2, $3, $4, $5 \
                          WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE player = $1) \
                          ON CONFLICT DO NOTHING";
            let bits = player.bits().cast_signed();
            let values =
                vec![bits.into(), lookup.clone().into(), wrapped.into(), sealed.into(), now.ms().into()];
            self.db.execute(insert, values).await?;
            if let Some(player) = self.find_tag(&lookup).await? {
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
        self.find_tag(&self.lookup(identity)).await
    }

    async fn find_tag(&self, lookup: &[u8]) -> Result<Option<PlayerId>, VaultError> {
        let row =
            self.db.row("SELECT player FROM players WHERE lookup = $1", vec![lookup.to_vec().into()]).await?;
        row.map(|row| player_id(&row)).transpose()
    }

    /// Who a player is; `None` for one who is unknown or erased.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn identity(&self, player: PlayerId) -> Result<Option<Identity>, VaultError> {
        // Key and text in one statement: between two of them the player may be erased.
        let sql = "SELECT key, identity FROM players WHERE player = $1";
        let Some(row) = self.db.row(sql, vec![bits(player)]).await? else { return Ok(None) };
        let key = self.unwrapped(player, &row.bytes(0)?)?;
        let text = open_text(&key, IDENTITY, player, &row.bytes(1)?)?;
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
        let key = self.player_key(player).await?.ok_or(VaultError::UnknownPlayer)?;
        let sealed = crypt::seal(&key, &[NAME, &player.to_string()], name.as_bytes())?;
        let sql = "UPDATE players SET name = $1, name_tag = $2 WHERE player = $3";
        match self.db.execute(sql, vec![sealed.into(), self.name_tag(name).into(), bits(player)]).await? {
            // Erased meanwhile.
            0 => Err(VaultError::UnknownPlayer),
            _ => Ok(()),
        }
    }

    /// What a player is called; `None` for one without a name, unknown or erased.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn name(&self, player: PlayerId) -> Result<Option<String>, VaultError> {
        let sql = "SELECT key, name FROM players WHERE player = $1";
        let Some(row) = self.db.row(sql, vec![bits(player)]).await? else { return Ok(None) };
        let Some(sealed) = row.maybe_bytes(1)? else { return Ok(None) };
        let key = self.unwrapped(player, &row.bytes(0)?)?;
        open_text(&key, NAME, player, &sealed).map(Some)
    }

    /// All players of this name, whatever its case and spacing.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn find_by_name(&self, name: &str) -> Result<Vec<PlayerId>, VaultError> {
        let sql = "SELECT player FROM players WHERE name_tag = $1 ORDER BY created_ms, player";
        let rows = self.db.rows(sql, vec![self.name_tag(name).into()]).await?;
        rows.iter().map(player_id).collect()
    }

    /// The key of a player; `None` for one who is unknown or erased.
    pub(crate) async fn player_key(&self, player: PlayerId) -> Result<Option<Secret>, VaultError> {
        let row = self.db.row("SELECT key FROM players WHERE player = $1", vec![bits(player)]).await?;
        row.map(|row| self.unwrapped(player, &row.bytes(0)?)).transpose()
    }

    pub(crate) fn unwrapped(&self, player: PlayerId, wrapped: &[u8]) -> Result<Secret, VaultError> {
        Ok(crypt::open_key(&self.keys.wrapping, &[WRAPPED_KEY, &player.to_string()], wrapped)?)
    }

    /// All that is known about a player, as a document to hand out: who they are, what they are called, since when,
    /// which tokens they hold, whether they want private messages, which accounts elsewhere are theirs. One who is unknown or erased gives `"data": null`.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn export(&self, player: PlayerId) -> Result<serde_json::Value, VaultError> {
        let Some(identity) = self.identity(player).await? else {
            return Ok(serde_json::json!({ "player": player, "data": null }));
        };
        let name = self.name(player).await?;
        let tokens = self.tokens_of(player).await?;
        let sql = "SELECT created_ms FROM players WHERE player = $1";
        let row = self.db.row(sql, vec![bits(player)]).await?;
        let created_ms = row.map(|row| row.int(0)).transpose()?;
        let identity = match identity {
            Identity::Discord { server, user } => {
                serde_json::json!({ "discord_server": server.to_string(), "discord_user": user.to_string() })
            }
            Identity::Terminal(name) => serde_json::json!({ "terminal": name }),
        };
        let known_since = created_ms.map(|ms| WallTime::from_ms(ms).to_string());
        let messages = self.private_messages(player).await?.is_some();
        let link = |link: &Link| {
            let Link { number, player: _, account, linked_ms } = link;
            serde_json::json!({
                "number": number, "platform": account.platform, "login": account.login, "id": account.id,
                "since": linked_ms.to_string(),
            })
        };
        let links: Vec<_> = self.links_of(player).await?.iter().map(link).collect();
        let data = serde_json::json!({
            "identity": identity, "name": name, "known_since": known_since, "tokens": tokens,
            "private_messages": messages, "links": links,
        });
        Ok(serde_json::json!({ "player": player, "data": data }))
    }
}

pub(crate) fn bits(player: PlayerId) -> Value {
    player.bits().cast_signed().into()
}

fn player_id(row: &Row) -> Result<PlayerId, VaultError> {
    Ok(PlayerId::from_bits(row.int(0)?.cast_unsigned()))
}

pub(crate) fn open_text(
    key: &Secret,
    what: &str,
    player: PlayerId,
    sealed: &[u8],
) -> Result<String, VaultError> {
    let bytes = crypt::open(key, &[what, &player.to_string()], sealed)?;
    String::from_utf8(bytes).map_err(|_| VaultError::DoesNotOpen)
}
