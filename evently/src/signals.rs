//! Signals by which service managers and terminals ask a process to end.

use tokio::signal::unix::{SignalKind, signal};

/// Listens from now on for SIGTERM and SIGINT; waits for the first.
///
/// # Errors
/// Where the process may not handle signals.
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}
