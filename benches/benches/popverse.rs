//! The figures that PopVerse Kingdoms promises, each with its goal and its ratio to it: map, paths, matchmaking, a hundred
//! attacks at once on the real service over SQLite with full durability, decisions, and a season of ninety days.
//!
//! `cargo bench -p benches --bench popverse`, with `-- map path match attacks season` for some of it. The season runs the
//! server's own program, built before: `cargo build --release -p annals`. Boards among 100,000 players are measured beside
//! the read models: `cargo bench -p projections --bench boards`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{median, quantile_us};
use command_service::opening::{self, Opener, Opening};
use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, SqliteStore};
use futures_util::future::join_all;
use games_core::dice::mix;
use games_core::{Rng, Secret};
use games_registry::{Ask, Fold};
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use popverse_kingdoms::keys::Faction;
use popverse_kingdoms::map;
use popverse_kingdoms::matchmaking::{self, Candidate};
use popverse_kingdoms::path::{Mover, Pathfinder};
use popverse_kingdoms::rules::Rules;
use popverse_kingdoms::tile::Tile;
use schemas::{
    Actor, Cause, CommandId, CommitNo, Facts, LiveLine, Outcome, PlayerId, ServerId, WallTime, WorldId,
};
use serde_json::{Value, json};
use vault::ServerKeys;

/// A Monday.
const OPENS: WallTime = WallTime::from_ms(1_772_409_600_000);
const PLAYERS: u64 = 100;
const SECRET: [u8; 32] = [7; 32];

