//! What was done to a record is found and named, up to the newest external checkpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use event_store::conformance::{Scribe, Spec};
use event_store::{
    Checkpoint, CheckpointFile, FaultKind, MemoryStore, SignedCheckpoint, SigningKey, VerifyReport, Witness,
    verify_world,
};
use proptest::prelude::*;
use schemas::{CommitNo, GameTime, Hash, StoredCommit, WallTime, WorldId};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

fn sign(scribe: &Scribe) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        world: scribe.world.clone(),
        commit: scribe.head.commit,
        position: scribe.head.position,
        head_hash: scribe.head.hash,
        state_digest: Hash([1; 32]),
        game_ms: GameTime::from_ms(0),
        wall_ms: WallTime::from_ms(1_772_409_600_000),
    };
    checkpoint.sign(&key())
}

/// Twenty commits with checkpoints at 10 and 18.
fn record() -> (MemoryStore, Vec<SignedCheckpoint>) {
    let store = MemoryStore::default();
    let mut scribe = Scribe::new("w");
    let mut signed = Vec::new();
    for count in [10, 8, 2] {
        let batch = scribe.many(count);
        store.with_log(|log| log.append(vec![batch])).remove(0).unwrap();
        signed.push(sign(&scribe));
    }
    signed.pop();
    (store, signed)
}

fn w() -> WorldId {
    WorldId::new("w").unwrap()
}

fn verify(store: &MemoryStore, signed: &[SignedCheckpoint]) -> VerifyReport {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let key = key().verifying_key();
    let witness = Witness { checkpoints: signed, key: &key };
    runtime.block_on(verify_world(store, &w(), CommitNo::ZERO, Some(witness))).unwrap()
}

fn found(change: impl FnOnce(&mut Vec<StoredCommit>)) -> Vec<(FaultKind, u64)> {
    let (store, signed) = record();
    store.with_log(|log| change(log.tamper(&w()).unwrap()));
    verify(&store, &signed).faults.iter().map(|fault| (fault.kind, fault.commit.get())).collect()
}

fn renumber(commits: &mut [StoredCommit]) {
    for (number, commit) in (1..).zip(commits) {
        commit.commit = CommitNo::new(number);
    }
}

fn rehash(commit: &mut StoredCommit) {
    commit.hash = StoredCommit::compute_hash(commit.prev, &commit.header, &commit.body);
}

#[test]
fn a_changed_payload_is_found() {
    assert_eq!(found(|c| Arc::make_mut(&mut c[6].body)[0] ^= 1), [(FaultKind::Changed, 7)]);
}

#[test]
fn a_changed_column_is_found() {
    assert_eq!(found(|c| c[6].command = None), [(FaultKind::Changed, 7)]);
    assert_eq!(found(|c| c[6].events += 1), [(FaultKind::Changed, 7)]);
    assert_eq!(found(|c| c[6].hash = Hash([1; 32])), [(FaultKind::Changed, 7)]);
    assert_eq!(found(|c| c[6].prev = Hash([1; 32])), [(FaultKind::Changed, 7)]);
}

#[test]
fn a_changed_record_with_a_new_hash_is_found_by_the_next() {
    let faults = found(|c| {
        Arc::make_mut(&mut c[6].body)[0] ^= 1;
        rehash(&mut c[6]);
    });
    assert_eq!(faults, [(FaultKind::Changed, 7)]);
}

#[test]
fn a_missing_record_is_found() {
    assert_eq!(found(|c| drop(c.remove(6))), [(FaultKind::Missing, 7)]);
    assert_eq!(found(|c| drop(c.drain(4..7))).len(), 3);
    assert!(found(|c| drop(c.remove(0))).contains(&(FaultKind::Missing, 1)));
}

#[test]
fn a_missing_record_is_found_when_the_rest_moved_up() {
    let faults = found(|c| {
        c.remove(6);
        renumber(c);
    });
    assert!(faults.contains(&(FaultKind::Missing, 7)), "{faults:?}");
    assert!(faults.len() <= 3, "{faults:?}");
}

#[test]
fn an_added_record_is_found() {
    let faults = found(|c| {
        let mut forged = c[6].clone();
        Arc::make_mut(&mut forged.body)[0] ^= 1;
        rehash(&mut forged);
        c.insert(6, forged);
        renumber(c);
    });
    assert!(faults.contains(&(FaultKind::Added, 7)), "{faults:?}");
    let faults = found(|c| {
        let mut scribe = Scribe::new("w");
        let last = &c[19];
        scribe.head = event_store::Head {
            commit: last.commit,
            position: last.last(),
            hash: last.hash,
            epoch: last.epoch,
        };
        c.push(scribe.commit(&Spec::events(1)));
    });
    assert_eq!(faults, [(FaultKind::Added, 21)]);
}

#[test]
fn swapped_records_are_found() {
    let swap = |c: &mut Vec<StoredCommit>| {
        c.swap(6, 9);
        renumber(c);
    };
    let faults = found(swap);
    assert!(faults.contains(&(FaultKind::Reordered, 7)), "{faults:?}");
    assert!(faults.contains(&(FaultKind::Reordered, 10)), "{faults:?}");
    assert!(faults.iter().all(|(kind, _)| *kind == FaultKind::Reordered), "{faults:?}");
}

