//! What a process does.

/// Whether a process answers Discord.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiscordRole {
    /// No.
    No,
    /// Where the settings name an application: what `all` means.
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
    pub(crate) discord: DiscordRole,
}

impl Roles {
    /// Whether there is anything to do besides answering Discord.
    pub(crate) const fn has_others(self) -> bool {
        self.command || self.projector || self.api
    }
}

impl std::str::FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut roles = Self { command: false, projector: false, api: false, discord: DiscordRole::No };
        for word in text.split(',').map(str::trim) {
            match word {
                "all" => {
                    roles = Self { command: true, projector: true, api: true, discord: roles.discord };
                    if roles.discord == DiscordRole::No {
                        roles.discord = DiscordRole::WhereSet;
                    }
                }
                "command" => roles.command = true,
                "projector" => roles.projector = true,
                "api" => roles.api = true,
                "discord" => roles.discord = DiscordRole::Yes,
                _ => {
                    return Err(format!(
                        "{word:?} is no role: all, or some of command,projector,api,discord"
                    ));
                }
            }
        }
        Ok(roles)
    }
}

impl std::fmt::Display for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.command && self.projector && self.api && self.discord == DiscordRole::WhereSet {
            return f.write_str("all");
        }
        let words = [
            (self.command, "command"),
            (self.projector, "projector"),
            (self.api, "api"),
            (self.discord == DiscordRole::Yes, "discord"),
        ];
        let words: Vec<&str> = words.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
        f.write_str(&words.join(","))
    }
}
