//! Runs a command beside a PostgreSQL and a NATS of its own, which live as long as it does: `with-servers COMMAND …`.
//!
//! The command finds them by `EVENTLY_TEST_DATABASE_URL`, a superuser's, and `EVENTLY_TEST_NATS_URL`.

use std::process::ExitCode;

use anyhow::{Context, Result};
use servers::{NatsServer, PostgresServer};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: with-servers COMMAND …")?;
    let (postgres, nats) = tokio::try_join!(PostgresServer::temporary(), NatsServer::temporary())?;

    // Ctrl-C reaches the command by itself; what it leaves is ended here, after it.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut command = Command::new(&program)
        .args(words)
        .env("EVENTLY_TEST_DATABASE_URL", postgres.url("postgres"))
        .env("EVENTLY_TEST_NATS_URL", nats.url())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let status = loop {
        tokio::select! {
            status = command.wait() => break status?,
            _ = interrupted.recv() => {}
            _ = terminated.recv() => command.start_kill()?,
        }
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
