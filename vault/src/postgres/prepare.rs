//! Setting a database up for the vault, and bringing it up to date: what an administrator does, and no node.

use postgres_server::{Failed, Room, Setup};
pub use postgres_server::{Prepared, Purpose};
use sqlx::postgres::PgConnection;

use super::error::server_error;
use super::open::{PoolSettings, Server};
use super::schema::{GRANTS, MIGRATIONS, OWNER, VERSION};
use crate::error::{ServerError, VaultError};

/// What somebody who logs in may do: there are only nodes, who act as the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everything: a node.
    Own,
}

impl postgres_server::Access for Access {
    fn group(self) -> &'static str {
        match self {
            Self::Own => OWNER,
        }
    }
}

/// A node that may log in. Its role may be the one that writes the log.
pub type Login = postgres_server::Login<Access>;

const SETUP: Setup = Setup {
    name: "annals vault preparation",
    owner: OWNER,
    groups: &[],
    schemas: &["annals_vault"],
    migrations: MIGRATIONS,
    note_version: "UPDATE annals_vault.meta SET schema_version = $1",
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

/// Makes the owner, the tables and the rights of the vault in the database that the URL names, brings an older vault up
/// to date, and lets `logins` in. May be done again at any time: what is there already stays. All of it is one
/// transaction.
///
/// # Errors
/// See [`ServerError`]; among them that the vault is newer than this build, and that the administrator may not do it.
pub async fn prepare_postgres(
    admin_url: &str,
    logins: &[Login],
    purpose: Purpose,
) -> Result<Prepared, VaultError> {
    let server = Server::parse(admin_url)?;
    let mut conn = server.connect(PoolSettings::default().acquire_timeout).await?;
    let prepared = postgres_server::prepare(&server, &mut conn, &SETUP, logins, purpose, VERSION).await;
    prepared.map_err(|failed| match failed {
        Failed::BadRole(name) => ServerError::BadRole { name }.into(),
        Failed::Server(error) => server_error(&server, &error).into(),
        Failed::Found(error) => error.into(),
    })
}
