//! Snapshots: a cache in a table of its own that is not in the server's write-ahead log.

use schemas::{CommitNo, Hash, Position, WorldId};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Connection, Row};

use super::error::read_error;
use crate::{ReadError, SNAPSHOTS_KEPT, Snapshot};

pub(super) async fn save(pool: &PgPool, snapshot: Snapshot) -> Result<(), ReadError> {
    let save = async {
        let mut conn = pool.acquire().await?;
        let mut tx = conn.begin().await?;
        let insert = "INSERT INTO annals.snapshots \
                      (world, commit_no, commit_hash, position, state_key, digest, bytes) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (world, commit_no) DO UPDATE SET \
                      commit_hash = excluded.commit_hash, position = excluded.position, \
                      state_key = excluded.state_key, digest = excluded.digest, bytes = excluded.bytes";
        sqlx::query(insert)
            .bind(snapshot.world.as_str())
            .bind(snapshot.commit.get().cast_signed())
            .bind(snapshot.commit_hash.0)
            .bind(snapshot.position.get().cast_signed())
            .bind(snapshot.state_key)
            .bind(snapshot.digest.0)
            .bind(snapshot.bytes)
            .execute(&mut *tx)
            .await?;
        let prune = "DELETE FROM annals.snapshots WHERE world = $1 AND commit_no <= \
                     (SELECT commit_no FROM annals.snapshots WHERE world = $1 ORDER BY commit_no DESC OFFSET $2 LIMIT 1)";
        sqlx::query(prune)
            .bind(snapshot.world.as_str())
            .bind(i64::try_from(SNAPSHOTS_KEPT).unwrap_or(i64::MAX))
            .execute(&mut *tx)
            .await?;
        tx.commit().await
    };
    save.await.map_err(|e: sqlx::Error| read_error(&e))
}

pub(super) async fn list(
    pool: &PgPool,
    world: &WorldId,
    up_to: CommitNo,
) -> Result<Vec<Snapshot>, ReadError> {
    let select = "SELECT commit_no, commit_hash, position, state_key, digest, bytes FROM annals.snapshots \
                  WHERE world = $1 AND commit_no <= $2 ORDER BY commit_no DESC";
    let rows = sqlx::query(select)
        .bind(world.as_str())
        .bind(i64::try_from(up_to.get()).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await;
    match rows {
        // A row that is not even in shape is left out: it would be found wanting anyhow.
        Ok(rows) => Ok(rows.iter().filter_map(|row| snapshot_row(world, row).ok()).collect()),
        // A replica has no table outside the write-ahead log: there are no snapshots there.
        Err(error) if error.as_database_error().is_some_and(|e| e.code().as_deref() == Some("0A000")) => {
            Ok(Vec::new())
        }
        Err(error) => Err(read_error(&error)),
    }
}

pub(super) async fn discard(pool: &PgPool, world: &WorldId, commit: CommitNo) -> Result<(), ReadError> {
    let query = sqlx::query("DELETE FROM annals.snapshots WHERE world = $1 AND commit_no = $2")
        .bind(world.as_str())
        .bind(commit.get().cast_signed());
    query.execute(pool).await.map(|_| ()).map_err(|e| read_error(&e))
}

fn snapshot_row(world: &WorldId, row: &PgRow) -> Result<Snapshot, sqlx::Error> {
    Ok(Snapshot {
        world: world.clone(),
        commit: CommitNo::new(row.try_get::<i64, _>(0)?.cast_unsigned()),
        commit_hash: Hash(row.try_get(1)?),
        position: Position::new(row.try_get::<i64, _>(2)?.cast_unsigned()),
        state_key: row.try_get(3)?,
        digest: Hash(row.try_get(4)?),
        bytes: row.try_get(5)?,
    })
}
