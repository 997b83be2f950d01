//! The slash commands of the season (rulebook 4.2): one list for registration, help, permissions, completion, limits.

mod commands;

use games_core::tree::CommandTree;

/// All commands of the game.
pub(crate) static TREE: CommandTree = CommandTree {
    game: "popverse-kingdoms",
    commands: commands::COMMANDS,
    groups: &[
        ("setup", "Open, watch and end a season"),
        ("city", "Your city: view, warden, shield, crew, moving"),
        ("build", "Raise buildings"),
        ("research", "Raise technologies"),
        ("troops", "Train, promote, heal and dismiss troops"),
        ("march", "Marches that are out"),
        ("map", "What you know of the map"),
        ("hero", "Heroes: summon, skills, experience"),
        ("gear", "Weapons and armor of your heroes"),
        ("item", "Items and the diamond shop"),
        ("land", "Parcels: buy, sell, hold"),
        ("market", "The exchange, and offers among players"),
        ("arena", "Three heroes against three: rating, points, shop"),
        ("conquest", "The weekly fight for the five control points"),
        ("quest", "The quests of the day"),
        ("guild", "Your guild: members, bank, experience"),
        ("battle", "Your battles, blow by blow"),
        ("season", "The season and its hall of fame"),
        ("privacy", "Your name and your data"),
        ("notify", "Which messages you get"),
        ("link", "Accounts elsewhere"),
        ("admin", "Grants and suspensions"),
    ],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use games_core::tree::{Mode, SlashCommand};
    use schemas::codec::Recorded;

    use super::*;
    use crate::command::Command;
    use crate::query::Query;

    #[test]
    fn the_tree_keeps_discords_limits() {
        let faults: Vec<String> = TREE.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, Vec::<String>::new());
        let tops: BTreeSet<&str> = TREE
            .commands
            .iter()
            .filter(|c| c.path.contains(' '))
            .filter_map(|c| c.path.split(' ').next())
            .collect();
        let groups: BTreeSet<&str> = TREE.groups.iter().map(|(name, _)| *name).collect();
        assert_eq!(tops, groups);
    }

    #[test]
    fn every_command_and_query_has_exactly_one_entry() {
        let of = |mode: Mode| -> BTreeSet<String> {
            TREE.commands.iter().filter(|c| c.mode == mode).map(SlashCommand::kind).collect()
        };
        let commands: BTreeSet<String> = Command::KINDS.iter().map(|k| k.kind.to_owned()).collect();
        assert_eq!(of(Mode::Command), commands);
        let queries: BTreeSet<String> = Query::KINDS.iter().map(|k| (*k).to_owned()).collect();
        assert_eq!(of(Mode::Query), queries);
        assert_eq!(TREE.commands.iter().filter(|c| c.mode == Mode::Command).count(), Command::KINDS.len());
    }

    #[test]
    fn options_are_the_fields_of_their_commands() {
        for kind in Command::KINDS {
            let schema = (kind.schema)();
            let mut fields: BTreeSet<&str> = schema["properties"]
                .as_object()
                .map(|o| o.keys().map(String::as_str).collect())
                .unwrap_or_default();
            if kind.kind == "SetupConfig" {
                // Where news are posted is no rule of the season: the host takes it out and keeps it.
                fields.insert("channel");
            }
            let required: BTreeSet<&str> = schema["required"]
                .as_array()
                .map(|a| a.iter().filter_map(serde_json::Value::as_str).collect())
                .unwrap_or_default();
            let command = TREE.find_kind(kind.kind).unwrap();
            let options: BTreeSet<&str> = command.options.iter().map(|o| o.name).collect();
            assert_eq!(options, fields, "/{}", command.path);
            let needed: BTreeSet<&str> =
                command.options.iter().filter(|o| o.required).map(|o| o.name).collect();
            assert_eq!(needed, required, "/{}", command.path);
        }
    }

    #[test]
    fn examples_name_their_own_command_and_its_options() {
        for command in TREE.commands {
            let rest = command.example.strip_prefix(&format!("/{}", command.path));
            let rest =
                rest.unwrap_or_else(|| panic!("{} does not begin with /{}", command.example, command.path));
            let given: BTreeSet<&str> =
                rest.split(' ').filter_map(|word| word.split_once(':')).map(|(name, _)| name).collect();
            for option in command.options {
                assert!(
                    given.contains(option.name) || !option.required,
                    "/{}: {}",
                    command.path,
                    option.name
                );
            }
            for name in given {
                assert!(command.option(name).is_some(), "/{}: {name}", command.path);
            }
        }
    }
}
