//! Waiting for what must come true, and not for longer than it may take.

use std::time::Duration;

use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks again and again until `came_true` answers true.
///
/// # Panics
/// When `within` has passed: the test fails, named by `what`.
pub async fn eventually<F: Future<Output = bool>>(
    what: &str,
    within: Duration,
    mut came_true: impl FnMut() -> F,
) {
    let deadline = Instant::now() + within;
    while !came_true().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
