//! What ends the bot until it is started again.

/// Why the chat is spoken to no more. Everything else is tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TwitchError {
    /// Twitch does not take the token.
    #[error(
        "Twitch refuses the login ({problem}). Put a new token for the account that twitch_login names into the file that twitch_token_file names, and start again: docs/operating.md, Twitch."
    )]
    LoginRefused {
        /// What Twitch says.
        problem: String,
    },
}

impl TwitchError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LoginRefused { .. } => "TWITCH_LOGIN_REFUSED",
        }
    }
}
