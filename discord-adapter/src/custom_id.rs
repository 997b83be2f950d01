//! The state of a button: `v1|<world>|<verb>|<args>|<actor>|<version>`, at most 100 bytes.
//!
//! Nothing is kept in memory, so a button that was drawn before a restart works after it.

use std::fmt;
use std::str::FromStr;

use schemas::{PlayerId, WorldId};

/// Most bytes that Discord takes.
pub const MOST: usize = 100;

/// What pressing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Shows a question's answer in place of the message: paging, refreshing.
    Show,
    /// Gives a command.
    Do,
    /// Opens a form that asks for the command's options; sending it gives the command.
    Form,
    /// Puts the message away.
    Cancel,
}

impl Verb {
    const fn word(self) -> &'static str {
        match self {
            Self::Show => "show",
            Self::Do => "do",
            Self::Form => "form",
            Self::Cancel => "cancel",
        }
    }
}

/// A button's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomId {
    /// The season it belongs to.
    pub world: WorldId,
    /// What pressing does.
    pub verb: Verb,
    /// The command's type; empty for cancelling.
    pub kind: String,
    /// The command's options by name, as they would be typed.
    pub args: Vec<(String, String)>,
    /// Who may press it; none means everybody.
    pub actor: Option<PlayerId>,
    /// What was seen when it was drawn; another version now means that things changed. Empty where that is no matter.
    pub version: String,
}

/// Why a text is no button's state of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCustomId {
    /// More bytes than Discord takes.
    #[error("{0} bytes, 100 are the limit")]
    TooLong(usize),
    /// Of another grammar, for instance from an older version of ours.
    #[error("not of the form v1|world|verb|args|actor|version")]
    Grammar,
}

/// Escapes what the grammar uses: `%`, `|`, `~`, `=`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '|' | '~' | '=' => out.push_str(&format!("%{:02x}", c as u32)),
            other => out.push(other),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, BadCustomId> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(char::from(code.filter(u8::is_ascii).ok_or(BadCustomId::Grammar)?));
        rest = &after[2..];
    }
    out.push_str(rest);
    Ok(out)
}

impl CustomId {
    /// The text, if it keeps Discord's limit.
    ///
    /// # Errors
    /// [`BadCustomId::TooLong`].
    pub fn format(&self) -> Result<String, BadCustomId> {
        let text = self.to_string();
        if text.len() > MOST { Err(BadCustomId::TooLong(text.len())) } else { Ok(text) }
    }

    /// The same with one argument set.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.args.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.args.push((name.to_owned(), value.to_owned())),
        }
        self
    }
}

impl fmt::Display for CustomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1|{}|{}|{}", self.world, self.verb.word(), escape(&self.kind))?;
        for (name, value) in &self.args {
            write!(f, "~{}={}", escape(name), escape(value))?;
        }
        match self.actor {
            Some(actor) => write!(f, "|{actor}|{}", escape(&self.version)),
            None => write!(f, "|-|{}", escape(&self.version)),
        }
    }
}

impl FromStr for CustomId {
    type Err = BadCustomId;

    fn from_str(text: &str) -> Result<Self, BadCustomId> {
        if text.len() > MOST {
            return Err(BadCustomId::TooLong(text.len()));
        }
        let parts: Vec<&str> = text.split('|').collect();
        let ["v1", world, verb, args, actor, version] = parts.as_slice() else {
            return Err(BadCustomId::Grammar);
        };
        let verb = match *verb {
            "show" => Verb::Show,
            "do" => Verb::Do,
            "form" => Verb::Form,
            "cancel" => Verb::Cancel,
            _ => return Err(BadCustomId::Grammar),
        };
        let mut words = args.split('~');
        let kind = unescape(words.next().unwrap_or_default())?;
        let args = words
            .map(|word| {
                let (name, value) = word.split_once('=').ok_or(BadCustomId::Grammar)?;
                Ok((unescape(name)?, unescape(value)?))
            })
            .collect::<Result<_, BadCustomId>>()?;
        let actor = match *actor {
            "-" => None,
            id => Some(id.parse().map_err(|_| BadCustomId::Grammar)?),
        };
        let world = WorldId::new(world).map_err(|_| BadCustomId::Grammar)?;
        Ok(Self { world, verb, kind, args, actor, version: unescape(version)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_id() -> impl Strategy<Value = CustomId> {
        let word = "[a-zA-Z|~=%é0-9]{0,8}";
        (
            "[a-z][a-z0-9:-]{0,12}",
            0..4_u8,
            word,
            prop::collection::vec((word, word), 0..3),
            prop::option::of(any::<u64>()),
            word,
        )
            .prop_map(|(world, verb, kind, args, actor, version)| CustomId {
                world: WorldId::new(&world).unwrap(),
                verb: [Verb::Show, Verb::Do, Verb::Form, Verb::Cancel][usize::from(verb)],
                kind,
                args,
                actor: actor.map(PlayerId::from_bits),
                version,
            })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(id in any_id()) {
            match id.format() {
                Ok(text) => {
                    prop_assert!(text.len() <= MOST);
                    prop_assert_eq!(text.parse::<CustomId>(), Ok(id));
                }
                Err(BadCustomId::TooLong(length)) => prop_assert!(length > MOST),
                Err(BadCustomId::Grammar) => prop_assert!(false, "writing never fails on grammar"),
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,120}") {
            if let Ok(id) = text.parse::<CustomId>() {
                prop_assert_eq!(id.to_string().parse::<CustomId>(), Ok(id.clone()));
            }
        }
    }

    #[test]
    fn other_grammars_are_refused() {
        for bad in [
            "",
            "v1:attack:12:7:confirm",
            "v2|w|do|X|-|",
            "v1|W|do|X|-|",
            "v1|w|do|X|-",
            "v1|w|do|%zz|-|",
            "v1|w|do|%|-|",
            "v1|w|do|%é|-|",
        ] {
            assert!(bad.parse::<CustomId>().is_err(), "{bad:?} was taken");
        }
    }
}
