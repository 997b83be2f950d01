//! The settings as flags: one for each that is no secret, made of the list of settings itself.

use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::settings::{Flags, KNOWN, Known};

/// What the command line says about settings.
#[derive(Debug, Default)]
pub(crate) struct SettingFlags(pub(crate) Flags);

/// The flag of a setting, if it has one.
fn flag(known: &Known) -> Option<Arg> {
    let (flag, value) = known.flag?;
    let help = match known.default {
        "" => known.text.to_owned(),
        default => format!("{} [default: {default}]", known.text),
    };
    let arg = Arg::new(known.name)
        .long(flag)
        .value_name(value)
        .help(help)
        .help_heading("Settings (see: annals config show)")
        .global(true)
        .hide_short_help(true);
    Some(arg)
}

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        command.args(KNOWN.iter().filter_map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for known in KNOWN.iter().filter(|known| known.flag.is_some()) {
            if let Some(value) = matches.get_one::<String>(known.name) {
                self.0.insert(known.name, value.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_setting_that_is_no_secret_has_its_flag_wherever_it_is_given() {
        Cli::command().debug_assert();
        for known in KNOWN {
            let Some((flag, _)) = known.flag else {
                assert!(["discord_token", "discord_client_secret"].contains(&known.name), "{}", known.name);
                continue;
            };
            assert_eq!(flag, known.name.replace('_', "-"));
            let flag = format!("--{flag}");
            for line in [["annals", &flag, "7", "doctor"], ["annals", "serve", &flag, "7"]] {
                let given = Cli::try_parse_from(line).unwrap().flags();
                assert_eq!(given, Flags::from([(known.name, "7".to_owned())]), "{line:?}");
            }
        }
    }
}
