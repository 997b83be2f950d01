//! Reading a world's stream.

use std::sync::{Arc, Mutex, PoisonError};

use event_store::{Head, ReadError};
use kurrentdb::RecordedEvent;
use schemas::{CommitHeader, CommitNo, Position, StoredCommit, WorldId};

use crate::error::Trouble;
use crate::link::{Link, ReadFrom, TRIES};
use crate::names::Prefix;
use crate::places::{NEAR, Places};
use crate::record::{Assembler, Place, own_hash, records_up_to, revision_of};

/// Records that are read to find the last commit's own: most commits have fewer events.
const TAIL: usize = 8;

/// Whether whoever takes commits wants more of them.
pub(crate) type More = std::ops::ControlFlow<()>;

/// Reads worlds.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) link: Link,
    pub(crate) prefix: Prefix,
}

/// What is remembered of a world for reading it.
pub(crate) type SharedPlaces = Arc<Mutex<Places>>;

pub(crate) fn with<R>(places: &SharedPlaces, f: impl FnOnce(&mut Places) -> R) -> R {
    // Places are never left half changed.
    f(&mut places.lock().unwrap_or_else(PoisonError::into_inner))
}

fn broken(world: &WorldId, commit: CommitNo, problem: impl Into<String>) -> ReadError {
    ReadError::Broken { world: world.clone(), commit, problem: problem.into() }
}

fn place_of(world: &WorldId, record: &RecordedEvent) -> Result<(CommitNo, u64), ReadError> {
    let place = Place::of(record).filter(|place| place.commit > 0 && place.nth <= record.revision);
    let Some(place) = place else {
        let problem = format!("the record at revision {} is no record of a log", record.revision);
        return Err(broken(world, CommitNo::ZERO, problem));
    };
    Ok((CommitNo::new(place.commit), record.revision - place.nth))
}

