//! `annals config`: the settings of a data directory.

use serde_json::{Map, Value, json};

use crate::cli::ConfigCommand;
use crate::context::{Data, Exit, Failure, Output};
use crate::print::Printer;
use crate::settings::Settings;

pub(crate) fn run(data: &Data, command: &ConfigCommand, printer: &Printer) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            let settings = Settings::load(data)?;
            match printer.output() {
                Output::Json | Output::Ndjson => {
                    let mut all = Map::new();
                    let mut from = Map::new();
                    for (known, value, source) in settings.shown() {
                        all.insert(known.name.to_owned(), Value::String(value));
                        from.insert(known.name.to_owned(), Value::String(source.to_string()));
                    }
                    all.insert("from".to_owned(), Value::Object(from));
                    printer.document(&all)?;
                }
                Output::Table | Output::Tsv => {
                    let rows: Vec<Vec<Value>> = settings
                        .shown()
                        .map(|(known, value, source)| {
                            vec![
                                json!(known.name),
                                json!(value),
                                json!(source.to_string()),
                                json!(known.text),
                            ]
                        })
                        .collect();
                    printer.rows(&["setting", "value", "from", "what it may be"], &rows)?;
                    printer.talk(
                        "flag before environment (ANNALS_NAME, or ANNALS_NAME_FILE) before annals.toml",
                    );
                }
            }
        }
        ConfigCommand::Set { name, value } => {
            let known = Settings::set(data, name, value)?;
            printer.talk(&format!("{} is {} from now on", known.name, known.shown(value)));
        }
    }
    Ok(Exit::Done)
}
