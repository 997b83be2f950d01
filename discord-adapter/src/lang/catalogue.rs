//! A catalogue: texts of the code and what they are in another language.
//!
//! The file has five tables. `texts` holds whole texts by the English ones, each gap of which is `{}`; `sentences` the same
//! for what games and hosts say when they refuse, `parts` what stands in their gaps; `words` single things; `counted` things of which there is one or are
//! many (`"Runde|Runden"`). In a text of the other language a gap is named by its place in the English one:
//!
//! - `{1}`: what stands there, as it is;
//! - `{1:dich}`: the same, but where it is the reader (`you`), this word;
//! - `{1'}`: whose something is, without the English ending;
//! - `{1~}`: a word, looked up in turn.
//!
//! Where a sentence is another one when the reader does it, it is `{ you = "Du …", text = "{0} …" }`.

use std::collections::HashMap;

use toml::{Table, Value};

/// What is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file is no catalogue.
    #[error("the catalogue can not be read: {0}")]
    Unread(String),
    /// An entry is neither a text nor a pair.
    #[error("{0:?} has no text")]
    NoText(String),
    /// A gap that the English text does not have, or one that is left out.
    #[error("{0:?}: the gaps are not those of the English text")]
    Gaps(String),
}

/// A text cut at its gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut(Vec<String>);

impl Cut {
    /// Cuts a template of the code; `{{` and `}}` are no gaps.
    fn of(template: &str) -> Self {
        let (mut pieces, mut piece) = (Vec::new(), String::new());
        let mut letters = template.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '{' | '}' if letters.peek() == Some(&letter) => {
                    piece.push(letter);
                    letters.next();
                }
                '{' => {
                    letters.by_ref().take_while(|inner| *inner != '}').for_each(drop);
                    pieces.push(std::mem::take(&mut piece));
                }
                _ => piece.push(letter),
            }
        }
        pieces.push(piece);
        Self(pieces)
    }

    /// The key of the catalogue.
    fn key(&self) -> String {
        self.0.join("{}")
    }

    fn gaps(&self) -> usize {
        self.0.len() - 1
    }

    /// What stands in the gaps of a text; none if the text is another one.
    fn gaps_of<'a>(&self, filled: &'a str) -> Option<Vec<&'a str>> {
        let [first, middle @ .., last] = self.0.as_slice() else {
            let [only] = self.0.as_slice() else { return None };
            return (only == filled).then(Vec::new);
        };
        let mut rest = filled.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut found = Vec::with_capacity(self.gaps());
        for piece in middle {
            let (gap, after) = rest.split_once(piece.as_str()).unwrap_or((rest, ""));
            if gap.len() == rest.len() && !piece.is_empty() {
                return None;
            }
            found.push(gap);
            rest = after;
        }
        found.push(rest);
        Some(found)
    }
}

/// A part of a text of the other language.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As it stands.
    Plain(String),
    /// What stands in a gap, and how.
    Gap(usize, How),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    Plain,
    Reader(String),
    Bare,
    Word,
}

/// Cuts a text of the other language; none where a gap is no number.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (gap, after) = after.split_once('}')?;
        let (number, how) = match gap.split_once(':') {
            Some((number, reader)) => (number, How::Reader(reader.to_owned())),
            None => match (gap.strip_suffix('\''), gap.strip_suffix('~')) {
                (Some(number), _) => (number, How::Bare),
                (None, Some(number)) => (number, How::Word),
                (None, None) => (gap, How::Plain),
            },
        };
        all.push(Piece::Plain(before.to_owned()));
        all.push(Piece::Gap(number.parse().ok()?, how));
        rest = after;
    }
    all.push(Piece::Plain(rest.to_owned()));
    Some(all)
}

fn is_reader(gap: &str) -> bool {
    matches!(gap, "You" | "Your" | "you" | "your")
}

/// A text of the other language.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    cut: Cut,
    text: Vec<Piece>,
    /// Where the reader is who does it.
    you: Option<Vec<Piece>>,
    /// The text itself, where it has no gaps.
    whole: String,
}

