//! Every button, menu and form that any reply of any game shows, pressed after a restart.

use std::collections::BTreeSet;

use discord_adapter::custom_id::{CustomId, Verb};
use discord_adapter::reply::Form;
use discord_standin::people::{self, Person};
use discord_standin::{Delivery, Tamper};
use games_core::tree::{OptionKind, SlashCommand};
use serde_json::{Value, json};

use crate::replies::{FIGHTERS, fighter};
use crate::town::{GUILD, SPOT, Town, admin, bob, code, control, controls, title};

/// The example of a command as Discord would send it: options with their types.
fn example(command: &'static SlashCommand, user: u64) -> Vec<(&'static str, u64, Value)> {
    let given = command.example.strip_prefix('/').unwrap().strip_prefix(command.path).unwrap();
    let mut options = Vec::new();
    for option in command.options {
        let mark = format!(" {}:", option.name);
        let Some((_, rest)) = given.split_once(&mark) else { continue };
        // A value may hold blanks: it ends where the next option begins.
        let end = command.options.iter().filter_map(|other| rest.find(&format!(" {}:", other.name))).min();
        let text = rest[..end.unwrap_or(rest.len())].trim().trim_matches('"');
        options.push(match option.kind {
            OptionKind::Int { .. } => (option.name, 4, json!(text.parse::<i64>().unwrap())),
            OptionKind::Bool => (option.name, 5, json!(text == "true")),
            OptionKind::User => (option.name, 6, json!(user.to_string())),
            OptionKind::Channel => (option.name, 7, json!(SPOT.channel.to_string())),
            OptionKind::Text { .. }
            | OptionKind::Prose { .. }
            | OptionKind::Name(_)
            | OptionKind::Choice(_) => (option.name, 3, json!(text)),
        });
    }
    options
}

/// Something that can be pressed: on which message, what, and a pick where it is a menu.
#[derive(Debug)]
struct Control {
    on: u64,
    custom_id: String,
    pick: Option<String>,
}

impl Control {
    /// What it does: verb and command, without what differs from one message to the next.
    fn kind(&self) -> String {
        let parts: Vec<&str> = self.custom_id.split('|').collect();
        format!("{} {}", parts[2], parts[3].split('~').next().unwrap())
    }

    async fn press(&self, town: &Town, who: &Person) -> Delivery {
        let Some(pick) = &self.pick else {
            return town.standin.press(who, SPOT, self.on, &self.custom_id).await;
        };
        let data = json!({ "id": 2, "component_type": 3, "custom_id": self.custom_id, "values": [pick] });
        let mut value = people::interaction(3, who, SPOT, &data);
        let message = town.standin.state().messages[&self.on].clone();
        value["message"] = message.body;
        value["message"]["id"] = self.on.to_string().into();
        value["message"]["flags"] = if message.private { 64 } else { 0 }.into();
        town.standin.send(value, Tamper::None).await
    }
}

/// Every control of every message that stands.
fn all_controls(town: &Town) -> Vec<Control> {
    let state = town.standin.state();
    let mut all = Vec::new();
    for (on, message) in &state.messages {
        let rows = message.body["components"].as_array().into_iter().flatten();
        for one in rows.flat_map(|row| row["components"].as_array().into_iter().flatten()) {
            if one["disabled"].as_bool() == Some(true) {
                continue;
            }
            let custom_id = one["custom_id"].as_str().unwrap().to_owned();
            let first = &one["options"][0]["value"];
            all.push(Control { on: *on, custom_id, pick: first.as_str().map(str::to_owned) });
        }
    }
    all
}

/// After so many commands or presses the server is started anew, which forgives: whoever does more than eighty things in a
/// minute, each a moment after the last, is stopped as a program.
const CALM: usize = 25;

