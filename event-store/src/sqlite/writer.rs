//! The one connection that writes.
//!
//! SQLite has one writer; the owner of the file lock is the only one there is. So the heads are kept in memory, and
//! an append is one text handed to the connection's thread: begin, heads, commits, commit. The file's own guards
//! (primary key, triggers) stand behind that, in case the lock was broken by hand.

use std::collections::HashMap;
use std::sync::Arc;

use schemas::{CommitNo, StoredCommit, WorldId};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Executor};

use super::error::{Trouble, describe, read_error, trouble, unavailable};
use super::read::{NumberedHead, command_keys, numbered_heads, rewinds, run_all, with_command};
use super::schema::{self, COMMITS_MAX, ROWS_MAX, STATEMENTS_BEFORE_COMMIT, WORLDS_MAX, commit_id};
use super::wal::{CHECKPOINT_BYTES, FIRST_CHECKPOINT_BYTES};
use crate::live_keys::LiveKeys;
use crate::{AppendError, Head, ReadError, WorldBatch, check};

type Ending = Result<CommitNo, AppendError>;
type Bound = Query<'static, Sqlite, SqliteArguments>;

/// What the owner knows of a world without asking the file.
#[derive(Debug)]
struct Known {
    world_no: i64,
    /// The world's name, shared with every bound row.
    name: Arc<str>,
    head: Head,
    /// The command keys since the last rewind; loaded when the world is first written to.
    line: Option<LiveKeys>,
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) conn: SqliteConnection,
    known: HashMap<WorldId, Known>,
    next_world: i64,
    texts: HashMap<(usize, usize), Arc<str>>,
    /// Whether memory may differ from the file: an append was broken off, or ended in an error.
    stale: bool,
    /// Bytes appended since the last checkpoint of the write-ahead log was asked for, and how many ask for the next.
    unchecked: usize,
    check_at: usize,
}

/// How the one write of a call ended.
enum Written {
    Done,
    /// Rolled back: the error came before COMMIT, or COMMIT found the disk full.
    No(sqlx::Error),
    /// The error came from COMMIT.
    Unknown(sqlx::Error),
}

impl Writer {
    pub(super) fn new(conn: SqliteConnection, heads: Vec<NumberedHead>) -> Self {
        let mut writer = Self {
            conn,
            known: HashMap::new(),
            next_world: 1,
            texts: HashMap::new(),
            stale: false,
            unchecked: 0,
            check_at: FIRST_CHECKPOINT_BYTES,
        };
        writer.learn(heads);
        writer
    }

    fn learn(&mut self, heads: Vec<NumberedHead>) {
        self.known.clear();
        self.next_world = 1;
        for NumberedHead { world_no, world, head } in heads {
            self.next_world = self.next_world.max(world_no + 1);
            self.known
                .insert(world.clone(), Known { world_no, name: world.as_str().into(), head, line: None });
        }
    }

    /// Ends what an earlier call left open and learns the heads from the file again.
    async fn refresh(&mut self) -> Result<(), ReadError> {
        // Without an open transaction this fails, and that is well.
        self.conn.execute("ROLLBACK").await.ok();
        let heads = numbered_heads(&mut self.conn).await?;
        self.learn(heads);
        self.stale = false;
        Ok(())
    }

    /// Makes sure that no append is under way, not even one whose caller has stopped waiting.
    pub(super) async fn settle(&mut self) -> Result<(), ReadError> {
        if self.stale { self.refresh().await } else { Ok(()) }
    }

    /// Whether enough was appended since the last time that this was so.
    pub(super) const fn wants_checkpoint(&mut self) -> bool {
        let wanted = self.unchecked >= self.check_at;
        if wanted {
            self.unchecked = 0;
            self.check_at = CHECKPOINT_BYTES;
        }
        wanted
    }

