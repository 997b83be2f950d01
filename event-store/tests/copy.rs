//! A log copied between engines is the same log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "postgres")]
mod database;

use event_store::conformance::{Scribe, Spec, append_one, world};
use event_store::memory_store::MemoryStore;
use event_store::{
    Checkpoint, CheckpointStore, CopyError, CopyReport, EventStore, SigningKey, SqliteStore, copy_log,
};
use schemas::{CommitNo, Epoch, GameTime, Hash, WallTime};

/// Two worlds: take-overs, a rewind whose commands are decided again, commits without events, many commits.
async fn filled<S: EventStore + CheckpointStore>(store: &S) -> Scribe {
    let mut one = Scribe::new("one");
    append_one(store, one.many(512)).await.unwrap();
    append_one(store, one.batch(&[Spec::rewind("r", 3), Spec::command("t:p:5"), Spec::events(0)]))
        .await
        .unwrap();
    one.head.epoch = Epoch::new(4);
    append_one(store, one.batch(&[Spec::command("t:p:6"), Spec::events(7)])).await.unwrap();
    append_one(store, Scribe::new("two").many(5)).await.unwrap();
    let checkpoint = Checkpoint {
        world: one.world.clone(),
        commit: one.head.commit,
        position: one.head.position,
        head_hash: one.head.hash,
        state_digest: Hash([9; 32]),
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(2),
    };
    store.save_checkpoint(checkpoint.sign(&SigningKey::from_bytes(&[3; 32]))).await.unwrap();
    one
}

async fn same<A, B>(one: &A, two: &B)
where
    A: EventStore + CheckpointStore,
    B: EventStore + CheckpointStore,
{
    let worlds = one.worlds().await.unwrap();
    assert_eq!(worlds, two.worlds().await.unwrap());
    assert_eq!(worlds.len(), 2);
    for found in worlds {
        let world = &found.world;
        let all = one.read(world, CommitNo::ZERO, u32::MAX).await.unwrap();
        assert_eq!(all, two.read(world, CommitNo::ZERO, u32::MAX).await.unwrap());
        assert_eq!(one.rewinds(world).await.unwrap(), two.rewinds(world).await.unwrap());
        assert_eq!(one.checkpoints(world).await.unwrap(), two.checkpoints(world).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_the_same_and_the_same_copy_again_adds_what_came_in_since() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (MemoryStore::default(), SqliteStore::open(dir.path().join("log.db")).await.unwrap());
    let mut one = filled(&from).await;
    let report = copy_log(&from, &to, |_| {}).await.unwrap();
    assert_eq!(report, CopyReport { worlds: 2, copied: 522, there: 0, checkpoints: 1 });
    same(&from, &to).await;
    append_one(&from, one.batch(&[Spec::command("new")])).await.unwrap();
    let report = copy_log(&from, &to, |_| {}).await.unwrap();
    assert_eq!(report, CopyReport { worlds: 2, copied: 1, there: 522, checkpoints: 1 });
    same(&from, &to).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_with_another_record_is_left_alone() {
    let (from, to) = (MemoryStore::default(), MemoryStore::default());
    filled(&from).await;
    append_one(&to, Scribe::new("one").batch(&[Spec::command("other")])).await.unwrap();
    let error = copy_log(&from, &to, |_| {}).await.unwrap_err();
    assert_eq!(error, CopyError::Differs { world: world("one"), commit: CommitNo::new(1) });
    assert_eq!(to.head(&world("one")).await.unwrap().commit, CommitNo::new(1));
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_from_sqlite_to_postgresql_and_back() {
    let Some(database) = database::Database::fresh() else { return };
    let dir = tempfile::tempdir().unwrap();
    let from = SqliteStore::open(dir.path().join("from.db")).await.unwrap();
    filled(&from).await;
    let server = database.open().await;
    copy_log(&from, &server, |_| {}).await.unwrap();
    same(&from, &server).await;
    let back = SqliteStore::open(dir.path().join("back.db")).await.unwrap();
    copy_log(&server, &back, |_| {}).await.unwrap();
    same(&from, &back).await;
}
