//! Reading the log: the same on the connections of an owner and on those of a tool that only reads.

use std::collections::BTreeMap;

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, Epoch, Hash, Position, StoredCommit, WorldId};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use tokio_stream::StreamExt;

use super::error::{Trouble, describe, read_error, trouble};
use super::schema;
use crate::live_keys::LiveKeys;
use crate::{Head, ReadError, SignedCheckpoint, WorldHead};

/// Where a world's log ends, and the world's number in this database.
#[derive(Debug, Clone)]
pub(super) struct NumberedHead {
    pub(super) world_no: i64,
    pub(super) world: WorldId,
    pub(super) head: Head,
}

/// Reads through a small pool of connections.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pool: PgPool,
}

impl Reader {
    pub(super) async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        let row = sqlx::query(schema::HEADS_OF).bind([world.as_str()]).fetch_optional(&self.pool).await;
        let row = row.map_err(|e| read_error(&e))?;
        row.map_or_else(|| Ok(Head::default()), |row| head_row(&row).map(|found| found.head))
    }

    pub(super) async fn worlds(&self) -> Result<Vec<WorldHead>, ReadError> {
        let rows = sqlx::query(schema::HEADS).fetch_all(&self.pool).await.map_err(|e| read_error(&e))?;
        let worlds = rows.iter().map(head_row);
        worlds.map(|found| found.map(|one| WorldHead { world: one.world, head: one.head })).collect()
    }

    pub(super) async fn read(
        &self,
        world: &WorldId,
        after: CommitNo,
        limit: u32,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        let mut commits = Vec::new();
        read(&mut conn, world, (after, CommitNo::new(u64::MAX)), limit, |commit| commits.push(commit))
            .await?;
        Ok(commits)
    }

    pub(super) async fn find_command(
        &self,
        world: &WorldId,
        id: &CommandId,
    ) -> Result<Vec<CommitNo>, ReadError> {
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        with_command(&mut conn, world, CommitNo::ZERO, id).await.map_err(|e| read_error(&e))
    }

    pub(super) async fn command_index(
        &self,
        world: &WorldId,
        up_to: CommitNo,
    ) -> Result<Vec<(u64, CommitNo)>, ReadError> {
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        command_keys(&mut conn, world, CommitNo::ZERO, up_to).await.map_err(|e| read_error(&e))
    }

    pub(super) async fn rewinds(&self, world: &WorldId) -> Result<Vec<Rewind>, ReadError> {
        let mut conn = self.pool.acquire().await.map_err(|e| read_error(&e))?;
        rewinds(&mut conn, world).await.map_err(|e| read_error(&e))
    }

    pub(super) async fn checkpoints(&self, world: &WorldId) -> Result<Vec<SignedCheckpoint>, ReadError> {
        let select =
            "SELECT commit_no, line FROM annals.checkpoints WHERE world = $1 ORDER BY commit_no, seq";
        let rows = sqlx::query(select).bind(world.as_str()).fetch_all(&self.pool).await;
        let read = |row: &PgRow| -> Result<SignedCheckpoint, ReadError> {
            let commit = CommitNo::new(number(row, 0).map_err(|e| read_error(&e))?);
            let line: &str = row.try_get(1).map_err(|e| read_error(&e))?;
            let broken = |problem| ReadError::Broken { world: world.clone(), commit, problem };
            line.parse().map_err(|e| broken(format!("its checkpoint: {e}")))
        };
        rows.map_err(|e| read_error(&e))?.iter().map(read).collect()
    }

    pub(super) async fn save_checkpoint(
        &self,
        world: &WorldId,
        commit: CommitNo,
        line: &str,
    ) -> Result<(), ReadError> {
        let insert = "INSERT INTO annals.checkpoints (world, commit_no, line) VALUES ($1, $2, $3) \
                      ON CONFLICT (world, commit_no, line) DO NOTHING";
        let query = sqlx::query(insert).bind(world.as_str()).bind(bound(commit)).bind(line);
        query.execute(&self.pool).await.map(|_| ()).map_err(|e| read_error(&e))
    }
}

/// A commit number as the columns keep it; the largest of them stands for any larger one, since there is none there.
fn bound(commit: CommitNo) -> i64 {
    i64::try_from(commit.get()).unwrap_or(i64::MAX)
}

/// Hands the commits after one number up to another over as they come, at most `limit`; how many they were.
pub(super) async fn read(
    conn: &mut PgConnection,
    world: &WorldId,
    (after, up_to): (CommitNo, CommitNo),
    limit: u32,
    mut take: impl FnMut(StoredCommit),
) -> Result<u32, ReadError> {
    let mut rows = sqlx::query(schema::READ)
        .bind(world.as_str())
        .bind(bound(after))
        .bind(bound(up_to))
        .bind(i64::from(limit))
        .fetch(conn);
    let (mut last, mut count) = (after, 0);
    while let Some(row) = rows.next().await {
        let row = row.map_err(|e| damaged(world, last.next(), &e))?;
        let commit = commit_row(world, &row).map_err(|problem| ReadError::Broken {
            world: world.clone(),
            commit: last.next(),
            problem,
        })?;
        last = commit.commit;
        count += 1;
        take(commit);
    }
    Ok(count)
}

/// A damaged page is told with the commit at which reading stopped.
fn damaged(world: &WorldId, commit: CommitNo, error: &sqlx::Error) -> ReadError {
    if trouble(error) == Trouble::Corrupt {
        return ReadError::Broken { world: world.clone(), commit, problem: describe(error) };
    }
    read_error(error)
}

