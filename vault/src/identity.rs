//! How a person comes to the server.

use std::fmt;

use crate::error::VaultError;

/// How a person comes to the server: with a Discord account, seen on one Discord server, or by name on the terminal.
///
/// The same account on two Discord servers is two players: nothing links them.
#[derive(Clone, PartialEq, Eq)]
pub enum Identity {
    /// A Discord account on a Discord server.
    Discord {
        /// The server's (guild's) id.
        server: u64,
        /// The account's id.
        user: u64,
    },
    /// A name given on the terminal: 1 to 64 characters, none of them a control character.
    Terminal(String),
}

impl Identity {
    pub(crate) fn check(&self) -> Result<(), VaultError> {
        match self {
            Self::Discord { .. } => Ok(()),
            Self::Terminal(name) => {
                let length = name.chars().count();
                if (1..=64).contains(&length) && !name.chars().any(char::is_control) {
                    return Ok(());
                }
                let problem = "a terminal name has 1 to 64 characters, none of them a control character";
                Err(VaultError::Invalid { problem: problem.to_owned() })
            }
        }
    }

    /// The text that is tagged and sealed.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Discord { server, user } => format!("discord:{server}/{user}"),
            Self::Terminal(name) => format!("terminal:{name}"),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("terminal:") {
            return Some(Self::Terminal(name.to_owned()));
        }
        let (server, user) = text.strip_prefix("discord:")?.split_once('/')?;
        Some(Self::Discord { server: server.parse().ok()?, user: user.parse().ok()? })
    }
}

impl fmt::Debug for Identity {
    /// Says of which kind, not who: identities do not belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discord { .. } => f.write_str("Discord(..)"),
            Self::Terminal(_) => f.write_str("Terminal(..)"),
        }
    }
}
