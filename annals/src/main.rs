//! The one binary of Annals: command line and wiring, nothing else.

mod boards;
mod bots;
mod cli;
mod commands;
mod context;
mod dashboard;
mod discord;
mod engine;
mod ground;
mod host;
mod keeper;
mod known;
mod people;
mod plans;
mod print;
mod reports;
mod settings;
mod since;
mod terminal;
mod twitch;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

/// Commits are made on one thread and freed on another: the system's allocator pays for that with locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    // Several libraries bring a provider of cryptography each; one of them serves all. Only the first call counts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = tracing_subscriber::EnvFilter::try_from_env("ANNALS_TRACE").unwrap_or_else(|_| {
        // The clients of databases tell of every retry; what comes of them the log says itself.
        tracing_subscriber::EnvFilter::new(if arguments.is_server() {
            "info,kurrentdb=off,sqlx_core=warn"
        } else {
            "error,kurrentdb=off"
        })
    });
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("annals: the runtime can not start: {error}");
            return ExitCode::from(context::Exit::Failed as u8);
        }
    };
    match runtime.block_on(commands::run(arguments)) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            eprintln!("annals: {failure}");
            if commands::explain::page(&failure.code).is_some() {
                eprintln!("        more: annals explain {}", failure.code);
            }
            ExitCode::from(failure.exit as u8)
        }
    }
}
