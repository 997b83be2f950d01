//! What is kept beside the log: snapshots and checkpoints.

use ed25519_dalek::SigningKey;
use schemas::{CommitNo, GameTime, Hash, LiveLine, WallTime};

use super::{Engine, Scribe, Spec, append_one, world};
use crate::{
    Checkpoint, CheckpointStore, EventStore, SNAPSHOTS_KEPT, SignedCheckpoint, Snapshot, SnapshotStore,
    Witness, load_snapshot, verify_world,
};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

fn snapshot(scribe: &Scribe) -> Snapshot {
    let bytes = format!("state at {}", scribe.head.commit).into_bytes();
    Snapshot {
        world: scribe.world.clone(),
        commit: scribe.head.commit,
        commit_hash: scribe.head.hash,
        position: scribe.head.position,
        state_key: "key-1".to_owned(),
        digest: Hash::of(&bytes),
        bytes,
    }
}

fn checkpoint(scribe: &Scribe) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        world: scribe.world.clone(),
        commit: scribe.head.commit,
        position: scribe.head.position,
        head_hash: scribe.head.hash,
        state_digest: Hash([9; 32]),
        game_ms: GameTime::from_ms(1),
        wall_ms: WallTime::from_ms(2),
    };
    checkpoint.sign(&SigningKey::from_bytes(&[3; 32]))
}

/// At least the newest four are kept, come newest first, and can be dropped; loading finds the right one.
pub async fn the_newest_snapshots_are_kept<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut kept = Vec::new();
    for _ in 0..7 {
        append_one(&store, scribe.many(2)).await.unwrap();
        kept.insert(0, snapshot(&scribe));
        store.save_snapshot(kept[0].clone()).await.unwrap();
    }
    let store = engine.reopen(store).await;
    let found = store.snapshots(&world("w"), n(99)).await.unwrap();
    assert!(found.len() >= SNAPSHOTS_KEPT);
    assert_eq!(found[..SNAPSHOTS_KEPT], kept[..SNAPSHOTS_KEPT]);
    assert_eq!(store.snapshots(&world("w"), n(11)).await.unwrap()[0], kept[2]);
    store.drop_snapshot(&world("w"), n(14)).await.unwrap();
    assert_eq!(store.snapshots(&world("w"), n(99)).await.unwrap()[0], kept[1]);
    assert!(store.snapshots(&world("v"), n(99)).await.unwrap().is_empty());

    // A rewind to commit 9 leaves only those at or before it for the new head.
    append_one(&store, scribe.batch(&[Spec::rewind("r", 9)])).await.unwrap();
    let line = LiveLine::new(store.rewinds(&world("w")).await.unwrap());
    let loaded = load_snapshot(&store, &world("w"), &line, n(15), "key-1").await.unwrap();
    assert_eq!(loaded.map(|s| s.commit), Some(n(8)));
    let earlier = load_snapshot(&store, &world("w"), &line, n(13), "key-1").await.unwrap();
    assert_eq!(earlier.map(|s| s.commit), Some(n(12)));
}

/// Checkpoints come back as they were kept, in commit order, each once.
pub async fn checkpoints_are_kept_in_order<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut all = Vec::new();
    for _ in 0..3 {
        append_one(&store, scribe.many(2)).await.unwrap();
        all.push(checkpoint(&scribe));
    }
    for one in [&all[2], &all[0], &all[1], &all[0]] {
        store.save_checkpoint(one.clone()).await.unwrap();
    }
    let store = engine.reopen(store).await;
    assert_eq!(store.checkpoints(&world("w")).await.unwrap(), all);
    assert!(store.checkpoints(&world("v")).await.unwrap().is_empty());
    append_one(&store, scribe.many(1)).await.unwrap();
}

/// A record that nobody touched verifies, from the start and from any commit.
pub async fn a_good_record_verifies<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut signed = Vec::new();
    for _ in 0..5 {
        let batch = scribe.many(300);
        append_one(&store, batch).await.unwrap();
        signed.push(checkpoint(&scribe));
    }
    append_one(&store, scribe.batch(&[Spec::rewind("r", 5), Spec::events(0), Spec::command("z")]))
        .await
        .unwrap();
    let key = SigningKey::from_bytes(&[3; 32]).verifying_key();
    let witness = Witness { checkpoints: &signed, key: &key };
    let report = verify_world(&store, &world("w"), CommitNo::ZERO, Some(witness)).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.commits, report.last, report.checkpoints), (1503, n(1503), 5));
    assert_eq!(report.proven_to, Some(n(1500)));
    let report = verify_world(&store, &world("w"), n(700), Some(witness)).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.commits, report.checkpoints), (803, 3));
    assert!(verify_world(&store, &world("w"), n(9999), None).await.is_err());
    assert!(verify_world(&store, &world("v"), n(0), None).await.unwrap().is_sound());
}
