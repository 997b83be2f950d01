//! Interactions and replies: the command tree, the terminal, the renderers.
//!
//! What a person typed or pressed is an [`Interaction`], whether it came through Discord's gateway, its HTTP endpoint or
//! a terminal. [`session::handle`] checks it against the game's command tree ([`parse`]), asks the [`Host`], and has the
//! answer presented ([`present`]) as a [`Reply`]. A reply knows nothing of where it will be shown: [`render`] makes a
//! Discord message or lines of a terminal of it.
//!
//! A reply may have a [`picture`]: a drawing, painted only where it is seen.
//!
//! What is not here: the network, the record, any rule of a game. State of buttons lives in their [`custom_id`], so
//! that they survive every restart.

#[macro_use]
pub mod lang;

pub mod custom_id;
pub mod help;
pub mod host;
pub mod interaction;
pub mod limits;
pub mod line;
pub mod news;
pub mod parse;
pub mod picture;
pub mod present;
pub mod refusal;
pub mod registration;
pub mod render;
pub mod reply;
pub mod session;
pub mod terminal;

pub use host::{Answer, Asker, Clock, Host, Occurred, Place, Receipt, Who};
pub use interaction::{Interaction, Kind, Token, User, UserKey};
pub use reply::{Form, Reply, Response};
