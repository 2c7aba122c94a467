//! Starting and stopping a sandbox.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::chaos::Scripts;
use crate::config::{SandboxConfig, invalid};
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::server;
use crate::webhook::Webhooks;
use crate::writer::JournalWriter;

/// The payment gateway that is no gateway.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox at work. Dropped, it stops as well, but nobody waits for it.
pub struct RunningSandbox {
    address: SocketAddr,
    server: ServerHandle,
    tasks: TaskTracker,
    stop: CancellationToken,
    writer: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Reads the journal, and serves until [`RunningSandbox::stop`].
    ///
    /// # Errors
    /// Where there is no Tokio runtime around, the configuration cannot be (`InvalidInput`), the address is taken, the
    /// journal is broken (`InvalidData`), in use by another sandbox (`WouldBlock`), or cannot be opened.
    pub fn start(config: SandboxConfig) -> io::Result<RunningSandbox> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        if config.secret_key.is_empty() {
            return Err(invalid("the secret key is empty"));
        }
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let webhooks = config
            .webhook
            .as_ref()
            .map(|webhook| Webhooks::new(webhook, tasks.clone(), stop.clone(), runtime.clone()))
            .transpose()?;
        let ledger = Arc::new(Ledger::default());
        let journal = Journal::open(&config.journal_folder, |entry| {
            ledger.enter([Arc::new(entry)]);
        })?;
        let (journal, writer) = JournalWriter::start(journal, Arc::clone(&ledger), webhooks)?;
        let gateway = Data::new(Gateway {
            secret_key: config.secret_key,
            latency: config.latency,
            scripts: Scripts { chaos: config.chaos },
            ledger,
            journal,
            tasks: tasks.clone(),
            stop: stop.clone(),
            runtime: runtime.clone(),
        });
        let (address, server) = server::listen(config.listen, gateway.clone())?;
        go_on(&gateway);
        let running = RunningSandbox {
            address,
            server: server.handle(),
            tasks,
            stop,
            writer: Some(writer),
        };
        runtime.spawn(server);
        Ok(running)
    }
}

/// Captures that were still to come when the sandbox stopped come now.
fn go_on(gateway: &Gateway) {
    let scripts = gateway.scripts;
    let later = |method: &str, key: &_| {
        let script = scripts.of_charge(method, key);
        script.is_some_and(|script| script.captured_later)
    };
    for outcome in gateway.ledger.with_book(|book| book.captures_to_come(later)) {
        gateway.capture_later(outcome);
    }
}

impl RunningSandbox {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: no more is taken, answers under way are given, connections that hang are closed, webhooks under way are
    /// forgotten. Afterwards the journal may be opened again.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.server.stop(true).await;
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(writer) = self.writer.take() {
            // Its end needs no answer: what it could not write, it has logged.
            drop(tokio::task::spawn_blocking(move || writer.join()).await);
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.stop.cancel();
        drop(self.server.stop(false)); // the order is given at once, only the waiting is left out
    }
}

impl fmt::Debug for RunningSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningSandbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
