//! Wakes the lanes whose holds may end soon, so that deadlines that passed while nobody looked become visible.

use chrono::{DateTime, TimeDelta, Utc};
use domain::event::limits::HOLD_MINUTES_MAX;
use domain::ids::EventId;
use event_store::{LogError, Position};

use crate::write_side::EventLanes;

/// After a start: wakes every lane in which a hold may still stand. Answers how many.
///
/// Those are the lanes with a `SeatsHeld` recorded within the longest hold before the log's last fact, twice that to be
/// safe against clocks that differ: whatever was held earlier ended before the log fell silent.
pub async fn wake_lanes_with_holds(lanes: &EventLanes) -> Result<usize, LogError> {
    let log = &lanes.store().log;
    let head = log.head().await?;
    let last = log
        .read_after(Position::new(head.get().saturating_sub(1)), 1)
        .await?;
    let Some(last) = last.first() else { return Ok(0) };
    wake_lanes_with_holds_since(lanes, last.recorded_at - TimeDelta::minutes(HOLD_MINUTES_MAX * 2)).await
}

/// Wakes every lane with a `SeatsHeld` recorded since `since`. Answers how many.
pub async fn wake_lanes_with_holds_since(
    lanes: &EventLanes,
    since: DateTime<Utc>,
) -> Result<usize, LogError> {
    let events = lanes
        .store()
        .log
        .streams_with("event", "SeatsHeld", since)
        .await?;
    for event in &events {
        lanes.wake(EventId::new(*event));
    }
    Ok(events.len())
}
