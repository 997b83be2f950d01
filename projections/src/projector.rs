//! Following the log: a batch of commits becomes rows and a checkpoint, in one transaction.

mod load;
mod rewrite;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use event_store::{EventStore, SnapshotStore};
use games_registry::FoldError;
use schemas::{CommitNo, Position, StoredCommit, WallTime, WorldId};

use crate::changes::{Changes, Want, bound_name};
use crate::db::{BoardsAsOf, Checkpoint, Db, Stand};
use crate::error::ProjectionError;
use crate::games::{changes_rules, is_world};
use crate::line::{Chain, Line};
use crate::models::ReadModels;
use crate::pages::page;
use crate::write::{Batch, Rows};

/// Messages about things longer ago than this are not sent: a projection that starts late, or from nothing, must not
/// tell players all that ever happened.
pub(crate) const NOTICE_AGE_MS_MAX: i64 = 24 * 3600 * 1000;

/// Settings of a projector.
#[derive(Debug, Clone, Copy)]
pub struct ProjectorConfig {
    /// The most commits of one batch.
    pub batch_commits: u32,
    /// Messages about things longer ago than this, in ms, are not sent.
    pub notice_age_ms_max: i64,
    /// Leaderboards whose next writing takes more than [`ProjectorConfig::board_rows`] rows are written so often at
    /// most, in ms of the wall clock: one who climbs from the end of a board to its head moves everybody in between. 0
    /// writes them with every batch.
    pub board_refresh_ms: i64,
    /// Changes of leaderboards that take no more rows than this are written with the batch that makes them.
    pub board_rows: usize,
}

impl Default for ProjectorConfig {
    fn default() -> Self {
        Self {
            batch_commits: 512,
            notice_age_ms_max: NOTICE_AGE_MS_MAX,
            board_refresh_ms: 2_000,
            board_rows: 512,
        }
    }
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The rows stand where the log ends.
    Idle,
    /// A rewind is under way; nothing is published before it is completed.
    Rewinding,
    /// The rows moved on.
    Advanced {
        /// Commits taken in.
        commits: u64,
        /// Rows of current state written and rows of history added.
        rows: u64,
    },
}

/// What is held in memory of a world between two batches. Whatever goes wrong, it is dropped and loaded again: memory
/// never knows more than the rows.
struct Held {
    name: Arc<str>,
    line: Line,
    checkpoint: Checkpoint,
    boards: BoardsAsOf,
    cursor: Position,
    version: u64,
}

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

/// Follows the log, world by world. Worlds are independent: a world that stops holds no other up, and steps of
/// different worlds may run at once.
pub struct Projector<S> {
    store: Arc<S>,
    models: Arc<ReadModels>,
    config: ProjectorConfig,
    slots: Mutex<BTreeMap<WorldId, Slot>>,
    crash: AtomicBool,
}

impl<S: EventStore + SnapshotStore> Projector<S> {
    /// A projector from this log into these read models. Only one may run on a directory.
    #[must_use]
    pub fn new(store: Arc<S>, models: Arc<ReadModels>, config: ProjectorConfig) -> Self {
        Self { store, models, config, slots: Mutex::default(), crash: AtomicBool::new(false) }
    }

    /// The read models that it writes.
    #[must_use]
    pub const fn models(&self) -> &Arc<ReadModels> {
        &self.models
    }

    /// Takes in the next commits of a world, at most one batch.
    ///
    /// # Errors
    /// Nothing was written then. Errors that [stop](ProjectionError::stops) are answered to every further step,
    /// until [`Projector::retry`] or a rebuild; the others may be gone when it is tried again.
    pub async fn step(&self, world: &WorldId, now: WallTime) -> Result<Step, ProjectionError> {
        let slot = self.slot(world);
        let mut slot = slot.lock().await;
        let db = self.models.held().await;
        if let Some(error) = self.models.notes.stopped(world) {
            return Err(error);
        }
        let stepped = self.advance(&db, &mut slot, world, now).await;
        self.crash.store(false, Ordering::Release);
        if let Err(error) = &stepped {
            *slot = None;
            if *error == ProjectionError::Replaced {
                drop(db);
                self.models.refresh().await?;
                return stepped;
            }
            if error.stops() {
                tracing::error!(%world, code = error.code(), %error, "the projection of a world stands still");
                self.models.notes.stop(world, error.clone());
            }
        }
        stepped
    }

