//! What people write to the bot, and what it answers.

use futures_util::future::BoxFuture;

use crate::message::Message;

/// The word that asks for a code.
const LINK: &str = "!link";
/// The longest name that is looked up, in characters; Discord's are 32.
const NAME_MAX: usize = 64;

/// Whoever asks for a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// What they are called on Twitch, in small letters.
    pub login: String,
    /// Their id there.
    pub id: Option<String>,
    /// What the player is called for whom the code is to be.
    pub name: String,
}

/// No code can be made at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCode;

/// What stands behind the bot.
pub trait House: Send + Sync {
    /// A code that works for the player of this name, and for nobody else. Where nobody or several are called so it is one
    /// that works for nobody: a chat is not told who plays.
    fn code(&self, asked: Asked) -> BoxFuture<'_, Result<String, NoCode>>;
}

/// What a line of the chat asks for.
#[derive(PartialEq, Eq)]
pub(crate) enum Wish {
    /// A code.
    Code(Asked),
    /// A code, without saying for whom.
    Unnamed(String),
}

impl Wish {
    /// Who asks, by what stays the same when they are called otherwise.
    pub(crate) fn who(&self) -> &str {
        match self {
            Self::Code(asked) => asked.id.as_deref().unwrap_or(&asked.login),
            Self::Unnamed(login) => login,
        }
    }
}

/// What a message in the channel asks for, if it asks for anything.
pub(crate) fn wish(message: &Message<'_>, channel: &str) -> Option<Wish> {
    let [to, text] = message.params[..] else { return None };
    if message.command != "PRIVMSG"
        || !to.strip_prefix('#').is_some_and(|to| to.eq_ignore_ascii_case(channel))
    {
        return None;
    }
    let login = message.nick()?.to_ascii_lowercase();
    if login.is_empty() || !login.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let text = crate::text::clean(&format!("x{text}"));
    let (word, name) = text[1..].split_once(' ').unwrap_or((&text[1..], ""));
    if !word.eq_ignore_ascii_case(LINK) {
        return None;
    }
    let name = name.trim().trim_start_matches('@');
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Some(Wish::Unnamed(login));
    }
    Some(Wish::Code(Asked { login, id: message.tag("user-id").map(str::to_owned), name: name.to_owned() }))
}

/// The answer with a code.
pub(crate) fn with_code(login: &str, code: &str) -> String {
    format!("@{login}: /link twitch code:{code} in Discord within 10 minutes.")
}

/// The answer to one who names nobody.
pub(crate) fn without_name(login: &str) -> String {
    format!("@{login}: write !link and the name that you bear in Discord.")
}

/// The answer when nothing can be made.
pub(crate) fn not_now(login: &str) -> String {
    format!("@{login}: no code can be made at present. Try again in a minute.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::message::parse;

    fn asked(text: &str) -> Option<String> {
        let line = format!("@user-id=7 :Ann_Live!a@b PRIVMSG #Popverse :{text}");
        wish(&parse(&line).unwrap(), "popverse").map(|wish| match wish {
            Wish::Code(asked) => format!("{} {} {}", asked.login, asked.id.unwrap(), asked.name),
            Wish::Unnamed(login) => login,
        })
    }

    #[test]
    fn a_code_is_asked_for_by_name() {
        assert_eq!(asked("!link Ana Bell"), Some("ann_live 7 Ana Bell".to_owned()));
        assert_eq!(asked("!LINK  @ana "), Some("ann_live 7 ana".to_owned()));
        assert_eq!(asked("!link"), Some("ann_live".to_owned()));
        assert_eq!(asked("!link  @"), Some("ann_live".to_owned()));
        assert_eq!(asked(&format!("!link {}", "x".repeat(65))), Some("ann_live".to_owned()));
        for other in ["!linked ana", "link ana", "hello !link ana", "", "!", "\u{1}ACTION !link ana\u{1}"] {
            assert_eq!(asked(other), None, "{other}");
        }
        let elsewhere = parse(":ann!a@b PRIVMSG #other :!link ana").unwrap();
        assert!(wish(&elsewhere, "popverse").is_none());
        let whisper = parse(":ann!a@b WHISPER bot :!link ana").unwrap();
        assert!(wish(&whisper, "popverse").is_none());
        let server = parse(":tmi.twitch.tv PRIVMSG #popverse :!link ana").unwrap();
        assert!(wish(&server, "popverse").is_none());
    }
}
