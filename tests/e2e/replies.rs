//! Kinds of replies in Discord, through the real binary: a menu, a picture of a battle, what is longer than a message, what
//! the log keeps waiting, another language; and a server whose bot token is refused.

use std::time::Duration;

use discord_standin::people::{self, Person};
use discord_standin::state::Message;
use discord_standin::{Delivery, Fault, Tamper};
use serde_json::json;
use servers::Postgres;

use crate::stage::{Stage, signal};
use crate::support::{Home, until};
use crate::town::{GUILD, SPOT, Town, admin, alice, bob, code, faction, title};
use crate::trouble::Holder;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rules of PopVerse Kingdoms.
const RULES: &str = include_str!("../../games/popverse-kingdoms/rules/v1.toml");

/// The rules with other figures.
fn rules(changed: &[(&str, &str)]) -> String {
    let mut rules = RULES.to_owned();
    for (name, value) in changed {
        let line = rules.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap().to_owned();
        rules = rules.replacen(&line, &format!("{name} = {value}"), 1);
    }
    rules
}

/// How many may join until one knows of a camp.
pub(crate) const FIGHTERS: u64 = 30;

/// One of those who join to fight.
pub(crate) fn fighter(number: u64) -> Person {
    Person::member(alice().id + 1_000 + number, &format!("player{number}"))
}

impl Town {
    /// The messages that followed an answer, once there are so many.
    fn following(&self, delivery: &Delivery, count: usize) -> Vec<Message> {
        let more = || self.standin.state().interactions[&delivery.token].more.clone();
        until("the messages that follow", PATIENCE, || more().len() >= count);
        let state = self.standin.state();
        state.interactions[&delivery.token].more.iter().map(|id| state.messages[id].clone()).collect()
    }

    /// Opens a season in which marches take a second, so that nobody waits for them, and everybody knows of most of the map.
    pub(crate) fn open_hasty(&self) {
        let file = self.home.file("rules.toml");
        std::fs::write(&file, rules(&[("pace", "1"), ("seconds_min", "1"), ("explored", "40")])).unwrap();
        let (guild, file) = (GUILD.to_string(), file.to_str().unwrap().to_owned());
        self.home.ok(&["season", "open", "realm", "--server", &guild, "--rules", &file]);
    }

    /// Somebody new joins, marches against a camp and fights there: who, and the report of the first battle.
    pub(crate) async fn fight(&self) -> (Person, Message) {
        // Where a city stands is drawn, and not each has a camp that it knows of.
        let mut camp = None;
        for number in 0..FIGHTERS {
            let who = fighter(number);
            let third = ["cinema", "otaku", "arcade"][usize::try_from(number % 3).unwrap()];
            self.say(&who, SPOT, "join", &[("faction", 3, json!(third))]).await;
            let found = self.say(&who, SPOT, "map find", &[("kind", 3, json!("bandit_camp"))]).await;
            let near = found.body["components"][0]["components"][0]["label"].as_str().unwrap().to_owned();
            let place: Vec<i64> =
                near.trim_matches(['(', ')']).split(',').filter_map(|part| part.parse().ok()).collect();
            if place.len() == 2 {
                camp = Some((who, place));
                break;
            }
        }
        let (who, place) = camp.expect("nobody knows of any camp");
        // The hero that each begins with is the faction's.
        let heroes = self.standin.typing(&who, SPOT, "attack", "hero", "").await;
        let hero = heroes.answer["data"]["choices"][0]["value"].as_str().unwrap().to_owned();
        let attack = [
            ("x", 4, json!(place[0])),
            ("y", 4, json!(place[1])),
            ("hero", 3, json!(hero)),
            ("troops", 4, json!(20)),
        ];
        let sent = self.say(&who, SPOT, "attack", &attack).await;
        assert_eq!(code(&sent), "", "{}", sent.body);
        let since = std::time::Instant::now();
        let report = loop {
            let report = self.say(&who, SPOT, "battle report", &[("battle", 4, json!(1))]).await;
            if code(&report) != "UNKNOWN_BATTLE" {
                break report;
            }
            // Asking without a pause does not keep the march from arriving.
            assert!(since.elapsed() < PATIENCE, "the march does not arrive");
            std::thread::park_timeout(Duration::from_millis(50));
        };
        (who, report)
    }

