//! Checkpoints of the write-ahead log: beside the commits, never by one.
//!
//! A passive checkpoint copies pages into the database while appends go on. Under constant load it never catches
//! up with the last append, and the log file would grow for ever; so once it is large, appends are held for one
//! short second checkpoint of what little came in meanwhile, and the next append begins the file anew.
//!
//! A file that grows costs a second write at every sync, for its new length: measured, an append of one commit took
//! 264 µs instead of about 150. So the file is filled with zeros ahead, up to the size at which it begins anew; SQLite
//! takes what is no frame of its own for the end of the log.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Executor, Row};
use tokio::sync::{Mutex, Notify};

use super::open::beside;
use super::writer::Writer;

/// Appended bytes after which a checkpoint is asked for: 1 MiB. Syncing the database delays the syncs of appends; of
/// 1, 4 and 16 MiB, one run each, the smallest had the lowest p99 in batches of 256 (3.2, 4.1 and 8.4 ms).
pub(super) const CHECKPOINT_BYTES: usize = 1 << 20;

/// The same for the first time: 256 KiB. A store that is opened for a few commits needs no file filled ahead.
pub(super) const FIRST_CHECKPOINT_BYTES: usize = 256 << 10;

/// Frames (pages of 4 KiB) in the log from which on appends are held for the second, short checkpoint: 32 MiB.
const RESTART_FRAMES: i64 = 8192;

/// How far the file is filled ahead: what fits in until it begins anew, and what comes in meanwhile.
const FILLED_BYTES: u64 = 48 << 20;

/// Bytes that are filled at a time, while appends are held: under a millisecond.
const FILL_STEP: usize = 512 << 10;

/// Runs until it is aborted: a checkpoint whenever the writer asks for one.
pub(super) fn keep_short(
    path: &Path,
    mut conn: SqliteConnection,
    writer: Arc<Mutex<Writer>>,
    wanted: Arc<Notify>,
) -> impl Future<Output = ()> + Send + 'static {
    let wal = beside(path, "-wal");
    async move {
        wanted.notified().await;
        if let Err(error) = fill_ahead(&wal, &writer).await {
            tracing::warn!(%error, "the write-ahead log could not be filled ahead: appends are slower for a while");
        }
        loop {
            if let Err(error) = checkpoint(&mut conn, &writer).await {
                tracing::warn!(%error, "the write-ahead log could not be copied into the database");
            }
            wanted.notified().await;
        }
    }
}

async fn checkpoint(conn: &mut SqliteConnection, writer: &Mutex<Writer>) -> Result<(), sqlx::Error> {
    let (frames, _) = passive(conn).await?;
    if frames >= RESTART_FRAMES {
        // What came in during the first is much, what comes in during a second one is little.
        passive(conn).await?;
        let held = writer.lock().await;
        passive(conn).await?;
        drop(held);
    }
    Ok(())
}

async fn passive(conn: &mut SqliteConnection) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(conn).await?;
    Ok((row.try_get(1)?, row.try_get(2)?))
}

/// Adds zeros behind the last frame. Only while no append runs, or they would overwrite what it adds.
async fn fill_ahead(wal: &Path, writer: &Arc<Mutex<Writer>>) -> std::io::Result<()> {
    loop {
        let mut held = Arc::clone(writer).lock_owned().await;
        held.settle().await.map_err(std::io::Error::other)?;
        let path = wal.to_owned();
        let step = tokio::task::spawn_blocking(move || {
            let filled = fill_step(&path)?;
            drop(held);
            filled.map_or(Ok(true), |file| file.sync_data().map(|()| false))
        });
        if step.await.map_err(std::io::Error::other)?? {
            return Ok(());
        }
    }
}

/// One step; the file, which is still to be synced, or nothing when it is long enough.
fn fill_step(path: &PathBuf) -> std::io::Result<Option<std::fs::File>> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    if file.seek(SeekFrom::End(0))? >= FILLED_BYTES {
        return Ok(None);
    }
    file.write_all(&vec![0; FILL_STEP])?;
    Ok(Some(file))
}

/// Empties the write-ahead log: everything stands in the database file after this.
pub(super) async fn truncate(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.map(|_| ())
}
