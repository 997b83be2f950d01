//! Rebuilding: a fold at memory speed and one bulk write into a new file, beside the one that serves, then a swap.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use event_store::EventStore;
use games_core::view::Cell;
use schemas::{CommitNo, Position, WallTime, WorldId};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use crate::changes::bound_name;
use crate::db::{self, Db, Mode, PROJECTION, Writer};
use crate::dialect::{Bulk, quoted};
use crate::error::ProjectionError;
use crate::games::is_world;
use crate::models::ReadModels;
use crate::pages::publishable;
use crate::projector::NOTICE_AGE_MS_MAX;
use crate::query::cells_of;
use crate::schema::{HostTable, Schema};
use crate::tape::{self, Out, Plan, Played, Sink};
use crate::write::put_notices;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Events folded.
    pub events_done: u64,
    /// Events in all, of all worlds.
    pub events_total: u64,
    /// Rows written.
    pub rows: u64,
}

/// What a rebuild came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// Which version served before.
    pub from: u64,
    /// Which version serves now.
    pub to: u64,
    /// Events folded.
    pub events: u64,
    /// Rows written.
    pub rows: u64,
    /// Worlds that could not be folded to their end: rows stand as of the commit before, and the projection stops
    /// there.
    pub stopped: Vec<ProjectionError>,
    /// How long fold and writing took, in ms.
    pub fold_ms: u64,
    /// How long indexes, closing and the swap took, in ms.
    pub finish_ms: u64,
}

/// Writes what a fold hands on.
struct Fill<'a, 'p> {
    writer: &'a mut Writer,
    name: Arc<str>,
    before: u64,
    progress: &'a mut Progress,
    report: &'a mut (dyn FnMut(Progress) + Send + 'p),
}

impl Sink for Fill<'_, '_> {
    async fn take(&mut self, out: Out) -> Result<(), ProjectionError> {
        match out {
            Out::Rows { table, cells } => {
                let Writer { conn, texts } = &mut *self.writer;
                self.progress.rows += texts.put(conn, table, &self.name, cells, Bulk::Insert).await?;
            }
            Out::At(position) => {
                self.progress.events_done = self.before + position.get();
                (self.report)(*self.progress);
            }
        }
        Ok(())
    }
}

/// Builds all read models anew from the log into a new file, then lets it serve in place of the old one.
///
/// The old version serves and is followed until the swap. Whatever breaks this off, a dropped future too, leaves it
/// serving. What the outbox holds is carried over; no message is made anew, but for events that the old version had
/// not come to.
///
/// # Errors
/// [`ProjectionError::RebuildRunning`] when one is under way; else when log or files can not be used.
pub async fn rebuild<S: EventStore>(
    store: &S,
    models: &ReadModels,
    now: WallTime,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<RebuildReport, ProjectionError> {
    let (number, path, _lock) = models.next_file()?;
    let started = Instant::now();
    let mut writer = db::open_writer(&path, models.schema(), Mode::Fill).await?;
    db::create_tables(&mut writer).await?;
    writer.conn.execute("BEGIN").await?;
    let mut worlds = store.worlds().await?;
    worlds.retain(|found| is_world(&found.world));
    let mut progress = Progress {
        events_total: worlds.iter().map(|found| found.head.position.get()).sum(),
        ..Progress::default()
    };
    let mut stopped = Vec::new();
    let mut played = Vec::new();
    for found in worlds {
        let cursor = models.held().await.cursor(&found.world).await?;
        let mut plan = Plan {
            games: models.games().clone(),
            schema: Arc::clone(models.schema()),
            world: found.world.clone(),
            target: publishable(store, &found.world, found.head.commit).await?,
            notices_after: cursor,
        };
        let before = progress;
        let done = loop {
            progress = before;
            let mut fill = Fill {
                writer: &mut writer,
                name: bound_name(&found.world),
                before: before.events_done,
                progress: &mut progress,
                report,
            };
            match tape::run(store, plan.clone(), &mut fill).await {
                Ok(done) => break done,
                Err(ProjectionError::Poison { world, commit, problem }) if commit > CommitNo::ZERO => {
                    // One bad world must not keep the others from new tables. Once more, up to the commit before.
                    forget(&mut writer.conn, models.schema(), &found.world).await?;
                    plan.target = commit.prev();
                    stopped.push(ProjectionError::Poison { world, commit, problem });
                }
                Err(other) => return Err(other),
            }
        };
        put_checkpoint(&mut writer.conn, &found.world, &done, now).await?;
        progress.events_done = before.events_done + found.head.position.get();
        played.push((found.world, done));
    }
    writer.conn.execute("COMMIT").await?;
    report(progress);
    let folded = Instant::now();
    db::create_indexes(&mut writer).await?;
    writer.close().await?;
    let from = models.version();
    // From here on the projector waits: the outbox must not change while it is carried over.
    let mut held = models.exclusive().await;
    carry_outbox(store, &held, &path, models.schema(), played, now).await?;
    sync(&path)?;
    models.swap(&mut held, number).await?;
    drop(held);
    let events = progress.events_done;
    Ok(RebuildReport {
        from,
        to: number,
        events,
        rows: progress.rows,
        stopped,
        fold_ms: folded.duration_since(started).as_millis() as u64,
        finish_ms: folded.elapsed().as_millis() as u64,
    })
}

fn sync(path: &Path) -> Result<(), ProjectionError> {
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|e| ProjectionError::file(path, &e))
}

