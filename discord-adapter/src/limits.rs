//! Discord's limits on a message: what breaks them, and how to keep them without cutting anything in half.

use std::collections::BTreeSet;

use crate::reply::{Field, Reply, Row};

/// Most characters of a heading, and of the name of a field.
pub const TITLE: usize = 256;
/// Most characters of a text.
pub const TEXT: usize = 4096;
/// Most fields.
pub const FIELDS: usize = 25;
/// Most characters of a field's text.
pub const VALUE: usize = 1024;
/// Most characters of the small line at the end.
pub const FOOTER: usize = 2048;
/// Most characters of all of these together.
pub const ALL: usize = 6000;
/// Most rows of buttons and menus.
pub const ROWS: usize = 5;
/// Most buttons of a row.
pub const BUTTONS: usize = 5;
/// Most characters on a button.
pub const LABEL: usize = 80;
/// Most entries of a menu, and most suggestions.
pub const OPTIONS: usize = 25;
/// Most characters of a menu's or a suggestion's label and value.
pub const OPTION: usize = 100;
/// Most characters of a menu's placeholder.
pub const PLACEHOLDER: usize = 150;
/// Most characters of a picture's description.
pub const ALT: usize = 1024;

/// Most characters of a form's heading.
pub const FORM_TITLE: usize = 45;
/// Most characters above a text of a form.
pub const FORM_LABEL: usize = 45;
/// Most characters that stand in a text of a form before anything is typed.
pub const FORM_PLACEHOLDER: usize = 100;
/// Most characters that a text of a form takes.
pub const FORM_TEXT: u16 = 4000;

/// A limit that a reply breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {found}, {most} are the limit")]
pub struct ReplyFault {
    /// Which part.
    pub part: String,
    /// How much it is.
    pub found: usize,
    /// How much it may be.
    pub most: usize,
}

fn count(text: &str) -> usize {
    text.chars().count()
}

/// Characters of everything that Discord counts together.
#[must_use]
pub fn characters(reply: &Reply) -> usize {
    let fields: usize = reply.fields.iter().map(|field| count(&field.name) + count(&field.value)).sum();
    count(&reply.title) + count(&reply.text) + fields + reply.footer.as_deref().map_or(0, count)
}

/// Every limit that a reply breaks.
#[must_use]
pub fn faults(reply: &Reply) -> Vec<ReplyFault> {
    let mut faults = Vec::new();
    let mut most = |part: String, found: usize, most: usize| {
        if found > most {
            faults.push(ReplyFault { part, found, most });
        }
    };
    most("title".to_owned(), count(&reply.title), TITLE);
    most("text".to_owned(), count(&reply.text), TEXT);
    most("fields".to_owned(), reply.fields.len(), FIELDS);
    for Field { name, value, .. } in &reply.fields {
        most(format!("name of field {name:?}"), count(name), TITLE);
        most(format!("text of field {name:?}"), count(value), VALUE);
        // Discord refuses a field without a name or a text.
        most(format!("field {name:?}: empty"), usize::from(name.is_empty() || value.is_empty()), 0);
    }
    most("messages that follow".to_owned(), reply.more.len(), FOLLOWING);
    for text in &reply.more {
        most("text that follows".to_owned(), count(text), TEXT);
        most("empty text that follows".to_owned(), usize::from(text.trim().is_empty()), 0);
    }
    most("footer".to_owned(), reply.footer.as_deref().map_or(0, count), FOOTER);
    most("characters in all".to_owned(), characters(reply), ALL);
    most("rows".to_owned(), reply.rows.len(), ROWS);
    if let Some(picture) = &reply.picture {
        most("picture's description".to_owned(), count(&picture.alt), ALT);
    }
    let mut ids = BTreeSet::new();
    let mut id = |id: &crate::custom_id::CustomId, most: &mut dyn FnMut(String, usize, usize)| {
        let text = id.to_string();
        most("custom_id".to_owned(), text.len(), crate::custom_id::MOST);
        let again = !ids.insert(text.clone());
        most(format!("custom_id {text:?} again"), usize::from(again), 0);
    };
    for row in &reply.rows {
        match row {
            Row::Buttons(buttons) => {
                most("buttons of a row".to_owned(), buttons.len(), BUTTONS);
                for button in buttons {
                    most(format!("label {:?}", button.label), count(&button.label), LABEL);
                    most("empty label".to_owned(), usize::from(button.label.is_empty()), 0);
                    id(&button.id, &mut most);
                }
            }
            Row::Select(select) => {
                most("entries of a menu".to_owned(), select.options.len(), OPTIONS);
                most("menu without entries".to_owned(), usize::from(select.options.is_empty()), 0);
                most("placeholder".to_owned(), count(&select.placeholder), PLACEHOLDER);
                for (label, value) in &select.options {
                    most(format!("entry {label:?}"), count(label).max(count(value)), OPTION);
                }
                id(&select.id, &mut most);
            }
        }
    }
    faults
}

