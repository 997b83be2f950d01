//! Discord's interactions over HTTP, through the real binary: on a log with full durability, each signed, each a command
//! that must be durable before it is answered; beside an empty handler that only checks the signature, in turns. Then
//! completions, the first answers while the store takes half a second for an append, and repetitions, of which none may be
//! decided.
//!
//! What loads the server runs on the same machine and takes its share of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![allow(dead_code, reason = "helpers of the end-to-end tests; this uses its part")]

#[path = "../../tests/e2e/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use discord_standin::people::{self, Person, Spot};
use discord_standin::send::Request;
use discord_standin::{Judge, Options, Standin, Tamper};
use schemas::WallTime;
use serde_json::{Value, json};
use servers::Postgres;

use support::{Home, SECRET, Server};

/// Servers of Discord on which each game is played.
const HARBOURS: u64 = 4;
const REALMS: u64 = 12;
/// Players on each. A realm takes a hundred at most.
const PLAYERS: u64 = 100;
/// Interactions under way at once.
const IN_FLIGHT: [usize; 3] = [64, 128, 256];
/// Rounds, and how long each of the two takes in one.
const ROUNDS: usize = 4;
const ROUND: Duration = Duration::from_secs(3);
/// Interactions that come again and again, and how often each.
const REPEATED: usize = 1_000;
const TIMES: usize = 100;
/// What an append is slowed to, and how many answers are measured meanwhile.
const SLOW_S: f64 = 0.5;
const SLOWED: usize = 400;

/// The first ids: of a server, of a person.
const GUILD: u64 = 910_000_000_000_000_000;
const PERSON: u64 = 920_000_000_000_000_000;

/// A player, where they play, and what they do over and over.
#[derive(Clone)]
struct Player {
    person: Person,
    spot: Spot,
    harbour: bool,
    faction: &'static str,
}

impl Player {
    fn all() -> Vec<Self> {
        // Neighbours in this list are on different servers, as in life.
        let of = |number: u64| {
            let guild = number % (HARBOURS + REALMS);
            let spot = Spot { guild: Some(GUILD + guild), channel: GUILD + 1_000 + guild };
            let person = Person::member(PERSON + (number << 22), &format!("player{number}"));
            // A faction that is far ahead takes nobody.
            let third = usize::try_from(number / (HARBOURS + REALMS) % 3).unwrap();
            Self { person, spot, harbour: guild < HARBOURS, faction: ["cinema", "otaku", "arcade"][third] }
        };
        (0..PLAYERS * (HARBOURS + REALMS)).map(of).collect()
    }

    /// The body of an interaction: the first one comes into the game, the others are decided one after another.
    fn body(&self, id: u64, turn: usize) -> Vec<u8> {
        let data = match (self.harbour, turn) {
            (true, 0) => people::command("settle", &[]),
            (true, _) => people::command("sail", &[("gold", 4, json!(1))]),
            (false, 0) => people::command("join", &[("faction", 3, json!(self.faction))]),
            (false, turn) if turn % 2 == 1 => {
                people::command("build start", &[("building", 3, json!("farm"))])
            }
            (false, _) => {
                people::command("troops train", &[("tier", 3, json!("t1")), ("count", 4, json!(1))])
            }
        };
        let mut value = people::interaction(2, &self.person, self.spot, &data);
        value["id"] = id.to_string().into();
        value["token"] = format!("standin-{id}").into();
        value["application_id"] = Options::default().application.to_string().into();
        value.to_string().into_bytes()
    }
}

/// What people type, one after another, in a command that completes from the state of the season.
const TYPED: [&str; 4] = ["", "f", "fa", "b"];
/// Completions under way at once: so many people type at the same moment.
const TYPING: usize = 16;

impl Player {
    /// The body of a completion.
    fn typing(&self, id: u64, turn: usize) -> Vec<u8> {
        let data = people::typing("build start", "building", TYPED[turn % TYPED.len()]);
        let mut value = people::interaction(4, &self.person, self.spot, &data);
        value["id"] = id.to_string().into();
        value["token"] = format!("standin-{id}").into();
        value["application_id"] = Options::default().application.to_string().into();
        value.to_string().into_bytes()
    }
}

