//! What is kept where: databases made ready, copies, backups, settings, read models, tokens, people.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// A PostgreSQL database that is made ready, and who is to write to it.
#[derive(Debug, Args)]
pub(crate) struct Writer {
    /// The database, as its administrator.
    #[arg(long, env = "ANNALS_ADMIN_URL", hide_env_values = true)]
    pub(crate) admin_url: String,
    /// The role that servers log in as; made if it is missing. One role may write log, read models and vault.
    #[arg(long = "writer", default_value = "annals")]
    pub(crate) name: String,
    /// A file whose first line is the writer's password.
    #[arg(long = "writer-password-file")]
    pub(crate) password_file: Option<PathBuf>,
    /// Do all of it in the real database and take it back.
    #[arg(long)]
    pub(crate) rehearse: bool,
}

/// The same, and who may only read it.
#[derive(Debug, Args)]
pub(crate) struct Prepare {
    #[command(flatten)]
    pub(crate) writer: Writer,
    /// A role that may only read; made if it is missing.
    #[arg(long)]
    pub(crate) reader: Option<String>,
    /// A file whose first line is the reader's password.
    #[arg(long, requires = "reader")]
    pub(crate) reader_password_file: Option<PathBuf>,
}

/// What is done with the log itself.
#[derive(Debug, Subcommand)]
pub(crate) enum LogTool {
    /// Make a PostgreSQL database ready for the log, or bring an older log up to date: tables, roles, rights.
    #[command(
        after_help = "Examples:\n  createdb annals && annals log prepare --admin-url postgres://postgres@localhost/annals\n  annals log prepare --rehearse     does all of it and takes it back\n\nServers then log in as the writer, who may read the record and add to it, and nothing else."
    )]
    Prepare(Prepare),
    /// Copy the log from one place to another, byte for byte, and verify the copy. Again: adds what came in since.
    #[command(
        after_help = "Examples:\n  annals log copy --from .annals/log.db --to postgres://annals@localhost/annals\n  annals log copy --from postgres://annals_read@db/annals --to season-3.db"
    )]
    Copy(LogCopy),
}

#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Make a PostgreSQL database ready for the vault, or bring an older vault up to date: tables, role, rights.
    Prepare(Writer),
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
pub(crate) struct LogCopy {
    /// The log to copy: its file, postgres://user@host:5432/database, or kurrentdb://user@host:2113.
    // Text and not a place: what does not parse is not repeated, for it may hold a password.
    #[arg(long)]
    pub(crate) from: String,
    /// Where to: a file, a database that was made ready, or a KurrentDB server.
    #[arg(long)]
    pub(crate) to: String,
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
    Prepare(Prepare),
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
