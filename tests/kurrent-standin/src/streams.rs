//! Streams in memory, under KurrentDB's rules: expected revisions, idempotent ids, `$maxCount` and `$tb`.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use uuid::Uuid;

/// A record as it was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id: by it an append that comes twice is known.
    pub id: Uuid,
    /// Type and content type, as the protocol carries them.
    pub system: HashMap<String, String>,
    /// The metadata, any bytes.
    pub metadata: Bytes,
    /// The data, any bytes.
    pub data: Bytes,
}

impl Record {
    /// The event's type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.system.get("type").map_or("", String::as_str)
    }

    /// Whether it was proposed as JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.system.get("content-type").is_some_and(|kind| kind == "application/json")
    }

    /// What counts against the largest append: type, data and metadata.
    pub(crate) fn size(&self) -> usize {
        2 * self.kind().len() + self.data.len() + self.metadata.len()
    }
}

/// What an append expects of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    Any,
    NoStream,
    StreamExists,
    Revision(u64),
}

/// How an append ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The stream's records end with this revision once the append is there, now or since earlier.
    Written(u64),
    /// The stream stands elsewhere; none where there is no stream.
    Wrong(Option<u64>),
}

#[derive(Debug, Default)]
struct StreamRecords {
    records: Vec<Record>,
    max_count: Option<u64>,
    truncate_before: u64,
}

impl StreamRecords {
    fn last(&self) -> Option<u64> {
        (self.records.len() as u64).checked_sub(1)
    }

    /// The first revision that is still to be seen.
    fn first(&self) -> u64 {
        let count = self.records.len() as u64;
        self.max_count.map_or(0, |max| count.saturating_sub(max)).max(self.truncate_before).min(count)
    }

    /// Whether exactly these records stand from a revision on.
    fn holds(&self, from: u64, ids: &[Uuid]) -> bool {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let there = self.records.get(from..).unwrap_or_default();
        there.len() >= ids.len() && there.iter().zip(ids).all(|(record, id)| record.id == *id)
    }
}

/// All streams of a server, or of a cluster: what survives when a server stops.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: HashMap<String, StreamRecords>,
    written: u64,
}

impl Streams {
    /// Writes all records or none.
    pub(crate) fn append(&mut self, name: &str, expected: Expect, records: Vec<Record>) -> Ended {
        let ids: Vec<Uuid> = records.iter().map(|record| record.id).collect();
        let stream = self.streams.entry(name.to_owned()).or_default();
        let last = stream.last();
        let wrong = Ended::Wrong(last);
        let ended = |from: u64| Ended::Written((from + ids.len() as u64).saturating_sub(1));
        match expected {
            Expect::Any => {
                let known: HashSet<Uuid> = stream.records.iter().map(|record| record.id).collect();
                if ids.first().is_some_and(|first| known.contains(first)) {
                    let at = stream.records.iter().rposition(|record| Some(&record.id) == ids.first());
                    let from = at.unwrap_or_default() as u64;
                    return if stream.holds(from, &ids) { ended(from) } else { wrong };
                }
            }
            Expect::StreamExists if last.is_none() => return wrong,
            Expect::StreamExists => {}
            Expect::NoStream | Expect::Revision(_) => {
                let next = if let Expect::Revision(revision) = expected { revision + 1 } else { 0 };
                let due = last.map_or(0, |last| last + 1);
                if next < due {
                    return if stream.holds(next, &ids) { ended(next) } else { wrong };
                }
                if next > due {
                    return wrong;
                }
            }
        }
        self.written += records.len() as u64;
        stream.records.extend(records);
        let end = stream.last().unwrap_or_default();
        self.obey_metadata(name);
        Ended::Written(end)
    }

    /// Takes over what a stream's metadata says of it.
    fn obey_metadata(&mut self, name: &str) {
        let Some(of) = name.strip_prefix("$$") else { return };
        let last = self.streams.get(name).and_then(|stream| stream.records.last());
        let Some(Ok(metadata)) = last.map(|last| serde_json::from_slice::<serde_json::Value>(&last.data))
        else {
            return;
        };
        let number = |key: &str| metadata.get(key).and_then(serde_json::Value::as_u64);
        let stream = self.streams.entry(of.to_owned()).or_default();
        stream.max_count = number("$maxCount");
        stream.truncate_before = number("$tb").unwrap_or(0);
    }

    /// Whether a stream has ever been written to.
    pub(crate) fn exists(&self, name: &str) -> bool {
        self.streams.get(name).is_some_and(|stream| !stream.records.is_empty())
    }

    /// The last revision of a stream.
    pub(crate) fn last(&self, name: &str) -> Option<u64> {
        self.streams.get(name).and_then(StreamRecords::last)
    }

