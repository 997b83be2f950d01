//! Languages: every entry of a catalogue belongs to a text of the code, whatever a season answers keeps Discord's limits
//! in each language, and so much is translated.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of a test may fail it")]

use std::collections::BTreeSet;
use std::path::Path;

use discord_adapter::lang::{Catalogue, Lang, spoken_in};
use discord_adapter::{refusal, registration};
use games_core::tree::CommandTree;
use schemas::Rejection;
use serde_json::Value;

/// Files whose texts people read.
const SOURCES: [&str; 6] = [
    "src",
    "http/src/rest",
    "../games",
    "../annals/src/host.rs",
    "http/src/handler",
    "../command-service/src",
];

fn files(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|ending| ending == "rs") {
        found.push(std::fs::read_to_string(path).unwrap());
    }
}

/// Every string literal of a source, as the compiler reads it.
fn literals(source: &str, found: &mut BTreeSet<String>) {
    let mut letters = source.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => drop(letters.by_ref().find(|letter| *letter == '\n')),
            // A quote as a character, not the beginning of a text.
            '\'' if letters.peek() == Some(&'"') => drop(letters.by_ref().nth(1)),
            '"' => {
                let mut text = String::new();
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('n') => text.push('\n'),
                            Some('u') => {
                                let code: String =
                                    letters.by_ref().skip(1).take_while(|c| *c != '}').collect();
                                text.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
                            }
                            Some('\n') => while letters.next_if(|c| c.is_whitespace()).is_some() {},
                            Some(other) => text.push(other),
                            None => break,
                        },
                        other => text.push(other),
                    }
                }
                found.insert(Catalogue::key(&text));
            }
            _ => {}
        }
    }
}

fn german() -> &'static Catalogue {
    Lang::De.catalogue().unwrap()
}

#[test]
fn every_entry_is_a_text_of_the_code_with_the_same_gaps() {
    assert_eq!(german().faults(), []);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    SOURCES.iter().for_each(|source| files(&root.join(source), &mut sources));
    let mut known = BTreeSet::new();
    sources.iter().for_each(|source| literals(source, &mut known));
    let strangers: Vec<&str> = german().texts().filter(|text| !known.contains(*text)).collect();
    assert_eq!(strangers, Vec::<&str>::new(), "texts that the code does not have");
    let strangers: Vec<String> = german().parts().filter(|text| !known.contains(text)).collect();
    assert_eq!(strangers, Vec::<String>::new(), "parts of sentences that nobody says");
    // What is put together from two texts is one sentence to who reads it.
    let strangers: Vec<String> = german()
        .sentences()
        .filter(|text| !known.contains(text) && !known.contains(&format!("{text}{{}}")))
        .filter(|text| !text.contains("Meintest du"))
        .collect();
    assert_eq!(strangers, Vec::<String>::new(), "sentences that nobody says");
}

/// The texts that a source hands to a function or macro.
fn handed(source: &str, to: &str, found: &mut BTreeSet<String>) {
    for (at, _) in source.match_indices(to) {
        let named = source[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        let rest = source[at + to.len()..].trim_start();
        if !named && rest.starts_with('"') {
            let mut all = BTreeSet::new();
            // Of what follows only the first text is meant: what comes after it may be cut in the middle.
            let end = rest[1..].match_indices('"').find(|(end, _)| !rest[1..=*end].ends_with('\\'));
            literals(&rest[..end.unwrap().0 + 2], &mut all);
            found.extend(all);
        }
    }
}

/// Texts that are English everywhere: pages for the repository, a page for a terminal.
const ENGLISH: [&str; 1] =
    ["# Commands of {}\n\nMade from the command tree; options in brackets may be left out.\n"];

#[test]
fn what_is_said_to_people_is_said_in_german_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    ["src/present", "src/picture", "src/session", "src/help.rs", "src/parse.rs", "../annals/src/host.rs"]
        .iter()
        .for_each(|source| files(&root.join(source), &mut sources));
    let mut said = BTreeSet::new();
    for source in &sources {
        let source = source.split("#[cfg(test)]").next().unwrap();
        ["say!(", "t(", "part("].iter().for_each(|to| handed(source, to, &mut said));
    }
    assert!(said.len() > 300, "only {} texts were found", said.len());
    // Who does something is put into the sentence by its gap.
    let known: BTreeSet<&str> = german().texts().chain(ENGLISH).chain(["Your"]).collect();
    let english: Vec<&String> = said.iter().filter(|text| !known.contains(text.as_str())).collect();
    println!("{} texts, {} of them English in German", said.len(), english.len());
    assert_eq!(english, Vec::<&String>::new());
}

/// Every description that Discord is told, and those that have a German one.
fn described(value: &Value, all: &mut Vec<String>, german: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(text) = fields.get("description").and_then(Value::as_str) {
                all.push(text.to_owned());
                german.extend(value["description_localizations"]["de"].as_str().map(|_| text.to_owned()));
            }
            fields.values().for_each(|nested| described(nested, all, german));
        }
        Value::Array(nested) => nested.iter().for_each(|nested| described(nested, all, german)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn every_description(tree: &CommandTree) -> Vec<String> {
    let (mut all, mut german) = (Vec::new(), Vec::new());
    described(&registration::json(tree), &mut all, &mut german);
    all.retain(|text| !german.contains(text));
    all
}

#[test]
fn every_command_option_and_group_of_every_game_is_described_in_german() {
    for game in games_registry::games() {
        assert_eq!(every_description(game.tree()), Vec::<String>::new(), "{}", game.name());
    }
}

/// The codes of host and adapter, with every figure that a sentence may name.
const OWN: [&str; 23] = [
    "NO_WORLD",
    "WORLD_PAUSED",
    "WORLD_REWINDING",
    "WORLD_ENDED",
    "WORLD_STATE",
    "WORLD_EXISTS",
    "SEASON_RUNS",
    "NOT_ADMIN",
    "NOT_JOINED",
    "NOT_A_PLAYER",
    "NO_STEP_DONE",
    "RATE_LIMITED",
    "SECURITY_THREAT",
    "INVALID_OPTION",
    "ID_REUSED",
    "VOIDED",
    "MOVED",
    "CONCURRENCY_CONFLICT",
    "OUTCOME_UNKNOWN",
    "NO_OWNER",
    "DATABASE_ERROR",
    "UNAVAILABLE",
    "INTERNAL_ERROR",
];

#[test]
fn every_refusal_of_host_and_games_is_told_in_german() {
    let mut english = Vec::new();
    let mut told = |text: &schemas::rejection::RejectionText| {
        let all = std::iter::once(&text.sentence).chain(&text.suggestions);
        for sentence in all.filter(|sentence| german().sentence(sentence).is_none()) {
            english.push(format!("{}: {sentence}", text.code));
        }
        let reply = spoken_in(Lang::De, || refusal::reply(text, discord_adapter::Clock::default()));
        assert_eq!(reply.footer.as_deref(), Some(text.code.as_str()), "the code stays as it is");
    };
    OWN.iter().for_each(|code| told(&refusal::describe(&Rejection::new(code))));
    let source = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../games/popverse-kingdoms/src/text/sentences.rs"),
    )
    .unwrap();
    let codes: Vec<&str> =
        source.split("code: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(codes.len() > 90, "{}", codes.len());
    let game = games_registry::find("popverse-kingdoms").unwrap();
    for code in codes {
        told(&game.describe(&Rejection::new(code.to_owned().leak())).unwrap());
    }
    assert_eq!(english, Vec::<String>::new());
}
