//! Links with accounts on Twitch.

use clap::Subcommand;

/// What is done with links.
#[derive(Debug, Subcommand)]
pub(crate) enum TwitchCommand {
    /// Make a code with which one player can link an account, as the bot does for who writes !link there.
    #[command(
        after_help = "Examples:\n  annals twitch code --login ann_live --for Ann\n\nIt works for that player alone, once, within 10 minutes: /link twitch code:…"
    )]
    Code {
        /// The name of the account on Twitch.
        #[arg(long, value_name = "NAME")]
        login: String,
        /// What the player is called.
        #[arg(long = "for", value_name = "PLAYER_NAME")]
        player: String,
    },
    /// All links: number, player, account, since when.
    List,
    /// End a link.
    Unlink {
        /// Its number, as the list has it.
        number: i64,
    },
}
