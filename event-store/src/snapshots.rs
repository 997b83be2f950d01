//! Loading snapshots without ever being misled by one.

use schemas::{CommitNo, Hash, LiveLine, WorldId};

use crate::{EventStore, ReadError, Snapshot, SnapshotStore};

/// Why a snapshot is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanting {
    /// Written under other rules, or by another build of the game.
    Key,
    /// Its bytes do not give its digest.
    Digest,
    /// The log has no such commit, another one, or one at another position.
    Log,
}

/// The newest snapshot from which the state at commit `as_of` can be folded, or `None`: then the log is read from
/// the start.
///
/// A snapshot is used only when its keys are `state_key`, its bytes give its digest, the log has its commit with
/// the same hash and position, and that commit counts at `as_of` on this live `line`. One that fails the first
/// three is dropped; one on a line that was rewound is good, but not for this.
///
/// # Errors
/// When the log can not be read. Snapshots that can not be read count as none.
pub async fn load_snapshot<S: EventStore + SnapshotStore>(
    store: &S,
    world: &WorldId,
    line: &LiveLine,
    as_of: CommitNo,
    state_key: &str,
) -> Result<Option<Snapshot>, ReadError> {
    let kept = store.snapshots(world, as_of).await.unwrap_or_else(|error| {
        tracing::warn!(%world, %error, "snapshots can not be read: the log is read from the start");
        Vec::new()
    });
    for snapshot in kept {
        let Some(wanting) = judge(store, world, &snapshot, as_of, state_key).await? else {
            if line.is_live_as_of(snapshot.commit, as_of) {
                return Ok(Some(snapshot));
            }
            continue;
        };
        tracing::warn!(%world, commit = %snapshot.commit, ?wanting, "a snapshot was found wanting and is dropped");
        // Whether it can be dropped or not, it is not used.
        store.drop_snapshot(world, snapshot.commit).await.ok();
    }
    Ok(None)
}

async fn judge<S: EventStore>(
    store: &S,
    world: &WorldId,
    snapshot: &Snapshot,
    as_of: CommitNo,
    state_key: &str,
) -> Result<Option<Wanting>, ReadError> {
    if snapshot.world != *world || snapshot.state_key != state_key {
        return Ok(Some(Wanting::Key));
    }
    if Hash::of(&snapshot.bytes) != snapshot.digest {
        return Ok(Some(Wanting::Digest));
    }
    if snapshot.commit == CommitNo::ZERO || snapshot.commit > as_of {
        return Ok(Some(Wanting::Log));
    }
    let page = store.read(world, snapshot.commit.prev(), 1).await?;
    let stands = page.first().is_some_and(|commit| {
        commit.commit == snapshot.commit
            && commit.hash == snapshot.commit_hash
            && commit.last() == snapshot.position
    });
    Ok(if stands { None } else { Some(Wanting::Log) })
}
