//! The feed over real sockets, against a service over a log in memory.

use std::sync::atomic::AtomicBool;

use futures_util::{FutureExt, SinkExt, StreamExt};
use schemas::host::WorldRewind;
use schemas::{CommitNo, ServerId};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message as Word;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::events::tests::{NOW, Stage, player};
use super::super::signed::{Claims, sign};
use super::super::{
    Accounts, HttpState, NotProven, PlanDesk, PlanView, Probe, TerminalAnswer, TerminalAsk, TerminalDesk,
};
use super::*;
use crate::load::opening_of;

/// The rooms behind the faces that are not looked at here, and the seasons of the log.
struct Rooms(Arc<event_store::MemoryStore>);

impl PlanDesk for Rooms {
    fn list(&self, _: WallTime) -> Result<Vec<PlanView>, Rejection> {
        Ok(Vec::new())
    }

    fn show(&self, _: &str) -> Result<Value, Rejection> {
        Err(Rejection::new("UNKNOWN_PLAN"))
    }

    fn approve(&self, _: &str, _: &str, _: WallTime) -> Result<PlanView, Rejection> {
        Err(Rejection::new("UNKNOWN_PLAN"))
    }

    fn permit(&self, _: &WorldRewind, _: WallTime) -> Result<(), Rejection> {
        Err(Rejection::new("UNKNOWN_PLAN"))
    }
}

impl TerminalDesk for Rooms {
    fn answer(&self, _: WorldId, _: TerminalAsk) -> futures_util::future::BoxFuture<'_, TerminalAnswer> {
        async { TerminalAnswer::Done(Value::Null) }.boxed()
    }
}

impl Accounts for Rooms {
    fn authorize_url(&self, _: &str, _: &str) -> Option<String> {
        None
    }

    fn account<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<u64, NotProven>> {
        async { Err(NotProven::Code) }.boxed()
    }

    fn season<'a>(
        &'a self,
        server: &'a ServerId,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<WorldId>, String>> {
        async move { Ok((*server == ServerId::local()).then(|| WorldId::new("harbour").unwrap())) }.boxed()
    }

    fn server<'a>(
        &'a self,
        world: &'a WorldId,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<ServerId>, String>> {
        async move {
            let opened = opening_of(&*self.0, world).await.map_err(|e| e.to_string())?;
            Ok(opened.map(|opened| opened.server))
        }
        .boxed()
    }
}

