//! People as others see them: hidden names, who left for good and comes again, what is carried from season to season, who
//! stands on which board.

use std::time::Duration;

use discord_standin::people::Person;
use discord_standin::state::Message;
use serde_json::{Value, json};

use crate::support::{Home, Ran, until};
use crate::town::{SPOT, Town, admin, alice, bob, code, control, title};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The channel for news.
const NEWS: u64 = 900_000_000_000_000_210;

fn sure() -> [(&'static str, u64, Value); 1] {
    [("confirm", 5, json!(true))]
}

fn joining(faction: &str) -> [(&'static str, u64, Value); 1] {
    [("faction", 3, json!(faction))]
}

/// Everything that a message says.
fn text(message: &Message) -> String {
    let text = message.body["embeds"].to_string();
    // As it is read: what is escaped for Markdown is no part of a name.
    text.replace("\\\\", "").replace("**", "")
}

impl Town {
    /// A command that must be accepted.
    async fn does(&self, who: &Person, path: &str, options: &[(&str, u64, Value)]) -> Message {
        let message = self.say(who, SPOT, path, options).await;
        assert!(message.body["embeds"][0]["color"] != 0xFF_EB3B, "/{path}: {}", message.body);
        message
    }

    async fn board(&self, who: &Person, board: &str) -> String {
        text(&self.does(who, "leaderboard", &[("board", 3, json!(board))]).await)
    }

    /// The document that `/privacy export` hands over.
    async fn export(&self, who: &Person) -> Value {
        let message = self.does(who, "privacy export", &[]).await;
        assert!(message.private, "{}", message.body);
        let (name, bytes) = &message.files[0];
        assert_eq!(name, "your-data.json");
        serde_json::from_slice(bytes).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hides_is_a_number_everywhere_and_who_leaves_comes_back_as_somebody_new() {
    let mut town = Town::new().await;
    town.serve();
    town.does(&admin(), "setup start", &[]).await;
    town.does(&alice(), "join", &joining("cinema")).await;
    town.does(&bob(), "join", &joining("otaku")).await;
    town.does(&admin(), "join", &joining("arcade")).await;
    assert!(town.board(&alice(), "power").await.contains("bob"));

    // A guild is found by what it is called, by anybody, whatever the record holds of its name.
    let gold = [
        ("player", 6, json!(bob().id.to_string())),
        ("item", 3, json!("gold")),
        ("amount", 4, json!(1_000)),
        ("reason", 3, json!("a guild")),
    ];
    town.does(&admin(), "admin grant", &gold).await;
    town.does(&bob(), "guild create", &[("name", 3, json!("Blue Monday")), ("tag", 3, json!("BLU"))]).await;
    for (typed, found) in [("blue", 1), ("BL", 1), ("monday", 0), ("red", 0)] {
        let carol = Person::member(900_000_000_000_000_304, "carol");
        let shown = town.standin.typing(&carol, SPOT, "guild info", "guild", typed).await;
        let choices = shown.answer["data"]["choices"].as_array().unwrap().clone();
        assert_eq!(choices.len(), found, "{typed}: {choices:?}");
        assert!(choices.iter().all(|choice| choice["name"] == "Blue Monday [BLU]"), "{choices:?}");
    }
    for typed in ["blue monday", "blu", "1"] {
        let page = town.does(&alice(), "guild info", &[("guild", 3, json!(typed))]).await;
        assert!(title(&page).contains("Blue Monday [BLU]"), "{typed}: {}", page.body);
    }
    let unknown = town.say(&alice(), SPOT, "guild info", &[("guild", 3, json!("Green"))]).await;
    assert_eq!(code(&unknown), "UNKNOWN_GUILD", "{}", unknown.body);
    assert!(unknown.body["embeds"][0]["timestamp"].is_string(), "{}", unknown.body);

    // Bob hides: boards, guild, page and news know a number from now on, of what is past, too.
    town.does(&bob(), "privacy anonymize", &sure()).await;
    let guild = town.does(&alice(), "guild info", &[("guild", 3, json!("BLU"))]).await;
    let page = town.does(&alice(), "profile", &[("player", 6, json!(bob().id.to_string()))]).await;
    let since = town.does(&alice(), "since", &[]).await;
    for shown in [town.board(&alice(), "power").await, text(&guild), text(&page), text(&since)] {
        assert!(shown.contains("anonymous_2") && !shown.contains("bob"), "{shown}");
    }
    // What is kept of bob is bob's to have, as one file, and nobody else's name stands in it.
    let kept = town.export(&bob()).await;
    assert_eq!(kept["profile"]["anonymous"], true, "{kept}");
    assert_eq!(kept["person"]["identity"]["discord_user"], bob().id.to_string());
    assert_eq!(kept["pv_guild_members"][0]["role"], "leader");
    assert!(kept["pv_transactions"].as_array().is_some_and(|rows| rows.len() > 1), "{kept}");
    assert!(!kept.to_string().contains("alice"), "{kept}");

    // Alice leaves for good. What was told of her names nobody any more.
    town.does(&alice(), "privacy delete", &sure()).await;
    let board = town.board(&bob(), "power").await;
    assert!(!board.contains("alice") && !board.contains("deleted_user_1"), "{board}");
    let since = text(&town.does(&bob(), "since", &[]).await);
    assert!(since.contains("deleted_user_1") && !since.contains("alice"), "{since}");
    assert_eq!(town.export(&alice()).await, json!({ "data": "no data" }));
    let gone = town.say(&alice(), SPOT, "city view", &[]).await;
    assert_eq!(code(&gone), "NOT_JOINED");
    // She comes again as somebody new, with a number of her own.
    town.does(&alice(), "join", &joining("arcade")).await;
    let board = town.board(&alice(), "power").await;
    assert!(board.contains("alice"), "{board}");
    assert_eq!(town.export(&alice()).await["profile"]["pn"], 4);
    let since = text(&town.does(&bob(), "since", &[]).await);
    assert!(since.contains("deleted_user_1 joins") && since.contains("alice joins"), "{since}");

    // Where news go is set with the other settings, too.
    town.does(&admin(), "setup config", &[("channel", 7, json!(NEWS.to_string()))]).await;
    // The season is held still: whoever asks is told so.
    town.does(&admin(), "setup pause", &[("reason", 3, json!("lunch"))]).await;
    let status = town.does(&alice(), "season status", &[]).await;
    assert!(text(&status).contains("paused"), "{}", status.body);
    let setup = town.does(&admin(), "setup status", &[]).await;
    assert!(title(&setup).contains("paused"), "{}", setup.body);
    town.does(&admin(), "setup resume", &[("reason", 3, json!("all fed"))]).await;
    let since = text(&town.does(&bob(), "since", &[]).await);
    assert!(since.contains("The season is paused: lunch."), "{since}");
    assert!(since.contains("The season goes on: all fed."), "{since}");
    until("the news", PATIENCE, || {
        let state = town.standin.state();
        let mut posted = state.messages.values().filter(|message| message.channel == NEWS);
        posted.any(|message| text(message).contains("The season is paused: lunch."))
    });

    // The next season: bob stays hidden, in the hall of this one, too, and brings along what is carried.
    town.does(&bob(), "notify set", &[("kind", 3, json!("city")), ("dm", 5, json!(true))]).await;
    let asked = town.say(&admin(), SPOT, "setup end", &sure()).await;
    let asked = if title(&asked) == "Are you sure?" {
        let (on, _) = town.last();
        let pressed = town.press(&admin(), on, &control(&asked, "Yes, do it")).await;
        town.shown(&pressed).await
    } else {
        asked
    };
    assert_eq!(code(&asked), "", "{}", asked.body);
    let since = text(&town.does(&bob(), "since", &[]).await);
    assert!(since.contains("The hall of fame is recorded"), "{since}");
    town.does(&admin(), "setup start", &[]).await;
    let joined = town.does(&bob(), "join", &joining("cinema")).await;
    assert!(!text(&joined).contains("bob"), "{}", joined.body);
    town.does(&alice(), "join", &joining("otaku")).await;
    let hall = text(&town.does(&alice(), "season hall", &[]).await);
    assert!(hall.contains("anonymous_2") && hall.contains("alice") && !hall.contains("bob"), "{hall}");
    let page = text(&town.does(&bob(), "profile", &[]).await);
    assert!(page.contains("Seasons before"), "{page}");
    let kept = town.export(&bob()).await;
    assert_eq!((&kept["profile"]["pn"], &kept["profile"]["seasons_played"]), (&json!(1), &json!(1)));
    let switches = kept["notifications"].as_array().unwrap();
    assert!(switches.contains(&json!({ "kind": "city", "dm": true })), "{kept}");
    // Who left brings nothing along but what came after.
    assert_eq!(town.export(&alice()).await["profile"]["seasons_played"], 1);
    town.sound();
}

/// The vault's files as they are.
fn vault_of(home: &Home) -> Vec<(String, Option<Vec<u8>>)> {
    let names = ["vault.db", "vault.db-wal", "vault.db-shm"];
    names.map(|name| (name.to_owned(), std::fs::read(home.data().join(name)).ok())).to_vec()
}

#[test]
fn an_erasure_that_a_crash_has_left_undone_is_made_good() {
    let home = Home::new();
    home.ok(&["season", "open", "kingdoms"]);
    let token = home.player("carol");
    let server = home.serve();
    let (status, answer) = server.give(&token, "kingdoms", "1", "Join", &json!({ "faction": "otaku" }));
    assert_eq!(status, 200, "{answer}");
    // By the API, too, an export holds what the read models do; and a refusal says what to do about it.
    let ask = json!({ "kind": "PrivacyExport", "options": {} }).to_string();
    let (status, kept) = server.post_text("/v1/worlds/kingdoms/query", Some(&token), &ask);
    assert_eq!(status, 200, "{kept}");
    assert_eq!(kept["person"]["identity"]["terminal"], "carol", "{kept}");
    assert!(kept["pv_battles"].is_array() && kept["profile"]["pn"] == 1, "{kept}");
    let (_, refused) = server.give(&token, "kingdoms", "2", "Join", &json!({ "faction": "otaku" }));
    let refused = &refused["rejection"];
    assert_eq!(
        (&refused["family"], &refused["recoverable"], &refused["recovery"]),
        (&json!("CONFLICT"), &json!(true), &json!("user_correction")),
        "{refused}"
    );
    assert_eq!(server.stop(), 0);
    let before = vault_of(&home);

    let known = || home.run(&["player", "export", "carol"]).out().contains("known_since");
    let server = home.serve();
    assert!(known());
    let (status, answer) = server.give(&token, "kingdoms", "3", "PrivacyDelete", &json!({ "confirm": true }));
    assert_eq!(status, 200, "{answer}");
    until("carol is forgotten", PATIENCE, || !known());
    let (status, _) = server.post_text("/v1/worlds/kingdoms/query", Some(&token), &ask);
    assert_eq!(status, 401, "the token is gone with her");
    assert_eq!(server.stop(), 0);

    // The record holds the leaving, the vault has lost the erasure.
    for (name, bytes) in before {
        let path = home.data().join(name);
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => drop(std::fs::remove_file(path)),
        }
    }
    assert!(known());
    let server = home.serve();
    until("carol is forgotten again", PATIENCE, || !known());
    assert_eq!(server.stop(), 0);
    assert_eq!(home.run(&["verify", "kingdoms", "--deep"]).code(), 0);
    assert_eq!(home.run(&["projection", "check"]).code(), 0);
}

fn play(home: &Home, name: &str, lines: &str) -> Ran {
    let script = home.file("script.txt");
    std::fs::write(&script, lines).unwrap();
    let ran =
        home.run(&["play", "--script", script.to_str().unwrap(), "--as", name, "--admin", "--own-time"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
    ran
}

#[test]
fn prestige_is_earned_in_one_season_and_counts_in_the_next() {
    let home = Home::new();
    home.ok(&["season", "open", "first", "--game", "popverse-kingdoms"]);
    // Eleven days with an accepted command each.
    let days: String =
        (0..11).map(|day| format!("/notify set kind:city dm:{}\nwait 24h\n", day % 2 == 0)).collect();
    let lines = format!("/join faction:cinema\n{days}/setup end confirm:true\n/profile\n/season hall\n");
    let first = play(&home, "alice", &lines).out();
    assert!(first.contains("Prestige") && !first.contains("Prestige: 0"), "{first}");
    home.ok(&["season", "open", "second", "--game", "popverse-kingdoms"]);
    let play_second = |lines: &str| {
        let script = home.file("second.txt");
        std::fs::write(&script, lines).unwrap();
        let path = script.to_str().unwrap();
        let ran = home.run(&["play", "--world", "second", "--script", path, "--as", "alice", "--own-time"]);
        assert_eq!(ran.code(), 0, "{}{}", ran.out(), ran.err());
        ran.out()
    };
    let second = play_second("/join faction:cinema\n/profile\n");
    let line = |text: &str| {
        let line =
            text.lines().rfind(|line| line.contains("Prestige:") && line.contains("tier")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no prestige in {text}"))
    };
    assert_eq!(line(&second), line(&first));
    assert!(second.contains("Seasons before: 1"), "{second}");
    // What was carried stands in the envelope: a stranger decides the joining again to the same end.
    assert_eq!(home.run(&["verify", "second", "--deep"]).code(), 0);
}

#[test]
fn boards_battles_and_the_hall_of_a_season_name_everybody() {
    let home = Home::new();
    let data = home.data();
    // Long enough for a conquest in which a guild scores.
    home.ok(&["demo", "--days", "15", "--bots", "12", "--seed", "4", "--data", data.to_str().unwrap()]);
    let lines = "/leaderboard board:power\n/leaderboard board:guilds\n/leaderboard board:factions\n/battle list\n\
                 /arena log side:attack\n!UNKNOWN_BATTLE /battle report battle:2000000000\n";
    let shown = play(&home, "bot-01", lines).out();
    assert!(!shown.contains('{') && !shown.contains("player "), "{shown}");
    assert!(shown.contains("No such battle."), "{shown}");
    // After each command what it has shown: `name #channel> /command` begins it.
    let of = |shown: &str, command: &str| -> String {
        let typed = format!("#war-room> {command}");
        let at = shown.find(&typed).unwrap_or_else(|| panic!("no {command} in {shown}"));
        let answer = &shown[at + typed.len()..];
        answer.split("#war-room>").next().unwrap_or_default().to_owned()
    };
    let first = |answer: &str| -> String {
        let line = answer.lines().find_map(|line| line.strip_prefix("│ 1st")).unwrap_or_default();
        line.trim().to_owned()
    };
    assert!(first(&of(&shown, "/leaderboard board:power")).starts_with("bot-"), "{shown}");
    // Guilds and factions stand there by what they are called, and not as the players of the same numbers.
    let (guild, faction) =
        (first(&of(&shown, "/leaderboard board:guilds")), first(&of(&shown, "/leaderboard board:factions")));
    assert!(guild.contains('[') && !guild.starts_with("bot-"), "{shown}");
    assert!(["Cinema", "Otaku", "Arcade"].iter().any(|name| faction.starts_with(name)), "{shown}");
    // The number that the arena's log tells leads to a report, as that of any other battle does.
    let number = |answer: &str| -> String {
        let digits = answer.split_once('#').map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit));
        digits.unwrap_or_else(|| panic!("no battle in {answer}")).collect()
    };
    let (duel, battle) = (number(&of(&shown, "/arena log")), number(&of(&shown, "/battle list")));
    let lines = format!("/battle report battle:{duel}\n/battle report battle:{battle}\n");
    let reports = play(&home, "bot-01", &lines).out();
    for number in [&duel, &battle] {
        let report = of(&reports, &format!("/battle report battle:{number}"));
        assert!(report.contains("Round 1") && report.contains("checksum"), "{report}");
    }
    let ended = play(&home, "bot-01", "/setup end confirm:true\n/season hall\n").out();
    let hall = of(&ended, "/season hall");
    assert!(hall.contains("Hall of fame") && !hall.contains("player "), "{hall}");
    let name = guild.split('[').next().unwrap_or_default().trim();
    assert!(hall.contains(&format!("{name} [")) && hall.contains("champion among guilds"), "{hall}");
    assert!(hall.contains("  10. bot-"), "the best ten of a board: {hall}");
}
