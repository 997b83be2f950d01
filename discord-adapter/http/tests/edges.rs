//! At the edges of the protocol: answers that come too late, messages that are gone, limits that are met, and what Discord
//! refuses by its codes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod discord;

use std::time::Duration;

use discord::{SPOT, Stage};
use discord_http::rest::{Answered, Code, Rest};
use discord_standin::people::Person;
use discord_standin::state::{FIRST, Message};
use discord_standin::{Delivery, Fault, Limit, Options};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Long enough that nothing is deferred on a busy machine.
const PATIENT: Duration = Duration::from_millis(2_500);
/// So short that everything is.
const HASTY: Duration = Duration::from_millis(50);

fn alice() -> Person {
    Person::member(900_000_000_000_000_301, "alice")
}

fn to(delivery: &Delivery) -> Answered {
    Answered { id: delivery.id.to_string(), token: discord_adapter::Token::new(&delivery.token) }
}

/// A faction that is ahead takes nobody: each of three joins another one.
fn faction(nth: usize) -> [(&'static str, u64, serde_json::Value); 1] {
    [("faction", 3, json!(["cinema", "otaku", "arcade"][nth]))]
}

fn code(message: &Message) -> &str {
    message.body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default()
}

/// What the bot has written to a person.
fn private(stage: &Stage, person: &Person) -> Vec<Message> {
    let state = stage.standin.state();
    state.messages.values().filter(|message| message.channel == person.id ^ 1).cloned().collect()
}

/// What a channel shows of a message, in the bot's own eyes: the status.
async fn fetched(rest: &Rest, channel: u64, message: u64) -> u16 {
    let host = rest.base().strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    let request = format!(
        "GET /api/v10/channels/{channel}/messages/{message} HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: Bot {}\r\nConnection: close\r\n\r\n",
        Options::default().token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stand_in_keeps_the_rules_of_the_protocol() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let (rest, standin) = (&stage.rest, &stage.standin);
    let answer = json!({ "type": 4, "data": { "content": "hello", "flags": 64 } });
    // Through a gateway that nobody is connected to: it is sent, and not answered.
    standin.send_to("");
    let first = stage.say(&alice(), "help", &[]).await;
    rest.callback(&to(&first), &answer, &[]).await.unwrap();
    let (id, message) = stage.shown(&first);
    // What one person sees is found by the interaction alone.
    assert!(message.private);
    assert_eq!(fetched(rest, SPOT.channel, id).await, 404);
    let public = rest.post(SPOT.channel, &json!({ "content": "to all" }), &[], None).await.unwrap();
    assert_eq!(fetched(rest, SPOT.channel, public).await, 200);
    // What was taken away can not be drawn anew.
    rest.delete_original(&to(&first)).await.unwrap();
    let gone = rest.edit_original(&to(&first), &json!({ "content": "again" }), &[]).await.unwrap_err();
    assert_eq!(gone.code(), Some(Code::UnknownMessage));
    rest.delete_original(&to(&first)).await.unwrap();
    assert_eq!(standin.state().violations, vec![]);
    // Nobody waits longer for a first answer.
    let late = stage.say(&alice(), "help", &[]).await;
    standin.state().skip(FIRST + Duration::from_millis(1));
    let refused = rest.callback(&to(&late), &answer, &[]).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::UnknownInteraction));
    let broken = standin.state().violations.clone();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].rule.contains("3 s"), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_paces_itself_so_that_no_limit_is_ever_met() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    stage.standin.options().limit = Some(Limit { calls: 3, span: Duration::from_millis(300) });
    let message = json!({ "content": "hello" });
    let since = std::time::Instant::now();
    for _ in 0..7 {
        stage.rest.post(5, &message, &[], None).await.unwrap();
    }
    // All at once, in a channel of which nothing is known yet, and again when its spans are over.
    for _ in 0..2 {
        let posts = (0..7).map(|_| {
            let (rest, message) = (stage.rest.clone(), message.clone());
            tokio::spawn(async move { rest.post(6, &message, &[], None).await })
        });
        for post in posts.collect::<Vec<_>>() {
            post.await.unwrap().unwrap();
        }
    }
    // Seven calls are three spans, and fourteen are five: all but the first of each had to be waited for.
    assert!(since.elapsed() > Duration::from_millis(6 * 250), "{:?}", since.elapsed());
    assert_eq!(stage.standin.state().messages.len(), 21);
    assert_eq!(stage.standin.state().buckets.overrun, 0, "a limit was met");
    assert!(stage.rest.limited().iter().all(|(_, count)| *count == 0), "{:?}", stage.rest.limited());
    // The limit is real: whoever does not look at it meets it.
    for _ in 0..4 {
        discord::client(&stage.standin).post(5, &message, &[], None).await.unwrap();
    }
    assert!(stage.standin.state().buckets.overrun > 0);
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_overtakes_its_answer_is_tried_again() {
    let stage = Stage::new("popverse-kingdoms", HASTY).await;
    for (nth, number) in [10_008, 10_015, 10_062].into_iter().enumerate() {
        let who = Person::member(alice().id + nth as u64, &format!("player{nth}"));
        let held = stage.gate.clone().acquire_owned().await.unwrap();
        let joined = stage.say(&who, "join", &faction(nth)).await;
        assert_eq!(joined.answer["type"], 5);
        stage.standin.fault(Fault::Refused(404, number));
        drop(held);
        stage.until("the edit", |state| (!state.interactions[&joined.token].deferred).then_some(())).await;
        let shown = stage.shown(&joined).1;
        assert!(discord::title(&shown).contains("Welcome"), "{number}: {}", shown.body);
        assert_eq!(private(&stage, &who).len(), 0, "nothing is said twice");
    }
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_can_not_be_shown_goes_by_a_private_message() {
    let stage = Stage::new("popverse-kingdoms", HASTY).await;
    let build = [("building", 3, json!("hq"))];
    for (nth, (status, number)) in [(401, 50_027), (403, 50_013), (404, 10_004)].into_iter().enumerate() {
        let who = Person::member(alice().id + nth as u64, &format!("player{nth}"));
        // Who has not joined is refused; the answer was put off, and its place can not be filled in.
        let held = stage.gate.clone().acquire_owned().await.unwrap();
        let refused = stage.say(&who, "build start", &build).await;
        assert_eq!(refused.answer["type"], 5);
        stage.standin.fault(Fault::Refused(status, number));
        drop(held);
        stage
            .until("the private message", |state| {
                state.messages.values().any(|message| message.channel == who.id ^ 1).then_some(())
            })
            .await;
        let told = private(&stage, &who);
        assert_eq!((told.len(), code(&told[0])), (1, "NOT_JOINED"), "{number}: {told:?}");
        assert_eq!(told[0].body["components"], json!([]), "buttons work on the server alone");
        assert!(stage.standin.state().interactions[&refused.token].deferred);
        // What is no refusal is found by asking again: nobody is written to who has not asked for it.
        let held = stage.gate.clone().acquire_owned().await.unwrap();
        let joined = stage.say(&who, "join", &faction(nth)).await;
        assert_eq!(joined.answer["type"], 5);
        stage.standin.fault(Fault::Refused(status, number));
        let players = stage.season.decided();
        drop(held);
        stage.until("the decision", |_| (stage.season.decided() > players).then_some(())).await;
        stage.until("the edit", |state| state.faults.is_empty().then_some(())).await;
        assert_eq!(private(&stage, &who).len(), 1);
    }
    stage.sound();
}
