//! The bot on Twitch, as the settings name it.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use schemas::ServerId;
use twitch_adapter::{Address, Token};

use super::Values;
use crate::context::Failure;

/// The most bytes of a token's file that are read.
const TOKEN_BYTES_MAX: u64 = 4096;

/// The bot. What is not set is none.
#[derive(Debug, Clone)]
pub(crate) struct Twitch {
    /// The name of its account.
    pub(crate) login: Option<String>,
    /// Its channel.
    pub(crate) channel: Option<String>,
    /// Where its token stands.
    pub(crate) token_file: Option<PathBuf>,
    /// Whose season the channel is about.
    pub(crate) server: Option<ServerId>,
    /// Where the chat is.
    pub(crate) address: Address,
}

/// A name on Twitch, in small letters.
fn name(text: &str) -> Option<String> {
    let text = text.strip_prefix('#').unwrap_or(text);
    let named = text.len() <= 25 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (named && !text.is_empty()).then(|| text.to_ascii_lowercase())
}

impl Twitch {
    pub(super) fn of(read: &Values<'_>) -> Result<Self, Failure> {
        let given = |name: &str| Some(read.text(name).trim()).filter(|text| !text.is_empty());
        let named = |setting| match given(setting) {
            None => Ok(None),
            Some(text) => name(text).map(Some).ok_or_else(|| read.bad(setting, &"this is no name there")),
        };
        let server = match given("twitch_server") {
            None => None,
            Some(text) => Some(ServerId::new(text).map_err(|e| read.bad("twitch_server", &e))?),
        };
        Ok(Self {
            login: named("twitch_login")?,
            channel: named("twitch_channel")?,
            token_file: given("twitch_token_file").map(PathBuf::from),
            server,
            address: read.parse("twitch_address")?,
        })
    }

    /// Whether anything of it is set.
    pub(crate) const fn any(&self) -> bool {
        self.login.is_some() || self.channel.is_some() || self.token_file.is_some() || self.server.is_some()
    }

    /// The settings without which the bot can not run, and that are not there.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let needed = [
            ("twitch_login", self.login.is_none()),
            ("twitch_channel", self.channel.is_none()),
            ("twitch_token_file", self.token_file.is_none()),
            ("twitch_server", self.server.is_none()),
        ];
        needed.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name).collect()
    }
}

/// The bot's token.
///
/// # Errors
/// `KEY_EXPOSED` for a file that others may read; `BAD_SETTINGS` for one that can not be read or holds no token.
pub(crate) fn token(path: &Path) -> Result<Token, Failure> {
    let bad = |problem: String| {
        Failure::new("BAD_SETTINGS", format!("twitch_token_file: {} {problem}", path.display()))
    };
    let file = std::fs::File::open(path).map_err(|e| bad(format!("can not be read: {e}")))?;
    // Asked of the open file, not of the name: nothing can be put in its place in between.
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(vault::KeyError::Exposed { path: path.to_owned(), mode }.into());
    }
    let mut text = String::new();
    file.take(TOKEN_BYTES_MAX).read_to_string(&mut text).map_err(|e| bad(format!("can not be read: {e}")))?;
    Token::new(text.lines().next().unwrap_or_default())
        .ok_or_else(|| bad("holds no token in its first line".to_owned()))
}

/// That settings are missing, and where they come from.
pub(crate) fn not_set(missing: &[&str]) -> Failure {
    let text = format!(
        "for Twitch these settings are missing: {}; docs/operating.md says where to find them",
        missing.join(", ")
    );
    Failure::new("TWITCH_NOT_SET", text)
}
