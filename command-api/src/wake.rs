//! After a start: wakes the lanes whose holds may end soon, so that deadlines that passed meanwhile become visible.

use chrono::TimeDelta;
use domain::event::limits::HOLD_MINUTES_MAX;
use domain::ids::EventId;
use event_store::LogError;

use crate::write_side::EventLanes;

/// Wakes every lane in which a hold may still stand: those with a `SeatsHeld` recorded within the longest hold, twice
/// that to be safe against clocks that differ. Answers how many. Holds older than that ended before the last stop, or
/// end when the next command looks at them.
pub async fn wake_lanes_with_holds(lanes: &EventLanes) -> Result<usize, LogError> {
    let store = lanes.store();
    let since = store.clock.now() - TimeDelta::minutes(HOLD_MINUTES_MAX * 2);
    let events = store.log.streams_with("event", "SeatsHeld", since).await?;
    for event in &events {
        lanes.wake(EventId::new(*event));
    }
    Ok(events.len())
}
