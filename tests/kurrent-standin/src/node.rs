//! What one node answers to each call.
#![allow(clippy::result_large_err, reason = "a status is how a call is refused")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Status, Streaming};
use uuid::Uuid;

use crate::fault::{AppendFault, Plan, ReadFault};
use crate::streams::{Ended, Expect, Record, Streams};
use crate::wire::{
    AppendContent, AppendOptions, AppendReq, AppendResp, AppendResult, AppendSuccess, ClusterInfo,
    Confirmation, CurrentRevision, Empty, EndPoint, Expected, Id, IdBits, IdValue, LogPosition, Member,
    ProposedMessage, ReadContent, ReadCount, ReadEvent, ReadFrom, ReadReq, ReadResp, RecordedEvent, Revision,
    StreamIdentifier, StreamNotFound, StreamOptions, SupportedMethod, SupportedMethods, WrongExpected,
    WrongExpectedVersion,
};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Read and write every stream.
    Write,
    /// Read every stream.
    Read,
    /// Read and write streams whose name does not hold the text.
    NotOn(&'static str),
}

/// What all nodes of a cluster share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) state: Mutex<State>,
    /// Changes whenever something is written: subscriptions look for more.
    pub(crate) written: watch::Sender<u64>,
    /// Told when every subscription is to be dropped.
    pub(crate) drop_subscriptions: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) streams: Streams,
    pub(crate) append_faults: Plan<AppendFault>,
    pub(crate) read_faults: Plan<ReadFault>,
    pub(crate) late: Vec<(String, Expect, Vec<Record>)>,
    /// `login:password` and what they may do; everybody may do everything where there is none.
    pub(crate) users: HashMap<String, Rights>,
    pub(crate) max_append_bytes: usize,
    pub(crate) appends: u64,
    pub(crate) reads: u64,
    /// The stream of each subscription that there ever was.
    pub(crate) subscriptions: Vec<String>,
    /// Port and whether it is the leader, of each node.
    pub(crate) members: Vec<(u16, bool)>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One node's way of answering.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) shared: Arc<Shared>,
    pub(crate) port: u16,
    /// Breaks the connection on which the call came.
    pub(crate) cut: Arc<Notify>,
}

type Answer<T> = Result<T, Status>;
pub(crate) type ReadAnswers = ReceiverStream<Result<ReadResp, Status>>;

fn invalid(what: &str) -> Status {
    Status::invalid_argument(what)
}

fn time_is_up() -> Status {
    Status::deadline_exceeded("Operation timed out: Append")
}

fn not_leader(port: u16) -> Status {
    let mut status = Status::new(Code::NotFound, "Leader info available");
    let metadata = status.metadata_mut();
    metadata.insert("exception", MetadataValue::from_static("not-leader"));
    metadata.insert("leader-endpoint-host", MetadataValue::from_static("127.0.0.1"));
    metadata.insert("leader-endpoint-port", MetadataValue::from(u64::from(port)));
    status
}

fn refused(exception: &'static str, status: Status) -> Status {
    let mut status = status;
    status.metadata_mut().insert("exception", MetadataValue::from_static(exception));
    status
}

fn too_large(max: usize) -> Status {
    let text = format!("Maximum Append Size of {max} Exceeded.");
    let mut status = refused("maximum-append-size-exceeded", invalid(&text));
    status.metadata_mut().insert("maximum-append-size", MetadataValue::from(max as u64));
    status
}

fn name_of(identifier: Option<StreamIdentifier>) -> Answer<String> {
    let bytes = identifier.ok_or_else(|| invalid("no stream"))?.stream_name;
    String::from_utf8(bytes.to_vec()).map_err(|_| invalid("a stream's name is no text"))
}

fn record(proposed: ProposedMessage) -> Answer<Record> {
    let id = match proposed.id.and_then(|id| id.value) {
        Some(IdValue::Structured(IdBits { most, least })) => {
            Uuid::from_u64_pair(most.cast_unsigned(), least.cast_unsigned())
        }
        Some(IdValue::Text(text)) => text.parse().map_err(|_| invalid("an id is no UUID"))?,
        None => return Err(invalid("a record has no id")),
    };
    if !proposed.metadata.contains_key("type") || !proposed.metadata.contains_key("content-type") {
        return Err(invalid("Required metadata (type, content-type) is missing"));
    }
    Ok(Record { id, system: proposed.metadata, metadata: proposed.custom_metadata, data: proposed.data })
}

