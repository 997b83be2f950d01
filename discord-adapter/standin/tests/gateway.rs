//! The stand-in's gateway keeps to Discord's protocol: asked frame by frame, without any library for bots.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::time::Duration;

use discord_standin::people::{self, Person, Spot};
use discord_standin::{GatewayFault, Judge, Options, Standin};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const GUILD: u64 = 900_000_000_000_000_100;

/// What came: a frame, a code with which the connection was closed, or its end without a word.
#[derive(Debug, PartialEq)]
enum Came {
    Frame(Value),
    Closed(u16),
    Broken,
}

impl Came {
    fn frame(self) -> Value {
        match self {
            Self::Frame(value) => value,
            Self::Closed(_) | Self::Broken => panic!("no frame, but {self:?}"),
        }
    }
}

struct Bot(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Bot {
    async fn connect(standin: &Standin) -> Self {
        let (socket, _) = connect_async(format!("{}?v=10&encoding=json", standin.gateway())).await.unwrap();
        let mut bot = Self(socket);
        assert_eq!(bot.next().await.frame()["op"], 10);
        bot
    }

    async fn say(&mut self, value: Value) {
        self.0.send(Message::Text(value.to_string().into())).await.unwrap();
    }

    async fn next(&mut self) -> Came {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await;
        match next.unwrap() {
            Some(Ok(Message::Text(text))) => Came::Frame(serde_json::from_str(text.as_str()).unwrap()),
            Some(Ok(Message::Close(Some(frame)))) => Came::Closed(frame.code.into()),
            _ => Came::Broken,
        }
    }

    /// Identifies; the session's id.
    async fn identify(standin: &Standin) -> (Self, String) {
        let mut bot = Self::connect(standin).await;
        bot.say(identity()).await;
        let ready = bot.next().await.frame();
        assert_eq!((&ready["t"], &ready["s"]), (&json!("READY"), &json!(1)));
        assert_eq!(bot.next().await.frame()["t"], "GUILD_CREATE");
        (bot, ready["d"]["session_id"].as_str().unwrap().to_owned())
    }

    async fn resume(standin: &Standin, session: &str, seen: u64) -> Self {
        let mut bot = Self::connect(standin).await;
        bot.say(json!({ "op": 6, "d": { "token": "standin-token", "session_id": session, "seq": seen } }))
            .await;
        bot
    }

    /// The numbers of the interactions that come until the session is taken up again.
    async fn missed(&mut self) -> Vec<u64> {
        let mut missed = Vec::new();
        loop {
            let frame = self.next().await.frame();
            match frame["t"].as_str() {
                Some("RESUMED") => return missed,
                Some("INTERACTION_CREATE") => missed.push(frame["s"].as_u64().unwrap()),
                other => panic!("{other:?} while resuming"),
            }
        }
    }
}

fn identity() -> Value {
    let properties = json!({ "os": "linux", "browser": "test", "device": "test" });
    json!({ "op": 2, "d": { "token": "Bot standin-token", "intents": 1, "properties": properties } })
}

async fn start() -> Standin {
    Standin::start(Options::default(), Judge::default()).await.unwrap()
}

/// Someone uses a command, and nobody waits for the answer.
fn use_command(standin: &Standin) {
    let standin = standin.clone();
    let spot = Spot { guild: Some(GUILD), channel: 5 };
    tokio::spawn(async move {
        standin.command(&Person::member(900_000_000_000_000_301, "alice"), spot, "join", &[]).await
    });
}

#[tokio::test]
async fn whoever_does_not_belong_is_sent_away_with_the_code_that_says_why() {
    let standin = start().await;
    let with = |name: &str, value: Value| {
        let mut all = identity();
        all["d"][name] = value;
        all
    };
    for (said, code) in [
        (with("token", json!("another")), 4004),
        (with("shard", json!([2, 2])), 4010),
        (with("intents", json!(1_u64 << 40)), 4013),
        (with("intents", Value::Null), 4013),
        (with("intents", json!(1 | (1 << 15))), 4014),
        (json!({ "op": 3, "d": {} }), 4003),
        (json!({ "op": 99 }), 4001),
        (json!({ "op": 1, "d": "x".repeat(5_000) }), 4002),
        (json!({ "op": 6, "d": { "token": "another" } }), 4004),
    ] {
        let mut bot = Bot::connect(&standin).await;
        bot.say(said.clone()).await;
        assert_eq!(bot.next().await, Came::Closed(code), "{said}");
    }
    let mut bot = Bot::connect(&standin).await;
    bot.0.send(Message::Text("{".into())).await.unwrap();
    assert_eq!(bot.next().await, Came::Closed(4002));
    standin.state().gateway.refuse = Some(4011);
    let mut bot = Bot::connect(&standin).await;
    bot.say(identity()).await;
    assert_eq!(bot.next().await, Came::Closed(4011));
    assert_eq!(standin.state().gateway.connected(), 0);
}

#[tokio::test]
async fn heartbeats_are_answered_and_their_absence_and_their_excess_are_not_borne() {
    let options = Options { heartbeat: Duration::from_millis(200), ..Options::default() };
    let standin = Standin::start(options, Judge::default()).await.unwrap();
    let mut bot = Bot::connect(&standin).await;
    bot.say(json!({ "op": 1, "d": null })).await;
    assert_eq!(bot.next().await.frame()["op"], 11);
    assert_eq!(bot.next().await, Came::Closed(4009), "silence");
    let mut bot = Bot::connect(&standin).await;
    for _ in 0..120 {
        bot.say(json!({ "op": 1, "d": null })).await;
        assert_eq!(bot.next().await.frame()["op"], 11);
    }
    bot.say(json!({ "op": 1, "d": null })).await;
    assert_eq!(bot.next().await, Came::Closed(4008));
    assert!(standin.state().violations.iter().any(|v| v.rule.contains("120 sends")));
}

#[tokio::test]
async fn what_was_missed_is_sent_again_and_nothing_else() {
    let standin = start().await;
    let (mut bot, session) = Bot::identify(&standin).await;
    standin.gateway_fault(GatewayFault::DropBefore);
    use_command(&standin);
    assert_eq!(bot.next().await, Came::Broken);
    let mut bot = Bot::resume(&standin, &session, 2).await;
    assert_eq!(bot.missed().await, vec![3]);
    standin.gateway_fault(GatewayFault::DropAfter);
    use_command(&standin);
    let frame = bot.next().await.frame();
    assert_eq!((&frame["t"], &frame["s"]), (&json!("INTERACTION_CREATE"), &json!(5)));
    assert_eq!(bot.next().await, Came::Broken);
    let mut bot = Bot::resume(&standin, &session, 5).await;
    assert_eq!(bot.missed().await, Vec::<u64>::new());
    // Asked to reconnect, and closed with a code after which one may resume: the event waits.
    for fault in [GatewayFault::Reconnect, GatewayFault::InvalidSession { resumable: true }] {
        standin.gateway_fault(fault);
        use_command(&standin);
        assert!(matches!(bot.next().await.frame()["op"].as_u64(), Some(7 | 9)));
        let last = standin.state().gateway.sessions[&session].sequence;
        bot = Bot::resume(&standin, &session, last - 1).await;
        assert_eq!(bot.missed().await, vec![last]);
    }
    standin.gateway_fault(GatewayFault::Close(4000));
    use_command(&standin);
    assert_eq!(bot.next().await, Came::Closed(4000));
    // Someone who claims to have seen more than there was, and a session that nobody knows.
    let mut liar = Bot::resume(&standin, &session, 500).await;
    assert_eq!(liar.next().await, Came::Closed(4007));
    let mut stranger = Bot::resume(&standin, "session-9", 1).await;
    assert_eq!(stranger.next().await.frame(), json!({ "op": 9, "d": false }));
}

#[tokio::test]
async fn events_come_twice_and_in_another_order_when_told_to() {
    let standin = start().await;
    let (mut bot, session) = Bot::identify(&standin).await;
    standin.gateway_fault(GatewayFault::Twice);
    use_command(&standin);
    let (first, second) = (bot.next().await.frame(), bot.next().await.frame());
    assert_eq!((&first["d"], first["s"].as_u64()), (&second["d"], Some(3)));
    assert_eq!(second["s"], 4);
    standin.gateway_fault(GatewayFault::OutOfOrder);
    use_command(&standin);
    while standin.state().gateway.sessions[&session].sequence < 5 {
        tokio::task::yield_now().await;
    }
    use_command(&standin);
    let order = [bot.next().await.frame()["s"].clone(), bot.next().await.frame()["s"].clone()];
    assert_eq!(order, [json!(6), json!(5)]);
    // With none after it, it comes by itself.
    standin.gateway_fault(GatewayFault::OutOfOrder);
    use_command(&standin);
    assert_eq!(bot.next().await.frame()["s"], 7);
    let since = std::time::Instant::now();
    standin.gateway_fault(GatewayFault::Slow(Duration::from_millis(200)));
    use_command(&standin);
    assert_eq!(bot.next().await.frame()["s"], 8);
    assert!(since.elapsed() >= Duration::from_millis(200));
    // A session that is no more: the event came, what follows goes nowhere, and nobody may come back too soon.
    standin.gateway_fault(GatewayFault::InvalidSession { resumable: false });
    use_command(&standin);
    assert_eq!(bot.next().await.frame()["s"], 9);
    assert_eq!(bot.next().await.frame(), json!({ "op": 9, "d": false }));
    bot.say(identity()).await;
    assert_eq!(bot.next().await.frame(), json!({ "op": 9, "d": false }), "within 5 s of the first one");
    let lost = standin
        .send(
            people::interaction(
                2,
                &Person::member(7, "bob"),
                Spot { guild: Some(GUILD), channel: 5 },
                &json!({ "name": "x" }),
            ),
            discord_standin::Tamper::None,
        )
        .await;
    assert_eq!(lost.status, 0);
}

#[tokio::test]
async fn each_shard_is_told_of_its_own_servers() {
    let (even, odd) = (2_u64 << 22, 3_u64 << 22);
    let options = Options { guilds: vec![even, odd], max_concurrency: 2, shards: 2, ..Options::default() };
    let standin = Standin::start(options, Judge::default()).await.unwrap();
    let mut bots = Vec::new();
    for (shard, guild) in [(0, even), (1, odd)] {
        let mut bot = Bot::connect(&standin).await;
        let mut said = identity();
        said["d"]["shard"] = json!([shard, 2]);
        bot.say(said).await;
        assert_eq!(bot.next().await.frame()["d"]["shard"], json!([shard, 2]));
        assert_eq!(bot.next().await.frame()["d"]["id"], guild.to_string());
        bots.push(bot);
    }
    standin.leave(odd);
    assert_eq!(bots[1].next().await.frame()["t"], "GUILD_DELETE");
    standin.join(4 << 22);
    let frame = bots[0].next().await.frame();
    assert_eq!((&frame["t"], &frame["d"]["id"]), (&json!("GUILD_CREATE"), &json!((4_u64 << 22).to_string())));
    // What is said in private goes to the first shard.
    let alone = Spot { guild: None, channel: 5 };
    let here = standin.clone();
    tokio::spawn(async move { here.command(&Person::member(7, "bob"), alone, "join", &[]).await });
    assert_eq!(bots[0].next().await.frame()["t"], "INTERACTION_CREATE");
}
