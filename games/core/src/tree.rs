//! Slash commands as data: the single source of registration, help, permissions, completion and limits.

use std::fmt;

/// Who may use a command. What is not listed is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Any member of the server.
    Anyone,
    /// Who has joined the season.
    Player,
    /// Who administers the server.
    Admin,
}

/// What a name may look like: letters and digits, and some marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameShape {
    /// Least characters.
    pub min: u16,
    /// Most characters.
    pub max: u16,
    /// Characters besides letters and digits.
    pub marks: &'static str,
}

impl NameShape {
    /// Whether a name has this shape.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        (usize::from(self.min)..=usize::from(self.max)).contains(&name.chars().count())
            && name.chars().all(|c| c.is_alphanumeric() || self.marks.contains(c))
    }

    /// What a name must be, in words.
    #[must_use]
    pub fn rule(&self) -> String {
        let marks: Vec<&str> = [(' ', "spaces"), ('-', "hyphens"), ('\'', "apostrophes")]
            .into_iter()
            .filter_map(|(mark, word)| self.marks.contains(mark).then_some(word))
            .collect();
        let more = if marks.is_empty() { String::new() } else { format!(", {}", marks.join(", ")) };
        format!("{} to {} letters, digits{more}", self.min, self.max)
    }
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A whole number within bounds, both included.
    Int {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A text.
    Text {
        /// Most characters.
        max: u16,
    },
    /// A text in a person's own words: hosts seal it before it reaches the record, and rules only copy it.
    Prose {
        /// Most characters.
        max: u16,
    },
    /// A name that a person gives: sealed like prose. What it may look like is the hosts' matter, for the rules see only
    /// whether two are equal.
    Name(NameShape),
    /// One of a few.
    Choice(&'static [&'static str]),
    /// True or false.
    Bool,
    /// A member of the server.
    User,
    /// A channel of the server.
    Channel,
}

/// One option of a command.
#[derive(Debug, Clone, Copy)]
pub struct CommandOption {
    /// Its name, which is also the field's name.
    pub name: &'static str,
    /// At most 100 characters.
    pub description: &'static str,
    /// What it takes.
    pub kind: OptionKind,
    /// Whether it must be given.
    pub required: bool,
    /// Whether suggestions are offered while it is being typed.
    pub suggest: bool,
}

/// An option that must be given and offers no suggestions.
#[must_use]
pub const fn option(name: &'static str, description: &'static str, kind: OptionKind) -> CommandOption {
    CommandOption { name, description, kind, required: true, suggest: false }
}

/// A whole number within bounds, both included.
#[must_use]
pub const fn int(name: &'static str, description: &'static str, min: i64, max: i64) -> CommandOption {
    option(name, description, OptionKind::Int { min, max })
}

/// A text of at most so many characters.
#[must_use]
pub const fn text(name: &'static str, description: &'static str, max: u16) -> CommandOption {
    option(name, description, OptionKind::Text { max })
}

/// A text in a person's own words, of at most so many characters.
#[must_use]
pub const fn prose(name: &'static str, description: &'static str, max: u16) -> CommandOption {
    option(name, description, OptionKind::Prose { max })
}

/// A name that a person gives.
#[must_use]
pub const fn name(name: &'static str, description: &'static str, shape: NameShape) -> CommandOption {
    option(name, description, OptionKind::Name(shape))
}

/// One of a few.
#[must_use]
pub const fn choice(
    name: &'static str,
    description: &'static str,
    choices: &'static [&'static str],
) -> CommandOption {
    option(name, description, OptionKind::Choice(choices))
}

/// A member of the server.
#[must_use]
pub const fn user(name: &'static str, description: &'static str) -> CommandOption {
    option(name, description, OptionKind::User)
}

/// The option, which may be left out.
#[must_use]
pub const fn maybe(option: CommandOption) -> CommandOption {
    CommandOption { required: false, ..option }
}

/// The option, with suggestions while it is being typed.
#[must_use]
pub const fn auto(option: CommandOption) -> CommandOption {
    CommandOption { suggest: true, ..option }
}

/// What using a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Asks the world to decide.
    Command,
    /// Asks the state.
    Query,
    /// Asks the read models.
    Read,
    /// Belongs to the host: opening, pausing, ending a season.
    Host,
}

