//! Links between players and their accounts elsewhere, and the codes that make them.
//!
//! A code is made for one player and works for nobody else, so whoever reads it in a public chat has nothing. It is kept as
//! a keyed tag. Claiming it gives the link a number, which the record may hold: it says nothing about the person. The same
//! player is given the same number for the same code as long as the code lives, so that a crash between the claim and the
//! record burns nothing.

use std::fmt;
use std::str::FromStr;

use schemas::{PlayerId, WallTime};
use serde::Serialize;

use crate::crypt;
use crate::db::{Row, Transaction, Value};
use crate::error::VaultError;
use crate::people::{bits, open_text};
use crate::vault::Vault;

/// So long a code lives, in ms.
const CODE_MS: i64 = 10 * 60_000;
/// Characters of a code.
const CODE_LEN: usize = 8;
/// What codes are made of: nothing that looks like something else.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a code's stand-in.
const STAND_IN_LEN: usize = 12;
/// The longest name of an account, in bytes.
const LOGIN_MAX: usize = 25;
/// The longest id of an account, in bytes.
const ID_MAX: usize = 32;

const CODE: &str = "annals-link-code-v1";
const ACCOUNT: &str = "annals-linked-account-v1";

/// Where an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Twitch.
    Twitch,
}

impl Platform {
    /// The platform's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Twitch => "twitch",
        }
    }
}

impl FromStr for Platform {
    type Err = VaultError;

    fn from_str(text: &str) -> Result<Self, VaultError> {
        match text {
            "twitch" => Ok(Self::Twitch),
            _ => Err(VaultError::Invalid { problem: "a platform is twitch".to_owned() }),
        }
    }
}

/// An account elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Where it is.
    pub platform: Platform,
    /// What its owner is called there, in small letters.
    pub login: String,
    /// Its id there, where it is known: it stays when the name changes.
    pub id: Option<String>,
}

impl fmt::Debug for Account {
    /// Says where, not who: accounts do not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("platform", &self.platform).finish_non_exhaustive()
    }
}

impl Account {
    /// An account on Twitch.
    ///
    /// # Errors
    /// [`VaultError::Invalid`] for what can be no name or id there.
    pub fn twitch(login: &str, id: Option<&str>) -> Result<Self, VaultError> {
        let login = login.trim().to_ascii_lowercase();
        let named = (1..=LOGIN_MAX).contains(&login.len())
            && login.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let numbered = |id: &str| (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
        if !named || !id.is_none_or(numbered) {
            let problem = format!("a name on Twitch has 1 to {LOGIN_MAX} letters, digits and underscores");
            return Err(VaultError::Invalid { problem });
        }
        Ok(Self { platform: Platform::Twitch, login, id: id.map(str::to_owned) })
    }

    fn text(&self) -> String {
        format!("{}/{}", self.login, self.id.as_deref().unwrap_or_default())
    }

    fn read(platform: Platform, text: &str) -> Option<Self> {
        let (login, id) = text.split_once('/')?;
        let id = Some(id).filter(|id| !id.is_empty()).map(str::to_owned);
        Some(Self { platform, login: login.to_owned(), id })
    }
}

/// A code that was just made. This is the only time that it can be seen.
#[derive(Clone)]
pub struct NewCode {
    /// The code.
    pub text: String,
    /// From when on it is worth nothing.
    pub expires_ms: WallTime,
}

impl fmt::Debug for NewCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCode").field("expires_ms", &self.expires_ms).finish_non_exhaustive()
    }
}

/// A link between a player and an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its number, never given twice.
    pub number: i64,
    /// Whose it is.
    pub player: PlayerId,
    /// The account.
    pub account: Account,
    /// Since when.
    pub linked_ms: WallTime,
}

/// A code as people may type it: in small letters, with blanks or dashes within.
fn tidy(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect()
}

/// So many letters of some random bytes, five bits of each.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

impl Vault {
    fn account_tag(&self, account: &Account, what: &str, text: &str) -> Vec<u8> {
        crypt::tag(&self.keys.tagging, &[ACCOUNT, account.platform.name(), what, text]).to_vec()
    }

    fn tags(&self, account: &Account) -> (Value, Value) {
        let login = self.account_tag(account, "login", &account.login);
        let id = account.id.as_ref().map(|id| self.account_tag(account, "id", id));
        (login.into(), id.into())
    }

    /// What stands for a code wherever it is kept: the same for the same code, and without the server's keys nobody can tell
    /// for which.
    #[must_use]
    pub fn code_stand_in(&self, code: &str) -> String {
        letters(&crypt::tag(&self.keys.tagging, &[CODE, &tidy(code)])[..STAND_IN_LEN])
    }

