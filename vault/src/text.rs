//! Texts that players write, sealed for the record.

use schemas::{CommandId, PlayerId, WorldId};
use serde::{Deserialize, Serialize};

use crate::crypt;
use crate::error::VaultError;
use crate::vault::Vault;

const TEXT: &str = "annals-text-v1";
const TEXT_ONCE: &str = "annals-text-once-v1";
const TEXT_TAG: &str = "annals-text-tag-v1";

/// The longest text that is sealed, in bytes.
const TEXT_MAX: usize = 64 << 10;

/// A text as it stands on the record. Rules may copy both parts and compare tags, nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedText {
    /// Nonce and sealed text, hex. Two seals of one text differ.
    pub token: String,
    /// Equal for texts that are equal but for case and spacing, whoever wrote them; hex.
    pub tag: String,
}

/// A text as it is compared: trimmed, in lower case, every run of white space one space.
///
/// ```
/// assert_eq!(vault::normalise("  New\tAVALON "), "new avalon");
/// ```
#[must_use]
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word.to_lowercase());
    }
    out
}

impl Vault {
    /// The tag that [`Self::seal`] would give a text: to look for a name without sealing it.
    #[must_use]
    pub fn text_tag(&self, text: &str) -> String {
        hex::encode(crypt::tag(&self.keys.tagging, &[TEXT_TAG, &normalise(text)]))
    }

    /// Seals a text with the player's key, for one field of one world: elsewhere it does not open.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`], [`VaultError::Invalid`] for more than 64 KiB, or others.
    pub async fn seal(
        &self,
        player: PlayerId,
        world: &WorldId,
        field: &str,
        text: &str,
    ) -> Result<SealedText, VaultError> {
        if text.len() > TEXT_MAX {
            return Err(VaultError::Invalid { problem: format!("a text has at most {TEXT_MAX} bytes") });
        }
        let key = self.player_key(player).await?.ok_or(VaultError::UnknownPlayer)?;
        let sealed = crypt::seal(&key, &[TEXT, world.as_str(), field], text.as_bytes())?;
        Ok(SealedText { token: hex::encode(sealed), tag: self.text_tag(text) })
    }

    /// The same for a text of a command: asked again under the same command id it gives the same bytes, so that a
    /// command sent twice is the same command.
    ///
    /// # Errors
    /// As [`Self::seal`].
    pub async fn seal_for(
        &self,
        player: PlayerId,
        world: &WorldId,
        field: &str,
        command: &CommandId,
        text: &str,
    ) -> Result<SealedText, VaultError> {
        if text.len() > TEXT_MAX {
            return Err(VaultError::Invalid { problem: format!("a text has at most {TEXT_MAX} bytes") });
        }
        let key = self.player_key(player).await?.ok_or(VaultError::UnknownPlayer)?;
        let once = [TEXT_ONCE, &command.to_string()];
        let sealed = crypt::seal_again(&key, &once, &[TEXT, world.as_str(), field], text)?;
        Ok(SealedText { token: hex::encode(sealed), tag: self.text_tag(text) })
    }

    /// Opens a sealed text; `None` when its player is unknown or erased, for then nobody can.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when it was changed or belongs to another world, field or player.
    pub async fn unseal(
        &self,
        player: PlayerId,
        world: &WorldId,
        field: &str,
        token: &str,
    ) -> Result<Option<String>, VaultError> {
        let Some(key) = self.player_key(player).await? else { return Ok(None) };
        let sealed = hex::decode(token).map_err(|_| VaultError::DoesNotOpen)?;
        let bytes = crypt::open(&key, &[TEXT, world.as_str(), field], &sealed)?;
        String::from_utf8(bytes).map(Some).map_err(|_| VaultError::DoesNotOpen)
    }
}