#[test]
fn a_log_cut_off_before_the_newest_checkpoint_is_found() {
    let (store, signed) = record();
    store.with_log(|log| log.tamper(&w()).unwrap().truncate(15));
    let report = verify(&store, &signed);
    assert!(report.faults.iter().all(|f| f.kind == FaultKind::Missing && f.commit.get() == 16));
    assert!(
        report.faults.iter().any(|f| f.text.contains("commits 16 to 18 are gone")),
        "{:?}",
        report.faults
    );
    // A store that was made anew has a head that agrees with its end.
    let (short, mut scribe) = (MemoryStore::default(), Scribe::new("w"));
    let batch = scribe.many(15);
    short.with_log(|log| log.append(vec![batch])).remove(0).unwrap();
    let report = verify(&short, &signed);
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
    assert_eq!(report.proven_to, Some(CommitNo::new(10)));
}

#[test]
fn a_chain_rewritten_wholesale_is_found_by_its_checkpoint() {
    let (store, signed) = record();
    store.with_log(|log| {
        let commits = log.tamper(&w()).unwrap();
        Arc::make_mut(&mut commits[12].body)[0] ^= 1;
        for i in 12..commits.len() {
            commits[i].prev = commits[i - 1].hash;
            rehash(&mut commits[i]);
        }
    });
    let report = verify(&store, &signed);
    assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
    let fault = &report.faults[0];
    assert_eq!((fault.kind, fault.commit.get()), (FaultKind::Rewritten, 18));
    assert!(fault.text.contains("a commit from 11 to 18 was changed"), "{fault}");
    assert_eq!(report.proven_to, Some(CommitNo::new(10)));
}

#[test]
fn a_checkpoint_signed_by_somebody_else_is_no_witness() {
    let (store, mut signed) = record();
    signed[1] = signed[1].checkpoint.clone().sign(&SigningKey::from_bytes(&[6; 32]));
    signed[0].checkpoint.state_digest = Hash::ZERO;
    let report = verify(&store, &signed);
    let kinds: Vec<_> = report.faults.iter().map(|f| (f.kind, f.commit.get())).collect();
    assert_eq!(kinds, [(FaultKind::Checkpoint, 10), (FaultKind::Checkpoint, 18)]);
    assert_eq!(report.proven_to, None);
}

#[test]
fn the_file_of_checkpoints_survives_a_line_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let file = CheckpointFile::new(dir.path().join("checkpoints"));
    assert!(file.read().unwrap().checkpoints.is_empty());
    let (_, signed) = record();
    file.append(&signed[0]).unwrap();
    let path = dir.path().join("checkpoints");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("annals-checkpoint-v1 w 12");
    std::fs::write(&path, text).unwrap();
    file.append(&signed[1]).unwrap();
    let lines = file.read().unwrap();
    assert_eq!(lines.checkpoints, signed);
    assert_eq!(lines.damaged, [2]);
    let nowhere = CheckpointFile::new(path.join("below-a-file"));
    assert!(nowhere.append(&signed[0]).is_err() && nowhere.read().is_err());
}

proptest! {
    /// Whatever one bit of one field does, it is found, and the commit is named.
    #[test]
    fn any_flipped_bit_up_to_the_checkpoint_is_found(at in 0..18_usize, field in 0..6, byte in any::<usize>(), bit in 0..8_u8) {
        let (store, signed) = record();
        store.with_log(|log| {
            let commit = &mut log.tamper(&w()).unwrap()[at];
            let flip = |bytes: &mut [u8]| {
                let i = byte % bytes.len();
                bytes[i] ^= 1 << bit;
            };
            match field {
                0 => flip(Arc::make_mut(&mut commit.header)),
                1 => flip(Arc::make_mut(&mut commit.body)),
                2 => flip(&mut commit.prev.0),
                3 => flip(&mut commit.hash.0),
                4 => commit.first = schemas::Position::new(commit.first.get() ^ (1_u64 << bit)),
                _ => commit.epoch = schemas::Epoch::new(commit.epoch.get() ^ (1_u64 << bit)),
            }
        });
        let report = verify(&store, &signed);
        prop_assert!(!report.faults.is_empty());
        let named = report.faults.iter().any(|fault| fault.commit.get() == at as u64 + 1);
        prop_assert!(named, "{:?}", report.faults);
    }

    /// Whatever is taken out, doubled or moved, it is found.
    #[test]
    fn any_moved_record_is_found(from in 0..18_usize, to in 0..18_usize, how in 0..3, renumbered: bool) {
        let (store, signed) = record();
        let changed = store.with_log(|log| {
            let commits = log.tamper(&w()).unwrap();
            let before = commits.clone();
            let commit = if how == 1 { commits[from].clone() } else { commits.remove(from) };
            if how != 0 {
                commits.insert(to, commit);
            }
            if renumbered {
                renumber(commits);
            } else {
                // An engine gives commits back by number, wherever they lie.
                commits.sort_by_key(|commit| commit.commit);
            }
            *commits != before
        });
        prop_assert_eq!(!verify(&store, &signed).faults.is_empty(), changed);
    }
}