/// One slash command: a path of one to three words with its options.
#[derive(Debug, Clone, Copy)]
pub struct SlashCommand {
    /// The words after the slash, separated by one blank: `troops train`.
    pub path: &'static str,
    /// At most 100 characters.
    pub description: &'static str,
    /// Required ones first.
    pub options: &'static [CommandOption],
    /// Who may.
    pub access: Access,
    /// What it does.
    pub mode: Mode,
    /// Whether everybody in the channel sees the answer.
    pub public: bool,
    /// Most uses a player may make of it in a minute.
    pub per_minute: u32,
    /// One full line that works, for help and tests.
    pub example: &'static str,
}

/// A command whose answer only the asker sees.
#[must_use]
pub const fn command(
    path: &'static str,
    description: &'static str,
    options: &'static [CommandOption],
    access: Access,
    mode: Mode,
    example: &'static str,
) -> SlashCommand {
    let per_minute = match mode {
        Mode::Command | Mode::Host => PER_MINUTE,
        Mode::Query | Mode::Read => ASKED_PER_MINUTE,
    };
    SlashCommand { path, description, options, access, mode, public: false, per_minute, example }
}

/// The command, with an answer that everybody in the channel sees.
#[must_use]
pub const fn public(command: SlashCommand) -> SlashCommand {
    SlashCommand { public: true, ..command }
}

/// Uses of a command that a player may make in a minute where nothing else is said.
const PER_MINUTE: u32 = 10;
/// The same of a question: whoever pages through a list or pans over the map asks once for each page.
const ASKED_PER_MINUTE: u32 = 30;

impl SlashCommand {
    /// The command, with another limit.
    #[must_use]
    pub const fn per_minute(self, per_minute: u32) -> Self {
        Self { per_minute, ..self }
    }

    /// The command's type on the record: the path in UpperCamelCase.
    #[must_use]
    pub fn kind(&self) -> String {
        kind_of(self.path)
    }

    /// The option of this name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&'static CommandOption> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// A slash path in UpperCamelCase: `troops train` → `TroopsTrain`.
#[must_use]
pub fn kind_of(path: &str) -> String {
    let mut kind = String::with_capacity(path.len());
    for word in path.split([' ', '-', '_']) {
        let mut letters = word.chars();
        kind.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        kind.push_str(letters.as_str());
    }
    kind
}

/// The tutorial, for every game.
pub static TUTORIAL_SHOW: SlashCommand = command(
    "tutorial show",
    "Your first steps: what to do next, and what it pays",
    &[],
    Access::Anyone,
    Mode::Query,
    "/tutorial show",
);

/// Taking what the tutorial's steps pay, for every game. Its type is the host's, so that no game decides it.
pub static TUTORIAL_CLAIM: SlashCommand = command(
    "tutorial claim",
    "Take the rewards of the steps that you have done",
    &[],
    Access::Player,
    Mode::Command,
    "/tutorial claim",
);

/// All commands of one game.
#[derive(Debug, Clone, Copy)]
pub struct CommandTree {
    /// The game.
    pub game: &'static str,
    /// The commands, by path.
    pub commands: &'static [SlashCommand],
    /// A sentence for each first word that has subcommands.
    pub groups: &'static [(&'static str, &'static str)],
}

/// A limit of Discord that a command tree breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFault {
    /// Where.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for TreeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}: {}", self.path, self.problem)
    }
}

