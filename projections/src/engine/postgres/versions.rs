//! Versions beside each other: how the first is made, a new one filled, and an old one removed.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use super::error::is_locked;
use super::hands::AT_WORK;
use super::schema::{
    IS_LOCKED, LOCK_HANDS, LOCK_REBUILD, LOCKS, PROJECTOR, READER, SERVE, SERVING, SIZES, VERSIONS,
    search_path, version_schema,
};
use super::server::Server;
use super::server_error::ServerError;
use super::session::Session;
use crate::bulk::Texts;
use crate::db::{Db, Filler, Writer};
use crate::dialect::{Dialect, quoted};
use crate::engine::{Conn, Readers};
use crate::error::ProjectionError;
use crate::schema::{Schema, TableSpec};

impl Server {
    /// Opens the version that serves, to follow the log; makes the first where there is none. Versions that a rebuild
    /// has left behind are removed.
    pub(crate) async fn open(&self, schema: &Arc<Schema>) -> Result<(u64, Db), ProjectionError> {
        let (mut conn, mut version) = Session::connect(self).await?;
        self.sweep(&mut conn, version).await?;
        if version == 0 {
            version = 1;
            let mut filler = self.fill(version, schema).await?;
            filler.create_tables().await?;
            self.finish(filler, version, 1).await?;
            let served = sqlx::query(SERVE).bind(1_i64).bind(0_i64).execute(&mut conn).await;
            served.map_err(self.failed())?;
        }
        conn.execute(AssertSqlSafe(search_path(version))).await.map_err(self.failed())?;
        let session = Session::new(self.clone(), version, conn);
        let readers = Readers::Postgres(self.readers(version).await?);
        let db = Db::new(schema, readers, Some(Writer::postgres(session, schema))).await?;
        Ok((version, db))
    }

    /// Opens the version that serves, to read from it: on a replica too.
    pub(crate) async fn open_read_only(&self, schema: &Arc<Schema>) -> Result<(u64, Db), ProjectionError> {
        let mut conn = self.connect("models reader").await?;
        self.check(&mut conn, false).await?;
        let version: i64 = sqlx::query_scalar(SERVING).fetch_one(&mut conn).await.map_err(self.failed())?;
        conn.close().await.ok();
        if version == 0 {
            return Err(ServerError::Missing { server: self.name() }.into());
        }
        let version = version.cast_unsigned();
        let db = Db::new(schema, Readers::Postgres(self.readers(version).await?), None).await?;
        Ok((version, db))
    }

    /// A version that a swap has made the serving one, with the lock of the one before.
    pub(crate) async fn next(
        &self,
        version: u64,
        schema: &Arc<Schema>,
        before: &mut Writer,
    ) -> Result<Db, ProjectionError> {
        let readers = Readers::Postgres(self.readers(version).await?);
        let Some(session) = before.session() else {
            return Err(ProjectionError::Unknown { what: "session", name: self.name() });
        };
        let writer = Writer::postgres(session.pass_on(version).await?, schema);
        Db::new(schema, readers, Some(writer)).await
    }

    /// Which version serves, asked by a reader's connection.
    pub(crate) async fn serving(readers: &Readers) -> Result<u64, ProjectionError> {
        let rows = readers.fetch(SERVING, Vec::new(), &[games_core::view::ColumnKind::Int]).await?;
        rows.first().map_or(Ok(0), |row| row.int(0).map(i64::cast_unsigned))
    }

    /// Whether somebody fills a new version.
    pub(crate) async fn is_rebuilding(readers: &Readers) -> Result<bool, ProjectionError> {
        let keys = vec![i64::from(LOCKS).into(), i64::from(LOCK_REBUILD).into()];
        let rows = readers.fetch(IS_LOCKED, keys, &[games_core::view::ColumnKind::Bool]).await?;
        rows.first().map_or(Ok(false), |row| row.bool(0))
    }

