//! What a process does.

/// Whether a process serves people of one platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serving {
    /// No.
    No,
    /// Where the settings name it: what `all` means.
    WhereSet,
    /// Yes; that settings are missing is an error.
    Yes,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Roles {
    /// Holds worlds.
    pub(crate) command: bool,
    /// Keeps the read models.
    pub(crate) projector: bool,
    /// Answers over HTTP.
    pub(crate) api: bool,
    /// Answers Discord.
    pub(crate) discord: Serving,
    /// Speaks in a channel on Twitch.
    pub(crate) twitch: Serving,
}

impl Roles {
    /// Whether there is anything to do besides serving people of Discord and Twitch.
    pub(crate) const fn has_others(self) -> bool {
        self.command || self.projector || self.api
    }
}

impl std::str::FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut roles =
            Self { command: false, projector: false, api: false, discord: Serving::No, twitch: Serving::No };
        for word in text.split(',').map(str::trim) {
            match word {
                "all" => {
                    roles = Self { command: true, projector: true, api: true, ..roles };
                    for serving in [&mut roles.discord, &mut roles.twitch] {
                        if *serving == Serving::No {
                            *serving = Serving::WhereSet;
                        }
                    }
                }
                "command" => roles.command = true,
                "projector" => roles.projector = true,
                "api" => roles.api = true,
                "discord" => roles.discord = Serving::Yes,
                "twitch" => roles.twitch = Serving::Yes,
                _ => {
                    return Err(format!(
                        "{word:?} is no role: all, or some of command,projector,api,discord,twitch"
                    ));
                }
            }
        }
        Ok(roles)
    }
}

impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let where_set = self.discord == Serving::WhereSet && self.twitch == Serving::WhereSet;
        if self.command && self.projector && self.api && where_set {
            return f.write_str("all");
        }
        let words = [
            (self.command, "command"),
            (self.projector, "projector"),
            (self.api, "api"),
            (self.discord == Serving::Yes, "discord"),
            (self.twitch == Serving::Yes, "twitch"),
        ];
        let words: Vec<&str> = words.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
        f.write_str(&words.join(","))
    }
}
