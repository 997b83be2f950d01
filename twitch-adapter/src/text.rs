//! Texts as a chat takes them: one line, nothing that the chat would take for a command, not too long.

/// Most characters of a message.
pub const TEXT_MAX: usize = 500;

/// What a command of the chat, or of a bot there, begins with.
const COMMANDS: [char; 3] = ['/', '.', '!'];

/// Whether a character has no place in a chat: it controls a terminal, turns the text around, or is seen by nobody.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// The text as one line: what controls anything is gone, blanks are single, and nothing stands before it that would make a
/// command of it.
#[must_use]
pub fn clean(text: &str) -> String {
    let seen: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !unseen(*c)).collect();
    let words: Vec<&str> = seen.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").trim_start_matches(|c: char| COMMANDS.contains(&c) || c == ' ').to_owned()
}

/// At most so many characters of a clean text, cut between words where there are any.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    // A word that is most of the text is cut itself.
    let whole = head.rfind(' ').filter(|at| *at > head.len() / 2).map_or(&*head, |at| &head[..at]);
    format!("{}…", whole.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_no_command_and_no_second_line() {
        assert_eq!(clean("/ban ana has taken C1."), "ban ana has taken C1.");
        assert_eq!(clean(" .!/ ./me\r\nPRIVMSG #x :y"), "me PRIVMSG #x :y");
        assert_eq!(clean("a\u{202e}b\u{0}c\u{e0041}  d\u{7f}"), "abc d");
        assert_eq!(clean("Zoë's 2. place"), "Zoë's 2. place");
        assert_eq!(clean("\n\u{200b}/"), "");
    }

    #[test]
    fn what_is_too_long_is_cut_between_words() {
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("one two three", 12), "one two…");
        assert_eq!(cut("oooooooooooooo", 5), "oooo…");
        assert_eq!(cut("ééé ééé ééé", 8), "ééé ééé…");
    }

    proptest! {
        #[test]
        fn whatever_is_said_is_one_short_line(text in "\\PC{0,40}[\r\n/.! a-zé\u{200b}]{0,700}") {
            let said = cut(&clean(&text), TEXT_MAX);
            prop_assert!(said.chars().count() <= TEXT_MAX);
            prop_assert!(!said.chars().any(char::is_control));
            prop_assert!(!said.starts_with(['/', '.', '!', ' ']));
            prop_assert_eq!(clean(&said), said.clone());
        }
    }
}