/// A text of at most so many characters: cut at the end of a line or word where one is near, marked with `…`, with an
/// open code block closed.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if count(text) <= most {
        return text.to_owned();
    }
    const FENCE: &str = "```";
    // Room for the mark and for a fence that may have to be closed.
    let room = most.saturating_sub(1 + 1 + FENCE.len());
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let near = head.len() - head.len() / 4;
    let end = head.rfind('\n').filter(|at| *at >= near).or_else(|| head.rfind(' ').filter(|at| *at >= near));
    // A stamp or a fence cut in half would show as rubbish.
    let head = &head[..end.unwrap_or(head.len())];
    let head = match (head.rfind("<t:"), head.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => &head[..open],
        _ => head,
    };
    let head = head.trim_end_matches('`').trim_end();
    if most < 8 {
        return text.chars().take(most).collect();
    }
    if head.matches(FENCE).count() % 2 == 1 { format!("{head}\n{FENCE}…") } else { format!("{head}…") }
}

/// Most messages that follow one.
pub const FOLLOWING: usize = 4;

/// A text in parts of at most so many characters, cut at the end of a line or word where one is near. A code block that is
/// cut is closed, and opened again in the next part.
#[must_use]
pub fn parts(text: &str, most: usize) -> Vec<String> {
    const FENCE: &str = "```";
    // Room for a fence at either end.
    let room = most.saturating_sub(2 * (1 + FENCE.len())).max(1);
    let (mut parts, mut rest, mut open) = (Vec::new(), text.to_owned(), false);
    while count(&rest) + if open { FENCE.len() + 1 } else { 0 } > most {
        let end = rest.char_indices().nth(room).map_or(rest.len(), |(at, _)| at);
        let head = &rest[..end];
        let near = head.len() / 2;
        let end =
            head.rfind('\n').filter(|at| *at >= near).or_else(|| head.rfind(' ').filter(|at| *at >= near));
        let end = end.unwrap_or(head.len());
        let (head, after) = rest.split_at(end);
        let begin = if open { format!("{FENCE}\n") } else { String::new() };
        open ^= head.matches(FENCE).count() % 2 == 1;
        let close = if open { format!("\n{FENCE}") } else { String::new() };
        parts.push(format!("{begin}{}{close}", head.trim_end()));
        let after = after.strip_prefix(['\n', ' ']).unwrap_or(after);
        rest = after.to_owned();
    }
    if !rest.trim().is_empty() || parts.is_empty() {
        parts.push(if open { format!("{FENCE}\n{rest}") } else { rest });
    }
    parts
}

/// The reply within the limits; what is longer than a message follows in others, the last of which is cut.
#[must_use]
pub fn fit(mut reply: Reply) -> Reply {
    let mut parts = parts(&reply.text, TEXT).into_iter();
    reply.text = parts.next().unwrap_or_default();
    reply.more.splice(0..0, parts);
    if reply.more.len() > FOLLOWING {
        let last = reply.more.split_off(FOLLOWING - 1).join("\n");
        // One character more than fits, so that the mark says that there was more.
        reply.more.push(cut(&format!("{last}{}", " ".repeat(TEXT)), TEXT));
    }
    fit_one(reply)
}

/// The reply cut to the limits of one message: what is drawn anew can not be followed by others. Buttons that break one are
/// left out: the text beside them says the command.
#[must_use]
pub fn fit_one(mut reply: Reply) -> Reply {
    reply.title = cut(&reply.title, TITLE);
    reply.text = cut(&reply.text, TEXT);
    reply.footer = reply.footer.map(|text| cut(&text, FOOTER));
    reply.fields.truncate(FIELDS);
    for field in &mut reply.fields {
        field.name = cut(if field.name.is_empty() { "\u{200b}" } else { &field.name }, TITLE);
        field.value = cut(if field.value.is_empty() { "–" } else { &field.value }, VALUE);
    }
    // The last fields are the least important ones; the text yields only when none are left.
    while characters(&reply) > ALL && reply.fields.pop().is_some() {}
    let excess = characters(&reply).saturating_sub(ALL);
    if excess > 0 {
        reply.footer = None;
        reply.text = cut(&reply.text, TEXT.min(count(&reply.text).saturating_sub(excess)));
    }
    if let Some(picture) = &mut reply.picture {
        picture.alt = cut(&picture.alt, ALT);
    }
    fit_rows(&mut reply.rows);
    reply
}