/// Plays every command of a game once, starts the server anew, and presses everything that any reply has shown, until
/// nothing new comes.
async fn everything_is_pressed(game: &'static dyn games_registry::GameFace) -> BTreeSet<String> {
    let mut town = Town::new().await;
    let fights = game.name() == "popverse-kingdoms";
    if fights {
        town.open_hasty();
    } else {
        town.home.ok(&["season", "open", "realm", "--game", game.name(), "--server", &GUILD.to_string()]);
    }
    town.serve();
    let (ann, bob) = (admin(), bob());
    let tree = game.tree();
    // Whose buttons there are: only who was shown one may press it.
    let mut people = vec![ann.clone(), bob.clone()];
    if fights {
        let (who, report) = town.fight().await;
        assert_eq!(report.files.len(), 1, "{}", report.body);
        let list = town.say(&who, SPOT, "battle list", &[]).await;
        assert!(list.body.to_string().contains("BattleReport"), "{}", list.body);
        people.extend((0..FIGHTERS).map(fighter));
    }
    // Somebody who can be named as a target.
    let joins = tree.commands.iter().find(|command| ["join", "settle"].contains(&command.path)).unwrap();
    town.say(&bob, SPOT, joins.path, &example(joins, ann.id)).await;
    // What ends the season, or the player, comes after everything was pressed.
    let last = ["setup end", "privacy delete"];
    for (number, command) in tree.commands.iter().enumerate() {
        if number > 0 && number % CALM == 0 {
            town.serve();
        }
        if command.path == "land buy" {
            // A parcel that is known and that nobody owns.
            let list = town.say(&ann, SPOT, "land list", &[("state", 3, json!("unowned"))]).await;
            let shown = controls(&list)
                .into_iter()
                .find_map(|(label, _)| label.strip_prefix('#')?.parse::<i64>().ok());
            let parcel = shown.unwrap_or_else(|| panic!("no parcel is known: {}", list.body));
            let told = town.say(&ann, SPOT, "land info", &[("parcel", 4, json!(parcel))]).await;
            assert_eq!(code(&told), "", "{}", told.body);
        }
        if !last.contains(&command.path) {
            let told = town.say(&ann, SPOT, command.path, &example(command, bob.id)).await;
            assert_ne!(code(&told), "INTERNAL_ERROR", "/{}: {}", command.path, town.home.said());
        }
        let page = town.say(&ann, SPOT, "help", &[("topic", 3, json!(command.path))]).await;
        assert!(!title(&page).is_empty());
        if command.path == "setup pause" {
            town.say(&ann, SPOT, "setup resume", &[]).await;
        }
    }
    town.serve();
    if fights {
        // What is on offer, one's own and somebody else's.
        let offer = [
            ("give", 3, json!("food")),
            ("give_amount", 4, json!(50)),
            ("want", 3, json!("gold")),
            ("want_amount", 4, json!(20)),
        ];
        for who in [&ann, &bob] {
            let told = town.say(who, SPOT, "market offer", &offer).await;
            assert_eq!(code(&told), "", "{}", told.body);
        }
        town.say(&ann, SPOT, "market offers", &[]).await;
    }
    let mut pressed = BTreeSet::new();
    for round in 0..3 {
        town.serve();
        let new: Vec<Control> =
            all_controls(&town).into_iter().filter(|control| !pressed.contains(&control.kind())).collect();
        for control in new {
            let kind = control.kind();
            if !pressed.insert(kind.clone()) {
                continue;
            }
            if pressed.len() % CALM == 0 {
                town.serve();
            }
            let mut delivery = control.press(&town, &ann).await;
            for who in &people[1..] {
                if delivery.answer["data"]["embeds"][0]["footer"]["text"] == "NOT_YOURS" {
                    delivery = control.press(&town, who).await;
                }
            }
            let first = town.first(&delivery);
            match first["type"].as_u64() {
                // A form opens; it is sent with nothing in it, which is answered, too.
                Some(9) => {
                    let data = &first["data"];
                    let sent = town.standin.form(&ann, SPOT, data["custom_id"].as_str().unwrap(), &[]).await;
                    let told = town.shown(&sent).await;
                    assert!(
                        !title(&told).is_empty() && code(&told) != "INTERNAL_ERROR",
                        "{kind}: {}",
                        told.body
                    );
                }
                Some(_) => {
                    let told = town.shown(&delivery).await;
                    let bad = ["INTERNAL_ERROR", "NOT_YOURS", "NOT_JOINED"].contains(&code(&told));
                    assert!(!title(&told).is_empty() && !bad, "{kind}: {}", told.body);
                    assert!(!title(&told).contains("older version"), "{kind} is not understood any more");
                    println!("[{round}] {kind}: {} {}", title(&told), code(&told));
                }
                None => panic!("{kind}: {} {}", delivery.status, delivery.answer),
            }
        }
    }
    for command in tree.commands.iter().filter(|command| command.path == "privacy delete") {
        let told = town.say(&bob, SPOT, command.path, &example(command, ann.id)).await;
        assert_ne!(code(&told), "INTERNAL_ERROR", "{}", told.body);
    }
    if let Some(end) = tree.commands.iter().find(|command| command.path == "setup end") {
        town.say(&ann, SPOT, end.path, &[("confirm", 5, json!(false))]).await;
        let (id, sure) = town.last();
        town.serve();
        let spared = town.press(&ann, id, &control(&sure, "Cancel")).await;
        assert!(title(&town.shown(&spared).await).contains("Nothing was done"), "{}", spared.answer);
        pressed.insert("cancel ".to_owned());
        town.say(&ann, SPOT, end.path, &[("confirm", 5, json!(false))]).await;
        let (id, sure) = town.last();
        let ended = town.press(&ann, id, &control(&sure, "Yes, do it")).await;
        assert_eq!(code(&town.shown(&ended).await), "", "{}", ended.answer);
    }
    town.sound();
    pressed
}

