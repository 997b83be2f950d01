//! Registration and help come from the tree and keep Discord's limits, for every game.

use discord_adapter::{help, registration};

#[test]
fn every_tree_keeps_discords_limits() {
    for game in games_registry::games() {
        let faults: Vec<String> = game.tree().faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, Vec::<String>::new(), "{}", game.name());
        let list = registration::json(game.tree());
        let commands = list.as_array().unwrap();
        assert!(commands.len() <= 100, "{}: {} commands", game.name(), commands.len());
        for command in commands {
            let characters = registration::characters(command);
            assert!(characters <= registration::MOST_CHARACTERS, "/{}: {characters}", command["name"]);
        }
    }
}

#[test]
fn the_digest_changes_with_the_tree_only() {
    let games = games_registry::games();
    let digests: Vec<_> = games.iter().map(|game| registration::digest(game.tree())).collect();
    assert_ne!(digests[0], digests[1]);
    assert_eq!(digests[0], registration::digest(games[0].tree()));
}

#[test]
fn staff_commands_are_hidden_by_default_and_the_others_are_not() {
    let tree = games_registry::find("popverse-kingdoms").unwrap().tree();
    for command in registration::json(tree).as_array().unwrap() {
        let staff = ["setup", "admin", "news"].contains(&command["name"].as_str().unwrap());
        assert_eq!(
            command["default_member_permissions"].as_str(),
            staff.then_some("32"),
            "{}",
            command["name"]
        );
    }
}

#[test]
fn registration_of_popverse_kingdoms() {
    let tree = games_registry::find("popverse-kingdoms").unwrap().tree();
    insta::assert_json_snapshot!(registration::json(tree));
}

#[test]
fn registration_of_harbour() {
    insta::assert_json_snapshot!(registration::json(games_registry::find("harbour").unwrap().tree()));
}

#[test]
fn pages_of_help() {
    let game = games_registry::find("popverse-kingdoms").unwrap();
    insta::assert_snapshot!("permissions", help::permissions(game.tree()));
    insta::assert_snapshot!("page", help::page(game.tree(), game.title()));
}