impl CommandTree {
    /// The command of this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&'static SlashCommand> {
        self.commands.iter().find(|command| command.path == path)
    }

    /// The command of this type.
    #[must_use]
    pub fn find_kind(&self, kind: &str) -> Option<&'static SlashCommand> {
        self.commands.iter().find(|command| command.kind() == kind)
    }

    /// Everything in which the tree breaks Discord's limits: names `^[-_'\p{L}\p{N}]{1,32}$` in lower case,
    /// descriptions of 1–100 characters, at most 25 options, subcommands and choices, required options first, unique
    /// names, 8,000 characters a command, at most 100 commands.
    #[must_use]
    pub fn faults(&self) -> Vec<TreeFault> {
        let mut faults = Vec::new();
        let mut tops: std::collections::BTreeMap<&str, (usize, usize, bool)> =
            std::collections::BTreeMap::new();
        let mut paths = std::collections::BTreeSet::new();
        for command in self.commands {
            let mut fail =
                |problem: String| faults.push(TreeFault { path: command.path.to_owned(), problem });
            let words: Vec<&str> = command.path.split(' ').collect();
            if words.len() > 3 {
                fail("deeper than command, group, subcommand".to_owned());
            }
            if !paths.insert(command.path) {
                fail("stands twice".to_owned());
            }
            for word in &words {
                if !name_fits(word) {
                    fail(format!("name {word:?} is not 1 to 32 lower-case letters, digits, '-', '_'"));
                }
            }
            if !description_fits(command.description) {
                fail("description is not 1 to 100 characters".to_owned());
            }
            if command.options.len() > 25 {
                fail(format!("{} options, 25 are the limit", command.options.len()));
            }
            let mut names = std::collections::BTreeSet::new();
            let mut optional_seen = false;
            let mut characters = command.path.chars().count() + command.description.chars().count();
            for option in command.options {
                if !name_fits(option.name) || !names.insert(option.name) {
                    fail(format!("option {:?}: name is not valid or stands twice", option.name));
                }
                if !description_fits(option.description) {
                    fail(format!("option {:?}: description is not 1 to 100 characters", option.name));
                }
                if option.required && optional_seen {
                    fail(format!("option {:?}: required ones come first", option.name));
                }
                optional_seen |= !option.required;
                characters += option.name.chars().count() + option.description.chars().count();
                if let OptionKind::Choice(choices) = option.kind {
                    if choices.is_empty() || choices.len() > 25 {
                        fail(format!(
                            "option {:?}: {} choices, 1 to 25 are allowed",
                            option.name,
                            choices.len()
                        ));
                    }
                    if option.suggest {
                        fail(format!("option {:?}: choices and suggestions exclude each other", option.name));
                    }
                    characters += choices.iter().map(|choice| 2 * choice.chars().count()).sum::<usize>();
                }
            }
            let top = tops.entry(words[0]).or_default();
            top.0 += 1;
            top.1 += characters;
            top.2 |= words.len() == 1;
        }
        if tops.len() > 100 {
            faults.push(TreeFault {
                path: String::new(),
                problem: format!("{} commands, 100 are the limit", tops.len()),
            });
        }
        for (top, (count, characters, bare)) in tops {
            let mut fail = |problem: String| faults.push(TreeFault { path: top.to_owned(), problem });
            if count > 25 {
                fail(format!("{count} subcommands, 25 are the limit"));
            }
            if characters > 8000 {
                fail(format!("{characters} characters, 8,000 are the limit"));
            }
            if bare && count > 1 {
                fail("a command with subcommands can not be used bare".to_owned());
            }
        }
        faults
    }
}

fn name_fits(name: &str) -> bool {
    (1..=32).contains(&name.chars().count())
        && name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || "-_'".contains(c))
}

fn description_fits(text: &str) -> bool {
    (1..=100).contains(&text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_type() {
        assert_eq!(kind_of("troops train"), "TroopsTrain");
        assert_eq!(kind_of("join"), "Join");
        assert_eq!(kind_of("city view"), "CityView");
    }

    const BAD: CommandTree = CommandTree {
        game: "bad",
        groups: &[],
        commands: &[
            SlashCommand {
                path: "Join",
                description: "",
                options: &[
                    CommandOption {
                        name: "a",
                        description: "x",
                        kind: OptionKind::Bool,
                        required: false,
                        suggest: false,
                    },
                    CommandOption {
                        name: "a",
                        description: "x",
                        kind: OptionKind::Choice(&[]),
                        required: true,
                        suggest: true,
                    },
                ],
                access: Access::Anyone,
                mode: Mode::Command,
                public: false,
                per_minute: 10,
                example: "/Join",
            },
            SlashCommand {
                path: "Join now",
                description: "x",
                options: &[],
                access: Access::Anyone,
                mode: Mode::Command,
                public: false,
                per_minute: 10,
                example: "/Join now",
            },
        ],
    };

    #[test]
    fn every_broken_limit_is_named() {
        let faults: Vec<String> = BAD.faults().iter().map(ToString::to_string).collect();
        for part in [
            "name \"Join\"",
            "description is not",
            "name is not valid or stands twice",
            "required ones come first",
            "0 choices",
            "exclude each other",
            "used bare",
        ] {
            assert!(faults.iter().any(|fault| fault.contains(part)), "{part:?} is missing in {faults:#?}");
        }
    }
}
