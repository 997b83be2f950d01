//! From raw options to a command of the game, in two steps: shape here, meaning in the game.
//!
//! The check repeats everything that Discord's client checks, for those checks are the client's only.

use std::collections::BTreeMap;

use games_core::tree::{
    Access, CommandOption, CommandTree, Mode, OptionKind, SlashCommand, TUTORIAL_CLAIM, TUTORIAL_SHOW,
};
use schemas::PlayerId;
use schemas::rejection::RejectionText;
use serde_json::{Map, Value};

use crate::interaction::UserKey;
use crate::lang::t;
use crate::refusal;

/// An option as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// A text from a client that knows types.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A user.
    User(UserKey),
    /// A channel.
    Channel(u64),
    /// Typed at a terminal: the option says what it means.
    Typed(String),
}

/// The adapter's own command, for every game.
pub static HELP: SlashCommand = SlashCommand {
    path: "help",
    description: "What you can do here, and how",
    options: &[CommandOption {
        name: "topic",
        description: "A command or a group of commands",
        kind: OptionKind::Text { max: 32 },
        required: false,
        suggest: true,
    }],
    access: Access::Anyone,
    mode: Mode::Query,
    public: false,
    per_minute: 30,
    example: "/help",
};

/// What happened since the asker last looked: the read models', for every game.
pub static SINCE: SlashCommand = SlashCommand {
    path: "since",
    description: "What happened to you since you last looked",
    options: &[CommandOption {
        name: "page",
        description: "Which page",
        kind: OptionKind::Int { min: 1, max: 1000 },
        required: false,
        suggest: false,
    }],
    access: Access::Player,
    mode: Mode::Read,
    public: false,
    per_minute: 30,
    example: "/since",
};

/// Where a server reads news: the host's own, for every game.
pub static NEWS: SlashCommand = SlashCommand {
    path: "news",
    description: "Choose the channel in which news of the season are posted",
    options: &[CommandOption {
        name: "channel",
        description: "The channel; without one no news are posted",
        kind: OptionKind::Channel,
        required: false,
        suggest: false,
    }],
    access: Access::Admin,
    mode: Mode::Host,
    public: false,
    per_minute: 10,
    example: "/news",
};

/// Whether somebody wants private messages: the host's own, for every game.
pub static MESSAGES: SlashCommand = SlashCommand {
    path: "messages",
    description: "Private messages about what happens to you",
    options: &[CommandOption {
        name: "private",
        description: "Whether you want them",
        kind: OptionKind::Bool,
        required: true,
        suggest: false,
    }],
    access: Access::Anyone,
    mode: Mode::Host,
    public: false,
    per_minute: 10,
    example: "/messages private:true",
};

/// All commands that can be given: the game's, and those for every game whose word the game does not use itself.
pub fn commands(tree: &CommandTree) -> impl Iterator<Item = &'static SlashCommand> {
    let first = |path: &'static str| path.split(' ').next().unwrap_or(path);
    let used = move |word: &str| tree.commands.iter().any(|command| first(command.path) == word);
    let own = [&HELP, &TUTORIAL_SHOW, &TUTORIAL_CLAIM, &SINCE, &NEWS, &MESSAGES];
    tree.commands.iter().chain(own.into_iter().filter(move |command| !used(first(command.path))))
}

/// What a first word with subcommands is about: the game's own sentence, or that of a command for every game.
#[must_use]
pub fn group(tree: &CommandTree, word: &str) -> Option<&'static str> {
    let own = [("tutorial", "Your first steps, and what they pay")];
    tree.groups.iter().chain(&own).find(|(name, _)| *name == word).map(|(_, says)| *says)
}

/// Whether a command is one of those that set something on the host, and asks no world.
#[must_use]
pub fn is_setting(command: &SlashCommand) -> bool {
    [&raw const NEWS, &raw const MESSAGES].iter().any(|own| std::ptr::eq(command, *own))
}

/// The command of this path.
#[must_use]
pub fn find(tree: &CommandTree, path: &str) -> Option<&'static SlashCommand> {
    commands(tree).find(|command| command.path == path)
}

/// The command of this type.
#[must_use]
pub fn find_kind(tree: &CommandTree, kind: &str) -> Option<&'static SlashCommand> {
    commands(tree).find(|command| command.kind() == kind)
}

/// What is wrong with a raw command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no such command.
    #[error("There is no command /{path}.{}", did_you_mean(.meant.as_deref()))]
    UnknownCommand {
        /// What was asked for.
        path: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Only the first words of a command.
    #[error("/{path} needs one more word: {}.", .subcommands.join(", "))]
    Incomplete {
        /// What was asked for.
        path: String,
        /// What may follow.
        subcommands: Vec<String>,
    },
    /// The command has no such option.
    #[error("/{path} has no option {option}.{}", did_you_mean(.meant.as_deref()))]
    UnknownOption {
        /// The command.
        path: String,
        /// What was given.
        option: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// An option breaks its rule.
    #[error("Invalid input: {option} must be {rule}.")]
    Invalid {
        /// Which.
        option: String,
        /// What it must be.
        rule: String,
    },
    /// A user whom nobody knows.
    #[error("Invalid input: {shown} is not a player here.")]
    UnknownUser {
        /// Who was named.
        shown: String,
    },
    /// The line can not be read.
    #[error("{0}")]
    Line(String),
}

fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| say!(" Did you mean {word}?"))
}

