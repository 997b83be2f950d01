//! What PostgreSQL's error codes mean to somebody who keeps something there.

use std::borrow::Cow;

/// The kinds of trouble that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The URL or a file that it names is no good.
    Configuration,
    /// No connection, or the server has none left, is starting or stopping.
    Unreachable,
    /// Wrong user or password, or not from here.
    LoginRefused,
    /// There is no such database.
    NoDatabase,
    /// There is no such table or schema.
    NoSuchTable,
    /// The user may not do this.
    Rights,
    /// The server or the session takes no writes.
    ReadOnly,
    /// No room is left.
    Full,
    /// The server has found its files damaged.
    Corrupt,
    /// A unique key, a check, a trigger; or a value that does not fit.
    Guard,
    /// Another transaction was waited for in vain.
    Busy,
    /// The statement was ended: it took too long, or somebody wanted it so.
    Cancelled,
    /// This transaction was rolled back to let another one go on.
    Deadlock,
    /// Anything else.
    Other,
}

/// The SQLSTATE of an error; none where it is not the server's.
#[must_use]
pub fn state(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|e| e.code().map(Cow::into_owned))
}

/// Which kind an error is of, by its SQLSTATE.
#[must_use]
pub fn trouble(error: &sqlx::Error) -> Trouble {
    if matches!(error, sqlx::Error::Configuration(_)) {
        return Trouble::Configuration;
    }
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
        "57014" => Trouble::Cancelled,
        "XX001" | "XX002" => Trouble::Corrupt,
        "55P03" => Trouble::Busy,
        "40001" | "40P01" => Trouble::Deadlock,
        other if other.starts_with("08") => Trouble::Unreachable,
        other if ["21", "22", "23", "54"].iter().any(|class| other.starts_with(class)) => Trouble::Guard,
        _ => Trouble::Other,
    }
}

/// The server's own words without the driver's around them.
#[must_use]
pub fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |database| database.message().to_owned())
}
