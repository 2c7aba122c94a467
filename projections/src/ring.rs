//! Announces over NATS that read tables moved on, so that a query that waits for a position need not poll hard.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::Client;
use event_store::Subjects;
use tokio_util::sync::CancellationToken;

use crate::Status;

/// Rings are at least this far apart: one stands for every batch in between.
const RING_EVERY: Duration = Duration::from_millis(5);

/// Publishes `{"events": 12, "seats": 12, "bookings": 11}`, positions by projection, after batches were applied. A query that
/// misses one looks at the checkpoints a little later.
pub(crate) async fn ring(nats: Client, subjects: Subjects, status: Status, shutdown: CancellationToken) {
    let subject = subjects.projected();
    while shutdown.run_until_cancelled(status.next_move()).await.is_some() {
        let positions: BTreeMap<&str, i64> = status
            .projections()
            .into_iter()
            .map(|(name, status)| (name, status.position.get()))
            .collect();
        let payload = serde_json::to_vec(&positions).unwrap_or_default();
        if let Err(error) = nats.publish(subject.clone(), payload.into()).await {
            tracing::debug!(%error, "projection.ring.lost");
        }
        tokio::time::sleep(RING_EVERY).await;
    }
}