    /// Removes all versions but one: replaced ones, and ones that a broken-off rebuild has left.
    pub(super) async fn sweep(&self, conn: &mut PgConnection, keep: u64) -> Result<(), ProjectionError> {
        let found: Vec<String> =
            sqlx::query_scalar(VERSIONS).fetch_all(&mut *conn).await.map_err(self.failed())?;
        for name in found.into_iter().filter(|name| *name != version_schema(keep)) {
            let sql = format!("DROP SCHEMA {} CASCADE", quoted(&name));
            conn.execute(AssertSqlSafe(sql)).await.map_err(self.failed())?;
        }
        Ok(())
    }

    /// Makes the schema of a new version, and the connection that fills it.
    pub(crate) async fn fill(&self, version: u64, schema: &Arc<Schema>) -> Result<Filler, ProjectionError> {
        let mut conn = self.connect("rebuild").await?;
        // Whoever helps with a rebuild that was broken off may be at it still: a statement ends when it is done.
        let setup = format!(
            "SET ROLE {PROJECTOR}; SET lock_timeout = {}; SELECT pg_advisory_lock({LOCKS}, {LOCK_REBUILD}); \
             SELECT pg_advisory_lock({LOCKS}, {LOCK_HANDS}); SELECT pg_advisory_unlock({LOCKS}, {LOCK_HANDS})",
            self.settings.owner_timeout.as_millis().max(1),
        );
        match conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await {
            Ok(_) => {}
            Err(error) if is_locked(&error) => return Err(ProjectionError::RebuildRunning),
            Err(error) => return Err(self.failed()(error).into()),
        }
        let serving: i64 = sqlx::query_scalar(SERVING).fetch_one(&mut conn).await.map_err(self.failed())?;
        if serving.cast_unsigned() + 1 != version {
            return Err(ProjectionError::Replaced);
        }
        self.sweep(&mut conn, serving.cast_unsigned()).await?;
        // Whoever waits for the log to be read in one long transaction must not be ended for it.
        let setup = format!(
            "CREATE SCHEMA {0}; GRANT USAGE ON SCHEMA {0} TO {READER}; {1}; {AT_WORK}; \
             SET idle_in_transaction_session_timeout = 0",
            version_schema(version),
            search_path(version),
        );
        conn.execute(sqlx::raw_sql(AssertSqlSafe(setup))).await.map_err(self.failed())?;
        Ok(Filler { conn: Conn::Postgres(conn), texts: Texts::new(Dialect::Postgres, schema) })
    }

    /// Makes a filled version fit to serve: it has its keys and indexes, readers may read it, and the planner knows what
    /// it holds. At most so many connections work on it at once.
    pub(crate) async fn finish(
        &self,
        filler: Filler,
        version: u64,
        hands: usize,
    ) -> Result<(), ProjectionError> {
        let Filler { conn: Conn::Postgres(mut conn), texts } = filler else {
            return Err(ProjectionError::Unknown { what: "connection", name: self.name() });
        };
        let schema = Arc::clone(texts.schema());
        let mut tables: Vec<&TableSpec> = schema.tables().iter().filter(|table| table.is_derived()).collect();
        // What takes longest comes first, so that nobody waits long for the last one.
        let sizes: Vec<(String, i64)> = sqlx::query_as(SIZES)
            .bind(version_schema(version))
            .fetch_all(&mut conn)
            .await
            .map_err(self.failed())?;
        let size =
            |table: &TableSpec| sizes.iter().find(|(name, _)| *name == table.name).map(|&(_, size)| size);
        tables.sort_by_key(|table| std::cmp::Reverse(size(table)));
        let make = |table: &&TableSpec| {
            Dialect::Postgres.create_indexes(table).into_iter().chain(Dialect::Postgres.create_key(table))
        };
        let mut hands = self.hands(conn, version, hands).await;
        hands.share(tables.iter().flat_map(make).collect()).await?;
        let declare = |table: &&TableSpec| Dialect::Postgres.declare_key(table);
        hands.one(tables.iter().filter_map(declare).collect()).await?;
        let analyze = |table: &&TableSpec| format!("ANALYZE {}", quoted(&table.name));
        hands.share(tables.iter().map(analyze).collect()).await?;
        let grant = format!("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {READER}", version_schema(version));
        hands.one(vec![grant]).await?;
        hands.close().await
    }
}
