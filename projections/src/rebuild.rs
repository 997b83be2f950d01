//! Rebuilding: a fold at memory speed and one bulk write into a new version, beside the one that serves, then a swap.

use std::sync::Arc;
use std::time::Instant;

use event_store::EventStore;
use games_core::view::{Cell, ColumnKind};
use schemas::{CommitNo, Position, WallTime, WorldId};

use crate::bulk::Texts;
use crate::changes::bound_name;
use crate::db::{BoardsAsOf, Db, Filler, Mode, Writer};
use crate::dialect::{Bulk, quoted};
use crate::engine::postgres::{HANDS, Session};
use crate::engine::{Link, sqlite};
use crate::error::ProjectionError;
use crate::games::is_world;
use crate::models::{Home, Next, ReadModels};
use crate::pages::publishable;
use crate::projector::NOTICE_AGE_MS_MAX;
use crate::query::kinds_of;
use crate::schema::HostTable;
use crate::tape::{self, Out, Plan, Played, Sink};
use crate::write::{INSERT_CHECKPOINT, checkpoint_row, put_notices};

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
    filler: &'a mut Filler,
    name: Arc<str>,
    before: u64,
    progress: &'a mut Progress,
    report: &'a mut (dyn FnMut(Progress) + Send + 'p),
}

impl Sink for Fill<'_, '_> {
    async fn take(&mut self, out: Out) -> Result<(), ProjectionError> {
        match out {
            Out::Rows { table, cells } => {
                let Filler { conn, texts } = &mut *self.filler;
                self.progress.rows +=
                    texts.put(&mut conn.link(), table, &self.name, cells, Bulk::Load).await?;
            }
            Out::At(position) => {
                self.progress.events_done = self.before + position.get();
                (self.report)(*self.progress);
            }
        }
        Ok(())
    }
}

/// Builds all read models anew from the log into a new file or schema, then lets it serve in place of the old one.
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
    let Next { number, mut filler, locks: _locks } = models.next().await?;
    let started = Instant::now();
    filler.begin().await?;
    filler.create_tables().await?;
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
            boards_at: None,
        };
        let before = progress;
        let done = loop {
            progress = before;
            let mut fill = Fill {
                filler: &mut filler,
                name: bound_name(&found.world),
                before: before.events_done,
                progress: &mut progress,
                report,
            };
            match tape::run(store, plan.clone(), &mut fill).await {
                Ok(done) => break done,
                Err(ProjectionError::Poison { world, commit, problem }) if commit > CommitNo::ZERO => {
                    // One bad world must not keep the others from new tables. Once more, up to the commit before.
                    forget(&mut filler, &found.world).await?;
                    plan.target = commit.prev();
                    stopped.push(ProjectionError::Poison { world, commit, problem });
                }
                Err(other) => return Err(other),
            }
        };
        put_checkpoint(&mut filler.conn.link(), &found.world, &done, now).await?;
        progress.events_done = before.events_done + found.head.position.get();
        played.push((found.world, done));
    }
    filler.commit().await?;
    report(progress);
    let folded = Instant::now();
    match models.home() {
        Home::Directory(_) => {
            filler.create_indexes().await?;
            filler.conn.close().await?;
        }
        Home::Server(server) => server.finish(filler, number, HANDS).await?,
    }
    let from = models.version();
    // From here on the projector waits: the outbox must not change while it is settled.
    let mut held = models.exclusive().await;
    let new = match swap(store, models, &held, number, played, now).await {
        Ok(new) => new,
        Err(error) => {
            drop(held);
            // A lost answer may have been that the new version serves.
            if let Err(error) = models.refresh().await {
                tracing::warn!(%error, "it can not be seen whether the new read models serve");
            }
            return Err(error);
        }
    };
    models.put(&mut held, number, new);
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

/// Deletes whatever was written of a world.
async fn forget(filler: &mut Filler, world: &WorldId) -> Result<(), ProjectionError> {
    let Filler { conn, texts } = filler;
    let schema = Arc::clone(texts.schema());
    let mut link = conn.link();
    for (i, table) in schema.tables().iter().enumerate() {
        if table.is_derived() && table.column("world").is_some() {
            texts.clear(&mut link, i, world.as_str()).await?;
        }
    }
    Ok(())
}