    /// Steps until the rows of a world stand where the log ends, or a rewind is waited for.
    ///
    /// # Errors
    /// As [`Projector::step`].
    pub async fn catch_up(&self, world: &WorldId, now: WallTime) -> Result<Step, ProjectionError> {
        loop {
            match self.step(world, now).await? {
                Step::Advanced { .. } => {}
                step @ (Step::Idle | Step::Rewinding) => return Ok(step),
            }
        }
    }

    /// Catches every world of the log up; answers how each ended. One that stops holds no other up.
    ///
    /// # Errors
    /// When the log can not say which worlds there are.
    pub async fn catch_up_all(
        &self,
        now: WallTime,
    ) -> Result<Vec<(WorldId, Result<Step, ProjectionError>)>, ProjectionError> {
        let mut out = Vec::new();
        for found in self.store.worlds().await? {
            if is_world(&found.world) {
                let step = self.catch_up(&found.world, now).await;
                out.push((found.world, step));
            }
        }
        Ok(out)
    }

    /// Lets a stopped world try again.
    pub fn retry(&self, world: &WorldId) {
        self.models.notes.clear(world);
    }

    /// Lets the next step die just before its transaction ends, for tests.
    #[doc(hidden)]
    pub fn crash_next(&self) {
        self.crash.store(true, Ordering::Release);
    }

