//! What PostgreSQL's error codes mean here.

use super::open::Server;
use crate::error::{ServerError, VaultError};

/// The server's own words without the driver's around them.
pub(super) fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}

/// What went wrong, by its SQLSTATE.
pub(super) fn server_error(server: &Server, error: &sqlx::Error) -> ServerError {
    let (name, user, problem) = (server.name(), server.user(), words(error));
    let failed = || ServerError::Failed { server: name.clone(), problem: problem.clone() };
    let unreachable = || ServerError::Unreachable { server: name.clone(), problem: problem.clone() };
    let state = error.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
    let Some(state) = state else {
        if matches!(error, sqlx::Error::Configuration(_)) {
            return ServerError::BadUrl { problem };
        }
        if matches!(error, sqlx::Error::PoolTimedOut) {
            let problem = "all connections are in use, or no new one was made in time".to_owned();
            return ServerError::Unreachable { server: name, problem };
        }
        let lost = matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed);
        return if lost { unreachable() } else { failed() };
    };
    match state.as_str() {
        "28000" | "28P01" => ServerError::LoginRefused { server: name, user, problem },
        "3D000" => ServerError::NoDatabase { server: name },
        "42P01" | "3F000" => ServerError::NotPrepared { server: name },
        "42501" => ServerError::WrongRights { server: name, user, problems: problem },
        "25006" => ServerError::ReadOnly { server: name, problem },
        "53100" => ServerError::DiskFull { server: name },
        "53300" | "57P01" | "57P02" | "57P03" => unreachable(),
        "XX001" | "XX002" => ServerError::Corrupt { server: name, problem },
        "55P03" | "57014" | "40001" | "40P01" => ServerError::Busy { server: name, problem },
        other if other.starts_with("08") => unreachable(),
        _ => failed(),
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
