//! Typed lines, as in `/attack x:15 y:15 hero:quiet_widower troops:50`: reading them and completing them.

use games_core::tree::{CommandTree, OptionKind, SlashCommand};

use crate::parse::{self, Problem, RawValue};

/// A line that names a command of the tree. Options stand as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The words after the slash.
    pub path: String,
    /// Name and value of each option.
    pub options: Vec<(String, RawValue)>,
}

/// A word of a line, and where it stands. Quotes are taken off its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    start: usize,
    end: usize,
    text: String,
    open_quote: bool,
}

/// Splits at blanks outside quotes. A quote opens at the start of a word or after its first colon; `\` takes the next
/// character as it is within quotes.
fn words(line: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some(&(start, c)) = chars.peek() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = Word { start, end: line.len(), text: String::new(), open_quote: false };
        while let Some(&(at, c)) = chars.peek() {
            if word.open_quote {
                chars.next();
                match c {
                    '"' => word.open_quote = false,
                    '\\' => word.text.extend(chars.next().map(|(_, next)| next)),
                    other => word.text.push(other),
                }
            } else if c.is_whitespace() {
                word.end = at;
                break;
            } else {
                chars.next();
                let value_begins =
                    word.text.is_empty() || (word.text.ends_with(':') && word.text.matches(':').count() == 1);
                if c == '"' && value_begins {
                    word.open_quote = true;
                } else {
                    word.text.push(c);
                }
            }
        }
        words.push(word);
    }
    words
}

/// How many of the first words are the command's path, and the command if they name one.
fn path_of(tree: &CommandTree, words: &[Word]) -> (String, usize, Option<&'static SlashCommand>) {
    let mut path = String::new();
    let mut best = (String::new(), 0, None);
    for (i, word) in words.iter().take(3).enumerate() {
        if word.text.contains(':') {
            break;
        }
        if i > 0 {
            path.push(' ');
        }
        path.push_str(if i == 0 { word.text.trim_start_matches('/') } else { &word.text });
        match parse::find(tree, &path) {
            Some(command) => return (path, i + 1, Some(command)),
            None => best = (path.clone(), i + 1, None),
        }
    }
    best
}

/// Reads a line.
///
/// # Errors
/// What can not be read, with what was probably meant.
pub fn read(tree: &CommandTree, line: &str) -> Result<Line, Problem> {
    let words = words(line);
    let Some(first) = words.first() else { return Err(Problem::Line("The line is empty.".to_owned())) };
    if !first.text.starts_with('/') {
        return Err(Problem::Line(format!("A command begins with a slash: /{}", line.trim())));
    }
    let (path, used, command) = path_of(tree, &words);
    let Some(command) = command else { return Err(lost(tree, &words, &path)) };
    let mut options: Vec<(String, String)> = Vec::new();
    for word in &words[used..] {
        if word.open_quote {
            return Err(Problem::Line(format!("A quote is not closed: {}", &line[word.start..])));
        }
        match word.text.split_once(':').filter(|(name, _)| is_name(name)) {
            Some((name, value)) => options.push((name.to_owned(), value.to_owned())),
            None => match options.last_mut().filter(|(name, _)| takes_text(command, name)) {
                // Discord lets a text run on to the next option; so does a line.
                Some((_, value)) => {
                    value.push(' ');
                    value.push_str(&word.text);
                }
                None => return Err(bare(command, &word.text)),
            },
        }
    }
    let options = options.into_iter().map(|(name, value)| (name, RawValue::Typed(value))).collect();
    Ok(Line { path, options })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn takes_text(command: &SlashCommand, option: &str) -> bool {
    command.option(option).is_some_and(|option| {
        matches!(option.kind, OptionKind::Text { .. } | OptionKind::Prose { .. } | OptionKind::Name(_))
    })
}

fn bare(command: &SlashCommand, word: &str) -> Problem {
    let first = command.options.first();
    Problem::Line(first.map_or_else(
        || format!("/{} takes no options, but here stands {word}.", command.path),
        |option| {
            format!("{word} stands alone: write the option's name before it, as in {}:{word}.", option.name)
        },
    ))
}

/// The problem of a line that names no command: the longest part of it that leads somewhere decides.
fn lost(tree: &CommandTree, words: &[Word], path: &str) -> Problem {
    let whole = parse::unknown_command(tree, path);
    if !matches!(whole, Problem::UnknownCommand { meant: None, .. }) {
        return whole;
    }
    parse::unknown_command(tree, words.first().map_or("", |word| word.text.trim_start_matches('/')))
}

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What replaces the text from [`Completion::start`] to the cursor.
    pub text: String,
    /// What is shown in the list.
    pub shown: String,
}

