//! The log itself: its database made ready, and the log copied from one engine to another.

use std::time::Duration;

use event_store::{CheckpointStore, CopyError, EventStore, WorldHead, copy_log};
use serde_json::json;

use crate::cli::{LogCopy, LogTool};
use crate::context::{Data, Exit, Failure};
use crate::engine::{Company, Engine, LogPlace};
use crate::print::{Printer, grouped};

pub(crate) async fn run(data: &Data, tool: &LogTool, printer: &Printer) -> Result<Exit, Failure> {
    match tool {
        LogTool::Prepare(arguments) => super::prepare::log(arguments, printer).await,
        LogTool::Copy(arguments) => copy(data, arguments, printer).await,
    }
}

async fn copy(data: &Data, arguments: &LogCopy, printer: &Printer) -> Result<Exit, Failure> {
    let place = |option: &str, text: &str| -> Result<LogPlace, Failure> {
        text.parse().map_err(|problem: String| Failure::usage(format!("{option}: {problem}")))
    };
    let (from, to) = (place("--from", &arguments.from)?, place("--to", &arguments.to)?);
    let limits = data.settings()?.log_limits();
    let from = Engine::open_read_only(&from, limits).await?;
    let to = Engine::open(&to, Company::Alone, limits, Duration::ZERO).await?;
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