/// Numbers and heads of those of the worlds that have a number.
pub(super) async fn heads_of(
    conn: &mut PgConnection,
    names: &[&str],
) -> Result<Vec<NumberedHead>, sqlx::Error> {
    let decode = |e: ReadError| sqlx::Error::Decode(Box::new(e));
    let mut found: BTreeMap<WorldId, NumberedHead> = BTreeMap::new();
    for row in sqlx::query(schema::NUMBERS).bind(names).fetch_all(&mut *conn).await? {
        let world = world_id(row.try_get(1)?).map_err(decode)?;
        let empty = NumberedHead { world_no: row.try_get(0)?, world: world.clone(), head: Head::default() };
        found.insert(world, empty);
    }
    for row in sqlx::query(schema::HEADS_OF).bind(names).fetch_all(conn).await? {
        let head = head_row(&row).map_err(decode)?;
        found.insert(head.world.clone(), head);
    }
    Ok(found.into_values().collect())
}

fn world_id(name: &str) -> Result<WorldId, ReadError> {
    WorldId::new(name).map_err(|e| ReadError::Unavailable(format!("STORE_CORRUPT: {e}")))
}

/// The command keys since a world's last rewind.
pub(super) async fn live_keys(conn: &mut PgConnection, world: &WorldId) -> Result<LiveKeys, sqlx::Error> {
    let since = rewinds(conn, world).await?.last().map_or(CommitNo::ZERO, |rewind| rewind.at);
    let keys = command_keys(conn, world, since.prev(), CommitNo::new(u64::MAX)).await?;
    Ok(LiveKeys::new(since, keys.into_iter().map(|(key, _)| key)))
}

/// All rewinds of a world, in order.
async fn rewinds(conn: &mut PgConnection, world: &WorldId) -> Result<Vec<Rewind>, sqlx::Error> {
    let rows = sqlx::query(schema::REWINDS).bind(world.as_str()).fetch_all(conn).await?;
    let rewind =
        |row: &PgRow| Ok(Rewind { at: CommitNo::new(number(row, 0)?), to: CommitNo::new(number(row, 1)?) });
    rows.iter().map(rewind).collect()
}

/// Every commit after `after` with this command id, in order.
pub(super) async fn with_command(
    conn: &mut PgConnection,
    world: &WorldId,
    after: CommitNo,
    id: &CommandId,
) -> Result<Vec<CommitNo>, sqlx::Error> {
    let rows = sqlx::query(schema::WITH_COMMAND)
        .bind(world.as_str())
        .bind(bound(after))
        .bind(id.index_key().cast_signed())
        .bind(id.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| number(row, 0).map(CommitNo::new)).collect()
}

/// Command keys after one commit up to another, in commit order.
async fn command_keys(
    conn: &mut PgConnection,
    world: &WorldId,
    after: CommitNo,
    up_to: CommitNo,
) -> Result<Vec<(u64, CommitNo)>, sqlx::Error> {
    let mut rows =
        sqlx::query(schema::KEYS).bind(world.as_str()).bind(bound(after)).bind(bound(up_to)).fetch(conn);
    let mut keys = Vec::new();
    while let Some(row) = rows.next().await {
        let row = row?;
        let (commits, of_row): (Vec<i64>, Vec<i64>) = (row.try_get(0)?, row.try_get(1)?);
        let pair = |(commit, key): (i64, i64)| (key.cast_unsigned(), CommitNo::new(commit.cast_unsigned()));
        keys.extend(commits.into_iter().zip(of_row).map(pair));
    }
    Ok(keys)
}

fn head_row(row: &PgRow) -> Result<NumberedHead, ReadError> {
    let read = || -> Result<_, sqlx::Error> {
        let head = Head {
            commit: CommitNo::new(number(row, 2)?),
            position: Position::new(number(row, 3)?),
            hash: Hash(row.try_get(4)?),
            epoch: Epoch::new(number(row, 5)?),
        };
        Ok((row.try_get::<i64, _>(0)?, row.try_get::<&str, _>(1)?, head))
    };
    let (world_no, world, head) = read().map_err(|e| read_error(&e))?;
    Ok(NumberedHead { world_no, world: world_id(world)?, head })
}

fn commit_row(world: &WorldId, row: &PgRow) -> Result<StoredCommit, String> {
    let command = row.try_get::<Option<&str>, _>(4).map_err(|e| e.to_string())?;
    let command = command.map(CommandId::new).transpose().map_err(|e| e.to_string())?;
    let read = || -> Result<StoredCommit, sqlx::Error> {
        Ok(StoredCommit {
            world: world.clone(),
            commit: CommitNo::new(number(row, 0)?),
            first: Position::new(number(row, 1)?),
            events: row.try_get::<i32, _>(2)?.cast_unsigned(),
            epoch: Epoch::new(number(row, 3)?),
            command,
            rewinds_to: row.try_get::<Option<i64>, _>(5)?.map(|to| CommitNo::new(to.cast_unsigned())),
            header: row.try_get::<&[u8], _>(6)?.into(),
            body: row.try_get::<&[u8], _>(7)?.into(),
            prev: Hash(row.try_get(8)?),
            hash: Hash(row.try_get(9)?),
        })
    };
    read().map_err(|e| e.to_string())
}

fn number(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(i64::cast_unsigned)
}
