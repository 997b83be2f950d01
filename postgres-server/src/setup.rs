//! Making a database ready, and bringing it up to date: what an administrator does, and no server.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

/// What a database is to become.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// Two preparations of one database under this name wait for each other.
    pub name: &'static str,
    /// The role that owns everything and as whom nobody logs in.
    pub owner: &'static str,
    /// The groups of those who log in, besides.
    pub groups: &'static [&'static str],
    /// The owner's schemas.
    pub schemas: &'static [&'static str],
    /// The steps from one version to the next, the first from nothing; each may be several statements. Run as the owner.
    pub migrations: &'static [&'static str],
    /// Notes the version, `$1`, after each step.
    pub note_version: &'static str,
    /// Rights, given by the owner once all is up to date. May be run again at any time.
    pub grants: &'static str,
    /// Rights that only the administrator can give; empty where there are none.
    pub admin_grants: &'static str,
}

/// Somebody who may log in. `A` says what they may do.
#[derive(Clone, PartialEq, Eq)]
pub struct Login<A> {
    /// The role's name: small letters, digits, underscores. Made where it is missing; one role may enter several databases.
    pub name: String,
    /// The password to set; none leaves it as it is.
    pub password: Option<String>,
    /// What it may do.
    pub access: A,
}

impl<A: std::fmt::Debug> std::fmt::Debug for Login<A> {
    /// Says who, and keeps the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Login");
        shown.field("name", &self.name).field("access", &self.access).finish_non_exhaustive()
    }
}

/// What somebody who logs in may do.
pub trait Access: Copy + Send + Sync {
    /// The role of the setup, owner or group, that they join.
    fn group(self) -> &'static str;
}

/// Whoever knows what a room keeps in a database.
pub trait Room: Sync {
    /// Why it must not be touched.
    type Error: Send;

    /// Which version is there; none where there is nothing. Refuses what is somebody else's.
    fn found(&self, conn: &mut PgConnection)
    -> impl Future<Output = Result<Option<i64>, Self::Error>> + Send;

    /// Refuses what is newer than what this build knows.
    fn newer(&self, found: i64, known: i64) -> Self::Error;
}

/// What a preparation has found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prepared {
    /// The schema version that was there; none where there was nothing.
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

/// Why a preparation has failed. Nothing was changed.
#[derive(Debug)]
pub enum Failed<E> {
    /// This can not be a role's name.
    BadRole(String),
    /// What the server says.
    Server(sqlx::Error),
    /// What was found stands in the way.
    Found(E),
}

impl<E> From<sqlx::Error> for Failed<E> {
    fn from(error: sqlx::Error) -> Self {
        Self::Server(error)
    }
}

/// How often a preparation is tried in all when another one is under way on the same server.
const TRIES: u32 = 5;

/// Makes roles, schemas, tables and rights, brings what is older up to date, and lets people in. May be done again at any
/// time: what is there already stays. All of it is one transaction.
///
/// `version` is where to stop: the last one, but for tests of what happens to an older database.
///
/// # Errors
/// See [`Failed`].
pub async fn prepare<A: Access, R: Room>(
    room: &R,
    conn: &mut PgConnection,
    setup: &Setup,
    logins: &[Login<A>],
    purpose: Purpose,
    version: i64,
) -> Result<Prepared, Failed<R::Error>> {
    if let Some(bad) = logins.iter().find(|login| !is_role_name(&login.name)) {
        return Err(Failed::BadRole(bad.name.clone()));
    }
    let mut tries = 1;
    loop {
        match attempt(room, conn, setup, logins, purpose, version).await {
            Err(Failed::Server(error)) if shared(&error) && tries < TRIES => tries += 1,
            ended => return ended,
        }
    }
}

/// Whether a preparation of another database of this server has made or changed the same role meanwhile. Roles belong
/// to all databases of a server, and no lock that an administrator may take does. All was rolled back: it may be done anew.
fn shared(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    error.constraint().is_some_and(|name| name.starts_with("pg_auth"))
        || error.message() == "tuple concurrently updated"
}

