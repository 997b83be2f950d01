//! A person at a terminal: history, Tab, Ctrl-D.

use std::cell::RefCell;
use std::io::Write;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter, Validator};
use tokio::runtime::Handle;

use super::{Outcome, Shell};
use crate::host::Host;

/// Asks the shell for completions. The editor is synchronous, the world is not: the handle bridges them, which is why
/// the editor must not run on a thread of the runtime.
#[derive(Helper, Highlighter, Hinter, Validator)]
struct Tab<'s, 'a, H: Host> {
    shell: &'s RefCell<Shell<'a, H>>,
    runtime: Handle,
}

impl<H: Host> Completer for Tab<'_, '_, H> {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>), ReadlineError> {
        // While a line is being edited nothing else holds the shell.
        let Ok(mut shell) = self.shell.try_borrow_mut() else { return Ok((pos, Vec::new())) };
        let (start, candidates) = self.runtime.block_on(shell.complete(line, pos));
        let pairs = candidates.into_iter().map(|c| Pair { display: c.shown, replacement: c.text });
        Ok((start, pairs.collect()))
    }
}

/// Lets a person play until they leave. Call it on a thread of its own, outside the runtime.
///
/// # Errors
/// When the terminal can not be read or written.
pub fn run<H: Host>(
    runtime: &Handle,
    shell: Shell<'_, H>,
    out: &mut impl Write,
) -> Result<(), ReadlineError> {
    let shell = RefCell::new(shell);
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor: Editor<Tab<'_, '_, H>, DefaultHistory> = Editor::with_config(config)?;
    editor.set_helper(Some(Tab { shell: &shell, runtime: runtime.clone() }));
    writeln!(out, "/ and Tab show what you can do, /help explains it, Ctrl-D leaves.")?;
    loop {
        let prompt = shell.borrow().prompt();
        match editor.readline(&prompt) {
            Ok(line) => match runtime.block_on(shell.borrow_mut().line(&line)) {
                Outcome::Quit => return Ok(()),
                Outcome::Nothing => {}
                Outcome::Shown { text, .. } => writeln!(out, "{text}")?,
            },
            // Ctrl-C drops the line, Ctrl-D ends the session.
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
