//! Twitch: codes that link one player, and what is told in the channel, against a chat that does as Twitch's.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::{Value, json};
use twitch_standin::Chat;

use crate::stage::Stage;
use crate::support::{Home, SECRET, Server, until};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a bot in this chat must be told, with this token in a file of its own.
fn settings(home: &Home, chat: &Chat, token: &str) -> [(&'static str, String); 5] {
    let file = home.file("token");
    std::fs::write(&file, format!("oauth:{token}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    [
        ("ANNALS_TWITCH_LOGIN", "annals_bot".to_owned()),
        ("ANNALS_TWITCH_CHANNEL", "popverse".to_owned()),
        ("ANNALS_TWITCH_TOKEN_FILE", file.display().to_string()),
        ("ANNALS_TWITCH_SERVER", "local".to_owned()),
        ("ANNALS_TWITCH_ADDRESS", format!("irc://{}", chat.address())),
    ]
}

/// A home whose server has a bot in this chat, with this token.
fn home_in(chat: &Chat, token: &str) -> Home {
    let mut home = Home::new();
    for (name, value) in settings(&home, chat, token) {
        home.set(name, &value);
    }
    home
}

/// Asks for a code in the chat, and gives it.
fn code(chat: &Chat, login: &str, id: &str, name: &str) -> String {
    chat.say(login, id, "popverse", &format!("!link {name}"));
    let told = chat.heard(&format!("@{login}: /link twitch code:")).expect("a code");
    let code = told.split("code:").nth(1).unwrap().split(' ').next().unwrap();
    assert_eq!(told, format!("@{login}: /link twitch code:{code} in Discord within 10 minutes."));
    code.to_owned()
}

fn link(server: &Server, token: &str, key: &str, code: &str) -> (u16, Value) {
    server.give(token, "kingdoms", key, "LinkTwitch", &json!({ "code": code }))
}

fn refused(answer: &(u16, Value)) -> &str {
    answer.1["rejection"]["code"].as_str().unwrap_or_default()
}

fn join(server: &Server, token: &str) {
    let (status, answer) = server.give(token, "kingdoms", "join", "Join", &json!({ "faction": "otaku" }));
    assert_eq!(status, 200, "{answer}");
}

/// Whether any file of the data directory holds these bytes.
fn kept(home: &Home, text: &str) -> bool {
    let holds = |path: &std::path::Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    };
    let files = std::fs::read_dir(home.data()).unwrap().flatten().map(|entry| entry.path());
    files.filter(|path| path.is_file()).any(|path| holds(&path))
}

#[test]
fn who_asks_on_twitch_links_one_player_once_and_is_forgotten_with_them() {
    let chat = Chat::start(SECRET).unwrap();
    let home = home_in(&chat, SECRET);
    home.ok(&["season", "open", "kingdoms"]);
    let (ana, bob) = (home.player("ana"), home.player("bob"));
    let mut server = home.serve();
    assert!(home.said().contains("#popverse on Twitch"), "{}", home.said());
    join(&server, &ana);
    join(&server, &bob);
    assert!(chat.heard("A new season of PopVerse Kingdoms is open.").is_some());
    let first = code(&chat, "ann_live", "77", "ana");
    assert_eq!(refused(&link(&server, &bob, "1", &first)), "LINK_CODE", "it is not bob's");
    // Somebody who does not play here gets a code, too, that is worth nothing.
    let nobody = code(&chat, "mallory", "78", "carol");
    assert_eq!(nobody.len(), first.len());
    for token in [&ana, &bob] {
        assert_eq!(refused(&link(&server, token, "nobody", &nobody)), "LINK_CODE");
    }
    until("it is noted that the opening was told", PATIENCE, || home.data().join("twitch.json").exists());
    server.kill();
    let server = home.serve();
    let (status, done) = link(&server, &ana, "2", &first);
    assert_eq!(status, 200, "{done}");
    let (_, again) = link(&server, &ana, "2", &first);
    assert_eq!((&again["commit"], &again["repeated"]), (&done["commit"], &json!(true)), "{again}");
    assert_eq!(refused(&link(&server, &ana, "3", &first)), "LINK_CODE", "it is used up");
    assert_eq!(refused(&link(&server, &bob, "4", &first)), "LINK_CODE");

    let ask = json!({ "kind": "PrivacyExport", "options": {} }).to_string();
    let (status, export) = server.post_text("/v1/worlds/kingdoms/query", Some(&ana), &ask);
    assert_eq!(status, 200, "{export}");
    let found = &export["person"]["links"][0];
    assert_eq!((&found["login"], &found["id"]), (&json!("ann_live"), &json!("77")), "{export}");
    assert_eq!(export["profile"]["twitch_linked"], json!(true), "{export}");
    let listed = home.json(&["twitch", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["link"], found["number"], "{listed}");

    // By hand, and in the place of the one before.
    let by_hand = home.ok(&["twitch", "code", "--login", "Anas_Other", "--for", "ana"]).trim().to_owned();
    assert_eq!(link(&server, &ana, "5", &by_hand).0, 200);
    let listed = home.json(&["twitch", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["login"], json!("anas_other"), "{listed}");
    home.run(&["twitch", "code", "--login", "x", "--for", "nobody"]).refused("TWITCH_NOBODY", 1);

    for text in [&first, &by_hand, &"ann_live".to_owned(), &"anas_other".to_owned(), &SECRET.to_owned()] {
        assert!(!kept(&home, text), "{text} stands in the data");
    }
    assert!(!home.said().contains(&first) && !home.said().contains(SECRET), "{}", home.said());
    assert_eq!(server.metric("annals_twitch_connected"), 1);
    let (status, answer) = server.give(&ana, "kingdoms", "6", "PrivacyDelete", &json!({ "confirm": true }));
    assert_eq!(status, 200, "{answer}");
    until("nothing is left of the link", PATIENCE, || home.json(&["twitch", "list"]) == json!([]));
    assert_eq!(
        chat.said().iter().filter(|said| said.contains("A new season")).count(),
        1,
        "{:?}",
        chat.said()
    );
    assert_eq!(server.stop(), 0);

    // In a terminal it is the same command.
    let code = home.ok(&["twitch", "code", "--login", "bob_live", "--for", "bob"]).trim().to_owned();
    let script = home.file("script.txt");
    std::fs::write(&script, format!("/link twitch code:{code}\n/link twitch code:{code}\n")).unwrap();
    let played = home.run(&["play", "--script", script.to_str().unwrap(), "--as", "bob"]);
    let out = played.out();
    assert!(out.contains("Your account on Twitch is linked.") && out.contains("LINK_CODE"), "{out}");
    let listed = home.json(&["twitch", "list"]);
    let number = listed[0]["link"].to_string();
    assert_eq!(listed[0]["login"], json!("bob_live"), "{listed}");
    home.ok(&["twitch", "unlink", &number]);
    assert_eq!(home.json(&["twitch", "list"]), json!([]));
    home.run(&["twitch", "unlink", &number]).refused("USAGE", 2);
    assert_eq!(home.run(&["verify", "kingdoms", "--deep"]).code(), 0);
}

#[test]
fn conquests_and_the_seasons_news_are_told_on_twitch_once() {
    let chat = Chat::start(SECRET).unwrap();
    let home = home_in(&chat, SECRET);
    home.ok(&["season", "open", "kingdoms"]);
    // Time of its own, up to a conquest: it is on a Saturday.
    let script = home.file("script.txt");
    let days = "wait 24h\n".repeat(16);
    std::fs::write(
        &script,
        format!("/join faction:cinema\n{days}/setup pause reason:\"tea *time*\"\n/setup resume\n"),
    )
    .unwrap();
    let played =
        home.run(&["play", "--script", script.to_str().unwrap(), "--as", "ana", "--admin", "--own-time"]);
    assert_eq!(played.code(), 0, "{}{}", played.out(), played.err());
    let mut server = home.serve();
    let over = chat.heard("The conquest is over").unwrap_or_else(|| panic!("{:?}", chat.said()));
    // What a person wrote is sealed on the record, and opened for people, as it was written.
    assert!(chat.heard("The season is paused: tea *time*").is_some(), "{:?}", chat.said());
    assert!(!over.contains("**") && !over.contains("<t:"), "{over}");
    home.ok(&["world", "pause", "kingdoms", "--reason", "maintenance"]);
    assert_eq!(chat.heard("maintenance").as_deref(), Some("The season is paused: maintenance"));
    // Whoever is killed between the chat's answer and its note of it tells the last piece again: not here.
    let noted = || {
        let bytes = std::fs::read(home.data().join("twitch.json")).unwrap_or_default();
        let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        told["kingdoms"]["commit"] == home.json(&["world", "show", "kingdoms"])["commit"]
    };
    until("it is noted how far was told", PATIENCE, noted);
    let said = chat.said();
    // A kill, and what happened while the server and then the chat were away.
    server.kill();
    let mut server = home.serve();
    assert!(chat.until(|chat| chat.logins() == 2));
    chat.drop_all();
    home.ok(&["world", "resume", "kingdoms"]);
    let on = |chat: &Chat| chat.said().iter().filter(|said| *said == "The season goes on").count() == 2;
    assert!(chat.until(on), "{:?}", chat.said());
    // Days are taken back and decided anew, conquest and all: that has been told.
    let to = ["rollback", "plan", "kingdoms", "--to", "day3 00:00", "--reason", "test", "--pause"];
    let plan = home.json(&to);
    home.ok(&["rollback", "apply", plan["id"].as_str().unwrap(), "--yes"]);
    assert!(chat.heard("The season was taken back").is_some());
    home.ok(&["world", "pause", "kingdoms", "--reason", "once more"]);
    assert!(chat.heard("The season is paused: once more").is_some(), "{:?}", chat.said());
    server.kill();
    let all = chat.said();
    assert_eq!(all.iter().filter(|said| said.contains("taken back")).count(), 1, "{all:?}");
    assert_eq!(all[..said.len()], said, "nothing is told again");
    let count = |part: &str| all.iter().filter(|said| said.contains(part)).count();
    assert_eq!((count("A new season"), count("maintenance"), count("joins")), (1, 1, 0));
    assert!(count("musters") >= 1 && count("musters") == count("has started"), "{all:?}");
    assert_eq!(count("has started"), count("is over"), "{all:?}");
    let before = said.iter().filter(|said| said.contains("is over")).count();
    assert_eq!(count("is over"), before, "what was decided anew is told again: {all:?}");
}

#[test]
fn a_bot_of_its_own_process_serves_worlds_that_others_hold() {
    let Some(stage) = Stage::new() else { return };
    let chat = Chat::start(SECRET).unwrap();
    let mut bots = stage.node("bot", "twitch");
    for (name, value) in settings(&bots, &chat, SECRET) {
        bots.set(name, &value);
    }
    let home = stage.node("n1", "command,projector,api");
    stage.alone().ok(&["season", "open", "kingdoms"]);
    let (server, bot) = (home.serve(), bots.serve());
    let (ana, bob) = (home.player("ana"), home.player("bob"));
    assert!(chat.heard("A new season of PopVerse Kingdoms is open.").is_some());
    join(&server, &ana);
    join(&server, &bob);
    let code = code(&chat, "ann_live", "77", "ana");
    assert_eq!(refused(&link(&server, &bob, "1", &code)), "LINK_CODE");
    assert_eq!(link(&server, &ana, "1", &code).0, 200);
    home.ok(&["world", "pause", "kingdoms", "--reason", "maintenance"]);
    assert!(chat.heard("The season is paused: maintenance").is_some());
    assert_eq!((bot.metric("annals_twitch_codes_total"), bot.metric("annals_twitch_connected")), (1, 1));
    assert_eq!((bot.stop(), server.stop()), (0, 0));
    // On its own it ends with what it can not do.
    let server = home.serve();
    std::fs::write(bots.file("token"), "oauth:another\n").unwrap();
    bots.no_server(&[]).refused("TWITCH_LOGIN_REFUSED", 4);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_token_that_twitch_refuses_ends_the_bot_and_nothing_else() {
    let chat = Chat::start(SECRET).unwrap();
    let mut home = home_in(&chat, "another");
    home.ok(&["season", "open", "kingdoms"]);
    let ana = home.player("ana");
    let server = home.serve();
    assert!(chat.until(|chat| chat.refused() == 1));
    let ailing = || server.get("/readyz", None).1.contains("ailing: twitch (TWITCH_LOGIN_REFUSED)");
    until("the server says so", PATIENCE, ailing);
    assert_eq!((server.metric("annals_twitch_out"), server.metric("annals_twitch_connected")), (1, 0));
    let doctor = home.run(&["doctor"]);
    assert!(doctor.out().contains("TWITCH_LOGIN_REFUSED"), "{}", doctor.out());
    join(&server, &ana);
    assert_eq!((server.stop(), chat.refused()), (0, 1));
    assert!(home.ok(&["explain", "TWITCH_LOGIN_REFUSED"]).contains("twitch_token_file"));
    std::fs::set_permissions(home.file("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    home.no_server(&[]).refused("KEY_EXPOSED", 1);
    home.unset("ANNALS_TWITCH_SERVER");
    home.no_server(&["--role", "all,twitch"]).says("TWITCH_NOT_SET", 2, &["twitch_server"]);
}
