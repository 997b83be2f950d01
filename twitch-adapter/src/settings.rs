//! Who the bot is, where, and how long it waits for what.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use crate::address::Address;

/// What proves to Twitch who the bot is. It is never printed.
#[derive(Clone)]
pub struct Token(pub(crate) String);

impl Token {
    /// The token, with or without `oauth:` before it; none for what can be no token.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let bare = text.trim();
        let bare = bare.strip_prefix("oauth:").unwrap_or(bare);
        let whole = !bare.is_empty() && bare.len() <= 256 && bare.bytes().all(|b| b.is_ascii_graphic());
        whole.then(|| Self(bare.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Where the token is had from: asked anew for each connection, for tokens run out and are renewed by others.
#[derive(Clone)]
pub struct Tokens(pub(crate) Arc<dyn Fn() -> Result<Token, String> + Send + Sync>);

impl Tokens {
    /// What this gives whenever it is asked; the error says why there is none at present.
    pub fn new(source: impl Fn() -> Result<Token, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

/// How long the bot waits for what.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For an answer: to the login, to a message, to the question whether anybody is there.
    pub answer: Duration,
    /// So long nothing may be heard before it asks whether anybody is there.
    pub idle: Duration,
    /// The first pause after a connection was lost, and the longest: each is twice the one before.
    pub pauses: (Duration, Duration),
    /// A connection that stood so long was a good one: what follows it begins with the first pause.
    pub good: Duration,
    /// So many messages are said within so long.
    pub pace: (usize, Duration),
    /// One account gets one code in so long.
    pub turn: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(10),
            answer: s(15),
            idle: s(240),
            pauses: (s(1), s(300)),
            good: s(60),
            pace: (20, s(30)),
            turn: s(60),
        }
    }
}

/// Who the bot is, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the chat is.
    pub address: Address,
    /// Whom of its servers is trusted.
    pub tls: Arc<ClientConfig>,
    /// The bot's account.
    pub login: String,
    /// What proves it.
    pub tokens: Tokens,
    /// The channel, without the sign before it.
    pub channel: String,
    /// How long it waits for what.
    pub patience: Patience,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_with_its_word_or_without_and_never_printed() {
        assert_eq!(Token::new(" oauth:abc123\n").unwrap().0, "abc123");
        assert_eq!(Token::new("abc123").unwrap().0, "abc123");
        assert_eq!(format!("{:?}", Token::new("abc123")), "Some(Token(..))");
        for bad in ["", "oauth:", "a b", "a\r\nJOIN #x", &"x".repeat(257)] {
            assert!(Token::new(bad).is_none(), "{bad:?}");
        }
    }
}
