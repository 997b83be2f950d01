//! The whole tour against the stand-in: what people do in Discord, over HTTP, judged by Discord's own description.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod discord;

use std::time::Duration;

use discord::{GUILD, SPOT, Stage, button, title};
use discord_adapter::registration as list;
use discord_http::registration::{self, Change, Registered, Standing};
use discord_http::rest::{Answered, Code, RestError};
use discord_standin::people::{Person, Spot};
use discord_standin::{Fault, LimitScope, Tamper};
use serde_json::{Value, json};

/// Long enough that nothing is deferred on a busy machine.
const PATIENT: Duration = Duration::from_millis(2_500);

fn alice() -> Person {
    Person::member(900_000_000_000_000_301, "alice")
}

fn bob() -> Person {
    Person::member(900_000_000_000_000_302, "bob")
}

fn faction() -> [(&'static str, u64, Value); 1] {
    [("faction", 3, json!("cinema"))]
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_completions_buttons_and_forms_are_answered_at_once() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    assert_eq!(stage.standin.ping(Tamper::None).await.answer, json!({ "type": 1 }));
    let joined = stage.say(&alice(), "join", &faction()).await;
    assert_eq!((joined.status, joined.refused, &joined.answer["type"]), (200, None, &json!(4)));
    let (message, welcome) = stage.shown(&joined);
    assert!(!welcome.private, "joining is told to all");
    // Somebody else's button is refused in private; the own one shows the city in private, beside the public message.
    let city = button(&welcome, "City");
    let foreign = stage.standin.press(&bob(), SPOT, message, &city).await;
    assert!(stage.shown(&foreign).1.private && title(&stage.shown(&foreign).1) == "Not now");
    let shown = stage.standin.press(&alice(), SPOT, message, &city).await;
    let (city_id, view) = stage.shown(&shown);
    assert!(view.private && title(&view).contains("Your city"), "{}", view.body);
    // On the private message the same button draws it anew.
    let again = stage.standin.press(&alice(), SPOT, city_id, &button(&view, "Refresh")).await;
    assert_eq!((again.answer["type"].as_u64(), stage.shown(&again).0), (Some(7), city_id));
    let typed = stage.standin.typing(&alice(), SPOT, "help", "topic", "bui").await;
    let choices = typed.answer["data"]["choices"].as_array().unwrap();
    assert!(choices.iter().any(|choice| choice["value"] == "build"), "{choices:?}");
    // A form: opened by a button, sent, and its command decided.
    let page = stage.say(&alice(), "help", &[("topic", 3, json!("build start"))]).await;
    let (page_id, page) = stage.shown(&page);
    let form = stage.standin.press(&alice(), SPOT, page_id, &button(&page, "Fill in")).await;
    assert_eq!((form.answer["type"].as_u64(), form.refused), (Some(9), None));
    let custom_id = form.answer["data"]["custom_id"].as_str().unwrap().to_owned();
    let sent = stage.standin.form(&alice(), SPOT, &custom_id, &[("building", "hq")]).await;
    let built = stage.shown(&sent).1;
    assert!(built.private && built.body["embeds"][0]["footer"].is_null(), "{}", built.body);
    assert_eq!(stage.season.state()["players"][0]["pn"], 1);
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_is_answered_kindly_and_in_private() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let alone = Spot { guild: None, channel: 5 };
    let elsewhere = Spot { guild: Some(7), channel: 5 };
    let code = |message: &discord_standin::state::Message| {
        message.body["embeds"][0]["footer"]["text"].as_str().unwrap_or_default().to_owned()
    };
    for (spot, path, options, wanted) in [
        (alone, "join", faction().to_vec(), "SERVER_NEEDED"),
        (elsewhere, "join", faction().to_vec(), "NO_WORLD"),
        (SPOT, "jion", vec![], "UNKNOWN_COMMAND"),
        (SPOT, "join", vec![("fraction", 3, json!("cinema"))], "INVALID_OPTION"),
        (SPOT, "join", vec![("faction", 4, json!(5))], "INVALID_OPTION"),
        (SPOT, "setup pause", vec![("reason", 3, json!("x"))], "NOT_ADMIN"),
    ] {
        let delivery = stage.standin.command(&alice(), spot, path, &options).await;
        let (_, message) = stage.shown(&delivery);
        assert_eq!((message.private, code(&message)), (true, wanted.to_owned()), "{path}: {}", message.body);
    }
    let worn = stage.standin.press(&alice(), SPOT, 0, "v0|from-an-older-version").await;
    assert_eq!(worn.answer["type"], 7);
    assert_eq!(stage.season.decided(), 0);
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_world_is_waited_for_behind_a_deferral() {
    let stage = Stage::new("popverse-kingdoms", Duration::from_millis(50)).await;
    let held = stage.gate.clone().acquire_owned().await.unwrap();
    // Nothing is known of the command while the server's season is looked for: nobody else is to see the answer.
    let joined = stage.say(&alice(), "join", &faction()).await;
    assert_eq!((joined.refused, &joined.answer), (None, &json!({ "type": 5, "data": { "flags": 64 } })));
    assert!(stage.shown(&joined).1.body.as_object().unwrap().is_empty());
    // The edit meets a limit, a broken answer and one that is lost, and comes through.
    stage.standin.fault(Fault::Limited(LimitScope::User, Duration::from_millis(100)));
    stage.standin.fault(Fault::Status(500));
    stage.standin.fault(Fault::DoneAndLost);
    drop(held);
    let token = joined.token.clone();
    stage.until("the edit", |state| (!state.interactions[&token].deferred).then_some(())).await;
    let (id, message) = stage.shown(&joined);
    assert!(message.private && !title(&message).is_empty());
    // A button of a slow world: the message stays, and the private answer follows.
    let held = stage.gate.clone().acquire_owned().await.unwrap();
    let pressed = stage.standin.press(&alice(), SPOT, id, &button(&message, "City")).await;
    assert_eq!(pressed.answer, json!({ "type": 6 }));
    drop(held);
    let edits = message.edits;
    stage.until("the city", |state| (state.messages[&id].edits > edits).then_some(())).await;
    assert!(title(&stage.shown(&pressed).1).contains("Your city"));
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_or_stale_decides_nothing() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    for tamper in [Tamper::Body, Tamper::Signature, Tamper::Unsigned, Tamper::Aged(-3600), Tamper::Aged(3600)]
    {
        let data = discord_standin::people::command("join", &faction());
        let value = discord_standin::people::interaction(2, &alice(), SPOT, &data);
        assert_eq!(stage.standin.send(value, tamper).await.status, 401, "{tamper:?}");
        assert_eq!(stage.standin.ping(tamper).await.status, 401, "{tamper:?}");
    }
    assert_eq!(stage.season.decided(), 0);
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_is_decided_once_and_answered_alike() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let first = stage.say(&alice(), "join", &faction()).await;
    // The very same request is a replay.
    let replayed = stage.standin.deliver(first.id, &first.token, first.request.clone()).await;
    assert_eq!((replayed.status, &replayed.answer["code"]), (401, &json!("UNSIGNED")));
    // The same interaction, signed anew and sent many times at once: the first answer again, and no second decision.
    let mut all = Vec::new();
    for _ in 0..50 {
        let standin = stage.standin.clone();
        let (id, token, body) = (first.id, first.token.clone(), first.request.body.to_vec());
        all.push(tokio::spawn(async move {
            // Blanks at the end keep the meaning and make another signature.
            let mut body = body;
            body.extend(std::iter::repeat_n(b' ', usize::try_from(standin.state().id() % 997).unwrap()));
            let request = standin.sign(body, Tamper::None);
            standin.deliver(id, &token, request).await
        }));
    }
    let mut again = 0;
    for task in all {
        let delivery = task.await.unwrap();
        if delivery.status == 200 {
            assert_eq!(delivery.answer, first.answer);
            again += 1;
        }
    }
    assert!(again > 10, "only {again} were told the answer");
    assert_eq!(stage.season.decided(), 1);
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_nothing_is_said_twice() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let (rest, standin) = (&stage.rest, &stage.standin);
    let message = json!({ "content": "hello @everyone" });
    for scope in [LimitScope::User, LimitScope::Shared, LimitScope::Global] {
        standin.fault(Fault::Limited(scope, Duration::from_millis(200)));
        let since = std::time::Instant::now();
        rest.post(5, &message, &[], None).await.unwrap();
        assert!(since.elapsed() >= Duration::from_millis(200), "{scope:?} was not waited for");
    }
    // A limit that outlasts the call is told and not waited for.
    standin.fault(Fault::Limited(LimitScope::User, Duration::from_secs(60)));
    let limited = rest.post(6, &message, &[], None).await;
    assert!(matches!(limited, Err(RestError::Limited { retry_after_ms: 50_000.., .. })), "{limited:?}");
    // With a nonce a lost answer is asked for again and Discord drops the second; without one nothing is sent again.
    let count = |channel: u64| standin.state().messages.values().filter(|m| m.channel == channel).count();
    standin.fault(Fault::DoneAndLost);
    rest.post(7, &message, &[], Some("n1")).await.unwrap();
    assert_eq!(count(7), 1);
    standin.fault(Fault::DoneAndLost);
    assert!(rest.post(8, &message, &[], None).await.is_err());
    assert_eq!(count(8), 1);
    assert_eq!(rest.private_channel(9).await.unwrap(), rest.private_channel(9).await.unwrap());
    let ghost = Answered { id: "1".into(), token: discord_adapter::Token::new("standin-ghost") };
    let gone = rest.edit_original(&ghost, &message, &[]).await.unwrap_err();
    assert_eq!(gone.code(), Some(Code::UnknownWebhook));
    for shown in [format!("{gone} {gone:?}"), format!("{rest:?}"), format!("{ghost:?}")] {
        assert!(!shown.contains("ghost") && !shown.contains("standin-token"), "{shown}");
    }
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_and_a_taken_answer_have_names() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let joined = stage.say(&alice(), "join", &faction()).await;
    let to = Answered { id: joined.id.to_string(), token: discord_adapter::Token::new(&joined.token) };
    let taken = stage.rest.callback(&to, &json!({ "type": 5 }), &[]).await.unwrap_err();
    assert_eq!(taken.code(), Some(Code::AlreadyAcknowledged));
    let picture = discord_adapter::reply::Picture {
        name: "map.png".into(),
        drawing: discord_adapter::picture::Sheet::new(30, 20).finish(),
        alt: "a map".into(),
        instead: String::new(),
    };
    let mut reply = discord_adapter::Reply::new("Map", "as it is");
    reply.picture = Some(picture.clone());
    let body = discord_adapter::render::embed::message(&reply);
    stage.rest.follow_up(&to, &body, &reply.files()).await.unwrap();
    let more = stage.standin.state().interactions[&joined.token].more[0];
    let files = stage.standin.state().messages[&more].files.clone();
    assert_eq!(files, vec![("map.png".to_owned(), pictures::png(&picture.drawing).unwrap())]);
    stage.standin.state().skip(Duration::from_secs(16 * 60));
    let late = stage.rest.follow_up(&to, &json!({ "content": "late" }), &[]).await.unwrap_err();
    assert_eq!(late.code(), Some(Code::TokenExpired));
    // The bot's own token is another matter: it goes on working.
    stage.rest.own_application().await.unwrap();
    stage.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_game_is_registered_in_one_call_and_not_again() {
    let stage = Stage::new("popverse-kingdoms", PATIENT).await;
    let rest = &stage.rest;
    for game in games_registry::games() {
        let tree = game.tree();
        let before = registration::plan(rest, GUILD, tree).await.unwrap();
        assert!(before.changes() && before.commands.iter().any(|(_, change)| *change == Change::Added));
        let Registered::Done { digest, commands } =
            registration::register(rest, GUILD, tree, None).await.unwrap()
        else {
            panic!("{} was not registered", game.name())
        };
        assert_eq!(commands, list::json(tree).as_array().unwrap().len());
        let calls = stage.standin.state().calls.len();
        let again = registration::register(rest, GUILD, tree, Some(digest)).await.unwrap();
        assert_eq!((again, stage.standin.state().calls.len()), (Registered::Unchanged, calls));
        assert!(!registration::plan(rest, GUILD, tree).await.unwrap().changes(), "{}", game.name());
    }
    let tree = stage.season.tree();
    registration::register(rest, GUILD, tree, None).await.unwrap();
    let key = stage.standin.public_key().parse().unwrap();
    let found = registration::check(rest, Some(key), &[(GUILD, tree)]).await.unwrap();
    assert!(found.iter().all(|finding| finding.standing == Standing::Good), "{found:#?}");
    let found = registration::check(rest, Some(key), &[(7, tree)]).await.unwrap();
    assert!(found.iter().any(|finding| finding.point == "server" && finding.standing == Standing::Bad));
    let absent = registration::plan(rest, 7, tree).await.unwrap_err();
    assert_eq!(absent.code(), Some(Code::MissingAccess));
    stage.sound();
}
