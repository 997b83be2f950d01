//! Looking at seasons: state, differences, events, battles, audit, rollback.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use schemas::WorldId;

use super::LogTool;

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
pub(crate) enum ScenarioCommand {
    /// Run scenario files. Exit 3 if any fails.
    Run {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}
