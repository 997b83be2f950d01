//! API tokens: shown once, kept as a hash, limited in scope and time.

use std::fmt;
use std::str::FromStr;

use schemas::{PlayerId, WallTime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::crypt;
use crate::db::Row;
use crate::error::VaultError;
use crate::vault::Vault;

/// What a token lets its bearer do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Play as one player.
    Player,
    /// Run the server.
    Operator,
    /// Read the record, change nothing.
    Auditor,
}

impl Scope {
    /// The scope's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Player => "player",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scope {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        [Self::Player, Self::Operator, Self::Auditor]
            .into_iter()
            .find(|scope| scope.name() == text)
            .ok_or_else(|| VaultError::Invalid {
                problem: "a scope is one of player, operator, auditor".to_owned(),
            })
    }
}

/// A token that was just made. This is the only time that it can be seen.
#[derive(Clone)]
pub struct NewToken {
    /// What the bearer shows: `ann_<id>_<secret>`.
    pub text: String,
    /// What is kept about it.
    pub info: TokenInfo,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").field("info", &self.info).finish_non_exhaustive()
    }
}

/// What is kept about a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenInfo {
    /// Its name, for lists and for revoking: 16 hex digits, no secret.
    pub id: String,
    /// What it allows.
    pub scope: Scope,
    /// Who acts with it: an operator's or auditor's name; for a player the player id.
    pub actor: String,
    /// The player, for the scope player.
    pub player: Option<PlayerId>,
    /// When it was made.
    pub created_ms: WallTime,
    /// From when on it is worth nothing.
    pub expires_ms: WallTime,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<WallTime>,
}

/// What a token that was checked allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The token's name.
    pub token: String,
    /// What it allows.
    pub scope: Scope,
    /// Who acts.
    pub actor: String,
    /// The player, for the scope player.
    pub player: Option<PlayerId>,
}

const PREFIX: &str = "ann_";

/// A statement that reads tokens: the columns that [`info`] takes, then the hash.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, scope, actor, player, created_ms, expires_ms, revoked_ms, hash FROM tokens ",
            $rest
        )
    };
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl Vault {
    /// Makes a token for an operator or auditor by name. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for the scope player, a name that is no name, or an expiry that is past; or others.
    pub async fn create_token(
        &self,
        scope: Scope,
        actor: &str,
        now: WallTime,
        expires: WallTime,
    ) -> Result<NewToken, VaultError> {
        let named = (1..=64).contains(&actor.len()) && actor.bytes().all(|b| b.is_ascii_graphic());
        if scope == Scope::Player || !named {
            let problem = "a token names an operator or auditor by 1 to 64 visible characters without spaces; \
                           a player's token is made for the player";
            return Err(VaultError::Invalid { problem: problem.to_owned() });
        }
        self.make_token(scope, actor.to_owned(), None, now, expires).await
    }

    /// Makes a token with which to play as one player. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`], [`VaultError::Invalid`] for an expiry that is past, or others.
    pub async fn create_player_token(
        &self,
        player: PlayerId,
        now: WallTime,
        expires: WallTime,
    ) -> Result<NewToken, VaultError> {
        self.player_key(player).await?.ok_or(VaultError::UnknownPlayer)?;
        self.make_token(Scope::Player, player.to_string(), Some(player), now, expires).await
    }

    async fn make_token(
        &self,
        scope: Scope,
        actor: String,
        player: Option<PlayerId>,
        now: WallTime,
        expires: WallTime,
    ) -> Result<NewToken, VaultError> {
        if expires <= now {
            return Err(VaultError::Invalid { problem: "a token must expire later than now".to_owned() });
        }
        let id = hex::encode(crypt::random::<8>()?);
        let secret = hex::encode(crypt::random::<32>()?);
        let insert = "INSERT INTO tokens (id, hash, scope, actor, player, created_ms, expires_ms) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vec![
            id.as_str().into(),
            hash(&secret).to_vec().into(),
            scope.name().into(),
            actor.as_str().into(),
            player.map(|player| player.bits().cast_signed()).into(),
            now.ms().into(),
            expires.ms().into(),
        ];
        self.db.execute(insert, values).await?;
        let text = format!("{PREFIX}{id}_{secret}");
        let info =
            TokenInfo { id, scope, actor, player, created_ms: now, expires_ms: expires, revoked_ms: None };
        Ok(NewToken { text, info })
    }

    /// All tokens, newest first, revoked and expired ones too.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn tokens(&self) -> Result<Vec<TokenInfo>, VaultError> {
        let rows = self.db.rows(select!("ORDER BY created_ms DESC, id"), Vec::new()).await?;
        rows.iter().map(info).collect()
    }

    pub(crate) async fn tokens_of(&self, player: PlayerId) -> Result<Vec<TokenInfo>, VaultError> {
        let sql = select!("WHERE player = $1 ORDER BY created_ms DESC, id");
        self.db.rows(sql, vec![player.bits().cast_signed().into()]).await?.iter().map(info).collect()
    }

    /// Revokes a token by its name; false when there is none of it or it was revoked before. On disk when it
    /// returns, and worth nothing on every node from then on: no node remembers what it was told about a token.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn revoke_token(&self, id: &str, now: WallTime) -> Result<bool, VaultError> {
        if !may_be_id(id) {
            return Ok(false);
        }
        let sql = "UPDATE tokens SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL";
        Ok(self.db.execute(sql, vec![now.ms().into(), id.into()]).await? > 0)
    }

    /// What a token allows; `None` when it is not one of ours, revoked or expired. The secret is compared in constant
    /// time, and a name that does not exist takes the same way as a secret that is wrong.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn check_token(&self, text: &str, now: WallTime) -> Result<Option<Access>, VaultError> {
        let Some((id, secret)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(None);
        };
        let shown = hash(secret);
        if !may_be_id(id) {
            return Ok(None);
        }
        let row = self.db.row(select!("WHERE id = $1"), vec![id.into()]).await?;
        let kept = row.as_ref().map_or(Ok(vec![0; 32]), |row| row.bytes(7))?;
        let equal = bool::from(kept.ct_eq(&shown));
        let Some(row) = row.filter(|_| equal) else { return Ok(None) };
        let TokenInfo { id, scope, actor, player, expires_ms, revoked_ms, .. } = info(&row)?;
        let valid = revoked_ms.is_none() && now < expires_ms;
        Ok(valid.then_some(Access { token: id, scope, actor, player }))
    }
}

/// A text column of PostgreSQL takes no zero byte, and no id has one.
fn may_be_id(id: &str) -> bool {
    !id.contains('\0')
}

fn info(row: &Row) -> Result<TokenInfo, VaultError> {
    Ok(TokenInfo {
        id: row.text(0)?,
        scope: row.text(1)?.parse()?,
        actor: row.text(2)?,
        player: row.maybe_int(3)?.map(|bits| PlayerId::from_bits(bits.cast_unsigned())),
        created_ms: WallTime::from_ms(row.int(4)?),
        expires_ms: WallTime::from_ms(row.int(5)?),
        revoked_ms: row.maybe_int(6)?.map(WallTime::from_ms),
    })
}