impl Entry {
    fn read(english: &str, value: &Value) -> Result<Self, Fault> {
        let no_text = || Fault::NoText(english.to_owned());
        let (text, you) = match value {
            Value::String(text) => (text.as_str(), None),
            Value::Table(pair) => {
                let of = |name: &str| pair.get(name).and_then(Value::as_str);
                (of("text").ok_or_else(no_text)?, Some(of("you").ok_or_else(no_text)?))
            }
            Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_) => return Err(no_text()),
        };
        let cut = Cut::of(english);
        let gaps = || Fault::Gaps(english.to_owned());
        let read = |text: &str, may_miss_first: bool| {
            let pieces = pieces(text).ok_or_else(gaps)?;
            let used =
                |number: usize| pieces.iter().any(|piece| matches!(piece, Piece::Gap(n, _) if *n == number));
            let whole = (0..cut.gaps()).all(|number| used(number) || (may_miss_first && number == 0));
            let most = pieces.iter().all(|piece| !matches!(piece, Piece::Gap(n, _) if *n >= cut.gaps()));
            if whole && most { Ok(pieces) } else { Err(gaps()) }
        };
        let you = match you {
            Some(text) => Some(read(text, true)?),
            None => None,
        };
        Ok(Self { text: read(text, false)?, you, whole: text.to_owned(), cut })
    }

    fn filled(&self, filled: &str, word: impl Fn(&str) -> Option<String>) -> Option<String> {
        let gaps = self.cut.gaps_of(filled)?;
        let reader = gaps.first().is_some_and(|gap| is_reader(gap));
        let pieces = self.you.as_ref().filter(|_| reader).unwrap_or(&self.text);
        let mut out = String::with_capacity(filled.len() + 16);
        for piece in pieces {
            match piece {
                Piece::Plain(text) => out.push_str(text),
                Piece::Gap(number, how) => {
                    let gap = gaps.get(*number).copied().unwrap_or_default();
                    match how {
                        How::Plain => out.push_str(gap),
                        How::Reader(word) => out.push_str(if is_reader(gap) { word } else { gap }),
                        How::Bare => out.push_str(gap.strip_suffix("'s").unwrap_or(gap)),
                        How::Word => out.push_str(word(gap).as_deref().unwrap_or(gap)),
                    }
                }
            }
        }
        Some(out)
    }
}

/// A language's texts by the English ones.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    texts: HashMap<String, Entry>,
    /// Those with more letters of their own first: of two that fit, the closer one is meant.
    sentences: Vec<Entry>,
    /// Parts of such sentences.
    parts: Vec<Entry>,
    words: HashMap<String, String>,
    counted: HashMap<String, (String, String)>,
    faults: Vec<Fault>,
}

impl Catalogue {
    /// Reads a catalogue. What is wrong with it is left out, so that English stands in its place, and kept for
    /// [`Catalogue::faults`].
    #[must_use]
    pub fn read(file: &str) -> Self {
        let mut catalogue = Self::default();
        let file: Table = match file.parse() {
            Ok(file) => file,
            Err(error) => {
                catalogue.faults.push(Fault::Unread(error.to_string()));
                return catalogue;
            }
        };
        let table = |name: &str| file.get(name).and_then(Value::as_table).into_iter().flatten();
        for (english, value) in table("texts") {
            match Entry::read(english, value) {
                Ok(entry) => drop(catalogue.texts.insert(entry.cut.key(), entry)),
                Err(fault) => catalogue.faults.push(fault),
            }
        }
        for (name, list) in [("sentences", &mut catalogue.sentences), ("parts", &mut catalogue.parts)] {
            for (english, value) in table(name) {
                match Entry::read(english, value) {
                    Ok(entry) => list.push(entry),
                    Err(fault) => catalogue.faults.push(fault),
                }
            }
        }
        let own = |entry: &Entry| entry.cut.0.iter().map(String::len).sum::<usize>();
        catalogue.sentences.sort_by_key(|entry| std::cmp::Reverse(own(entry)));
        for (english, value) in table("words") {
            match value.as_str() {
                Some(word) => drop(catalogue.words.insert(english.clone(), word.to_owned())),
                None => catalogue.faults.push(Fault::NoText(english.clone())),
            }
        }
        for (english, value) in table("counted") {
            match value.as_str().and_then(|words| words.split_once('|')) {
                Some((one, many)) => {
                    catalogue.counted.insert(english.clone(), (one.to_owned(), many.to_owned()));
                }
                None => catalogue.faults.push(Fault::NoText(english.clone())),
            }
        }
        catalogue
    }

    /// What is wrong with the file.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// A text that was made from a template.
    #[must_use]
    pub fn said(&self, template: &str, filled: &str) -> Option<String> {
        self.texts.get(&Cut::of(template).key())?.filled(filled, |word| self.any(word))
    }

    /// A text without gaps.
    #[must_use]
    pub fn text(&self, text: &str) -> Option<&str> {
        self.texts.get(text).filter(|entry| entry.cut.gaps() == 0).map(|entry| entry.whole.as_str())
    }

