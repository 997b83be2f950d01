//! Setting a database up for the log, and bringing it up to date: what an administrator does, and no server.

use postgres_server::{Failed, Room, Setup};
pub use postgres_server::{Prepared, Purpose};
use sqlx::postgres::PgConnection;

use super::error::server_error;
use super::open::{Limits, Server};
use super::schema::{GRANTS, MIGRATIONS, OWNER, READER, VERSION, WRITER};
use crate::{OpenError, ServerError};

/// What somebody who logs in may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read the record and add to it: a server.
    Write,
    /// Read the record: a tool, a projector.
    Read,
}

impl postgres_server::Access for Access {
    fn group(self) -> &'static str {
        match self {
            Self::Write => WRITER,
            Self::Read => READER,
        }
    }
}

/// Somebody who may log in.
pub type Login = postgres_server::Login<Access>;

const SETUP: Setup = Setup {
    name: "annals preparation",
    owner: OWNER,
    groups: &[WRITER, READER],
    schemas: &["annals"],
    migrations: MIGRATIONS,
    note_version: "UPDATE annals.meta SET schema_version = $1",
    grants: GRANTS,
    admin_grants: "",
};

impl Room for Server {
    type Error = ServerError;

    async fn found(&self, conn: &mut PgConnection) -> Result<Option<i64>, ServerError> {
        self.version(conn).await
    }

    fn newer(&self, found: i64, known: i64) -> ServerError {
        ServerError::Newer { server: self.name(), found, known }
    }
}

/// Makes the roles, the tables and the rights of the log in the database that the URL names, brings an older log up to
/// date, and lets `logins` in. May be done again at any time: what is there already stays. All of it is one transaction.
///
/// # Errors
/// See [`ServerError`]; among them that the log is newer than this build, and that the administrator may not do it.
pub async fn prepare(admin_url: &str, logins: &[Login], purpose: Purpose) -> Result<Prepared, OpenError> {
    prepare_up_to(admin_url, logins, purpose, VERSION).await
}

/// As [`prepare`], but stops at an older schema version: for tests of what happens to an older log.
///
/// # Errors
/// Those of [`prepare`].
#[doc(hidden)]
pub async fn prepare_up_to(
    admin_url: &str,
    logins: &[Login],
    purpose: Purpose,
    version: i64,
) -> Result<Prepared, OpenError> {
    let server = Server::parse(admin_url)?;
    let mut conn = server.connect("preparation", &Limits::default()).await?;
    let prepared = postgres_server::prepare(&server, &mut conn, &SETUP, logins, purpose, version).await;
    prepared.map_err(|failed| match failed {
        Failed::BadRole(name) => ServerError::BadRole { name }.into(),
        Failed::Server(error) => server_error(&server, &error).into(),
        Failed::Found(error) => error.into(),
    })
}