/// What came back.
#[derive(Default)]
struct Tally {
    took: Vec<Duration>,
    /// Answers by their code; the empty one is an acceptance.
    codes: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, took: Duration, status: u16, body: &[u8]) {
        self.took.push(took);
        *self.codes.entry(code(status, body)).or_default() += 1;
    }

    fn join(&mut self, other: Self) {
        self.took.extend(other.took);
        for (code, count) in other.codes {
            *self.codes.entry(code).or_default() += count;
        }
    }

    fn quantile_ms(&mut self, per_mille: usize) -> f64 {
        self.took.sort();
        let at = (self.took.len() * per_mille / 1000).min(self.took.len().saturating_sub(1));
        self.took.get(at).map_or(0.0, |took| took.as_secs_f64() * 1e3)
    }
}

/// What an answer says in a word: `accepted`, `deferred`, the code of a refusal, the status of what is no answer.
fn code(status: u16, body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let embed = &value["data"]["embeds"][0];
    let red = embed["color"].as_u64() != Some(0x0043_A047);
    match (status, value["type"].as_u64(), embed["footer"]["text"].as_str()) {
        (200, Some(1), _) => "pong".to_owned(),
        (200, Some(5 | 6), _) => "deferred".to_owned(),
        (200, _, Some(text)) if red => text.to_owned(),
        (200, ..) => "accepted".to_owned(),
        _ => format!("HTTP {status} {}", value["message"].as_str().unwrap_or_default()),
    }
}

/// So many requests at once for so long, each made by its number.
async fn load<F>(
    standin: &Standin,
    at_once: usize,
    span: Duration,
    numbers: &Arc<AtomicUsize>,
    make: F,
) -> Tally
where
    F: Fn(usize) -> Vec<u8> + Clone + Send + 'static,
{
    let until = Instant::now() + span;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (standin, numbers, make) = (standin.clone(), Arc::clone(numbers), make.clone());
        clients.spawn(async move {
            let mut tally = Tally::default();
            while Instant::now() < until {
                let request = standin.sign(make(numbers.fetch_add(1, Ordering::Relaxed)), Tamper::None);
                let sent = Instant::now();
                let (status, body) = standin.post(&request).await;
                tally.add(sent.elapsed(), status, &body);
            }
            tally
        });
    }
    joined(clients).await
}

async fn joined(mut clients: tokio::task::JoinSet<Tally>) -> Tally {
    let mut all = Tally::default();
    while let Some(tally) = clients.join_next().await {
        all.join(tally.unwrap());
    }
    all
}

/// Every request of a list once, so many at once.
async fn send_all(standin: &Standin, at_once: usize, requests: Vec<Request>) -> Tally {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (standin, requests, next) = (standin.clone(), Arc::clone(&requests), Arc::clone(&next));
        clients.spawn(async move {
            let mut tally = Tally::default();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let sent = Instant::now();
                let (status, body) = standin.post(request).await;
                tally.add(sent.elapsed(), status, &body);
            }
            tally
        });
    }
    joined(clients).await
}

/// A handler that checks the signature and does nothing else, on a socket and threads of its own.
fn empty_handler(key: &str) -> String {
    use axum::http::{HeaderMap, StatusCode};
    let key: discord_http::PublicKey = key.parse().unwrap();
    let handler = move |headers: HeaderMap, body: axum::body::Bytes| async move {
        let header = |name: &str| headers.get(name).map(|value| value.as_bytes().to_vec());
        let signature = header(discord_http::verify::SIGNATURE);
        let timestamp = header(discord_http::verify::TIMESTAMP);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let now = WallTime::from_ms(i64::try_from(now).unwrap());
        match key.check(signature.as_deref(), timestamp.as_deref(), &body, now) {
            Ok(_) => (StatusCode::OK, "{\"type\":1}"),
            Err(_) => (StatusCode::UNAUTHORIZED, ""),
        }
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let router = axum::Router::new().route("/", axum::routing::post(handler));
            axum::serve(listener, router).await.unwrap();
        });
    });
    url
}

async fn standin() -> Standin {
    let guilds = (0..HARBOURS + REALMS).map(|guild| GUILD + guild).collect();
    let options = Options { guilds, token: SECRET.to_owned(), ..Options::default() };
    Standin::start(options, Judge::default()).await.unwrap()
}

fn set_up(home: &mut Home, standin: &Standin) {
    home.set("ANNALS_DISCORD_APPLICATION", &Options::default().application.to_string());
    home.set("ANNALS_DISCORD_PUBLIC_KEY", &standin.public_key());
    home.set("ANNALS_DISCORD_TOKEN", SECRET);
    home.set("ANNALS_DISCORD_API", &standin.base());
    for guild in 0..HARBOURS + REALMS {
        let game = if guild < HARBOURS { "harbour" } else { "popverse-kingdoms" };
        let (world, server) = (format!("w{guild}"), (GUILD + guild).to_string());
        home.ok(&["season", "open", &world, "--game", game, "--server", &server]);
    }
}

