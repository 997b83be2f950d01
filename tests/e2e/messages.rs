//! Messages from the outbox to Discord: news in a channel, private ones for who wants them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use discord_standin::people::{Person, Spot};
use discord_standin::state::Message;
use discord_standin::{Fault, LimitScope};
use serde_json::{Value, json};

use crate::support::{SECRET, until};
use crate::town::{ELSEWHERE, GUILD, SPOT, Town, admin, alice, bob, code, control, faction};

/// The channel for news.
const NEWS: u64 = 900_000_000_000_000_210;
/// Another one.
const OTHER_NEWS: u64 = 900_000_000_000_000_211;
/// Discord has no such channel any more.
const GONE: (u16, u64, &str) = (404, 10_003, "Unknown Channel");
/// The bot may not post there.
const FORBIDDEN: (u16, u64, &str) = (403, 50_013, "Missing Permissions");
/// The user takes no private messages.
const CLOSED: (u16, u64, &str) = (403, 50_007, "Cannot send messages to this user");
/// Longer than a span of messages, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn channel(id: u64) -> [(&'static str, u64, Value); 1] {
    [("channel", 7, json!(id.to_string()))]
}

fn wanted(yes: bool) -> [(&'static str, u64, Value); 1] {
    [("private", 5, json!(yes))]
}

fn carol() -> Person {
    Person::member(900_000_000_000_000_304, "carol")
}

/// The stand-in makes the id of a private channel of the user's.
fn private_of(person: &Person) -> u64 {
    person.id ^ 1
}

impl Town {
    /// What was posted in a channel, oldest first.
    fn posted(&self, channel: u64) -> Vec<Message> {
        let state = self.standin.state();
        state.messages.values().filter(|message| message.channel == channel).cloned().collect()
    }

    /// Every line that was posted in a channel.
    fn lines(&self, channel: u64) -> Vec<String> {
        let text = |message: &Message| message.body["embeds"][0]["description"].as_str().unwrap().to_owned();
        let all: Vec<String> = self.posted(channel).iter().map(text).collect();
        all.iter()
            .flat_map(|text| text.lines())
            .map(|line| line.trim_start_matches("• ").to_owned())
            .collect()
    }

    fn until_lines(&self, what: &str, channel: u64, count: usize) -> Vec<String> {
        until(what, PATIENCE, || self.lines(channel).len() >= count);
        self.lines(channel)
    }

    fn doctor(&self) -> String {
        self.home.run(&["doctor"]).out()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_are_posted_once_in_order_and_several_as_one() {
    let mut town = Town::new().await;
    town.serve();
    let opened = town.say(&admin(), SPOT, "setup start", &channel(NEWS)).await;
    assert_eq!(code(&opened), "", "{}", opened.body);
    // The next calls meet what a network and Discord do now and then; the third is done, and its answer lost.
    town.standin.fault(Fault::Limited(LimitScope::User, Duration::from_millis(200)));
    town.standin.fault(Fault::Status(500));
    town.standin.fault(Fault::DoneAndLost);
    let first = town.until_lines("the first news", NEWS, 1);
    assert_eq!(first[0], "A new season is open. Use /join.");
    for person in [alice(), bob()] {
        town.say(&person, SPOT, "join", &faction()).await;
    }
    let told = town.until_lines("the joins", NEWS, 3);
    assert_eq!(told[1..], ["**alice** joins Cinema.", "**bob** joins Cinema."]);
    assert!(town.posted(NEWS).len() <= 3);
    // What was sent is not sent again, whatever becomes of the server; and what happens meanwhile is.
    town.crash();
    town.say(&admin(), SPOT, "join", &faction()).await;
    let told = town.until_lines("what came after the crash", NEWS, 4);
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(told[3], "**ann** joins Cinema.");
    // Who waits for an announcement gets it, with the reason as it was written.
    town.say(&admin(), SPOT, "setup pause", &[("reason", 3, json!("moving *house*"))]).await;
    town.say(&admin(), SPOT, "setup resume", &[]).await;
    let told = town.until_lines("that it stood still", NEWS, 6);
    assert_eq!(told[4], "The season is paused: moving \\*house\\*. Timers wait too.");
    assert_eq!(told[5], "The season goes on.");
    // A server whose administrator has chosen no channel gets one that the bot makes and keeps, once.
    town.say(&admin(), ELSEWHERE, "setup start", &[]).await;
    let made = |town: &Town| {
        let state = town.standin.state();
        let mut all = state.channels.iter();
        (all.next().map(|(id, channel)| (*id, channel.clone())), all.count())
    };
    until("the bot's own channel", PATIENCE, || made(&town).0.is_some());
    let (own, channel) = made(&town).0.unwrap();
    assert_eq!((channel.guild, channel.name.as_str()), (ELSEWHERE.guild.unwrap(), "popverse-news"));
    let topic = channel.topic.unwrap();
    assert!(topic.starts_with("PopVerse Kingdoms · day 1 of 90 · the season ends 20"), "{topic}");
    assert_eq!(town.until_lines("the news there", own, 1), ["A new season is open. Use /join."]);
    town.serve();
    // What the topic says is drawn anew when it is another, and stays where somebody has written one of their own.
    town.say(&admin(), ELSEWHERE, "setup end", &[("confirm", 5, json!(true))]).await;
    until("the topic of a season that is over", PATIENCE, || {
        made(&town).0.unwrap().1.topic.unwrap().contains("the season is over")
    });
    assert_eq!(made(&town).1, 0, "one channel");
    // Where the bot may make none, that is told, and holds up nobody.
    let none = Spot { guild: Some(ELSEWHERE.guild.unwrap() + 1), channel: ELSEWHERE.channel + 1 };
    town.standin.join(none.guild.unwrap());
    town.standin.options().permissions = 52_224;
    town.say(&admin(), none, "setup start", &[]).await;
    until("the parking", PATIENCE, || town.doctor().contains("may make no channel in server"));
    assert_eq!(made(&town).1, 0);
    for message in town.posted(NEWS) {
        println!("{}", message.body);
        assert_eq!(message.body["allowed_mentions"], json!({ "parse": [] }));
    }
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_dead_is_parked_and_holds_up_nobody() {
    let mut town = Town::new().await;
    town.serve();
    town.standin.state().closed.insert(NEWS, FORBIDDEN);
    town.standin.state().closed.insert(private_of(&bob()), CLOSED);
    town.say(&admin(), SPOT, "setup start", &channel(NEWS)).await;
    for person in [alice(), bob(), admin(), carol()] {
        town.say(&person, SPOT, "join", &faction()).await;
    }
    // Nobody is written to who has not asked for it; of the two who have, one is closed.
    for person in [alice(), bob()] {
        let told = town.say(&person, SPOT, "messages", &wanted(true)).await;
        assert!(told.private && code(&told).is_empty(), "{}", told.body);
        println!("{}", told.body);
    }
    let refused = town.say(&alice(), SPOT, "news", &channel(OTHER_NEWS)).await;
    assert_eq!(code(&refused), "NOT_ADMIN");
    let grant = [
        ("player", 6, json!(admin().id.to_string())),
        ("item", 3, json!("gold")),
        ("amount", 4, json!(1_000)),
        ("reason", 3, json!("a guild")),
    ];
    let guild = [("name", 3, json!("Reel")), ("tag", 3, json!("REEL"))];
    for (path, options) in [("admin grant", &grant[..]), ("guild create", &guild[..])] {
        let told = town.say(&admin(), SPOT, path, options).await;
        assert_eq!(code(&told), "", "{}", told.body);
    }
    for person in [alice(), bob(), carol()] {
        let invited = [("player", 6, json!(person.id.to_string()))];
        let told = town.say(&admin(), SPOT, "guild invite", &invited).await;
        assert_eq!(code(&told), "", "{}", told.body);
    }
    let private = town.until_lines("alice's message", private_of(&alice()), 1);
    assert!(
        private[0].starts_with("Guild **Reel [REEL]** invites you") && private[0].contains("<t:"),
        "{private:?}"
    );
    until("the parking", PATIENCE, || {
        let doctor = town.doctor();
        doctor.contains("50013") && doctor.contains("1 player takes none")
    });
    println!("{}", town.doctor());
    // Whoever was not reached is told so where they look, and what to do.
    let field = |message: &Message| message.body["embeds"][0]["fields"].to_string();
    let page = town.say(&bob(), SPOT, "profile", &[]).await;
    assert!(field(&page).contains("1 message could not be sent to you"), "{}", page.body);
    let (on, _) = town.last();
    let pressed = town.press(&bob(), on, &control(&page, "What happened")).await;
    assert!(town.shown(&pressed).await.body.to_string().contains("Guild "), "the same as /since");
    for (person, told, button) in
        [(bob(), "could not be sent to you", "Try again"), (carol(), "have not asked", "Send me messages")]
    {
        let page = town.say(&person, SPOT, "notify view", &[]).await;
        assert!(field(&page).contains(told), "{}", page.body);
        control(&page, button);
    }
    assert!(town.say(&alice(), SPOT, "notify view", &[]).await.body["embeds"][0]["fields"].is_null());
    assert_eq!(town.lines(private_of(&carol())), Vec::<String>::new(), "who has not asked gets none");
    // A restart does not try what is parked; whoever sets the channel anew gets what has waited.
    town.serve();
    let calls = |town: &Town| {
        let path = format!("POST /api/v10/channels/{NEWS}/messages");
        town.standin.state().calls.iter().filter(|call| **call == path).count()
    };
    let tried = calls(&town);
    let told = town.say(&admin(), SPOT, "news", &channel(OTHER_NEWS)).await;
    assert_eq!(code(&told), "", "{}", told.body);
    let news = town.until_lines("the news that waited", OTHER_NEWS, 5);
    assert_eq!(news[0], "A new season is open. Use /join.");
    assert_eq!(news.len(), 5, "{news:?}");
    assert_eq!(calls(&town), tried);
    assert!(!town.doctor().contains("50013"));
    // A channel that is deleted later is parked in the same way; without one there are no news.
    town.standin.state().closed.insert(OTHER_NEWS, GONE);
    town.say(&admin(), SPOT, "setup pause", &[]).await;
    let off = town.say(&admin(), SPOT, "news", &[]).await;
    assert!(off.body.to_string().contains("No news are posted"), "{}", off.body);
    // Bob opens his again, and asks anew.
    town.standin.state().closed.remove(&private_of(&bob()));
    town.say(&bob(), SPOT, "messages", &wanted(true)).await;
    let late = town.until_lines("bob's message", private_of(&bob()), 1);
    assert!(late[0].starts_with("Guild "), "{late:?}");
    // Carol asks by the button.
    let page = town.say(&carol(), SPOT, "notify view", &[]).await;
    let (on, _) = town.last();
    let asked = town.press(&carol(), on, &control(&page, "Send me messages")).await;
    assert!(town.shown(&asked).await.body.to_string().contains("You get private messages"));
    assert!(!town.doctor().contains("takes none"), "{}", town.doctor());
    town.sound();
}

/// Somebody else's server: what it was sent, and the status that it answers next, 204 where none is set.
#[derive(Clone, Default)]
struct Receiver {
    posts: Arc<Mutex<Vec<Value>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(&self) -> String {
        let (posts, statuses) = (Arc::clone(&self.posts), Arc::clone(&self.statuses));
        let taken = move |body: String| {
            let status = statuses.lock().unwrap().pop().unwrap_or(204);
            if status == 204 {
                posts.lock().unwrap().push(serde_json::from_str(&body).unwrap());
            }
            let answer =
                (axum::http::StatusCode::from_u16(status).unwrap(), [("location", "http://127.0.0.1:1/")]);
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook/{SECRET}", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/hook/{secret}", axum::routing::post(taken));
        tokio::spawn(async move { axum::serve(listener, router).await });
        url
    }

    fn lines(&self) -> Vec<String> {
        let posts = self.posts.lock().unwrap();
        let texts = posts.iter().map(|post| post["embeds"][0]["description"].as_str().unwrap());
        texts.flat_map(str::lines).map(|line| line.trim_start_matches("• ").to_owned()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_get_the_same_news_and_hold_up_nobody() {
    let mut town = Town::new().await;
    let guild = GUILD.to_string();
    let (good, moved) = (Receiver::default(), Receiver::default());
    let file = town.home.file("hook");
    let add = |town: &Town, address: &str, more: &[&str]| {
        std::fs::write(&file, format!("{address}\n")).unwrap();
        let mut words =
            vec!["discord", "webhook", "add", "--guild", &guild, "--address-file", file.to_str().unwrap()];
        words.extend(more);
        town.home.run(&words)
    };
    let (to_good, to_moved) = (good.start().await, moved.start().await);
    add(&town, &to_good, &[]).says("USAGE", 2, &["begins with https://"]);
    let names: Vec<String> = [&to_good, &to_moved]
        .iter()
        .map(|address| {
            let added = add(&town, address, &["--loopback"]);
            assert_eq!(added.code(), 0, "{}", added.err());
            added.keeps(SECRET);
            added.out().trim().to_owned()
        })
        .collect();
    // One is away for a moment, the other one leads somewhere else.
    good.statuses.lock().unwrap().extend([500, 503]);
    moved.statuses.lock().unwrap().push(302);
    town.serve();
    town.say(&admin(), SPOT, "setup start", &channel(NEWS)).await;
    town.say(&alice(), SPOT, "join", &faction()).await;
    let news = town.until_lines("the news in the channel", NEWS, 2);
    until("the news at the webhook", PATIENCE, || good.lines().len() >= 2);
    assert_eq!(good.lines(), news);
    until("the parking", PATIENCE, || town.doctor().contains("parked since"));
    let doctor = town.doctor();
    assert!(
        doctor.contains("(302)") && doctor.contains("0 posts wait") && !doctor.contains(SECRET),
        "{doctor}"
    );
    assert_eq!(moved.lines(), Vec::<String>::new());
    // Nothing that answers here, and nobody is pinged.
    for post in &*good.posts.lock().unwrap() {
        let fields: BTreeSet<&str> = post.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, BTreeSet::from(["allowed_mentions", "embeds"]), "{post}");
        assert_eq!(post["allowed_mentions"], json!({ "parse": [] }));
    }
    // Without a channel they get the news all the same, also after a crash, and each once.
    town.say(&admin(), SPOT, "news", &[]).await;
    town.crash();
    town.say(&bob(), SPOT, "join", &faction()).await;
    until("news without a channel", PATIENCE, || good.lines().len() >= 3);
    assert_eq!(good.lines()[2..], ["**bob** joins Cinema."]);
    let list = town.home.json(&["discord", "webhook", "list"]);
    assert_eq!((&list[1]["parked"], &list[0]["waiting"]), (&json!(302), &json!(0)), "{list}");
    for name in &names {
        town.home.ok(&["discord", "webhook", "remove", name]);
    }
    assert!(!town.doctor().contains("webhook"));
    town.sound();
}
