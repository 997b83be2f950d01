//! The connection: every call with a deadline, made anew when nothing can be trusted of it any more.
//!
//! The client finds the cluster's leader by itself when a node says that it is none. But once it could not connect it
//! never tries again, and a call without an answer it would wait for without end; so both are seen to here.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kurrentdb::{
    AppendToStreamOptions, Authentication, Client, EventData, ReadStream, ReadStreamOptions, RecordedEvent,
    StreamMetadata, StreamPosition, StreamState, SubscribeToStreamOptions, Subscription,
};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::Trouble;
use crate::settings::{Limits, Server};

/// How often a call is made while nodes say that they are no leader, and how long to wait in between: an election takes
/// a second or two.
const LEADER_TRIES: u32 = 8;
const LEADER_WAIT: Duration = Duration::from_millis(100);

/// How often a call is made that may be made again.
pub(crate) const TRIES: usize = 3;

/// A record that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewRecord {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) metadata: Bytes,
    pub(crate) data: Bytes,
}

impl NewRecord {
    /// Bytes that count against the largest append.
    pub(crate) fn size(&self) -> usize {
        2 * self.kind.len() + self.metadata.len() + self.data.len()
    }

    /// What the client takes: marked as JSON where the data is exactly that, and never another byte.
    fn event(&self) -> EventData {
        let json = serde_json::from_slice::<&RawValue>(&self.data)
            .ok()
            .filter(|raw| raw.get().len() == self.data.len())
            .and_then(|raw| EventData::json(&self.kind, &raw).ok());
        let event = json.unwrap_or_else(|| EventData::binary(&self.kind, self.data.clone()));
        event.id(self.id).metadata(self.metadata.clone())
    }
}

/// Where a read begins and which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    /// Forwards from a revision.
    Revision(u64),
    /// Backwards from the last record.
    End,
}

/// How an append ended that the server has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// Every record is there.
    Done,
    /// The stream stands elsewhere than was expected; nothing was written.
    WrongVersion,
}

#[derive(Debug)]
pub(crate) struct Link {
    server: Server,
    pub(crate) limits: Limits,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// Counts the clients, so that nobody throws away the one after the one that failed.
    number: u64,
    client: Option<Client>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Slot({})", self.number)
    }
}

impl Link {
    pub(crate) fn new(server: Server, limits: Limits) -> Self {
        Self { server, limits, slot: Mutex::default() }
    }

