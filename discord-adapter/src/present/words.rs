//! Words and figures for people.

pub(crate) use games_core::words::spelled;

use crate::lang::{self, Lang};

/// A key as words: `bandit_camp` → `Bandit camp`. Abbreviations and numerals get their capitals.
#[must_use]
pub fn human(key: &str) -> String {
    lang::word(spelled(key))
}

/// The same within a sentence. Only English writes its nouns small.
#[must_use]
pub fn low(word: &str) -> String {
    if lang::spoken() == Lang::En { word.to_lowercase() } else { word.to_owned() }
}

/// A key as it stands in English sentences; elsewhere the word for it.
#[must_use]
pub fn thing(key: &impl std::fmt::Display) -> String {
    let key = key.to_string();
    lang::known_word(&spelled(&key)).map_or(key, str::to_owned)
}

/// So many of something: 1 diamond, 2 diamonds.
#[must_use]
pub fn some(count: i64, thing: &str) -> String {
    match lang::counted(count, thing) {
        Some(thing) => format!("{} {thing}", figure(count)),
        None => format!("{} {thing}{}", figure(count), if count == 1 { "" } else { "s" }),
    }
}

/// A rank: 1st, 2nd, 3rd, 4th, 11th, 21st.
#[must_use]
pub fn rank(rank: i64) -> String {
    if lang::spoken() == Lang::De {
        return format!("{}.", figure(rank));
    }
    let ending = match (rank % 10, rank % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", figure(rank))
}

/// A type as words: `MarchStarted` → `March started`.
#[must_use]
pub fn of_kind(kind: &str) -> String {
    let mut words = String::new();
    for c in kind.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(c.to_ascii_lowercase());
        } else {
            words.push(c);
        }
    }
    words
}

/// A number with its thousands apart: 1234567 → `1,234,567`.
#[must_use]
pub fn figure(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mark = match lang::spoken() {
        Lang::En => ',',
        Lang::De => '.',
    };
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// A time span by its two largest units: 4980 s → `1 h 23 min`.
#[must_use]
pub fn span(seconds: i64) -> String {
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(3);
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units.iter().skip(first).take(2) {
        let count = rest / size;
        rest %= size;
        if count > 0 || parts.is_empty() {
            parts.push(format!("{count} {unit}"));
        }
    }
    parts.join(" ")
}

/// A bar of ten steps: 430 of 1000 → `████░░░░░░`.
#[must_use]
pub fn bar(part: i64, whole: i64) -> String {
    let full = if whole <= 0 { 0 } else { (part.clamp(0, whole).saturating_mul(10) + whole / 2) / whole };
    (0..10).map(|i| if i < full { '█' } else { '░' }).collect()
}

/// Words joined as in a sentence: a, b and c.
#[must_use]
pub fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => say!("{} and {last}", head.join(", ")),
    }
}

/// A text of a person, made harmless: what Discord's Markdown would take as a mark is escaped, mentions are broken.
#[must_use]
pub fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '_' | '`' | '~' | '|' | '>' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("<\u{200b}"),
            '@' => out.push_str("@\u{200b}"),
            '\n' | '\r' => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// A text of a person for a cell of a table: one line, without the mark that would end the code block.
#[must_use]
pub fn cell(text: &str) -> String {
    text.chars().map(|c| if c == '`' || c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_spans_read_well() {
        assert_eq!(
            (figure(0), figure(999), figure(-1000), figure(1_234_567)),
            ("0".into(), "999".into(), "-1,000".into(), "1,234,567".into())
        );
        assert_eq!(
            (span(0), span(59), span(60), span(4980)),
            ("0 s".into(), "59 s".into(), "1 min".into(), "1 h 23 min".into())
        );
        assert_eq!(span(2 * 86_400 + 59), "2 d");
        assert_eq!(
            (bar(0, 10), bar(5, 10), bar(1, 0)),
            ("░".repeat(10), format!("{}{}", "█".repeat(5), "░".repeat(5)), "░".repeat(10))
        );
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(of_kind("MarchStarted"), "March started");
        assert_eq!((safe("a_b"), cell("a_`b")), ("a\\_b".into(), "a_ b".into()));
        assert_eq!(human("troop_training_ii"), "Troop training II");
        assert_eq!(
            [1, 2, 3, 4, 11, 12, 13, 21, 112].map(rank).join(" "),
            "1st 2nd 3rd 4th 11th 12th 13th 21st 112th"
        );
        assert_eq!((some(1, "diamond"), some(0, "diamond")), ("1 diamond".into(), "0 diamonds".into()));
    }
}
