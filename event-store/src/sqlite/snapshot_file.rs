//! Snapshots: a cache in a file of its own, so that writing one never holds an append up. Its loss costs time only:
//! a damaged file is thrown away, and commits to it are not synced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemas::{CommitNo, Hash, Position, WorldId};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Executor};

use super::error::read_error;
use super::open::beside;
use crate::{ReadError, SNAPSHOTS_KEPT, Snapshot};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS snapshots (
    world       TEXT    NOT NULL,
    commit_no   INTEGER NOT NULL,
    commit_hash BLOB    NOT NULL,
    position    INTEGER NOT NULL,
    state_key   TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    bytes       BLOB    NOT NULL,
    PRIMARY KEY (world, commit_no)
)";

#[derive(Debug)]
pub(super) struct SnapshotFile {
    pool: Option<SqlitePool>,
    writable: bool,
}

impl SnapshotFile {
    /// Opens the file beside the log. Where it can not be had, there are no snapshots: that is no error.
    pub(super) async fn open(log: &Path, writable: bool) -> Self {
        let path = beside(log, ".snapshots");
        let mut pool = connect(&path, writable).await;
        if writable && let Err(error) = &pool {
            tracing::warn!(%error, "the snapshots are unreadable and are thrown away");
            for suffix in ["", "-wal", "-shm"] {
                std::fs::remove_file(beside(&path, suffix)).ok();
            }
            pool = connect(&path, writable).await;
        }
        Self { pool: pool.ok(), writable }
    }

    pub(super) async fn close(self) {
        if let Some(pool) = self.pool {
            pool.close().await;
        }
    }

    fn pool(&self) -> Result<&SqlitePool, ReadError> {
        match &self.pool {
            Some(pool) if self.writable => Ok(pool),
            Some(_) => super::no_owner(),
            None => {
                Err(ReadError::Unavailable("STORE_NOT_WRITABLE: snapshots can not be kept here".to_owned()))
            }
        }
    }

    pub(super) async fn save(&self, snapshot: Snapshot) -> Result<(), ReadError> {
        let pool = self.pool()?;
        let save = async {
            let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
            let insert = "INSERT OR REPLACE INTO snapshots (world, commit_no, commit_hash, position, state_key, \
                          digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)";
            let query = sqlx::query(insert)
                .bind(snapshot.world.as_str().to_owned())
                .bind(snapshot.commit.get().cast_signed())
                .bind(snapshot.commit_hash.0.to_vec())
                .bind(snapshot.position.get().cast_signed())
                .bind(snapshot.state_key)
                .bind(snapshot.digest.0.to_vec())
                .bind(snapshot.bytes);
            tx.execute(query).await?;
            let prune = "DELETE FROM snapshots WHERE world = ? AND commit_no <= (SELECT commit_no FROM snapshots \
                         WHERE world = ? ORDER BY commit_no DESC LIMIT 1 OFFSET ?)";
            let query = sqlx::query(prune)
                .bind(snapshot.world.as_str().to_owned())
                .bind(snapshot.world.as_str().to_owned())
                .bind(i64::try_from(SNAPSHOTS_KEPT).unwrap_or(i64::MAX));
            tx.execute(query).await?;
            tx.commit().await
        };
        save.await.map_err(|e: sqlx::Error| read_error(&e))
    }

    pub(super) async fn list(&self, world: &WorldId, up_to: CommitNo) -> Result<Vec<Snapshot>, ReadError> {
        let Some(pool) = &self.pool else { return Ok(Vec::new()) };
        let select = "SELECT commit_no, commit_hash, position, state_key, digest, bytes FROM snapshots \
                      WHERE world = ? AND commit_no <= ? ORDER BY commit_no DESC";
        let rows = sqlx::query(select)
            .bind(world.as_str())
            .bind(i64::try_from(up_to.get()).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await
            .map_err(|e| read_error(&e))?;
        // A row that is not even in shape is left out: it would be found wanting anyhow.
        Ok(rows.iter().filter_map(|row| snapshot_row(world, row).ok()).collect())
    }

    pub(super) async fn discard(&self, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
        let query = sqlx::query("DELETE FROM snapshots WHERE world = ? AND commit_no = ?")
            .bind(world.as_str().to_owned())
            .bind(commit.get().cast_signed());
        self.pool()?.execute(query).await.map(|_| ()).map_err(|e| read_error(&e))
    }
}

async fn connect(path: &PathBuf, writable: bool) -> Result<SqlitePool, sqlx::Error> {
    let mut options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(5))
        .read_only(!writable)
        .create_if_missing(writable)
        .disable_statement_logging();
    if writable {
        options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
    }
    let pool = SqlitePoolOptions::new().max_connections(2).idle_timeout(None).connect_with(options).await?;
    if writable {
        pool.execute(TABLES).await?;
    }
    Ok(pool)
}

fn snapshot_row(world: &WorldId, row: &SqliteRow) -> Result<Snapshot, sqlx::Error> {
    let hash = |column: usize| -> Result<Hash, sqlx::Error> {
        let bytes: &[u8] = row.try_get(column)?;
        <[u8; 32]>::try_from(bytes).map(Hash).map_err(|e| sqlx::Error::Decode(Box::new(e)))
    };
    Ok(Snapshot {
        world: world.clone(),
        commit: CommitNo::new(row.try_get::<i64, _>(0)?.cast_unsigned()),
        commit_hash: hash(1)?,
        position: Position::new(row.try_get::<i64, _>(2)?.cast_unsigned()),
        state_key: row.try_get(3)?,
        digest: hash(4)?,
        bytes: row.try_get(5)?,
    })
}
