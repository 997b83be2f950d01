//! The command line as data.

mod discord;
mod keeping;
mod looking;
mod settings;
mod twitch;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use schemas::{ServerId, WorldId};

pub(crate) use self::discord::{DiscordCommand, Guilds, WebhookCommand};
pub(crate) use self::keeping::*;
pub(crate) use self::looking::*;
pub(crate) use self::settings::SettingFlags;
pub(crate) use self::twitch::TwitchCommand;
use crate::context::Output;
use crate::settings::Flags;

/// Strategy seasons in Discord that can be replayed, audited and rolled back.
#[derive(Debug, Parser)]
#[command(
    name = "annals",
    version,
    after_help = "\
First steps:
  annals demo                       a whole season, played by bots, proven and rolled back
  annals play                       the same slash commands as in Discord, in this terminal
  annals state kingdoms --at day3   what the world looked like
  annals verify kingdoms --deep     decide and fight everything again

A point is v184203 (event), c9121 (commit), 2026-11-20T10:00Z, -2h, \"day12 06:00\", before:<command id>, open, latest.
Exit codes: 0 done, 1 failed, 2 usage, 3 difference found, 4 not allowed, 5 conflict, 6 integrity broken."
)]
pub(crate) struct Cli {
    /// Where log, read models, vault and keys lie.
    #[arg(long, global = true, env = "ANNALS_DATA", default_value = ".annals")]
    pub(crate) data: PathBuf,
    /// How data is printed: table on a terminal, tsv when piped.
    #[arg(long, global = true, value_enum)]
    pub(crate) output: Option<Output>,
    /// Print data only, no talk.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Never ask; where a question would be needed, fail with exit 2.
    #[arg(long, global = true)]
    pub(crate) no_input: bool,
    #[command(flatten)]
    pub(crate) settings: SettingFlags,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What the command line says about settings.
    pub(crate) fn flags(&self) -> Flags {
        self.settings.0.clone()
    }

    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play a whole season with bots, project it, verify it, roll it back.
    #[command(
        after_help = "Examples:\n  annals demo\n  annals demo --days 10 --bots 20 --output json\n  annals demo --data ./season     keeps the season to look at"
    )]
    Demo(Demo),
    /// Let bots play a season in memory, and report how it went. Exit 6 if anything was not conserved, a bound of the
    /// rulebook not held or, with --verify, anything decided otherwise; with --strict exit 3 if an expectation was not met.
    #[command(
        after_help = "Examples:\n  annals simulate popverse-kingdoms --players 100 --days 90 --verify\n  annals simulate popverse-kingdoms --rules mine.toml --seed 7 --output json"
    )]
    Simulate(Simulate),
    /// Slash commands in this terminal, as in Discord.
    #[command(
        after_help = "Examples:\n  annals play\n  annals play --as bob\n  annals play --script first-steps.txt\n  annals play --own-time            and in it: wait 2h"
    )]
    Play(Play),
    /// Run the server, or one node of it.
    #[command(
        after_help = "Examples:\n  annals serve\n  annals serve --listen 127.0.0.1:8787\n  annals serve --log postgres://annals@db/annals --bus nats://node@nats:4222 --node n2 --role command,api\n  ANNALS_DISCORD_TOKEN_FILE=token.txt annals serve --discord-application 1122 --discord-public-key 9f86…\n\nEvery setting is a flag: annals serve --help, annals config show"
    )]
    Serve(Serve),
    /// The worlds of this server.
    #[command(subcommand)]
    World(WorldCommand),
    /// Open, pause, close a season.
    #[command(subcommand)]
    Season(SeasonCommand),
    /// What the world looked like at any point.
    #[command(
        after_help = "Examples:\n  annals state kingdoms\n  annals state kingdoms --at day3 --table pv_stocks\n  annals state kingdoms --at -2h --path players"
    )]
    State(State),
    /// What changed between two points. Exit 3 if anything did.
    #[command(
        after_help = "Examples:\n  annals diff kingdoms day3 latest\n  annals diff kingdoms -1d latest --by event"
    )]
    Diff(Diff),
    /// The events of a world; or the log itself: made ready on a PostgreSQL server, copied.
    #[command(
        args_conflicts_with_subcommands = true,
        subcommand_negates_reqs = true,
        after_help = "Examples:\n  annals log kingdoms --from day2 --type BattleResolved\n  annals log kingdoms --follow\n  annals log prepare --admin-url postgres://postgres@localhost/annals\n  annals log copy --from .annals/log.db --to postgres://annals@localhost/annals"
    )]
    Log(Log),
    /// Fold a world's record and print the digest of its state.
    Replay(Replay),
    /// Check hash chain and signatures; --deep decides and fights everything again. Exit 6 if anything is broken.
    #[command(after_help = "Examples:\n  annals verify kingdoms\n  annals verify --all --deep")]
    Verify(Verify),
    /// Battles: list, show, step through, fight again, export.
    #[command(subcommand)]
    Battle(BattleCommand),
    /// Who did what, refusals too.
    #[command(
        after_help = "Examples:\n  annals audit kingdoms --code INSUFFICIENT_RESOURCES --limit 20\n  annals audit --host"
    )]
    Audit(Audit),
    /// Take a season back to an earlier point: plan, look, apply.
    #[command(
        subcommand,
        after_help = "Examples:\n  annals rollback plan kingdoms --to day20 --reason \"bug in training\"\n  annals rollback apply rb-1a2b3c4d"
    )]
    Rollback(RollbackCommand),
    /// Settings of this data directory: show, change.
    #[command(subcommand, after_help = "Examples:\n  annals config set approval second-operator")]
    Config(ConfigCommand),
    /// Read models: list, rebuild, check against a fold.
    #[command(subcommand)]
    Projection(ProjectionCommand),
    /// Copy the log into one file, consistently, and verify the copy.
    #[command(
        after_help = "Examples:\n  annals backup season-3.db\n  annals backup --log postgres://annals@db/annals nightly.db"
    )]
    Backup(Backup),
    /// Fill an empty log from a backup; with --verify only check the backup. Exit 6 if it is damaged.
    #[command(
        after_help = "Examples:\n  annals restore --verify season-3.db\n  annals --data ./new restore season-3.db\n  annals restore --log postgres://annals@db/annals season-3.db"
    )]
    Restore(Restore),
    /// Tokens for the HTTP face.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Names and tokens: made ready on a PostgreSQL server, copied.
    #[command(
        subcommand,
        after_help = "Examples:\n  annals vault prepare --admin-url postgres://postgres@localhost/annals\n  annals vault copy --to postgres://annals@localhost/annals"
    )]
    Vault(VaultCommand),
    /// A player's data: export it, erase it.
    #[command(subcommand)]
    Player(PlayerCommand),
    /// Scenario files: given, when, then for any game.
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// The application at Discord: its commands, its settings, its invitation.
    #[command(
        subcommand,
        after_help = "Examples:\n  annals discord invite\n  annals discord check\n  annals discord plan --guild 112233445566778899\n  annals discord register --guild 112233445566778899\n\nSettings: discord_application, discord_public_key, discord_token; see: annals config show, docs/discord.md"
    )]
    Discord(DiscordCommand),
    /// Links between players and their accounts on Twitch.
    #[command(
        subcommand,
        after_help = "Examples:\n  annals twitch code --login ann_live --for Ann\n  annals twitch list\n  annals twitch unlink 4503599627370496\n\nThe bot itself is a role of the server: annals serve --role all,twitch; docs/operating.md"
    )]
    Twitch(TwitchCommand),
    /// Look over the installation.
    Doctor,
    /// What a code means and what to do about it.
    Explain {
        /// The code, as printed in brackets.
        code: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The same seed gives the same season.
    #[arg(long, default_value_t = 20_261_120)]
    pub(crate) seed: u64,
    /// Bots that play.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) bots: u32,
    /// Days that they play.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) days: u32,
    /// The game.
    #[arg(long, default_value = "popverse-kingdoms")]
    pub(crate) game: String,
    /// Minutes of game time between two rounds of the bots.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) round_minutes: u32,
    /// Nodes that hand the season to each other on the way; more than one need --log and --bus.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=8))]
    pub(crate) nodes: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The game.
    pub(crate) game: String,
    /// Bots that play.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) players: u32,
    /// Days that they play.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) days: u32,
    /// The same seed gives the same season.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Minutes of game time between two rounds of the bots.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) round_minutes: u32,
    /// Rules file; the game's own when none is given.
    #[arg(long)]
    pub(crate) rules: Option<PathBuf>,
    /// Decide every command again and fight every battle again, and compare.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Exit 3 if an expectation of the rulebook was not met.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Play {
    /// The world; the only one when there is but one.
    #[arg(long)]
    pub(crate) world: Option<WorldId>,
    /// Who plays.
    #[arg(long = "as", default_value = "alice")]
    pub(crate) name: String,
    /// Act as an administrator of the server.
    #[arg(long)]
    pub(crate) admin: bool,
    /// Run the lines of a file instead of asking for them.
    #[arg(long)]
    pub(crate) script: Option<PathBuf>,
    /// Leave the pictures that Discord would show as PNG files here.
    #[arg(long, value_name = "DIR")]
    pub(crate) pictures: Option<PathBuf>,
    /// The season's time stands, and moves by what `wait 2h` says: to try things out. Nobody else may use the data
    /// meanwhile, and real time has to catch up afterwards.
    #[arg(long)]
    pub(crate) own_time: bool,
}

