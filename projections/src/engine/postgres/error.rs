//! What PostgreSQL's error codes mean here.

use super::schema::PROJECTOR;
use super::server::Server;
use super::server_error::ServerError;

fn state(error: &sqlx::Error) -> Option<String> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().map(|error| error.code().to_owned())
}

/// The server's own words without the driver's around them.
pub(crate) fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}

/// Whether a table or a schema is not there any more.
pub(crate) fn is_gone(error: &sqlx::Error) -> bool {
    state(error).is_some_and(|state| state == "42P01" || state == "3F000")
}

/// Whether the server will never take these values: trying again can not help.
pub(crate) fn is_refused(error: &sqlx::Error) -> bool {
    let of_values = ["21", "22", "23", "54"];
    state(error).is_some_and(|state| of_values.iter().any(|class| state.starts_with(class)))
}

/// Whether a lock was waited for in vain.
pub(super) fn is_locked(error: &sqlx::Error) -> bool {
    state(error).is_some_and(|state| state == "55P03")
}

pub(super) fn server_error(server: &Server, error: &sqlx::Error) -> ServerError {
    let (name, user, problem) = (server.name(), server.user(), words(error));
    if matches!(error, sqlx::Error::Configuration(_)) {
        return ServerError::BadUrl { problem };
    }
    let lost = matches!(
        error,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
    );
    match state(error).as_deref() {
        None if lost => ServerError::Unreachable { server: name, problem },
        Some("28000" | "28P01") => ServerError::LoginRefused { server: name, user, problem },
        Some("3D000") => ServerError::NoDatabase { server: name },
        Some("42P01" | "3F000") => ServerError::NotPrepared { server: name },
        Some("42501") => ServerError::WrongRights { server: name, user, problems: problem, group: PROJECTOR },
        Some("25006") => ServerError::ReadOnly { server: name, problem },
        Some("53100") => ServerError::DiskFull { server: name },
        Some("53300" | "57P01" | "57P02" | "57P03") => ServerError::Unreachable { server: name, problem },
        Some(other) if other.starts_with("08") => ServerError::Unreachable { server: name, problem },
        Some(_) | None => ServerError::Failed { server: name, problem },
    }
}
