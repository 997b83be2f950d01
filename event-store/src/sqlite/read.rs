//! Reading the log: the same on the owner's connections and on those of a tool that only reads.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, Epoch, Hash, Position, StoredCommit, WorldId};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Either, Row};
use tokio_stream::{Stream, StreamExt};

use super::error::{Trouble, describe, read_error, trouble};
use super::packed::{self, Packed};
use super::schema::{self, commit_id, commit_of};
use crate::{Head, ReadError, SignedCheckpoint, WorldHead};

/// Rows of one page when command candidates are looked up.
const ONE: i64 = 1;

/// Reads through a small pool of connections.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pool: SqlitePool,
    /// Numbers of worlds: given once and never changed.
    numbers: RwLock<HashMap<WorldId, i64>>,
}

/// Where a world's log ends, and the world's number in this file.
#[derive(Debug, Clone)]
pub(super) struct NumberedHead {
    pub(super) world_no: i64,
    pub(super) world: WorldId,
    pub(super) head: Head,
}

impl Reader {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self { pool, numbers: RwLock::default() }
    }

    async fn number(&self, world: &WorldId) -> Result<Option<i64>, ReadError> {
        let known = self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(world).copied();
        if known.is_some() {
            return Ok(known);
        }
        let found = self.numbered(world).await?.map(|found| found.world_no);
        if let Some(number) = found {
            self.numbers.write().unwrap_or_else(PoisonError::into_inner).insert(world.clone(), number);
        }
        Ok(found)
    }

    async fn numbered(&self, world: &WorldId) -> Result<Option<NumberedHead>, ReadError> {
        let row = sqlx::query(schema::HEAD).bind(world.as_str()).fetch_optional(&self.pool).await;
        row.map_err(|e| read_error(&e))?.map(|row| head_row(&row)).transpose()
    }

    pub(super) async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        Ok(self.numbered(world).await?.map_or_else(Head::default, |found| found.head))
    }

    pub(super) async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        let rows = sqlx::query(schema::HEADS).fetch_all(&self.pool).await.map_err(|e| read_error(&e))?;
        rows.iter()
            .map(|row| head_row(row).map(|one| WorldHead { world: one.world, head: one.head }))
            .collect()
    }

    /// Up to `limit` commits after `after`: spans of them as one row each, and row by row where that is as cheap or
    /// where a span does not add up.
    pub(super) async fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        let Some(world_no) = self.number(world).await? else { return Ok(Vec::new()) };
        let mut commits = Vec::with_capacity(limit.min(packed::SPAN) as usize);
        let mut at = after;
        loop {
            let left = limit - u32::try_from(commits.len()).unwrap_or(limit);
            if left < packed::WORTH_IT {
                commits.extend(self.rows(world, world_no, at, left).await?);
                return Ok(commits);
            }
            let Some(span) = self.span(world, world_no, at, left.min(packed::SPAN)).await? else {
                commits.extend(self.rows(world, world_no, at, left).await?);
                return Ok(commits);
            };
            let Some(last) = span.last() else { return Ok(commits) };
            at = last.commit;
            commits.extend(span);
        }
    }

    /// The commits of one span; none where there are some, but not as they should be.
    async fn span(
        &self,
        world: &WorldId,
        world_no: i64,
        after: CommitNo,
        len: u32,
    ) -> Result<Option<Vec<StoredCommit>>, ReadError> {
        let Some(last) = after.get().checked_add(u64::from(len)) else { return Ok(None) };
        let row = sqlx::query(packed::READ)
            .bind(commit_id(world_no, after))
            .bind(commit_id(world_no, CommitNo::new(last)))
            .fetch_one(&self.pool)
            .await;
        let Ok(row) = row else { return Ok(None) };
        if row.try_get::<i64, _>(0).is_ok_and(|count| count == 0) {
            // Nothing here: the end of the log, or a gap, after which there may be more.
            return Ok(None);
        }
        let open = |packed: Packed| packed.open(world, commit_of);
        let due =
            |commits: &Vec<StoredCommit>| commits.first().is_some_and(|first| first.commit == after.next());
        Ok(Packed::of(&row).and_then(open).filter(due))
    }

    async fn rows(
        &self,
        world: &WorldId,
        world_no: i64,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        let mut rows = sqlx::query(schema::READ)
            .bind(commit_id(world_no, after))
            .bind(commit_id(world_no, CommitNo::new(u64::MAX)))
            .bind(i64::from(limit))
            .fetch(&self.pool);
        let mut commits: Vec<StoredCommit> = Vec::new();
        while let Some(row) = rows.next().await {
            let due = commits.last().map_or(after, |last| last.commit).next();
            let row = row.map_err(|e| damaged(world, due, &e))?;
            commits.push(commit_row(world, &row).map_err(|problem| broken(world, due, problem))?);
        }
        Ok(commits)
    }

    pub(super) async fn find_command(
        &self,
        world: &WorldId,
        id: &CommandId,
    ) -> Result<Vec<CommitNo>, ReadError> {
        let Some(world_no) = self.number(world).await? else { return Ok(Vec::new()) };
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        with_command(&mut conn, world_no, CommitNo::ZERO, id).await.map_err(|e| read_error(&e))
    }

    pub(super) async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        let Some(world_no) = self.number(world).await? else { return Ok(Vec::new()) };
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        command_keys(&mut conn, world_no, CommitNo::ZERO, up_to).await.map_err(|e| read_error(&e))
    }

    pub(super) async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        let select = "SELECT commit_no, line FROM checkpoints WHERE world = ? ORDER BY commit_no, rowid";
        let rows = sqlx::query(select).bind(world.as_str()).fetch_all(&self.pool).await;
        let read = |row: &SqliteRow| -> Result<SignedCheckpoint, ReadError> {
            let commit = CommitNo::new(number(row, 0).map_err(|e| read_error(&e))?);
            let line: &str = row.try_get(1).map_err(|e| read_error(&e))?;
            line.parse().map_err(|e| broken(world, commit, format!("its checkpoint: {e}")))
        };
        rows.map_err(|e| read_error(&e))?.iter().map(read).collect()
    }

    pub(super) async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        let Some(world_no) = self.number(world).await? else { return Ok(Vec::new()) };
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        rewinds(&mut conn, world_no).await.map_err(|e| read_error(&e))
    }
}