    /// See [`EventStore::append`](crate::EventStore::append).
    pub(super) async fn append(&mut self, batches: Vec<WorldBatch>) -> Vec<Ending> {
        if let Err(error) = self.settle().await {
            return vec![Err(AppendError::Unavailable(error.to_string())); batches.len()];
        }
        let repeated = check::repeated_worlds(&batches);
        let mut endings = Vec::with_capacity(batches.len());
        let mut admitted = Vec::with_capacity(batches.len());
        for (batch, repeated) in batches.into_iter().zip(repeated) {
            match self.admit(&batch, repeated).await {
                Ok(()) => {
                    endings.push(Ok(check::head_after(&batch, &Head::default()).commit));
                    admitted.push((endings.len() - 1, batch));
                }
                Err(error) => endings.push(Err(error)),
            }
        }
        if admitted.is_empty() {
            return endings;
        }
        // From here on a caller who stops waiting leaves the transaction open; the next call cleans up.
        self.stale = true;
        let written = self.write(&admitted).await;
        match written {
            Written::Done => {
                self.stale = false;
                for (_, batch) in &admitted {
                    self.advance(batch);
                }
            }
            Written::No(error) if trouble(&error) == Trouble::Constraint => {
                self.recheck(&mut endings, &admitted, &error).await;
            }
            Written::No(error) => settle_all(&mut endings, &admitted, &unavailable(&error)),
            Written::Unknown(error) => {
                settle_all(&mut endings, &admitted, &AppendError::OutcomeUnknown(describe(&error)));
            }
        }
        endings
    }

    async fn admit(&mut self, batch: &WorldBatch, repeated: bool) -> Result<(), AppendError> {
        if repeated {
            return Err(check::repeated(batch));
        }
        check::form(batch)?;
        let head = self.known.get(&batch.world).map_or_else(Head::default, |known| known.head);
        check::against(batch, &head)?;
        if batch.expected.get() + batch.commits.len() as u64 > COMMITS_MAX || self.next_world > WORLDS_MAX {
            return Err(AppendError::Unavailable(format!("{}: this file is full", batch.world)));
        }
        self.refuse_repeated_commands(batch).await.map_err(|e| unavailable(&e))?
    }

    async fn refuse_repeated_commands(
        &mut self,
        batch: &WorldBatch,
    ) -> Result<Result<(), AppendError>, sqlx::Error> {
        let Self { conn, known, .. } = self;
        let Some(known) = known.get_mut(&batch.world) else {
            let twice = check::repeated_command(batch, |_| false);
            return Ok(twice.map_or(Ok(()), |id| Err(check::duplicate(batch, id))));
        };
        let line = match &mut known.line {
            Some(line) => line,
            None => known.line.insert(load_line(conn, known.world_no).await?),
        };
        let suspects = match line.suspects(batch) {
            Ok(suspects) => suspects,
            Err(twice) => return Ok(Err(twice)),
        };
        for id in suspects {
            if !with_command(conn, known.world_no, line.since.prev(), &id).await?.is_empty() {
                return Ok(Err(check::duplicate(batch, id.as_str())));
            }
        }
        Ok(Ok(()))
    }

    /// The file's own guard has refused the write: somebody else wrote in spite of the lock. Learns the heads anew
    /// and says what each batch would have been told.
    async fn recheck(
        &mut self,
        endings: &mut [Ending],
        admitted: &[(usize, WorldBatch)],
        error: &sqlx::Error,
    ) {
        if let Err(error) = self.refresh().await {
            settle_all(endings, admitted, &AppendError::Unavailable(error.to_string()));
            return;
        }
        for (index, batch) in admitted {
            let refused = self.admit(batch, false).await.err().unwrap_or_else(|| unavailable(error));
            if let Some(ending) = endings.get_mut(*index) {
                *ending = Err(refused);
            }
        }
    }

    fn advance(&mut self, batch: &WorldBatch) {
        let next_world = &mut self.next_world;
        let known = self.known.entry(batch.world.clone()).or_insert_with(|| {
            let world_no = *next_world;
            *next_world += 1;
            let line = Some(LiveKeys::default());
            Known { world_no, name: batch.world.as_str().into(), head: Head::default(), line }
        });
        known.head = check::head_after(batch, &known.head);
        if let Some(line) = &mut known.line {
            line.advance(batch);
        }
        self.unchecked += batch.commits.iter().map(|c| c.header.len() + c.body.len() + 160).sum::<usize>();
    }

