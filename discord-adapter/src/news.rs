//! Messages about what happened: several of them as one post.

use std::collections::BTreeSet;

use crate::host::{Clock, Host, Who};
use crate::present::{bullets, words};
use crate::refusal::stamped;
use crate::reply::Reply;
use crate::{limits, present};

/// Most lines of one post; how many more there are is said.
pub const LINES: usize = 20;

/// Makes one post of what happened, oldest first. Who is named by number gets their name, moments become stamps.
pub async fn post<H: Host>(host: &H, title: &str, clock: Clock, texts: &[&str]) -> Reply {
    let (all, mut told) = (texts.len(), Vec::new());
    for text in texts.iter().take(LINES) {
        told.push(host.opened(text).await);
    }
    let mut mentioned = BTreeSet::new();
    for text in &told {
        mentioned.extend(numbers(text).map(|(_, number)| Who::Number(number)));
    }
    let mut names = present::Names::default();
    for who in mentioned {
        if let Some(name) = host.display_name(who).await {
            names.known.insert(who, name);
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

/// Where a text says `player 7`: at which byte the word begins, and the number.
pub(crate) fn numbers(text: &str) -> impl Iterator<Item = (usize, i64)> + '_ {
    text.match_indices("layer ").filter_map(move |(at, word)| {
        let start = at.checked_sub(1)?;
        ["p", "P"].contains(&text.get(start..at)?).then_some(())?;
        let rest = &text[at + word.len()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((start, rest[..digits].parse().ok()?))
    })
}

/// The text with names for `player 7`, as far as they are known.
pub(crate) fn named(text: &str, names: &present::Names) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for (start, number) in numbers(text) {
        let Some(name) = names.known.get(&Who::Number(number)) else { continue };
        out.push_str(&text[done..start]);
        out.push_str("**");
        out.push_str(&words::safe(name));
        out.push_str("**");
        done = start + "player ".len() + number.to_string().len();
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
        for (text, told) in [
            ("Player 7 joins Cinema.", "**\\*Ann\\*** joins Cinema."),
            ("Victory against player 7 at (1,2).", "Victory against **\\*Ann\\*** at (1,2)."),
            ("Scouts of player 70 and of a layer 7.", "Scouts of player 70 and of a layer 7."),
            ("player", "player"),
        ] {
            assert_eq!(named(text, &names), told);
        }
    }
}
