//! The log itself: a PostgreSQL database made ready for it, and the log copied from one engine to another.

use std::path::Path;
use std::time::Duration;

use event_store::postgres::{Access, Limits, Login, Purpose, prepare};
use event_store::{CheckpointStore, CopyError, EventStore, WorldHead, copy_log};
use serde_json::json;

use crate::cli::{LogCopy, LogPrepare, LogTool};
use crate::context::{Exit, Failure};
use crate::engine::{Company, Engine, LogPlace};
use crate::print::{Printer, grouped};

pub(crate) async fn run(tool: &LogTool, printer: &Printer) -> Result<Exit, Failure> {
    match tool {
        LogTool::Prepare(arguments) => make_ready(arguments, printer).await,
        LogTool::Copy(arguments) => copy(arguments, printer).await,
    }
}

pub(super) fn password(file: Option<&Path>) -> Result<Option<String>, Failure> {
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::new("IO", format!("{} can not be read: {e}", file.display())))?;
    let first = text.lines().next().unwrap_or_default();
    if first.is_empty() {
        return Err(Failure::new(
            "BAD_INPUT",
            format!("{} holds no password in its first line", file.display()),
        ));
    }
    Ok(Some(first.to_owned()))
}

async fn make_ready(arguments: &LogPrepare, printer: &Printer) -> Result<Exit, Failure> {
    let mut logins = vec![Login {
        name: arguments.writer.clone(),
        password: password(arguments.writer_password_file.as_deref())?,
        access: Access::Write,
    }];
    if let Some(name) = &arguments.reader {
        let password = password(arguments.reader_password_file.as_deref())?;
        logins.push(Login { name: name.clone(), password, access: Access::Read });
    }
    let purpose = if arguments.rehearse { Purpose::Rehearse } else { Purpose::Keep };
    let prepared = prepare(&arguments.admin_url, &logins, purpose).await?;
    told_ready("log", prepared.found, prepared.version, arguments.rehearse, printer);
    printer.document(&json!({
        "found": prepared.found,
        "version": prepared.version,
        "rehearsed": arguments.rehearse,
        "writer": arguments.writer,
        "reader": arguments.reader,
    }))?;
    Ok(Exit::Done)
}

/// Says what a preparation has found and done.
pub(super) fn told_ready(what: &str, found: Option<i64>, version: i64, rehearsed: bool, printer: &Printer) {
    let found = found.map_or_else(|| format!("no {what}"), |version| format!("schema version {version}"));
    let done = if rehearsed { "rehearsed and taken back" } else { "ready" };
    printer.talk(&format!("found {found}; schema version {version} is {done}"));
}

async fn copy(arguments: &LogCopy, printer: &Printer) -> Result<Exit, Failure> {
    let place = |option: &str, text: &str| -> Result<LogPlace, Failure> {
        text.parse().map_err(|problem: String| Failure::usage(format!("{option}: {problem}")))
    };
    let (from, to) = (place("--from", &arguments.from)?, place("--to", &arguments.to)?);
    let from = Engine::open_read_only(&from).await?;
    let to = Engine::open(&to, Company::Alone, Limits::default(), Duration::ZERO).await?;
    let copied = between(&from, &to, printer).await;
    // Whatever came of it, the target is closed in good order: then its file is whole by itself and may be moved.
    to.close().await;
    from.close().await;
    copied
}

async fn between<F, T>(from: &F, to: &T, printer: &Printer) -> Result<Exit, Failure>
where
    F: EventStore + CheckpointStore,
    T: EventStore + CheckpointStore,
{
    let told = |end: &WorldHead| {
        let commits = grouped(end.head.commit.get());
        printer.talk(&format!("{}: {commits} commits, verified, head {}", end.world, end.head.hash.short()));
    };
    let report =
        copy_log(from, to, told).await.map_err(|e: CopyError| Failure::new(e.code(), e.to_string()))?;
    printer.document(&json!({
        "worlds": report.worlds,
        "copied": report.copied,
        "there": report.there,
        "checkpoints": report.checkpoints,
    }))?;
    Ok(Exit::Done)
}
