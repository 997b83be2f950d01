//! The bot against a chat that does what the real one does, good and bad, over real connections.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use twitch_adapter::{
    Announcement, Asked, House, NoCode, Patience, Settings, Token, Tokens, TwitchError, Watch, own_roots, run,
};
use twitch_standin::{Chat, Faults};

/// A house in which everybody's code is their own name.
#[derive(Default)]
struct Names {
    asked: Mutex<Vec<(String, Option<String>, String)>>,
}

impl House for Names {
    fn code(&self, asked: Asked) -> BoxFuture<'_, Result<String, NoCode>> {
        let found = if asked.name == "nobody" { Err(NoCode) } else { Ok(asked.name.to_uppercase()) };
        self.asked.lock().unwrap().push((asked.login, asked.id, asked.name));
        std::future::ready(found).boxed()
    }
}

fn fixed(token: &str) -> Tokens {
    let token = Token::new(token).unwrap();
    Tokens::new(move || Ok(token.clone()))
}

struct Stage {
    chat: Arc<Chat>,
    watch: Arc<Watch>,
    house: Arc<Names>,
    news: mpsc::Sender<Announcement>,
    stop: watch::Sender<bool>,
    bot: JoinHandle<Result<(), TwitchError>>,
}

fn patience() -> Patience {
    let ms = Duration::from_millis;
    Patience { pauses: (ms(10), ms(40)), answer: Duration::from_secs(5), ..Patience::default() }
}

fn stage_at(
    chat: Chat,
    address: &str,
    tls: Arc<rustls::ClientConfig>,
    token: &str,
    patience: Patience,
) -> Stage {
    let settings = Settings {
        address: address.parse().unwrap(),
        tls,
        login: "annals_bot".to_owned(),
        tokens: fixed(token),
        channel: "popverse".to_owned(),
        patience,
    };
    let (watch, house) = (Arc::new(Watch::default()), Arc::new(Names::default()));
    let (news, from) = mpsc::channel(1);
    let (stop, stopping) = watch::channel(false);
    let bot = tokio::spawn(run(settings, Arc::<Names>::clone(&house), from, Arc::clone(&watch), stopping));
    Stage { chat: Arc::new(chat), watch, house, news, stop, bot }
}

fn stage(patience: Patience) -> Stage {
    let chat = Chat::start("s3cret").unwrap();
    let address = format!("irc://{}", chat.address());
    stage_at(chat, &address, own_roots(rustls::RootCertStore::empty()).unwrap(), "oauth:s3cret", patience)
}

impl Stage {
    /// Waits for something in the chat, which blocks.
    async fn until(&self, so: impl Fn(&Chat) -> bool + Send + 'static) {
        let chat = Arc::clone(&self.chat);
        let done = tokio::task::spawn_blocking(move || chat.until(so)).await.unwrap();
        assert!(done, "said: {:?}, logins: {}", self.chat.said(), self.chat.logins());
    }

