//! Read models on a PostgreSQL server.
//!
//! The schema `annals_models` says which version serves; the versions are schemas beside it, `annals_models_1`,
//! `annals_models_2`, … The outbox has a schema of its own, `annals_outbox`, because no version owns what was sent. A
//! connection sees a version and the outbox by its search path, so statements name tables as they do in a file.
//!
//! One session at a time writes. It holds an advisory lock, which falls with the session, however that ends, and every
//! write is made on the session that holds the lock. A checkpoint moves only from where it stood, besides.

mod error;
mod hands;
mod prepare;
pub(crate) mod rows;
mod schema;
mod server;
mod server_error;
mod session;
mod versions;

pub(crate) use self::error::{is_gone, is_refused, words};
pub(crate) use self::hands::HANDS;
#[doc(hidden)]
pub use self::prepare::prepare_up_to;
pub use self::prepare::{Access, Login, prepare};
pub(crate) use self::server::Server;
pub use self::server::ServerSettings;
pub use self::server_error::ServerError;
pub(crate) use self::session::Session;