/// Deletes whatever was written of a world.
async fn forget(
    conn: &mut SqliteConnection,
    schema: &Schema,
    world: &WorldId,
) -> Result<(), ProjectionError> {
    for table in schema.tables().iter().filter(|table| table.column("world").is_some()) {
        let sql = format!("DELETE FROM {} WHERE world = $1", quoted(&table.name));
        sqlx::query(AssertSqlSafe(sql)).bind(world.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

async fn put_checkpoint(
    conn: &mut SqliteConnection,
    world: &WorldId,
    played: &Played,
    now: WallTime,
) -> Result<(), ProjectionError> {
    let at = &played.checkpoint;
    if at.commit == CommitNo::ZERO {
        return Ok(());
    }
    let sql = "INSERT INTO checkpoints (world, projection, commit_no, hash, rewinds, position, updated_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(world.as_str())
        .bind(PROJECTION)
        .bind(at.commit.get().cast_signed())
        .bind(at.hash.to_string())
        .bind(i64::from(at.rewinds))
        .bind(at.position.get().cast_signed())
        .bind(now.ms())
        .execute(conn)
        .await?;
    Ok(())
}

/// Copies outbox, sent table and cursors from the version that serves, and adds the messages of events that it had
/// not come to.
async fn carry_outbox<S: EventStore>(
    store: &S,
    old: &Db,
    path: &Path,
    schema: &Arc<Schema>,
    played: Vec<(WorldId, Played)>,
    now: WallTime,
) -> Result<(), ProjectionError> {
    let mut writer = db::open_writer(path, schema, Mode::Serve).await?;
    let Writer { conn, texts } = &mut writer;
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
    for table in [HostTable::Outbox, HostTable::OutboxCursor] {
        let spec = schema.host(table);
        let sql = format!("SELECT * FROM {} ORDER BY world", quoted(&spec.name));
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&old.readers).await?;
        for row in rows {
            let mut cells = cells_of(&row, &spec.columns)?;
            let Cell::Text(world) = cells.remove(0) else { continue };
            texts.put(&mut tx, table.index(), &world.into(), cells, Bulk::Insert).await?;
        }
    }
    let sent = sqlx::query("SELECT nonce, sent_ms FROM outbox_sent").fetch_all(&old.readers).await?;
    for row in sent {
        sqlx::query("INSERT INTO outbox_sent (nonce, sent_ms) VALUES ($1, $2)")
            .bind(row.try_get::<String, _>(0)?)
            .bind(row.try_get::<i64, _>(1)?)
            .execute(&mut *tx)
            .await?;
    }
    for (world, played) in played {
        let name = bound_name(&world);
        let head = store.head(&world).await?.position;
        let cursor = old.cursor(&world).await?;
        // Messages of events that a restored log no longer holds; what takes their place will be told again.
        let known = cursor.map_or(played.checkpoint.position, |cursor| cursor.min(head));
        let mut cancelled = vec![(head, Position::new(i64::MAX.cast_unsigned()))];
        cancelled.extend(played.void.iter().map(|span| span.positions));
        for (after, before) in cancelled {
            let sql =
                "UPDATE outbox SET cancelled = TRUE WHERE world = $1 AND position > $2 AND position < $3";
            sqlx::query(sql)
                .bind(Arc::clone(&name))
                .bind(after.get().cast_signed())
                .bind(before.get().cast_signed())
                .execute(&mut *tx)
                .await?;
        }
        let mut notices = played.notices;
        let oldest = now.ms() - NOTICE_AGE_MS_MAX;
        notices.retain(|notice| notice.position > known && notice.created_ms >= oldest);
        let cursor = known.max(played.checkpoint.position);
        put_notices(&mut tx, texts, &name, notices, cursor).await?;
    }
    tx.commit().await?;
    writer.close().await
}
