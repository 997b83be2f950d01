//! What the files may hold: no leftovers, nothing of the place where they were written, no chance in the games, and no
//! file too long to read.

/// A file of the project: its path from the root, and its text.
#[derive(Debug, Clone)]
pub struct File {
    /// The path, with slashes.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Files that are allowed to be long, and why.
const LONG: &[(&str, &str)] =
    &[("tests/sim/src/cluster.rs", "one state machine: the whole cluster in one step")];

/// Longer files are listed.
pub const LINES_LISTED: usize = 600;

/// Longer files are a fault.
pub const LINES_MAX: usize = 800;

/// Words that no file may hold. Written in two parts, so that this file does not hold them.
fn leftovers() -> Vec<String> {
    ["TO DO", "FIX ME", "XX X", "todo !("].iter().map(|word| word.replace(' ', "")).collect()
}

/// Signs of the machine on which a file was written: folders, and hosts that only that machine knows.
fn places() -> Vec<String> {
    let signs =
        ["/wo rk/", "/ro ot/", "../sha red", "arti factory", "jf rog", ".inter nal/", "index.crates .io"];
    signs.iter().map(|word| word.replace(' ', "")).collect()
}

/// Words that no game may hold: clocks, hash order, floats.
const IMPURE: &[&str] = &["std::time", "HashMap", "HashSet", "f32", "f64"];

fn is_rust(file: &File) -> bool {
    file.path.ends_with(".rs")
}

/// Whether people write the file, so that it may hold leftovers; data may hold any letters.
fn is_written(file: &File) -> bool {
    [".rs", ".md", ".toml", ".ci/run"].iter().any(|ending| file.path.ends_with(ending))
}

fn is_test(file: &File) -> bool {
    is_rust(file)
        && (file.path.contains("/tests/")
            || file.path.starts_with("tests/")
            || file.path.ends_with("tests.rs"))
}

/// Whether the file may name the folder beside the project, where its data may lie.
fn may_look_beside(file: &File) -> bool {
    file.path == ".ci/run"
}

/// Whether `word` stands alone in the line, and is not a part of a longer name.
fn stands(line: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word)
        .any(|(at, _)| !part(line[..at].chars().next_back()) && !part(line[at + word.len()..].chars().next()))
}

/// Everything that a file holds and may not.
#[must_use]
pub fn faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    let (leftovers, places) = (leftovers(), places());
    let (ignored, sleeps) = (["#[", "ignore"].concat(), ["sleep", "("].concat());
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut fault = |what: String| faults.push(format!("{}:{number}: {what}", file.path));
        for word in leftovers.iter().filter(|word| is_written(file) && line.contains(word.as_str())) {
            fault(format!("{word}: finish it or leave it out"));
        }
        for word in places.iter().filter(|word| line.contains(word.as_str()) && !may_look_beside(file)) {
            fault(format!("{word}: a place of one machine"));
        }
        if is_rust(file) && line.contains(&ignored) {
            fault("a test that does not run is none".to_owned());
        }
        if is_test(file) && line.contains(&sleeps) {
            fault("tests do not sleep: use virtual time, or poll with a deadline".to_owned());
        }
        if file.path.starts_with("games/") && is_rust(file) {
            for word in IMPURE.iter().filter(|word| stands(line, word)) {
                fault(format!("{word}: games know no clock, no hash order and no floats"));
            }
        }
    }
    let lines = file.text.lines().count();
    let excused = LONG.iter().any(|(path, _)| *path == file.path);
    let generated = file.text.starts_with("// @generated");
    if is_rust(file) && lines > LINES_MAX && !excused && !generated {
        faults.push(format!("{}: {lines} lines, {LINES_MAX} are the limit", file.path));
    }
    faults
}

/// Rust files that are long, longest first.
#[must_use]
pub fn long(files: &[File]) -> Vec<(usize, &str)> {
    let lines = files.iter().filter(|file| is_rust(file)).map(|f| (f.text.lines().count(), f.path.as_str()));
    let mut long: Vec<_> = lines.filter(|(lines, _)| *lines > LINES_LISTED).collect();
    long.sort_by(|a, b| b.cmp(a));
    long
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        faults(&File { path: path.to_owned(), text: text.to_owned() }).len()
    }

    #[test]
    fn each_planted_word_is_found_where_it_is_banned() {
        for (path, word, count) in [
            ("a/src/lib.rs", "// TO DO", 1),
            ("README.md", "FIX ME", 1),
            ("a/src/lib.rs", "#[ ignore ]", 1),
            ("a/tests/b.rs", "sle ep(1)", 1),
            ("a/src/lib.rs", "sle ep(1)", 0),
            ("README.md", "see /wo rk/x", 1),
            (".ci/run", "../sha red/x", 0),
            ("games/a/src/b.rs", "use std:: time::Instant;", 1),
            ("games/a/src/b.rs", "let f64x = sf32;", 0),
            ("a/src/b.rs", "let x: f 64;", 0),
            ("games/a/src/b.rs", "let x: f 64;", 1),
        ] {
            let text = if word.contains("let x") {
                word.replace("f 64", "f64")
            } else {
                word.replace("std:: ", "std::")
            };
            let text =
                if text.contains("let ") || text.contains("use ") { text } else { text.replace(' ', "") };
            assert_eq!(found(path, &text), count, "{path}: {text}");
        }
        assert_eq!(found("a/src/b.rs", &"x\n".repeat(LINES_MAX + 1)), 1);
        assert_eq!(found("a/src/b.rs", &format!("// @generated\n{}", "x\n".repeat(LINES_MAX + 1))), 0);
    }
}
