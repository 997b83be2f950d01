//! The whole tour through the gateway: what people do in Discord, judged by Discord's own description.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

mod live;

use std::time::Duration;

use discord_adapter::picture::Sheet;
use discord_adapter::render::embed;
use discord_adapter::reply::Picture;
use discord_gateway::{Settings, Shards};
use discord_http::rest::Answered;
use discord_standin::people;
use discord_standin::{Fault, GatewayFault, Options, Standin, Tamper};
use live::discord::{GUILD, SPOT, button, judge, title};
use live::{Live, PATIENT, faction, person};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn commands_completions_buttons_forms_pictures_and_what_follows() {
    let live = Live::new(PATIENT).await;
    // The bot asks for servers and nothing else.
    assert!(live.standin.state().gateway.sessions.values().all(|session| session.intents == 1));
    let alice = person(0);
    let joined = live.say(&alice, "join", &faction()).await;
    assert_eq!((joined.status, &joined.answer["type"]), (200, &json!(4)), "{joined:?}");
    let (message, welcome) = live.shown(&joined);
    assert!(!welcome.private, "joining is told to all");
    let typed = live.standin.typing(&alice, SPOT, "help", "topic", "bui").await;
    let choices = typed.answer["data"]["choices"].as_array().unwrap();
    assert!(choices.iter().any(|choice| choice["value"] == "build"), "{choices:?}");
    let city = button(&welcome, "City");
    let foreign = live.standin.press(&person(1), SPOT, message, &city).await;
    assert!(live.shown(&foreign).1.private && title(&live.shown(&foreign).1) == "Not now");
    let shown = live.standin.press(&alice, SPOT, message, &city).await;
    let (city_id, view) = live.shown(&shown);
    assert!(view.private && title(&view).contains("Your city"), "{}", view.body);
    // On the private message the same button draws it anew.
    let again = live.standin.press(&alice, SPOT, city_id, &button(&view, "Refresh")).await;
    assert_eq!((again.answer["type"].as_u64(), live.shown(&again).0), (Some(7), city_id));
    let page = live.say(&alice, "help", &[("topic", 3, json!("build start"))]).await;
    let (page_id, page) = live.shown(&page);
    let form = live.standin.press(&alice, SPOT, page_id, &button(&page, "Fill in")).await;
    assert_eq!(form.answer["type"], 9, "{form:?}");
    let custom_id = form.answer["data"]["custom_id"].as_str().unwrap().to_owned();
    let sent = live.standin.form(&alice, SPOT, &custom_id, &[("building", "hq")]).await;
    let built = live.shown(&sent).1;
    assert!(built.private && built.body["embeds"][0]["footer"].is_null(), "{}", built.body);
    assert_eq!(live.season.state()["players"][0]["pn"], 1);
    // The map is a picture.
    let seen = live.say(&alice, "map view", &[]).await;
    let (name, file) = live.shown(&seen).1.files[0].clone();
    assert!(name == "map.png" && file.starts_with(b"\x89PNG"), "{name}: {} bytes", file.len());
    // A picture takes the place of the first answer, and another one follows.
    let picture = Picture {
        name: "map.png".into(),
        drawing: Sheet::new(30, 20).finish(),
        alt: "a map".into(),
        instead: String::new(),
    };
    let mut reply = discord_adapter::Reply::new("Map", "as it is");
    reply.picture = Some(picture.clone());
    let (body, edit) = (embed::message(&reply), embed::edit(&reply));
    let to = Answered { id: joined.id.to_string(), token: discord_adapter::Token::new(&joined.token) };
    live.rest.edit_original(&to, &edit, &reply.files()).await.unwrap();
    let painted = pictures::png(&picture.drawing).unwrap();
    assert_eq!(live.shown(&joined).1.files, vec![("map.png".to_owned(), painted)]);
    live.rest.follow_up(&to, &body, &reply.files()).await.unwrap();
    let more = live.standin.state().interactions[&joined.token].more[0];
    assert_eq!(live.standin.state().messages[&more].files.len(), 1);
    live.sound();
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_world_is_waited_for_behind_a_deferral_and_across_a_stop() {
    let live = Live::new(Duration::from_millis(50)).await;
    let held = live.gate.clone().acquire_many_owned(64).await.unwrap();
    let joined = live.say(&person(0), "join", &faction()).await;
    assert_eq!(joined.answer, json!({ "type": 5, "data": { "flags": 64 } }));
    drop(held);
    let token = joined.token.clone();
    live.until("the edit", |state| (!state.interactions[&token].deferred).then_some(())).await;
    assert!(!title(&live.shown(&joined).1).is_empty());
    // A stop says goodbye at once and waits for what was begun.
    let held = live.gate.clone().acquire_many_owned(64).await.unwrap();
    let late = live.say(&person(1), "join", &faction()).await;
    assert_eq!(late.answer["type"], 5);
    let (standin, season, token) = (live.standin.clone(), live.season.clone(), late.token.clone());
    let stopped = tokio::spawn(live.stop());
    while standin.state().gateway.connected() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(!stopped.is_finished(), "an answer is under way");
    drop(held);
    stopped.await.unwrap().unwrap();
    assert!(!standin.state().interactions[&token].deferred);
    assert_eq!(season.decided(), 2);
    assert!(standin.state().gateway.sessions.is_empty(), "a goodbye ends the session");
    assert_eq!(standin.state().violations, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_registered_where_the_bot_is_and_not_again() {
    let live = Live::new(PATIENT).await;
    let told = |count: usize| {
        let registrar = live.registrar.clone();
        move |_: &mut discord_standin::state::State| {
            (registrar.told.lock().unwrap().len() >= count).then_some(())
        }
    };
    // A session tells of a server twice: by name, and then whole. Nothing is sent for that.
    live.until("the second telling", told(2)).await;
    let other = GUILD + (1 << 22);
    live.standin.join(other);
    live.until("the other server's commands", told(3)).await;
    live.standin.leave(other);
    live.until("the leaving", told(4)).await;
    let told = live.registrar.told.lock().unwrap().clone();
    assert_eq!(told, [(GUILD, "registered"), (GUILD, "unchanged"), (other, "registered"), (other, "left")]);
    let puts = live.standin.state().calls.iter().filter(|call| call.starts_with("PUT")).count();
    assert_eq!(puts, 2);
    live.sound();
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_is_served_by_as_many_shards_as_it_is_told() {
    let (even, odd) = (2_u64 << 22, 3_u64 << 22);
    let options = Options { guilds: vec![even, odd], shards: 2, ..Options::default() };
    let one = Settings { shards: Shards::range(1, 1, 2).unwrap(), ..Settings::default() };
    let half = Live::start(options.clone(), one, PATIENT).await;
    half.until("the second shard", |state| (state.gateway.connected() == 1).then_some(())).await;
    assert!(half.standin.state().gateway.sessions.values().all(|session| session.shard == (1, 2)));
    half.stop().await.unwrap();
    let all = Live::start(options, Settings::default(), PATIENT).await;
    all.until("both shards", |state| (state.gateway.connected() == 2).then_some(())).await;
    all.sound();
    all.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_get_better_ends_it_with_a_code() {
    // The token is refused before any connection is made, and by the gateway itself when it was changed since.
    let standin =
        Standin::start(Options { token: "new".to_owned(), ..Options::default() }, judge()).await.unwrap();
    let refused = Live::on(standin, Settings::default(), PATIENT);
    assert_eq!(refused.server.await.unwrap().unwrap_err().code(), "DISCORD_TOKEN_REFUSED");
    for (close, code) in [
        (4004, "DISCORD_TOKEN_REFUSED"),
        (4013, "DISCORD_INTENTS_REFUSED"),
        (4014, "DISCORD_INTENTS_REFUSED"),
        (4011, "DISCORD_SHARD_REFUSED"),
    ] {
        let standin = Standin::start(Options::default(), judge()).await.unwrap();
        standin.state().gateway.refuse = Some(close);
        let settings = Settings { patience: Duration::from_secs(2), ..Settings::default() };
        let ended = Live::on(standin, settings, PATIENT).server.await.unwrap().unwrap_err();
        assert_eq!(ended.code(), code, "{close}: {ended}");
    }
    // A token that is no good any more while the bot is there.
    let live = Live::new(PATIENT).await;
    live.standin.state().gateway.refuse = Some(4004);
    live.standin.gateway_fault(GatewayFault::InvalidSession { resumable: false });
    live.say(&person(0), "join", &faction()).await;
    assert_eq!(live.server.await.unwrap().unwrap_err().code(), "DISCORD_TOKEN_REFUSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_read_is_passed_over_and_the_next_one_answered() {
    let live = Live::new(PATIENT).await;
    let whole = people::interaction(2, &person(0), SPOT, &people::command("join", &faction()));
    let mut broken = vec![json!({}), json!({ "type": 99 }), json!({ "type": "two", "id": "x" })];
    for name in ["member", "data", "channel_id", "locale", "entitlements", "version"] {
        let mut value = whole.clone();
        value.as_object_mut().unwrap().remove(name);
        broken.push(value);
    }
    if let Some(data) = std::env::var_os("ANNALS_DISCORD_DATA") {
        let folder = std::path::Path::new(&data).join("examples/docs");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let samples = files.filter(|path| path.to_string_lossy().contains("interaction-"));
        broken.extend(samples.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()));
    }
    let count = broken.len();
    for mut value in broken {
        // As the stand-in's own, so that an answer, if there is one, can be told from a stranger's.
        value.as_object_mut().unwrap().retain(|name, _| name != "id" && name != "token");
        value["guild_id"] = GUILD.to_string().into();
        let standin = live.standin.clone();
        tokio::spawn(async move { standin.send(value, Tamper::None).await });
    }
    live.until("all of them", |state| (state.interactions.len() == count).then_some(())).await;
    let joined = live.say(&person(0), "join", &faction()).await;
    assert_eq!(joined.status, 200);
    assert_eq!(live.standin.state().gateway.identified, 1, "no connection was given up");
    live.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_discord_did_not_take_in_time_goes_by_a_private_message() {
    let live = Live::new(PATIENT).await;
    let alice = person(0);
    let written = |live: &Live| {
        let state = live.standin.state();
        state.messages.values().filter(|message| message.channel == alice.id ^ 1).cloned().collect::<Vec<_>>()
    };
    // Three seconds were over on the way: Discord knows of no such interaction any more.
    live.standin.fault(Fault::Refused(404, 10_062));
    let building = [("building", 3, json!("hq"))];
    let refused = live.say(&alice, "build start", &building).await;
    assert_eq!(refused.status, 0, "{refused:?}");
    live.until("the private message", |state| {
        state.messages.values().any(|message| message.channel == alice.id ^ 1).then_some(())
    })
    .await;
    let told = written(&live);
    assert_eq!(told[0].body["embeds"][0]["footer"]["text"], "NOT_JOINED", "{}", told[0].body);
    // An answer that Discord has already is not said again.
    live.standin.fault(Fault::Refused(400, 40_060));
    live.say(&alice, "build start", &building).await;
    live.say(&alice, "help", &[]).await;
    assert_eq!(written(&live).len(), 1);
    live.sound();
}
