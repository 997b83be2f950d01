//! What SQLite's result codes mean here.

use std::path::Path;

use crate::{AppendError, OpenError, ReadError};

/// The kinds of trouble that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Busy,
    Corrupt,
    NotADatabase,
    Full,
    ReadOnly,
    CanNotOpen,
    Constraint,
    Other,
}

/// Which kind an error is of: the primary result code is the low byte of the extended one.
pub(super) fn trouble(error: &sqlx::Error) -> Trouble {
    let code = error.as_database_error().and_then(|e| e.code().and_then(|code| code.parse::<i32>().ok()));
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => Trouble::Busy,
        Some(11) => Trouble::Corrupt,
        Some(26) => Trouble::NotADatabase,
        Some(13) => Trouble::Full,
        Some(8) => Trouble::ReadOnly,
        Some(3 | 14 | 23) => Trouble::CanNotOpen,
        Some(19) => Trouble::Constraint,
        Some(_) | None => Trouble::Other,
    }
}

fn code_of(error: &sqlx::Error) -> &'static str {
    match trouble(error) {
        Trouble::Busy => "STORE_BUSY",
        Trouble::Corrupt | Trouble::NotADatabase => "STORE_CORRUPT",
        Trouble::Full => "DISK_FULL",
        Trouble::ReadOnly | Trouble::CanNotOpen => "STORE_NOT_WRITABLE",
        Trouble::Constraint => "STORE_GUARD",
        Trouble::Other => "STORE_FAILED",
    }
}

pub(super) fn describe(error: &sqlx::Error) -> String {
    format!("{}: {error}", code_of(error))
}

pub(super) fn read_error(error: &sqlx::Error) -> ReadError {
    ReadError::Unavailable(describe(error))
}

pub(super) fn unavailable(error: &sqlx::Error) -> AppendError {
    AppendError::Unavailable(describe(error))
}

pub(super) fn open_error(path: &Path, error: &sqlx::Error) -> OpenError {
    let (path, problem) = (path.to_owned(), error.to_string());
    match trouble(error) {
        Trouble::Busy => OpenError::InUse { path, pid: None },
        Trouble::Corrupt => OpenError::Corrupt { path, problem },
        Trouble::NotADatabase => OpenError::NotADatabase { path, problem },
        Trouble::Full => OpenError::DiskFull { path },
        Trouble::ReadOnly | Trouble::CanNotOpen => OpenError::NotWritable { path, problem },
        Trouble::Constraint | Trouble::Other => OpenError::Failed { path, problem },
    }
}
