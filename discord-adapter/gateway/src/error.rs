//! Why the gateway is no longer spoken to, for the operator.

use discord_http::rest::RestError;

/// An ending that trying again does not change.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// There is no bot token, and the gateway is spoken to by bots only.
    #[error("there is no bot token: set discord_token, or take interactions over HTTP")]
    NoToken,
    /// Discord refused the bot token.
    #[error(
        "Discord refused the bot token: reset it in the developer portal, set the new one and start again"
    )]
    TokenRefused,
    /// Discord refused what the bot asks to be told.
    #[error(
        "Discord refused the intents: the bot asks for servers only, which needs no permission; look at the application"
    )]
    IntentsRefused,
    /// The range of shards holds none, or one that there is not.
    #[error("shards {first} to {last} of {total} can not be served: first ≤ last < total")]
    Shards {
        /// The first one.
        first: u32,
        /// The last one.
        last: u32,
        /// How many there are.
        total: u32,
    },
    /// Discord can be reached, and does not begin a session for a shard.
    #[error(
        "Discord gives shard {shard} of {total} no session; it advises {advised} shards, and a shard serves at most 2,500 servers"
    )]
    ShardRefused {
        /// Which.
        shard: u32,
        /// Of how many.
        total: u32,
        /// How many are advised.
        advised: u32,
    },
    /// The gateway's address is not one that the API's address may lead to.
    #[error(
        "the gateway is said to be at {url}, which does not belong to the API at {api}: nothing is sent there"
    )]
    Address {
        /// Where it is said to be.
        url: String,
        /// Where the API is.
        api: String,
    },
    /// The connection can not be set up on this machine.
    #[error("no connection can be set up: {0}")]
    Setup(String),
    /// Discord refused a call for good.
    #[error("Discord does not say where its gateway is: {0}")]
    Refused(RestError),
}

impl GatewayError {
    /// The code, which does not change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "DISCORD_NO_TOKEN",
            Self::TokenRefused => "DISCORD_TOKEN_REFUSED",
            Self::IntentsRefused => "DISCORD_INTENTS_REFUSED",
            Self::Shards { .. } => "DISCORD_BAD_SHARDS",
            Self::ShardRefused { .. } => "DISCORD_SHARD_REFUSED",
            Self::Address { .. } => "DISCORD_BAD_ADDRESS",
            Self::Setup(_) => "DISCORD_SETUP_FAILED",
            Self::Refused(_) => "DISCORD_REFUSED",
        }
    }
}