fn event(stream: &str, revision: u64, record: Record) -> ReadResp {
    let recorded = RecordedEvent {
        id: Some(Id { value: Some(IdValue::Text(record.id.to_string())) }),
        stream_identifier: Some(StreamIdentifier { stream_name: stream.to_owned().into() }),
        stream_revision: revision,
        prepare_position: revision,
        commit_position: revision,
        metadata: record.system,
        custom_metadata: record.metadata,
        data: record.data,
    };
    let read = ReadEvent { event: Some(recorded), commit_position: revision };
    ReadResp { content: Some(ReadContent::Event(read)) }
}

fn says(content: ReadContent) -> ReadResp {
    ReadResp { content: Some(content) }
}

impl Node {
    /// Whether the call's user may do this, and whether this node is the one to ask.
    fn admit(&self, metadata: &MetadataMap, stream: &str, writes: bool) -> Answer<()> {
        let state = self.shared.lock();
        let wants_leader = metadata.get("requires-leader").is_some_and(|value| value == "true");
        let leads = state.members.iter().any(|&(port, leads)| port == self.port && leads);
        let leader = state.members.iter().find(|(_, leads)| *leads);
        if let (Some(&(port, _)), false) = (leader, leads)
            && (wants_leader || writes)
        {
            return Err(not_leader(port));
        }
        if state.users.is_empty() {
            return Ok(());
        }
        let given = metadata.get("authorization").and_then(|value| value.to_str().ok());
        let login = given.and_then(|value| value.strip_prefix("Basic ")).and_then(base64_text);
        match login.and_then(|login| state.users.get(&login).copied()) {
            None => Err(Status::unauthenticated("")),
            Some(Rights::NotOn(part)) if stream.contains(part) => {
                Err(refused("access-denied", Status::permission_denied("Access Denied")))
            }
            Some(Rights::Read) if writes => {
                Err(refused("access-denied", Status::permission_denied("Access Denied")))
            }
            Some(Rights::Write | Rights::Read | Rights::NotOn(_)) => Ok(()),
        }
    }

    async fn cut(&self) -> Status {
        self.cut.notify_one();
        // The connection ends and this call with it.
        std::future::pending::<()>().await;
        Status::aborted("cut")
    }

    /// `Streams/Append`.
    pub(crate) async fn append(self, request: Request<Streaming<AppendReq>>) -> Answer<AppendResp> {
        let (metadata, _, mut messages) = request.into_parts();
        let Some(AppendContent::Options(options)) = messages.message().await?.and_then(|first| first.content)
        else {
            return Err(invalid("an append begins with its options"));
        };
        let AppendOptions { stream_identifier, expected } = options;
        let stream = name_of(stream_identifier)?;
        self.admit(&metadata, &stream, true)?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        let most = self.shared.lock().max_append_bytes;
        while let Some(message) = messages.message().await? {
            let Some(AppendContent::Proposed(proposed)) = message.content else {
                return Err(invalid("a record was expected"));
            };
            let record = record(proposed)?;
            bytes += record.size();
            if bytes > most {
                return Err(too_large(most));
            }
            records.push(record);
        }
        let expected = match expected.ok_or_else(|| invalid("no expected revision"))? {
            Expected::Revision(revision) => Expect::Revision(revision),
            Expected::NoStream(Empty {}) => Expect::NoStream,
            Expected::Any(Empty {}) => Expect::Any,
            Expected::StreamExists(Empty {}) => Expect::StreamExists,
        };
        let fault = {
            let mut state = self.shared.lock();
            state.appends += 1;
            state.append_faults.next(&stream)
        };
        match fault {
            None => {}
            Some(AppendFault::Slow(wait)) => idle(wait).await,
            Some(AppendFault::NotLeader { port }) => return Err(not_leader(port)),
            Some(AppendFault::TimeoutThenNothing) => return Err(time_is_up()),
            Some(AppendFault::TooBusy) => return Err(Status::unavailable("Server Is Too Busy")),
            Some(AppendFault::CutThenNothing) => return Err(self.cut().await),
            Some(AppendFault::WrongVersion) => {
                let last = self.shared.lock().streams.last(&stream);
                return Ok(wrong(last, expected));
            }
            Some(AppendFault::LandLate) => {
                self.shared.lock().late.push((stream, expected, records));
                return Err(time_is_up());
            }
            Some(AppendFault::CommitThenTimeout) => {
                self.shared.write(&stream, expected, records);
                return Err(time_is_up());
            }
            Some(AppendFault::CommitThenCut) => {
                self.shared.write(&stream, expected, records);
                return Err(self.cut().await);
            }
            Some(AppendFault::CommitThenSilence) => {
                self.shared.write(&stream, expected, records);
                return std::future::pending().await;
            }
        }
        Ok(match self.shared.write(&stream, expected, records) {
            Ended::Written(revision) => {
                let position = LogPosition { commit_position: revision, prepare_position: revision };
                let success = AppendSuccess { current_revision: Some(revision), position: Some(position) };
                AppendResp { result: Some(AppendResult::Success(success)) }
            }
            Ended::Wrong(last) => wrong(last, expected),
        })
    }

