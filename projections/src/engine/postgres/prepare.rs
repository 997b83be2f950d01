//! Setting a database up for read models, and bringing it up to date: what an administrator does, and no server.

use postgres_server::{Failed, Prepared, Purpose, Room, Setup};
use sqlx::postgres::PgConnection;

use super::error::server_error;
use super::schema::{ADMIN_GRANTS, GRANTS, MIGRATIONS, OWNER, PROJECTOR, READER, VERSION};
use super::server::{Server, ServerSettings};
use super::server_error::ServerError;

/// What somebody who logs in may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Write the read models and send what stands in the outbox: a server.
    Project,
    /// Read them, and nothing else: a board on a web page, a person with a question.
    Read,
}

impl postgres_server::Access for Access {
    fn group(self) -> &'static str {
        match self {
            Self::Project => PROJECTOR,
            Self::Read => READER,
        }
    }
}

/// Somebody who may log in.
pub type Login = postgres_server::Login<Access>;

const SETUP: Setup = Setup {
    name: "annals models preparation",
    owner: OWNER,
    groups: &[PROJECTOR, READER],
    schemas: &["annals_models", "annals_outbox"],
    migrations: MIGRATIONS,
    note_version: "UPDATE annals_models.meta SET schema_version = $1",
    grants: GRANTS,
    admin_grants: ADMIN_GRANTS,
};

impl Room for Server {
    type Error = ServerError;

    async fn found(&self, conn: &mut PgConnection) -> Result<Option<i64>, ServerError> {
        self.prepared(conn, OWNER).await
    }

    fn newer(&self, found: i64, known: i64) -> ServerError {
        ServerError::Newer { server: self.name(), found, known }
    }
}

/// Makes the roles, the pointer, the outbox and the rights in the database that the URL names, brings an older one up to
/// date, and lets `logins` in. May be done again at any time: what is there already stays. All of it is one transaction.
///
/// # Errors
/// See [`ServerError`]; among them that what is there is newer than this build, and that the administrator may not do it.
pub async fn prepare(admin_url: &str, logins: &[Login], purpose: Purpose) -> Result<Prepared, ServerError> {
    prepare_up_to(admin_url, logins, purpose, VERSION).await
}

/// As [`prepare`], but stops at an older version: for tests of what happens then.
///
/// # Errors
/// Those of [`prepare`].
#[doc(hidden)]
pub async fn prepare_up_to(
    admin_url: &str,
    logins: &[Login],
    purpose: Purpose,
    version: i64,
) -> Result<Prepared, ServerError> {
    let server = Server::parse(admin_url, ServerSettings::default())?;
    let mut conn = server.connect("preparation").await?;
    let prepared = postgres_server::prepare(&server, &mut conn, &SETUP, logins, purpose, version).await;
    prepared.map_err(|failed| match failed {
        Failed::BadRole(name) => ServerError::BadRole { name },
        Failed::Server(error) => server_error(&server, &error),
        Failed::Found(error) => error,
    })
}
