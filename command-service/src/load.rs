//! Reading a world from the log: from a snapshot that proves itself, or from the first commit.

use std::collections::BTreeMap;
use std::pin::pin;

use event_store::{EventStore, Head, ReadError, SnapshotStore};
use games_registry::{Fold, GameFace};
use kernel::Loaded;
use kernel::io::LoadError;
use schemas::codec::Recorded;
use schemas::host::{HostEvent, WorldOpened};
use schemas::{CommitNo, LiveLine, WallTime, WorldId};
use tokio_stream::StreamExt;

/// Loads a world as it stands at the end of its log; where wanted, with an image of it for when the log is away.
///
/// # Errors
/// The log can not be read, or holds a commit that can not be folded.
pub async fn load<S: EventStore + SnapshotStore>(
    store: &S,
    world: &WorldId,
    image: bool,
    now: WallTime,
) -> Result<Loaded, LoadError> {
    let head = store.head(world).await.map_err(unavailable)?;
    let live = LiveLine::new(store.rewinds(world).await.map_err(unavailable)?);
    let mut index: BTreeMap<u64, Vec<CommitNo>> = BTreeMap::new();
    for (key, commit) in store.command_index(world, head.commit).await.map_err(unavailable)? {
        index.entry(key).or_default().push(commit);
    }
    let folded = fold(store, world, &live, &head).await?;
    let image = folded.as_deref().filter(|_| image).map(games_registry::World::snapshot);
    let violations = crate::audit::violations(store, world, now).await.map_err(unavailable)?;
    Ok(Loaded { head, world: folded, index, live, image, violations })
}

/// A world as it stands at the end of its log, without what only its owner needs; none where there is no record.
///
/// # Errors
/// The log can not be read, or holds a commit that can not be folded.
pub async fn load_world<S: EventStore + SnapshotStore>(
    store: &S,
    world: &WorldId,
) -> Result<Option<Box<dyn games_registry::World>>, LoadError> {
    let head = store.head(world).await.map_err(unavailable)?;
    let live = LiveLine::new(store.rewinds(world).await.map_err(unavailable)?);
    fold(store, world, &live, &head).await
}

async fn fold<S: EventStore + SnapshotStore>(
    store: &S,
    world: &WorldId,
    live: &LiveLine,
    head: &Head,
) -> Result<Option<Box<dyn games_registry::World>>, LoadError> {
    if head.commit == CommitNo::ZERO {
        return Ok(None);
    }
    if let Some(game) = game_of(store, world).await.map_err(unavailable)?
        && let Some(snapshot) = event_store::load_snapshot(store, world, live, head.commit, &game.state_key())
            .await
            .map_err(unavailable)?
    {
        match game.restore(world, &snapshot.bytes) {
            Ok(restored) => {
                match read_on(store, world, Fold::resume(live.clone(), head.commit, restored), head).await {
                    Ok(folded) => return Ok(folded),
                    Err(problem) => tracing::warn!(%world, %problem, "snapshot not used"),
                }
            }
            Err(problem) => tracing::warn!(%world, %problem, "snapshot not used"),
        }
    }
    read_on(store, world, Fold::new(live.clone(), head.commit), head).await
}

async fn read_on<S: EventStore>(
    store: &S,
    world: &WorldId,
    mut fold: Fold,
    head: &Head,
) -> Result<Option<Box<dyn games_registry::World>>, LoadError> {
    let mut pages = pin!(store.scan(world, fold.commit(), head.commit));
    while let Some(page) = pages.next().await {
        for checked in page.map_err(unavailable)? {
            fold.push_checked(&checked, None).map_err(|e| LoadError::Poison(e.to_string()))?;
        }
    }
    if fold.commit() < head.commit {
        return Err(LoadError::Poison(format!(
            "commit {} is missing: the log ends before its head {}",
            fold.commit().next(),
            head.commit
        )));
    }
    Ok(fold.finish())
}

/// The game of a world, from its first commit.
///
/// # Errors
/// Those of the store.
pub async fn game_of<S: EventStore>(
    store: &S,
    world: &WorldId,
) -> Result<Option<&'static dyn GameFace>, ReadError> {
    Ok(opening_of(store, world).await?.and_then(|opened| games_registry::find(&opened.game)))
}

/// How a world was opened, from its first commit; none where that opens no world.
///
/// # Errors
/// Those of the store.
pub async fn opening_of<S: EventStore>(store: &S, world: &WorldId) -> Result<Option<WorldOpened>, ReadError> {
    let first = store.read(world, CommitNo::ZERO, 1).await?;
    let Some(open) = first.first().and_then(|stored| stored.open().ok()) else { return Ok(None) };
    let Some(event) = open.events().next() else { return Ok(None) };
    match HostEvent::decode(event.kind, event.version, event.payload) {
        Ok(HostEvent::WorldOpened(opened)) => Ok(Some(opened)),
        Ok(_) | Err(_) => Ok(None),
    }
}

#[allow(clippy::needless_pass_by_value)] // it is handed to `map_err`
pub(crate) fn unavailable(error: ReadError) -> LoadError {
    match error {
        ReadError::Unavailable(problem) => LoadError::Unavailable(problem),
        ReadError::Broken { .. } => LoadError::Poison(error.to_string()),
    }
}

/// A commit that can not be folded.
pub(crate) fn poison(error: &games_registry::FoldError) -> LoadError {
    LoadError::Poison(error.to_string())
}