impl Problem {
    /// What a person reads.
    #[must_use]
    pub fn text(&self, tree: &CommandTree) -> RejectionText {
        let (code, hint) = match self {
            Self::UnknownCommand { .. } | Self::Incomplete { .. } => ("UNKNOWN_COMMAND", t("See /help.")),
            Self::UnknownOption { path, .. } => ("INVALID_OPTION", usage(tree, path)),
            Self::Invalid { .. } => ("INVALID_OPTION", t("Check the command.")),
            Self::UnknownUser { .. } => ("INVALID_DISCORD_ID", t("Pick a user from the list.")),
            Self::Line(_) => ("INVALID_LINE", t("A line looks like /help topic:map.")),
        };
        refusal::plain(code, self.to_string()).of_family("VALIDATION").suggesting([hint])
    }
}

fn usage(tree: &CommandTree, path: &str) -> String {
    find(tree, path).map_or_else(String::new, |command| say!("For example: {}", command.example))
}

/// A command whose shape is right. Users stand in it as they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shaped {
    /// The command.
    pub command: &'static str,
    /// Its options, in the tree's order.
    pub options: Vec<(&'static str, Shape)>,
}

/// An option of the right shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// What stands in the payload.
    Plain(Value),
    /// A user, to be replaced by a player.
    User(UserKey),
}

/// Finds the players behind users.
pub trait Resolver {
    /// The player behind a user; none if nobody knows them.
    fn player(&self, user: &UserKey) -> Option<PlayerId>;
}

impl Resolver for BTreeMap<UserKey, PlayerId> {
    fn player(&self, user: &UserKey) -> Option<PlayerId> {
        self.get(user).copied()
    }
}

/// A raw command of the game: type and payload, whose fields are the options by name.
#[derive(Debug, Clone)]
pub struct RawCommand {
    /// The command.
    pub command: &'static SlashCommand,
    /// Its type.
    pub kind: String,
    /// Its payload.
    pub payload: Value,
}

/// Checks the shape of a command against the tree.
///
/// # Errors
/// The first thing that is wrong.
pub fn shape(tree: &CommandTree, path: &str, options: &[(String, RawValue)]) -> Result<Shaped, Problem> {
    let command = find(tree, path).ok_or_else(|| unknown_command(tree, path))?;
    let mut given = BTreeMap::new();
    for (name, value) in options {
        let option = command.option(name).ok_or_else(|| Problem::UnknownOption {
            path: path.to_owned(),
            option: name.clone(),
            meant: nearest(name, command.options.iter().map(|o| o.name)).map(str::to_owned),
        })?;
        if given.insert(option.name, check(option, value)?).is_some() {
            return Err(invalid(option.name, "given once"));
        }
    }
    let mut shaped = Vec::new();
    for option in command.options {
        match given.remove(option.name) {
            Some(value) => shaped.push((option.name, value)),
            None if option.required => return Err(invalid(option.name, "given")),
            None => {}
        }
    }
    Ok(Shaped { command: command.path, options: shaped })
}

impl Shaped {
    /// The users that are named.
    pub fn users(&self) -> impl Iterator<Item = &UserKey> {
        self.options.iter().filter_map(|(_, value)| match value {
            Shape::User(user) => Some(user),
            Shape::Plain(_) => None,
        })
    }

    /// Puts players in for users.
    ///
    /// # Errors
    /// A user whom nobody knows.
    pub fn resolve(self, tree: &CommandTree, players: &impl Resolver) -> Result<RawCommand, Problem> {
        let command = find(tree, self.command).ok_or_else(|| unknown_command(tree, self.command))?;
        let mut payload = Map::new();
        for (name, value) in self.options {
            let value = match value {
                Shape::Plain(value) => value,
                Shape::User(user) => match players.player(&user) {
                    Some(player) => Value::String(player.to_string()),
                    None => return Err(Problem::UnknownUser { shown: shown(&user) }),
                },
            };
            payload.insert(name.to_owned(), value);
        }
        Ok(RawCommand { command, kind: command.kind(), payload: payload.into() })
    }
}

fn shown(user: &UserKey) -> String {
    match user {
        UserKey::Discord(id) => format!("<@{id}>"),
        UserKey::Local(name) => format!("@{name}"),
    }
}

pub(crate) fn invalid(option: &str, rule: impl Into<String>) -> Problem {
    Problem::Invalid { option: option.to_owned(), rule: rule.into() }
}

