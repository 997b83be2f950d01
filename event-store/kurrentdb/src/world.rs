//! What a store remembers of the worlds that it reads and writes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use event_store::{Head, ReadError};
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio::sync::Mutex as AsyncMutex;

use crate::index::Index;
use crate::link::ReadFrom;
use crate::read::{More, Reader, SharedPlaces, with};
use crate::record::revision_of;

/// Of how many worlds a store remembers where they end and which commands they have; those that were used last.
pub const WORLDS_KEPT: usize = 256;

/// What is remembered of one world. Everything in it was on the record when it was read or written, and the record only
/// grows.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) places: SharedPlaces,
    pub(crate) state: AsyncMutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Where the log ends, as far as the writer knows; none where it knows nothing for sure.
    pub(crate) head: Option<Head>,
    index: Option<Index>,
}

/// The worlds that were used last.
#[derive(Debug, Default)]
pub(crate) struct Worlds(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// Counts the uses.
    used: u64,
    worlds: HashMap<WorldId, Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    last_used: u64,
    world: Arc<World>,
}

impl Worlds {
    pub(crate) fn get(&self, id: &WorldId) -> Arc<World> {
        // The table is never left half changed.
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Table { used, worlds } = &mut *table;
        *used += 1;
        let entry = worlds.entry(id.clone()).or_default();
        entry.last_used = *used;
        let world = Arc::clone(&entry.world);
        if worlds.len() > WORLDS_KEPT {
            // One that is in use has a second handle; it may stay a while longer.
            let idle = worlds.iter().filter(|(_, entry)| Arc::strong_count(&entry.world) == 1);
            let oldest = idle.min_by_key(|(_, entry)| entry.last_used).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                worlds.remove(&oldest);
            }
        }
        world
    }
}

impl State {
    /// Takes over what was written.
    pub(crate) fn advance(&mut self, head: Head, commits: &[StoredCommit]) {
        self.head = Some(head);
        if let Some(index) = &mut self.index {
            for commit in commits {
                if commit.commit > index.last {
                    index.take(commit);
                }
            }
        }
    }

    /// Reads where the log ends, and forgets what can not be of this log.
    pub(crate) async fn learn(
        &mut self,
        reader: &Reader,
        places: &SharedPlaces,
        world: &WorldId,
    ) -> Result<Head, ReadError> {
        self.head = None;
        let head = reader.head(world).await?;
        let of_another = |index: &Index| {
            index.last > head.commit || (index.last == head.commit && index.hash != head.hash)
        };
        if self.index.as_ref().is_some_and(of_another) {
            tracing::warn!(%world, head = %head.commit, "the log on the server is an older one than was read before");
            self.index = None;
            with(places, crate::places::Places::clear);
        }
        self.head = Some(head);
        Ok(head)
    }

    /// The index up to where the log ends now, or at least up to one commit.
    pub(crate) async fn index(
        &mut self,
        reader: &Reader,
        places: &SharedPlaces,
        world: &WorldId,
        at_least: Option<CommitNo>,
    ) -> Result<&Index, ReadError> {
        let index = self.index.get_or_insert_default();
        if at_least.is_none_or(|commit| index.last < commit) {
            let after = index.last;
            if after > CommitNo::ZERO {
                with(places, |places| places.learn(after.next(), index.position.next()));
            }
            let caught_up = reader.each(world, places, after, |commit| {
                index.take(&commit);
                More::Continue(())
            });
            caught_up.await?;
        }
        Ok(index)
    }

    /// The commits of a command on the record.
    pub(crate) async fn find(
        &mut self,
        reader: &Reader,
        places: &SharedPlaces,
        world: &WorldId,
        id: &CommandId,
    ) -> Result<Vec<CommitNo>, ReadError> {
        let suspects = self.index(reader, places, world, None).await?.suspects(id, CommitNo::ZERO);
        let mut found = Vec::new();
        for suspect in suspects {
            if is_of(reader, world, id, suspect).await? {
                found.push(suspect.commit);
            }
        }
        Ok(found)
    }
}

/// Whether a commit on the record is this command's.
pub(crate) async fn is_of(
    reader: &Reader,
    world: &WorldId,
    id: &CommandId,
    suspect: crate::index::Entry,
) -> Result<bool, ReadError> {
    let revision = revision_of(suspect.commit, suspect.first);
    let record = reader.one(&reader.prefix.world(world), ReadFrom::Revision(revision)).await?;
    let broken =
        |problem: String| ReadError::Broken { world: world.clone(), commit: suspect.commit, problem };
    let record = record.ok_or_else(|| broken("its record is gone".to_owned()))?;
    let header: schemas::CommitHeader = serde_json::from_slice(&record.data)
        .map_err(|e| broken(format!("the header can not be read: {e}")))?;
    Ok(header.cause.command_id() == Some(id))
}
