//! Appends: one for each batch, and the key is the fence.
//!
//! What a writer knows of a world's head was on the record when it was read, and the record only grows. It says that
//! head's revision as the one that it expects: if the server takes the append, nobody was there in between. If it does
//! not, the head is read again, and the batch is told what stands in its way.

use std::collections::HashSet;

use event_store::{AppendError, Head, ReadError, WorldBatch, check};
use kurrentdb::StreamState;
use schemas::{CommandId, CommitNo, StoredCommit, WorldId};
use tokio::sync::Mutex as AsyncMutex;

use crate::error::Trouble;
use crate::index::Entry;
use crate::link::{Appended, NewRecord, ReadFrom};
use crate::read::Reader;
use crate::record;
use crate::registry;
use crate::world::{State, World, Worlds, is_of};

pub(crate) type Ending = Result<CommitNo, AppendError>;

/// What a store needs to write besides what it needs to read.
#[derive(Debug)]
pub(crate) struct Writer {
    append_bytes_max: usize,
    /// Worlds that are in the registry.
    registered: AsyncMutex<HashSet<WorldId>>,
}

/// The most bytes that a commit's records can have, whatever is in it: types are written once more, twice over, a
/// command's payload as hex at worst.
pub(crate) fn commit_bytes(commit: &StoredCommit) -> usize {
    let metadata = record::COMMIT_META_BYTES + commit.events as usize * record::EVENT_META_BYTES;
    3 * commit.header.len() + 2 * commit.body.len() + metadata
}

fn unavailable(error: &ReadError) -> AppendError {
    AppendError::Unavailable(match error {
        ReadError::Unavailable(text) => text.clone(),
        broken @ ReadError::Broken { .. } => format!("STORE_CORRUPT: {broken}"),
    })
}

/// A world's batch on its way: all that the steps of an append hand on.
struct Append<'a> {
    writer: &'a Writer,
    reader: &'a Reader,
    world: &'a World,
    batch: &'a WorldBatch,
    records: Vec<NewRecord>,
    stream: String,
}

impl Writer {
    pub(crate) fn new(append_bytes_max: usize) -> Self {
        Self { append_bytes_max, registered: AsyncMutex::default() }
    }

    pub(crate) const fn append_bytes_max(&self) -> usize {
        self.append_bytes_max
    }

    /// What a batch may have, counted by [`commit_bytes`].
    pub(crate) fn batch_bytes_max(&self) -> usize {
        self.append_bytes_max.min(check::BATCH_BYTES_MAX)
    }

    /// Writes one batch.
    pub(crate) async fn append(&self, reader: &Reader, worlds: &Worlds, batch: &WorldBatch) -> Ending {
        check::form(batch)?;
        let records = self.records(batch)?;
        let world = worlds.get(&batch.world);
        let stream = reader.prefix.world(&batch.world);
        let append = Append { writer: self, reader, world: &world, batch, records, stream };
        let mut state = world.state.lock().await;
        append.run(&mut state).await
    }

    fn records(&self, batch: &WorldBatch) -> Result<Vec<NewRecord>, AppendError> {
        let mut records = Vec::with_capacity(2 * batch.commits.len());
        for commit in &batch.commits {
            record::write(commit, &mut records).map_err(|broken| {
                AppendError::Unavailable(format!("{}, commit {}: {broken}", batch.world, commit.commit))
            })?;
        }
        let bytes: usize = records.iter().map(NewRecord::size).sum();
        if bytes > self.append_bytes_max {
            return Err(AppendError::Unavailable(format!(
                "BATCH_TOO_LARGE: {}: the batch has {bytes} bytes as records, more than the {} that the server takes in \
                 one append. Raise MaxAppendSize in the server's settings (16 MiB at most), and the log's append_bytes_max \
                 with it",
                batch.world, self.append_bytes_max
            )));
        }
        Ok(records)
    }
}

