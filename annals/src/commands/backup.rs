//! `annals backup` and `annals restore`: the record as one file that any engine can be filled from.

use std::path::Path;
use std::time::Duration;

use event_store::{
    CheckpointStore, CopyError, EventStore, OpenError, SqliteStore, Witness, WorldHead, copy_log,
    verify_world,
};
use schemas::CommitNo;
use serde_json::json;

use crate::cli;
use crate::context::{Data, Exit, Failure};
use crate::engine::{Company, Engine, LogPlace};
use crate::print::{Printer, grouped};

fn failed(error: &dyn std::fmt::Display) -> Failure {
    Failure::new("BACKUP_FAILED", error.to_string())
}

pub(crate) async fn backup(data: &Data, to: &Path, printer: &Printer) -> Result<Exit, Failure> {
    let log = data.reader().await?;
    let (commits, worlds) = if let Engine::Sqlite(store) = &log {
        let report = event_store::backup(store, to).await.map_err(|e| failed(&e))?;
        (report.commits, report.worlds.len())
    } else {
        copied_out(&log, to, printer).await?
    };
    let bytes = std::fs::metadata(to)?.len();
    printer.talk(&format!(
        "{} commits of {worlds} streams are in {} ({} KiB), and every chain in it is verified",
        grouped(commits),
        to.display(),
        grouped(bytes / 1024),
    ));
    printer.document(&json!({
        "file": to.display().to_string(), "commits": commits, "streams": worlds, "bytes": bytes,
    }))?;
    Ok(Exit::Done)
}

/// Copies a log on a server into a file, which bears its name only when it is whole and verified.
async fn copied_out(from: &Engine, to: &Path, printer: &Printer) -> Result<(u64, usize), Failure> {
    if to.exists() {
        return Err(failed(&format!(
            "{} is there already: give another name, or move it away",
            to.display()
        )));
    }
    let mut partial = to.as_os_str().to_owned();
    partial.push(".partial");
    let partial = std::path::PathBuf::from(partial);
    // A copy that was broken off goes on from where it was.
    let file = SqliteStore::open(&partial).await?;
    let told = |end: &WorldHead| {
        printer.talk(&format!("{}: {} commits", end.world, grouped(end.head.commit.get())));
    };
    let copied = copy_log(from, &file, told).await;
    file.close().await;
    let report = copied.map_err(|e: CopyError| Failure::new(e.code(), e.to_string()))?;
    std::fs::rename(&partial, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()?;
    let _ = std::fs::remove_file(lock_of(&partial));
    Ok((report.copied + report.there, usize::try_from(report.worlds).unwrap_or(usize::MAX)))
}

fn lock_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

pub(crate) async fn restore(
    data: &Data,
    arguments: &cli::Restore,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let backup = opened(&arguments.from).await?;
    let sound = check(data, &backup, arguments.verify, printer).await?;
    if !sound {
        printer.talk("the backup is damaged: nothing was restored; take another one");
        return Ok(Exit::Broken);
    }
    if arguments.verify {
        backup.close().await;
        return Ok(Exit::Done);
    }
    let settings = data.settings()?;
    let target = Engine::open(&settings.log, Company::Alone, settings.log_limits(), Duration::ZERO)
        .await
        .map_err(settings.naming("log"))?;
    let copied = fill(&backup, &target, &settings.log, printer).await;
    target.close().await;
    backup.close().await;
    copied
}

/// A backup, to be read. What is wrong with the file is told as of one that was handed in, not as of this server's log.
async fn opened(from: &Path) -> Result<SqliteStore, Failure> {
    let none = |problem: &str| {
        let text = format!(
            "{} holds no log ({problem}): give a file that annals backup has written",
            from.display()
        );
        Failure::new("STORE_NOT_A_DATABASE", text)
    };
    match std::fs::metadata(from) {
        Ok(found) if !found.is_file() => return Err(none("it is no file")),
        Ok(found) if found.len() == 0 => return Err(none("it is empty")),
        Ok(_) | Err(_) => {}
    }
    match SqliteStore::open_read_only(from).await {
        Ok(store) => Ok(store),
        Err(OpenError::Missing { .. } | OpenError::NoDirectory { .. }) => {
            let text =
                format!("there is no file {}: give one that annals backup has written", from.display());
            Err(Failure::new("STORE_MISSING", text))
        }
        Err(OpenError::NotADatabase { problem, .. }) => Err(none(&problem)),
        Err(error) => Err(error.into()),
    }
}

/// Checks every chain in a backup, and with signatures each checkpoint that this server's key has signed.
async fn check(data: &Data, backup: &SqliteStore, told: bool, printer: &Printer) -> Result<bool, Failure> {
    let key = data.keys()?.public();
    let (mut rows, mut sound) = (Vec::new(), true);
    for world in backup.worlds().await? {
        let checkpoints = backup.checkpoints(&world.world).await?;
        let witness = Some(Witness { checkpoints: &checkpoints, key: &key });
        let report = verify_world(backup, &world.world, CommitNo::ZERO, witness).await?;
        for fault in report.faults.iter().take(10) {
            printer.talk(&format!("  {fault}"));
        }
        sound &= report.faults.is_empty();
        let signed = report.proven_to.map_or(json!(null), |commit| json!(format!("c{commit}")));
        let result = if report.faults.is_empty() { "ok" } else { "BROKEN" };
        rows.push(vec![json!(world.world), json!(world.head.commit), signed, json!(result)]);
    }
    if told || !sound {
        printer.rows(&["stream", "commits", "signed up to", "result"], &rows)?;
    }
    Ok(sound)
}

async fn fill(
    backup: &SqliteStore,
    target: &Engine,
    place: &LogPlace,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let told = |end: &WorldHead| {
        printer.talk(&format!("{}: {} commits, verified", end.world, grouped(end.head.commit.get())));
    };
    let report = copy_log(backup, target, told).await.map_err(|e| Failure::new(e.code(), e.to_string()))?;
    let place = match place {
        LogPlace::File(path) => path.display().to_string(),
        LogPlace::Postgres(_) => "the PostgreSQL log".to_owned(),
        LogPlace::Kurrent(_) => "the KurrentDB log".to_owned(),
    };
    printer.talk(&format!(
        "restored into {place}; next: annals projection rebuild, then annals verify --all --deep"
    ));
    printer.document(&json!({
        "streams": report.worlds, "copied": report.copied, "there": report.there, "checkpoints": report.checkpoints,
    }))?;
    Ok(Exit::Done)
}
