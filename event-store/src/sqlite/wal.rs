//! Checkpoints of the write-ahead log: beside the commits, never by one.
//!
//! A passive checkpoint copies pages into the database while appends go on. Under constant load it never catches
//! up with the last append, and the log file would grow for ever; so once it is large, appends are held for one
//! short second checkpoint of what little came in meanwhile, and the next append begins the file anew.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Executor, Row};
use tokio::sync::{Mutex, Notify};

use super::writer::Writer;

/// Appended bytes after which a checkpoint is asked for: 8 MiB.
pub(super) const CHECKPOINT_BYTES: usize = 8 << 20;

/// Frames (pages) in the log from which on appends are held for the second, short checkpoint: 64 MiB.
const RESTART_FRAMES: i64 = 16_384;

/// Runs until it is aborted: a checkpoint whenever the writer asks for one.
pub(super) async fn keep_short(mut conn: SqliteConnection, writer: Arc<Mutex<Writer>>, wanted: Arc<Notify>) {
    loop {
        wanted.notified().await;
        match passive(&mut conn).await {
            Ok((frames, done)) if frames >= RESTART_FRAMES && done < frames => {
                let held = writer.lock().await;
                if let Err(error) = passive(&mut conn).await {
                    tracing::warn!(%error, "the write-ahead log could not be shortened");
                }
                drop(held);
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be copied into the database"),
        }
    }
}

async fn passive(conn: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(conn).await?;
    Ok((row.try_get(1)?, row.try_get(2)?))
}

/// Empties the write-ahead log: everything stands in the database file after this.
pub(super) async fn truncate(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.map(|_| ())
}