    /// `Streams/Read`: a page of a stream, or a subscription to it.
    pub(crate) async fn read(self, request: Request<ReadReq>) -> Answer<ReadAnswers> {
        let (metadata, _, message) = request.into_parts();
        let options = message.options.ok_or_else(|| invalid("no options"))?;
        let Some(ReadFrom::Stream(StreamOptions { stream_identifier, revision })) = options.from else {
            return Err(Status::permission_denied("$all is not served here"));
        };
        let stream = name_of(stream_identifier)?;
        self.admit(&metadata, &stream, false)?;
        let fault = {
            let mut state = self.shared.lock();
            state.reads += 1;
            state.read_faults.next(&stream)
        };
        let mut cut_after = None;
        match fault {
            None => {}
            Some(ReadFault::Slow(wait)) => idle(wait).await,
            Some(ReadFault::Fails) => return Err(Status::unknown("Unexpected ReadStreamResult")),
            Some(ReadFault::Silence) => std::future::pending::<()>().await,
            Some(ReadFault::CutAfter(records)) => cut_after = Some(records),
        }
        let revision = revision.unwrap_or(Revision::Start(Empty {}));
        let (answers, taken) = mpsc::channel(64);
        match options.count {
            Some(ReadCount::Subscription(Empty {})) => {
                let after = match revision {
                    Revision::At(revision) => Some(revision),
                    Revision::Start(Empty {}) => None,
                    Revision::End(Empty {}) => self.shared.lock().streams.last(&stream),
                };
                self.shared.lock().subscriptions.push(stream.clone());
                tokio::spawn(self.subscribe(stream, after.map_or(0, |after| after + 1), answers));
            }
            Some(ReadCount::Count(count)) => {
                let page = self.page(&stream, options.read_direction == 1, revision, count);
                tokio::spawn(async move {
                    for (sent, answer) in page.into_iter().enumerate() {
                        if cut_after.is_some_and(|after| sent >= after) {
                            // What was handed over has left before the connection breaks.
                            while answers.capacity() < answers.max_capacity() {
                                idle(Duration::from_millis(1)).await;
                            }
                            idle(Duration::from_millis(5)).await;
                            self.cut.notify_one();
                            std::future::pending::<()>().await;
                        }
                        if answers.send(Ok(answer)).await.is_err() {
                            return;
                        }
                    }
                });
            }
            None => return Err(invalid("neither a count nor a subscription")),
        }
        Ok(ReceiverStream::new(taken))
    }

    fn page(&self, stream: &str, backwards: bool, revision: Revision, count: u64) -> Vec<ReadResp> {
        let state = self.shared.lock();
        if !state.streams.exists(stream) {
            let identifier = StreamIdentifier { stream_name: stream.to_owned().into() };
            let none = StreamNotFound { stream_identifier: Some(identifier) };
            return vec![says(ReadContent::StreamNotFound(none))];
        }
        let records = match (backwards, revision) {
            (true, Revision::At(revision)) => state.streams.backwards(stream, Some(revision), count),
            (true, Revision::End(Empty {})) => state.streams.backwards(stream, None, count),
            (true, Revision::Start(Empty {})) => state.streams.backwards(stream, Some(0), count),
            (false, Revision::At(revision)) => state.streams.forwards(stream, revision, count),
            (false, Revision::Start(Empty {})) => state.streams.forwards(stream, 0, count),
            (false, Revision::End(Empty {})) => Vec::new(),
        };
        let at_the_end = !backwards && (records.len() as u64) < count;
        let mut page: Vec<ReadResp> =
            records.into_iter().map(|(revision, record)| event(stream, revision, record)).collect();
        if let (true, Some(last)) = (at_the_end, state.streams.last(stream)) {
            page.push(says(ReadContent::LastStreamPosition(last)));
        }
        page
    }