async fn put_checkpoint(
    link: &mut Link<'_>,
    world: &WorldId,
    played: &Played,
    now: WallTime,
) -> Result<(), ProjectionError> {
    if played.checkpoint.commit == CommitNo::ZERO {
        return Ok(());
    }
    let boards = BoardsAsOf { commit: played.checkpoint.commit, written: now };
    let row = checkpoint_row(world.as_str(), &played.checkpoint, now, &boards);
    link.execute(INSERT_CHECKPOINT, row).await?;
    Ok(())
}

type AllPlayed = Vec<(WorldId, Played)>;

/// Lets the new version serve with the outbox of the old one, to which the messages of events are added that the old one
/// had not come to.
async fn swap<S: EventStore>(
    store: &S,
    models: &ReadModels,
    old: &Db,
    number: u64,
    played: AllPlayed,
    now: WallTime,
) -> Result<Db, ProjectionError> {
    match models.home() {
        Home::Directory(directory) => {
            let conn = sqlite::open_writer(&directory.file(number), Mode::Serve).await?;
            let mut writer = Writer::sqlite(conn, models.schema());
            let (mut tx, texts) = writer.begin().await?;
            let mut link = tx.link();
            carry_outbox(&mut link, texts, old).await?;
            settle(&mut link, texts, store, old, played, now).await?;
            tx.commit().await?;
            writer.close().await?;
            directory.serve(number, models.schema()).await
        }
        Home::Server(server) => {
            // The pointer and the outbox move in one transaction, on the session that holds the lock.
            let mut writer = old.any_writer()?.lock().await;
            let (mut tx, texts) = writer.begin().await?;
            settle(&mut tx.link(), texts, store, old, played, now).await?;
            Session::serve(&mut tx, models.version(), number).await?;
            tx.commit().await?;
            server.next(number, models.schema(), &mut writer).await
        }
    }
}

/// Copies outbox, sent table and cursors from the file that serves.
async fn carry_outbox(link: &mut Link<'_>, texts: &mut Texts, old: &Db) -> Result<(), ProjectionError> {
    let schema = Arc::clone(texts.schema());
    for table in [HostTable::Outbox, HostTable::OutboxCursor] {
        let spec = schema.host(table);
        let sql = format!("SELECT * FROM {} ORDER BY world", quoted(&spec.name));
        for mut row in old.readers.fetch(sql, Vec::new(), &kinds_of(&spec.columns)).await? {
            let Cell::Text(world) = row.0.remove(0) else { continue };
            texts.put(link, table.index(), &world.into(), row.0, Bulk::Insert).await?;
        }
    }
    let sql = "SELECT nonce, sent_ms FROM outbox_sent";
    for row in old.readers.fetch(sql, Vec::new(), &[ColumnKind::Text, ColumnKind::Int]).await? {
        let sql = "INSERT INTO outbox_sent (nonce, sent_ms) VALUES ($1, $2)";
        link.execute(sql, row.0).await?;
    }
    Ok(())
}

/// Cancels messages of what a rewind has made void, or a restored log no longer holds, and adds the messages of events
/// that the old version had not come to.
async fn settle<S: EventStore>(
    link: &mut Link<'_>,
    texts: &mut Texts,
    store: &S,
    old: &Db,
    played: AllPlayed,
    now: WallTime,
) -> Result<(), ProjectionError> {
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
            let bounds = [after, before].map(|at| Cell::Int(at.get().cast_signed()));
            let values = std::iter::once(Cell::from(&*name)).chain(bounds).collect();
            link.execute(sql, values).await?;
        }
        let mut notices = played.notices;
        let oldest = now.ms() - NOTICE_AGE_MS_MAX;
        notices.retain(|notice| notice.position > known && notice.created_ms >= oldest);
        let cursor = known.max(played.checkpoint.position);
        put_notices(link, texts, &name, notices, cursor).await?;
    }
    Ok(())
}
