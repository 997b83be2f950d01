//! A log taken from SQLite to KurrentDB and back is the same log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use event_store::conformance::{Engine, Scribe, Spec, append_one};
use event_store::{
    Checkpoint, CheckpointStore, CopyReport, EventStore, SigningKey, SqliteStore, copy_log, verify_world,
};
use event_store_kurrentdb::{APPEND_BYTES, KurrentSettings, KurrentStore};
use schemas::{CommitNo, Epoch, GameTime, Hash, WallTime};
use server::{OnServer, Server};

/// Two worlds: take-overs, a rewind whose commands are decided again, commits without events, many and large commits.
async fn filled(store: &SqliteStore) -> Scribe {
    let mut one = Scribe::new("one");
    append_one(store, one.many(512)).await.unwrap();
    append_one(store, one.batch(&[Spec::rewind("r", 3), Spec::command("t:p:5"), Spec::events(0)]))
        .await
        .unwrap();
    one.head.epoch = Epoch::new(4);
    append_one(store, one.batch(&[Spec::command("t:p:6"), Spec::events(7)])).await.unwrap();
    let large = Spec { events: 3, bytes: 100_000, ..Spec::default() };
    append_one(store, one.batch(&[large.clone(), large.clone(), large.clone(), large])).await.unwrap();
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
        assert!(all == two.read(world, CommitNo::ZERO, u32::MAX).await.unwrap(), "{world}");
        assert_eq!(all.last().map(|last| last.hash), Some(found.head.hash));
        assert_eq!(one.rewinds(world).await.unwrap(), two.rewinds(world).await.unwrap());
        assert_eq!(one.checkpoints(world).await.unwrap(), two.checkpoints(world).await.unwrap());
        assert!(verify_world(two, world, CommitNo::ZERO, None).await.unwrap().is_sound());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_from_sqlite_to_a_server_as_it_comes_and_back() {
    let engine = OnServer::new(Server::stand_in());
    // As a server comes: appends of 1 MiB. Batches are cut to that.
    engine.server.stand_in.as_ref().unwrap().limit_appends(APPEND_BYTES);
    let settings = KurrentSettings { append_bytes_max: APPEND_BYTES, ..engine.server.settings() };
    let dir = tempfile::tempdir().unwrap();
    let from = SqliteStore::open(dir.path().join("from.db")).await.unwrap();
    let mut one = filled(&from).await;
    let server = KurrentStore::open(&settings).await.unwrap();
    let report = copy_log(&from, &server, |_| {}).await.unwrap();
    assert_eq!(report, CopyReport { worlds: 2, copied: 526, there: 0, checkpoints: 1 });
    same(&from, &server).await;
    append_one(&from, one.batch(&[Spec::command("new")])).await.unwrap();
    let report = copy_log(&from, &server, |_| {}).await.unwrap();
    assert_eq!(report, CopyReport { worlds: 2, copied: 1, there: 526, checkpoints: 1 });
    let back = SqliteStore::open(dir.path().join("back.db")).await.unwrap();
    let read_only = KurrentStore::open_read_only(&settings).await.unwrap();
    copy_log(&read_only, &back, |_| {}).await.unwrap();
    same(&from, &back).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_commit_counts_for_is_never_less_than_its_records_have() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    let mut scribe = Scribe::new("w");
    let specs = [
        Spec::events(0),
        Spec::command("t:p:1"),
        Spec { events: 50, bytes: 1, ..Spec::command(&"c".repeat(200)) },
        Spec { events: 1, bytes: 50_000, ..Spec::default() },
    ];
    let mut before = 0;
    for spec in specs {
        let batch = scribe.batch(&[spec]);
        append_one(&store, batch.clone()).await.unwrap();
        let records = stand_in.records(&format!("{}.world-w", engine.settings().prefix));
        let size = |r: &kurrent_standin::Record| 2 * r.kind().len() + r.data.len() + r.metadata.len();
        let bytes: usize = records.iter().map(size).sum();
        let counted = store.commit_bytes(&batch.commits[0]);
        assert!(bytes - before <= counted, "{} bytes count for {counted}", bytes - before);
        before = bytes;
    }
}