    /// Number and name of every admitted world; new worlds get the next numbers, as [`Self::advance`] will give them.
    fn numbers(&self, admitted: &[(usize, WorldBatch)]) -> Vec<(i64, Arc<str>)> {
        let mut next_world = self.next_world;
        let number = |(_, batch): &(usize, WorldBatch)| match self.known.get(&batch.world) {
            Some(known) => (known.world_no, Arc::clone(&known.name)),
            None => {
                let world_no = next_world;
                next_world += 1;
                (world_no, batch.world.as_str().into())
            }
        };
        admitted.iter().map(number).collect()
    }

    async fn write(&mut self, admitted: &[(usize, WorldBatch)]) -> Written {
        let numbers = self.numbers(admitted);
        let rows = rows_of(admitted, &numbers);
        let total = rows.len();
        if admitted.len() > ROWS_MAX || total > ROWS_MAX {
            return self.write_in_parts(admitted, &numbers, &rows).await;
        }
        let shape = (admitted.len().next_power_of_two(), total.next_power_of_two());
        let text = self.texts.entry(shape).or_insert_with(|| schema::append_sql(shape.0, shape.1).into());
        let mut query = sqlx::query(AssertSqlSafe(Arc::clone(text)));
        query = bind_heads(query, admitted, &numbers, shape.0);
        for (world_no, commit) in rows {
            query = bind_commit(query, world_no, commit);
        }
        let (done, result) = run_all(self.conn.fetch_many(query)).await;
        match result {
            Ok(()) if done > STATEMENTS_BEFORE_COMMIT => Written::Done,
            // The connection's thread went away without a word.
            Ok(()) => Written::Unknown(sqlx::Error::WorkerCrashed),
            Err(error) if done < STATEMENTS_BEFORE_COMMIT && error.as_database_error().is_some() => {
                self.roll_back(error).await
            }
            Err(error) => self.not_committed(error, admitted).await,
        }
    }

    /// COMMIT has failed. On a full disk that is final: the frame that commits is the last one written to the write-ahead
    /// log, so it is not there whole, and what is there without it counts for nothing. That memory and file agree on it is
    /// looked at all the same.
    async fn not_committed(&mut self, error: sqlx::Error, admitted: &[(usize, WorldBatch)]) -> Written {
        if trouble(&error) != Trouble::Full {
            return Written::Unknown(error);
        }
        self.conn.execute("ROLLBACK").await.ok();
        let Ok(heads) = numbered_heads(&mut self.conn).await else { return Written::Unknown(error) };
        let in_file = |world: &WorldId| heads.iter().find(|h| h.world == *world).map(|h| h.head);
        let as_before = |world: &WorldId| in_file(world) == self.known.get(world).map(|known| known.head);
        if admitted.iter().all(|(_, batch)| as_before(&batch.world)) {
            Written::No(error)
        } else {
            Written::Unknown(error)
        }
    }

    /// More rows than one statement takes: the same transaction in several calls.
    async fn write_in_parts(
        &mut self,
        admitted: &[(usize, WorldBatch)],
        numbers: &[(i64, Arc<str>)],
        rows: &[(i64, &StoredCommit)],
    ) -> Written {
        if let Err(error) = self.conn.execute("BEGIN IMMEDIATE").await {
            return self.roll_back(error).await;
        }
        for (heads, numbers) in admitted.chunks(ROWS_MAX).zip(numbers.chunks(ROWS_MAX)) {
            let padded = heads.len().next_power_of_two();
            let query = sqlx::query(AssertSqlSafe(schema::heads_sql(padded)));
            if let Err(error) = self.conn.execute(bind_heads(query, heads, numbers, padded)).await {
                return self.roll_back(error).await;
            }
        }
        for part in rows.chunks(ROWS_MAX) {
            let mut query = sqlx::query(AssertSqlSafe(schema::commits_sql(part.len().next_power_of_two())));
            for (world_no, commit) in part {
                query = bind_commit(query, *world_no, commit);
            }
            if let Err(error) = self.conn.execute(query).await {
                return self.roll_back(error).await;
            }
        }
        match self.conn.execute("COMMIT").await {
            Ok(_) => Written::Done,
            Err(error) => self.not_committed(error, admitted).await,
        }
    }