    /// A word.
    #[must_use]
    pub fn word(&self, word: &str) -> Option<&str> {
        self.words.get(word).map(String::as_str)
    }

    /// One of a thing, or many.
    #[must_use]
    pub fn counted(&self, count: i64, thing: &str) -> Option<&str> {
        self.counted.get(thing).map(|(one, many)| if count == 1 { one.as_str() } else { many.as_str() })
    }

    /// A sentence of a game or of the host.
    #[must_use]
    pub fn sentence(&self, sentence: &str) -> Option<String> {
        self.sentences.iter().find_map(|entry| entry.filled(sentence, |word| self.any(word)))
    }

    /// A word as it stands in a sentence: as a key, with a capital or without; or several parts of a sentence.
    fn any(&self, word: &str) -> Option<String> {
        let human = crate::present::words::spelled(word);
        let whole = self.word(&human).or_else(|| self.text(word)).map(str::to_owned);
        let one = |part: &str| self.parts.iter().find_map(|entry| entry.filled(part, |word| self.any(word)));
        whole.or_else(|| {
            let parts: Option<Vec<String>> = word.split("; ").map(one).collect();
            parts.map(|parts| parts.join("; "))
        })
    }

    /// The English texts of the table `texts`, with `{}` for their gaps.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The same of the table `sentences`.
    pub fn sentences(&self) -> impl Iterator<Item = String> + '_ {
        self.sentences.iter().map(|entry| entry.cut.key())
    }

    /// The same of the table `parts`.
    pub fn parts(&self) -> impl Iterator<Item = String> + '_ {
        self.parts.iter().map(|entry| entry.cut.key())
    }

    /// A template with `{}` for its gaps: as [`Catalogue::texts`] has it.
    #[must_use]
    pub fn key(template: &str) -> String {
        Cut::of(template).key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [texts]
        "{} joined **{}**." = { you = "Du bist **{1}** beigetreten.", text = "{0} ist **{1}** beigetreten." }
        "{} took **{}** from {}." = "{0} nahm {2:dir} **{1}**."
        "{} city at {} is gone." = { you = "Deine Stadt bei {1} ist weg.", text = "Die Stadt von {0'} bei {1} ist weg." }
        "nothing" = "nichts"
        "bad {}" = "schlecht"
        [sentences]
        "No such {thing}." = "So etwas gibt es nicht: {0~}."
        "No such {}. Did you mean {}?" = "{0} gibt es nicht. Meintest du {1}?"
        [words]
        "March" = "Marsch"
        [counted]
        "round" = "Runde|Runden"
    "#;

    #[test]
    fn gaps_are_taken_out_and_put_in_again() {
        let catalogue = Catalogue::read(FILE);
        let said = |template: &str, filled: &str| catalogue.said(template, filled);
        let joined = "{} joined **{}**.";
        assert_eq!(said(joined, "You joined **Cinema**.").unwrap(), "Du bist **Cinema** beigetreten.");
        assert_eq!(
            said(joined, "**Bob** joined **Cinema**.").unwrap(),
            "**Bob** ist **Cinema** beigetreten."
        );
        assert_eq!(
            said("{who} took **{:>3}** from {}.", "**Bob** took **7** from you.").unwrap(),
            "**Bob** nahm dir **7**."
        );
        let gone = "{} city at {} is gone.";
        assert_eq!(
            said(gone, "**Bob**'s city at (1,2) is gone.").unwrap(),
            "Die Stadt von **Bob** bei (1,2) ist weg."
        );
        assert_eq!(said(joined, "something else"), None);
        assert_eq!(said("unknown {}", "unknown 1"), None);
        assert_eq!(catalogue.sentence("No such march.").unwrap(), "So etwas gibt es nicht: Marsch.");
        assert_eq!(
            catalogue.sentence("No such x. Did you mean y?").unwrap(),
            "x gibt es nicht. Meintest du y?"
        );
        assert_eq!(
            (catalogue.counted(1, "round"), catalogue.counted(2, "round")),
            (Some("Runde"), Some("Runden"))
        );
        assert_eq!(catalogue.faults(), [Fault::Gaps("bad {}".to_owned())]);
    }

    #[test]
    fn whatever_stands_in_the_gaps_nothing_of_it_is_lost_when_the_order_is_kept() {
        let cut = Cut::of("{} and {}{}: {{{}}}");
        assert_eq!(cut.key(), "{} and {}{}: {{}}");
        assert_eq!(cut.gaps_of("a and bc: {d}").unwrap(), ["a", "", "bc", "d"]);
        assert_eq!(cut.gaps_of("a or b"), None);
    }
}
