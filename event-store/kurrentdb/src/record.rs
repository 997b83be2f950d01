//! Commits as records of a stream, and back, byte for byte.
//!
//! A commit is one record of its own, then one for each of its events. The commit's record is named by what it is
//! (`CommandAccepted`, `TimerFired`, …), its data is the stored header, its metadata says the hashes and holds the
//! command's payload. An event's record bears the event's type, its data is the payload. So the server's tools show
//! what happened, and its projections by type work; and what the hash covers comes back as it was.
//!
//! There is nothing else in a world's stream, so revisions need no table: commits before plus events before.

use bytes::Bytes;
use event_store::ReadError;
use kurrentdb::RecordedEvent;
use schemas::commit::BrokenCommit;
use schemas::{Cause, CommitHeader, CommitNo, Hash, Outcome, Position, StoredCommit, WorldId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::link::NewRecord;

/// Bytes of metadata of a commit's record, without the command's payload, and of an event's record: at most.
pub(crate) const COMMIT_META_BYTES: usize = 768;
pub(crate) const EVENT_META_BYTES: usize = 576;

/// The revision of a commit's own record, by its number and the position of its first event.
pub(crate) const fn revision_of(commit: CommitNo, first: Position) -> u64 {
    (commit.get() + first.get()).saturating_sub(2)
}

/// How many records there are up to a commit and its last event.
pub(crate) const fn records_up_to(commit: CommitNo, last: Position) -> u64 {
    commit.get() + last.get()
}

/// What the metadata of both kinds of records says first.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Place {
    /// The commit to which the record belongs.
    pub(crate) commit: u64,
    /// Its place in it: 0 for the commit's own record, 1 and up for its events.
    #[serde(default)]
    pub(crate) nth: u64,
}

impl Place {
    /// Reads the place of a record; none where it is no record of ours.
    pub(crate) fn of(record: &RecordedEvent) -> Option<Self> {
        serde_json::from_slice(&record.custom_metadata).ok()
    }
}

#[derive(Serialize, Deserialize)]
struct CommitMeta<'a> {
    commit: u64,
    prev: Hash,
    hash: Hash,
    /// The command's payload where it is JSON, with every byte.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    command: Option<&'a RawValue>,
    /// The command's payload where it is anything else, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command_hex: Option<String>,
    /// What the server's tools join records by.
    #[serde(rename = "$correlationId", default, skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
}

#[derive(Serialize)]
struct EventMeta<'a> {
    commit: u64,
    nth: usize,
    position: Position,
    version: u16,
    #[serde(rename = "$correlationId", skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
}

/// The hash that a commit's own record says.
pub(crate) fn own_hash(record: &RecordedEvent) -> Option<Hash> {
    serde_json::from_slice::<CommitMeta<'_>>(&record.custom_metadata).ok().map(|meta| meta.hash)
}

/// The id of a commit's nth record: the same for the same bytes, so that the server knows an append that comes twice.
pub(crate) fn record_id(hash: Hash, nth: usize) -> Uuid {
    let mut bytes = [0; 40];
    bytes[..32].copy_from_slice(&hash.0);
    bytes[32..].copy_from_slice(&(nth as u64).to_be_bytes());
    uuid_of(&bytes)
}

/// An id that stands for some bytes.
pub(crate) fn uuid_of(bytes: &[u8]) -> Uuid {
    let mut first = [0; 16];
    first.copy_from_slice(&Hash::of(bytes).0[..16]);
    uuid::Builder::from_custom_bytes(first).into_uuid()
}

/// What a commit's own record is named by.
const fn kind(header: &CommitHeader) -> &'static str {
    match (&header.cause, &header.outcome) {
        (Cause::Command { .. }, Outcome::Accepted) => "CommandAccepted",
        (Cause::Command { .. }, Outcome::Rejected(_)) => "CommandRejected",
        (Cause::Timer { .. }, _) => "TimerFired",
        (Cause::Ownership { .. }, _) => "OwnershipTaken",
        (Cause::RewindEnd, _) => "RewindEnded",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string can not fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| (c as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

fn json(value: &impl Serialize) -> Result<Bytes, BrokenCommit> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|e| BrokenCommit::Header(e.to_string()))
}

