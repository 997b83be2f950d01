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
        after_help = "Examples:\n  annals discord invite\n\nScopes: bot, applications.commands. Permissions: View Channel, Send Messages, Embed Links, Attach Files."
    )]
    Invite,
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