/// What replies may draw, read from the code that draws them: verb and command, as [`Control::kind`] has them. Names of
/// commands stand there as texts, behind the call that makes the button; in a list of buttons there is none, and they show.
fn drawable(game: &'static dyn games_registry::GameFace) -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../discord-adapter/src/present");
    let folder = if game.name() == "popverse-kingdoms" { root.join("popverse") } else { root };
    let kinds: BTreeSet<String> = game.tree().commands.iter().map(SlashCommand::kind).collect();
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // Each second part lies between quotation marks.
        let parts: Vec<&str> = text.split('"').collect();
        for (number, part) in
            parts.iter().enumerate().skip(1).step_by(2).filter(|(_, part)| kinds.contains(**part))
        {
            // What stands before it in the same statement, without other texts.
            let before: String = parts[..number].iter().step_by(2).copied().collect();
            let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default();
            let last = |call: &str| statement.rfind(call);
            let verb = match (last(".act("), last(".button(").max(last(".show("))) {
                (Some(act), show) if show.is_none_or(|show| show < act) => "do",
                (None | Some(_), Some(_)) => "show",
                // A pair of label and command, in a list of them.
                (None, None) if before.trim_end().ends_with(',') && parts[number + 1].starts_with(')') => {
                    "show"
                }
                (None | Some(_), None) => continue,
            };
            found.insert(format!("{verb} {part}"));
        }
    }
    let world = schemas::WorldId::new("realm").unwrap();
    let forms = game.tree().commands.iter().filter(|command| {
        let id = CustomId {
            world: world.clone(),
            verb: Verb::Form,
            kind: command.kind(),
            args: Vec::new(),
            actor: None,
            version: String::new(),
        };
        Form::of(command, id).is_some()
    });
    found.extend(forms.map(|command| format!("form {}", command.kind())));
    // What can not be undone is asked about first.
    if game.tree().commands.iter().any(|command| command.option("confirm").is_some()) {
        found.insert("cancel ".to_owned());
    }
    found
}

/// What is drawn only where more has happened than these people bring about for certain, and why.
const NOT_ALWAYS_PRESSED: &[(&str, &str)] =
    &[("do QuestClaim", "which quests a day has is drawn, and most take longer than this test")];

#[tokio::test(flavor = "multi_thread")]
async fn every_button_and_menu_of_every_game_works_after_a_restart() {
    for game in games_registry::games() {
        let pressed = everything_is_pressed(game).await;
        let drawable = drawable(game);
        println!("{}: {} kinds pressed, {} are drawn", game.name(), pressed.len(), drawable.len());
        // Harbour draws a form; a game with a face of its own draws much.
        let least = if game.name() == "popverse-kingdoms" { 50 } else { 1 };
        assert!(drawable.len() >= least, "{drawable:?}");
        let excused = |kind: &str| NOT_ALWAYS_PRESSED.iter().any(|(known, _)| *known == kind);
        let missing: Vec<&str> =
            drawable.difference(&pressed).map(String::as_str).filter(|kind| !excused(kind)).collect();
        assert!(missing.is_empty(), "never pressed: {missing:?}");
        if least > 1 {
            // What is not drawn any more needs no excuse.
            for (kind, why) in NOT_ALWAYS_PRESSED {
                assert!(drawable.contains(*kind), "{kind}: {why}");
            }
        }
    }
}
