//! What PostgreSQL's error codes mean here, and after which of them it is certain that nothing was written.

pub(super) use postgres_server::{Trouble, trouble, words};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use super::open::Server;
use crate::{AppendError, ReadError, ServerError};

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
        Trouble::Configuration => "STORE_BAD_URL",
        Trouble::Cancelled | Trouble::Other => "STORE_FAILED",
    }
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
        Trouble::Guard | Trouble::Busy | Trouble::Cancelled | Trouble::Deadlock | Trouble::Other => {
            ServerError::Failed { server: name, problem }
        }
    }
}
