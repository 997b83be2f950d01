//! Discord over HTTP, through the real binary, with a stand-in for Discord on loopback.

use discord_standin::people::{self, Spot};
use discord_standin::{Fault, Tamper};
use serde_json::json;

use crate::stage::Stage;
use crate::support::{Home, SECRET};
use crate::town::{ELSEWHERE, GUILD, SPOT, Town, admin, alice, bob, code, control, faction, title};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_connects_the_server_to_discord() {
    let mut town = Town::new().await;
    let home = &town.home;
    let guild = GUILD.to_string();
    let invite = home.ok(&["discord", "invite"]);
    assert!(
        invite.starts_with("https://discord.com/oauth2/authorize?client_id=900000000000000001"),
        "{invite}"
    );
    home.run(&["discord", "plan"]).says("USAGE", 2, &["--guild"]);
    let planned = home.run(&["discord", "plan", "--guild", &guild]);
    assert_eq!(planned.code(), 3, "{}", planned.err());
    assert!(planned.out().contains("join") && planned.out().contains("added"), "{}", planned.out());
    let listed =
        |town: &Town| town.standin.state().commands.get(&GUILD).map(|list| list.as_array().unwrap().len());
    assert_eq!(listed(&town), None);
    // What Discord refuses by one of its codes is told with what to do; the first call looks, the second one registers.
    for (number, advice) in [(30_032, "another list must shrink"), (30_034, "try again tomorrow")] {
        town.standin.fault(Fault::Nothing);
        town.standin.fault(Fault::Refused(400, number));
        let refused = home.run(&["discord", "register", "--guild", &guild]);
        refused.says("DISCORD_REFUSED", 1, &[&number.to_string(), advice]);
    }
    assert_eq!(listed(&town), None);
    let done = home.json(&["discord", "register", "--guild", &guild]);
    assert_eq!(done[0]["done"], "registered");
    assert_eq!(listed(&town).map(|n| n as u64), done[0]["commands"].as_u64());
    let puts = |town: &Town| town.standin.state().calls.iter().filter(|call| call.starts_with("PUT")).count();
    assert_eq!(home.json(&["discord", "register", "--guild", &guild])[0]["done"], "unchanged");
    assert_eq!(puts(&town), 3, "a list that is the same is not sent again");
    assert_eq!(home.run(&["discord", "plan", "--guild", &guild]).code(), 0);
    // The endpoint is not set yet: that is said, and is no failure.
    let checked = home.run(&["discord", "check", "--guild", &guild]);
    assert!(checked.out().contains("DISCORD_NO_ENDPOINT"), "{}", checked.out());
    assert_eq!(checked.code(), 0, "{}", checked.err());
    town.serve();
    let home = &town.home;
    let good = home.ok(&["discord", "check", "--guild", &guild]);
    assert!(!good.contains("DISCORD_"), "{good}");
    town.standin.options().permissions = 1 << 10;
    let poor = home.run(&["discord", "check", "--guild", &guild]);
    assert_eq!(poor.code(), 1);
    let words = "Send Messages, Embed Links, Attach Files missing";
    assert!(
        poor.out().contains("DISCORD_MISSING_PERMISSIONS") && poor.out().contains(words),
        "{}",
        poor.out()
    );
    let absent = home.run(&["discord", "check", "--guild", "7"]);
    assert!(absent.out().contains("DISCORD_NOT_IN_SERVER"), "{}", absent.out());
    home.run(&["discord", "register", "--guild", "7"]).says(
        "DISCORD_NOT_IN_SERVER",
        4,
        &["oauth2/authorize"],
    );
    town.standin.options().token = "another".to_owned();
    home.run(&["discord", "register", "--guild", &guild]).says(
        "DISCORD_TOKEN_REFUSED",
        4,
        &["developer portal"],
    );
    let shown = home.ok(&["config", "show"]);
    assert!(shown.contains("discord_token") && !shown.contains(SECRET), "{shown}");
    let set = home.run(&["config", "set", "discord_token", SECRET]);
    assert_eq!(set.code(), 0);
    set.keeps(SECRET);
    town.sound();
}

