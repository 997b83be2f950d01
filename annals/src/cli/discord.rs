//! The application at Discord.

use clap::{Args, Subcommand};

/// What is done with the application.
#[derive(Debug, Subcommand)]
pub(crate) enum DiscordCommand {
    /// What registering would change, by command. Exit 3 if anything would.
    #[command(
        after_help = "Examples:\n  annals discord plan\n  annals discord plan --guild 112233445566778899 --output json\n\nWithout --guild: every Discord server on which a season has run."
    )]
    Plan(Guilds),
    /// Put the game's commands in the place of those that a Discord server has: one call, and none when they are the same.
    #[command(
        after_help = "Examples:\n  annals discord register --guild 112233445566778899\n  annals discord register --guild 112233445566778899 --game harbour\n\nThe commands are there at once. Those of its season's game; before the first season, PopVerse Kingdoms'."
    )]
    Register(Guilds),
    /// Whether token, application, public key, endpoint, permissions and commands are as they must be. Exit 1 if not.
    #[command(
        after_help = "Examples:\n  annals discord check\n  annals discord check --guild 112233445566778899"
    )]
    Check(Guilds),
    /// The address with which an administrator invites the bot to a server.
    #[command(
        after_help = "Examples:\n  annals discord invite\n\nScopes: bot, applications.commands. Permissions: View Channel, Send Messages, Embed Links, Attach Files; for a channel of its own Manage Channels, Pin Messages."
    )]
    Invite,
    /// Webhooks that get a server's news besides its channel: posts of the same text, in Discord's JSON.
    #[command(
        subcommand,
        after_help = "Examples:\n  annals discord webhook add --guild 112233445566778899 --address-file hook.txt\n  annals discord webhook list\n  annals discord webhook remove w19a2b3c4d5e\n\nIn the data directory of the process with the role projector: that sends."
    )]
    Webhook(WebhookCommand),
}

/// What is done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Add one.
    Add {
        /// The Discord server whose news go there, by its id.
        #[arg(long = "guild", value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
        guild: u64,
        /// A file whose first line is the address. It is a secret: whoever knows it may post there.
        #[arg(long, value_name = "FILE")]
        address_file: std::path::PathBuf,
        /// Take an address on this machine without TLS, too.
        #[arg(long)]
        loopback: bool,
    },
    /// All webhooks, without their secrets: what waits for each, and whether it is parked.
    List,
    /// Remove one, with what waits for it.
    Remove {
        /// Its name, as the list has it.
        name: String,
    },
}

/// Which Discord servers are meant.
#[derive(Debug, Args)]
pub(crate) struct Guilds {
    /// A Discord server, by its id; may be given several times.
    #[arg(long = "guild", value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) guilds: Vec<u64>,
    /// The game whose commands are meant; that of the server's season when none is given.
    #[arg(long)]
    pub(crate) game: Option<String>,
}
