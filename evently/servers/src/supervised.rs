//! A server that is kept running: started again when it dies, until it is stopped.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::process::Process;

/// First wait before a server that died is started again; doubles from then on.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
/// Longest such wait: a person who repairs something should not wait for long.
const BACKOFF_MAX: Duration = Duration::from_secs(5);
/// A server that ran for this long was healthy: its next death counts as the first.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// The handle of a server that is kept running.
pub struct Supervised {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Supervised {
    /// Keeps `server`, which runs, running.
    pub(crate) fn new(server: Process) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(keep_running(server, stop.clone()));
        Self { stop, task }
    }

    /// Stops the server in good order, or kills it when that takes too long.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "a server's supervisor failed");
        }
    }
}

async fn keep_running(mut server: Process, stop: CancellationToken) {
    let name = server.program.name;
    let mut backoff = BACKOFF_MIN;
    loop {
        let started = Instant::now();
        if let Some(child) = &mut server.child {
            tokio::select! {
                ended = child.wait() => {
                    tracing::warn!(server = name, ?ended, "a server ended by itself; starting it again");
                }
                () = stop.cancelled() => {
                    server.stop().await;
                    return;
                }
            }
        }
        if started.elapsed() > HEALTHY_AFTER {
            backoff = BACKOFF_MIN;
        }
        tokio::select! {
            () = sleep(backoff) => {}
            () = stop.cancelled() => return,
        }
        backoff = (backoff * 2).min(BACKOFF_MAX);
        if let Err(error) = server.start() {
            tracing::error!(server = name, %error, "cannot start a server again");
        }
    }
}