/// Appends the records of a commit.
///
/// # Errors
/// When the commit's header does not say what its columns and its body are.
pub(crate) fn write(commit: &StoredCommit, records: &mut Vec<NewRecord>) -> Result<(), BrokenCommit> {
    let open = commit.open()?;
    let header = &open.header;
    let payload = open.payload();
    let raw = serde_json::from_slice::<&RawValue>(payload).ok();
    let raw = raw.filter(|raw| raw.get().len() == payload.len());
    let correlation = commit.command.as_ref().map(schemas::CommandId::as_str);
    let meta = CommitMeta {
        commit: commit.commit.get(),
        prev: commit.prev,
        hash: commit.hash,
        command: raw,
        command_hex: (raw.is_none() && !payload.is_empty()).then(|| hex(payload)),
        correlation,
    };
    records.push(NewRecord {
        id: record_id(commit.hash, 0),
        kind: kind(header).to_owned(),
        metadata: json(&meta)?,
        data: Bytes::from_owner(commit.header.clone()),
    });
    let body = Bytes::from_owner(commit.body.clone());
    let mut start = payload.len();
    for (nth, event) in (1..).zip(open.events()) {
        let meta = EventMeta {
            commit: commit.commit.get(),
            nth,
            position: event.position,
            version: event.version,
            correlation,
        };
        let end = start + event.payload.len();
        records.push(NewRecord {
            id: record_id(commit.hash, nth),
            kind: event.kind.to_owned(),
            metadata: json(&meta)?,
            data: body.slice(start..end),
        });
        start = end;
    }
    Ok(())
}

/// A commit whose own record was read and whose events are still to come.
#[derive(Debug)]
struct Pending {
    commit: StoredCommit,
    header: CommitHeader,
    body: Vec<u8>,
    events: usize,
}

/// Puts commits together from the records of a world's stream, as they come.
#[derive(Debug)]
pub(crate) struct Assembler {
    world: WorldId,
    /// The commit that is due next, and the revision of the record that is due next.
    commit: CommitNo,
    revision: u64,
    pending: Option<Pending>,
}

impl Assembler {
    /// Begins with this commit, whose own record stands at this revision.
    pub(crate) const fn new(world: WorldId, commit: CommitNo, revision: u64) -> Self {
        Self { world, commit, revision, pending: None }
    }

    /// The revision of the record that is due next.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether a commit's events are still to come.
    pub(crate) const fn is_within(&self) -> bool {
        self.pending.is_some()
    }

    pub(crate) fn broken(&self, problem: impl Into<String>) -> ReadError {
        ReadError::Broken { world: self.world.clone(), commit: self.commit, problem: problem.into() }
    }

    /// Takes the next record; a commit when it is whole.
    pub(crate) fn push(&mut self, record: &RecordedEvent) -> Result<Option<StoredCommit>, ReadError> {
        if record.revision != self.revision {
            return Err(self.broken(format!(
                "the record at revision {} was due, but {} comes: something is gone",
                self.revision, record.revision
            )));
        }
        match self.pending.take() {
            None => self.begin(record)?,
            Some(pending) => self.go_on(pending, record)?,
        }
        self.revision += 1;
        let whole = self.pending.take_if(|pending| pending.events == pending.header.events.len());
        Ok(whole.map(|pending| {
            self.commit = self.commit.next();
            StoredCommit { body: pending.body.into(), ..pending.commit }
        }))
    }

    fn begin(&mut self, record: &RecordedEvent) -> Result<(), ReadError> {
        let meta: CommitMeta<'_> = serde_json::from_slice(&record.custom_metadata)
            .map_err(|e| self.broken(format!("its record's metadata can not be read: {e}")))?;
        let header: CommitHeader = serde_json::from_slice(&record.data)
            .map_err(|e| self.broken(BrokenCommit::Header(e.to_string()).to_string()))?;
        if header.world != self.world || header.commit != self.commit || meta.commit != self.commit.get() {
            return Err(self.broken(format!(
                "its record is of {}, commit {}, by its metadata of commit {}",
                header.world, header.commit, meta.commit
            )));
        }
        if revision_of(header.commit, header.first) != record.revision {
            let problem =
                format!("its record stands at revision {}, where it does not belong", record.revision);
            return Err(self.broken(problem));
        }
        let payload = match (meta.command, meta.command_hex) {
            (Some(raw), _) => raw.get().as_bytes().to_vec(),
            (None, Some(text)) => {
                from_hex(&text).ok_or_else(|| self.broken("its command's payload is not hex digits"))?
            }
            (None, None) => Vec::new(),
        };
        if payload.len() != header.payload_len as usize {
            return Err(self.broken(format!(
                "its command's payload has {} bytes, not {}",
                payload.len(),
                header.payload_len
            )));
        }
        let commit = StoredCommit {
            world: self.world.clone(),
            commit: header.commit,
            first: header.first,
            events: header.events.len() as u32,
            epoch: header.epoch,
            command: header.cause.command_id().cloned(),
            rewinds_to: header.rewinds_to,
            header: record.data[..].into(),
            body: [].into(),
            prev: meta.prev,
            hash: meta.hash,
        };
        self.pending = Some(Pending { commit, header, body: payload, events: 0 });
        Ok(())
    }

