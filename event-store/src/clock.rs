//! The one source of time and of time-ordered ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

/// The time in whole milliseconds, so that a moment survives JSON and PostgreSQL unchanged.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until it is advanced; its clones advance with it.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_millis()))))
    }

    /// The present moment, truncated to milliseconds.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.unix_ms()).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_ms(&self) -> i64 {
        match &self.0 {
            Source::System => system_unix_ms(),
            Source::Manual(ms) => ms.load(Ordering::Acquire),
        }
    }

    /// Moves a manual clock on; the system's clock moves by itself and ignores it.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(ms) = &self.0 {
            ms.fetch_add(
                i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
                Ordering::AcqRel,
            );
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the system's clock"
)]
fn system_unix_ms() -> i64 {
    Utc::now().timestamp_millis()
}

/// A new time-ordered id: UUID version 7 (RFC 9562, 5.7), its time from `clock`.
pub fn new_id(clock: &Clock) -> Uuid {
    let ms = u64::try_from(clock.unix_ms()).unwrap_or(0);
    let nanos = u32::try_from(ms % 1000).unwrap_or(0).saturating_mul(1_000_000);
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_and_its_clones_move_together() {
        let clock = Clock::manual(DateTime::from_timestamp_millis(1_700_000_000_123).unwrap());
        let clone = clock.clone();
        clone.advance(Duration::from_millis(877));
        assert_eq!(clock.now().timestamp_millis(), 1_700_000_001_000);
    }

    #[test]
    fn the_time_has_no_fraction_of_a_millisecond() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000_000, 0);
    }

    #[test]
    fn ids_are_version_7_and_carry_the_time_of_the_clock() {
        let clock = Clock::manual(DateTime::from_timestamp_millis(1_700_000_000_123).unwrap());
        let id = new_id(&clock);
        assert_eq!(id.get_version_num(), 7);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos / 1_000_000), (1_700_000_000, 123));
        assert_ne!(id, new_id(&clock));
    }
}
