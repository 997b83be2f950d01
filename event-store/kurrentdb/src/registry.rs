//! The registry: a stream that says what this log is, and which worlds it has.
//!
//! Its first record is the log's mark. A world is added before its first commit is, so a world that has commits is always
//! in it; one that is in it may have none yet.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use event_store::{AppendError, ReadError};
use kurrentdb::StreamState;
use schemas::WorldId;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::error::{KurrentError, Trouble};
use crate::link::{Appended, Link, NewRecord, ReadFrom};
use crate::names::Prefix;
use crate::read::Reader;
use crate::record::uuid_of;

/// The format that this build writes.
const VERSION: u32 = 1;
const BEGUN: &str = "LogBegun";
const REGISTERED: &str = "WorldRegistered";

#[derive(Serialize, Deserialize)]
struct Begun {
    log: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Registered {
    world: WorldId,
}

fn record(kind: &str, what: &impl Serialize) -> Result<NewRecord, Trouble> {
    let data = serde_json::to_vec(what).map_err(|e| Trouble::Refused(e.to_string()))?;
    let id = uuid_of(&[kind.as_bytes(), &data].concat());
    Ok(NewRecord { id, kind: kind.to_owned(), metadata: Bytes::new(), data: data.into() })
}

/// The first record of this log's registry: always the same, so writing it again where it is changes nothing.
fn mark(prefix: &Prefix) -> Result<NewRecord, Trouble> {
    record(BEGUN, &Begun { log: prefix.to_string(), version: VERSION })
}

/// Begins a log, or finds that it was begun: and that this user may write here.
pub(crate) async fn begin(reader: &Reader) -> Result<(), KurrentError> {
    let stream = reader.prefix.worlds();
    let begun = async {
        let mark = mark(&reader.prefix)?;
        reader.link.append_again(&stream, StreamState::NoStream, &[mark]).await
    };
    match begun.await {
        Ok(Appended::Done) => Ok(()),
        Ok(Appended::WrongVersion) => check(reader).await,
        Err(trouble) => Err(explain(reader, trouble, "write", &stream).await),
    }
}

/// Whether there is a log that this build knows.
pub(crate) async fn check(reader: &Reader) -> Result<(), KurrentError> {
    let stream = reader.prefix.worlds();
    let server = reader.link.server().name();
    let first = async { reader.link.read(&stream, ReadFrom::Revision(0), 1).await?.next().await };
    let first = match first.await {
        Ok(first) => first,
        Err(trouble) => return Err(explain(reader, trouble, "read", &stream).await),
    };
    let Some(first) = first else {
        return Err(KurrentError::Missing { server, prefix: reader.prefix.to_string() });
    };
    let foreign =
        |problem: String| KurrentError::Foreign { server: server.clone(), stream: stream.clone(), problem };
    if first.event_type != BEGUN || first.revision != 0 {
        return Err(foreign(format!("it begins with a {} at {}", first.event_type, first.revision)));
    }
    let begun: Begun = serde_json::from_slice(&first.data).map_err(|e| foreign(e.to_string()))?;
    if begun.version > VERSION {
        let prefix = reader.prefix.to_string();
        return Err(KurrentError::Newer { server, prefix, found: begun.version, known: VERSION });
    }
    if begun.log != reader.prefix.to_string() || begun.version < VERSION {
        return Err(foreign(format!("it is that of the log {}, version {}", begun.log, begun.version)));
    }
    Ok(())
}

/// All worlds that were ever added, by name.
pub(crate) async fn worlds(link: &Link, prefix: &Prefix) -> Result<BTreeSet<WorldId>, Trouble> {
    let mut records = link.read(&prefix.worlds(), ReadFrom::Revision(0), usize::MAX).await?;
    let mut worlds = BTreeSet::new();
    while let Some(record) = records.next().await? {
        if record.event_type == REGISTERED {
            let registered = serde_json::from_slice::<Registered>(&record.data);
            worlds.insert(registered.map_err(|e| Trouble::Failed(format!("the registry: {e}")))?.world);
        }
    }
    Ok(worlds)
}

/// The world that a record of the registry adds; none where it adds none.
pub(crate) fn added(record: &kurrentdb::RecordedEvent) -> Option<WorldId> {
    let registered =
        (record.event_type == REGISTERED).then(|| serde_json::from_slice::<Registered>(&record.data));
    registered?.ok().map(|registered| registered.world)
}

/// Adds a world that is not there yet. A world that is added twice does no harm.
///
/// # Errors
/// Whatever happens to it, nothing of the world itself was written.
pub(crate) async fn register(
    reader: &Reader,
    known: &Mutex<HashSet<WorldId>>,
    world: &WorldId,
) -> Result<(), AppendError> {
    if known.lock().await.contains(world) {
        return Ok(());
    }
    let add = async {
        let record = record(REGISTERED, &Registered { world: world.clone() })?;
        reader.link.append_again(&reader.prefix.worlds(), StreamState::Any, &[record]).await
    };
    let unavailable = |text: String| AppendError::Unavailable(text);
    let doubt = match add.await {
        Ok(Appended::Done) => None,
        Ok(Appended::WrongVersion) => {
            Some("STORE_GUARD: the server refuses the registry's record".to_owned())
        }
        Err(trouble) if trouble.nothing_was_written() => return Err(unavailable(trouble.to_string())),
        Err(trouble) => Some(trouble.to_string()),
    };
    if let Some(doubt) = doubt {
        // It may be there or not: the registry itself says.
        let there = all(reader).await.map_err(|e| unavailable(e.to_string()))?;
        if !there.contains(world) {
            return Err(unavailable(doubt));
        }
    }
    known.lock().await.insert(world.clone());
    Ok(())
}

/// What keeps a log from being opened, in words that name the setting.
async fn explain(reader: &Reader, trouble: Trouble, what: &'static str, stream: &str) -> KurrentError {
    let (link, server) = (&reader.link, reader.link.server().name());
    match trouble {
        Trouble::Unreachable(problem) => unreachable(link, server, problem).await,
        Trouble::NoConnection(_) | Trouble::NoLeader | Trouble::Silent(_) | Trouble::Late => {
            KurrentError::Unreachable { server, problem: plain(&trouble) }
        }
        Trouble::Denied => {
            let (user, prefix) = (link.server().user.clone(), reader.prefix.to_string());
            // Who may not even read what nobody has locked up was not let in at all.
            let nothing = reader.prefix.nothing();
            let let_in = async { link.read(&nothing, ReadFrom::Revision(0), 1).await?.next().await };
            if let Err(Trouble::Denied) = let_in.await {
                return KurrentError::LoginRefused { server, user, prefix };
            }
            KurrentError::WrongRights { server, user, what, stream: stream.to_owned(), prefix }
        }
        Trouble::Deleted => {
            let problem = "it was deleted for good".to_owned();
            KurrentError::Foreign { server, stream: stream.to_owned(), problem }
        }
        Trouble::Refused(problem) | Trouble::Failed(problem) => KurrentError::Failed { server, problem },
    }
}

/// What a trouble says, without a code of its own.
fn plain(trouble: &Trouble) -> String {
    let text = trouble.to_string();
    text.split_once(": ").map_or_else(|| text.clone(), |(_, after)| after.to_owned())
}

/// Whether nobody is there, or somebody who speaks otherwise: a plain connection tells.
async fn unreachable(link: &Link, server: String, problem: String) -> KurrentError {
    let settings = &link.server().client;
    if settings.is_dns_discovery_enabled() {
        return KurrentError::Unreachable { server, problem };
    }
    let mut refusal = problem.clone();
    for host in settings.hosts() {
        let port = u16::try_from(host.port).unwrap_or_default();
        let reached = tokio::net::TcpStream::connect((host.host.as_str(), port));
        match tokio::time::timeout(link.limits.connect, reached).await {
            Ok(Ok(_)) if settings.is_secure_mode_enabled() => return KurrentError::Tls { server, problem },
            Ok(Ok(_)) => return KurrentError::NoTls { server, problem },
            Ok(Err(error)) => refusal = error.to_string(),
            Err(_) => refusal = format!("no answer within {} ms", link.limits.connect.as_millis()),
        }
    }
    KurrentError::Unreachable { server, problem: refusal }
}

/// Reads the registry again where the connection broke.
pub(crate) async fn all(reader: &Reader) -> Result<BTreeSet<WorldId>, ReadError> {
    match worlds(&reader.link, &reader.prefix).await {
        Err(trouble) if trouble.may_pass() => {
            worlds(&reader.link, &reader.prefix).await.map_err(ReadError::from)
        }
        other => other.map_err(ReadError::from),
    }
}
