//! What happens by itself. Holds expire in the lanes; this makes sure that every Event with holds has a lane somewhere.

use std::time::Duration;

use chrono::TimeDelta;
use command_api::{EventLanes, wake_lanes_with_holds, wake_lanes_with_holds_since};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it looks: a hold of a node that died ends at most this much late for those who watch. Whoever wants its
/// seats gets them at the deadline anyway.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// By how much the clock of the database may differ from ours.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(1);

/// Wakes lanes until `stop`. A lane that runs already does not notice; one that another node runs too is merely slower.
pub(crate) async fn run(lanes: EventLanes, stop: CancellationToken) {
    let mut since = None;
    loop {
        let now = lanes.store().clock.now();
        let woken = match since {
            None => wake_lanes_with_holds(&lanes).await,
            Some(since) => wake_lanes_with_holds_since(&lanes, since).await,
        };
        match woken {
            Ok(lanes) => {
                tracing::debug!(lanes, "processes.lanes.woken");
                since = Some(now - CLOCKS_DIFFER_MAX);
            }
            Err(error) => tracing::warn!(%error, "processes.wake.failed"),
        }
        if stop.run_until_cancelled(sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}
