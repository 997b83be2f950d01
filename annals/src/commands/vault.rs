//! `annals vault`: a PostgreSQL database made ready for names and tokens, and the vault taken to another place.

use serde_json::json;
use vault::postgres::{Login, Purpose};
use vault::{Vault, VaultPlace};

use super::log::password;
use crate::cli::{VaultCommand, VaultPrepare};
use crate::context::{Data, Exit, Failure};
use crate::print::Printer;

/// Makes a database ready as its administrator.
pub(crate) async fn make_ready(arguments: &VaultPrepare, printer: &Printer) -> Result<Exit, Failure> {
    let login = Login {
        name: arguments.writer.clone(),
        password: password(arguments.writer_password_file.as_deref())?,
    };
    let purpose = if arguments.rehearse { Purpose::Rehearse } else { Purpose::Keep };
    let prepared = vault::prepare_postgres(&arguments.admin_url, &[login], purpose).await?;
    super::log::told_ready("vault", prepared.found, prepared.version, arguments.rehearse, printer);
    printer.document(&json!({
        "found": prepared.found,
        "version": prepared.version,
        "rehearsed": arguments.rehearse,
        "writer": arguments.writer,
    }))?;
    Ok(Exit::Done)
}

pub(crate) async fn run(data: &Data, command: &VaultCommand, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        VaultCommand::Prepare(arguments) => make_ready(arguments, printer).await,
        VaultCommand::Copy { from, to } => {
            let keys = data.keys()?;
            let from = Vault::open_at(&VaultPlace::parse(from, data.dir())?, &keys).await?;
            let into = Vault::open_at(&VaultPlace::parse(to, data.dir())?, &keys).await?;
            let copied = from.copy_into(&into).await;
            into.close().await;
            from.close().await;
            let copied = copied?;
            printer.talk("the vault is copied; name its place in the setting vault before the next start");
            printer.document(&copied)?;
            Ok(Exit::Done)
        }
    }
}
