//! What is kept beside the log: snapshots and signed checkpoints, each world's in streams of their own.
//!
//! A snapshot may be larger than an append, so it is parts, then a record that says that it is whole. Beyond the newest
//! few they are cut off by the stream's `$tb`: `$maxCount` counts records, and snapshots have different numbers of them.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use event_store::{ReadError, SNAPSHOTS_KEPT, SignedCheckpoint, Snapshot};
use kurrentdb::StreamState;
use schemas::{CommitNo, Hash, Position, WorldId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::Trouble;
use crate::link::{Appended, NewRecord, ReadFrom};
use crate::read::Reader;
use crate::record::uuid_of;

/// Bytes of a snapshot's part, where an append may be that large.
const PART_BYTES: usize = 512 << 10;

/// How often a checkpoint is tried to be added while others add theirs, or answers are lost.
const TRIES: usize = 8;

const PART: &str = "SnapshotPart";
const TAKEN: &str = "SnapshotTaken";
const DROPPED: &str = "SnapshotDropped";
const SIGNED: &str = "CheckpointSigned";

#[derive(Serialize, Deserialize)]
struct Part {
    save: Uuid,
}

#[derive(Serialize, Deserialize)]
struct Taken {
    save: Uuid,
    commit: CommitNo,
    commit_hash: Hash,
    position: Position,
    state_key: String,
    digest: Hash,
    /// Length of the state.
    bytes: usize,
    /// The revision of the first part.
    starts: u64,
}

#[derive(Serialize, Deserialize)]
struct Dropped {
    commit: CommitNo,
}

fn record(kind: &str, what: &impl Serialize) -> Result<NewRecord, Trouble> {
    let data = serde_json::to_vec(what).map_err(|e| Trouble::Refused(e.to_string()))?;
    Ok(NewRecord { id: Uuid::new_v4(), kind: kind.to_owned(), metadata: Bytes::new(), data: data.into() })
}

/// A snapshot that was found, and the revision of its first part.
struct Found {
    snapshot: Snapshot,
    starts: u64,
}

/// Every whole snapshot that was not dropped, by commit.
async fn found(reader: &Reader, world: &WorldId) -> Result<BTreeMap<CommitNo, Found>, Trouble> {
    let stream = reader.prefix.snapshots(world);
    let mut records = reader.link.read(&stream, ReadFrom::Revision(0), usize::MAX).await?;
    let mut parts: HashMap<Uuid, Vec<u8>> = HashMap::new();
    let mut found: BTreeMap<CommitNo, Found> = BTreeMap::new();
    while let Some(record) = records.next().await? {
        // What is not in shape is left out: it would be found wanting anyhow.
        match record.event_type.as_str() {
            PART => {
                if let Ok(Part { save }) = serde_json::from_slice(&record.custom_metadata) {
                    parts.entry(save).or_default().extend_from_slice(&record.data);
                }
            }
            TAKEN => {
                let Ok(taken) = serde_json::from_slice::<Taken>(&record.data) else { continue };
                let bytes = parts.remove(&taken.save).unwrap_or_default();
                if bytes.len() != taken.bytes {
                    continue;
                }
                let snapshot = Snapshot {
                    world: world.clone(),
                    commit: taken.commit,
                    commit_hash: taken.commit_hash,
                    position: taken.position,
                    state_key: taken.state_key,
                    digest: taken.digest,
                    bytes,
                };
                found.insert(taken.commit, Found { snapshot, starts: taken.starts });
            }
            DROPPED => {
                if let Ok(Dropped { commit }) = serde_json::from_slice(&record.data) {
                    found.remove(&commit);
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

pub(crate) async fn save_snapshot(reader: &Reader, most: usize, snapshot: Snapshot) -> Result<(), ReadError> {
    let stream = reader.prefix.snapshots(&snapshot.world);
    let save = Uuid::new_v4();
    let metadata =
        Bytes::from(serde_json::to_vec(&Part { save }).map_err(|e| Trouble::Refused(e.to_string()))?);
    let starts = match reader.one(&stream, ReadFrom::End).await? {
        Some(last) => last.revision + 1,
        None => 0,
    };
    let bytes = Bytes::from(snapshot.bytes);
    let part = PART_BYTES.min(most / 2).max(1);
    for start in (0..bytes.len()).step_by(part) {
        let data = bytes.slice(start..bytes.len().min(start + part));
        let id = Uuid::new_v4();
        let part = NewRecord { id, kind: PART.to_owned(), metadata: metadata.clone(), data };
        reader.link.append_again(&stream, StreamState::Any, &[part]).await?;
    }
    let taken = Taken {
        save,
        commit: snapshot.commit,
        commit_hash: snapshot.commit_hash,
        position: snapshot.position,
        state_key: snapshot.state_key,
        digest: snapshot.digest,
        bytes: bytes.len(),
        starts,
    };
    reader.link.append_again(&stream, StreamState::Any, &[record(TAKEN, &taken)?]).await?;
    let kept = found(reader, &snapshot.world).await?;
    let oldest = kept.values().rev().take(SNAPSHOTS_KEPT).map(|one| one.starts).min();
    if let Some(oldest) = oldest.filter(|&oldest| oldest > 0 && kept.len() > SNAPSHOTS_KEPT) {
        // Older ones only take room: nothing is wrong with the one that was saved.
        if let Err(error) = reader.link.truncate_before(&stream, oldest).await {
            tracing::warn!(world = %snapshot.world, %error, "old snapshots can not be cut off");
        }
    }
    Ok(())
}

pub(crate) async fn snapshots(
    reader: &Reader,
    world: &WorldId,
    up_to: CommitNo,
) -> Result<Vec<Snapshot>, ReadError> {
    let found = found(reader, world).await?;
    Ok(found.into_iter().rev().filter(|(commit, _)| *commit <= up_to).map(|(_, one)| one.snapshot).collect())
}

pub(crate) async fn drop_snapshot(
    reader: &Reader,
    world: &WorldId,
    commit: CommitNo,
) -> Result<(), ReadError> {
    let dropped = record(DROPPED, &Dropped { commit })?;
    reader.link.append_again(&reader.prefix.snapshots(world), StreamState::Any, &[dropped]).await?;
    Ok(())
}

/// The checkpoints of a world as they were kept, and the revision of the last.
async fn signed(reader: &Reader, world: &WorldId) -> Result<(Vec<SignedCheckpoint>, Option<u64>), ReadError> {
    let stream = reader.prefix.checkpoints(world);
    let mut records = reader.link.read(&stream, ReadFrom::Revision(0), usize::MAX).await?;
    let (mut signed, mut last): (Vec<SignedCheckpoint>, _) = (Vec::new(), None);
    while let Some(record) = records.next().await? {
        last = Some(record.revision);
        let checkpoint = serde_json::from_slice(&record.data).map_err(|e| ReadError::Broken {
            world: world.clone(),
            commit: CommitNo::ZERO,
            problem: format!("its checkpoint at revision {}: {e}", record.revision),
        });
        signed.push(checkpoint?);
    }
    Ok((signed, last))
}

pub(crate) async fn save_checkpoint(reader: &Reader, checkpoint: &SignedCheckpoint) -> Result<(), ReadError> {
    let world = &checkpoint.checkpoint.world;
    let data = serde_json::to_vec(checkpoint).map_err(|e| Trouble::Refused(e.to_string()))?;
    let new =
        NewRecord { id: uuid_of(&data), kind: SIGNED.to_owned(), metadata: Bytes::new(), data: data.into() };
    let mut ended = Trouble::Refused("others add checkpoints of this world all the time".to_owned());
    for _ in 0..TRIES {
        // Also after an answer that was lost: if it is there, all is well.
        let (kept, last) = signed(reader, world).await?;
        if kept.contains(checkpoint) {
            return Ok(());
        }
        let expected = last.map_or(StreamState::NoStream, StreamState::StreamRevision);
        let stream = reader.prefix.checkpoints(world);
        match reader.link.append(&stream, expected, std::slice::from_ref(&new)).await {
            Ok(Appended::Done) => return Ok(()),
            Ok(Appended::WrongVersion) => {}
            Err(trouble) if trouble.may_pass() => ended = trouble,
            Err(trouble) => return Err(trouble.into()),
        }
    }
    Err(ended.into())
}

pub(crate) async fn checkpoints(
    reader: &Reader,
    world: &WorldId,
) -> Result<Vec<SignedCheckpoint>, ReadError> {
    let (mut signed, _) = signed(reader, world).await?;
    signed.sort_by_key(|one| one.checkpoint.commit);
    Ok(signed)
}
