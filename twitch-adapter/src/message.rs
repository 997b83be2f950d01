//! Lines of IRC, with the tags that Twitch puts before them.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most parameters that a line may have.
const PARAMS_MAX: usize = 15;

/// A line of IRC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// What is said about the line, by name; a name without a value has an empty one.
    pub tags: BTreeMap<&'a str, Cow<'a, str>>,
    /// Whose line it is: `nick!user@host`, or a server.
    pub prefix: Option<&'a str>,
    /// The command: letters, or three digits.
    pub command: &'a str,
    /// What goes with the command.
    pub params: Vec<&'a str>,
}

impl Message<'_> {
    /// The name of whoever said it; none for a server's line.
    #[must_use]
    pub fn nick(&self) -> Option<&str> {
        self.prefix?.split_once('!').map(|(nick, _)| nick)
    }

    /// What stands last: the text of a message.
    #[must_use]
    pub fn text(&self) -> &str {
        self.params.last().copied().unwrap_or_default()
    }

    /// A tag that says something.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.get(name).map(|value| &**value).filter(|value| !value.is_empty())
    }
}

/// Reads a line without its end; none for one that is no IRC.
#[must_use]
pub fn parse(line: &str) -> Option<Message<'_>> {
    let mut rest = line.trim_end_matches(['\r', '\n']);
    let mut tags = BTreeMap::new();
    if let Some(tagged) = rest.strip_prefix('@') {
        let (all, after) = tagged.split_once(' ')?;
        for tag in all.split(';').filter(|tag| !tag.is_empty()) {
            let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
            tags.insert(name, unescaped(value));
        }
        rest = after.trim_start_matches(' ');
    }
    let mut prefix = None;
    if let Some(named) = rest.strip_prefix(':') {
        let (whose, after) = named.split_once(' ')?;
        prefix = Some(whose);
        rest = after.trim_start_matches(' ');
    }
    let (command, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
    if command.is_empty() || !command.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let mut params = Vec::new();
    loop {
        rest = rest.trim_start_matches(' ');
        if rest.is_empty() {
            break;
        }
        if let Some(text) = rest.strip_prefix(':') {
            params.push(text);
            break;
        }
        if params.len() + 1 == PARAMS_MAX {
            params.push(rest);
            break;
        }
        let (param, after) = rest.split_once(' ').unwrap_or((rest, ""));
        params.push(param);
        rest = after;
    }
    Some(Message { tags, prefix, command, params })
}

/// A tag's value: what would end it is written with a stroke before it.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let (mut out, mut stroke) = (String::with_capacity(value.len()), false);
    for c in value.chars() {
        match (stroke, c) {
            (false, '\\') => stroke = true,
            (false, _) => out.push(c),
            (true, _) => {
                stroke = false;
                out.push(match c {
                    ':' => ';',
                    's' => ' ',
                    'r' => '\r',
                    'n' => '\n',
                    other => other,
                });
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_with_tags_is_read_whole() {
        let line = "@badge-info=;display-name=Ann\\sLive;user-id=77;note=a\\:b\\\\c;odd=x\\ \
                    :ann_live!ann_live@ann_live.tmi.twitch.tv PRIVMSG #popverse :!link  ana :) \r\n";
        let read = parse(line).unwrap();
        assert_eq!(read.command, "PRIVMSG");
        assert_eq!(read.nick(), Some("ann_live"));
        assert_eq!(read.params, ["#popverse", "!link  ana :) "]);
        assert_eq!(read.text(), "!link  ana :) ");
        assert_eq!(read.tag("user-id"), Some("77"));
        assert_eq!(read.tag("display-name"), Some("Ann Live"));
        assert_eq!(read.tag("note"), Some("a;b\\c"));
        assert_eq!(read.tag("odd"), Some("x"));
        assert_eq!(read.tag("badge-info"), None);
        assert_eq!(read.tag("none"), None);
    }

    #[test]
    fn servers_lines_are_read_too() {
        let read = parse(":tmi.twitch.tv 001 bot :Welcome, GLHF!").unwrap();
        assert_eq!((read.command, read.nick(), read.text()), ("001", None, "Welcome, GLHF!"));
        let read = parse("PING :tmi.twitch.tv").unwrap();
        assert_eq!((read.command, read.prefix, read.text()), ("PING", None, "tmi.twitch.tv"));
        let read = parse(":tmi.twitch.tv RECONNECT").unwrap();
        assert_eq!((read.command, read.params.len(), read.text()), ("RECONNECT", 0, ""));
        let read = parse("@msg-id=msg_banned :tmi.twitch.tv NOTICE #c :You are banned").unwrap();
        assert_eq!(read.tag("msg-id"), Some("msg_banned"));
        let many = format!("X {}", "a ".repeat(40));
        assert_eq!(parse(&many).unwrap().params.len(), PARAMS_MAX);
    }

    #[test]
    fn what_is_no_irc_is_none() {
        for line in ["", " ", "@tags", "@tags=1 ", ":prefix", ": ", "\u{1}\u{2}", "=== ===", "@a=b :x  ", "é"]
        {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(line in "[@:;=\\\\ \r\na-zA-Z#!é\u{0}]{0,80}") {
            if let Some(read) = parse(&line) {
                prop_assert!(!read.command.is_empty());
                prop_assert!(read.params.len() <= PARAMS_MAX);
            }
        }

        #[test]
        fn what_is_written_is_read_again(
            nick in "[a-z][a-z0-9_]{0,10}", channel in "#[a-z0-9_]{1,10}", text in "[^\r\n\u{0}]{0,60}", id in "[0-9]{1,9}"
        ) {
            let line = format!("@user-id={id} :{nick}!{nick}@host PRIVMSG {channel} :{text}");
            let read = parse(&line).unwrap();
            prop_assert_eq!(read.nick(), Some(&*nick));
            prop_assert_eq!(read.tag("user-id"), Some(&*id));
            prop_assert_eq!(&read.params, &[&*channel, &*text]);
        }
    }
}