fn broken(world: &WorldId, commit: CommitNo, problem: String) -> ReadError {
    ReadError::Broken { world: world.clone(), commit, problem }
}

/// A damaged page is told with the commit at which reading stopped.
fn damaged(world: &WorldId, due: CommitNo, error: &sqlx::Error) -> ReadError {
    match trouble(error) {
        Trouble::Corrupt | Trouble::NotADatabase => broken(world, due, describe(error)),
        Trouble::Busy
        | Trouble::Full
        | Trouble::ReadOnly
        | Trouble::CanNotOpen
        | Trouble::Constraint
        | Trouble::Other => read_error(error),
    }
}

/// All rewinds of a world, in order.
pub(super) async fn rewinds(conn: &mut SqliteConnection, world_no: i64) -> Result<Vec<Rewind>, sqlx::Error> {
    let rows = sqlx::query(schema::REWINDS)
        .bind(commit_id(world_no, CommitNo::ZERO))
        .bind(commit_id(world_no, CommitNo::new(u64::MAX)))
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok(Rewind { at: commit_of(row.try_get(0)?), to: CommitNo::new(number(row, 1)?) }))
        .collect()
}

/// Every commit after `after` with this command id, in order. The key narrows, the id decides.
pub(super) async fn with_command(
    conn: &mut SqliteConnection,
    world_no: i64,
    after: CommitNo,
    id: &CommandId,
) -> Result<Vec<CommitNo>, sqlx::Error> {
    let candidates = sqlx::query(schema::WITH_KEY)
        .bind(commit_id(world_no, after))
        .bind(commit_id(world_no, CommitNo::new(u64::MAX)))
        .bind(id.index_key().cast_signed())
        .fetch_all(&mut *conn)
        .await?;
    let mut found = Vec::with_capacity(candidates.len());
    for row in candidates {
        let commit: i64 = row.try_get(0)?;
        let row =
            sqlx::query(schema::READ).bind(commit - 1).bind(commit).bind(ONE).fetch_one(&mut *conn).await?;
        if row.try_get::<Option<&str>, _>(4)? == Some(id.as_str()) {
            found.push(commit_of(commit));
        }
    }
    Ok(found)
}

