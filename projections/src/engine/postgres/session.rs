//! The session that writes: the one that holds the lock.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::error::is_locked;
use super::schema::{LOCK_PROJECTOR, LOCKS, PROJECTOR, SERVE, SERVING, search_path};
use super::server::Server;
use crate::engine::Tx;
use crate::error::ProjectionError;

/// A connection that was idle for longer is asked for a sign of life before anything is entrusted to it.
const IDLE: Duration = Duration::from_secs(1);

/// Writes one version, on one connection after the other: each takes the lock before it writes, and looks whether the
/// version still serves.
#[derive(Debug)]
pub(crate) struct Session {
    server: Server,
    version: u64,
    conn: Option<PgConnection>,
    /// Whether a transaction was begun and has not ended in good order. Then nothing is known of the connection, and
    /// another takes its place.
    busy: bool,
    used: Instant,
}

impl Session {
    pub(super) fn new(server: Server, version: u64, conn: PgConnection) -> Self {
        Self { server, version, conn: Some(conn), busy: false, used: Instant::now() }
    }

    /// A connection that holds the projector's lock, and which version serves.
    pub(super) async fn connect(server: &Server) -> Result<(PgConnection, u64), ProjectionError> {
        let mut conn = server.connect("projector").await?;
        server.check(&mut conn, true).await?;
        let settings = &server.settings;
        // Numbers of our own: nothing from outside stands in these.
        let setup = format!(
            "SET ROLE {PROJECTOR}; SET lock_timeout = {}; SELECT pg_advisory_lock({LOCKS}, {LOCK_PROJECTOR})",
            settings.owner_timeout.as_millis().max(1),
        );
        match conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await {
            Ok(_) => {}
            Err(error) if is_locked(&error) => return Err(ProjectionError::InUse { path: server.name() }),
            Err(error) => return Err(server.failed()(error).into()),
        }
        let setup = format!(
            "SET plan_cache_mode = force_generic_plan; SET lock_timeout = {}; SET statement_timeout = {}",
            settings.lock_timeout.as_millis(),
            settings.statement_timeout.as_millis(),
        );
        conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await.map_err(server.failed())?;
        let version: i64 = sqlx::query_scalar(SERVING).fetch_one(&mut conn).await.map_err(server.failed())?;
        Ok((conn, version.cast_unsigned()))
    }

    /// A connection that answers and holds the lock, on the version that serves: a new one if need be.
    async fn ready(&mut self) -> Result<&mut PgConnection, ProjectionError> {
        let lives = match &mut self.conn {
            Some(_) if self.busy => false,
            Some(conn) if self.used.elapsed() > IDLE => {
                matches!(
                    tokio::time::timeout(self.server.settings.acquire_timeout, conn.ping()).await,
                    Ok(Ok(()))
                )
            }
            Some(_) => true,
            None => false,
        };
        let kept = if lives { self.conn.take() } else { None };
        // Dropped before another is made: its lock must fall first.
        self.conn = None;
        let conn = match kept {
            Some(conn) => conn,
            None => {
                let (mut conn, serving) = Self::connect(&self.server).await?;
                if serving != self.version {
                    return Err(ProjectionError::Replaced);
                }
                conn.execute(AssertSqlSafe(search_path(self.version))).await?;
                conn
            }
        };
        (self.used, self.busy) = (Instant::now(), false);
        Ok(self.conn.insert(conn))
    }

    /// The connection for one statement, and what is to be cleared when it has ended in good order.
    pub(crate) async fn statement(&mut self) -> Result<(&mut PgConnection, &mut bool), ProjectionError> {
        self.ready().await?;
        self.busy = true;
        match &mut self.conn {
            Some(conn) => Ok((conn, &mut self.busy)),
            None => Err(ProjectionError::Database { problem: "there is no connection".to_owned() }),
        }
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self) -> Result<Tx<'_>, ProjectionError> {
        let (conn, busy) = self.statement().await?;
        let tx = conn.begin().await?;
        Ok(Tx::Postgres { tx, busy: Some(busy) })
    }

    /// Lets a new version serve in place of this one, with whatever `tx` has done besides, or neither.
    pub(crate) async fn serve(tx: &mut Tx<'_>, from: u64, to: u64) -> Result<(), ProjectionError> {
        let values = vec![to.cast_signed().into(), from.cast_signed().into()];
        match tx.link().execute(SERVE, values).await? {
            1 => Ok(()),
            _ => Err(ProjectionError::Replaced),
        }
    }

    /// Gives the connection, and the lock with it, to the session of another version.
    pub(super) async fn pass_on(&mut self, version: u64) -> Result<Self, ProjectionError> {
        if self.busy {
            self.conn = None;
        }
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => Self::connect(&self.server).await?.0,
        };
        conn.execute(AssertSqlSafe(search_path(version))).await?;
        Ok(Self::new(self.server.clone(), version, conn))
    }

    /// Drops the connection, and the lock with it.
    pub(crate) fn forget(&mut self) {
        self.conn = None;
    }

    /// Closes the connection in good order: the lock falls.
    pub(crate) async fn close(self) -> Result<(), ProjectionError> {
        match self.conn {
            Some(conn) => Ok(conn.close().await?),
            None => Ok(()),
        }
    }
}