/// A server is told what it is to do by its settings alone.
#[derive(Debug, Args)]
pub(crate) struct Serve {}

#[derive(Debug, Subcommand)]
pub(crate) enum WorldCommand {
    /// All worlds: game, state, head, clock.
    List,
    /// One world.
    Show { world: WorldId },
    /// Stop the world's clock.
    Pause {
        world: WorldId,
        /// Why, for everybody to read.
        #[arg(long)]
        reason: String,
    },
    /// Let the world's clock run again.
    Resume { world: WorldId },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SeasonCommand {
    /// Open a new world.
    #[command(
        after_help = "Examples:\n  annals season open kingdoms --game popverse-kingdoms\n  annals season open k2 --server 112233445566778899 --config '{\"season_days\": 30}'"
    )]
    Open(OpenSeason),
    /// Stop the season's clock.
    Pause {
        world: WorldId,
        /// Why, for everybody to read.
        #[arg(long)]
        reason: String,
    },
    /// End the season now: settle, standings, reveal the secret. Can not be undone.
    Close {
        world: WorldId,
        /// Why, for everybody to read.
        #[arg(long)]
        reason: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OpenSeason {
    /// The new world's name.
    pub(crate) world: WorldId,
    /// The game.
    #[arg(long, default_value = "popverse-kingdoms")]
    pub(crate) game: String,
    /// The server on which it runs, one season at a time: a Discord server's id, or a name.
    #[arg(long, default_value = "local")]
    pub(crate) server: ServerId,
    /// Settings, JSON.
    #[arg(long)]
    pub(crate) config: Option<String>,
    /// Rules file; the game's own when none is given.
    #[arg(long)]
    pub(crate) rules: Option<PathBuf>,
}