    async fn subscribe(self, stream: String, mut next: u64, answers: mpsc::Sender<Result<ReadResp, Status>>) {
        let confirmed = Confirmation { subscription_id: Uuid::new_v4().to_string() };
        if answers.send(Ok(says(ReadContent::Confirmation(confirmed)))).await.is_err() {
            return;
        }
        let mut written = self.shared.written.subscribe();
        let mut caught_up = false;
        loop {
            let dropped = self.shared.drop_subscriptions.notified();
            let records = self.shared.lock().streams.forwards(&stream, next, 64);
            if records.is_empty() && !caught_up {
                caught_up = true;
                if answers.send(Ok(says(ReadContent::CaughtUp(Empty {})))).await.is_err() {
                    return;
                }
            }
            let none = records.is_empty();
            for (revision, record) in records {
                next = revision + 1;
                if answers.send(Ok(event(&stream, revision, record))).await.is_err() {
                    return;
                }
            }
            if !none {
                continue;
            }
            tokio::select! {
                () = dropped => {
                    let status = Status::unavailable("Server is shutting down");
                    // Who subscribed may be gone.
                    answers.send(Err(status)).await.ok();
                    return;
                }
                changed = written.changed() => if changed.is_err() { return },
                () = answers.closed() => return,
            }
        }
    }

    /// `ServerFeatures/GetSupportedMethods`.
    pub(crate) fn features() -> SupportedMethods {
        let method = |method_name: &str| SupportedMethod {
            method_name: method_name.to_owned(),
            service_name: "event_store.client.streams.streams".to_owned(),
        };
        SupportedMethods {
            methods: vec![method("read"), method("append")],
            event_store_server_version: "25.1.0".to_owned(),
        }
    }

    /// `Gossip/Read`.
    pub(crate) fn gossip(&self) -> ClusterInfo {
        let members = self.shared.lock().members.clone();
        let member = |(port, leads): (u16, bool)| Member {
            time_stamp: 0,
            state: if leads { 8 } else { 6 },
            is_alive: true,
            http_end_point: Some(EndPoint { address: "127.0.0.1".to_owned(), port: port.into() }),
        };
        ClusterInfo { members: members.into_iter().map(member).collect() }
    }
}

impl Shared {
    pub(crate) fn write(&self, stream: &str, expected: Expect, records: Vec<Record>) -> Ended {
        let mut state = self.lock();
        let ended = state.streams.append(stream, expected, records);
        self.written.send_replace(state.streams.written());
        ended
    }
}

/// Lets time pass, as a slow server does.
async fn idle(wait: Duration) {
    tokio::time::timeout(wait, std::future::pending::<()>()).await.ok();
}

fn wrong(last: Option<u64>, expected: Expect) -> AppendResp {
    let current = last.map_or(CurrentRevision::NoStream(Empty {}), CurrentRevision::At);
    let expected = match expected {
        Expect::Any => WrongExpected::Any(Empty {}),
        Expect::NoStream => WrongExpected::NoStream(Empty {}),
        Expect::StreamExists => WrongExpected::StreamExists(Empty {}),
        Expect::Revision(revision) => WrongExpected::Revision(revision),
    };
    let wrong = WrongExpectedVersion { current: Some(current), expected: Some(expected) };
    AppendResp { result: Some(AppendResult::WrongExpectedVersion(wrong)) }
}

/// Reads the usual alphabet; none where it is not that, or no text.
fn base64_text(text: &str) -> Option<String> {
    let mut bits = 0_u32;
    let mut count = 0;
    let mut bytes = Vec::new();
    for c in text.bytes().filter(|&c| c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_read() {
        assert_eq!(base64_text("YWRtaW46Y2hhbmdlaXQ=").as_deref(), Some("admin:changeit"));
        assert_eq!(base64_text("YTpi").as_deref(), Some("a:b"));
        assert_eq!(base64_text("*"), None);
    }
}
