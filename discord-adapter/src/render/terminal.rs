//! A reply as lines of a terminal: a coloured stripe, the heading, the text, buttons by number.

use crate::render::stamp;
use crate::reply::{Reply, Row, Style};

/// How a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are shown.
    pub colour: bool,
    /// Columns.
    pub width: usize,
    /// The wall clock, in ms since the Unix epoch.
    pub now_ms: i64,
}

impl Look {
    /// Plain text of 100 columns.
    #[must_use]
    pub const fn plain(now_ms: i64) -> Self {
        Self { colour: false, width: 100, now_ms }
    }

    /// Whether colours are wanted: never where `NO_COLOR` is set to anything, or where nobody looks.
    #[must_use]
    pub fn wants_colour(no_color: Option<&std::ffi::OsStr>, is_terminal: bool) -> bool {
        is_terminal && no_color.is_none_or(std::ffi::OsStr::is_empty)
    }
}

/// What typing a number does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// What stands beside the number.
    pub label: String,
    /// The state of the button or menu.
    pub custom_id: String,
    /// The pick, for a menu.
    pub pick: Option<String>,
}

/// Everything that can be pressed, in the order of the numbers from 1.
#[must_use]
pub fn presses(reply: &Reply) -> Vec<Press> {
    let mut all = Vec::new();
    for row in &reply.rows {
        match row {
            Row::Buttons(buttons) => all.extend(buttons.iter().filter(|b| !b.disabled).map(|button| Press {
                label: button.label.clone(),
                custom_id: button.id.to_string(),
                pick: None,
            })),
            Row::Select(select) => all.extend(select.options.iter().map(|(label, value)| Press {
                label: label.clone(),
                custom_id: select.id.to_string(),
                pick: Some(value.clone()),
            })),
        }
    }
    all
}

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";

struct Lines {
    look: Look,
    stripe: String,
    out: String,
}

impl Lines {
    fn push(&mut self, line: &str) {
        self.out.push_str(&self.stripe);
        self.out.push_str(line);
        while self.out.ends_with(' ') {
            self.out.pop();
        }
        self.out.push('\n');
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.look.colour { format!("{code}{text}{RESET}") } else { text.to_owned() }
    }

    /// Markdown as lines: code blocks as they stand, everything else wrapped.
    fn text(&mut self, text: &str, indent: &str) {
        let mut code = false;
        let text = stamp::plain(text, self.look.now_ms);
        for line in text.lines() {
            if let Some(rest) = line.trim_start().strip_prefix("```") {
                // A block may open and close in one line.
                match rest.strip_suffix("```").filter(|inner| !inner.is_empty()) {
                    Some(inner) => self.push(&format!("{indent}{inner}")),
                    None => code = !code,
                }
                continue;
            }
            if code {
                self.push(&format!("{indent}{line}"));
                continue;
            }
            let room = self.look.width.saturating_sub(2 + indent.len()).max(20);
            let shown = inline(line, self.look.colour);
            for part in wrapped(&unescaped(&shown), room) {
                self.push(&format!("{indent}{part}"));
            }
        }
    }
}

/// The reply as text, each line ended.
#[must_use]
pub fn text(reply: &Reply, look: Look) -> String {
    let (r, g, b) = (reply.colour.0 >> 16, reply.colour.0 >> 8 & 255, reply.colour.0 & 255);
    let stripe = if look.colour { format!("\x1b[38;2;{r};{g};{b}m▌{RESET} ") } else { "│ ".to_owned() };
    let mut lines = Lines { look, stripe, out: String::new() };
    let only = if reply.private { lines.painted(DIM, "(only you) ") } else { String::new() };
    let title = inline(&stamp::plain(&reply.title, look.now_ms), false);
    let title = lines.painted(BOLD, &title);
    lines.push(&format!("{only}{title}"));
    lines.text(&reply.text, "");
    for field in &reply.fields {
        let short = field.inline && !field.value.contains('\n');
        if short {
            lines.text(&format!("**{}:** {}", field.name, field.value), "");
        } else {
            let name = lines.painted(BOLD, &stamp::plain(&field.name, look.now_ms));
            lines.push(&name);
            lines.text(&field.value, "  ");
        }
    }
    for text in &reply.more {
        lines.text(text, "");
    }
    if let Some(picture) = &reply.picture {
        if picture.instead.is_empty() {
            lines.text(&format!("[picture: {}]", picture.alt), "");
        } else {
            lines.text(&picture.instead, "");
        }
    }
    if let Some(document) = &reply.document {
        // Nothing is kept from who has no place to put a file.
        lines.push(&lines.painted(DIM, &document.name));
        document.text.lines().for_each(|line| lines.push(line));
    }
    if let Some(footer) = &reply.footer {
        let footer = stamp::plain(footer, look.now_ms);
        for part in wrapped(&footer, look.width.saturating_sub(2).max(20)) {
            let part = lines.painted(DIM, &part);
            lines.push(&part);
        }
    }
    buttons(reply, &mut lines);
    lines.out
}

