//! The sandbox's one source of time. It stands apart from the rest of the house, so it has a clock of its own.

use chrono::{DateTime, SubsecRound, Utc};

/// The present moment in whole milliseconds, so that it survives JSON unchanged.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads the system's clock"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}
