//! Typed lines are completed from the tree and from the world.

#![allow(clippy::unwrap_used, reason = "helpers of a test may fail it")]

mod world;

use discord_adapter::interaction::UserKey;
use discord_adapter::line::{self, complete};
use discord_adapter::parse::{self, Problem, RawValue};
use discord_adapter::terminal::{Settings, Shell};
use proptest::prelude::*;
use world::Season;

fn tree() -> &'static games_core::tree::CommandTree {
    games_registry::find("popverse-kingdoms").unwrap().tree()
}

fn texts(line: &str) -> Vec<String> {
    complete(tree(), line, line.len()).candidates.into_iter().map(|candidate| candidate.text).collect()
}

#[test]
fn words_options_and_choices_are_completed() {
    assert_eq!(texts("/se"), ["/setup ", "/season "].map(String::from).to_vec());
    assert_eq!(texts("/hero s"), ["summon ", "skill "]);
    assert_eq!(texts("/join "), ["faction:"]);
    assert_eq!(texts("/join faction:o"), ["faction:otaku "]);
    assert_eq!(texts("/setup end confirm:"), ["confirm:true ", "confirm:false "]);
    assert_eq!(texts("/attack x:1 y:2 t"), ["troops:", "t1:", "t2:", "t3:", "t4:"]);
    assert_eq!(texts("/attack x:1 y:2 tr"), ["troops:"]);
    assert_eq!(texts("/nothing "), Vec::<String>::new());
    assert!(texts("").len() > 10);
    let wanted = complete(tree(), "/attack x:1 hero:st", 19).wanted.unwrap();
    assert_eq!((wanted.path, wanted.option, wanted.typed.as_str()), ("attack", "hero", "st"));
}

#[test]
fn the_world_suggests_what_it_knows() {
    let season = Season::open("popverse-kingdoms");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut shell = Shell::new(&season, season.tree(), Settings::default());
    runtime.block_on(shell.line("/join faction:cinema"));
    let mut ask = |line: &str| {
        let (start, found) = runtime.block_on(shell.complete(line, line.len()));
        (start, found.into_iter().map(|candidate| candidate.text).collect::<Vec<_>>())
    };
    assert_eq!(ask("/hero view hero:"), (11, vec!["hero:stunt_rookie ".to_owned()]));
    assert_eq!(ask("/profile player:@al"), (9, vec!["player:@alice ".to_owned()]));
    assert!(ask("/build start building:").1.contains(&"building:hq ".to_owned()));
    assert_eq!(ask("/help topic:map").1, ["topic:map "]);
    assert_eq!(ask("/qui").1, ["/quit "].map(|w| w.trim().to_owned()));
}

#[test]
fn texts_run_on_and_quotes_hold() {
    let read = |text: &str| line::read(tree(), text).unwrap().options;
    let typed = |text: &str| RawValue::Typed(text.to_owned());
    assert_eq!(read("/setup pause reason:the server moves"), [("reason".into(), typed("the server moves"))]);
    assert_eq!(
        read(r#"/admin suspend reason:"a \"b\" c:d" player:@bob"#),
        [("reason".into(), typed(r#"a "b" c:d"#)), ("player".into(), typed("@bob"))]
    );
    assert_eq!(line::value("hero", "quiet widower"), "hero:\"quiet widower\" ");
}

#[test]
fn what_was_meant_is_offered() {
    let wrong = |text: &str| line::read(tree(), text).unwrap_err().to_string();
    assert_eq!(wrong("/atack x:1"), "There is no command /atack. Did you mean /attack?");
    assert_eq!(wrong("/hero"), "/hero needs one more word: list, view, summon, skill, tome.");
    assert_eq!(wrong("/hero vieuw hero:x"), "There is no command /hero vieuw. Did you mean /hero view?");
    assert_eq!(wrong("/xyzzy"), "There is no command /xyzzy.");
}

#[test]
fn values_of_a_client_are_checked_again() {
    let shape = |path: &str, options: &[(&str, RawValue)]| {
        let options: Vec<_> =
            options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        parse::shape(tree(), path, &options).map(|_| ())
    };
    let text = |text: &str| RawValue::Text(text.to_owned());
    let invalid =
        |option: &str, rule: &str| Err(Problem::Invalid { option: option.into(), rule: rule.into() });
    let xy = [("x", RawValue::Int(1)), ("y", RawValue::Int(2))];
    assert_eq!(shape("scout", &xy), Ok(()));
    assert_eq!(shape("scout", &xy[..1]), invalid("y", "given"));
    assert_eq!(shape("scout", &[xy[0].clone(), xy[0].clone()]), invalid("x", "given once"));
    assert_eq!(shape("scout", &[("x", RawValue::Int(100))]), invalid("x", "a whole number from 0 to 99"));
    assert_eq!(shape("scout", &[("x", text("1"))]), invalid("x", "a whole number from 0 to 99"));
    assert_eq!(
        shape("join", &[("faction", text("pirates"))]),
        invalid("faction", "one of cinema, otaku, arcade")
    );
    assert_eq!(shape("hero view", &[("hero", text(&"h".repeat(51)))]), invalid("hero", "1 to 50 characters"));
    assert_eq!(shape("hero view", &[("hero", text("  "))]), invalid("hero", "1 to 50 characters"));
    assert_eq!(shape("setup end", &[("confirm", RawValue::Int(1))]), invalid("confirm", "true or false"));
    assert_eq!(shape("profile", &[("player", text("bob"))]), invalid("player", "a user"));
    assert_eq!(shape("profile", &[("player", RawValue::User(UserKey::Discord(5)))]), Ok(()));
}

proptest! {
    #[test]
    fn no_line_makes_the_reader_or_the_completer_panic(line in "(/(attack|hero view|admin grant)? )?\\PC{0,60}", at in 0..80_usize) {
        let _ = line::read(tree(), &line);
        let found = complete(tree(), &line, at);
        prop_assert!(found.start <= line.len() || found.candidates.is_empty());
    }

    #[test]
    fn every_value_that_is_offered_reads_back(value in "\\PC{1,40}") {
        let text = format!("/hero view {}", line::value("hero", &value));
        let read = line::read(tree(), &text).unwrap();
        prop_assert_eq!(read.options, vec![("hero".to_owned(), RawValue::Typed(value))]);
    }
}