    async fn announce(&self, text: &str) -> oneshot::Receiver<()> {
        let (told, answer) = oneshot::channel();
        let until = Instant::now() + Duration::from_secs(3600);
        self.news.send(Announcement { text: text.to_owned(), until, told }).await.unwrap();
        answer
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.bot.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_are_told_once_in_order_and_made_fit_for_a_chat() {
    let stage = stage(patience());
    for text in ["/ban ana has taken C1.", "The conquest\r\nQUIT", &"word ".repeat(200)] {
        stage.announce(text).await.await.unwrap();
    }
    let said = stage.chat.said();
    assert_eq!(said[..2], ["ban ana has taken C1.", "The conquest QUIT"]);
    assert!(said[2].chars().count() <= 500 && said[2].ends_with("word…"), "{}", said[2]);
    assert_eq!((said.len(), stage.chat.logins()), (3, 1));
    assert_eq!((stage.watch.sent(), stage.watch.dropped(), stage.watch.connected()), (3, 0, true));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_handed_out_to_whoever_asks_once_a_minute() {
    let stage = stage(patience());
    stage.until(|chat| chat.logins() == 1).await;
    let said = |login: &'static str, id: &'static str, text: &'static str| {
        stage.chat.say(login, id, "popverse", text);
    };
    said("ann_live", "77", "hello !link");
    said("ann_live", "77", "!link Ana Bell");
    stage.until(|chat| chat.said().len() == 1).await;
    said("ann_renamed", "77", "!link bob");
    said("mallory", "78", "!link nobody");
    stage.until(|chat| chat.said().len() == 2).await;
    said("cid", "79", "!LINK");
    stage.until(|chat| chat.said().len() == 3).await;
    assert_eq!(
        stage.chat.said(),
        [
            "@ann_live: /link twitch code:ANA BELL in Discord within 10 minutes.",
            "@mallory: no code can be made at present. Try again in a minute.",
            "@cid: write !link and the name that you bear in Discord.",
        ]
    );
    let asked = stage.house.asked.lock().unwrap().clone();
    assert_eq!(asked[0], ("ann_live".to_owned(), Some("77".to_owned()), "Ana Bell".to_owned()));
    assert_eq!((asked.len(), stage.watch.codes()), (2, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broken_connection_has_swallowed_is_told_again() {
    let stage = stage(patience());
    stage.announce("one").await.await.unwrap();
    stage.chat.set(Faults { drops_next: true, ..Faults::default() });
    stage.announce("two").await.await.unwrap();
    stage.chat.drop_all();
    stage.announce("three").await.await.unwrap();
    stage.chat.send(":tmi.twitch.tv RECONNECT");
    stage.until(|chat| chat.logins() == 4).await;
    stage.announce("four").await.await.unwrap();
    assert_eq!(stage.chat.said(), ["one", "two", "three", "four"]);
    assert_eq!((stage.watch.sent(), stage.watch.connections()), (4, 4));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_refused_ends_the_bot_with_its_code() {
    let chat = Chat::start("s3cret").unwrap();
    let address = format!("irc://{}", chat.address());
    let tls = own_roots(rustls::RootCertStore::empty()).unwrap();
    let stage = stage_at(chat, &address, tls, "wrong", patience());
    let error = stage.bot.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "TWITCH_LOGIN_REFUSED");
    assert!(error.to_string().contains("Login authentication failed"), "{error}");
    assert_eq!((stage.chat.refused(), stage.chat.logins()), (1, 0), "it is not tried again");
    assert!(!stage.watch.connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_endless_lines_are_survived() {
    let chat = Chat::start("s3cret").unwrap();
    chat.set(Faults { garbage: true, ..Faults::default() });
    let address = format!("irc://{}", chat.address());
    let tls = own_roots(rustls::RootCertStore::empty()).unwrap();
    let stage = stage_at(chat, &address, tls, "s3cret", patience());
    stage.announce("one").await.await.unwrap();
    for line in ["", "@", ":", "@a=\\ :x PRIVMSG", "PRIVMSG", ":a!b@c PRIVMSG #popverse", "\u{0}", "001"] {
        stage.chat.send(line);
    }
    stage.chat.send(&"y".repeat(20_000));
    stage.announce("two").await.await.unwrap();
    assert_eq!((stage.chat.said(), stage.chat.logins()), (vec!["one".to_owned(), "two".to_owned()], 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_says_nothing_is_left_and_come_back_to() {
    let chat = Chat::start("s3cret").unwrap();
    chat.set(Faults { mute: true, ..Faults::default() });
    let ms = Duration::from_millis;
    let quick = Patience { answer: ms(2000), idle: ms(100), ..patience() };
    let address = format!("irc://{}", chat.address());
    let stage = stage_at(chat, &address, own_roots(rustls::RootCertStore::empty()).unwrap(), "s3cret", quick);
    let told = stage.announce("late").await;
    stage.chat.set(Faults { deaf: true, ..Faults::default() });
    // It hears, but says nothing: each time it is taken for lost, after it was asked.
    stage.until(|chat| chat.logins() >= 2 && chat.said().len() >= 2).await;
    stage.chat.set(Faults::default());
    told.await.unwrap();
    let logins = stage.chat.logins();
    // Silence that is answered is no silence.
    let pings = stage.chat.pings();
    stage.until(move |chat| chat.pings() >= pings + 2).await;
    assert_eq!(stage.chat.logins(), logins);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_or_too_old_is_dropped_and_holds_nothing_up() {
    let stage = stage(patience());
    stage.announce("one").await.await.unwrap();
    let refuses_next = Some("msg_rejected".to_owned());
    stage.chat.set(Faults { refuses_next, ..Faults::default() });
    stage.announce("two").await.await.unwrap();
    let (told, answer) = oneshot::channel();
    stage.news.send(Announcement { text: "old".to_owned(), until: Instant::now(), told }).await.unwrap();
    answer.await.unwrap();
    stage.announce("three").await.await.unwrap();
    assert_eq!(stage.chat.said(), ["one", "three"]);
    assert_eq!((stage.watch.sent(), stage.watch.dropped()), (2, 2));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_said_than_may_be() {
    let hour = Duration::from_secs(3600);
    let stage = stage(Patience { pace: (2, hour), idle: Duration::from_millis(50), ..patience() });
    for text in ["one", "two"] {
        stage.announce(text).await.await.unwrap();
    }
    let mut third = stage.announce("three").await;
    // It lives, and goes on asking whether anybody is there, and says nothing.
    let pings = stage.chat.pings();
    stage.until(move |chat| chat.pings() >= pings + 3).await;
    assert_eq!(stage.chat.said(), ["one", "two"]);
    assert!(third.try_recv().is_err());
    stage.end().await;
}

/// TLS in front of the chat, with a certificate of our own: where it is, whom to trust, and each who did not.
async fn tls_before(chat: &Chat) -> (String, rustls::RootCertStore, mpsc::UnboundedReceiver<()>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), chat.address());
    let (wary, turned_away) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, wary) = (acceptor.clone(), wary.clone());
            tokio::spawn(async move {
                let Ok(mut near) = acceptor.accept(stream).await else {
                    let _ = wary.send(());
                    return;
                };
                let mut far = tokio::net::TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    (format!("localhost:{port}"), roots, turned_away)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_only_who_is_trusted_is_spoken_to() {
    let chat = Chat::start("s3cret").unwrap();
    let (address, roots, _) = tls_before(&chat).await;
    let trusting = stage_at(chat, &address, own_roots(roots).unwrap(), "s3cret", patience());
    trusting.announce("one").await.await.unwrap();
    assert_eq!(trusting.chat.said(), ["one"]);
    trusting.end().await;
    let chat = Chat::start("s3cret").unwrap();
    let (address, _, mut turned_away) = tls_before(&chat).await;
    let wary = stage_at(chat, &address, twitch_adapter::web_roots().unwrap(), "s3cret", patience());
    let mut told = wary.announce("two").await;
    for _ in 0..2 {
        turned_away.recv().await.unwrap();
    }
    assert!(told.try_recv().is_err() && wary.chat.logins() == 0 && wary.chat.said().is_empty());
    wary.end().await;
}
