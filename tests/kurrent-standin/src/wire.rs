//! The messages of KurrentDB's public protocol, as far as a client of streams sends and reads them: names and field
//! numbers are the protocol's.

use std::collections::HashMap;

use bytes::Bytes;
use prost::{Message, Oneof};

/// What names a stream.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) stream_name: Bytes,
}

/// An event's id: as two numbers or as text.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Id {
    #[prost(oneof = "IdValue", tags = "1, 2")]
    pub(crate) value: Option<IdValue>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum IdValue {
    #[prost(message, tag = "1")]
    Structured(IdBits),
    #[prost(string, tag = "2")]
    Text(String),
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct IdBits {
    #[prost(int64, tag = "1")]
    pub(crate) most: i64,
    #[prost(int64, tag = "2")]
    pub(crate) least: i64,
}

/// What is asked of `Streams/Read`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) options: Option<ReadOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadOptions {
    /// 0 forwards, 1 backwards.
    #[prost(int32, tag = "3")]
    pub(crate) read_direction: i32,
    #[prost(oneof = "ReadFrom", tags = "1, 2")]
    pub(crate) from: Option<ReadFrom>,
    #[prost(oneof = "ReadCount", tags = "5, 6")]
    pub(crate) count: Option<ReadCount>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum ReadFrom {
    #[prost(message, tag = "1")]
    Stream(StreamOptions),
    /// `$all`, which this stand-in does not serve.
    #[prost(message, tag = "2")]
    All(Empty),
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum ReadCount {
    #[prost(uint64, tag = "5")]
    Count(u64),
    #[prost(message, tag = "6")]
    Subscription(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
    #[prost(oneof = "Revision", tags = "2, 3, 4")]
    pub(crate) revision: Option<Revision>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Revision {
    #[prost(uint64, tag = "2")]
    At(u64),
    #[prost(message, tag = "3")]
    Start(Empty),
    #[prost(message, tag = "4")]
    End(Empty),
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Empty {}

/// What `Streams/Read` answers, one after the other.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadResp {
    #[prost(oneof = "ReadContent", tags = "1, 2, 4, 5, 6, 8")]
    pub(crate) content: Option<ReadContent>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum ReadContent {
    #[prost(message, tag = "1")]
    Event(ReadEvent),
    #[prost(message, tag = "2")]
    Confirmation(Confirmation),
    #[prost(message, tag = "4")]
    StreamNotFound(StreamNotFound),
    #[prost(uint64, tag = "5")]
    FirstStreamPosition(u64),
    #[prost(uint64, tag = "6")]
    LastStreamPosition(u64),
    #[prost(message, tag = "8")]
    CaughtUp(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Confirmation {
    #[prost(string, tag = "1")]
    pub(crate) subscription_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamNotFound {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadEvent {
    #[prost(message, optional, tag = "1")]
    pub(crate) event: Option<RecordedEvent>,
    #[prost(uint64, tag = "3")]
    pub(crate) commit_position: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RecordedEvent {
    #[prost(message, optional, tag = "1")]
    pub(crate) id: Option<Id>,
    #[prost(message, optional, tag = "2")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
    #[prost(uint64, tag = "3")]
    pub(crate) stream_revision: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) prepare_position: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) commit_position: u64,
    #[prost(map = "string, string", tag = "6")]
    pub(crate) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "7")]
    pub(crate) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "8")]
    pub(crate) data: Bytes,
}

/// What is asked of `Streams/Append`, options first, then the records.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendReq {
    #[prost(oneof = "AppendContent", tags = "1, 2")]
    pub(crate) content: Option<AppendContent>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum AppendContent {
    #[prost(message, tag = "1")]
    Options(AppendOptions),
    #[prost(message, tag = "2")]
    Proposed(ProposedMessage),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
    #[prost(oneof = "Expected", tags = "2, 3, 4, 5")]
    pub(crate) expected: Option<Expected>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum Expected {
    #[prost(uint64, tag = "2")]
    Revision(u64),
    #[prost(message, tag = "3")]
    NoStream(Empty),
    #[prost(message, tag = "4")]
    Any(Empty),
    #[prost(message, tag = "5")]
    StreamExists(Empty),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProposedMessage {
    #[prost(message, optional, tag = "1")]
    pub(crate) id: Option<Id>,
    #[prost(map = "string, string", tag = "2")]
    pub(crate) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) data: Bytes,
}

/// What `Streams/Append` answers.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendResp {
    #[prost(oneof = "AppendResult", tags = "1, 2")]
    pub(crate) result: Option<AppendResult>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum AppendResult {
    #[prost(message, tag = "1")]
    Success(AppendSuccess),
    #[prost(message, tag = "2")]
    WrongExpectedVersion(WrongExpectedVersion),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendSuccess {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) current_revision: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(crate) position: Option<LogPosition>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct LogPosition {
    #[prost(uint64, tag = "1")]
    pub(crate) commit_position: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) prepare_position: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct WrongExpectedVersion {
    #[prost(oneof = "CurrentRevision", tags = "6, 7")]
    pub(crate) current: Option<CurrentRevision>,
    #[prost(oneof = "WrongExpected", tags = "8, 9, 10, 11")]
    pub(crate) expected: Option<WrongExpected>,
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum CurrentRevision {
    #[prost(uint64, tag = "6")]
    At(u64),
    #[prost(message, tag = "7")]
    NoStream(Empty),
}

#[derive(Clone, Copy, PartialEq, Oneof)]
pub(crate) enum WrongExpected {
    #[prost(uint64, tag = "8")]
    Revision(u64),
    #[prost(message, tag = "9")]
    Any(Empty),
    #[prost(message, tag = "10")]
    StreamExists(Empty),
    #[prost(message, tag = "11")]
    NoStream(Empty),
}

/// What `ServerFeatures/GetSupportedMethods` answers.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethods {
    #[prost(message, repeated, tag = "1")]
    pub(crate) methods: Vec<SupportedMethod>,
    #[prost(string, tag = "2")]
    pub(crate) event_store_server_version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethod {
    #[prost(string, tag = "1")]
    pub(crate) method_name: String,
    #[prost(string, tag = "2")]
    pub(crate) service_name: String,
}

/// What `Gossip/Read` answers.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClusterInfo {
    #[prost(message, repeated, tag = "1")]
    pub(crate) members: Vec<Member>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Member {
    #[prost(int64, tag = "2")]
    pub(crate) time_stamp: i64,
    /// 6 follower, 8 leader.
    #[prost(int32, tag = "3")]
    pub(crate) state: i32,
    #[prost(bool, tag = "4")]
    pub(crate) is_alive: bool,
    #[prost(message, optional, tag = "5")]
    pub(crate) http_end_point: Option<EndPoint>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EndPoint {
    #[prost(string, tag = "1")]
    pub(crate) address: String,
    #[prost(uint32, tag = "2")]
    pub(crate) port: u32,
}