impl Append<'_> {
    async fn run(self, state: &mut State) -> Ending {
        let (batch, world) = (self.batch, &self.batch.world);
        let known = state.head.filter(|head| check::against(batch, head).is_ok());
        let head = match known {
            Some(head) => head,
            None => self.learn(state).await?,
        };
        check::against(batch, &head)?;
        self.refuse_repeated_commands(state, &head).await?;
        if head.commit == CommitNo::ZERO {
            registry::register(self.reader, &self.writer.registered, world).await?;
        }
        let expected = match record::records_up_to(head.commit, head.position).checked_sub(1) {
            None => StreamState::NoStream,
            Some(last) => StreamState::StreamRevision(last),
        };
        // Whoever stops waiting here leaves nothing behind that is not so.
        state.head = None;
        match self.reader.link.append(&self.stream, expected, &self.records).await {
            Ok(Appended::Done) => Ok(self.done(state, &head)),
            Ok(Appended::WrongVersion) => {
                let now = self.learn(state).await?;
                check::against(batch, &now)?;
                Err(AppendError::Unavailable(format!(
                    "STORE_GUARD: {world}: the server refuses this append as out of place, though the log ends where it \
                     goes on. Look into the KurrentDB server's own log"
                )))
            }
            Err(trouble) if trouble.nothing_was_written() => {
                state.head = Some(head);
                Err(AppendError::Unavailable(trouble.to_string()))
            }
            Err(trouble) => self.settle(state, &head, &trouble).await,
        }
    }

    fn done(&self, state: &mut State, before: &Head) -> CommitNo {
        let after = check::head_after(self.batch, before);
        state.advance(after, &self.batch.commits);
        after.commit
    }

    async fn learn(&self, state: &mut State) -> Result<Head, AppendError> {
        let learnt = state.learn(self.reader, &self.world.places, &self.batch.world).await;
        learnt.map_err(|error| unavailable(&error))
    }

    /// The second guard: ids that may be on the live line already are looked up.
    async fn refuse_repeated_commands(&self, state: &mut State, head: &Head) -> Result<(), AppendError> {
        let world = &self.batch.world;
        let index = state.index(self.reader, &self.world.places, world, Some(head.commit)).await;
        let index = index.map_err(|error| unavailable(&error))?;
        let since = index.since();
        let mut suspects: Vec<(CommandId, Entry)> = Vec::new();
        let twice = check::repeated_command(self.batch, |id| {
            suspects.extend(index.suspects(id, since).into_iter().map(|entry| (id.clone(), entry)));
            false
        });
        if let Some(id) = twice {
            return Err(check::duplicate(self.batch, id));
        }
        for (id, suspect) in suspects {
            let is_it = is_of(self.reader, world, &id, suspect).await.map_err(|error| unavailable(&error))?;
            if is_it {
                return Err(check::duplicate(self.batch, id.as_str()));
            }
        }
        Ok(())
    }

    /// Nobody says how an append ended. The record may: the ids of its records are known, and so is the revision at which
    /// they stand, if they do. If somebody else's record stands there, it is certain that this append never will.
    async fn settle(&self, state: &mut State, head: &Head, trouble: &Trouble) -> Ending {
        let unknown = |why: &str| AppendError::OutcomeUnknown(format!("{trouble}; {why}"));
        let first = record::records_up_to(head.commit, head.position);
        let last = first + self.records.len() as u64 - 1;
        let at = |revision| self.reader.one(&self.stream, ReadFrom::Revision(revision));
        let id_at = |place: usize| self.records.get(place).map(|record| record.id);
        let found = match at(first).await {
            Ok(found) => found,
            Err(error) => return Err(unknown(&error.to_string())),
        };
        let Some(found) = found else { return Err(unknown("it is not on the record yet")) };
        if Some(found.id) != id_at(0) {
            let now = self.learn(state).await?;
            check::against(self.batch, &now)?;
            return Err(unknown("the record can not be read as a log"));
        }
        match at(last).await {
            Ok(Some(end)) if Some(end.id) == id_at(self.records.len() - 1) => Ok(self.done(state, head)),
            Ok(Some(_) | None) => Err(unknown("a part of it seems to be on the record")),
            Err(error) => Err(unknown(&error.to_string())),
        }
    }
}
