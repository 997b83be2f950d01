//! `annals vault`: names and tokens taken to another place.

use vault::{Vault, VaultPlace};

use crate::cli::VaultCommand;
use crate::context::{Data, Exit, Failure};
use crate::print::Printer;

pub(crate) async fn run(data: &Data, command: &VaultCommand, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        VaultCommand::Prepare(arguments) => super::prepare::vault(arguments, printer).await,
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
