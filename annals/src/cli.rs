//! The command line as data.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use schemas::{ServerId, WorldId};

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
    pub(crate) places: Places,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where things are kept; each is also a setting, and a variable `ANNALS_…`. See `annals config show`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where things are (see: annals config show)")]
pub(crate) struct Places {
    /// The record: sqlite, postgres://user@host:5432/database, or kurrentdb://user@host:2113.
    #[arg(long = "log", global = true, value_name = "PLACE", hide_short_help = true)]
    log_place: Option<String>,
    /// Boards and histories: sqlite, or postgres://….
    #[arg(long, global = true, value_name = "PLACE", hide_short_help = true)]
    read_models: Option<String>,
    /// Names and tokens: sqlite, or postgres://….
    #[arg(long, global = true, value_name = "PLACE", hide_short_help = true)]
    vault: Option<String>,
    /// How nodes reach each other: none, or nats://user:password@host:4222.
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    bus: Option<String>,
    /// The first word of the bus' subjects.
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    cluster: Option<String>,
    /// The directory of the server's keys.
    #[arg(long, global = true, value_name = "DIR", hide_short_help = true)]
    keys: Option<String>,
}

impl Cli {
    /// What the command line says about settings.
    pub(crate) fn flags(&self) -> Flags {
        let mut flags = Flags::new();
        let mut put = |name: &'static str, value: Option<&String>| {
            flags.extend(value.map(|value| (name, value.clone())));
        };
        put("log", self.places.log_place.as_ref());
        put("read_models", self.places.read_models.as_ref());
        put("vault", self.places.vault.as_ref());
        put("bus", self.places.bus.as_ref());
        put("cluster", self.places.cluster.as_ref());
        put("keys", self.places.keys.as_ref());
        if let Command::Serve(serve) = &self.command {
            put("listen", serve.listen.as_ref());
            put("node", serve.node.as_ref());
            put("role", serve.role.as_ref());
        }
        flags
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
    /// Let bots play a season in memory, and report how it went. Exit 6 if anything was not conserved.
    #[command(
        after_help = "Examples:\n  annals simulate popverse-kingdoms --players 60 --days 30\n  annals simulate popverse-kingdoms --rules mine.toml --seed 7 --output json"
    )]
    Simulate(Simulate),
    /// Slash commands in this terminal, as in Discord.
    #[command(
        after_help = "Examples:\n  annals play\n  annals play --as bob\n  annals play --script first-steps.txt"
    )]
    Play(Play),
    /// Run the server, or one node of it.
    #[command(
        after_help = "Examples:\n  annals serve\n  annals serve --listen 127.0.0.1:8787\n  annals serve --log postgres://annals@db/annals --bus nats://node@nats:4222 --node n2 --role command,api"
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
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=1440))]
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
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub(crate) round_minutes: u32,
    /// Rules file; the game's own when none is given.
    #[arg(long)]
    pub(crate) rules: Option<PathBuf>,
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
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where the HTTP face listens [default: 127.0.0.1:8787].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// What this process does: all, or some of command,projector,api [default: all].
    #[arg(long, value_name = "ROLES")]
    pub(crate) role: Option<String>,
    /// This node's name, which no other of the cluster bears [default: n1, or with a bus the host's name].
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
}

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

#[derive(Debug, Args)]
pub(crate) struct State {
    pub(crate) world: WorldId,
    /// The point.
    #[arg(long, default_value = "latest", allow_hyphen_values = true)]
    pub(crate) at: String,
    /// A table of the read models.
    #[arg(long)]
    pub(crate) table: Option<String>,
    /// A branch of the state itself: players/0/stock.
    #[arg(long)]
    pub(crate) path: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    pub(crate) world: WorldId,
    /// From this point …
    #[arg(allow_hyphen_values = true)]
    pub(crate) from: String,
    /// … to this one.
    #[arg(default_value = "latest", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// Rows, or events by type.
    #[arg(long, default_value = "row", value_parser = ["row", "event", "player"])]
    pub(crate) by: String,
    /// Show every row, not only the first 40.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Log {
    #[command(subcommand)]
    pub(crate) tool: Option<LogTool>,
    #[arg(required = true)]
    pub(crate) world: Option<WorldId>,
    /// From this point on.
    #[arg(long, default_value = "open", allow_hyphen_values = true)]
    pub(crate) from: String,
    /// Up to this point.
    #[arg(long, default_value = "latest", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// Only this type of event.
    #[arg(long = "type")]
    pub(crate) kind: Option<String>,
    /// Only what this actor caused.
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// At most so many events.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    /// Go on as new events come.
    #[arg(long)]
    pub(crate) follow: bool,
}