/// Command keys after one commit up to another, in commit order.
pub(super) async fn command_keys(
    conn: &mut SqliteConnection,
    world_no: i64,
    after: CommitNo,
    up_to: CommitNo,
) -> Result<Vec<(u64, CommitNo)>, sqlx::Error> {
    let rows = sqlx::query(schema::KEYS)
        .bind(commit_id(world_no, after))
        .bind(commit_id(world_no, up_to))
        .fetch_all(conn)
        .await?;
    let mut keys = Vec::new();
    for row in rows {
        let mut numbers = row.try_get::<&str, _>(0)?.split(' ').map(str::parse::<i64>);
        while let (Some(commit), Some(key)) = (numbers.next(), numbers.next()) {
            let decode = |e: std::num::ParseIntError| sqlx::Error::Decode(Box::new(e));
            let (commit, key) = (commit.map_err(decode)?, key.map_err(decode)?);
            keys.push((key.cast_unsigned(), CommitNo::new(commit.cast_unsigned())));
        }
    }
    // SQLite does not promise the order within a row.
    keys.sort_unstable_by_key(|&(_, commit)| commit);
    Ok(keys)
}

/// All heads, with the numbers of their worlds.
pub(super) async fn numbered_heads(conn: &mut SqliteConnection) -> Result<Vec<NumberedHead>, ReadError> {
    let rows = sqlx::query(schema::HEADS).fetch_all(conn).await.map_err(|e| read_error(&e))?;
    rows.iter().map(head_row).collect()
}

fn head_row(row: &SqliteRow) -> Result<NumberedHead, ReadError> {
    let read = || -> Result<_, sqlx::Error> {
        let world = row.try_get::<String, _>(1)?;
        let head = Head {
            commit: CommitNo::new(number(row, 2)?),
            position: Position::new(number(row, 3)?),
            hash: hash(row, 4)?,
            epoch: Epoch::new(number(row, 5)?),
        };
        Ok((row.try_get::<i64, _>(0)?, world, head))
    };
    let (world_no, world, head) = read().map_err(|e| read_error(&e))?;
    let world = WorldId::new(&world).map_err(|e| ReadError::Unavailable(format!("STORE_CORRUPT: {e}")))?;
    Ok(NumberedHead { world_no, world, head })
}

fn commit_row(world: &WorldId, row: &SqliteRow) -> Result<StoredCommit, String> {
    let command = row.try_get::<Option<&str>, _>(4).map_err(|e| e.to_string())?;
    let command = command.map(CommandId::new).transpose().map_err(|e| e.to_string())?;
    let read = || -> Result<StoredCommit, sqlx::Error> {
        Ok(StoredCommit {
            world: world.clone(),
            commit: commit_of(row.try_get(0)?),
            first: Position::new(number(row, 1)?),
            events: row.try_get(2)?,
            epoch: Epoch::new(number(row, 3)?),
            command,
            rewinds_to: row.try_get::<Option<i64>, _>(5)?.map(|to| CommitNo::new(to.cast_unsigned())),
            header: row.try_get::<&[u8], _>(6)?.into(),
            body: row.try_get::<&[u8], _>(7)?.into(),
            prev: hash(row, 8)?,
            hash: hash(row, 9)?,
        })
    };
    read().map_err(|e| e.to_string())
}

fn number(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(i64::cast_unsigned)
}

fn hash(row: &SqliteRow, column: usize) -> Result<Hash, sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
    Ok(Hash(bytes))
}

/// Counts what a text of several statements has done, up to the first error.
pub(super) async fn run_all<S>(mut results: S) -> (usize, Result<(), sqlx::Error>)
where
    S: Stream<Item = Result<Either<sqlx::sqlite::SqliteQueryResult, SqliteRow>, sqlx::Error>> + Unpin,
{
    let mut done = 0;
    while let Some(result) = results.next().await {
        match result {
            Ok(Either::Left(_)) => done += 1,
            Ok(Either::Right(_)) => {}
            Err(error) => return (done, Err(error)),
        }
    }
    (done, Ok(()))
}
