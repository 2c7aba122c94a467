//! `evently dev`: everything on one machine by one command.
//!
//! PostgreSQL and NATS run as children with their data in the data folder; every role runs in this process, on one port.
//! What is killed comes back: a dead child is started again, and the next start goes on from the data of the last,
//! stopping servers that it may have left behind.

mod demo;
mod folder;
mod payments;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use self::folder::Folder;
use crate::cli::Dev;
use crate::config::Config;
use crate::console::say;
use crate::node::Node;
use crate::roles::Role;
use crate::signals::asked_to_stop;
use crate::{operate, telemetry};
use servers::{NatsServer, PostgresServer};

/// The configuration that this start wrote, for other commands: `evently --config DIR/evently.toml verify`.
const CONFIGURATION: &str = "evently.toml";
/// How long the first answers may wait for the read side to show the demonstration.
const CATCH_UP_MAX: Duration = Duration::from_secs(30);

/// The database that Evently uses.
const DATABASE: &str = "evently";

/// Where the private servers are.
struct Urls {
    database: String,
    nats: String,
}

/// Brings everything up and serves until a signal says to stop.
pub(crate) async fn run(options: &Dev) -> Result<ExitCode> {
    if !servers::ports::is_free(options.port) {
        bail!(
            "port {} is in use already; give another one by --port",
            options.port
        );
    }
    let mut folder = Folder::open(&options.data_dir)?;
    say("Starting PostgreSQL and NATS …");
    let (data, remembered) = (folder.server("postgres"), &folder.remembered);
    let postgres =
        PostgresServer::start(&data, remembered.postgres_port, &remembered.postgres_password).await?;
    let nats = NatsServer::start(
        &folder.server("nats"),
        remembered.nats_port,
        &remembered.nats_password,
    )
    .await?;
    let urls = Urls {
        database: postgres.database(DATABASE).await?,
        nats: nats.url(),
    };
    folder.remembered.postgres_port = postgres.port();
    folder.remembered.nats_port = nats.port();
    folder.remember()?;

    let (postgres, nats) = (postgres.supervise(), nats.supervise());
    let outcome = serve(&mut folder, &urls, options.port).await;
    nats.stop().await;
    postgres.stop().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve(folder: &mut Folder, urls: &Urls, port: u16) -> Result<()> {
    let port = servers::ports::chosen(port)?;
    let sandbox = payments::start(folder, port)?;
    let outcome = serve_beside_sandbox(folder, urls, port).await;
    sandbox.stop().await;
    outcome
}

async fn serve_beside_sandbox(folder: &mut Folder, urls: &Urls, port: u16) -> Result<()> {
    let config = configure(folder, urls, port)?;
    let _traces = telemetry::start(&config.telemetry)?;
    operate::migrate_database(&config).await?;
    let node = Node::start(&config, &Role::ALL).await?;
    if !folder.remembered.demo {
        say("Making the demonstration accounts and events …");
        let outcome = load_demo(&node, folder).await;
        if let Err(error) = outcome {
            node.stop().await;
            return Err(error);
        }
    }
    let asked = asked_to_stop()?;
    say(welcome(folder, urls, node.address()));
    node.run_until(asked).await?;
    say("Stopped.");
    Ok(())
}

async fn load_demo(node: &Node, folder: &mut Folder) -> Result<()> {
    let write_side = node.write_side().context("the write side does not run")?;
    demo::load(&write_side.api, &write_side.accounts).await?;
    folder.remembered.demo = true;
    folder.remember()?;
    node.caught_up(CATCH_UP_MAX).await
}

/// Writes the configuration of this start and reads it back: as any other, but deaf to the environment, which may name
/// servers that are not for playing.
fn configure(folder: &Folder, urls: &Urls, port: u16) -> Result<Config> {
    let remembered = &folder.remembered;
    let text = format!(
        "# Written by `evently dev` at every start; changes are lost.\n\
         database_url = \"{database}\"\n\
         nats_url = \"{nats}\"\n\
         listen = \"127.0.0.1:{port}\"\n\
         token_signing_keys = \"{signing}\"\n\
         email_digest_secret = \"{email}\"\n\
         client_digest_secret = \"{client}\"\n\
         cors_origins = \"http://localhost:*\"\n\
         log_format = \"text\"\n\
         log = \"warn\"\n\
         {payments}",
        database = urls.database,
        nats = urls.nats,
        signing = remembered.signing_key,
        email = remembered.email_secret,
        client = remembered.client_secret,
        payments = payments::settings(folder),
    );
    folder.write_private(CONFIGURATION, &text)?;
    Ok(Config::load(Some(&folder.path(CONFIGURATION)), [])?)
}

fn welcome(folder: &Folder, urls: &Urls, address: SocketAddr) -> String {
    let accounts: Vec<&str> = demo::ACCOUNTS.iter().map(|(email, _, _)| *email).collect();
    format!(
        "\nEvently is ready on http://{address}\n\n\
         \x20 API      http://{address}/api/v1/events\n\
         \x20 docs     http://{address}/docs   (OpenAPI: /openapi.json)\n\
         \x20 health   http://{address}/health/ready\n\
         \x20 metrics  http://{address}/metrics\n\
         \x20 payments methods \"sandbox_approve\", \"sandbox_decline\", … at the sandbox gateway, http://127.0.0.1:{sandbox}\n\
         \x20 accounts {accounts}\n\
         \x20          password \"{password}\"\n\
         \x20 database {database}\n\
         \x20 data     {data}   (configuration for other commands: {configuration})\n\n\
         Ctrl-C stops everything; the data stay.",
        accounts = accounts.join(", "),
        password = demo::PASSWORD,
        sandbox = folder.remembered.sandbox_port,
        database = urls.database,
        data = folder.path("").display(),
        configuration = folder.path(CONFIGURATION).display(),
    )
}
