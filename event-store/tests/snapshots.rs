//! No snapshot ever misleads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use event_store::conformance::Scribe;
use event_store::{Head, MemoryStore, Snapshot, SnapshotStore, load_snapshot};
use proptest::prelude::*;
use schemas::{CommitNo, Hash, LiveLine, Position, WorldId};

fn at(world: &WorldId, head: Head) -> Snapshot {
    let bytes = format!("the state at {}", head.commit).into_bytes();
    Snapshot {
        world: world.clone(),
        commit: head.commit,
        commit_hash: head.hash,
        position: head.position,
        state_key: "rules-1/shape-1".to_owned(),
        digest: Hash::of(&bytes),
        bytes,
    }
}

/// Ten commits with snapshots after 4 and 8.
async fn record() -> (MemoryStore, Vec<Snapshot>) {
    let store = MemoryStore::default();
    let mut scribe = Scribe::new("w");
    let mut kept = Vec::new();
    for count in [4, 4, 2] {
        let batch = scribe.many(count);
        store.with_log(|log| log.append(vec![batch])).remove(0).unwrap();
        kept.push(at(&scribe.world, scribe.head));
    }
    kept.pop();
    for one in &kept {
        store.save_snapshot(one.clone()).await.unwrap();
    }
    (store, kept)
}

async fn load(store: &MemoryStore, key: &str) -> Option<Snapshot> {
    let world = WorldId::new("w").unwrap();
    load_snapshot(store, &world, &LiveLine::default(), CommitNo::new(10), key).await.unwrap()
}

#[tokio::test]
async fn the_newest_good_one_is_used() {
    let (store, kept) = record().await;
    assert_eq!(load(&store, "rules-1/shape-1").await, Some(kept[1].clone()));
}

#[tokio::test]
async fn one_of_other_rules_or_another_build_is_thrown_away() {
    let (store, _) = record().await;
    assert_eq!(load(&store, "rules-2/shape-1").await, None);
    let world = WorldId::new("w").unwrap();
    assert!(store.snapshots(&world, CommitNo::new(10)).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_of_another_log_is_thrown_away() {
    let (_, kept) = record().await;
    let store = MemoryStore::default();
    let mut other = Scribe::new("w");
    other.head.epoch = schemas::Epoch::new(2);
    let batch = other.many(10);
    store.with_log(|log| log.append(vec![batch])).remove(0).unwrap();
    store.save_snapshot(kept[1].clone()).await.unwrap();
    assert_eq!(load(&store, "rules-1/shape-1").await, None);
}

fn corrupt(snapshot: &mut Snapshot, field: u8, byte: usize, bit: u8) {
    let flip = |bytes: &mut [u8]| {
        let i = byte % bytes.len();
        bytes[i] ^= 1 << bit;
    };
    match field {
        0 => flip(&mut snapshot.bytes),
        1 => flip(&mut snapshot.digest.0),
        2 => flip(&mut snapshot.commit_hash.0),
        3 => snapshot.commit = CommitNo::new(snapshot.commit.get() ^ (1 << bit)),
        4 => snapshot.position = Position::new(snapshot.position.get() ^ (1 << bit)),
        5 => snapshot.bytes.truncate(byte % snapshot.bytes.len()),
        6 => snapshot.state_key.push('x'),
        _ => snapshot.world = WorldId::new("v").unwrap(),
    }
}

proptest! {
    /// A corrupted snapshot is never used, is dropped, and the one before it is taken instead.
    #[test]
    fn a_corrupted_snapshot_is_never_used(field in 0..8_u8, byte in any::<usize>(), bit in 0..8_u8) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (store, kept) = record().await;
            let world = WorldId::new("w").unwrap();
            store.tamper_snapshot(&world, CommitNo::new(8), |snapshot| corrupt(snapshot, field, byte, bit));
            prop_assert_eq!(load(&store, "rules-1/shape-1").await, Some(kept[0].clone()));
            Ok(())
        })?;
    }
}
