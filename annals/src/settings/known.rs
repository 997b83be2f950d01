//! Every setting by its name, and what the command line, the environment and the file say about it.

/// What a setting is.
pub(crate) struct Known {
    /// Its name: in the file as it stands, in the environment as `ANNALS_` in capitals.
    pub(crate) name: &'static str,
    /// Its flag without the dashes before it, and what stands for the value in the help; none where a value is a secret,
    /// for lists of processes are read by all.
    pub(crate) flag: Option<(&'static str, &'static str)>,
    /// What it may be, and what for.
    pub(crate) text: &'static str,
    /// The value where nothing says another.
    pub(crate) default: &'static str,
}

impl Known {
    /// Whether it is never shown.
    pub(super) const fn secret(&self) -> bool {
        self.flag.is_none()
    }

    /// A value of this setting as people may see it.
    pub(crate) fn shown(&self, value: &str) -> String {
        match (self.secret(), value.is_empty()) {
            (true, false) => "***".to_owned(),
            (true, true) | (false, _) => super::without_password(value),
        }
    }
}

const fn known(
    name: &'static str,
    flag: (&'static str, &'static str),
    default: &'static str,
    text: &'static str,
) -> Known {
    Known { name, flag: Some(flag), text, default }
}

const fn secret(name: &'static str, text: &'static str) -> Known {
    Known { name, flag: None, text, default: "" }
}

/// Every setting.
pub(crate) const KNOWN: &[Known] = &[
    known(
        "log",
        ("log", "PLACE"),
        "sqlite",
        "sqlite, postgres://user@host:5432/database, or kurrentdb://user@host:2113: where the record is kept",
    ),
    known(
        "read_models",
        ("read-models", "PLACE"),
        "sqlite",
        "sqlite, or postgres://…: where boards and histories are kept",
    ),
    known("vault", ("vault", "PLACE"), "sqlite", "sqlite, or postgres://…: where names and tokens are kept"),
    known(
        "bus",
        ("bus", "URL"),
        "none",
        "none, or nats://user:password@host:4222: how nodes reach each other",
    ),
    known(
        "cluster",
        ("cluster", "NAME"),
        "annals",
        "the nodes of one log share it: the first word of the bus' subjects",
    ),
    known(
        "node",
        ("node", "NAME"),
        "",
        "this node's name, which no other of the cluster bears; n1, or with a bus the host's name",
    ),
    known(
        "role",
        ("role", "ROLES"),
        "all",
        "all, or some of command,projector,api,discord,twitch: what this process does",
    ),
    known("listen", ("listen", "ADDRESS"), "127.0.0.1:8787", "where the HTTP face listens"),
    known(
        "keys",
        ("keys", "DIR"),
        "",
        "the directory of the server's keys, which all nodes share; the data directory when empty",
    ),
    known(
        "lease_ms",
        ("lease-ms", "MS"),
        "4000",
        "how long a node may be silent before its worlds are taken over; 2000 to 60000",
    ),
    known(
        "pool_connections",
        ("pool-connections", "COUNT"),
        "8",
        "the most connections that read a PostgreSQL database; 1 to 200",
    ),
    known("connect_ms", ("connect-ms", "MS"), "5000", "how long to wait for a connection; 100 to 60000"),
    known(
        "append_ms",
        ("append-ms", "MS"),
        "30000",
        "how long an append may take before its outcome counts as unknown; 1000 to 300000",
    ),
    known(
        "slow_query_ms",
        ("slow-query-ms", "MS"),
        "1000",
        "statements that take longer are told on stderr; 1 to 3600000",
    ),
    known(
        "append_bytes_max",
        ("append-bytes-max", "BYTES"),
        "1048576",
        "the largest append that a KurrentDB server takes, its MaxAppendSize; 65536 to 16777216",
    ),
    known(
        "approval",
        ("approval", "WAY"),
        "none",
        "none, cooling-off or second-operator: what a rollback needs before it may be applied",
    ),
    known(
        "discord_application",
        ("discord-application", "ID"),
        "",
        "the Application ID of the developer portal: digits",
    ),
    known(
        "discord_public_key",
        ("discord-public-key", "HEX"),
        "",
        "the Public Key of the developer portal: 64 hexadecimal digits",
    ),
    secret(
        "discord_token",
        "the bot token of the developer portal; best in a file that ANNALS_DISCORD_TOKEN_FILE names",
    ),
    known(
        "discord_api",
        ("discord-api", "URL"),
        discord_http::rest::DISCORD,
        "where Discord's API is: another address is a proxy or a stand-in",
    ),
    known(
        "discord_interactions",
        ("discord-interactions", "WAY"),
        "http",
        "http or gateway: how Discord brings interactions",
    ),
    known(
        "discord_shards",
        ("discord-shards", "SHARDS"),
        "all",
        "all, or 0-3/8: the shards of the gateway that this process serves, of how many; all are as many as Discord advises",
    ),
    secret(
        "discord_client_secret",
        "the Client Secret of the developer portal, for signing in to the dashboard; best in a file that \
             ANNALS_DISCORD_CLIENT_SECRET_FILE names",
    ),
    known(
        "discord_redirect",
        ("discord-redirect", "URL"),
        "",
        "where Discord sends people back to who sign in: one of the redirects of the developer portal",
    ),
    known(
        "twitch_login",
        ("twitch-login", "NAME"),
        "",
        "the name of the bot's account on Twitch: letters, digits and underscores",
    ),
    known(
        "twitch_channel",
        ("twitch-channel", "NAME"),
        "",
        "the channel on Twitch in which the bot is: letters, digits and underscores",
    ),
    known(
        "twitch_token_file",
        ("twitch-token-file", "FILE"),
        "",
        "a file whose first line is the access token of the bot's account, and that nobody but its owner may read",
    ),
    known(
        "twitch_server",
        ("twitch-server", "SERVER"),
        "",
        "the server whose season the channel is about: a Discord server's id, or a name",
    ),
    known(
        "twitch_address",
        ("twitch-address", "ADDRESS"),
        "irc.chat.twitch.tv:6697",
        "where Twitch's chat is: host:port with TLS, or irc://127.0.0.1:port without, for a stand-in on this machine",
    ),
    known(
        "public_url",
        ("public-url", "URL"),
        "",
        "the address under which people reach this server's dashboard: https://play.example",
    ),
];
