//! What happens by itself. Holds expire in the lanes; this makes sure that every Event with holds has a lane somewhere.

use std::time::Duration;

use command_api::{EventLanes, wake_lanes_with_holds};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often it looks: a hold of a node that died ends at most this much late for those who watch. Whoever wants its
/// seats gets them at the deadline anyway.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Wakes lanes until `stop`. A lane that runs already does not notice; one that another node runs too is merely slower.
pub(crate) async fn run(lanes: EventLanes, stop: CancellationToken) {
    loop {
        match wake_lanes_with_holds(&lanes).await {
            Ok(lanes) => tracing::debug!(lanes, "processes.lanes.woken"),
            Err(error) => tracing::warn!(%error, "processes.wake.failed"),
        }
        if stop.run_until_cancelled(sleep(LOOK_EVERY)).await.is_none() {
            return;
        }
    }
}
