//! `annals config`: the settings of a data directory.

use crate::cli::ConfigCommand;
use crate::context::{Data, Exit, Failure};
use crate::print::Printer;
use crate::settings::Settings;

pub(crate) fn run(data: &Data, command: &ConfigCommand, printer: &Printer) -> Result<Exit, Failure> {
    let mut settings = Settings::load(data)?;
    match command {
        ConfigCommand::Show => {
            printer.document(&settings)?;
            for (name, values) in Settings::KNOWN {
                printer.talk(&format!("{name}: {values}; change it with: annals config set {name} VALUE"));
            }
        }
        ConfigCommand::Set { name, value } => {
            settings.set(name, value)?;
            settings.save(data)?;
            printer.talk(&format!("{name} is {value} from now on"));
        }
    }
    Ok(Exit::Done)
}
