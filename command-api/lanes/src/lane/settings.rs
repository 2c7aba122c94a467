//! The bounds of a lane, each with its reason.

use std::time::Duration;

/// Orders decided and committed together at most: bounds the time until the first of them is answered.
pub(super) const ORDERS_PER_BATCH_MAX: usize = 512;

/// Races lost in a row before the client must retry.
pub(crate) const ATTEMPTS_MAX: u32 = 4;

/// Facts of one unit, but for those of its last order: half of what one append takes, whatever a sweep adds.
pub(super) const FACTS_PER_UNIT_MAX: usize = 8_192;

/// Time between two snapshots of a busy lane: copying a large Event holds its lane up for milliseconds, and all that a
/// snapshot saves is folding at a cold start.
pub(super) const SNAPSHOT_PAUSE: Duration = Duration::from_secs(30);

/// A lane with so many times the facts that are worth a snapshot does not wait for the pause: a cold start stays bounded.
pub(super) const SNAPSHOT_OVERDUE: u64 = 10;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct LaneSettings {
    /// Orders that may wait in one lane; more are turned away at once, so that latency stays flat under overload.
    pub mailbox_max: usize,
    /// Lanes alive at once; bounds memory against requests that name ever new aggregates.
    pub lanes_max: usize,
    /// A lane without orders for this long is evicted.
    pub idle: Duration,
    /// Facts of a stream between two snapshots.
    pub snapshot_every: u64,
    /// Bookings that a lane keeps in memory between batches.
    pub bookings_max: usize,
}

impl Default for LaneSettings {
    fn default() -> Self {
        Self {
            mailbox_max: 4_096,
            lanes_max: 20_000,
            idle: Duration::from_mins(5),
            snapshot_every: 20_000,
            bookings_max: 32_768,
        }
    }
}