    /// Records from a revision on, the visible ones, with their revisions.
    pub(crate) fn forwards(&self, name: &str, from: u64, count: u64) -> Vec<(u64, Record)> {
        let Some(stream) = self.streams.get(name) else { return Vec::new() };
        let from = from.max(stream.first());
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let take = usize::try_from(count).unwrap_or(usize::MAX);
        let records = stream.records.iter().skip(skip).take(take).cloned();
        (from..).zip(records).collect()
    }

    /// Records from a revision back to the first, the visible ones; from the last where none is given.
    pub(crate) fn backwards(&self, name: &str, from: Option<u64>, count: u64) -> Vec<(u64, Record)> {
        let Some(stream) = self.streams.get(name) else { return Vec::new() };
        let Some(last) = stream.last() else { return Vec::new() };
        let (last, first) = (from.map_or(last, |from| from.min(last)), stream.first());
        let take = usize::try_from(count).unwrap_or(usize::MAX);
        let revisions = (first..=last).rev().take(take);
        let at = |revision: u64| {
            let record = stream.records.get(usize::try_from(revision).ok()?)?;
            Some((revision, record.clone()))
        };
        revisions.filter_map(at).collect()
    }

    /// How many records were ever written.
    pub(crate) const fn written(&self) -> u64 {
        self.written
    }

    /// The names of all streams, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.streams.keys().cloned().collect();
        names.sort();
        names
    }

    /// The records of a stream, all of them, to look at or to tamper with.
    pub(crate) fn records(&mut self, name: &str) -> Option<&mut Vec<Record>> {
        self.streams.get_mut(name).map(|stream| &mut stream.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(ids: &[u128]) -> Vec<Record> {
        let record = |id: &u128| Record {
            id: Uuid::from_u128(*id),
            system: HashMap::new(),
            metadata: Bytes::new(),
            data: Bytes::from(id.to_string()),
        };
        ids.iter().map(record).collect()
    }

    #[test]
    fn an_append_is_checked_against_the_revision_that_it_expects() {
        let mut streams = Streams::default();
        assert_eq!(streams.append("s", Expect::Revision(0), records(&[1])), Ended::Wrong(None));
        assert_eq!(streams.append("s", Expect::StreamExists, records(&[1])), Ended::Wrong(None));
        assert_eq!(streams.append("s", Expect::NoStream, records(&[1, 2])), Ended::Written(1));
        assert_eq!(streams.append("s", Expect::NoStream, records(&[3])), Ended::Wrong(Some(1)));
        assert_eq!(streams.append("s", Expect::Revision(0), records(&[3])), Ended::Wrong(Some(1)));
        assert_eq!(streams.append("s", Expect::Revision(1), records(&[3])), Ended::Written(2));
        assert_eq!(streams.append("s", Expect::StreamExists, records(&[4])), Ended::Written(3));
        assert_eq!(streams.append("s", Expect::Any, records(&[5])), Ended::Written(4));
        assert_eq!(streams.written(), 5);
    }

    #[test]
    fn the_same_append_again_is_told_to_be_there_and_is_not_there_twice() {
        let mut streams = Streams::default();
        assert_eq!(streams.append("s", Expect::NoStream, records(&[1, 2, 3])), Ended::Written(2));
        assert_eq!(streams.append("s", Expect::NoStream, records(&[1, 2])), Ended::Written(1));
        assert_eq!(streams.append("s", Expect::Revision(0), records(&[2, 3])), Ended::Written(2));
        assert_eq!(streams.append("s", Expect::Revision(0), records(&[2, 3, 4])), Ended::Wrong(Some(2)));
        assert_eq!(streams.append("s", Expect::Any, records(&[2, 3])), Ended::Written(2));
        assert_eq!(streams.append("s", Expect::Any, records(&[3, 9])), Ended::Wrong(Some(2)));
        assert_eq!(streams.written(), 3);
    }

    #[test]
    fn metadata_hides_what_is_too_old() {
        let mut streams = Streams::default();
        streams.append("s", Expect::Any, records(&[1, 2, 3, 4]));
        let seen = |streams: &Streams| {
            streams.forwards("s", 0, 9).into_iter().map(|(revision, _)| revision).collect::<Vec<_>>()
        };
        let say = |streams: &mut Streams, id: u128, text: &str| {
            let mut said = records(&[id]);
            said[0].data = Bytes::copy_from_slice(text.as_bytes());
            streams.append("$$s", Expect::Any, said);
        };
        say(&mut streams, 10, r#"{"$maxCount":2}"#);
        assert_eq!(seen(&streams), [2, 3]);
        streams.append("s", Expect::Revision(3), records(&[5]));
        assert_eq!(seen(&streams), [3, 4]);
        say(&mut streams, 11, r#"{"$tb":1}"#);
        assert_eq!(seen(&streams), [1, 2, 3, 4]);
        assert_eq!(streams.backwards("s", None, 2).iter().map(|(r, _)| *r).collect::<Vec<_>>(), [4, 3]);
        assert_eq!(streams.backwards("s", Some(2), 9).iter().map(|(r, _)| *r).collect::<Vec<_>>(), [2, 1]);
    }
}