    fn go_on(&mut self, mut pending: Pending, record: &RecordedEvent) -> Result<(), ReadError> {
        let nth = pending.events + 1;
        let place =
            Place::of(record).ok_or_else(|| self.broken(format!("event {nth} is no record of a log")))?;
        let due = pending.header.events.get(pending.events);
        let fits =
            due.is_some_and(|due| due.kind == record.event_type && due.len as usize == record.data.len());
        if place.commit != self.commit.get() || place.nth != nth as u64 || !fits {
            return Err(self.broken(format!(
                "in the place of event {nth} stands a {} of {} bytes, {} of commit {}",
                record.event_type,
                record.data.len(),
                place.nth,
                place.commit
            )));
        }
        pending.body.extend_from_slice(&record.data);
        pending.events = nth;
        self.pending = Some(pending);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use schemas::{Actor, CommandId, Commit, Epoch, EventHeader, Facts, GameTime, WallTime};

    use super::*;

    fn commit(payload: &str) -> StoredCommit {
        let header = CommitHeader {
            world: WorldId::new("w").unwrap(),
            commit: CommitNo::new(3),
            first: Position::new(5),
            epoch: Epoch::new(1),
            game_ms: GameTime::from_ms(1),
            wall_ms: WallTime::from_ms(2),
            cause: Cause::Command {
                id: CommandId::new("t:p:1").unwrap(),
                actor: Actor::System,
                channel: "cli".into(),
                kind: "Test".into(),
                version: 1,
                facts: Facts::default(),
            },
            payload_len: payload.len() as u32,
            outcome: Outcome::Accepted,
            events: vec![
                EventHeader { kind: "MarchStarted".into(), version: 2, len: 8 },
                EventHeader { kind: "Noted".into(), version: 1, len: 3 },
            ],
            allocations: vec![],
            replaces: None,
            rewinds_to: None,
            rules: "0".into(),
        };
        let event_bytes = b"{\"a\": 1}no!".to_vec();
        Commit { header, payload: payload.as_bytes().to_vec(), event_bytes }.seal(Hash([9; 32])).unwrap()
    }

    #[test]
    fn a_commit_is_a_record_for_itself_and_one_for_each_event() {
        let stored = commit("{ \"x\" : [1.0] }");
        let mut records = Vec::new();
        write(&stored, &mut records).unwrap();
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.as_str()).collect();
        assert_eq!(kinds, ["CommandAccepted", "MarchStarted", "Noted"]);
        assert_eq!(records[0].data, *stored.header);
        let meta = String::from_utf8(records[0].metadata.to_vec()).unwrap();
        assert!(meta.contains(r#""command":{ "x" : [1.0] }"#), "{meta}");
        assert!(meta.len() - 16 < COMMIT_META_BYTES);
        assert_eq!(records[1].data, &b"{\"a\": 1}"[..]);
        let meta = String::from_utf8(records[1].metadata.to_vec()).unwrap();
        assert_eq!(meta, r#"{"commit":3,"nth":1,"position":5,"version":2,"$correlationId":"t:p:1"}"#);
        assert_eq!(
            (revision_of(stored.commit, stored.first), records_up_to(stored.commit, stored.last())),
            (6, 9)
        );
    }

    #[test]
    fn ids_are_those_of_the_bytes_and_differ_within_a_commit() {
        let hash = commit("").hash;
        assert_eq!(record_id(hash, 1), record_id(hash, 1));
        assert_ne!(record_id(hash, 0), record_id(hash, 1));
        assert_ne!(record_id(hash, 0), record_id(Hash::ZERO, 0));
        assert_eq!(record_id(Hash::ZERO, 0).get_version_num(), 8);
    }

    #[test]
    fn a_payload_that_is_no_json_is_kept_as_hex() {
        for payload in [" {}", "{} ", "no", "{\"a\":"] {
            let mut records = Vec::new();
            write(&commit(payload), &mut records).unwrap();
            let meta: serde_json::Value = serde_json::from_slice(&records[0].metadata).unwrap();
            let text = meta["command_hex"].as_str().unwrap();
            assert_eq!(from_hex(text).unwrap(), payload.as_bytes());
        }
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
    }
}
