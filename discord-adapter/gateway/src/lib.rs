//! Discord through its gateway: interactions come over a connection that is kept, answers go out over HTTP.
//!
//! [`run`] is all that a server calls. Each interaction goes through the same [`Handler`](discord_http::Handler) as one
//! that comes by HTTP, and its answers through the same [`Rest`](discord_http::Rest). What the library for the
//! connection does is behind one module, `link`; no type of it is seen anywhere else.
//!
//! What is not here: how anything is kept, any rule of a game, and when commands are registered: a server that is joined
//! is told to [`Members`].

mod address;
mod answers;
mod error;
mod link;
mod run;
mod settings;

pub use error::GatewayError;
pub use run::{Members, run};
pub use settings::{Settings, Shards};
