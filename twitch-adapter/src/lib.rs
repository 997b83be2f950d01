//! Twitch's chat: a connection that is kept, news that are told there, and codes that link an account there with a player
//! here.
//!
//! Chat is IRC over TLS. [`run`] holds one connection to one channel, takes [`Announcement`]s one at a time and says when each
//! was told, and asks a [`House`] for a code when somebody writes `!link NAME`. A connection that breaks is made anew after a
//! pause; only a login that is refused ends it, for it would be refused again.
//!
//! What is not here: any game, any player, any clock but the one for pauses.

mod address;
mod bot;
mod chat;
mod error;
mod limits;
mod message;
mod pace;
mod settings;
mod stream;
mod text;
mod watch;

pub use address::{Address, BadAddress};
pub use bot::{Announcement, run};
pub use chat::{Asked, House, NoCode};
pub use error::TwitchError;
pub use limits::Turns;
pub use message::{Message, parse};
pub use pace::Pace;
pub use settings::{Patience, Settings, Token, Tokens};
pub use stream::{LINE_BYTES_MAX, own_roots, web_roots};
pub use text::{TEXT_MAX, clean, cut};
pub use watch::Watch;
