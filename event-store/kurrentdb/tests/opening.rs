//! A log that can not be opened says what is wrong, which setting it is, and what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use event_store::conformance::{Engine, Scribe, append_one, world};
use event_store::{AppendError, CheckpointStore, EventStore, Head, ReadError, SnapshotStore};
use event_store_kurrentdb::{ConnectionString, KurrentError, KurrentSettings, KurrentStore, Limits};
use kurrent_standin::{Rights, StandIn};
use schemas::{CommitNo, Epoch};
use server::{OnServer, Server};

/// Every sentence names the server or the setting, ends with what to do, and never holds the password.
fn refused(error: &KurrentError, code: &str, says: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    assert!(text.starts_with(&format!("{code}: ")) && text.ends_with('.'), "{text}");
    for part in says {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

async fn open(connection: &str) -> KurrentError {
    let limits = Limits { connect: Duration::from_secs(2), ..Limits::default() };
    let settings = KurrentSettings { limits, ..KurrentSettings::new(connection) };
    KurrentStore::open(&settings).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_and_one_that_never_answers() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for tls in ["true", "false"] {
        let error = open(&format!("kurrentdb://u:secret@{free}?tls={tls}")).await;
        refused(&error, "STORE_UNREACHABLE", &[&free.to_string(), "refused", "connection string"]);
    }
    let error = open(&format!("kurrentdb://{free},{free}?tls=false&maxDiscoverAttempts=1")).await;
    refused(&error, "STORE_UNREACHABLE", &[&format!("{free},{free}")]);
    // It takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let error = open(&format!("kurrentdb://{address}?tls=false")).await;
    refused(&error, "STORE_UNREACHABLE", &[&address.to_string(), "no connection within 2000 ms"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_an_authority_of_its_own_is_trusted_where_it_is_named_and_nowhere_else() {
    let stand_in = StandIn::start_with_tls().unwrap();
    let connection = stand_in.connection_string();
    let error = open(&connection).await;
    refused(&error, "STORE_TLS", &["no TLS connection", "tlsCAFile=FILE"]);
    let error = open(&connection.replace("tls=true", "tls=false")).await;
    refused(&error, "STORE_TLS", &["take tls=false out"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), stand_in.certificate().unwrap()).unwrap();
    let trusting = format!("{connection}&tlsCAFile={}", file.path().display());
    // The certificate is for localhost, and for no other name of this machine.
    let error = open(&trusting.replace("localhost", "127.0.0.1")).await;
    refused(&error, "STORE_TLS", &["no TLS connection"]);
    for connection in [trusting, format!("{connection}&tlsVerifyCert=false")] {
        let settings = KurrentSettings::new(&connection);
        let store = KurrentStore::open(&settings).await.unwrap();
        let head = store.head(&world("w")).await.unwrap();
        let mut scribe = Scribe { head: Head { epoch: Epoch::new(1), ..head }, ..Scribe::new("w") };
        append_one(&store, scribe.many(2)).await.unwrap();
        assert_eq!(store.head(&world("w")).await.unwrap(), scribe.head);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_where_there_is_none_and_none_where_there_is() {
    let server = Server::stand_in();
    let port = server.stand_in.as_ref().unwrap().port();
    let error = open(&format!("kurrentdb://u:secret@127.0.0.1:{port}?tls=true")).await;
    refused(&error, "STORE_TLS", &["no TLS connection", "tlsCAFile", "tls=false"]);
    // What a server with TLS answers to anything else: an alert, and the end of the connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut asked = [0; 24];
            // A test that only looks whether somebody is there asks nothing.
            if connection.read(&mut asked).is_ok_and(|read| read > 0) {
                connection.write_all(&[0x15, 3, 1, 0, 2, 2, 70]).ok();
            }
        }
    });
    let error = open(&format!("kurrentdb://u:secret@{address}?tls=false")).await;
    refused(&error, "STORE_TLS", &["take tls=false out"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_and_who_may_not_write() {
    let server = Server::stand_in();
    let stand_in = server.stand_in.as_ref().unwrap();
    stand_in.let_in("writer", "secret@1:%", Rights::Write);
    stand_in.let_in("reader", "secret", Rights::Read);
    stand_in.let_in("stranger", "secret", Rights::NotOn(".worlds"));
    let as_user = |user: &str, password: &str| {
        format!("kurrentdb://{user}:{password}@127.0.0.1:{}?tls=false", stand_in.port())
    };
    // A password with signs that a URL can not hold.
    let settings = KurrentSettings::new(&as_user("writer", "secret%401%3A%25"));
    let store = KurrentStore::open(&settings).await.unwrap();
    append_one(&store, Scribe::new("w").many(2)).await.unwrap();
    let error = open(&as_user("writer", "secret-wrong")).await;
    refused(&error, "STORE_LOGIN_REFUSED", &["does not let writer in", "user and password"]);
    let error = open(&format!("kurrentdb://127.0.0.1:{}?tls=false", stand_in.port())).await;
    refused(&error, "STORE_LOGIN_REFUSED", &["an unnamed user"]);
    let error = open(&as_user("reader", "secret")).await;
    refused(
        &error,
        "STORE_WRONG_RIGHTS",
        &["reader may not write the stream annals.worlds", "right to read and write"],
    );
    let error = open(&as_user("stranger", "secret")).await;
    refused(&error, "STORE_WRONG_RIGHTS", &["stranger may not write the stream annals.worlds"]);
    // Reading is enough for a reader.
    let settings = KurrentSettings::new(&as_user("reader", "secret"));
    let reader = KurrentStore::open_read_only(&settings).await.unwrap();
    assert_eq!(reader.worlds().await.unwrap().len(), 1);
    // Rights that are missing on a world only show when it is written to.
    stand_in.let_in("half", "secret", Rights::NotOn(".world-"));
    let settings = KurrentSettings::new(&as_user("half", "secret"));
    let half = KurrentStore::open(&settings).await.unwrap();
    let ending = append_one(&half, Scribe::new("v").many(1)).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_WRONG_RIGHTS")),
        "{ending:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_not_there_is_another_or_is_newer() {
    let engine = OnServer::new(Server::stand_in());
    let settings = KurrentSettings { prefix: "annals".parse().unwrap(), ..engine.settings() };
    let error = KurrentStore::open_read_only(&settings).await.unwrap_err();
    refused(&error, "STORE_MISSING", &["no log named annals", "prefix"]);
    KurrentStore::open(&settings).await.unwrap();
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    let before = stand_in.records("annals.worlds");
    KurrentStore::open(&settings).await.unwrap();
    KurrentStore::open_read_only(&settings).await.unwrap();
    assert_eq!(stand_in.records("annals.worlds"), before, "opening again writes nothing");
    let change = |id: u128, kind: &str, data: &str| {
        stand_in.tamper("annals.worlds", |records| {
            records[0].id = uuid::Uuid::from_u128(id);
            records[0].system.insert("type".to_owned(), kind.to_owned());
            records[0].data = data.to_owned().into();
        });
    };
    change(1, "LogBegun", r#"{"log":"annals","version":2}"#);
    for error in [
        KurrentStore::open(&settings).await.unwrap_err(),
        KurrentStore::open_read_only(&settings).await.unwrap_err(),
    ] {
        refused(&error, "STORE_NEWER", &["version 2", "knows 1"]);
    }
    for (kind, data) in
        [("Ordered", "{}"), ("LogBegun", "no"), ("LogBegun", r#"{"log":"other","version":1}"#)]
    {
        change(2, kind, data);
        let error = KurrentStore::open(&settings).await.unwrap_err();
        refused(&error, "STORE_NOT_A_DATABASE", &["annals.worlds", "another prefix"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_opened_to_be_read_is_not_written() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    append_one(&store, Scribe::new("w").many(2)).await.unwrap();
    let reader = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
    assert!(!reader.is_writable() && store.is_writable());
    let before = engine.server.stand_in.as_ref().unwrap().appends();
    let ending = append_one(&reader, Scribe::new("v").many(1)).await;
    assert!(matches!(ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_READ_ONLY")));
    let dropped = reader.drop_snapshot(&world("w"), CommitNo::new(1)).await;
    assert!(matches!(dropped, Err(ReadError::Unavailable(text)) if text.contains("STORE_READ_ONLY")));
    assert_eq!(reader.checkpoints(&world("w")).await, Ok(vec![]));
    assert_eq!(engine.server.stand_in.as_ref().unwrap().appends(), before, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_string_that_is_none() {
    for (bad, says) in [("", "empty"), ("localhost:2113", "scheme"), ("kurrentdb://h?tls=perhaps", "tls")] {
        let error = open(bad).await;
        refused(&error, "STORE_BAD_URL", &[says, "kurrentdb://user:password@host:2113"]);
    }
    let settings = KurrentSettings::new("kurrentdb://u:secret@h");
    assert!(!format!("{settings:?}{:?}", ConnectionString::new("secret")).contains("secret"));
}
