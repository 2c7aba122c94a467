//! Ending well: no more readiness, then what is under way is finished, then the process ends, within a bound.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The end of the process, seen by everybody who must finish something before it.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// An end that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the end.
    pub fn begin(&self) {
        self.token.cancel();
    }

    /// Whether the end has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Waits for the end to begin.
    pub async fn begun(&self) {
        self.token.cancelled().await;
    }

    /// The token that is cancelled when the end begins.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Runs `task`, which must end soon after the end has begun.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Waits until every task has ended; tells whether they did `within` the bound.
    pub async fn finished(&self, within: Duration) -> bool {
        self.tasks.close();
        tokio::time::timeout(within, self.tasks.wait()).await.is_ok()
    }
}

/// Waits for SIGTERM or SIGINT, as service managers and terminals send them.
///
/// # Errors
/// Where the process may not handle signals.
pub async fn asked_to_stop() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_see_the_end_and_are_waited_for() {
        let shutdown = Shutdown::new();
        let seen = shutdown.clone();
        shutdown.spawn(async move { seen.begun().await });
        assert!(!shutdown.has_begun());
        shutdown.begin();
        assert!(shutdown.finished(Duration::from_secs(5)).await);
    }

    #[tokio::test]
    async fn a_task_that_does_not_end_is_not_waited_for_for_ever() {
        let shutdown = Shutdown::new();
        shutdown.spawn(std::future::pending());
        shutdown.begin();
        assert!(!shutdown.finished(Duration::from_millis(10)).await);
    }
}