struct Server {
    stage: Stage,
    url: String,
    stop: watch::Sender<bool>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Server {
    async fn start() -> Self {
        let stage = Stage::new().await;
        let rooms = Arc::new(Rooms(Arc::clone(&stage.store)));
        let (stop, stopping) = watch::channel(false);
        let state = HttpState {
            service: stage.service.clone(),
            probe: Probe {
                service: stage.service.clone(),
                ready: Arc::new(AtomicBool::new(true)),
                others: Arc::new(Vec::new),
                ailing: Arc::new(Vec::new),
            },
            vault: Arc::clone(&stage.vault),
            keys: stage.keys.clone(),
            plans: Arc::<Rooms>::clone(&rooms),
            terminals: Arc::<Rooms>::clone(&rooms),
            accounts: rooms,
            turnstile: Arc::default(),
            local_token: None,
            stopping,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/api/feed", listener.local_addr().unwrap());
        let router = super::super::router(state).0;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { stage, url, stop }
    }

    fn token(&self, who: u64, server: ServerId) -> String {
        let iat = NOW.ms() / 1000;
        let claims = Claims { sub: player(who), srv: server, sid: "00".to_owned(), iat, exp: iat + 900 };
        sign(&self.stage.keys.sessions(), &claims)
    }

    async fn connect(&self, first: &Value) -> Socket {
        let (mut socket, _) = connect_async(&self.url).await.unwrap();
        socket.send(Word::Text(first.to_string().into())).await.unwrap();
        socket
    }

    /// A player's feed, once it has begun.
    async fn follow(&self, who: u64, after: Option<u64>) -> Socket {
        let wanted = json!({ "token": self.token(who, ServerId::local()), "after": after });
        let mut socket = self.connect(&wanted).await;
        let ready = told(&mut socket).await;
        assert_eq!(ready["ready"]["world"], "harbour", "{ready}");
        socket
    }

    async fn head(&self) -> u64 {
        use event_store::EventStore;
        self.stage.store.head(&self.stage.world).await.unwrap().position.get()
    }

    async fn play(&self, who: u64, key: &str, kind: &str, options: Value) -> CommitNo {
        self.stage.play(who, key, kind, options).await
    }
}

/// The next thing that is told; a close as `{ "closed": code }`.
async fn told(socket: &mut Socket) -> Value {
    loop {
        match socket.next().await {
            Some(Ok(Word::Text(text))) => return serde_json::from_str(&text).unwrap(),
            Some(Ok(Word::Close(frame))) => return json!({ "closed": frame.map(|f| u16::from(f.code)) }),
            Some(Ok(Word::Ping(_) | Word::Pong(_) | Word::Binary(_) | Word::Frame(_))) => {}
            Some(Err(error)) => panic!("{error}"),
            None => return json!({ "closed": null }),
        }
    }
}

/// Positions and types up to a position.
async fn until(socket: &mut Socket, last: u64) -> Vec<(u64, String)> {
    let mut all: Vec<(u64, String)> = Vec::new();
    while all.last().is_none_or(|(position, _)| *position < last) {
        let told = told(socket).await;
        let events = told["events"].as_array().unwrap_or_else(|| panic!("{told}"));
        all.extend(
            events.iter().map(|event| {
                (event["position"].as_u64().unwrap(), event["kind"].as_str().unwrap().to_owned())
            }),
        );
    }
    all
}

#[tokio::test]
async fn it_tells_what_one_may_see_and_goes_on_where_it_broke_off() {
    let server = Server::start().await;
    let mut feed = server.follow(1, None).await;
    server.play(1, "settle", "Settle", json!({})).await;
    server.play(2, "settle", "Settle", json!({})).await;
    server.play(2, "1", "Sail", json!({ "gold": 3 })).await;
    server.play(1, "1", "Sail", json!({ "gold": 5 })).await;
    let broken_off = server.head().await;
    let first = until(&mut feed, broken_off).await;
    let kinds: Vec<&str> = first.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["Settled", "Settled", "ShipSailed"], "and not the other's ship");
    drop(feed);
    // While nobody listens.
    server.play(2, "2", "Sail", json!({ "gold": 3 })).await;
    server.play(1, "2", "Sail", json!({ "gold": 6 })).await;
    let mut again = server.follow(1, Some(broken_off)).await;
    server.play(1, "3", "Sail", json!({ "gold": 7 })).await;
    let second = until(&mut again, server.head().await).await;
    assert_eq!(second.len(), 2, "what was missed, and what is new: {second:?}");
    let mut whole = server.follow(1, Some(1)).await;
    let all = until(&mut whole, server.head().await).await;
    assert_eq!(all, [first, second].concat(), "once, and in order");
}

#[tokio::test]
async fn a_stranger_is_told_what_is_everybodys() {
    let server = Server::start().await;
    let mut feed = server.connect(&json!({ "world": "harbour", "after": 1 })).await;
    assert_eq!(told(&mut feed).await, json!({ "ready": { "world": "harbour", "after": 1 } }));
    server.play(1, "settle", "Settle", json!({})).await;
    server.play(1, "1", "Sail", json!({ "gold": 5 })).await;
    server.play(2, "settle", "Settle", json!({})).await;
    let told = until(&mut feed, server.head().await).await;
    assert!(told.iter().all(|(_, kind)| kind == "Settled") && told.len() == 2, "{told:?}");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_for_a_while_misses_nothing() {
    let server = Server::start().await;
    let mut slow = server.follow(1, None).await;
    server.play(1, "settle", "Settle", json!({})).await;
    // More than the service keeps for subscribers.
    for n in 0..5_000 {
        server.play(1, &format!("{n}"), "Sail", json!({ "gold": 1 })).await;
    }
    let end = server.head().await;
    let told = until(&mut slow, end).await;
    assert!(told.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(told.iter().filter(|(_, kind)| kind == "ShipSailed").count(), 5_000);
}

#[tokio::test]
async fn it_ends_with_the_token_and_tells_nothing_after_that() {
    let server = Server::start().await;
    server.play(1, "settle", "Settle", json!({})).await;
    let mut feed = server.follow(1, None).await;
    server.stage.service.advance_to(NOW.plus_ms(15 * 60_000)).await.unwrap();
    server.play(1, "1", "Sail", json!({ "gold": 5 })).await;
    assert_eq!(told(&mut feed).await, json!({ "closed": EXPIRED }));
    // And the same token lets nobody in any more.
    let wanted = json!({ "token": server.token(1, ServerId::local()) });
    let mut again = server.connect(&wanted).await;
    assert_eq!(told(&mut again).await["refused"]["code"], "NO_TOKEN");
    assert_eq!(told(&mut again).await, json!({ "closed": EXPIRED }));
}

#[tokio::test]
async fn whoever_may_not_is_told_why() {
    let server = Server::start().await;
    let good = server.token(1, ServerId::local());
    let tampered = good.replace('.', ".A");
    let elsewhere = server.token(1, ServerId::new("77").unwrap());
    let cases = [
        (json!({ "token": tampered }), "NO_TOKEN", EXPIRED),
        (json!({ "token": "ann_0_0" }), "NO_TOKEN", EXPIRED),
        (json!({ "token": elsewhere, "world": "harbour" }), "NO_WORLD", REFUSED),
        (json!({ "token": elsewhere }), "NO_WORLD", REFUSED),
        (json!({ "token": good, "world": "nowhere" }), "NO_WORLD", REFUSED),
        (json!({ "world": "nowhere" }), "NO_WORLD", REFUSED),
        (json!({ "world": "host:n1" }), "NO_WORLD", REFUSED),
        (json!({}), "INVALID_OPTION", REFUSED),
        (json!({ "token": good, "after": 999_999 }), "BAD_POINT", REFUSED),
    ];
    for (wanted, code, closed) in cases {
        let mut feed = server.connect(&wanted).await;
        assert_eq!(told(&mut feed).await["refused"]["code"], code, "{wanted}");
        assert_eq!(told(&mut feed).await, json!({ "closed": closed }), "{wanted}");
    }
    for first in
        [json!([1, 2, 3, 4]), json!("x"), json!({ "token": good, "more": 1 }), json!({ "after": -1 })]
    {
        let mut feed = server.connect(&first).await;
        assert_eq!(told(&mut feed).await, json!({ "closed": BAD_WORD }), "{first}");
    }
    // Who talks on where there is nothing more to say.
    let mut feed = server.follow(1, None).await;
    feed.send(Word::Text("{}".into())).await.unwrap();
    assert_eq!(told(&mut feed).await, json!({ "closed": BAD_WORD }));
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let server = Server::start().await;
    let mut feed = server.follow(1, None).await;
    let mut silent = connect_async(&server.url).await.unwrap().0;
    server.stop.send_replace(true);
    for socket in [&mut feed, &mut silent] {
        assert_eq!(told(socket).await, json!({ "closed": GOING }));
    }
}