#[test]
fn without_the_settings_discord_is_asked_for_in_vain() {
    let mut home = Home::new();
    home.no_server(&["--role", "discord,command"]).says(
        "DISCORD_NOT_SET",
        2,
        &["discord_application, discord_public_key, discord_token", "ANNALS_DISCORD_TOKEN"],
    );
    home.run(&["discord", "invite"]).says("DISCORD_NOT_SET", 2, &["discord_application"]);
    home.set("ANNALS_DISCORD_APPLICATION", "12");
    home.run(&["discord", "register", "--guild", "7"]).says(
        "DISCORD_NOT_SET",
        2,
        &["missing: discord_token"],
    );
    // Half of the settings is told, and the rest of the server runs.
    home.harbour();
    let server = home.serve();
    assert!(
        home.said().contains("not Discord, for want of discord_public_key, discord_token"),
        "{}",
        home.said()
    );
    assert_eq!(server.post_text("/discord/interactions", None, "{}").0, 404);
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_season_is_opened_played_and_found_again_after_a_restart() {
    let mut town = Town::new().await;
    town.serve();
    assert_eq!(town.standin.ping(Tamper::None).await.answer, json!({ "type": 1 }));
    // Before the first season: who is no administrator is told what is missing, in private.
    let early = town.say(&alice(), SPOT, "join", &faction()).await;
    assert_eq!((early.private, code(&early)), (true, "NO_WORLD"), "{}", early.body);
    let refused = town.say(&alice(), SPOT, "setup start", &[]).await;
    assert_eq!((refused.private, code(&refused)), (true, "NOT_ADMIN"));
    assert_eq!(town.decided(), 0);
    let opened = town.say(&admin(), SPOT, "setup start", &[("season_days", 4, json!(90))]).await;
    assert_eq!(code(&opened), "", "{}", opened.body);
    let again = town.say(&admin(), SPOT, "setup start", &[]).await;
    assert_eq!((again.private, code(&again)), (true, "SEASON_RUNS"), "{}", again.body);
    let first = town.home.json(&["world", "list"])[0]["world"].as_str().unwrap().to_owned();
    assert!(first.ends_with("-1"), "{first}");

    let joined = town.say(&alice(), SPOT, "join", &faction()).await;
    assert!(!joined.private && code(&joined).is_empty(), "{}", joined.body);
    let (message, _) = town.last();
    let typed = town.standin.typing(&alice(), SPOT, "build start", "building", "fa").await;
    assert!(
        typed.answer["data"]["choices"].as_array().is_some_and(|all| !all.is_empty()),
        "{}",
        typed.answer
    );
    let page = town.say(&alice(), SPOT, "help", &[("topic", 3, json!("build start"))]).await;
    let (page_id, _) = town.last();
    let city = town.say(&alice(), SPOT, "city view", &[]).await;
    assert!(city.private && title(&city).contains("Your city"), "{}", city.body);

    // The buttons were drawn before a restart, one of them before a crash.
    town.serve();
    let shown = town.press(&alice(), message, &control(&joined, "City")).await;
    assert!(title(&town.shown(&shown).await).contains("Your city"), "{}", shown.answer);
    let foreign = town.press(&bob(), message, &control(&joined, "City")).await;
    assert_eq!(code(&town.shown(&foreign).await), "NOT_YOURS");
    let form = town.press(&alice(), page_id, &control(&page, "Fill in")).await;
    assert_eq!((form.answer["type"].as_u64(), form.refused), (Some(9), None));
    town.crash();
    let custom_id = form.answer["data"]["custom_id"].as_str().unwrap().to_owned();
    let sent = town.standin.form(&alice(), SPOT, &custom_id, &[("building", "hq")]).await;
    let built = town.shown(&sent).await;
    assert!(built.private && code(&built).is_empty(), "{}", built.body);
    let old = town.press(&alice(), message, "v0|from-an-older-version").await;
    assert_eq!(old.answer["type"], 7);
    assert!(title(&town.shown(&old).await).contains("older version"));

    // The season ends; its commands answer kindly, and the next one gets a name of its own.
    let sure = town.say(&admin(), SPOT, "setup end", &[("confirm", 5, json!(false))]).await;
    let (sure_id, _) = town.last();
    assert_eq!(title(&sure), "Are you sure?", "{}", sure.body);
    let ended = town.press(&admin(), sure_id, &control(&sure, "Yes, do it")).await;
    assert_eq!(code(&town.shown(&ended).await), "", "{}", ended.answer);
    let late = town.say(&bob(), SPOT, "join", &faction()).await;
    assert_eq!((late.private, code(&late)), (true, "WORLD_ENDED"));
    let hall = town.say(&alice(), SPOT, "season hall", &[]).await;
    assert!(code(&hall).is_empty(), "{}", hall.body);
    let opened = town.say(&admin(), SPOT, "setup start", &[]).await;
    assert_eq!(code(&opened), "", "{}", opened.body);
    assert_eq!(town.home.json(&["world", "list"]).as_array().unwrap().len(), 2);
    let worn = town.press(&alice(), message, &control(&joined, "City")).await;
    assert!(title(&town.shown(&worn).await).contains("another season"), "{}", worn.answer);
    let joined = town.say(&bob(), SPOT, "join", &faction()).await;
    assert!(code(&joined).is_empty(), "{}", joined.body);
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_gets_a_private_answer_and_decides_nothing() {
    let mut town = Town::new().await;
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    town.say(&admin(), ELSEWHERE, "setup start", &[]).await;
    let joined = town.say(&alice(), SPOT, "join", &faction()).await;
    let before = town.decided();
    let alone = Spot { guild: None, channel: 5 };
    let third = Spot { guild: Some(7), channel: 5 };
    for (spot, path, options, wanted) in [
        (alone, "join", faction().to_vec(), "SERVER_NEEDED"),
        (third, "join", faction().to_vec(), "NO_WORLD"),
        (SPOT, "jion", vec![], "UNKNOWN_COMMAND"),
        (SPOT, "join", vec![("fraction", 3, json!("cinema"))], "INVALID_OPTION"),
        (SPOT, "join", vec![("faction", 4, json!(5))], "INVALID_OPTION"),
        (SPOT, "join", vec![], "INVALID_OPTION"),
        (SPOT, "city view", vec![], "NOT_JOINED"),
        (SPOT, "setup pause", vec![("reason", 3, json!("x"))], "NOT_ADMIN"),
    ] {
        let message = town.say(&bob(), spot, path, &options).await;
        assert_eq!((message.private, code(&message)), (true, wanted), "{path}: {}", message.body);
        println!("/{path}: {}", message.body["embeds"][0]);
    }
    // A button of one server's season, pressed on another.
    let (id, _) = town.last();
    let foreign = town.standin.press(&alice(), ELSEWHERE, id, &control(&joined, "City")).await;
    assert_eq!(
        code(&town.shown(&foreign).await),
        "NOT_YOURS",
        "the same account elsewhere is another person"
    );
    // The same account on the other server has not joined there.
    let elsewhere = town.say(&alice(), ELSEWHERE, "city view", &[]).await;
    assert_eq!(code(&elsewhere), "NOT_JOINED");
    assert_eq!(town.decided(), before);
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_and_repetitions_decide_nothing() {
    let mut town = Town::new().await;
    town.serve();
    town.say(&admin(), SPOT, "setup start", &[]).await;
    let before = town.decided();
    for tamper in [Tamper::Body, Tamper::Signature, Tamper::Unsigned, Tamper::Aged(-3600), Tamper::Aged(3600)]
    {
        let value = people::interaction(2, &alice(), SPOT, &people::command("join", &faction()));
        assert_eq!(town.standin.send(value, tamper).await.status, 401, "{tamper:?}");
        assert_eq!(town.standin.ping(tamper).await.status, 401, "{tamper:?}");
    }
    assert_eq!(town.decided(), before);
    let first = town.standin.command(&alice(), SPOT, "join", &faction()).await;
    let told = town.shown(&first).await;
    assert_eq!(town.decided(), before + 1);
    let replayed = town.standin.deliver(first.id, &first.token, first.request.clone()).await;
    assert_eq!((replayed.status, &replayed.answer["code"]), (401, &json!("UNSIGNED")));
    // Signed anew it is the same interaction, also for a server that has never seen it.
    for restart in [false, true] {
        if restart {
            town.crash();
        }
        let body = [first.request.body.as_ref(), if restart { b"  " } else { b" " }].concat();
        let request = town.standin.sign(body, Tamper::None);
        let again = town.standin.deliver(first.id, &first.token, request).await;
        assert_eq!(again.status, 200, "{}", again.answer);
        assert_eq!(again.answer["data"]["embeds"][0]["title"], told.body["embeds"][0]["title"]);
        assert_eq!(town.decided(), before + 1, "restarted: {restart}");
    }
    town.sound();
}

/// A node that holds no world, and keeps no read models, brings everything to those that do.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_answers_discord_alone_asks_the_owners_of_worlds() {
    let Some(stage) = Stage::new() else { return };
    let homes = [stage.node("a", "command"), stage.node("b", "command,projector")];
    let [mut a, _b] = homes.each_ref().map(Home::serve);
    let mut town = Town::at(stage.node("discord", "discord")).await;
    town.serve();
    assert_eq!(town.server.as_ref().unwrap().metric("annals_worlds_owned"), 0);
    let opened = town.say(&admin(), SPOT, "setup start", &[]).await;
    assert_eq!(code(&opened), "", "{}", opened.body);
    town.say(&admin(), ELSEWHERE, "setup start", &[]).await;
    for spot in [SPOT, ELSEWHERE] {
        let joined = town.say(&alice(), spot, "join", &faction()).await;
        assert_eq!(code(&joined), "", "{}", joined.body);
    }
    // Another node has the worlds from now on.
    a.kill();
    for spot in [SPOT, ELSEWHERE] {
        let city = town.say(&alice(), spot, "city view", &[]).await;
        assert!(title(&city).contains("Your city"), "{}", city.body);
        // Read models: what was just done is in them.
        let board = town.say(&alice(), spot, "leaderboard", &[("board", 3, json!("power"))]).await;
        assert!(code(&board).starts_with("alice is 1st"), "{}", board.body);
    }
    town.sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_season_is_played_through_the_gateway() {
    let mut town = Town::new().await;
    town.connect();
    let opened = town.say(&admin(), SPOT, "setup start", &[("season_days", 4, json!(90))]).await;
    assert!(opened.body["embeds"][0]["footer"].is_null() || !title(&opened).is_empty(), "{}", opened.body);
    let joined = town.say(&alice(), SPOT, "join", &faction()).await;
    assert!(title(&joined).contains("Welcome"), "{}", joined.body);
    let map = town.say(&alice(), SPOT, "map view", &[]).await;
    assert!(map.files[0].1.starts_with(b"\x89PNG"), "the map is a picture");
    // A fight in the arena is everybody's to see, by its card.
    let offered = town.say(&alice(), SPOT, "arena opponents", &[]).await;
    assert!(offered.private && offered.body.to_string().contains("you win"), "{}", offered.body);
    let fought = town.say(&alice(), SPOT, "arena fight", &[("slot", 4, json!(1))]).await;
    assert!(!fought.private && title(&fought).contains("alice"), "{}", fought.body);
    assert!(fought.body.to_string().contains("confidence"), "{}", fought.body);
    // Every board is everybody's to see; one who plays alone is first wherever there is something to count.
    let boards =
        ["power", "season", "arena", "merit", "lands", "hunts", "raids", "guilds", "factions", "prestige"];
    for board in boards {
        let shown = town.say(&alice(), SPOT, "leaderboard", &[("board", 3, json!(board))]).await;
        assert!(!shown.private && title(&shown).starts_with('🏆'), "{board}: {}", shown.body);
        let first = code(&shown).contains("alice is 1st");
        assert_eq!(first, ["power", "season", "arena"].contains(&board), "{board}: {}", shown.body);
    }
    // The session is taken up again where it broke, and what came meanwhile is answered.
    town.standin.gateway_fault(discord_standin::GatewayFault::DropBefore);
    let seen = town.say(&alice(), SPOT, "city view", &[]).await;
    assert!(title(&seen).contains("Your city"), "{}", seen.body);
    // A stop says goodbye; after it the same menus work.
    let (on, city) = town.last();
    let button = control(&city, "Troops");
    assert_eq!(town.server.take().unwrap().stop(), 0, "{}", town.home.said());
    town.connect();
    let pressed = town.press(&alice(), on, &button).await;
    assert!(title(&town.shown(&pressed).await).contains("Troops"));
    assert_eq!(town.server.take().unwrap().stop(), 0, "{}", town.home.said());
}
