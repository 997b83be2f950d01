//! What PostgreSQL's error codes mean here.

pub(crate) use postgres_server::words;
use postgres_server::{Trouble, trouble};

use super::schema::PROJECTOR;
use super::server::Server;
use super::server_error::ServerError;

/// Whether a table or a schema is not there any more.
pub(crate) fn is_gone(error: &sqlx::Error) -> bool {
    trouble(error) == Trouble::NoSuchTable
}

/// Whether the server will never take these values: trying again can not help.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    trouble(error) == Trouble::Guard
}

/// Whether a lock was waited for in vain.
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    trouble(error) == Trouble::Busy
}

pub(super) fn server_error(server: &Server, error: &sqlx::Error) -> ServerError {
    let (name, user, problem) = (server.name(), server.user(), words(error));
    match trouble(error) {
        Trouble::Configuration => ServerError::BadUrl { problem },
        Trouble::Unreachable => ServerError::Unreachable { server: name, problem },
        Trouble::LoginRefused => ServerError::LoginRefused { server: name, user, problem },
        Trouble::NoDatabase => ServerError::NoDatabase { server: name },
        Trouble::NoSuchTable => ServerError::NotPrepared { server: name },
        Trouble::Rights => {
            ServerError::WrongRights { server: name, user, problems: problem, group: PROJECTOR }
        }
        Trouble::ReadOnly => ServerError::ReadOnly { server: name, problem },
        Trouble::Full => ServerError::DiskFull { server: name },
        Trouble::Corrupt
        | Trouble::Guard
        | Trouble::Busy
        | Trouble::Cancelled
        | Trouble::Deadlock
        | Trouble::Other => ServerError::Failed { server: name, problem },
    }
}