    /// Forgets what is held in memory, as a restart does, for tests.
    #[doc(hidden)]
    pub fn forget(&self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn slot(&self, world: &WorldId) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(world.clone()).or_default())
    }

    async fn advance(
        &self,
        db: &Db,
        slot: &mut Option<Held>,
        world: &WorldId,
        now: WallTime,
    ) -> Result<Step, ProjectionError> {
        // Taken out until the transaction has ended: a step that is dropped half-way leaves nothing behind.
        let mut held = match slot.take() {
            Some(held) if held.version == self.models.version() => held,
            Some(_) | None => self.load(db, world).await?,
        };
        let mut most = u64::from(self.config.batch_commits.max(1));
        loop {
            let from = held.checkpoint;
            let commits = page(&*self.store, world, from.commit, from.commit.plus(most)).await?;
            let Some(first) = commits.first() else {
                self.check_checkpoint(world, &from).await?;
                if self.are_boards_due(&held, now) {
                    // They waited for their time, and nothing else has come since.
                    let step = self.publish(db, &mut held, from, Changes::default(), now).await?;
                    *slot = Some(held);
                    return Ok(step);
                }
                *slot = Some(held);
                return Ok(Step::Idle);
            };
            if first.prev != from.hash {
                // Either the log is another one now, or its chain is broken here: the fold says the latter.
                self.check_checkpoint(world, &from).await?;
            }
            let mut changes = Changes::default();
            match self.fold(&mut held, &commits, &mut changes) {
                Ok(Some(to)) => {
                    let step = self.publish(db, &mut held, to, changes, now).await?;
                    *slot = Some(held);
                    return Ok(step);
                }
                Ok(None) => return self.rewrite(db, slot, held, first, now).await,
                Err(error) if error.commit > first.commit => {
                    // What comes before the bad commit is good, and shall stand in the rows when this one stops.
                    most = error.commit.get() - first.commit.get();
                    held = self.load(db, world).await?;
                }
                Err(error) => return Err(ProjectionError::poison(world, error)),
            }
        }
    }

    /// Folds commits up to the first that asks for more than that: a rewind, or new rules. Answers how far it came;
    /// nothing when the first is such a one.
    fn fold(
        &self,
        held: &mut Held,
        commits: &[StoredCommit],
        changes: &mut Changes,
    ) -> Result<Option<Checkpoint>, FoldError> {
        let mut to = held.checkpoint;
        let mut chain = Chain { commit: to.commit, hash: to.hash };
        for stored in commits {
            let open = chain.next(stored)?;
            if stored.rewinds_to.is_some() || changes_rules(&open) {
                break;
            }
            held.line.push(
                self.models.games(),
                stored,
                &open,
                Want::All { void: false, notices: true },
                changes,
            )?;
            (to.commit, to.hash, to.position) = (stored.commit, stored.hash, stored.last());
        }
        Ok(if to.commit > held.checkpoint.commit { Some(to) } else { None })
    }

    /// Writes what a batch has changed.
    async fn publish(
        &self,
        db: &Db,
        held: &mut Held,
        to: Checkpoint,
        mut changes: Changes,
        now: WallTime,
    ) -> Result<Step, ProjectionError> {
        let due = self.are_boards_due(held, now);
        let mut rows = Rows::current(&db.schema, &mut held.line, &mut changes, due)?;
        rows.history(&self.places(db, held), &mut changes);
        let mut batch = self.batch(held, to, rows, &mut changes, now);
        if due {
            batch.boards.written = now;
        }
        if due || held.line.boards.pending(1) == 0 {
            batch.boards.commit = to.commit;
        }
        self.write(db, held, batch).await
    }

    /// Whether the boards have changed and are to be written now: because that is little, or because it is time.
    fn are_boards_due(&self, held: &Held, now: WallTime) -> bool {
        let pending = held.line.boards.pending(self.config.board_rows.saturating_add(1));
        let waited = now.ms().saturating_sub(held.boards.written.ms());
        pending > 0 && (pending <= self.config.board_rows || waited >= self.config.board_refresh_ms)
    }

    fn batch(&self, held: &Held, to: Checkpoint, rows: Rows, changes: &mut Changes, now: WallTime) -> Batch {
        let mut notices = std::mem::take(&mut changes.notices);
        let oldest = now.ms() - self.config.notice_age_ms_max;
        notices.retain(|notice| notice.position > held.cursor && notice.created_ms >= oldest);
        Batch {
            name: Arc::clone(&held.name),
            from: held.checkpoint,
            to,
            now,
            boards: held.boards,
            rewrite: None,
            rows,
            void: Vec::new(),
            notices,
            cursor: held.cursor.max(to.position),
        }
    }

    async fn write(&self, db: &Db, held: &mut Held, batch: Batch) -> Result<Step, ProjectionError> {
        let (to, cursor, boards) = (batch.to, batch.cursor, batch.boards);
        let commits = to.commit.get() - batch.from.commit.get();
        let rows = batch.rows.count(&db.schema);
        let crash = self.crash.swap(false, Ordering::AcqRel);
        let mut writer = db.writer()?.lock().await;
        batch.write(&mut writer, &db.schema, crash).await?;
        (held.checkpoint, held.cursor, held.boards) = (to, cursor, boards);
        Ok(Step::Advanced { commits, rows })
    }

    fn places(&self, db: &Db, held: &Held) -> Vec<usize> {
        held.line.world().map(|world| db.schema.of_game(world.game().name())).unwrap_or_default()
    }

    /// Looks whether the log still holds the commit that the rows were made from.
    async fn check_checkpoint(&self, world: &WorldId, rows: &Checkpoint) -> Result<(), ProjectionError> {
        if rows.commit == CommitNo::ZERO {
            return Ok(());
        }
        let commit = page(&*self.store, world, rows.commit.prev(), rows.commit).await?;
        match commit.first() {
            Some(found) if found.hash == rows.hash => Ok(()),
            Some(found) => Err(ProjectionError::CheckpointMismatch {
                world: world.clone(),
                commit: rows.commit,
                rows: rows.hash,
                log: found.hash,
            }),
            None => Err(ProjectionError::CheckpointAhead {
                world: world.clone(),
                checkpoint: rows.commit,
                head: self.store.head(world).await?.commit,
            }),
        }
    }

    fn empty(&self, world: &WorldId, stand: Stand, cursor: Position) -> Held {
        let version = self.models.version();
        let Stand { checkpoint, boards } = stand;
        Held { name: bound_name(world), line: Line::new(), checkpoint, boards, cursor, version }
    }
}
