//! Discord over HTTP: interactions come in, answers go out, commands are registered.
//!
//! [`endpoint`] takes what Discord posts: it checks the signature over the raw body ([`verify`]), refuses what is stale
//! or came before ([`replay`]), and hands on an interaction. [`handler`] is the one way from an interaction to its
//! answers, whether it came by HTTP or through a gateway: a first answer at once, a deferred one when the world takes
//! longer, and what follows through [`rest`]. [`registration`] compares the game's command tree with what a server has
//! and overwrites it in one call.
//!
//! What is not here: how anything is kept, and any rule of a game. A season is asked through
//! [`Host`](discord_adapter::Host).

pub mod endpoint;
pub mod handler;
pub mod oauth;
pub mod registration;
pub mod replay;
pub mod rest;
pub mod verify;
pub mod webhook;

pub use endpoint::{Endpoint, router};
pub use handler::{Guilds, Handler, Hosted};
pub use rest::{BotToken, Rest};
pub use verify::PublicKey;