fn serve(home: &Home, standin: &Standin) -> (Server, String) {
    let server = home.serve();
    let endpoint = format!("{}{}", server.url, discord_http::endpoint::PATH);
    standin.send_to(&endpoint);
    (server, endpoint)
}

/// Interactions' ids are Discord's: they grow, and each is used once.
fn id(number: usize) -> u64 {
    1_480_000_000_000_000_000 + ((number as u64) << 12)
}

/// Who does something for the first time comes into the game; who does it for the n-th time has done so.
async fn come_in(standin: &Standin, players: &[Player]) {
    let make = |number: usize| standin.sign(players[number].body(id(number), 0), Tamper::None);
    let since = Instant::now();
    let mut tally = send_all(standin, 64, (0..players.len()).map(make).collect()).await;
    println!(
        "{} players came in, {:.0} a second, p99 {:.0} ms: {:?}",
        players.len(),
        players.len() as f64 / since.elapsed().as_secs_f64(),
        tally.quantile_ms(990),
        tally.codes
    );
}

/// Commands on the record of all seasons, refused ones too. What time brings about is none.
fn decided(home: &Home) -> usize {
    let worlds = home.json(&["world", "list"]);
    let worlds = worlds.as_array().unwrap().iter().map(|world| world["world"].as_str().unwrap());
    let count = |world: &str| home.json(&["audit", world, "--limit", "1000000"]).as_array().unwrap().len();
    worlds.map(count).sum()
}

async fn throughput(standin: &Standin, server: &Server, endpoint: &str, players: &[Player]) {
    let empty = empty_handler(&standin.public_key());
    let numbers = Arc::new(AtomicUsize::new(players.len()));
    let all = Arc::new(players.to_vec());
    let make = move |number: usize| all[number % all.len()].body(id(number), number / all.len());
    for at_once in IN_FLIGHT {
        let (mut own, mut other) = (Tally::default(), Tally::default());
        let (mut per_s, mut ratios) = (Vec::new(), Vec::new());
        let appends = || (server.metric("annals_appends_total"), server.metric("annals_commits_total"));
        let before = appends();
        for _ in 0..ROUNDS {
            standin.send_to(&empty);
            let plain = load(standin, at_once, ROUND, &numbers, make.clone()).await;
            standin.send_to(endpoint);
            let real = load(standin, at_once, ROUND, &numbers, make.clone()).await;
            per_s.push(real.took.len() as f64 / ROUND.as_secs_f64());
            ratios.push(real.took.len() as f64 / plain.took.len() as f64);
            own.join(real);
            other.join(plain);
        }
        per_s.sort_by(f64::total_cmp);
        ratios.sort_by(f64::total_cmp);
        let after = appends();
        println!(
            "{at_once:>3} in flight: {:>6.0} interactions/s (rounds {:.0} to {:.0}; goal 1000), first answer p50 {:.1} ms, p99 {:.1} ms (goal 250)",
            per_s[per_s.len() / 2],
            per_s[0],
            per_s[per_s.len() - 1],
            own.quantile_ms(500),
            own.quantile_ms(990),
        );
        println!(
            "     empty handler {:.0}/s, p99 {:.1} ms; ratio {:.3} (rounds {:.3} to {:.3}); {:.1} commits an append; {:?}",
            other.took.len() as f64 / (ROUNDS as f64 * ROUND.as_secs_f64()),
            other.quantile_ms(990),
            ratios[ratios.len() / 2],
            ratios[0],
            ratios[ratios.len() - 1],
            (after.1 - before.1) as f64 / (after.0 - before.0).max(1) as f64,
            own.codes
        );
    }
}