    async fn pick(&self, who: &Person, on: u64, custom_id: &str, pick: &str) -> Delivery {
        let data = json!({ "id": 2, "component_type": 3, "custom_id": custom_id, "values": [pick] });
        let mut value = people::interaction(3, who, SPOT, &data);
        let message = self.standin.state().messages[&on].clone();
        let application = self.standin.options().application;
        value["message"] = people::message(application, on, &message);
        self.standin.send(value, Tamper::None).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_menu_draws_its_message_anew() {
    let mut town = Town::new().await;
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    town.say(&alice(), SPOT, "join", &faction()).await;
    let board = town.say(&alice(), SPOT, "leaderboard", &[("board", 3, json!("power"))]).await;
    let (on, _) = town.last();
    let rows = board.body["components"].as_array().unwrap();
    let menu = rows.iter().map(|row| &row["components"][0]).find(|one| one["type"] == 3).unwrap();
    assert!(menu["options"].as_array().unwrap().len() > 5, "{menu}");
    let picked = town.pick(&alice(), on, menu["custom_id"].as_str().unwrap(), "hunts").await;
    assert_eq!((picked.answer["type"].as_u64(), picked.refused), (Some(7), None), "{}", picked.answer);
    let shown = town.shown(&picked).await;
    assert_ne!(title(&shown), title(&board), "another board stands there");
    // What is not in the menu is refused in private, and the message stays.
    let odd = town.pick(&alice(), on, menu["custom_id"].as_str().unwrap(), "nonsense").await;
    let odd = town.shown(&odd).await;
    assert_eq!((odd.private, code(&odd)), (true, "INVALID_OPTION"), "{}", odd.body);
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_battle_is_fought_and_shown_as_a_picture() {
    let mut town = Town::new().await;
    town.open_hasty();
    town.serve();
    let (_, report) = town.fight().await;
    assert_eq!(report.files.len(), 1, "{}", report.body);
    assert!(report.files[0].0 == "battle.png" && report.files[0].1.starts_with(b"\x89PNG"));
    assert!(report.body["attachments"][0]["description"].as_str().is_some_and(|alt| alt.len() > 20));
    println!("{} · {}", title(&report), report.body["attachments"][0]["description"]);
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_a_message_follows_in_others() {
    let mut town = Town::new().await;
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    town.say(&alice(), SPOT, "join", &faction()).await;
    town.say(&bob(), SPOT, "join", &faction()).await;
    // Every star is written with a mark before it, so that it is one: ten such reasons are longer than a message.
    let reason = [("reason", 3, json!("*".repeat(200)))];
    for path in ["setup pause", "setup resume"].repeat(5) {
        let told = town.say(&admin(), SPOT, path, &reason).await;
        assert_eq!(code(&told), "", "{path}: {}", told.body);
    }
    let since = town.standin.command(&alice(), SPOT, "since", &[]).await;
    let more = town.following(&since, 1);
    let first = {
        let state = town.standin.state();
        let id = state.interactions[&since.token].original.unwrap();
        state.messages[&id].clone()
    };
    let text = |message: &Message| message.body["embeds"][0]["description"].as_str().unwrap().to_owned();
    let whole: String = std::iter::once(&first).chain(&more).map(text).collect();
    assert_eq!(whole.matches("The season is paused").count(), 5, "{whole}");
    assert_eq!(whole.matches("The season goes on").count(), 5, "{whole}");
    assert_eq!(whole.matches("\\*").count(), 2_000, "all of it is there");
    assert!(first.private && more.iter().all(|message| message.private), "nobody else reads it");
    // Where Discord takes no more messages, the rest is a file of the first one.
    town.standin.fault_on("/webhooks/", Fault::Refused(400, 40_094));
    let since = town.standin.command(&bob(), SPOT, "since", &[]).await;
    let id = town.standin.state().interactions[&since.token].original.unwrap();
    until("the file", PATIENCE, || !town.standin.state().messages[&id].files.is_empty());
    let first = town.standin.state().messages[&id].clone();
    assert_eq!((first.files.len(), first.files[0].0.as_str()), (1, "rest.txt"), "{:?}", first.body);
    let whole = text(&first) + std::str::from_utf8(&first.files[0].1).unwrap();
    assert_eq!(whole.matches("The season goes on").count(), 5, "{whole}");
    assert_eq!(whole.matches("\\*").count(), 2_000, "all of it is there");
    assert_eq!(town.standin.state().interactions[&since.token].more.len(), 0);
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_whose_client_speaks_german_is_answered_in_german() {
    let mut town = Town::new().await;
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    for (locale, guild, wanted) in
        [("de", "en-US", "Willkommen bei"), ("fr", "de", "spielst"), ("en-GB", "de", "already play")]
    {
        let mut value = people::interaction(2, &alice(), SPOT, &people::command("join", &faction()));
        value["locale"] = locale.into();
        value["guild_locale"] = guild.into();
        let delivery = town.standin.send(value, Tamper::None).await;
        let told = town.shown(&delivery).await;
        assert!(told.body["embeds"][0].to_string().contains(wanted), "{locale} {guild}: {}", told.body);
    }
    town.sound();
}

/// A server whose log is on PostgreSQL, so that it can be made to wait.
async fn on_postgres() -> Option<(Postgres, Town)> {
    let postgres = Postgres::start(&[]).unwrap()?;
    postgres.sql("postgres", "CREATE DATABASE annals").unwrap();
    let home = Home::with(vec![("ANNALS_LOG", postgres.url("annals", "annals"))]);
    home.ok(&["log", "prepare", "--admin-url", &postgres.admin_url("annals")]);
    Some((postgres, Town::at(home).await))
}

/// Nothing is appended while this is held; reading goes on.
fn held(postgres: &Postgres) -> Holder {
    Holder::of(postgres, "EXCLUSIVE")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_log_keeps_waiting_is_put_off_and_given_even_when_the_server_stops() {
    let Some((postgres, mut town)) = on_postgres().await else { return };
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    // Public before anything is decided, as the command says; then filled in.
    let lock = held(&postgres);
    let joined = town.standin.command(&alice(), SPOT, "join", &faction()).await;
    assert_eq!((joined.refused, &joined.answer), (None, &json!({ "type": 5 })));
    lock.let_go();
    let told = town.shown(&joined).await;
    assert!(!told.private && title(&told).contains("Welcome"), "{}", told.body);
    // A refusal of a public command never takes the place of what all would see.
    let lock = held(&postgres);
    let again = town.standin.command(&alice(), SPOT, "join", &faction()).await;
    assert_eq!(again.answer, json!({ "type": 5 }));
    lock.let_go();
    let refusal = town.following(&again, 1).remove(0);
    assert_eq!((refusal.private, code(&refusal)), (true, "DUPLICATE_PLAYER"), "{}", refusal.body);
    // A token that Discord lets die before its time: what is for all is posted in the channel.
    let lock = held(&postgres);
    let carol = Person::member(alice().id + 10, "carol");
    let early = town.standin.command(&carol, SPOT, "join", &faction()).await;
    assert_eq!(early.answer, json!({ "type": 5 }));
    town.standin.fault_on("/webhooks/", Fault::Refused(401, 50_027));
    lock.let_go();
    let in_channel = |town: &Town| {
        let state = town.standin.state();
        let original = state.interactions[&early.token].original;
        let mut all = state.messages.iter().filter(|(id, message)| {
            original != Some(**id)
                && message.channel == SPOT.channel
                && message.body.to_string().contains("carol")
        });
        all.next().map(|(_, message)| message.clone())
    };
    until("the answer in the channel", PATIENCE, || in_channel(&town).is_some());
    assert!(!in_channel(&town).unwrap().private);
    // A stop waits for what was put off: nobody is left with an answer that never comes.
    let lock = held(&postgres);
    let late = town.standin.command(&bob(), SPOT, "join", &faction()).await;
    assert_eq!(late.answer, json!({ "type": 5 }));
    let server = town.server.take().unwrap();
    signal(&server, "-TERM");
    until("the server takes nothing more", PATIENCE, || server.get("/readyz", None).0 != 200);
    assert!(town.standin.state().interactions[&late.token].deferred, "it has not been answered yet");
    lock.let_go();
    let told = town.shown(&late).await;
    assert!(title(&told).contains("Welcome"), "{}", told.body);
    assert_eq!(server.stop(), 0, "{}", town.home.said());
    assert!(!town.home.said().contains("still under way"), "{}", town.home.said());
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_bot_token_is_told_and_ends_nothing_but_discord() {
    let mut town = Town::new().await;
    town.home.ok(&["season", "open", "harbour", "--game", "harbour"]);
    let player = town.home.player("alice");
    town.standin.options().token = "another".to_owned();
    town.home.set("ANNALS_DISCORD_INTERACTIONS", "gateway");
    let server = town.home.serve();
    let told = || server.get("/readyz", None);
    until("it is told", PATIENCE, || told().1.contains("DISCORD_TOKEN_REFUSED"));
    let (status, text) = told();
    assert_eq!(status, 200, "the rest of the server works: {text}");
    assert!(text.contains("developer portal") && text.contains("annals explain"), "{text}");
    assert_eq!(server.metric("annals_discord_out"), 1);
    let (status, answer) = server.give(&player, "harbour", "1", "Settle", &json!({}));
    assert_eq!(status, 200, "{answer}");
    let doctor = town.home.run(&["doctor"]);
    assert!(doctor.out().contains("DISCORD_TOKEN_REFUSED") && doctor.code() == 1, "{}", doctor.out());
    assert!(town.home.said().contains("DISCORD_TOKEN_REFUSED"), "{}", town.home.said());
    assert_eq!(server.stop(), 0, "{}", town.home.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_nothing_but_answer_discord_ends_with_the_code_of_a_refused_token() {
    let Some(stage) = Stage::new() else { return };
    let keeper = stage.node("a", "command,projector");
    let _running = keeper.serve();
    let town = Town::at({
        let mut home = stage.node("discord", "discord");
        home.set("ANNALS_DISCORD_INTERACTIONS", "gateway");
        home
    })
    .await;
    town.standin.options().token = "another".to_owned();
    town.home.no_server(&[]).says("DISCORD_TOKEN_REFUSED", 4, &["developer portal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_discord_is_counted() {
    let mut town = Town::new().await;
    town.serve();
    let news = [("channel", 7, json!("900000000000000210"))];
    town.say(&admin(), SPOT, "setup start", &news).await;
    town.say(&alice(), SPOT, "join", &faction()).await;
    let server = town.server.as_ref().unwrap();
    assert_eq!(server.metric("annals_discord_first_answer_seconds_count"), 2);
    assert_eq!(server.metric("annals_discord_first_answer_seconds_bucket{le=\"+Inf\"}"), 2);
    assert_eq!(server.metric("annals_discord_out"), 0);
    town.standin.fault(Fault::Limited(discord_standin::LimitScope::Shared, Duration::from_millis(100)));
    until("the news are sent", PATIENCE, || server.metric("annals_messages_sent_total") >= 2);
    assert_eq!(server.metric("annals_discord_limited_total{scope=\"shared\"}"), 1);
    until("nothing waits", PATIENCE, || server.metric("annals_messages_waiting") == 0);
    // A channel that is closed: what is for it is parked, and waits for nobody.
    let closed = (403, 50_013, "Missing Permissions");
    town.standin.state().closed.insert(900_000_000_000_000_210, closed);
    town.say(&bob(), SPOT, "join", &faction()).await;
    until("the message is parked", PATIENCE, || server.metric("annals_messages_parked") >= 1);
    assert_eq!(server.metric("annals_messages_waiting"), 0);
    town.sound();
}
