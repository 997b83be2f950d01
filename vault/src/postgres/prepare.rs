//! Setting a database up for the vault, and bringing it up to date: what an administrator does, and no node.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::error::server_error;
use super::open::{PoolSettings, Server};
use super::schema::{GRANTS, MIGRATIONS, OWNER, VERSION};
use crate::error::{ServerError, VaultError};

/// A node that may log in.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The role's name: small letters, digits, underscores. Made where it is missing; it may be the one that writes the
    /// log.
    pub name: String,
    /// The password to set; none leaves it as it is.
    pub password: Option<String>,
}

impl std::fmt::Debug for Login {
    /// Says who, and keeps the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a preparation has found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    /// The schema version that was there; none where there was no vault.
    pub found: Option<i64>,
    /// The schema version that is there now.
    pub version: i64,
}

/// Whether a preparation is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Do it.
    Keep,
    /// Do all of it in the real database and take it back: what fails would have failed.
    Rehearse,
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
    if let Some(bad) = logins.iter().find(|login| !is_role_name(&login.name)) {
        return Err(ServerError::BadRole { name: bad.name.clone() }.into());
    }
    let mut conn = server.connect(PoolSettings::default().acquire_timeout).await?;
    let mut tries = 1;
    loop {
        match attempt(&server, &mut conn, logins, purpose).await {
            Err(Failed::Server(error)) if shared(&error) && tries < TRIES => tries += 1,
            Err(Failed::Server(error)) => return Err(server_error(&server, &error).into()),
            Err(Failed::Found(error)) => return Err(error.into()),
            Ok(prepared) => return Ok(prepared),
        }
    }
}

/// How often a preparation is tried in all when another one is under way on the same server.
const TRIES: u32 = 5;

/// Why an attempt has failed.
enum Failed {
    Server(sqlx::Error),
    /// What was found stands in the way.
    Found(ServerError),
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error)
    }
}

impl From<ServerError> for Failed {
    fn from(error: ServerError) -> Self {
        Self::Found(error)
    }
}

/// Whether a preparation of another database of this server has made or changed the same role meanwhile. Roles belong
/// to all databases of a server, and no lock that an administrator may take does. All was rolled back: it may be done
/// anew.
fn shared(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    error.constraint().is_some_and(|name| name.starts_with("pg_auth"))
        || error.message() == "tuple concurrently updated"
}

async fn attempt(
    server: &Server,
    conn: &mut PgConnection,
    logins: &[Login],
    purpose: Purpose,
) -> Result<Prepared, Failed> {
    let mut tx = conn.begin().await?;
    // Two preparations of one database wait for each other.
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('annals vault preparation'))").await?;
    let found = server.version(&mut tx).await?;
    if let Some(found) = found.filter(|found| *found > VERSION) {
        return Err(ServerError::Newer { server: server.name(), found, known: VERSION }.into());
    }
    owner(&mut tx).await?;
    let done = usize::try_from(found.unwrap_or(0)).unwrap_or_default();
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done) {
        tx.execute(*sql).await?;
        sqlx::query("UPDATE annals_vault.meta SET schema_version = $1")
            .bind(number)
            .execute(&mut *tx)
            .await?;
    }
    tx.execute(GRANTS).await?;
    tx.execute("RESET ROLE").await?;
    for login in logins {
        let_in(&mut tx, login).await?;
    }
    match purpose {
        Purpose::Keep => tx.commit().await?,
        Purpose::Rehearse => tx.rollback().await?,
    }
    Ok(Prepared { found, version: VERSION })
}

fn is_role_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len()) && name.chars().all(good) && !name.starts_with("pg_")
}

async fn role_exists(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    let look = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
    sqlx::query_scalar(look).bind(name).fetch_one(conn).await
}

/// The owner, as whom nobody logs in, and its schema.
async fn owner(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    if !role_exists(conn, OWNER).await? {
        conn.execute(AssertSqlSafe(format!("CREATE ROLE {OWNER} NOLOGIN"))).await?;
    }
    // An administrator who is no superuser must be a member of the owner to act for it.
    let member: bool =
        sqlx::query_scalar("SELECT pg_has_role($1, 'MEMBER')").bind(OWNER).fetch_one(&mut *conn).await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {OWNER} TO CURRENT_USER"))).await?;
    }
    let look = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'annals_vault')";
    let schema: bool = sqlx::query_scalar(look).fetch_one(&mut *conn).await?;
    if !schema {
        conn.execute(AssertSqlSafe(format!("CREATE SCHEMA annals_vault AUTHORIZATION {OWNER}"))).await?;
    }
    conn.execute(AssertSqlSafe(format!("SET ROLE {OWNER}"))).await?;
    Ok(())
}

async fn let_in(conn: &mut PgConnection, login: &Login) -> Result<(), sqlx::Error> {
    let name = &login.name;
    // The name was checked letter by letter.
    if !role_exists(conn, name).await? {
        conn.execute(AssertSqlSafe(format!("CREATE ROLE {name} LOGIN"))).await?;
    }
    if let Some(password) = &login.password {
        // The server quotes the password itself.
        let text: String =
            sqlx::query_scalar("SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)")
                .bind(name)
                .bind(password)
                .fetch_one(&mut *conn)
                .await?;
        conn.execute(AssertSqlSafe(text)).await?;
    }
    let member: bool = sqlx::query_scalar("SELECT pg_has_role($1::name, $2::name, 'MEMBER')")
        .bind(name)
        .bind(OWNER)
        .fetch_one(&mut *conn)
        .await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {OWNER} TO {name}"))).await?;
    }
    Ok(())
}
