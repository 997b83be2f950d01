//! Databases on a PostgreSQL server made ready by their administrator: for the log, for read models, for the vault.

use std::path::Path;

use event_store::postgres as log;
use postgres_server::{Login, Prepared, Purpose};
use serde_json::json;
use vault::postgres as names;

use crate::cli::{Prepare, Writer};
use crate::context::{Exit, Failure};
use crate::print::Printer;

/// For the log.
pub(crate) async fn log(arguments: &Prepare, printer: &Printer) -> Result<Exit, Failure> {
    let logins = logins(arguments, log::Access::Write, log::Access::Read)?;
    let prepared = log::prepare(&arguments.writer.admin_url, &logins, purpose(&arguments.writer)).await?;
    told("log", prepared, &arguments.writer, arguments.reader.as_deref(), printer)
}

/// For read models.
pub(crate) async fn read_models(arguments: &Prepare, printer: &Printer) -> Result<Exit, Failure> {
    let logins = logins(arguments, projections::Access::Project, projections::Access::Read)?;
    let prepared =
        projections::prepare(&arguments.writer.admin_url, &logins, purpose(&arguments.writer)).await?;
    told("read models", prepared, &arguments.writer, arguments.reader.as_deref(), printer)
}

/// For the vault.
pub(crate) async fn vault(writer: &Writer, printer: &Printer) -> Result<Exit, Failure> {
    let logins = [login(&writer.name, writer.password_file.as_deref(), names::Access::Own)?];
    let prepared = vault::prepare_postgres(&writer.admin_url, &logins, purpose(writer)).await?;
    told("vault", prepared, writer, None, printer)
}

const fn purpose(writer: &Writer) -> Purpose {
    if writer.rehearse { Purpose::Rehearse } else { Purpose::Keep }
}

fn logins<A>(arguments: &Prepare, writes: A, reads: A) -> Result<Vec<Login<A>>, Failure> {
    let Prepare { writer, reader, reader_password_file } = arguments;
    let mut logins = vec![login(&writer.name, writer.password_file.as_deref(), writes)?];
    if let Some(name) = reader {
        logins.push(login(name, reader_password_file.as_deref(), reads)?);
    }
    Ok(logins)
}

fn login<A>(name: &str, file: Option<&Path>, access: A) -> Result<Login<A>, Failure> {
    let password = file.map(first_line).transpose()?;
    Ok(Login { name: name.to_owned(), password, access })
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failure::new("IO", format!("{} can not be read: {e}", file.display())))?;
    match text.lines().next() {
        Some(first) if !first.is_empty() => Ok(first.to_owned()),
        Some(_) | None => {
            let text = format!("{} holds no password in its first line", file.display());
            Err(Failure::new("BAD_INPUT", text))
        }
    }
}

fn told(
    what: &str,
    prepared: Prepared,
    writer: &Writer,
    reader: Option<&str>,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let Prepared { found, version } = prepared;
    let before = found.map_or_else(|| format!("no {what}"), |version| format!("schema version {version}"));
    let done = if writer.rehearse { "rehearsed and taken back" } else { "ready" };
    printer.talk(&format!("found {before}; schema version {version} is {done}"));
    printer.document(&json!({
        "found": found,
        "version": version,
        "rehearsed": writer.rehearse,
        "writer": writer.name,
        "reader": reader,
    }))?;
    Ok(Exit::Done)
}
