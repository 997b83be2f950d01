//! Messages about what happened: several of them as one post.

use std::collections::BTreeSet;

use crate::host::{Clock, Host, Who};
use crate::present::{bullets, words};
use crate::refusal::stamped;
use crate::reply::Reply;
use crate::{limits, present};

/// Most lines of one post; how many more there are is said.
pub const LINES: usize = 20;

/// Makes one post of what happened, oldest first. Who is named by number gets their name, as guilds do; moments become
/// stamps.
pub async fn post<H: Host>(host: &H, title: &str, clock: Clock, texts: &[&str]) -> Reply {
    let (all, mut told) = (texts.len(), Vec::new());
    for text in texts.iter().take(LINES) {
        told.push(host.opened(text).await);
    }
    let (mut mentioned, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for text in &told {
        mentioned.extend(numbers(text).map(|(_, number)| Who::Number(number)));
        groups.extend(guilds(text).map(|(_, number)| number));
    }
    let mut names = present::Names::default();
    for who in mentioned {
        if let Some(name) = host.display_name(who).await {
            names.known.insert(who, name);
        }
    }
    for number in groups {
        if let Some(name) = host.group_name("guild", number).await {
            names.guilds.insert(number, name);
        }
    }
    let mut lines: Vec<String> = told.iter().map(|text| stamped(&named(text, &names), clock)).collect();
    if all > LINES {
        lines.push(say!("… and {} more.", words::figure((all - LINES) as i64)));
    }
    let mut reply = Reply::new(title, bullets(&lines));
    // In a private channel, too, it is an ordinary message.
    reply.private = false;
    // One post is one message: what is longer is cut, and says so.
    limits::fit_one(reply)
}

/// What happened as a line of plain text, without any markup, for a chat that is not Discord's: who is named by number gets
/// their name, and moments are written out as seen at `now_ms` of the wall clock.
pub async fn plain<H: Host>(host: &H, clock: Clock, text: &str, now_ms: i64) -> String {
    let mut said = std::collections::BTreeMap::new();
    for (start, number) in numbers(text) {
        if let Some(name) = host.display_name(Who::Number(number)).await {
            said.insert(start, (start + "player ".len() + number.to_string().len(), name));
        }
    }
    for (start, number) in guilds(text) {
        if let Some(name) = host.group_name("guild", number).await {
            let start = start + "guild ".len();
            said.insert(start, (start + number.to_string().len(), name));
        }
    }
    // Moments last: what looks like one in a name is the name's.
    let moments = |part: &str| crate::render::stamp::plain(&stamped(part, clock), now_ms);
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (start, (end, instead)) in said {
        out.push_str(&moments(&text[done..start]));
        out.push_str(&instead);
        done = end;
    }
    out.push_str(&moments(&text[done..]));
    out
}

/// Where a text says `player 7`: at which byte the word begins, and the number.
pub(crate) fn numbers(text: &str) -> impl Iterator<Item = (usize, i64)> + '_ {
    numbered(text, "player")
}

/// Where a text says `guild 3`: at which byte the word begins, and the number.
pub(crate) fn guilds(text: &str) -> impl Iterator<Item = (usize, i64)> + '_ {
    numbered(text, "guild")
}

/// Where a text says a word, small or with a capital, and a number.
fn numbered<'t>(text: &'t str, word: &'static str) -> impl Iterator<Item = (usize, i64)> + 't {
    // What follows the first letter, which may be of either case.
    text.match_indices(&word[1..]).filter_map(move |(at, rest)| {
        let start = at.checked_sub(1)?;
        text.get(start..at).filter(|first| first.eq_ignore_ascii_case(&word[..1]))?;
        let after = text[at + rest.len()..].strip_prefix(' ')?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        Some((start, after[..digits].parse().ok()?))
    })
}

/// The text with names for `player 7` and for the number in `guild 3`, as far as they are known.
pub(crate) fn named(text: &str, names: &present::Names) -> String {
    // By where they stand: from which byte to which something else is said.
    let mut said = std::collections::BTreeMap::new();
    for (start, number) in numbers(text) {
        let Some(name) = names.known.get(&Who::Number(number)) else { continue };
        let end = start + "player ".len() + number.to_string().len();
        said.insert(start, (end, format!("**{}**", words::safe(name))));
    }
    for (start, number) in guilds(text).filter(|(_, number)| names.guilds.contains_key(number)) {
        let start = start + "guild ".len();
        said.insert(start, (start + number.to_string().len(), names.guild(number)));
    }
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (start, (end, instead)) in said {
        out.push_str(&text[done..start]);
        out.push_str(&instead);
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names_and_other_words_stay() {
        let mut names = present::Names::default();
        names.known.insert(Who::Number(7), "*Ann*".to_owned());
        names.guilds.insert(3, "Reel_Deal [RD]".to_owned());
        for (text, told) in [
            ("Player 7 joins Cinema.", "**\\*Ann\\*** joins Cinema."),
            ("Victory against player 7 at (1,2).", "Victory against **\\*Ann\\*** at (1,2)."),
            ("Scouts of player 70 and of a layer 7.", "Scouts of player 70 and of a layer 7."),
            ("player", "player"),
            ("Guild 3 invites you.", "Guild **Reel\\_Deal [RD]** invites you."),
            (
                "1. guild 3 (12), 2. player 7 (9), 3. guild 30 (1)",
                "1. guild **Reel\\_Deal [RD]** (12), 2. **\\*Ann\\*** (9), 3. guild 30 (1)",
            ),
        ] {
            assert_eq!(named(text, &names), told);
        }
    }
}
