//! The bounds of a lane, each with its reason.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

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
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LaneSettings {
    /// Orders that may wait in one lane; more are answered 503
    #[serde(rename = "lane_mailbox_max")]
    #[schemars(range(min = 1, max = 1_000_000), extend("unit" = "orders"))]
    pub mailbox_max: usize,
    /// Lanes alive at once; more are answered 503
    #[schemars(range(min = 1, max = 1_000_000), extend("unit" = "lanes"))]
    pub lanes_max: usize,
    /// A lane without orders for this long is evicted
    #[serde(rename = "lane_idle_s", with = "seconds")]
    #[schemars(with = "u64", range(min = 1, max = 86_400), extend("unit" = "seconds"))]
    pub idle: Duration,
    /// Bookings that a lane keeps in memory
    #[serde(rename = "lane_bookings_max")]
    #[schemars(range(min = 4_096, max = 10_000_000), extend("unit" = "bookings"))]
    pub bookings_max: usize,
    /// Facts of a stream between two snapshots
    #[serde(rename = "snapshot_every_facts")]
    #[schemars(range(min = 100, max = 10_000_000), extend("unit" = "facts"))]
    pub snapshot_every: u64,
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

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(span.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
