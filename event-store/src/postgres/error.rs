//! What PostgreSQL's error codes mean here, and after which of them it is certain that nothing was written.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::open::Server;
use crate::{AppendError, ReadError, ServerError};

/// The kinds of trouble that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No connection, or the server has none left, is starting or stopping.
    Unreachable,
    LoginRefused,
    NoDatabase,
    NoSuchTable,
    Rights,
    ReadOnly,
    Full,
    Corrupt,
    /// A guard of the record: a unique key, a check, a trigger; or a value that does not fit.
    Guard,
    /// Another transaction was waited for in vain.
    Busy,
    /// This transaction was rolled back to let another one go on.
    Deadlock,
    Other,
}

fn state(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned))
}

/// Which kind an error is of, by its SQLSTATE.
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    let Some(state) = state(error) else {
        let lost = matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
        );
        return if lost { Trouble::Unreachable } else { Trouble::Other };
    };
    match state.as_str() {
        "28000" | "28P01" => Trouble::LoginRefused,
        "3D000" => Trouble::NoDatabase,
        "42P01" | "3F000" => Trouble::NoSuchTable,
        "42501" => Trouble::Rights,
        "25006" => Trouble::ReadOnly,
        "53100" => Trouble::Full,
        "53300" | "57P01" | "57P02" | "57P03" => Trouble::Unreachable,
        "XX001" | "XX002" => Trouble::Corrupt,
        "55P03" => Trouble::Busy,
        "40001" | "40P01" => Trouble::Deadlock,
        other if other.starts_with("08") => Trouble::Unreachable,
        other if ["21", "22", "23", "54"].iter().any(|class| other.starts_with(class)) => Trouble::Guard,
        _ => Trouble::Other,
    }
}

/// Whether it is certain that the statement that ended in this error has written nothing and never will.
///
/// Certain is what never left this process, and what the server tells as an error of the statement itself: it has
/// then rolled it back. Everything else is not: a lost connection, a server that ends the session (which may come
/// between its commit and its answer), a cancelled statement (the same), a fault inside the server.
pub(super) fn nothing_was_written(error: &sqlx::Error) -> bool {
    let Some(database) = error.as_database_error() else {
        return matches!(error, sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_));
    };
    let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() else { return false };
    let of_the_statement = matches!(postgres.severity(), PgSeverity::Error);
    let classes = ["0A", "21", "22", "23", "25", "40", "42", "53", "54", "55", "P0"];
    of_the_statement && classes.iter().any(|class| postgres.code().starts_with(class))
}

fn code_of(error: &sqlx::Error) -> &'static str {
    match trouble(error) {
        Trouble::Unreachable => "STORE_UNREACHABLE",
        Trouble::LoginRefused => "STORE_LOGIN_REFUSED",
        Trouble::NoDatabase => "STORE_NO_DATABASE",
        Trouble::NoSuchTable => "STORE_NOT_PREPARED",
        Trouble::Rights => "STORE_WRONG_RIGHTS",
        Trouble::ReadOnly => "STORE_SERVER_READ_ONLY",
        Trouble::Full => "DISK_FULL",
        Trouble::Corrupt => "STORE_CORRUPT",
        Trouble::Guard => "STORE_GUARD",
        Trouble::Busy | Trouble::Deadlock => "STORE_BUSY",
        Trouble::Other => "STORE_FAILED",
    }
}

/// The server's own words without the driver's around them.
pub(super) fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}

pub(super) fn describe(error: &sqlx::Error) -> String {
    format!("{}: {}", code_of(error), words(error))
}

pub(super) fn read_error(error: &sqlx::Error) -> ReadError {
    ReadError::Unavailable(describe(error))
}

pub(super) fn unavailable(error: &sqlx::Error) -> AppendError {
    AppendError::Unavailable(describe(error))
}

pub(super) fn server_error(server: &Server, error: &sqlx::Error) -> ServerError {
    let (name, user, problem) = (server.name(), server.user(), words(error));
    if matches!(error, sqlx::Error::Configuration(_)) {
        return ServerError::BadUrl { problem };
    }
    match trouble(error) {
        Trouble::Unreachable => ServerError::Unreachable { server: name, problem },
        Trouble::LoginRefused => ServerError::LoginRefused { server: name, user, problem },
        Trouble::NoDatabase => ServerError::NoDatabase { server: name },
        Trouble::NoSuchTable => ServerError::NotPrepared { server: name },
        Trouble::Rights => ServerError::WrongRights { server: name, user, problems: problem },
        Trouble::ReadOnly => ServerError::ReadOnly { server: name, problem },
        Trouble::Full => ServerError::DiskFull { server: name },
        Trouble::Corrupt => ServerError::Corrupt { server: name, problem },
        Trouble::Guard | Trouble::Busy | Trouble::Deadlock | Trouble::Other => {
            ServerError::Failed { server: name, problem }
        }
    }
}
