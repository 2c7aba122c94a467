//! The one binary of Evently: every role, the private servers of `evently dev`, and the operator's commands.
//!
//! Errors here end on a screen or in a log and no code matches on them, so they have no types of their own
//! (`anyhow`); libraries beneath name theirs.

mod admin;
mod backend;
mod cli;
mod config;
mod console;
mod dev;
mod docs;
mod gateways;
mod node;
mod operate;
mod parked;
mod reconcile;
mod roles;
mod sandbox_server;
mod signals;
mod telemetry;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::cli::{Admin, Cli, Command};

/// Memory that was used once and is free goes back to the system within ten seconds, though the threads that used it sleep: a
/// thread of the allocator's own sees to it. And many threads do not wait for each other.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // TLS to NATS has no provider of its own. It fails only where one is there already, which is as well.
    drop(async_nats::rustls::crypto::aws_lc_rs::default_provider().install_default());
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            console::complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(cli: Cli) -> Result<ExitCode> {
    let config = cli.config.as_deref();
    match cli.command {
        Command::Dev(options) => dev::run(&options).await,
        Command::Serve(options) => operate::serve(config, &options.roles).await,
        Command::Migrate => operate::migrate(config).await,
        Command::Rebuild => operate::rebuild(config).await,
        Command::Parked { command } => parked::run(config, command.as_ref()).await,
        Command::Verify(options) => operate::verify(config, options.read_tables).await,
        Command::Reconcile(options) => operate::reconcile(config, &options).await,
        Command::Admin {
            command: Admin::Create(options),
        } => admin::create(config, options).await,
        Command::Sandbox(options) => sandbox_server::run(&options).await,
        Command::Openapi => {
            console::say(docs::openapi().to_pretty_json()?);
            Ok(ExitCode::SUCCESS)
        }
    }
}
