//! A PostgreSQL server that goes away under a running server, comes back, takes no writes, is slow, or is full.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use servers::Postgres;

use crate::full_disk::Disk;
use crate::stage::Stage;
use crate::support::{Home, Server, until};

/// How long anything may take that is to happen by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A season of which only the log stands on PostgreSQL, and a player.
struct Season {
    postgres: Postgres,
    home: Home,
    token: String,
    /// What was acknowledged: key → commit.
    told: BTreeMap<String, u64>,
}

impl Season {
    fn open(settings: &[(&'static str, &str)]) -> Option<Self> {
        let postgres = Postgres::start(&[]).unwrap()?;
        postgres.sql("postgres", "CREATE DATABASE annals").unwrap();
        Some(Self::on(postgres, settings))
    }

    fn on(postgres: Postgres, settings: &[(&'static str, &str)]) -> Self {
        let mut home = Home::with(vec![("ANNALS_LOG", postgres.url("annals", "annals"))]);
        home.ok(&["log", "prepare", "--admin-url", &postgres.admin_url("annals")]);
        home.set("ANNALS_CONNECT_MS", "1000");
        for (name, value) in settings {
            home.set(name, value);
        }
        home.harbour();
        let token = home.player("alice");
        Self { postgres, home, token, told: BTreeMap::new() }
    }

    fn give(&self, server: &Server, key: &str) -> (u16, Value) {
        let (kind, options) =
            if key == "settle" { ("Settle", json!({})) } else { ("Sail", json!({ "gold": 1 })) };
        server.give(&self.token, "harbour", key, kind, &options)
    }

    /// Gives a command that must be answered from the record.
    fn done(&mut self, server: &Server, key: &str) -> Value {
        let (status, answer) = self.give(server, key);
        assert!(matches!(status, 200 | 422), "{key}: {status} {answer}\n{}", self.home.said());
        self.told.insert(key.to_owned(), answer["commit"].as_u64().unwrap());
        answer
    }

    /// Asks for what needs no commit.
    fn purse(&self, server: &Server) -> (u16, Value) {
        let body = json!({ "kind": "Purse" }).to_string();
        server.post_text("/v1/worlds/harbour/query", Some(&self.token), &body)
    }

    /// Every acknowledged command stands once on the record, and the record is whole.
    fn holds(self, server: Server) {
        let commits: std::collections::BTreeSet<&u64> = self.told.values().collect();
        assert_eq!(commits.len(), self.told.len(), "two commands were told the same commit");
        for (key, commit) in &self.told {
            let (_, again) = self.give(&server, key);
            assert_eq!(
                (again["commit"].as_u64(), &again["repeated"]),
                (Some(*commit), &json!(true)),
                "{key}"
            );
        }
        assert_eq!(server.stop(), 0);
        assert_eq!(self.home.run(&["verify", "--all", "--deep"]).code(), 0);
        assert_eq!(self.home.run(&["projection", "check"]).code(), 0, "the read models have caught up");
        let sql = "SELECT count(*), count(DISTINCT command) FROM annals.commits \
                   WHERE command LIKE 'http:%'";
        let once = self.told.len();
        assert_eq!(self.postgres.sql("annals", sql).unwrap(), format!("{once}|{once}"), "each once");
    }
}

/// A session of somebody else's that holds a lock until it is let go.
pub(crate) struct Holder(Child);

impl Holder {
    /// Holds the log's table of commits.
    pub(crate) fn of(postgres: &Postgres, mode: &str) -> Self {
        Self::on(postgres, "annals", "annals.commits", mode)
    }

    /// Holds a table of a database.
    pub(crate) fn on(postgres: &Postgres, database: &str, table: &str, mode: &str) -> Self {
        let psql = Command::new(postgres.program("psql"))
            .args(["-X", "-q", &postgres.admin_url(database)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let mut held = Self(psql.unwrap());
        writeln!(held.0.stdin.as_mut().unwrap(), "BEGIN; LOCK TABLE {table} IN {mode} MODE;").unwrap();
        let sql = format!(
            "SELECT count(*) FROM pg_locks WHERE mode IN ('AccessExclusiveLock', 'ExclusiveLock') AND granted \
             AND relation = '{table}'::regclass"
        );
        until("the table is held", PATIENCE, || postgres.sql(database, &sql).unwrap() == "1");
        held
    }

    pub(crate) fn let_go(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

fn unready(server: &Server) -> Option<String> {
    let (status, text) = server.get("/readyz", None);
    (status == 503).then_some(text)
}

#[test]
fn a_log_that_goes_away_and_comes_back_costs_nothing_but_time() {
    let Some(mut season) = Season::open(&[]) else { return };
    let server = season.home.serve();
    season.done(&server, "settle");
    let mut live = server.follow(&season.token, "harbour", Some(0));
    season.done(&server, "1");
    let seen = season.home.json(&["world", "show", "harbour"])["event"].as_u64().unwrap();
    live.until(seen);
    assert_eq!((server.metric("annals_log_readable"), server.metric("annals_log_writable")), (1, 1));
    season.postgres.stop_immediately().unwrap();
    // A question is answered from memory for as long as nobody else can have taken the world; then with what was durable
    // last, and a mark that says how old that is.
    let mut fresh = 0;
    until("questions are answered with a mark", PATIENCE, || {
        let (status, purse) = season.purse(&server);
        assert_eq!((status, &purse["gold"]), (200, &json!(99)), "{purse}");
        fresh += 1;
        purse["stale_ms"].is_i64()
    });
    println!("{fresh} questions were answered before the lease ended");
    // It says so, without a command that would have found out.
    until("the server says that it is not ready", PATIENCE, || unready(&server).is_some());
    let text = unready(&server).unwrap();
    assert!(text.contains("the log can not be read (STORE_UNREACHABLE)"), "{text}");
    assert_eq!(server.metric("annals_log_readable"), 0);
    assert_eq!(server.get("/healthz", None).0, 200);
    let keys: Vec<String> = (2..6).map(|n| n.to_string()).collect();
    std::thread::scope(|scope| {
        for key in &keys {
            let (season, server) = (&season, &server);
            scope.spawn(move || {
                let (status, answer) = season.give(server, key);
                assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
            });
        }
    });
    // Who begins to follow now is told to come back.
    let (status, text) = server.get("/v1/worlds/harbour/events?after=0", Some(&season.token));
    assert!(status == 503 && text.contains("STORE_UNAVAILABLE"), "{status} {text}");
    let ran = season.home.run(&["world", "show", "harbour"]);
    ran.refused("STORE_UNREACHABLE", 1);
    season.postgres.start_again().unwrap();
    for key in &keys {
        until("the same key is answered", PATIENCE, || matches!(season.give(&server, key).0, 200 | 422));
        season.done(&server, key);
    }
    let (status, purse) = season.purse(&server);
    assert!(status == 200 && purse.get("stale_ms").is_none(), "fresh again: {status} {purse}");
    until("the server is ready again", PATIENCE, || unready(&server).is_none());
    assert_eq!((server.metric("annals_log_readable"), server.metric("annals_log_writable")), (1, 1));
    // The reader that stayed has everything, once and in order.
    let end = season.home.json(&["world", "show", "harbour"])["event"].as_u64().unwrap();
    let told = live.until(end).to_vec();
    let mut anew = server.follow(&season.token, "harbour", Some(0));
    assert_eq!(told, anew.until(end));
    drop((live, anew));
    let said = season.home.said();
    assert_eq!(said.matches("health: the log can not be read").count(), 1, "once, and not each time: {said}");
    assert!(said.contains("the log can be read again"), "{said}");
    season.holds(server);
}

#[test]
fn everything_on_a_server_that_goes_away_is_there_when_it_comes_back() {
    let Some(stage) = Stage::new() else { return };
    let mut home = stage.alone();
    home.set("ANNALS_CONNECT_MS", "1000");
    home.harbour();
    let token = home.player("alice");
    let server = home.serve();
    assert_eq!(server.give(&token, "harbour", "settle", "Settle", &json!({})).0, 200);
    stage.postgres.stop_immediately().unwrap();
    let sail = || server.give(&token, "harbour", "1", "Sail", &json!({ "gold": 1 }));
    // The token itself can not be looked at: that is no reason to say that it is bad.
    let (status, answer) = sail();
    assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
    assert_eq!(server.get("/healthz", None).0, 200);
    stage.postgres.start_again().unwrap();
    until("the command is answered", PATIENCE, || sail().0 == 200);
    let caught_up = "annals_projection_lag_commits{world=\"harbour\"} 0\n";
    until("the read models follow", PATIENCE, || server.get("/metrics", None).1.contains(caught_up));
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "--all", "--deep"]).code(), 0);
    assert_eq!(home.run(&["projection", "check"]).code(), 0);
}

#[test]
fn a_log_that_takes_no_writes_refuses_commands_and_answers_questions() {
    let Some(mut season) = Season::open(&[]) else { return };
    let server = season.home.serve();
    season.done(&server, "settle");
    let end_sessions =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'annals%'";
    let set = |value: &str| {
        let sql = format!("ALTER DATABASE annals SET default_transaction_read_only = {value}");
        season.postgres.sql("postgres", &sql).unwrap();
        season.postgres.sql("postgres", end_sessions).unwrap();
    };
    set("on");
    // The first answer may be that nobody knows: the session ended under the command. From then on it is certain.
    until("the command is refused for certain", PATIENCE, || {
        let (status, answer) = season.give(&server, "1");
        assert_eq!(status, 503, "{answer}");
        answer["code"] == "STORE_UNAVAILABLE"
    });
    until("the server says why", PATIENCE, || {
        unready(&server).is_some_and(|text| text.contains("written (STORE_SERVER_READ_ONLY)"))
    });
    // Questions need no writing, but need to know that the world is still this server's: it can not say so now.
    let (status, answer) = season.purse(&server);
    assert!(status == 200 || answer["code"] == "STORE_UNAVAILABLE", "{status} {answer}");
    assert_eq!(season.home.json(&["world", "show", "harbour"])["state"], "open", "tools read on");
    season.home.run(&["world", "pause", "harbour", "--reason", "x"]).refused("STORE_SERVER_READ_ONLY", 1);
    let other = Home::with(vec![("ANNALS_LOG", season.postgres.url("annals", "annals"))]);
    other.no_server(&[]).says("STORE_SERVER_READ_ONLY", 1, &["takes no writes", "end its read-only mode"]);
    set("off");
    until("the same key is answered", PATIENCE, || season.give(&server, "1").0 == 200);
    season.done(&server, "1");
    until("the server is ready again", PATIENCE, || unready(&server).is_none());
    season.holds(server);
}

#[test]
fn an_append_that_takes_too_long_is_settled_by_the_record() {
    let Some(mut season) = Season::open(&[("ANNALS_APPEND_MS", "1000")]) else { return };
    let server = season.home.serve();
    season.done(&server, "settle");
    // Another session holds the table for longer than an append may take.
    let holder = Holder::of(&season.postgres, "ACCESS EXCLUSIVE");
    std::thread::scope(|scope| {
        let given: Vec<_> = (0..4)
            .map(|n| {
                let (season, server) = (&season, &server);
                scope.spawn(move || season.give(server, &n.to_string()))
            })
            .collect();
        for given in given {
            let (status, answer) = given.join().unwrap();
            assert_eq!((status, answer["code"].as_str()), (503, Some("OUTCOME_UNKNOWN")), "{answer}");
        }
    });
    assert!(unready(&server).is_some(), "it is ready to be asked what it can not answer");
    holder.let_go();
    for n in 0..4 {
        let key = n.to_string();
        until("the same key is answered", PATIENCE, || matches!(season.give(&server, &key).0, 200 | 422));
        season.done(&server, &key);
    }
    until("the server is ready again", PATIENCE, || unready(&server).is_none());
    season.holds(server);
}

#[test]
fn a_full_disk_of_the_database_server_is_told_loses_nothing_and_is_got_over() {
    let Some(postgres) = Postgres::start(&[]).unwrap() else { return };
    let place = postgres.data_directory().parent().unwrap().join("small");
    // A database as it is made takes 8 MB.
    let Some(disk) = Disk::mount(&place, "14m") else { return };
    std::os::unix::fs::chown(&place, Some(owner_of(&postgres)), None).unwrap();
    postgres.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", place.display())).unwrap();
    postgres.sql("postgres", "CREATE DATABASE annals TABLESPACE small").unwrap();
    let mut season = Season::on(postgres, &[]);
    let server = season.home.serve();
    season.done(&server, "settle");
    disk.fill();
    // The room that is left in pages that are there already is used up by commands.
    let refused = (0..20_000).map(|n| n.to_string()).find_map(|key| {
        let (status, answer) = season.give(&server, &key);
        match answer["commit"].as_u64() {
            Some(commit) => {
                season.told.insert(key, commit);
                None
            }
            None => Some((key, status, answer)),
        }
    });
    let (key, status, answer) = refused.expect("the disk never became full");
    assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
    until("the server says why", PATIENCE, || {
        unready(&server).is_some_and(|text| text.contains("written (DISK_FULL)"))
    });
    assert_eq!(server.metric("annals_log_writable"), 0);
    assert_eq!(server.get("/healthz", None).0, 200);
    for _ in 0..3 {
        let (status, answer) = season.give(&server, &key);
        assert_eq!((status, answer["code"].as_str()), (503, Some("STORE_UNAVAILABLE")), "{answer}");
    }
    season.home.run(&["world", "pause", "harbour", "--reason", "x"]).refused("STORE_UNAVAILABLE", 1);
    assert_eq!(season.home.json(&["world", "show", "harbour"])["state"], "open", "reading goes on");
    disk.make_room();
    until("the same key is answered", PATIENCE, || matches!(season.give(&server, &key).0, 200 | 422));
    season.done(&server, &key);
    until("the server is ready again", PATIENCE, || unready(&server).is_none());
    season.holds(server);
}

/// People in Discord are shown what was there last, and how old it is; what they do is refused.
#[tokio::test(flavor = "multi_thread")]
async fn people_in_discord_see_what_was_there_last_while_the_record_is_away() {
    use crate::town::{SPOT, Town, admin, alice, code, faction};
    let Some(postgres) = Postgres::start(&[]).unwrap() else { return };
    postgres.sql("postgres", "CREATE DATABASE annals").unwrap();
    let mut home = Home::with(vec![("ANNALS_LOG", postgres.url("annals", "annals"))]);
    home.ok(&["log", "prepare", "--admin-url", &postgres.admin_url("annals")]);
    home.set("ANNALS_CONNECT_MS", "200");
    let mut town = Town::at(home).await;
    town.serve();
    assert_eq!(code(&town.say(&admin(), SPOT, "setup start", &[]).await), "");
    assert_eq!(code(&town.say(&alice(), SPOT, "join", &faction()).await), "");
    let footer = |message: &discord_standin::state::Message| {
        message.body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default().to_owned()
    };
    let board = [("board", 3, json!("power"))];
    let asked = [("city view", &board[..0]), ("leaderboard", &board[..])];
    for (path, options) in asked {
        let fresh = town.say(&alice(), SPOT, path, options).await;
        assert_ne!(code(&fresh), "INVALID_OPTION", "{path}: {}", fresh.body);
        assert!(!footer(&fresh).contains("Not fresh"), "{path}: {}", fresh.body);
    }
    postgres.stop_immediately().unwrap();
    let server = town.server.as_ref().unwrap();
    until("the server has noticed", PATIENCE, || unready(server).is_some());
    for (path, options) in asked {
        let old = town.say(&alice(), SPOT, path, options).await;
        assert!(footer(&old).contains("Not fresh: this is how things stood"), "{path}: {}", old.body);
    }
    let train = [("tier", 3, json!("t1")), ("count", 4, json!(1))];
    let refused = town.say(&alice(), SPOT, "troops train", &train).await;
    assert!(["STORE_UNAVAILABLE", "OUTCOME_UNKNOWN"].contains(&code(&refused)), "{}", refused.body);
    postgres.start_again().unwrap();
    until("the server is ready again", PATIENCE, || unready(server).is_none());
    let trained = town.say(&alice(), SPOT, "troops train", &train).await;
    assert_eq!(code(&trained), "", "{}", trained.body);
    let fresh = town.say(&alice(), SPOT, "city view", &[]).await;
    assert!(!footer(&fresh).contains("Not fresh"), "{}", fresh.body);
    town.sound();
}

/// The account under which a database server runs.
fn owner_of(postgres: &Postgres) -> u32 {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(postgres.data_directory()).unwrap())
}