async fn attempt<A: Access, R: Room>(
    room: &R,
    conn: &mut PgConnection,
    setup: &Setup,
    logins: &[Login<A>],
    purpose: Purpose,
    version: i64,
) -> Result<Prepared, Failed<R::Error>> {
    let mut tx = conn.begin().await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1))").bind(setup.name);
    lock.execute(&mut *tx).await?;
    let found = room.found(&mut tx).await.map_err(Failed::Found)?;
    let known = setup.migrations.len() as i64;
    if let Some(found) = found.filter(|found| *found > known) {
        return Err(Failed::Found(room.newer(found, known)));
    }
    owner(&mut tx, setup).await?;
    migrate(&mut tx, setup, found.unwrap_or(0), version).await?;
    if version == known {
        tx.execute(setup.grants).await?;
    }
    tx.execute("RESET ROLE").await?;
    if !setup.admin_grants.is_empty() {
        tx.execute(setup.admin_grants).await?;
    }
    for login in logins {
        let_in(&mut tx, login).await?;
    }
    match purpose {
        Purpose::Keep => tx.commit().await?,
        Purpose::Rehearse => tx.rollback().await?,
    }
    Ok(Prepared { found, version: found.unwrap_or(0).max(version) })
}

/// Whether a name can be a role's, and stand in a statement as it is.
fn is_role_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=63).contains(&name.len()) && name.chars().all(good) && !name.starts_with("pg_")
}

async fn is_role(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    let look = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
    sqlx::query_scalar(look).bind(name).fetch_one(conn).await
}

/// The owner, the groups and the schemas; from here on everything is the owner's doing.
async fn owner(conn: &mut PgConnection, setup: &Setup) -> Result<(), sqlx::Error> {
    let owner = setup.owner;
    for role in std::iter::once(&owner).chain(setup.groups) {
        if !is_role(conn, role).await? {
            conn.execute(AssertSqlSafe(format!("CREATE ROLE {role} NOLOGIN"))).await?;
        }
    }
    // An administrator who is no superuser must be a member of the owner to act for it.
    let member: bool =
        sqlx::query_scalar("SELECT pg_has_role($1, 'MEMBER')").bind(owner).fetch_one(&mut *conn).await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {owner} TO CURRENT_USER"))).await?;
    }
    for schema in setup.schemas {
        let look = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
        let known: bool = sqlx::query_scalar(look).bind(*schema).fetch_one(&mut *conn).await?;
        if !known {
            conn.execute(AssertSqlSafe(format!("CREATE SCHEMA {schema} AUTHORIZATION {owner}"))).await?;
        }
    }
    conn.execute(AssertSqlSafe(format!("SET ROLE {owner}"))).await?;
    Ok(())
}

async fn migrate(
    conn: &mut PgConnection,
    setup: &Setup,
    found: i64,
    version: i64,
) -> Result<(), sqlx::Error> {
    let done = usize::try_from(found).unwrap_or_default();
    let steps = (1_i64..).zip(setup.migrations).skip(done);
    for (number, sql) in steps.take_while(|(number, _)| *number <= version) {
        conn.execute(*sql).await?;
        sqlx::query(setup.note_version).bind(number).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn let_in<A: Access>(conn: &mut PgConnection, login: &Login<A>) -> Result<(), sqlx::Error> {
    let Login { name, password, access } = login;
    let group = access.group();
    // The name was checked letter by letter.
    if !is_role(conn, name).await? {
        conn.execute(AssertSqlSafe(format!("CREATE ROLE {name} LOGIN"))).await?;
    }
    if let Some(password) = password {
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
        .bind(group)
        .fetch_one(&mut *conn)
        .await?;
    if !member {
        conn.execute(AssertSqlSafe(format!("GRANT {group} TO {name}"))).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_can_not_stand_in_a_statement_is_found() {
        let long = "x".repeat(64);
        for bad in ["", "Annals", "a b", "a;drop", "a\"b", "pg_monitor", "ä", &long] {
            assert!(!is_role_name(bad), "{bad}");
        }
        assert!(is_role_name("annals_2") && is_role_name(&long[1..]));
    }

    #[test]
    fn nobody_sees_a_password() {
        let login = Login { name: "annals".to_owned(), password: Some("s3cret".to_owned()), access: () };
        assert_eq!(format!("{login:?}"), "Login { name: \"annals\", access: (), .. }");
    }
}