/// The same interactions again and again, as they were and signed anew, also to a server that does not remember them.
async fn repetitions(home: &Home, standin: &Standin, mut server: Server, players: &[Player]) -> Server {
    let first = 900_000_000;
    let turn = 9;
    let bodies: Vec<Vec<u8>> =
        (0..REPEATED).map(|n| players[n % players.len()].body(id(first + n), turn)).collect();
    let before = decided(home);
    let requests: Vec<Request> = bodies.iter().map(|body| standin.sign(body.clone(), Tamper::None)).collect();
    let once = send_all(standin, 64, requests.clone()).await;
    let count = decided(home) - before;
    println!("{REPEATED} interactions: {count} decided, {:?}", once.codes);
    for restarted in [false, true] {
        if restarted {
            server.kill();
            let endpoint;
            (server, endpoint) = serve(home, standin);
            standin.send_to(&endpoint);
        }
        let before = decided(home);
        let mut again = Vec::new();
        for time in 0..TIMES / 4 {
            // The very request, and another that says the same.
            again.extend(requests.iter().cloned());
            again.extend(bodies.iter().map(|body| {
                let blanks = vec![b' '; time + 1 + if restarted { TIMES } else { 0 }];
                standin.sign([body.as_slice(), &blanks].concat(), Tamper::None)
            }));
        }
        let (count, since) = (again.len(), Instant::now());
        let tally = send_all(standin, 64, again).await;
        let decided = decided(home) - before;
        assert_eq!(decided, 0, "repetitions were decided");
        println!(
            "{count} repetitions{}: {decided} decided, {:.0} a second, {:?}",
            if restarted { " after a crash" } else { "" },
            count as f64 / since.elapsed().as_secs_f64(),
            tally.codes
        );
    }
    server
}

/// Completions from memory, while nothing else is under way.
async fn completions(standin: &Standin, players: &[Player]) {
    let realms: Vec<Player> = players.iter().filter(|player| !player.harbour).cloned().collect();
    let (all, first) = (Arc::new(realms), 800_000_000);
    let numbers = Arc::new(AtomicUsize::new(first));
    let make = move |number: usize| all[number % all.len()].typing(id(number), number - first);
    let mut tally = load(standin, TYPING, ROUND, &numbers, make).await;
    println!(
        "{TYPING} type at once: {:.0} completions/s, p50 {:.1} ms, p99 {:.1} ms (goal 100), {:?}",
        tally.took.len() as f64 / ROUND.as_secs_f64(),
        tally.quantile_ms(500),
        tally.quantile_ms(990),
        tally.codes
    );
}

/// First answers while each append takes half a second.
async fn slowed(postgres: &Postgres) {
    postgres.sql("postgres", "CREATE DATABASE annals").unwrap();
    let mut home = Home::with(vec![("ANNALS_LOG", postgres.url("annals", "annals"))]);
    home.ok(&["log", "prepare", "--admin-url", &postgres.admin_url("annals")]);
    let standin = standin().await;
    set_up(&mut home, &standin);
    let (server, _) = serve(&home, &standin);
    let players = Player::all();
    come_in(&standin, &players[..SLOWED]).await;
    let slow = format!(
        "CREATE FUNCTION annals.slow() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep({SLOW_S}); RETURN NULL; END $$; \
         GRANT EXECUTE ON FUNCTION annals.slow() TO PUBLIC; \
         CREATE TRIGGER slow AFTER INSERT ON annals.commits FOR EACH STATEMENT EXECUTE FUNCTION annals.slow()"
    );
    postgres.sql("annals", &slow).unwrap();
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..32 {
        let (standin, players) = (standin.clone(), players.clone());
        clients.spawn(async move {
            let mut tally = Tally::default();
            for n in (client..SLOWED).step_by(32) {
                let value: Value = serde_json::from_slice(&players[n].body(id(SLOWED + n), 1)).unwrap();
                let sent = Instant::now();
                let delivery = standin.send(value, Tamper::None).await;
                tally.add(sent.elapsed(), delivery.status, delivery.answer.to_string().as_bytes());
            }
            tally
        });
    }
    let mut tally = joined(clients).await;
    let open = || standin.state().interactions.values().filter(|told| told.deferred).count();
    support::until("every deferred answer", Duration::from_secs(60), || open() == 0);
    println!(
        "appends slowed by {SLOW_S} s: {} first answers, p50 {:.0} ms, p99 {:.0} ms (goal 1000), {:?}; all filled in, {} rules broken",
        tally.took.len(),
        tally.quantile_ms(500),
        tally.quantile_ms(990),
        tally.codes,
        standin.state().violations.len()
    );
    assert_eq!(server.stop(), 0, "{}", home.said());
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut home = Home::new();
        let standin = standin().await;
        set_up(&mut home, &standin);
        let players = Player::all();
        let (server, endpoint) = serve(&home, &standin);
        come_in(&standin, &players).await;
        throughput(&standin, &server, &endpoint, &players).await;
        completions(&standin, &players).await;
        let server = repetitions(&home, &standin, server, &players).await;
        assert_eq!(server.stop(), 0, "{}", home.said());
        if let Some(postgres) = Postgres::start(&[]).unwrap() {
            slowed(&postgres).await;
        }
    });
}
