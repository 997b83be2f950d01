//! Settings of a data directory, in a file that people can read: `annals.toml`.

use std::path::Path;

use replay_tool::approval::Policy;
use serde::{Deserialize, Serialize};

use crate::context::{Data, Failure};

/// What stands above the settings in their file.
const HEAD: &str = "# Settings of this data directory; see: annals config show\n";

/// The settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// What a rollback needs before it may be applied.
    pub(crate) approval: Policy,
}

impl Settings {
    /// Every setting: name and what it may be.
    pub(crate) const KNOWN: &[(&str, &str)] = &[("approval", "none, cooling-off or second-operator")];

    /// The settings of a data directory; the default of each where its file says nothing.
    pub(crate) fn load(data: &Data) -> Result<Self, Failure> {
        let path = data.settings();
        match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|e| bad(&path, &e.to_string())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(bad(&path, &e.to_string())),
        }
    }

    /// Changes one setting.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        match name {
            "approval" => self.approval = value.parse().map_err(Failure::usage)?,
            _ => {
                let known: Vec<&str> = Self::KNOWN.iter().map(|(name, _)| *name).collect();
                return Err(Failure::usage(format!(
                    "there is no setting {name}; there are: {}",
                    known.join(", ")
                )));
            }
        }
        Ok(())
    }

    /// Keeps the settings.
    pub(crate) fn save(&self, data: &Data) -> Result<(), Failure> {
        let text = toml::to_string(self).map_err(|e| bad(&data.settings(), &e.to_string()))?;
        crate::context::write_whole(&data.settings(), format!("{HEAD}{text}").as_bytes())
    }
}

fn bad(path: &Path, problem: &str) -> Failure {
    Failure::new("BAD_SETTINGS", format!("{}: {}", path.display(), problem.trim_end()))
}
