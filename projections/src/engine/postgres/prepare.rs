//! Setting a database up for read models, and bringing it up to date: what an administrator does, and no server.

use event_store::postgres::{Prepared, Purpose};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

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
    if let Some(bad) = logins.iter().find(|login| !is_role_name(&login.name)) {
        return Err(ServerError::BadRole { name: bad.name.clone() });
    }
    let mut conn = server.connect("preparation").await?;
    let mut tries = 1;
    loop {
        match attempt(&server, &mut conn, logins, purpose, version).await {
            Err(Failed::Server(error)) if shared(&error) && tries < TRIES => tries += 1,
            Err(Failed::Server(error)) => return Err(server_error(&server, &error)),
            Err(Failed::Found(error)) => return Err(error),
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
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('annals models preparation'))").await?;
    let found = server.prepared(&mut tx, OWNER).await?;
    if let Some(found) = found.filter(|found| *found > VERSION) {
        return Err(ServerError::Newer { server: server.name(), found, known: VERSION }.into());
    }
    roles(&mut tx).await?;
    migrate(&mut tx, found.unwrap_or(0), version).await?;
    if version == VERSION {
        tx.execute(GRANTS).await?;
    }
    tx.execute("RESET ROLE").await?;
    tx.execute(ADMIN_GRANTS).await?;
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

async fn is_role(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    let known = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
    sqlx::query_scalar(known).bind(name).fetch_one(conn).await
}

/// The owner, who never logs in, the two groups, and the two schemas.
async fn roles(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    for role in [OWNER, PROJECTOR, READER] {
        if !is_role(conn, role).await? {
            conn.execute(AssertSqlSafe(format!("CREATE ROLE {role} NOLOGIN"))).await?;
        }
    }
    // An administrator who is no superuser must be a member of the owner to act for it.
    let member: bool =
        sqlx::query_scalar("SELECT pg_has_role($1, 'MEMBER')").bind(OWNER).fetch_one(&mut *conn).await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {OWNER} TO CURRENT_USER"))).await?;
    }
    for schema in ["annals_models", "annals_outbox"] {
        let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)")
            .bind(schema)
            .fetch_one(&mut *conn)
            .await?;
        if !known {
            conn.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema} AUTHORIZATION {OWNER}"))).await?;
        }
    }
    conn.execute(AssertSqlSafe(format!("SET ROLE {OWNER}"))).await?;
    Ok(())
}

async fn migrate(conn: &mut PgConnection, found: i64, version: i64) -> Result<(), sqlx::Error> {
    let done = usize::try_from(found).unwrap_or_default();
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(done).take_while(|(number, _)| *number <= version) {
        conn.execute(*sql).await?;
        let told = sqlx::query("UPDATE annals_models.meta SET schema_version = $1").bind(number);
        told.execute(&mut *conn).await?;
    }
    Ok(())
}

async fn let_in(conn: &mut PgConnection, login: &Login) -> Result<(), sqlx::Error> {
    let name = &login.name;
    // The name was checked letter by letter.
    if !is_role(conn, name).await? {
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
        Access::Project => PROJECTOR,
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