/// A question that only the world can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The command.
    pub path: &'static str,
    /// The option.
    pub option: &'static str,
    /// What has been typed of its value.
    pub typed: String,
}

/// How a line may go on at the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completion {
    /// Where the replaced part begins, in bytes.
    pub start: usize,
    /// The ways, best first.
    pub candidates: Vec<Candidate>,
    /// Suggestions to be asked of the world; each value is then put after the option's name by [`value`].
    pub wanted: Option<Wanted>,
}

/// An option with its value as it would be typed: quoted if need be.
#[must_use]
pub fn value(option: &str, value: &str) -> String {
    let quoted = value.is_empty() || value.contains(|c: char| c.is_whitespace() || c == '"');
    if !quoted {
        return format!("{option}:{value} ");
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{option}:\"{escaped}\" ")
}

/// How a line may go on.
#[must_use]
pub fn complete(tree: &CommandTree, line: &str, cursor: usize) -> Completion {
    let Some(head) = line.get(..cursor) else { return Completion::default() };
    let words = words(head);
    let fresh = head.is_empty()
        || (head.ends_with(char::is_whitespace) && !words.last().is_some_and(|w| w.open_quote));
    let (current, before) = if fresh {
        (None, words.as_slice())
    } else {
        (words.last(), words.split_last().map_or(&[][..], |(_, rest)| rest))
    };
    let start = current.map_or(cursor, |word| word.start);
    let typed = current.map_or("", |word| word.text.as_str());
    let (_, used, command) = path_of(tree, before);
    match command {
        Some(command) => option_part(command, &before[used..], start, typed),
        None => path_part(tree, before, start, typed),
    }
}

fn path_part(tree: &CommandTree, before: &[Word], start: usize, typed: &str) -> Completion {
    let depth = before.len();
    let typed = typed.trim_start_matches('/').to_lowercase();
    let mut candidates: Vec<Candidate> = Vec::new();
    for command in parse::commands(tree) {
        let words: Vec<&str> = command.path.split(' ').collect();
        let leads = words.len() > depth
            && before.iter().zip(&words).all(|(word, name)| word.text.trim_start_matches('/') == *name);
        let Some(next) = words.get(depth).filter(|next| leads && next.starts_with(&typed)) else { continue };
        let text = format!("{}{next} ", if depth == 0 { "/" } else { "" });
        if candidates.iter().any(|known| known.text == text) {
            continue;
        }
        let group = tree.groups.iter().find(|(name, _)| depth == 0 && words.len() > 1 && name == next);
        let says = group.map_or(command.description, |(_, says)| says);
        candidates.push(Candidate { shown: format!("{} – {says}", text.trim_end()), text });
    }
    Completion { start, candidates, wanted: None }
}

fn option_part(command: &'static SlashCommand, before: &[Word], start: usize, typed: &str) -> Completion {
    if let Some((name, value_typed)) = typed.split_once(':') {
        let Some(option) = command.option(name) else { return Completion::default() };
        let lower = value_typed.to_lowercase();
        let fixed = |words: &[&str]| {
            let fits = words.iter().filter(|word| word.starts_with(&lower));
            fits.map(|word| Candidate { text: value(name, word), shown: (*word).to_owned() }).collect()
        };
        let candidates: Vec<Candidate> = match option.kind {
            OptionKind::Choice(choices) => fixed(choices),
            OptionKind::Bool => fixed(&["true", "false"]),
            OptionKind::Int { .. }
            | OptionKind::Text { .. }
            | OptionKind::Prose { .. }
            | OptionKind::Name(_)
            | OptionKind::User
            | OptionKind::Channel => Vec::new(),
        };
        let world = option.suggest || option.kind == OptionKind::User;
        let wanted =
            world.then(|| Wanted { path: command.path, option: option.name, typed: value_typed.to_owned() });
        return Completion { start, candidates, wanted };
    }
    let given =
        |name: &str| before.iter().any(|word| word.text.split_once(':').is_some_and(|(n, _)| n == name));
    let open = command.options.iter().filter(|option| !given(option.name) && option.name.starts_with(typed));
    let candidates = open.map(|option| {
        let mark = if option.required { "" } else { "?" };
        let shown = format!("{}{mark} – {} ({})", option.name, option.description, parse::rule(option.kind));
        Candidate { text: format!("{}:", option.name), shown }
    });
    Completion { start, candidates: candidates.collect(), wanted: None }
}
