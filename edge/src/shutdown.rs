//! Ending well: the moment from which a process is no longer ready, and the signals that ask for it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The end of the process, seen by everybody whom it concerns.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
}

impl Shutdown {
    /// An end that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the end.
    pub fn begin(&self) {
        self.token.cancel();
    }

    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The token that is cancelled when the end begins.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

/// Listens from now on for SIGTERM and SIGINT, as service managers and terminals send them; waits for the first.
///
/// # Errors
/// Where the process may not handle signals.
pub fn asked_to_stop() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_sees_that_the_end_has_begun() {
        let shutdown = Shutdown::new();
        let (seen, token) = (shutdown.clone(), shutdown.token());
        assert!(!seen.has_begun());
        shutdown.begin();
        assert!(seen.has_begun());
        token.cancelled().await;
    }
}