    /// Makes a code with which one player, and nobody else, can link an account within ten minutes. An older code for the
    /// same account is worth nothing any more. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`], or others.
    pub async fn make_link_code(
        &self,
        player: PlayerId,
        account: &Account,
        now: WallTime,
    ) -> Result<NewCode, VaultError> {
        let key = self.player_key(player).await?.ok_or(VaultError::UnknownPlayer)?;
        let sealed = crypt::seal(&key, &[ACCOUNT, &player.to_string()], account.text().as_bytes())?;
        let code = NewCode { text: self.unmade_code()?, expires_ms: now.plus_ms(CODE_MS) };
        let (login, id) = self.tags(account);
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        // Not while they are being erased.
        tx.hold_player(player).await?;
        clear(&mut tx, now).await?;
        let older =
            "DELETE FROM link_codes WHERE link IS NULL AND platform = $1 AND (login_tag = $2 OR id_tag = $3)";
        tx.execute(older, vec![account.platform.name().into(), login.clone(), id.clone()]).await?;
        let insert = "INSERT INTO link_codes (tag, platform, login_tag, id_tag, account, player, created_ms, expires_ms) \
                      SELECT $1, $2, $3, $4, $5, player, $7, $8 FROM players WHERE player = $6";
        let values = vec![
            self.code_stand_in(&code.text).as_str().into(),
            account.platform.name().into(),
            login,
            id,
            sealed.into(),
            bits(player),
            now.ms().into(),
            code.expires_ms.ms().into(),
        ];
        let made = tx.execute(insert, values).await?;
        tx.commit().await?;
        if made == 0 { Err(VaultError::UnknownPlayer) } else { Ok(code) }
    }

    /// A text that looks like a code and is none: for a chat that is not to tell who plays here.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn unmade_code(&self) -> Result<String, VaultError> {
        Ok(letters(&crypt::random::<CODE_LEN>()?))
    }

    /// Claims a code, named by its [stand-in](Self::code_stand_in): the number of the link that it has made. None for one
    /// that was not made for this player, that has run out, or whose link is no longer. A link that the player or the account
    /// had before gives way. On disk when it returns.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn claim_link(
        &self,
        stand_in: &str,
        player: PlayerId,
        now: WallTime,
    ) -> Result<Option<i64>, VaultError> {
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        tx.hold_player(player).await?;
        let read = "SELECT platform, login_tag, id_tag, account, link FROM link_codes \
                    WHERE tag = $1 AND player = $2 AND expires_ms > $3";
        let rows = tx.rows(read, vec![stand_in.into(), bits(player), now.ms().into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        if let Some(number) = row.maybe_int(4)? {
            let look = "SELECT 1 FROM links WHERE number = $1 AND player = $2";
            let there = tx.rows(look, vec![number.into(), bits(player)]).await?;
            return Ok((!there.is_empty()).then_some(number));
        }
        let platform: Platform = row.text(0)?.parse()?;
        let (login, id) = (row.bytes(1)?, row.maybe_bytes(2)?);
        let before =
            "DELETE FROM links WHERE platform = $1 AND (player = $2 OR login_tag = $3 OR id_tag = $4)";
        let values = vec![platform.name().into(), bits(player), login.clone().into(), id.clone().into()];
        tx.execute(before, values).await?;
        // 53 bits: a number that every reader of JSON can hold, and that tells nothing of how many there are.
        let number = i64::from_be_bytes(crypt::random()?).rem_euclid(1 << 53);
        let insert = "INSERT INTO links (number, platform, login_tag, id_tag, account, player, linked_ms) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = vec![
            number.into(),
            platform.name().into(),
            login.into(),
            id.into(),
            row.bytes(3)?.into(),
            bits(player),
            now.ms().into(),
        ];
        tx.execute(insert, values).await?;
        tx.execute("UPDATE link_codes SET link = $1 WHERE tag = $2", vec![number.into(), stand_in.into()])
            .await?;
        tx.commit().await?;
        Ok(Some(number))
    }

    /// All links, the newest first.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn links(&self) -> Result<Vec<Link>, VaultError> {
        let sql = "SELECT l.number, l.platform, l.account, l.player, l.linked_ms, p.key FROM links l \
                   JOIN players p ON p.player = l.player ORDER BY l.linked_ms DESC, l.number";
        let rows = self.db.rows(sql, Vec::new()).await?;
        rows.iter().map(|row| self.link(row)).collect()
    }

    /// The links of a player.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn links_of(&self, player: PlayerId) -> Result<Vec<Link>, VaultError> {
        let sql = "SELECT l.number, l.platform, l.account, l.player, l.linked_ms, p.key FROM links l \
                   JOIN players p ON p.player = l.player WHERE l.player = $1 ORDER BY l.linked_ms DESC, l.number";
        let rows = self.db.rows(sql, vec![bits(player)]).await?;
        rows.iter().map(|row| self.link(row)).collect()
    }

    fn link(&self, row: &Row) -> Result<Link, VaultError> {
        let player = PlayerId::from_bits(row.int(3)?.cast_unsigned());
        let key = self.unwrapped(player, &row.bytes(5)?)?;
        let text = open_text(&key, ACCOUNT, player, &row.bytes(2)?)?;
        let account = Account::read(row.text(1)?.parse()?, &text).ok_or(VaultError::DoesNotOpen)?;
        Ok(Link { number: row.int(0)?, player, account, linked_ms: WallTime::from_ms(row.int(4)?) })
    }

    /// Ends a link, with the code that has made it; false where there is none of this number. On disk when it returns.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn unlink(&self, number: i64) -> Result<bool, VaultError> {
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        tx.execute("DELETE FROM link_codes WHERE link = $1", vec![number.into()]).await?;
        let gone = tx.execute("DELETE FROM links WHERE number = $1", vec![number.into()]).await?;
        tx.commit().await?;
        Ok(gone > 0)
    }

    /// Clears away the codes that have run out; how many those were.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn clear_link_codes(&self, now: WallTime) -> Result<u64, VaultError> {
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        let gone = clear(&mut tx, now).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

async fn clear(tx: &mut Transaction<'_>, now: WallTime) -> Result<u64, VaultError> {
    tx.execute("DELETE FROM link_codes WHERE expires_ms <= $1", vec![now.ms().into()]).await
}
