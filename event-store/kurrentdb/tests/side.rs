//! What is kept beside the log: snapshots larger than an append, and checkpoints that come from several nodes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::sync::Arc;

use event_store::conformance::{Engine, Scribe, append_one, world};
use event_store::{
    Checkpoint, CheckpointStore, SNAPSHOTS_KEPT, SignedCheckpoint, SigningKey, Snapshot, SnapshotStore,
};
use event_store_kurrentdb::{APPEND_BYTES, KurrentSettings, KurrentStore};
use kurrent_standin::AppendFault;
use schemas::{CommitNo, GameTime, Hash, Position, WallTime};
use server::{OnServer, Server};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

fn snapshot(commit: u64, len: usize) -> Snapshot {
    let bytes: Vec<u8> = (0..len).map(|i| (i as u64 * 31 + commit) as u8).collect();
    Snapshot {
        world: world("w"),
        commit: n(commit),
        commit_hash: Hash::of(&commit.to_be_bytes()),
        position: Position::new(2 * commit),
        state_key: "key-1".to_owned(),
        digest: Hash::of(&bytes),
        bytes,
    }
}

fn checkpoint(commit: u64) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        world: world("w"),
        commit: n(commit),
        position: Position::new(2 * commit),
        head_hash: Hash([1; 32]),
        state_digest: Hash([9; 32]),
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(2),
    };
    checkpoint.sign(&SigningKey::from_bytes(&[3; 32]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_may_be_larger_than_an_append_and_old_ones_are_cut_off() {
    let engine = OnServer::new(Server::stand_in());
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    stand_in.limit_appends(APPEND_BYTES);
    let settings = KurrentSettings { append_bytes_max: APPEND_BYTES, ..engine.server.settings() };
    let store = KurrentStore::open(&settings).await.unwrap();
    let sizes = [0, 1, APPEND_BYTES, 3 * APPEND_BYTES, 700_001, 5, 2 * APPEND_BYTES];
    let all: Vec<Snapshot> = (1..).zip(sizes).map(|(commit, len)| snapshot(commit, len)).collect();
    for one in &all {
        store.save_snapshot(one.clone()).await.unwrap();
    }
    let found = store.snapshots(&world("w"), n(99)).await.unwrap();
    let kept: Vec<Snapshot> = all.iter().rev().take(SNAPSHOTS_KEPT).cloned().collect();
    assert!(found == kept, "{:?}", found.iter().map(|one| one.commit).collect::<Vec<_>>());
    let stream = format!("{}.snapshots-w", settings.prefix);
    let metadata = stand_in.records(&format!("$${stream}"));
    let last: serde_json::Value = serde_json::from_slice(&metadata.last().unwrap().data).unwrap();
    // Three snapshots are gone: nothing, one part and three parts, each with the record that says that it is whole.
    assert_eq!(last["$tb"], 6);

    store.drop_snapshot(&world("w"), n(7)).await.unwrap();
    assert_eq!(store.snapshots(&world("w"), n(99)).await.unwrap()[0].commit, n(6));
    assert_eq!(store.snapshots(&world("w"), n(5)).await.unwrap()[0].commit, n(5));
    // The same commit again is another snapshot in its place.
    store.save_snapshot(snapshot(7, 9)).await.unwrap();
    assert_eq!(store.snapshots(&world("w"), n(7)).await.unwrap()[0], snapshot(7, 9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_which_a_part_is_missing_is_none() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    for commit in [1, 2] {
        store.save_snapshot(snapshot(commit, 1_200_000)).await.unwrap();
    }
    stand_in.tamper(&format!("{}.snapshots-w", engine.settings().prefix), |records| {
        records.remove(5);
    });
    let found = store.snapshots(&world("w"), n(9)).await.unwrap();
    assert!(found == [snapshot(1, 1_200_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_of_several_nodes_are_all_kept_and_each_once() {
    let engine = OnServer::new(Server::stand_in());
    let first = engine.fresh().await;
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    append_one(&first, Scribe::new("w").many(1)).await.unwrap();
    for nth in [1, 4, 9] {
        stand_in.fail_append(".checkpoints-", nth, AppendFault::CommitThenTimeout);
    }
    stand_in.fail_append(".checkpoints-", 3, AppendFault::TimeoutThenNothing);
    let stores = [Arc::new(first), Arc::new(KurrentStore::open(&engine.settings()).await.unwrap())];
    let nodes = stores.clone().map(|store| {
        tokio::spawn(async move {
            for commit in 1..=8 {
                store.save_checkpoint(checkpoint(commit)).await.unwrap();
            }
        })
    });
    for node in nodes {
        node.await.unwrap();
    }
    let expected: Vec<_> = (1..=8).map(checkpoint).collect();
    assert_eq!(stores[0].checkpoints(&world("w")).await.unwrap(), expected);
    assert_eq!(stand_in.records(&format!("{}.checkpoints-w", engine.settings().prefix)).len(), 8);
    assert_eq!(stand_in.faults_left(), 0);
}
