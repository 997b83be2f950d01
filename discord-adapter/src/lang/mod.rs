//! Languages: English is written where a text is made; other languages are catalogues of whole texts with gaps.
//!
//! A text that is made is told together with what it was made from: `say!("Parcel {} is for sale.", number)`. In English
//! nothing more happens. In another language the catalogue is asked for `Parcel {} is for sale.`, what was filled in is
//! taken out again and put into the other language's text. What the catalogue does not have stays English, each text for
//! itself. Only texts that stand in the code are looked up: what people have written is never taken for one of them.
//!
//! Which language is spoken is a matter of the interaction that is answered ([`speaking`]), not of each presenter: games
//! and hosts speak English and know nothing of this. What comes from them, refusals, is recognised by its shape
//! ([`sentence`]).

mod catalogue;

use std::future::Future;
use std::sync::LazyLock;

pub use catalogue::{Catalogue, Fault};

/// A language of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English: complete, and what stands in for everything else.
    #[default]
    En,
    /// German.
    De,
}

static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("de.toml")));

impl Lang {
    /// The languages besides English, with the names that Discord has for them.
    pub const OTHERS: [(&'static str, Self); 1] = [("de", Self::De)];

    /// The language of a locale of Discord's, if it is one that is spoken here.
    #[must_use]
    pub fn of_locale(locale: &str) -> Option<Self> {
        match locale.split('-').next() {
            Some("en") => Some(Self::En),
            Some("de") => Some(Self::De),
            Some(_) | None => None,
        }
    }

    /// The language to answer in: the user's, else the server's, else English.
    #[must_use]
    pub fn chosen(user: &str, guild: &str) -> Self {
        Self::of_locale(user).or_else(|| Self::of_locale(guild)).unwrap_or_default()
    }

    /// The catalogue; English needs none.
    #[must_use]
    pub fn catalogue(self) -> Option<&'static Catalogue> {
        match self {
            Self::En => None,
            Self::De => Some(&GERMAN),
        }
    }
}

tokio::task_local! {
    static SPOKEN: Lang;
}

/// The language that is spoken: English, unless somebody speaks another.
#[must_use]
pub fn spoken() -> Lang {
    SPOKEN.try_with(|lang| *lang).unwrap_or_default()
}

fn catalogue() -> Option<&'static Catalogue> {
    spoken().catalogue()
}

/// Speaks a language until the work is done.
pub fn speaking<F: Future>(lang: Lang, work: F) -> impl Future<Output = F::Output> {
    SPOKEN.scope(lang, work)
}

/// The same for work that does not wait.
pub fn spoken_in<T>(lang: Lang, work: impl FnOnce() -> T) -> T {
    SPOKEN.sync_scope(lang, work)
}

/// A text that was made from a template of the code, in the language that is spoken. See [`say!`](crate::say).
#[must_use]
pub fn said(template: &str, filled: String) -> String {
    catalogue().and_then(|catalogue| catalogue.said(template, &filled)).unwrap_or(filled)
}

/// `format!`, in the language that is spoken.
#[macro_export]
macro_rules! say {
    ($template:literal $(, $($rest:tt)*)?) => {
        $crate::lang::said($template, format!($template $(, $($rest)*)?))
    };
}

/// A text of the code without gaps.
#[must_use]
pub fn part(text: &'static str) -> &'static str {
    catalogue().and_then(|catalogue| catalogue.text(text)).unwrap_or(text)
}

/// The same, to be kept.
#[must_use]
pub fn t(text: &'static str) -> String {
    part(text).to_owned()
}

/// A text that may be one of the code's: a heading, a label.
#[must_use]
pub fn text(text: String) -> String {
    match catalogue().and_then(|catalogue| catalogue.text(&text)) {
        Some(other) => other.to_owned(),
        None => text,
    }
}

/// A word for a thing of a game: `Iron mine`.
#[must_use]
pub fn word(word: String) -> String {
    known_word(&word).map_or(word, str::to_owned)
}

/// The same; none in English, or where there is no such word.
#[must_use]
pub fn known_word(word: &str) -> Option<&'static str> {
    catalogue().and_then(|catalogue| catalogue.word(word))
}

/// A word for a thing of which there are so many; none in English, whose plurals are made.
#[must_use]
pub fn counted(count: i64, thing: &str) -> Option<&'static str> {
    catalogue().and_then(|catalogue| catalogue.counted(count, thing))
}

/// A sentence of a game or of the host, recognised by its shape.
#[must_use]
pub fn sentence(sentence: &str) -> String {
    catalogue().and_then(|catalogue| catalogue.sentence(sentence)).unwrap_or_else(|| sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_language_comes_first_then_the_servers_then_english() {
        for (user, guild, lang) in [
            ("de", "en-US", Lang::De),
            ("en-GB", "de", Lang::En),
            ("fr", "de", Lang::De),
            ("fr", "", Lang::En),
            ("", "", Lang::En),
        ] {
            assert_eq!(Lang::chosen(user, guild), lang, "{user} {guild}");
        }
    }

    #[test]
    fn what_is_said_is_said_in_the_language_that_is_spoken() {
        let told = || say!("page {} of {}", 2, 3);
        assert_eq!(told(), "page 2 of 3");
        assert_eq!(spoken_in(Lang::De, told), "Seite 2 von 3");
        assert_eq!(spoken_in(Lang::De, || say!("nobody has this text: {}", 7)), "nobody has this text: 7");
        assert_eq!(spoken_in(Lang::De, || word("Iron mine".to_owned())), "Eisenmine");
        assert_eq!(spoken(), Lang::En);
    }

    #[tokio::test]
    async fn a_language_is_kept_while_work_waits() {
        let work = async {
            tokio::task::yield_now().await;
            spoken()
        };
        assert_eq!(speaking(Lang::De, work).await, Lang::De);
    }
}
