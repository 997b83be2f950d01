//! The two statements of an append, with their values.

use schemas::{CommandId, StoredCommit};
use sqlx::Executor;
use sqlx::postgres::PgConnection;

use super::schema;
use super::session::Admitted;

fn key(commit: &StoredCommit) -> Option<i64> {
    commit.command.as_ref().map(|id| id.index_key().cast_signed())
}

fn rewinds_to(commit: &StoredCommit) -> Option<i64> {
    commit.rewinds_to.map(|to| to.get().cast_signed())
}

/// Events of a commit as the column keeps them: beyond its range the header could not hold them either.
fn events(commit: &StoredCommit) -> i32 {
    i32::try_from(commit.events).unwrap_or(i32::MAX)
}

/// One batch of one commit.
pub(super) async fn append_one(
    conn: &mut PgConnection,
    one: &Admitted,
    commit: &StoredCommit,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(schema::APPEND_ONE)
        .bind(one.world_no)
        .bind(commit.commit.get().cast_signed())
        .bind(commit.first.get().cast_signed())
        .bind(events(commit))
        .bind(commit.epoch.get().cast_signed())
        .bind(commit.command.as_ref().map(CommandId::as_str))
        .bind(key(commit))
        .bind(rewinds_to(commit))
        .bind(&*commit.header)
        .bind(&*commit.body)
        .bind(commit.prev.0)
        .bind(commit.hash.0);
    conn.execute(query).await.map(|_| ())
}

/// Any batches, as one array a column.
pub(super) async fn append_many(conn: &mut PgConnection, part: &[Admitted]) -> Result<(), sqlx::Error> {
    let commits: Vec<(i64, &StoredCommit)> =
        part.iter().flat_map(|one| one.batch.commits.iter().map(|commit| (one.world_no, commit))).collect();
    let numbers =
        |value: fn(&StoredCommit) -> i64| commits.iter().map(|(_, c)| value(c)).collect::<Vec<i64>>();
    let options = |value: fn(&StoredCommit) -> Option<i64>| {
        commits.iter().map(|(_, c)| value(c)).collect::<Vec<Option<i64>>>()
    };
    let hashes =
        |value: fn(&StoredCommit) -> [u8; 32]| commits.iter().map(|(_, c)| value(c)).collect::<Vec<_>>();
    let query = sqlx::query(schema::APPEND_MANY)
        .bind(commits.iter().map(|(world_no, _)| *world_no).collect::<Vec<i64>>())
        .bind(numbers(|c| c.commit.get().cast_signed()))
        .bind(numbers(|c| c.first.get().cast_signed()))
        .bind(commits.iter().map(|(_, c)| events(c)).collect::<Vec<i32>>())
        .bind(numbers(|c| c.epoch.get().cast_signed()))
        .bind(commits.iter().map(|(_, c)| c.command.as_ref().map(CommandId::as_str)).collect::<Vec<_>>())
        .bind(options(key))
        .bind(options(rewinds_to))
        .bind(commits.iter().map(|(_, c)| &*c.header).collect::<Vec<&[u8]>>())
        .bind(commits.iter().map(|(_, c)| &*c.body).collect::<Vec<&[u8]>>())
        .bind(hashes(|c| c.prev.0))
        .bind(hashes(|c| c.hash.0));
    conn.execute(query).await.map(|_| ())
}
