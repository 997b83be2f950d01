//! The two statements of an append, with their values.

use schemas::{CommandId, StoredCommit};
use sqlx::Row;
use sqlx::postgres::PgConnection;

use super::schema;
use super::session::Admitted;
use crate::{Head, check};

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

/// One batch of one commit. Answers with the world's number if its head has moved.
pub(super) async fn append_one(conn: &mut PgConnection, one: &Admitted) -> Result<Vec<i64>, sqlx::Error> {
    let Some(commit) = one.batch.commits.first() else { return Ok(Vec::new()) };
    let after = check::head_after(&one.batch, &one.before);
    let row = sqlx::query(schema::APPEND_ONE)
        .bind(one.world_no)
        .bind(one.before.commit.get().cast_signed())
        .bind(one.before.position.get().cast_signed())
        .bind(one.before.hash.0)
        .bind(after.commit.get().cast_signed())
        .bind(after.position.get().cast_signed())
        .bind(after.hash.0)
        .bind(after.epoch.get().cast_signed())
        .bind(commit.first.get().cast_signed())
        .bind(events(commit))
        .bind(commit.command.as_ref().map(CommandId::as_str))
        .bind(key(commit))
        .bind(rewinds_to(commit))
        .bind(&*commit.header)
        .bind(&*commit.body)
        .fetch_optional(conn)
        .await?;
    row.iter().map(|row| row.try_get(0)).collect()
}

/// Any batches, as one array a column. Answers with the numbers of the worlds whose heads have moved.
pub(super) async fn append_many(conn: &mut PgConnection, part: &[Admitted]) -> Result<Vec<i64>, sqlx::Error> {
    let after: Vec<Head> = part.iter().map(|one| check::head_after(&one.batch, &one.before)).collect();
    let heads = |value: fn(&Admitted) -> i64| part.iter().map(value).collect::<Vec<i64>>();
    let afters = |value: fn(&Head) -> i64| after.iter().map(value).collect::<Vec<i64>>();
    let commits: Vec<(i64, &StoredCommit)> =
        part.iter().flat_map(|one| one.batch.commits.iter().map(|commit| (one.world_no, commit))).collect();
    let numbers =
        |value: fn(&StoredCommit) -> i64| commits.iter().map(|(_, c)| value(c)).collect::<Vec<i64>>();
    let options = |value: fn(&StoredCommit) -> Option<i64>| {
        commits.iter().map(|(_, c)| value(c)).collect::<Vec<Option<i64>>>()
    };
    let hashes =
        |value: fn(&StoredCommit) -> [u8; 32]| commits.iter().map(|(_, c)| value(c)).collect::<Vec<_>>();
    let rows = sqlx::query(schema::APPEND_MANY)
        .bind(heads(|one| one.world_no))
        .bind(heads(|one| one.before.commit.get().cast_signed()))
        .bind(heads(|one| one.before.position.get().cast_signed()))
        .bind(part.iter().map(|one| one.before.hash.0).collect::<Vec<_>>())
        .bind(afters(|head| head.commit.get().cast_signed()))
        .bind(afters(|head| head.position.get().cast_signed()))
        .bind(after.iter().map(|head| head.hash.0).collect::<Vec<_>>())
        .bind(afters(|head| head.epoch.get().cast_signed()))
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
        .bind(hashes(|c| c.hash.0))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
