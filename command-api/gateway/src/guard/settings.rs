//! The bounds of a guard.

use std::time::Duration;

/// How much a gateway is trusted. [`GuardSettings::default`] fits one that answers within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// Calls of buyers in flight. 256: at half a second each, some 500 payments a second; more would only wait at the gateway.
    pub buyers_max: usize,
    /// Calls of processes in flight, besides. 32 return the money of a cancelled Event of 10,000 buyers in some two minutes.
    pub errands_max: usize,
    /// Time for a call; without an answer by then its outcome is unknown. 10 s: banks take some seconds, and a buyer gives up
    /// after ten.
    pub call_within: Duration,
    /// Failures in a row after which the breaker opens. One lost packet is no outage, and five buyers in a row are no accident.
    pub failures_max: u32,
    /// How long the breaker stays open the first time: a restart of the gateway takes about that long.
    pub open_for: Duration,
    /// How long at most, after many failed probes: what a buyer may lose after the gateway has come back.
    pub open_for_max: Duration,
    /// Probes at once while it is half open: more than one, so that one lost packet does not cost another pause; few, as all
    /// may be lost.
    pub probes_max: usize,
}

impl Default for GuardSettings {
    fn default() -> Self {
        Self {
            buyers_max: 256,
            errands_max: 32,
            call_within: Duration::from_secs(10),
            failures_max: 5,
            open_for: Duration::from_secs(5),
            open_for_max: Duration::from_mins(1),
            probes_max: 3,
        }
    }
}