impl Reader {
    /// One record of a stream; none where there is none.
    pub(crate) async fn one(&self, stream: &str, from: ReadFrom) -> Result<Option<RecordedEvent>, ReadError> {
        let mut tries = 1;
        loop {
            let read = async { self.link.read(stream, from, 1).await?.next().await };
            match read.await {
                Ok(record) => return Ok(record),
                Err(trouble) if trouble.may_pass() && tries < TRIES => tries += 1,
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }

    /// Where a world's log ends.
    pub(crate) async fn head(&self, world: &WorldId) -> Result<Head, ReadError> {
        let stream = self.prefix.world(world);
        let mut tries = 1;
        let tail = loop {
            match self.tail(&stream).await {
                Ok(tail) => break tail,
                Err(trouble) if trouble.may_pass() && tries < TRIES => tries += 1,
                Err(trouble) => return Err(trouble.into()),
            }
        };
        let Some(last) = tail.first() else { return Ok(Head::default()) };
        let (commit, own) = place_of(world, last)?;
        let end = last.revision;
        let record = match tail.into_iter().find(|record| record.revision == own) {
            Some(record) => record,
            None => {
                let found = self.one(&stream, ReadFrom::Revision(own)).await?;
                found.ok_or_else(|| broken(world, commit, "its own record is gone"))?
            }
        };
        let header: CommitHeader = serde_json::from_slice(&record.data)
            .map_err(|e| broken(world, commit, format!("the header can not be read: {e}")))?;
        let position = Position::new((header.first.get() + header.events.len() as u64).saturating_sub(1));
        if records_up_to(header.commit, position) != end + 1 || header.commit != commit {
            let problem = format!("the stream ends at revision {end}, not with this commit's last record");
            return Err(broken(world, commit, problem));
        }
        let hash =
            own_hash(&record).ok_or_else(|| broken(world, commit, "its record does not say its hash"))?;
        Ok(Head { commit, position, hash, epoch: header.epoch })
    }

    async fn tail(&self, stream: &str) -> Result<Vec<RecordedEvent>, Trouble> {
        let mut records = self.link.read(stream, ReadFrom::End, TAIL).await?;
        let mut tail = Vec::new();
        while let Some(record) = records.next().await? {
            let own = Place::of(&record).is_some_and(|place| place.nth == 0);
            tail.push(record);
            if own {
                break;
            }
        }
        Ok(tail)
    }

    /// A commit at or not far before the one asked for, with its first position; none where the log ends before that.
    async fn search(
        &self,
        world: &WorldId,
        places: &SharedPlaces,
        commit: CommitNo,
    ) -> Result<Option<(CommitNo, Position)>, ReadError> {
        let near = |low: CommitNo| commit.get() - low.get() <= NEAR;
        let (mut low, mut first) = with(places, |places| places.before(commit));
        if near(low) {
            return Ok(Some((low, first)));
        }
        let stream = self.prefix.world(world);
        let Some(last) = self.one(&stream, ReadFrom::End).await? else { return Ok(None) };
        let (high, own) = place_of(world, &last)?;
        if high < commit {
            return Ok(None);
        }
        // Every commit has a record of its own, so both ends can be moved by the commits in between.
        let mut floor = revision_of(low, first) + (commit.get() - low.get());
        let mut ceiling = own.saturating_sub(high.get() - commit.get());
        while !near(low) {
            if floor > ceiling {
                return Err(broken(world, commit, "its record is not where it belongs"));
            }
            let middle = floor + (ceiling - floor) / 2;
            let found = self.one(&stream, ReadFrom::Revision(middle)).await?;
            let found = found.ok_or_else(|| broken(world, low, "a record after it is gone"))?;
            let (at, own) = place_of(world, &found)?;
            if at < low || at > high || own + 2 <= at.get() {
                return Err(broken(
                    world,
                    at,
                    format!("it stands at revision {own}, where it does not belong"),
                ));
            }
            if at > commit {
                ceiling = own.saturating_sub(at.get() - commit.get());
            } else {
                floor = (middle + 1).max(own + (commit.get() - at.get()));
                (low, first) = (at, Position::new(own + 2 - at.get()));
                with(places, |places| places.learn(low, first));
            }
        }
        Ok(Some((low, first)))
    }

    /// Hands the commits after one over as they come, until it is told to stop or the log ends.
    pub(crate) async fn each(
        &self,
        world: &WorldId,
        places: &SharedPlaces,
        after: CommitNo,
        mut take: impl FnMut(StoredCommit) -> More,
    ) -> Result<(), ReadError> {
        let wanted = CommitNo::new(after.get().saturating_add(1));
        let Some((start, first)) = self.search(world, places, wanted).await? else { return Ok(()) };
        let stream = self.prefix.world(world);
        let mut next = (start, revision_of(start, first));
        let mut tries = 1;
        loop {
            let mut assembler = Assembler::new(world.clone(), next.0, next.1);
            // Taken up again after the last whole commit when the connection breaks within one.
            let read = self.go_through(&stream, places, after, &mut assembler, &mut next, &mut take).await?;
            let Err((trouble, came_further)) = read else { return Ok(()) };
            tries = if came_further { 1 } else { tries + 1 };
            if !trouble.may_pass() || tries > TRIES {
                return Err(trouble.into());
            }
        }
    }

    async fn go_through(
        &self,
        stream: &str,
        places: &SharedPlaces,
        after: CommitNo,
        assembler: &mut Assembler,
        next: &mut (CommitNo, u64),
        take: &mut impl FnMut(StoredCommit) -> More,
    ) -> Result<Result<(), (Trouble, bool)>, ReadError> {
        let mut came_further = false;
        let from = ReadFrom::Revision(assembler.revision());
        let mut records = match self.link.read(stream, from, usize::MAX).await {
            Ok(records) => records,
            Err(trouble) => return Ok(Err((trouble, came_further))),
        };
        loop {
            let record = match records.next().await {
                Ok(Some(record)) => record,
                Ok(None) if assembler.is_within() => {
                    return Err(assembler.broken("the stream ends within it"));
                }
                Ok(None) => return Ok(Ok(())),
                Err(trouble) => return Ok(Err((trouble, came_further))),
            };
            let Some(commit) = assembler.push(&record)? else { continue };
            *next = (commit.commit.next(), assembler.revision());
            came_further = true;
            with(places, |places| places.pass(&commit));
            if commit.commit <= after {
                continue;
            }
            let (number, end) = (commit.commit, commit.last());
            if take(commit).is_break() {
                with(places, |places| places.learn(number.next(), end.next()));
                return Ok(Ok(()));
            }
        }
    }
}