/// What is done with the log itself.
#[derive(Debug, Subcommand)]
pub(crate) enum LogTool {
    /// Make a PostgreSQL database ready for the log, or bring an older log up to date: tables, roles, rights.
    #[command(
        after_help = "Examples:\n  createdb annals && annals log prepare --admin-url postgres://postgres@localhost/annals\n  annals log prepare --rehearse     does all of it and takes it back\n\nServers then log in as the writer, who may read the record and add to it, and nothing else."
    )]
    Prepare(LogPrepare),
    /// Copy the log from one place to another, byte for byte, and verify the copy. Again: adds what came in since.
    #[command(
        after_help = "Examples:\n  annals log copy --from .annals/log.db --to postgres://annals@localhost/annals\n  annals log copy --from postgres://annals_read@db/annals --to season-3.db"
    )]
    Copy(LogCopy),
}

#[derive(Debug, Args)]
pub(crate) struct LogPrepare {
    /// The database, as its administrator.
    #[arg(long, env = "ANNALS_ADMIN_URL", hide_env_values = true)]
    pub(crate) admin_url: String,
    /// The role that servers log in as; made if it is missing.
    #[arg(long, default_value = "annals")]
    pub(crate) writer: String,
    /// A file whose first line is the writer's password.
    #[arg(long)]
    pub(crate) writer_password_file: Option<PathBuf>,
    /// A role that may only read; made if it is missing.
    #[arg(long)]
    pub(crate) reader: Option<String>,
    /// A file whose first line is the reader's password.
    #[arg(long, requires = "reader")]
    pub(crate) reader_password_file: Option<PathBuf>,
    /// Do all of it in the real database and take it back.
    #[arg(long)]
    pub(crate) rehearse: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Make a PostgreSQL database ready for the vault, or bring an older vault up to date: tables, role, rights.
    Prepare(VaultPrepare),
    /// Copy the vault into an empty one, under the same keys.
    Copy {
        /// The vault to copy: sqlite, the file in the data directory, or postgres://….
        #[arg(long, default_value = "sqlite")]
        from: String,
        /// Where to: sqlite, or postgres://….
        #[arg(long)]
        to: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProjectionPrepare {
    /// The database, as its administrator.
    #[arg(long, env = "ANNALS_ADMIN_URL", hide_env_values = true)]
    pub(crate) admin_url: String,
    /// The role that projectors and other servers log in as; made if it is missing. It may be the one that writes the log.
    #[arg(long, default_value = "annals")]
    pub(crate) writer: String,
    /// A file whose first line is its password.
    #[arg(long)]
    pub(crate) writer_password_file: Option<PathBuf>,
    /// A role that may only read; made if it is missing.
    #[arg(long)]
    pub(crate) reader: Option<String>,
    /// A file whose first line is the reader's password.
    #[arg(long, requires = "reader")]
    pub(crate) reader_password_file: Option<PathBuf>,
    /// Do all of it in the real database and take it back.
    #[arg(long)]
    pub(crate) rehearse: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VaultPrepare {
    /// The database, as its administrator.
    #[arg(long, env = "ANNALS_ADMIN_URL", hide_env_values = true)]
    pub(crate) admin_url: String,
    /// The role that servers log in as; made if it is missing. It may be the one that writes the log.
    #[arg(long, default_value = "annals")]
    pub(crate) writer: String,
    /// A file whose first line is its password.
    #[arg(long)]
    pub(crate) writer_password_file: Option<PathBuf>,
    /// Do all of it in the real database and take it back.
    #[arg(long)]
    pub(crate) rehearse: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LogCopy {
    /// The log to copy: its file, postgres://user@host:5432/database, or kurrentdb://user@host:2113.
    // Text and not a place: what does not parse is not repeated, for it may hold a password.
    #[arg(long)]
    pub(crate) from: String,
    /// Where to: a file, a database that was made ready, or a KurrentDB server.
    #[arg(long)]
    pub(crate) to: String,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    pub(crate) world: WorldId,
    /// Up to this point.
    #[arg(long, default_value = "latest", allow_hyphen_values = true)]
    pub(crate) to: String,
    /// Begin with a snapshot, or at the opening.
    #[arg(long, default_value = "open", value_parser = ["open", "snapshot"])]
    pub(crate) from: String,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The world; with --all none.
    #[arg(required_unless_present = "all")]
    pub(crate) world: Option<WorldId>,
    /// Every world.
    #[arg(long)]
    pub(crate) all: bool,
    /// Decide every command again, fire every timer, fight every battle.
    #[arg(long)]
    pub(crate) deep: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BattleCommand {
    /// The battles of a world, newest last.
    List {
        world: WorldId,
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// A battle's report.
    Show { world: WorldId, battle: u64 },
    /// Step through a battle: → ← space, g to a round, q to leave.
    Step { world: WorldId, battle: u64 },
    /// Fight a battle again and compare: a number, or an exported file. Exit 3 if it differs.
    Verify {
        /// A world and a number, or a file.
        what: String,
        battle: Option<u64>,
    },
    /// Write a battle to a file that anybody can check.
    Export {
        world: WorldId,
        battle: u64,
        /// The file.
        #[arg(long)]
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// The world; the only one when there is but one.
    pub(crate) world: Option<WorldId>,
    /// The requests that never reached a world.
    #[arg(long)]
    pub(crate) host: bool,
    /// Who.
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// What: a command's type.
    #[arg(long)]
    pub(crate) act: Option<String>,
    /// Refused with this code.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// From this point on.
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) since: Option<String>,
    /// Timers and ownership too.
    #[arg(long)]
    pub(crate) causes: bool,
    /// The newest so many.
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RollbackCommand {
    /// Plan a rewind of the whole season; writes nothing to the world.
    Plan {
        world: WorldId,
        /// The last point that shall still count.
        #[arg(long, allow_hyphen_values = true)]
        to: String,
        /// Why, for everybody to read.
        #[arg(long)]
        reason: String,
        /// Pause the world first, until the plan is applied, dropped or expired.
        #[arg(long)]
        pause: bool,
    },
    /// Show a plan.
    Show { plan: String },
    /// Consent to a plan that another operator made.
    Approve { plan: String },
    /// Apply a plan.
    Apply {
        plan: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Throw a plan away; a world that was paused for it goes on.
    Drop { plan: String },
    /// All plans.
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// All settings.
    Show,
    /// Change one setting.
    Set { name: String, value: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectionCommand {
    /// Make a PostgreSQL database ready for read models, or bring older ones up to date: roles, rights.
    Prepare(ProjectionPrepare),
    /// How far the read models are.
    List,
    /// Build them anew beside the live ones, then swap.
    Rebuild,
    /// Compare every row with a fold. Exit 3 if any differs.
    Check,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file to write.
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup: the file of a log.
    pub(crate) from: PathBuf,
    /// Check every hash, chain and signature in the backup, and write nothing.
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token. It is shown once.
    #[command(
        after_help = "Examples:\n  annals token create --name lee --scope operator\n  annals token create --name alice --scope player"
    )]
    Create {
        /// Who acts with it.
        #[arg(long)]
        name: String,
        /// What it allows.
        #[arg(long, default_value = "player", value_parser = ["player", "operator", "auditor"])]
        scope: String,
        /// How many days it is good for.
        #[arg(long, default_value_t = 30)]
        days: u32,
    },
    /// All tokens, without their secrets.
    List,
    /// Make a token worthless.
    Revoke { id: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlayerCommand {
    /// Everything that the vault holds on a player, JSON.
    Export { player: String },
    /// Erase identity, names and keys. The record stays whole.
    Erase {
        player: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Run scenario files. Exit 3 if any fails.
    Run {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}
