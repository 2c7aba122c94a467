//! How far the projections are, for health, metrics and queries that wait for a position.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use event_store::{Position, RecordedFact};
use tokio::sync::Notify;

/// How far each projection of this process is. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    projections: Mutex<BTreeMap<&'static str, ProjectionStatus>>,
    moved: Notify,
}

/// How far one projection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// The last fact that its tables have.
    pub position: Position,
    /// When that fact was recorded; `None` until the first batch of this process.
    pub recorded_at: Option<DateTime<Utc>>,
    /// Facts in the log that its tables lack.
    pub lag_positions: i64,
    /// While it lags: how long ago the last fact that it has was recorded, in milliseconds, by the database's clock.
    pub lag_ms: i64,
    /// Streams that are left out until a rebuild.
    pub parked_streams: i64,
    /// Why it cannot go on now, if so.
    pub failing: Option<String>,
}

impl Status {
    /// Every projection by name.
    pub fn projections(&self) -> BTreeMap<&'static str, ProjectionStatus> {
        self.lock().clone()
    }

    /// A batch was applied up to `last`, at `now` by the database's clock.
    pub(crate) fn moved(
        &self,
        projection: &'static str,
        last: &RecordedFact,
        now: DateTime<Utc>,
        facts: usize,
    ) {
        let lag_ms = (now - last.recorded_at).num_milliseconds().max(0);
        {
            let mut projections = self.lock();
            let status = projections.entry(projection).or_default();
            status.position = status.position.max(last.position);
            status.recorded_at = Some(last.recorded_at);
            status.lag_ms = lag_ms;
        }
        metrics::counter!("evently_projection_batches_total", "projection" => projection).increment(1);
        metrics::counter!("evently_projection_facts_total", "projection" => projection)
            .increment(facts as u64);
        seconds(projection, lag_ms);
        self.0.moved.notify_one();
    }

    /// What a look at the checkpoint and the head of the log has shown, at `now` by the database's clock.
    pub(crate) fn measured(
        &self,
        projection: &'static str,
        position: Position,
        head: Position,
        parked_streams: i64,
        now: DateTime<Utc>,
    ) {
        let lag_positions = (head.get() - position.get()).max(0);
        let lag_ms = {
            let mut projections = self.lock();
            let status = projections.entry(projection).or_default();
            // a rebuild of an older log may lie behind what was there before
            status.position = position;
            status.lag_positions = lag_positions;
            status.parked_streams = parked_streams;
            let behind_since = status.recorded_at.filter(|_| lag_positions > 0);
            status.lag_ms = behind_since.map_or(0, |since| (now - since).num_milliseconds().max(0));
            status.lag_ms
        };
        metrics::gauge!("evently_projection_lag_positions", "projection" => projection)
            .set(gauge(lag_positions));
        metrics::gauge!("evently_projection_parked_streams", "projection" => projection)
            .set(gauge(parked_streams));
        seconds(projection, lag_ms);
    }

    /// It cannot go on, or, with `None`, it can again.
    pub(crate) fn failing(&self, projection: &'static str, why: Option<String>) {
        self.lock().entry(projection).or_default().failing = why;
    }

    /// Waits until a batch was applied since the last call.
    pub(crate) async fn next_move(&self) {
        self.0.moved.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, ProjectionStatus>> {
        self.0.projections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(projection: &'static str, lag_ms: i64) {
    let lag = std::time::Duration::from_millis(u64::try_from(lag_ms).unwrap_or_default());
    metrics::gauge!("evently_projection_lag_seconds", "projection" => projection).set(lag.as_secs_f64());
}

/// Metrics are floats; counts up to 2³² stay exact.
fn gauge(count: i64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}
