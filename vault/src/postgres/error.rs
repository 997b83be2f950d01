//! What PostgreSQL's error codes mean here.

use postgres_server::{Trouble, trouble, words};

use super::open::Server;
use crate::error::{ServerError, VaultError};

/// What went wrong, by its SQLSTATE.
pub(super) fn server_error(server: &Server, error: &sqlx::Error) -> ServerError {
    let (name, user, problem) = (server.name(), server.user(), words(error));
    if matches!(error, sqlx::Error::PoolTimedOut) {
        let problem = "all connections are in use, or no new one was made in time".to_owned();
        return ServerError::Unreachable { server: name, problem };
    }
    match trouble(error) {
        Trouble::Configuration => ServerError::BadUrl { problem },
        Trouble::Unreachable => ServerError::Unreachable { server: name, problem },
        Trouble::LoginRefused => ServerError::LoginRefused { server: name, user, problem },
        Trouble::NoDatabase => ServerError::NoDatabase { server: name },
        Trouble::NoSuchTable => ServerError::NotPrepared { server: name },
        Trouble::Rights => ServerError::WrongRights { server: name, user, problems: problem },
        Trouble::ReadOnly => ServerError::ReadOnly { server: name, problem },
        Trouble::Full => ServerError::DiskFull { server: name },
        Trouble::Corrupt => ServerError::Corrupt { server: name, problem },
        Trouble::Busy | Trouble::Cancelled | Trouble::Deadlock => ServerError::Busy { server: name, problem },
        Trouble::Guard | Trouble::Other => ServerError::Failed { server: name, problem },
    }
}

/// What went wrong with a statement of an open vault.
pub(super) fn failed(server: &Server, error: &sqlx::Error) -> VaultError {
    if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation) {
        // The one foreign key of the schema: from a token to its player, who was erased meanwhile.
        return VaultError::UnknownPlayer;
    }
    server_error(server, error).into()
}