fn buttons(reply: &Reply, lines: &mut Lines) {
    let mut number = 0;
    for row in &reply.rows {
        let mut shown: Vec<String> = Vec::new();
        match row {
            Row::Buttons(buttons) => {
                for button in buttons {
                    if button.disabled {
                        let label = format!("({})", button.label);
                        shown.push(lines.painted(DIM, &label));
                        continue;
                    }
                    number += 1;
                    let code = match button.style {
                        Style::Primary => "\x1b[36m",
                        Style::Secondary => "\x1b[39m",
                        Style::Danger => "\x1b[31m",
                    };
                    let label = format!("[{number}] {}", button.label);
                    shown.push(lines.painted(code, &label));
                }
            }
            Row::Select(select) => {
                shown.push(format!("{}:", select.placeholder));
                for (label, _) in &select.options {
                    number += 1;
                    shown.push(format!("[{number}] {label}"));
                }
            }
        }
        // Colour codes take no room, so the plain labels are measured.
        let room = lines.look.width.saturating_sub(2).max(20);
        let mut line = String::new();
        for part in shown {
            if !line.is_empty() && width(&line) + 2 + width(&part) > room {
                lines.push(&line);
                line = "  ".to_owned();
            } else if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(&part);
        }
        lines.push(&line);
    }
}

/// Markdown's escapes taken off.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(|next| "*_`~|>\\".contains(*next)) {
            continue;
        }
        out.push(c);
    }
    out
}

/// Bold, italics and code as colours, or taken off.
fn inline(text: &str, colour: bool) -> String {
    let mut out = text.to_owned();
    for (mark, on) in [("**", BOLD), ("`", "\x1b[36m")] {
        let mut parts = out.split(mark);
        let mut next = parts.next().unwrap_or_default().to_owned();
        let rest: Vec<&str> = parts.collect();
        // An odd mark is no mark.
        let pairs = rest.len() / 2 * 2;
        for (i, part) in rest.iter().enumerate() {
            if i >= pairs {
                next.push_str(mark);
            } else if colour {
                next.push_str(if i % 2 == 0 { on } else { RESET });
            }
            next.push_str(part);
        }
        out = next;
    }
    italics(&out)
}

/// `*word*` without its stars; a lone star stays.
fn italics(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('*') {
        out.push_str(before);
        let inner = after
            .split_once('*')
            .filter(|(inner, _)| !inner.is_empty() && !inner.starts_with(' ') && !inner.ends_with(' '));
        match inner {
            Some((inner, after)) => {
                out.push_str(inner);
                rest = after;
            }
            None => {
                out.push('*');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Columns that a text takes: colour codes none, pictographs two.
fn width(text: &str) -> usize {
    let mut escape = false;
    text.chars()
        .map(|c| match c {
            '\x1b' => {
                escape = true;
                0
            }
            'm' if escape => {
                escape = false;
                0
            }
            _ if escape => 0,
            '\u{200b}' | '\u{fe0f}' => 0,
            '\u{1f300}'..='\u{1faff}'
            | '\u{2600}'..='\u{26ff}'
            | '\u{1100}'..='\u{115f}'
            | '\u{3000}'..='\u{9fff}' => 2,
            _ => 1,
        })
        .sum()
}

/// The line broken at blanks; what follows a bullet is indented.
fn wrapped(line: &str, room: usize) -> Vec<String> {
    if width(line) <= room {
        return vec![line.to_owned()];
    }
    let hang = if line.starts_with("• ") || line.starts_with("- ") { "  " } else { "" };
    let mut lines = Vec::new();
    let mut current = String::new();
    for word in line.split(' ') {
        if !current.trim().is_empty() && width(&current) + 1 + width(word) > room {
            lines.push(std::mem::replace(&mut current, hang.to_owned()));
        } else if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_off_where_nobody_looks_or_nobody_wants_them() {
        use std::ffi::OsStr;
        assert!(Look::wants_colour(None, true));
        assert!(!Look::wants_colour(None, false));
        assert!(!Look::wants_colour(Some(OsStr::new("1")), true));
        assert!(Look::wants_colour(Some(OsStr::new("")), true));
    }

    #[test]
    fn markdown_is_taken_off_and_lines_are_broken() {
        let reply = Reply::new(
            "A *b* **c**",
            "one **two** `three` 2 * 3 * 4\n```\n  a  b\n```\n• five six seven eight nine ten",
        );
        let look = Look { width: 22, ..Look::plain(0) };
        assert_eq!(
            text(&reply, look),
            "│ (only you) A b c\n│ one two three 2 * 3\n│ * 4\n│   a  b\n│ • five six seven\n│   eight nine ten\n"
        );
    }
}
