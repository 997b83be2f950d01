//! Help, the table of permissions and the page of commands: all from the tree.

use std::fmt::Write as _;

use games_core::tree::{Access, CommandTree, SlashCommand};

use crate::render::table::Table;
use crate::reply::Reply;
use crate::{lang, parse};

/// The topics: every first word of a command, once.
#[must_use]
pub fn topics(tree: &CommandTree) -> Vec<&'static str> {
    let mut topics = Vec::new();
    for command in parse::commands(tree) {
        let word = command.path.split(' ').next().unwrap_or(command.path);
        if !topics.contains(&word) {
            topics.push(word);
        }
    }
    topics
}

/// Topics that begin with what was typed: shown text and value.
#[must_use]
pub fn suggest(tree: &CommandTree, typed: &str) -> Vec<(String, String)> {
    let fits = topics(tree).into_iter().filter(|topic| topic.starts_with(typed.trim_start_matches('/')));
    fits.map(|topic| (format!("{topic} – {}", says(tree, topic)), topic.to_owned())).collect()
}

fn says(tree: &CommandTree, topic: &str) -> &'static str {
    lang::part(
        parse::group(tree, topic)
            .or_else(|| parse::find(tree, topic).map(|command| command.description))
            .unwrap_or_default(),
    )
}

fn who(access: Access) -> &'static str {
    lang::part(match access {
        Access::Anyone => "everybody",
        Access::Player => "players",
        Access::Admin => "admins",
    })
}

/// The command with its options: `/attack x y hero troops [t1] …`.
#[must_use]
pub fn usage(command: &SlashCommand) -> String {
    let mut line = format!("/{}", command.path);
    for option in command.options {
        let _ = if option.required {
            write!(line, " {}", option.name)
        } else {
            write!(line, " [{}]", option.name)
        };
    }
    line
}

/// The answer to `/help`, or to `/help topic:…`.
#[must_use]
pub fn reply(tree: &CommandTree, title: &str, topic: Option<&str>) -> Reply {
    let Some(topic) = topic.map(|topic| topic.trim().trim_start_matches('/')) else {
        return overview(tree, title);
    };
    let below = format!("{topic} ");
    let found: Vec<&SlashCommand> =
        parse::commands(tree).filter(|c| c.path == topic || c.path.starts_with(&below)).collect();
    match found.as_slice() {
        [] => {
            let mut reply = overview(tree, title);
            let near = parse::nearest(topic, topics(tree).into_iter());
            let near = near.map_or_else(String::new, |near| say!(" Did you mean **{near}**?"));
            reply.text = say!("There is no topic \u{201c}{topic}\u{201d}.{near}\n\n{}", reply.text);
            reply
        }
        [one] => single(one),
        many => several(tree, topic, many),
    }
}

fn overview(tree: &CommandTree, title: &str) -> Reply {
    let mut text = String::new();
    for topic in topics(tree).into_iter().filter(|topic| *topic != parse::HELP.path) {
        let _ = writeln!(text, "**/{topic}** – {}", says(tree, topic));
    }
    Reply::new(say!("{title}: what you can do"), text.trim_end())
        .footed("More on one of them: /help topic:… · options in brackets may be left out")
}

fn several(tree: &CommandTree, topic: &str, commands: &[&SlashCommand]) -> Reply {
    let mut text = String::new();
    for command in commands {
        let staff = if command.access == Access::Admin { lang::part(" · *admins*") } else { "" };
        let _ = writeln!(text, "`{}`{staff}\n{}", usage(command), lang::part(command.description));
    }
    Reply::new(format!("/{topic} – {}", says(tree, topic)), text.trim_end())
        .footed(say!("For example: {}", commands.first().map_or("", |command| command.example)))
}

fn single(command: &SlashCommand) -> Reply {
    let mut text = say!("{}\nFor **{}**.", lang::part(command.description), who(command.access));
    if command.public {
        text.push_str(lang::part(" Everybody in the channel sees the answer."));
    }
    let mut reply = Reply::new(usage(command), text);
    let mut options = String::new();
    for option in command.options {
        let mark = if option.required { "" } else { lang::part(" *(may be left out)*") };
        let _ = writeln!(
            options,
            "`{}`{mark} – {}: {}",
            option.name,
            lang::part(option.description),
            parse::rule(option.kind)
        );
    }
    if !options.is_empty() {
        reply = reply.field("Options", options.trim_end());
    }
    reply
        .field("Example", format!("`{}`", command.example))
        .footed(say!("At most {} times a minute", command.per_minute))
}

/// Who may use which command, as a table of plain text.
#[must_use]
pub fn permissions(tree: &CommandTree) -> String {
    let mut table = Table::new(["command", "everybody", "players", "admins"]);
    for command in parse::commands(tree) {
        // What everybody may, players may too; an administrator need not play.
        let may = |yes: bool| if yes { "yes" } else { "–" }.to_owned();
        table.push([
            format!("/{}", command.path),
            may(command.access == Access::Anyone),
            may(command.access != Access::Admin),
            may(command.access != Access::Player),
        ]);
    }
    table.to_string()
}

/// The page of all commands, Markdown.
#[must_use]
pub fn page(tree: &CommandTree, title: &str) -> String {
    let mut page =
        say!("# Commands of {title}\n\nMade from the command tree; options in brackets may be left out.\n");
    for topic in topics(tree) {
        let _ = write!(page, "\n## {topic}\n\n");
        if let Some(says) = parse::group(tree, topic) {
            let _ = writeln!(page, "{says}.\n");
        }
        let below = format!("{topic} ");
        page.push_str("| command | what it does | who | answer |\n| --- | --- | --- | --- |\n");
        let members: Vec<&SlashCommand> =
            parse::commands(tree).filter(|c| c.path == topic || c.path.starts_with(&below)).collect();
        for command in &members {
            let seen = if command.public { "public" } else { "private" };
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {seen} |",
                usage(command),
                command.description,
                who(command.access)
            );
        }
        for command in members.iter().filter(|command| !command.options.is_empty()) {
            let _ = writeln!(page, "\n`{}`\n", command.example);
            for option in command.options {
                let mark = if option.required { "" } else { ", may be left out" };
                let _ = writeln!(
                    page,
                    "- `{}`: {} ({}{mark})",
                    option.name,
                    option.description,
                    parse::rule(option.kind)
                );
            }
        }
    }
    page
}