    pub(crate) const fn server(&self) -> &Server {
        &self.server
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        // A slot is never left half changed.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client that has found its node, and its number.
    pub(crate) async fn client(&self) -> Result<(u64, Client), Trouble> {
        let mut trouble = Trouble::Unreachable("no connection".to_owned());
        // The client in the slot may have given up already: then one more is tried.
        for _ in 0..2 {
            let (number, client) = self.in_slot()?;
            trouble = match tokio::time::timeout(self.limits.connect, client.server_info()).await {
                Ok(Ok(_)) => return Ok((number, client)),
                Ok(Err(error)) => Trouble::of(error),
                Err(_) => Trouble::NoConnection(self.limits.connect),
            };
            self.forget(number);
            if let Trouble::NoConnection(_) = trouble {
                break;
            }
        }
        Err(trouble)
    }

    fn in_slot(&self) -> Result<(u64, Client), Trouble> {
        let mut slot = self.slot();
        let client = match &slot.client {
            Some(client) => client.clone(),
            None => {
                let made = Client::new(self.server.client.clone());
                let client = made.map_err(|e| Trouble::Unreachable(e.to_string()))?;
                slot.number += 1;
                slot.client = Some(client.clone());
                client
            }
        };
        Ok((slot.number, client))
    }

    /// Drops a client of which nothing can be trusted any more.
    pub(crate) fn forget(&self, number: u64) {
        let mut slot = self.slot();
        if slot.number == number {
            slot.client = None;
        }
    }

    fn failed(&self, number: u64, trouble: Trouble) -> Trouble {
        if trouble.spoils_the_connection() {
            self.forget(number);
        }
        trouble
    }

    fn login(&self) -> Option<Authentication> {
        self.server.credentials.clone().map(Authentication::Basic)
    }

    fn append_options(&self, expected: StreamState) -> AppendToStreamOptions {
        let options = AppendToStreamOptions::default()
            .stream_state(expected)
            .requires_leader(true)
            .deadline(self.limits.append);
        match self.login() {
            Some(login) => options.authenticated(login),
            None => options,
        }
    }

    /// Writes all records or none.
    pub(crate) async fn append(
        &self,
        stream: &str,
        expected: StreamState,
        records: &[NewRecord],
    ) -> Result<Appended, Trouble> {
        let options = self.append_options(expected);
        let mut tries = 0;
        loop {
            let (number, client) = self.client().await?;
            let events: Vec<EventData> = records.iter().map(NewRecord::event).collect();
            let call = client.append_to_stream(stream, &options, events);
            let error = match tokio::time::timeout(self.limits.append, call).await {
                Ok(Ok(_)) => return Ok(Appended::Done),
                Ok(Err(error)) => error,
                Err(_) => return Err(self.failed(number, Trouble::Silent(self.limits.append))),
            };
            if let kurrentdb::Error::WrongExpectedVersion { .. } = error {
                return Ok(Appended::WrongVersion);
            }
            let trouble = Trouble::of(error);
            tries += 1;
            if trouble != Trouble::NoLeader || tries == LEADER_TRIES {
                return Err(self.failed(number, trouble));
            }
            // The client goes to the leader that it was told; that one may be gone as well, or not elected yet.
            tokio::time::sleep(LEADER_WAIT * (tries - 1)).await;
        }
    }

    /// As [`Link::append`], and again where it may have failed for the moment only: for what does no harm when it is there
    /// twice. The server knows the ids, so mostly it is not.
    pub(crate) async fn append_again(
        &self,
        stream: &str,
        expected: StreamState,
        records: &[NewRecord],
    ) -> Result<Appended, Trouble> {
        let mut tries = 1;
        loop {
            match self.append(stream, expected, records).await {
                Err(trouble) if trouble.may_pass() && tries < TRIES => tries += 1,
                ended => return ended,
            }
        }
    }

    /// Reads at most so many records.
    pub(crate) async fn read(
        &self,
        stream: &str,
        from: ReadFrom,
        count: usize,
    ) -> Result<Records<'_>, Trouble> {
        let options = ReadStreamOptions::default().requires_leader(true).max_count(count);
        let options = match from {
            ReadFrom::Revision(revision) => options.position(StreamPosition::Position(revision)).forwards(),
            ReadFrom::End => options.position(StreamPosition::End),
        };
        let options = match self.login() {
            Some(login) => options.authenticated(login),
            None => options,
        };
        let mut tries = 0;
        loop {
            let (number, client) = self.client().await?;
            let call = client.read_stream(stream, &options);
            let trouble = match tokio::time::timeout(self.limits.read, call).await {
                Ok(Ok(answers)) => return Ok(Records { link: self, number, answers: Some(answers) }),
                Ok(Err(kurrentdb::Error::ResourceNotFound)) => {
                    return Ok(Records { link: self, number, answers: None });
                }
                Ok(Err(error)) => Trouble::of(error),
                Err(_) => Trouble::Silent(self.limits.read),
            };
            tries += 1;
            if trouble != Trouble::NoLeader || tries == LEADER_TRIES {
                return Err(self.failed(number, trouble));
            }
            tokio::time::sleep(LEADER_WAIT * (tries - 1)).await;
        }
    }

    /// Sets from which revision on a stream's records are to be seen.
    pub(crate) async fn truncate_before(&self, stream: &str, revision: u64) -> Result<(), Trouble> {
        let options = self.append_options(StreamState::Any);
        let metadata = StreamMetadata { truncate_before: Some(revision), ..StreamMetadata::default() };
        let (number, client) = self.client().await?;
        let call = client.set_stream_metadata(stream, &options, &metadata);
        match tokio::time::timeout(self.limits.append, call).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failed(number, Trouble::of(error))),
            Err(_) => Err(self.failed(number, Trouble::Silent(self.limits.append))),
        }
    }

    /// Every record after a revision, and those that are yet to come.
    pub(crate) async fn subscribe(
        &self,
        stream: &str,
        after: Option<u64>,
    ) -> Result<(u64, Subscription), Trouble> {
        let start = after.map_or(StreamPosition::Start, StreamPosition::Position);
        let options = SubscribeToStreamOptions::default().start_from(start);
        let options = match self.login() {
            Some(login) => options.authenticated(login),
            None => options,
        };
        let (number, client) = self.client().await?;
        Ok((number, client.subscribe_to_stream(stream, &options).await))
    }
}

/// The records of a read, as they come.
#[derive(Debug)]
pub(crate) struct Records<'a> {
    link: &'a Link,
    number: u64,
    /// None where the stream is not there, or at its end.
    answers: Option<ReadStream>,
}

impl Records<'_> {
    /// The next record; none at the end, or where there is no such stream.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordedEvent>, Trouble> {
        let Some(answers) = &mut self.answers else { return Ok(None) };
        let limit = self.link.limits.read;
        let trouble = match tokio::time::timeout(limit, answers.next()).await {
            Ok(Ok(Some(resolved))) => return Ok(resolved.link.or(resolved.event)),
            Ok(Ok(None) | Err(kurrentdb::Error::ResourceNotFound)) => {
                self.answers = None;
                return Ok(None);
            }
            Ok(Err(error)) => Trouble::of(error),
            Err(_) => Trouble::Silent(limit),
        };
        self.answers = None;
        Err(self.link.failed(self.number, trouble))
    }
}
