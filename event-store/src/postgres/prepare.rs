//! Setting a database up for the log, and bringing it up to date: what an administrator does, and no server.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

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

/// Somebody who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The role's name: small letters, digits, underscores. Made where it is missing.
    pub name: String,
    /// The password to set; none leaves it as it is.
    pub password: Option<String>,
    /// What it may do.
    pub access: Access,
}

/// What a preparation has found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    /// The schema version that was there; none where there was no log.
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
    if let Some(bad) = logins.iter().find(|login| !is_role_name(&login.name)) {
        return Err(ServerError::BadRole { name: bad.name.clone() }.into());
    }
    let mut conn = server.connect("preparation", &Limits::default()).await?;
    let mut tries = 1;
    loop {
        match attempt(&server, &mut conn, logins, purpose, version).await {
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
/// to all databases of a server, and no lock that an administrator may take does. All was rolled back: it may be done anew.
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
    version: i64,
) -> Result<Prepared, Failed> {
    let mut tx = conn.begin().await?;
    // Two preparations of one database wait for each other.
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('annals preparation'))").await?;
    let found = server.version(&mut tx).await?;
    if let Some(found) = found.filter(|found| *found > VERSION) {
        return Err(ServerError::Newer { server: server.name(), found, known: VERSION }.into());
    }
    roles(&mut tx).await?;
    migrate(&mut tx, found.unwrap_or(0), version).await?;
    if version == VERSION {
        tx.execute(GRANTS).await?;
    }
    tx.execute("RESET ROLE").await?;
    for login in logins {
        let_in(&mut tx, login).await?;
    }
    match purpose {
        Purpose::Keep => tx.commit().await?,
        Purpose::Rehearse => tx.rollback().await?,
    }
    Ok(Prepared { found, version: found.unwrap_or(0).max(version) })
}

fn is_role_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len()) && name.chars().all(good) && !name.starts_with("pg_")
}

/// The owner, who never logs in, and the two groups.
async fn roles(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    for role in [OWNER, WRITER, READER] {
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut *conn)
            .await?;
        if !known {
            conn.execute(AssertSqlSafe(format!("CREATE ROLE {role} NOLOGIN"))).await?;
        }
    }
    // An administrator who is no superuser must be a member of the owner to act for it.
    let member: bool =
        sqlx::query_scalar("SELECT pg_has_role($1, 'MEMBER')").bind(OWNER).fetch_one(&mut *conn).await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {OWNER} TO CURRENT_USER"))).await?;
    }
    let schema: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'annals')")
            .fetch_one(&mut *conn)
            .await?;
    if !schema {
        conn.execute(AssertSqlSafe(format!("CREATE SCHEMA annals AUTHORIZATION {OWNER}"))).await?;
    }
    conn.execute(AssertSqlSafe(format!("SET ROLE {OWNER}"))).await?;
    Ok(())
}

async fn migrate(conn: &mut PgConnection, found: i64, version: i64) -> Result<(), sqlx::Error> {
    let done = usize::try_from(found).unwrap_or_default();
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done).take_while(|(number, _)| *number <= version) {
        conn.execute(*sql).await?;
        sqlx::query("UPDATE annals.meta SET schema_version = $1").bind(number).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn let_in(conn: &mut PgConnection, login: &Login) -> Result<(), sqlx::Error> {
    let name = &login.name;
    let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(name)
        .fetch_one(&mut *conn)
        .await?;
    // The name was checked letter by letter.
    if !known {
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
    let group = match login.access {
        Access::Write => WRITER,
        Access::Read => READER,
    };
    let member: bool = sqlx::query_scalar("SELECT pg_has_role($1::name, $2::name, 'MEMBER')")
        .bind(name)
        .bind(group)
        .fetch_one(&mut *conn)
        .await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {group} TO {name}"))).await?;
    }
    Ok(())
}