fn line(what: &str, measured: f64, goal: f64, unit: &str) {
    println!("{what:<46} {measured:>10.3} {unit:<4} goal {goal:>8} {unit:<4} ratio {:.3}", measured / goal);
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn maps(rules: &Rules) {
    let times = (0..40).map(|n| {
        let secret = Secret::new([n; 32]);
        let begun = Instant::now();
        black_box(map::generate(&rules.map, &secret));
        ms(begun)
    });
    line("map generation, median", median(times.collect()), 150.0, "ms");
}

/// From corner to corner and across, each with tables never used before.
fn paths(rules: &Rules) {
    let mut times = Vec::new();
    for n in 0..20 {
        let map = map::generate(&rules.map, &Secret::new([n; 32]));
        let open: Vec<Tile> = Tile::all().filter(|tile| map.passable(*tile)).collect();
        let (first, last) = (open[0], open[open.len() - 1]);
        let west = *open.iter().min_by_key(|tile| (tile.x(), tile.y())).unwrap();
        let east = *open.iter().max_by_key(|tile| (tile.x(), tile.y())).unwrap();
        for (from, to) in [(first, last), (west, east), (last, first)] {
            for mover in [Mover::Army, Mover::Scout] {
                let begun = Instant::now();
                black_box(Pathfinder::new().find(&map, &rules.march, mover, from, to).unwrap());
                times.push(begun.elapsed());
            }
        }
    }
    line("path across the map, cold, median", quantile_us(&mut times, 500) / 1000.0, 1.0, "ms");
    line("path across the map, cold, p99", quantile_us(&mut times, 990) / 1000.0, 1.0, "ms");
}

fn matches(rules: &Rules) {
    let mut rng = Rng::new(3);
    let pool: Vec<Candidate> = (1..=10_000)
        .map(|player| Candidate {
            player,
            faction: Faction::ALL[rng.below(3) as usize],
            rating: 800 + rng.below(2001) as i64,
            rested_hours: Some(rng.below(100) as i64),
        })
        .collect();
    let mut times: Vec<Duration> = (0..300)
        .map(|n| {
            let (own, faction) = (800 + (n * 37) % 2001, Faction::ALL[n as usize % 3]);
            let begun = Instant::now();
            let found = matchmaking::opponents(rules, faction, own, pool.clone());
            let elapsed = begun.elapsed();
            assert_eq!(found.len(), 5);
            assert!(found.iter().all(|f| (f.candidate.rating - own).abs() < 400));
            elapsed
        })
        .collect();
    line("matchmaking among 10,000, median", quantile_us(&mut times, 500) / 1000.0, 5.0, "ms");
    line("matchmaking among 10,000, p99", quantile_us(&mut times, 990) / 1000.0, 5.0, "ms");
}

/// A season on a file with full durability, and bots who have played some days of it.
struct Season {
    service: Service,
    store: Arc<SqliteStore>,
    world: WorldId,
    now: WallTime,
    _dir: tempfile::TempDir,
    sent: u64,
}

impl Season {
    async fn open() -> Self {
        let (world, dir) = (WorldId::new("kingdoms").unwrap(), tempfile::tempdir().unwrap());
        let keys = ServerKeys::ephemeral().unwrap();
        let store = Arc::new(SqliteStore::open(dir.path().join("log.db")).await.unwrap());
        let config = ServiceConfig {
            node: "n1".to_owned(),
            lease_ms: None,
            commands: true,
            clustered: false,
            snapshot_commits: 0,
            rate_limits: false,
            signing: None,
            checkpoints: None,
        };
        let service = Service::start(config, Arc::clone(&store), keys.clone(), Clock::manual(OPENS)).unwrap();
        let opening = Opening {
            world: &world,
            server: &ServerId::local(),
            game: "popverse-kingdoms",
            config: Value::Null,
            rules: None,
            secret: Some(SECRET),
            game_time: None,
            now: OPENS,
        };
        let opener = Opener {
            id: CommandId::new("bench:open").unwrap(),
            actor: Actor::Operator("bench".to_owned()),
            channel: "bench".to_owned(),
            facts: Facts::admin(),
        };
        opening::open(&service, &keys, &opening, opener).await.unwrap();
        Self { service, store, world, now: OPENS, _dir: dir, sent: 0 }
    }

    async fn pass(&mut self, seconds: i64) {
        self.now = self.now.plus_ms(seconds * 1000);
        self.service.advance_to(self.now).await.unwrap();
    }

    async fn ask(&self, player: u64, what: Asked) -> Option<Value> {
        let actor = Actor::Bot(PlayerId::from_bits(player));
        let question =
            Question { ticket: 0, world: self.world.clone(), actor, facts: Facts::default(), what };
        match self.service.ask(question).await.unwrap() {
            Answer::View(Ok(value), _) if !value.is_null() => Some(value),
            Answer::View(..) | Answer::Done(_) | Answer::Refused(_) => None,
        }
    }

    fn request(&mut self, player: u64, kind: &str, payload: &Value) -> Request {
        self.sent += 1;
        Request {
            ticket: 0,
            world: self.world.clone(),
            id: CommandId::new(&format!("bench:{}", self.sent)).unwrap(),
            actor: Actor::Bot(PlayerId::from_bits(player)),
            channel: "bench".to_owned(),
            kind: kind.to_owned(),
            payload: serde_json::to_vec(payload).unwrap(),
            facts: Facts::default(),
        }
    }

    /// Bots play so many rounds of half an hour.
    async fn play(&mut self, rounds: u64) {
        for round in 0..rounds {
            self.pass(1800).await;
            for act in 0..3 {
                let chance = |player: u64| mix((round << 20) ^ (act << 16) ^ player);
                let bots = (1..=PLAYERS).map(|player| (PlayerId::from_bits(player), chance(player)));
                let wishes = self.ask(1, Asked::Bots(bots.collect())).await.unwrap_or_default();
                let wishes = (1..).zip(wishes.as_array().into_iter().flatten());
                let sent: Vec<Request> = wishes
                    .filter(|(_, wish)| !wish.is_null())
                    .map(|(player, wish)| {
                        self.request(player, wish["kind"].as_str().unwrap(), &wish["payload"])
                    })
                    .collect();
                for answer in join_all(sent.into_iter().map(|request| self.service.command(request))).await {
                    answer.unwrap();
                }
            }
        }
    }

    /// Attacks that players may order now: as many camps as they see and heroes who are at home.
    async fn attacks(&mut self) -> Vec<Request> {
        let mut orders = Vec::new();
        for player in 1..=PLAYERS {
            let mut places = Vec::new();
            for kind in ["bandit_camp", "goblin_outpost", "dragon_lair"] {
                let found =
                    self.ask(player, Asked::View("MapFind".to_owned(), json!({ "kind": kind }))).await;
                places.extend(found.iter().flat_map(|f| f["rows"].as_array().cloned().unwrap_or_default()));
            }
            let heroes = self.ask(player, Asked::View("HeroList".to_owned(), json!({}))).await;
            let heroes =
                heroes.map(|h| h["rows"].as_array().cloned().unwrap_or_default()).unwrap_or_default();
            let idle = heroes.iter().filter(|hero| hero["state"] == "idle").map(|hero| hero["hero"].clone());
            // A slot or two is free at this level; the rest would be refused.
            for (hero, place) in idle.zip(&places).take(2) {
                let order = json!({ "x": place["x"], "y": place["y"], "hero": hero, "troops": 10 });
                orders.push((player, order));
            }
        }
        orders.truncate(100);
        orders.into_iter().map(|(player, order)| self.request(player, "Attack", &order)).collect()
    }
}

async fn attacks() {
    let mut season = Season::open().await;
    // Long enough for most to have explored where camps are.
    season.play(48 * 14).await;
    // Everybody comes home.
    season.pass(20 * 3600).await;
    let orders = season.attacks().await;
    let count = orders.len();
    let before = season.store.head(&season.world).await.unwrap().commit;
    let begun = Instant::now();
    let answers = join_all(orders.into_iter().map(|order| {
        let sent = season.service.command(order);
        async move {
            let answer = sent.await.unwrap();
            (answer, begun.elapsed())
        }
    }))
    .await;
    let launched = begun.elapsed().as_secs_f64();
    let mut latencies: Vec<Duration> = answers.iter().map(|(_, at)| *at).collect();
    let accepted = answers
        .iter()
        .filter(|(answer, _)| matches!(answer, Answer::Done(receipt) if receipt.outcome == Outcome::Accepted))
        .count();
    let mut refused = std::collections::BTreeMap::<String, u32>::new();
    for (answer, _) in &answers {
        match answer {
            Answer::Done(receipt) => {
                if let Outcome::Rejected(no) = &receipt.outcome {
                    *refused.entry(no.code.to_string()).or_default() += 1;
                }
            }
            Answer::Refused(no) => *refused.entry(no.code.to_string()).or_default() += 1,
            Answer::View(..) => panic!("a command was answered as a question"),
        }
    }
    println!(
        "{count} attacks at once, {accepted} accepted; refused {refused:?} (the sources want 95 % accepted)"
    );
    line("attacks at once, all decided and durable", launched, 1.0, "s");
    line("their answers, p99", quantile_us(&mut latencies, 990) / 1000.0, 1000.0, "ms");
    let begun = Instant::now();
    season.pass(3 * 3600).await;
    line("their arrivals, battles fought and durable", begun.elapsed().as_secs_f64(), 1.0, "s");
    decisions(&season, before).await;
}

/// Every cause on the record decided again, each timed: the attacks, and all.
async fn decisions(season: &Season, before: CommitNo) {
    let head = season.store.head(&season.world).await.unwrap();
    let (mut fold, secret) = (Fold::new(LiveLine::default(), head.commit), Secret::new(SECRET));
    let mut world = None;
    let (mut all, mut late) = (Vec::new(), Vec::new());
    let mut at = CommitNo::ZERO;
    while at < head.commit {
        for stored in season.store.read(&season.world, at, 1000).await.unwrap() {
            at = stored.commit;
            let Some(world) = world.as_mut() else {
                fold.push(&stored, None).unwrap();
                world = fold.finish();
                fold = Fold::new(LiveLine::default(), head.commit);
                continue;
            };
            let open = stored.open().unwrap();
            if matches!(open.header.cause, Cause::Ownership { .. }) {
                world.passed(&stored);
                continue;
            }
            let ask = Ask {
                cause: &open.header.cause,
                payload: open.payload(),
                now: open.header.game_ms,
                wall: open.header.wall_ms,
                secret: &secret,
                draws: None,
            };
            let begun = Instant::now();
            let decided = world.decide(&ask);
            let elapsed = begun.elapsed();
            assert_eq!(decided.unwrap().outcome, open.header.outcome, "{at}");
            world.sealed(&stored);
            all.push(elapsed);
            if at > before {
                late.push(elapsed);
            }
        }
    }
    println!("{} decisions of the season, {} of the attacks and what follows", all.len(), late.len());
    line("a decision, median", quantile_us(&mut all, 500) / 1000.0, 5.0, "ms");
    line("a decision, p99", quantile_us(&mut all, 990) / 1000.0, 5.0, "ms");
    line("a decision of the attacks, p99", quantile_us(&mut late, 990) / 1000.0, 5.0, "ms");
    line("the slowest of all", quantile_us(&mut all, 1000) / 1000.0, 5.0, "ms");
}

/// A season of ninety days as `annals demo` plays, projects and verifies it, with a log on a file.
fn season() {
    let beside = std::env::current_exe().unwrap();
    let annals = beside.parent().and_then(|deps| deps.parent()).unwrap().join("annals");
    if !annals.exists() {
        println!("the season was not run: cargo build --release -p annals");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let mut child = Command::new(annals)
        .args(["demo", "--bots", "100", "--days", "90", "--round-minutes", "8", "--data"])
        .arg(dir.path().join("season"))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told: Vec<String> =
        BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
    let done = child.wait_with_output().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    for text in told.iter().filter(|text| text.contains("commands") || text.contains("memory")) {
        println!("  {text}");
    }
    print!("{}", String::from_utf8_lossy(&done.stdout));
    assert!(done.status.success(), "{told:?}");
    line("90 days, 100 bots: played, projected, verified", seconds, 300.0, "s");
    let memory =
        told.iter().find_map(|text| text.strip_prefix("most memory: ")?.split(' ').next()?.parse().ok());
    line("most memory of the program", memory.unwrap_or(f64::NAN), 200.0, "MiB");
}

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|p| p == part);
    let rules = Rules::v1().unwrap();
    if wanted("map") {
        maps(&rules);
    }
    if wanted("path") {
        paths(&rules);
    }
    if wanted("match") {
        matches(&rules);
    }
    if wanted("attacks") {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(attacks());
    }
    if wanted("season") {
        season();
    }
}