/// What an option must be, in words.
#[must_use]
pub fn rule(kind: OptionKind) -> String {
    match kind {
        OptionKind::Int { min, max } => say!("a whole number from {min} to {max}"),
        OptionKind::Text { max } | OptionKind::Prose { max } => say!("1 to {max} characters"),
        OptionKind::Name(shape) => shape.rule(),
        OptionKind::Choice(choices) => say!("one of {}", choices.join(", ")),
        OptionKind::Bool => t("true or false"),
        OptionKind::User => t("a user"),
        OptionKind::Channel => t("a channel"),
    }
}

fn check(option: &CommandOption, value: &RawValue) -> Result<Shape, Problem> {
    let fail = || invalid(option.name, rule(option.kind));
    let plain = |value: Value| Ok(Shape::Plain(value));
    match option.kind {
        OptionKind::Int { min, max } => {
            let number = match value {
                RawValue::Int(number) => Some(*number),
                RawValue::Typed(text) => text.replace(['_', ','], "").parse().ok(),
                RawValue::Text(_) | RawValue::Bool(_) | RawValue::User(_) | RawValue::Channel(_) => None,
            };
            plain(number.filter(|n| (min..=max).contains(n)).ok_or_else(fail)?.into())
        }
        OptionKind::Text { max } | OptionKind::Prose { max } => {
            let text = text_of(value).ok_or_else(fail)?.trim();
            let fits = (1..=usize::from(max)).contains(&text.chars().count());
            if fits { plain(text.into()) } else { Err(fail()) }
        }
        // Whether the name has its shape the host says, with the code that is its own.
        OptionKind::Name(_) => {
            let text = text_of(value).ok_or_else(fail)?.trim();
            if text.is_empty() { Err(fail()) } else { plain(text.into()) }
        }
        OptionKind::Choice(choices) => {
            let text = text_of(value).ok_or_else(fail)?;
            let found = choices.iter().find(|choice| **choice == text);
            let lower = || choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
            plain((*found.or_else(lower).ok_or_else(fail)?).into())
        }
        OptionKind::Bool => plain(truth(value).ok_or_else(fail)?.into()),
        OptionKind::User => match value {
            RawValue::User(user) => Ok(Shape::User(user.clone())),
            RawValue::Typed(text) => typed_user(text).map(Shape::User).ok_or_else(fail),
            RawValue::Text(_) | RawValue::Int(_) | RawValue::Bool(_) | RawValue::Channel(_) => Err(fail()),
        },
        OptionKind::Channel => match value {
            RawValue::Channel(id) => plain(id.to_string().into()),
            RawValue::Typed(text) if text.len() > 1 => plain(text.trim_start_matches('#').into()),
            RawValue::Typed(_)
            | RawValue::Text(_)
            | RawValue::Int(_)
            | RawValue::Bool(_)
            | RawValue::User(_) => Err(fail()),
        },
    }
}

fn text_of(value: &RawValue) -> Option<&str> {
    match value {
        RawValue::Text(text) | RawValue::Typed(text) => Some(text),
        RawValue::Int(_) | RawValue::Bool(_) | RawValue::User(_) | RawValue::Channel(_) => None,
    }
}

fn truth(value: &RawValue) -> Option<bool> {
    match value {
        RawValue::Bool(truth) => Some(*truth),
        RawValue::Typed(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        RawValue::Text(_) | RawValue::Int(_) | RawValue::User(_) | RawValue::Channel(_) => None,
    }
}

/// `@bob`, `bob`, or `<@123>`.
fn typed_user(text: &str) -> Option<UserKey> {
    let mention = text.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
    if let Some(id) = mention.and_then(|digits| digits.trim_start_matches('!').parse().ok()) {
        return Some(UserKey::Discord(id));
    }
    let name = text.strip_prefix('@').unwrap_or(text).trim();
    (!name.is_empty()).then(|| UserKey::Local(name.to_owned()))
}

pub(crate) fn unknown_command(tree: &CommandTree, path: &str) -> Problem {
    let below = format!("{path} ");
    let subcommands: Vec<String> = commands(tree)
        .filter_map(|command| command.path.strip_prefix(&below)?.split(' ').next())
        .map(str::to_owned)
        .collect();
    if subcommands.is_empty() {
        let meant = nearest(path, commands(tree).map(|command| command.path));
        return Problem::UnknownCommand {
            path: path.to_owned(),
            meant: meant.map(|path| format!("/{path}")),
        };
    }
    let mut unique: Vec<String> = Vec::new();
    for word in subcommands {
        if !unique.contains(&word) {
            unique.push(word);
        }
    }
    Problem::Incomplete { path: path.to_owned(), subcommands: unique }
}

/// The word nearest to what was typed, if one is near enough to be what was meant.
pub(crate) fn nearest<'a>(typed: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let best = words.map(|word| (distance(&typed, word), word)).min_by_key(|(far, _)| *far)?;
    (best.0 <= 1 + typed.chars().count() / 4).then_some(best.1)
}

/// Edits from one word to another (insert, delete, replace, swap of neighbours).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(a.len())
}
