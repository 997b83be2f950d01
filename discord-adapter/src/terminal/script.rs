//! A file of lines run through a shell: a session that can be repeated, and so a test.
//!
//! ```text
//! # comments and empty lines are passed over
//! /join faction:cinema
//! wait 2h
//! !/join faction:otaku            a refusal is expected
//! !NOT_JOINED /city view          this refusal is expected
//! ```

use std::io::{self, BufRead, Write};

use super::{Outcome, Shell};
use crate::host::Host;

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Every line did what it should; how many there were.
    Done(usize),
    /// A line was refused, or was not although it should have been.
    Stopped {
        /// Its number in the file, from 1.
        line: usize,
        /// What was wrong.
        problem: String,
    },
}

/// Runs a script and writes each line with its reply. Stops at the first line that does not end as it should.
///
/// # Errors
/// When the script can not be read or the output not be written.
pub async fn run<H: Host>(
    shell: &mut Shell<'_, H>,
    script: impl BufRead,
    out: &mut impl Write,
) -> io::Result<End> {
    let mut lines = 0;
    for (number, line) in script.lines().enumerate() {
        let line = line?;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        lines += 1;
        let (expected, command) = expectation(line);
        writeln!(out, "{}{command}", shell.prompt())?;
        let refused = match shell.line(command).await {
            Outcome::Quit => return Ok(End::Done(lines)),
            Outcome::Nothing => None,
            Outcome::Shown { text, refused } => {
                write!(out, "{text}")?;
                refused
            }
        };
        writeln!(out)?;
        if let Some(problem) = difference(expected, refused.as_deref()) {
            writeln!(out, "line {}: {problem}", number + 1)?;
            return Ok(End::Stopped { line: number + 1, problem });
        }
    }
    Ok(End::Done(lines))
}

/// What a line should end as, and the line itself.
fn expectation(line: &str) -> (Option<&str>, &str) {
    let Some(rest) = line.strip_prefix('!') else { return (None, line) };
    let code =
        rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(rest.len());
    (Some(&rest[..code]), rest[code..].trim_start())
}

fn difference(expected: Option<&str>, refused: Option<&str>) -> Option<String> {
    match (expected, refused) {
        (None, None) => None,
        (None, Some(code)) => Some(format!("refused ({code}), but a success was expected")),
        (Some(_), None) => Some("succeeded, but a refusal was expected".to_owned()),
        (Some(code), Some(found)) if code.is_empty() || code == found => None,
        (Some(code), Some(found)) => Some(format!("refused ({found}), but {code} was expected")),
    }
}
