//! Sessions of the dashboard: refresh tokens that are good once, each followed by the next of its family.
//!
//! A token is shown once and kept as a hash. One that comes a second time has been copied by somebody: nobody knows by
//! whom, so the whole family ends, and the person signs in anew.

use std::fmt;

use schemas::{PlayerId, ServerId, WallTime};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypt;
use crate::db::{Row, Transaction};
use crate::error::VaultError;
use crate::vault::Vault;

const PREFIX: &str = "anr_";

/// A refresh token that was just made. This is the only time that it can be seen.
#[derive(Clone)]
pub struct NewSession {
    /// What its bearer shows to get the next one: `anr_<id>_<secret>`.
    pub text: String,
    /// The family: the same for all that follow from one sign-in. No secret.
    pub family: String,
    /// Who has signed in.
    pub player: PlayerId,
    /// On which server.
    pub server: ServerId,
    /// From when on it is worth nothing.
    pub expires_ms: WallTime,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession").field("family", &self.family).finish_non_exhaustive()
    }
}

/// What became of a refresh token.
#[derive(Debug, Clone)]
pub enum Rotation {
    /// It was good, and is no longer: here is the next.
    Next(NewSession),
    /// It had been used before: its family has ended.
    Reused,
    /// It is none of ours, or expired, or its family has ended.
    Ended,
}

/// A row as it is kept.
struct Kept {
    family: String,
    hash: Vec<u8>,
    player: PlayerId,
    server: ServerId,
    expires: i64,
    used: bool,
    ended: bool,
}

const READ: &str = "SELECT family, hash, player, server, expires_ms, used_ms, ended_ms \
                    FROM refresh_tokens WHERE id = $1";

fn kept(row: &Row) -> Result<Kept, VaultError> {
    let server = row.text(3)?;
    Ok(Kept {
        family: row.text(0)?,
        hash: row.bytes(1)?,
        player: PlayerId::from_bits(row.int(2)?.cast_unsigned()),
        server: ServerId::new(&server).map_err(|e| VaultError::Corrupt { problem: e.to_string() })?,
        expires: row.int(4)?,
        used: row.maybe_int(5)?.is_some(),
        ended: row.maybe_int(6)?.is_some(),
    })
}

/// Id and secret of a token's text; none where it can be no token of ours.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let hex = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_hexdigit());
    (hex(id, 16) && hex(secret, 64)).then_some((id, secret))
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

impl Vault {
    /// Begins a session of a player, with its first refresh token. On disk when it returns. What has expired is cleared
    /// away on this occasion.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`], or others.
    pub async fn begin_session(
        &self,
        player: PlayerId,
        server: &ServerId,
        now: WallTime,
        expires: WallTime,
    ) -> Result<NewSession, VaultError> {
        let family = hex::encode(crypt::random::<8>()?);
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        tx.hold_player(player).await?;
        let known = tx.rows("SELECT 1 FROM players WHERE player = $1", vec![bits(player)]).await?;
        if known.is_empty() {
            return Err(VaultError::UnknownPlayer);
        }
        tx.execute("DELETE FROM refresh_tokens WHERE expires_ms <= $1", vec![now.ms().into()]).await?;
        let made = insert(&mut tx, family, player, server.clone(), now, expires).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Takes a refresh token and gives the next one. On disk when it returns. Of two who show the same one at once the
    /// second is one too many.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn rotate_session(
        &self,
        text: &str,
        now: WallTime,
        expires: WallTime,
    ) -> Result<Rotation, VaultError> {
        let Some((id, secret)) = parts(text) else { return Ok(Rotation::Ended) };
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        let row = tx.rows(READ, vec![id.into()]).await?.into_iter().next();
        let found = row.as_ref().map(kept).transpose()?;
        let shown = hash(secret);
        let equal = found.as_ref().map_or(vec![0; 32], |kept| kept.hash.clone()).ct_eq(&shown);
        let Some(kept) = found.filter(|_| bool::from(equal)) else { return Ok(Rotation::Ended) };
        if kept.ended || kept.expires <= now.ms() {
            return Ok(Rotation::Ended);
        }
        let take =
            "UPDATE refresh_tokens SET used_ms = $1 WHERE id = $2 AND used_ms IS NULL AND ended_ms IS NULL";
        if kept.used || tx.execute(take, vec![now.ms().into(), id.into()]).await? == 0 {
            end(&mut tx, &kept.family, now).await?;
            tx.commit().await?;
            return Ok(Rotation::Reused);
        }
        let next = insert(&mut tx, kept.family, kept.player, kept.server, now, expires).await?;
        tx.commit().await?;
        Ok(Rotation::Next(next))
    }

    /// Ends the session of a refresh token, used or not; false when it is none of ours or had ended before. On disk when
    /// it returns.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn end_session(&self, text: &str, now: WallTime) -> Result<bool, VaultError> {
        let Some((id, secret)) = parts(text) else { return Ok(false) };
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        let row = tx.rows(READ, vec![id.into()]).await?.into_iter().next();
        let found = row.as_ref().map(kept).transpose()?;
        let Some(kept) = found.filter(|kept| bool::from(kept.hash.ct_eq(&hash(secret)))) else {
            return Ok(false);
        };
        let ended = end(&mut tx, &kept.family, now).await?;
        tx.commit().await?;
        Ok(ended > 0)
    }
}

fn bits(player: PlayerId) -> crate::db::Value {
    player.bits().cast_signed().into()
}

async fn end(tx: &mut Transaction<'_>, family: &str, now: WallTime) -> Result<u64, VaultError> {
    let sql = "UPDATE refresh_tokens SET ended_ms = $1 WHERE family = $2 AND ended_ms IS NULL";
    tx.execute(sql, vec![now.ms().into(), family.into()]).await
}

async fn insert(
    tx: &mut Transaction<'_>,
    family: String,
    player: PlayerId,
    server: ServerId,
    now: WallTime,
    expires: WallTime,
) -> Result<NewSession, VaultError> {
    if expires <= now {
        return Err(VaultError::Invalid { problem: "a session must expire later than now".to_owned() });
    }
    let id = hex::encode(crypt::random::<8>()?);
    let secret = hex::encode(crypt::random::<32>()?);
    let sql = "INSERT INTO refresh_tokens (id, family, hash, player, server, created_ms, expires_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = vec![
        id.as_str().into(),
        family.as_str().into(),
        hash(&secret).into(),
        bits(player),
        server.as_str().into(),
        now.ms().into(),
        expires.ms().into(),
    ];
    tx.execute(sql, values).await?;
    Ok(NewSession { text: format!("{PREFIX}{id}_{secret}"), family, player, server, expires_ms: expires })
}