fn fit_rows(rows: &mut Vec<Row>) {
    let mut ids = BTreeSet::new();
    let mut fresh = |id: &crate::custom_id::CustomId| id.format().is_ok_and(|text| ids.insert(text));
    rows.retain_mut(|row| match row {
        Row::Buttons(buttons) => {
            buttons.retain(|button| !button.label.is_empty() && fresh(&button.id));
            buttons.truncate(BUTTONS);
            for button in buttons.iter_mut() {
                button.label = cut(&button.label, LABEL);
            }
            !buttons.is_empty()
        }
        Row::Select(select) => {
            select.options.retain(|(label, value)| !label.is_empty() && count(value) <= OPTION);
            select.options.truncate(OPTIONS);
            select.placeholder = cut(&select.placeholder, PLACEHOLDER);
            for (label, _) in &mut select.options {
                *label = cut(label, OPTION);
            }
            !select.options.is_empty() && fresh(&select.id)
        }
    });
    rows.truncate(ROWS);
}

/// Suggestions cut to the limits.
#[must_use]
pub fn fit_choices(choices: Vec<(String, String)>) -> Vec<(String, String)> {
    choices
        .into_iter()
        .filter(|(shown, value)| !shown.is_empty() && (1..=OPTION).contains(&count(value)))
        .take(OPTIONS)
        .map(|(shown, value)| (cut(&shown, OPTION), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use schemas::WorldId;

    use super::*;
    use crate::custom_id::{CustomId, Verb};
    use crate::reply::{Button, Style};

    fn button(label: &str, kind: &str) -> Button {
        let id = CustomId {
            world: WorldId::new("w").unwrap(),
            verb: Verb::Show,
            kind: kind.to_owned(),
            args: Vec::new(),
            actor: None,
            version: String::new(),
        };
        Button { label: label.to_owned(), id, style: Style::Primary, disabled: false }
    }

    fn any_reply() -> impl Strategy<Value = Reply> {
        let text =
            |most: usize| prop::collection::vec("[a-zé`<t:>\\n ]{0,40}|😀", 0..most).prop_map(|p| p.concat());
        let fields = prop::collection::vec((text(20), text(60)), 0..30);
        let buttons =
            prop::collection::vec(prop::collection::vec(("[a-z]{0,90}", "[a-z]{0,120}"), 0..8), 0..8);
        (text(20), text(300), fields, buttons, prop::option::of(text(200))).prop_map(
            |(title, body, fields, rows, footer)| {
                let mut reply = Reply::new(title, body);
                for (name, value) in fields {
                    reply = reply.field(name, value);
                }
                for row in rows {
                    reply
                        .rows
                        .push(Row::Buttons(row.iter().map(|(label, kind)| button(label, kind)).collect()));
                }
                reply.footer = footer;
                reply
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_fitted_breaks_no_limit(reply in any_reply()) {
            let fitted = fit(reply);
            prop_assert_eq!(faults(&fitted), Vec::new());
            prop_assert_eq!(fit(fitted.clone()), fitted);
        }

        #[test]
        fn parts_keep_the_limit_and_lose_nothing(text in "(```|[a-z \n]){0,400}", most in 20..90_usize) {
            let parts = parts(&text, most);
            let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
            prop_assert!(parts.iter().all(|part| part.chars().count() <= most), "{parts:?}");
            prop_assert_eq!(letters(&parts.concat()), letters(&text));
            let (_, whole) = parts.split_last().unwrap();
            prop_assert!(whole.iter().all(|part| part.matches("```").count() % 2 == 0), "{whole:?}");
        }

        #[test]
        fn cutting_keeps_the_limit_and_closes_code(text in "[a-z` \\n]{0,300}", most in 0..200_usize) {
            let short = cut(&text, most);
            prop_assert!(short.chars().count() <= most.max(text.chars().count().min(most)));
            if most >= 8 && text.matches("```").count() % 2 == 0 {
                prop_assert_eq!(short.matches("```").count() % 2, 0);
            }
        }
    }

    #[test]
    fn every_broken_limit_is_named() {
        let mut reply = Reply::new("t".repeat(257), "x".repeat(4097))
            .field("", "v".repeat(1025))
            .footed("f".repeat(2049));
        reply.rows = vec![Row::Buttons(vec![
            button(&"l".repeat(81), "a"),
            button("same", "a"),
            button("", &"k".repeat(100)),
        ])];
        let found: Vec<String> = faults(&reply).iter().map(ToString::to_string).collect();
        for part in
            ["title", "text:", "text of field", "empty", "footer", "in all", "label", "again", "custom_id:"]
        {
            assert!(found.iter().any(|fault| fault.contains(part)), "{part:?} is missing in {found:#?}");
        }
    }

    #[test]
    fn a_stamp_is_never_cut_in_half() {
        let text = format!("{}<t:1795170488:R>", "word ".repeat(10));
        assert!(!cut(&text, 58).contains("<t"));
    }
}
