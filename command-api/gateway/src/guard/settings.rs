//! The bounds of a guard.

use std::time::Duration;

/// How much a gateway is trusted. [`GuardSettings::default`] fits one that answers within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// Calls of buyers in flight.
    pub buyers_max: usize,
    /// Calls of processes in flight, besides.
    pub errands_max: usize,
    /// Time for a call; without an answer by then its outcome is unknown.
    pub call_within: Duration,
    /// Failures in a row after which the gateway is taken for broken.
    pub failures_max: u32,
    /// How long no call is let through then, the first time.
    pub open_for: Duration,
    /// How long at most, after one failed try upon the other.
    pub open_for_max: Duration,
    /// Calls that try at once whether the gateway is well again.
    pub probes_max: usize,
}

impl GuardSettings {
    /// Calls of buyers in flight: at half a second each, some 500 payments a second; more would only wait at the gateway.
    pub const BUYERS_MAX: usize = 256;
    /// Calls of processes in flight: enough to return the money of a cancelled Event of 10,000 buyers in some two minutes.
    pub const ERRANDS_MAX: usize = 32;
    /// Time for a call: banks take some seconds, and a buyer gives up after ten.
    pub const CALL_WITHIN: Duration = Duration::from_secs(10);
    /// Failures in a row: one lost packet is no outage, and five buyers in a row are no accident.
    pub const FAILURES_MAX: u32 = 5;
    /// The first pause: a restart of the gateway takes about that long.
    pub const OPEN_FOR: Duration = Duration::from_secs(5);
    /// The longest pause: what a buyer may lose after the gateway has come back.
    pub const OPEN_FOR_MAX: Duration = Duration::from_mins(1);
    /// Tries at once: more than one, so that one lost packet does not cost another pause; few, as all may be lost.
    pub const PROBES_MAX: usize = 3;
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            buyers_max: Self::BUYERS_MAX,
            errands_max: Self::ERRANDS_MAX,
            call_within: Self::CALL_WITHIN,
            failures_max: Self::FAILURES_MAX,
            open_for: Self::OPEN_FOR,
            open_for_max: Self::OPEN_FOR_MAX,
            probes_max: Self::PROBES_MAX,
        }
    }
}