    async fn roll_back(&mut self, error: sqlx::Error) -> Written {
        // Some errors have rolled back by themselves; then this one fails, and that is well. `stale` stays set, so
        // the next call makes sure.
        self.conn.execute("ROLLBACK").await.ok();
        Written::No(error)
    }

    /// Adds a signed checkpoint's line; the same line twice is one.
    pub(super) async fn save_checkpoint(
        &mut self,
        world: &WorldId,
        commit: CommitNo,
        line: String,
    ) -> Result<(), ReadError> {
        self.settle().await?;
        self.stale = true;
        let query = sqlx::query(
            "INSERT INTO checkpoints (world, commit_no, line) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(world.as_str().to_owned())
        .bind(commit.get().cast_signed())
        .bind(line);
        self.conn.execute(query).await.map_err(|e| read_error(&e))?;
        self.stale = false;
        Ok(())
    }
}

async fn load_line(conn: &mut SqliteConnection, world_no: i64) -> Result<LiveKeys, sqlx::Error> {
    let since = rewinds(conn, world_no).await?.last().map_or(CommitNo::ZERO, |rewind| rewind.at);
    let keys = command_keys(conn, world_no, since.prev(), CommitNo::new(u64::MAX)).await?;
    Ok(LiveKeys::new(since, keys.into_iter().map(|(key, _)| key)))
}

fn rows_of<'a>(
    admitted: &'a [(usize, WorldBatch)],
    numbers: &[(i64, Arc<str>)],
) -> Vec<(i64, &'a StoredCommit)> {
    let mut rows = Vec::with_capacity(admitted.iter().map(|(_, batch)| batch.commits.len()).sum());
    for ((_, batch), (world_no, _)) in admitted.iter().zip(numbers) {
        rows.extend(batch.commits.iter().map(|commit| (*world_no, commit)));
    }
    rows
}

fn settle_all(endings: &mut [Ending], admitted: &[(usize, WorldBatch)], error: &AppendError) {
    for (index, _) in admitted {
        if let Some(ending) = endings.get_mut(*index) {
            *ending = Err(error.clone());
        }
    }
}

fn bind_heads(
    mut query: Bound,
    admitted: &[(usize, WorldBatch)],
    numbers: &[(i64, Arc<str>)],
    padded: usize,
) -> Bound {
    for ((_, batch), (world_no, name)) in admitted.iter().zip(numbers) {
        let head = check::head_after(batch, &Head::default());
        query = query
            .bind(*world_no)
            .bind(Arc::clone(name))
            .bind(head.commit.get().cast_signed())
            .bind(head.position.get().cast_signed())
            .bind(head.hash.0.to_vec())
            .bind(head.epoch.get().cast_signed());
    }
    // The commits' values come after these, so the missing heads must be bound, not left out.
    for _ in admitted.len()..padded {
        for _ in 0..schema::HEAD_COLUMNS {
            query = query.bind(None::<i64>);
        }
    }
    query
}

fn bind_commit(query: Bound, world_no: i64, commit: &StoredCommit) -> Bound {
    query
        .bind(commit_id(world_no, commit.commit))
        .bind(commit.first.get().cast_signed())
        .bind(i64::from(commit.events))
        .bind(commit.epoch.get().cast_signed())
        .bind(commit.command.as_ref().map(|id| id.as_str().to_owned()))
        .bind(commit.command.as_ref().map(|id| id.index_key().cast_signed()))
        .bind(commit.rewinds_to.map(|to| to.get().cast_signed()))
        .bind(Arc::clone(&commit.header))
        .bind(Arc::clone(&commit.body))
        .bind(commit.prev.0.to_vec())
        .bind(commit.hash.0.to_vec())
}
