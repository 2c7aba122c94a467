//! The relay: publishes every fact of the log to `JetStream`, in order. One relay leads; others stand by.
//!
//! It remembers nothing: where it goes on is what the stream itself holds last. So a lost message, a lost stream or a
//! lost store heals by the same comparison with which it starts.

mod leadership;
mod mirror;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use async_nats::{Client, Subscriber};
use domain::text::with_causes;
use futures::{FutureExt, StreamExt};
use sqlx::{PgConnection, PgPool};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::mirror::{Mirror, MirrorError};
use crate::log::read_after;
use crate::{LogError, Position, RecordedFact, Subjects};

/// Facts read at once: enough to fill the pipeline, few enough to be read in a few milliseconds.
const BATCH: usize = 1_000;

/// How long the relay waits for the doorbell before it looks by itself.
const POLL_EVERY: Duration = Duration::from_millis(250);

/// How often the stream is compared with the log.
const COMPARE_EVERY: Duration = Duration::from_secs(2);

/// The pause after a term that ended by an error.
const TERM_PAUSE: Duration = Duration::from_millis(500);

/// A log that does not answer within this is lost, and leadership with it.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// What a relay is doing, for those who watch it.
#[derive(Debug, Default)]
pub struct RelayStatus {
    leading: AtomicBool,
    published: AtomicI64,
    head: AtomicI64,
}

impl RelayStatus {
    /// Whether this relay is the one that publishes.
    pub fn leading(&self) -> bool {
        self.leading.load(Ordering::Relaxed)
    }

    /// The position up to which the stream has acknowledged, while leading.
    pub fn published(&self) -> Position {
        Position::new(self.published.load(Ordering::Relaxed))
    }

    /// The head of the log when it was last read, while leading.
    pub fn head(&self) -> Position {
        Position::new(self.head.load(Ordering::Relaxed))
    }

    fn lead(&self, leading: bool) {
        if self.leading.swap(leading, Ordering::Relaxed) != leading {
            tracing::info!(leading, "relay.leadership.changed");
        }
        metrics::gauge!("evently_relay_leading").set(if leading { 1.0 } else { 0.0 });
    }

    fn observe(&self, published: Position, head: Position) {
        let head = head.max(published);
        self.published.store(published.get(), Ordering::Relaxed);
        self.head.store(head.get(), Ordering::Relaxed);
        let lag = u32::try_from(head.get().saturating_sub(published.get())).unwrap_or(u32::MAX);
        metrics::gauge!("evently_relay_lag_positions").set(f64::from(lag));
    }
}

/// A term of leadership ended.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the log cannot be read")]
    Log(#[from] LogError),
    #[error("the log does not answer")]
    LogSilent,
    #[error("the stream does not take facts")]
    Mirror(#[from] MirrorError),
    #[error("cannot listen for the doorbell")]
    Doorbell(#[from] async_nats::SubscribeError),
}

impl From<sqlx::Error> for RelayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Log(error.into())
    }
}

/// Relays until `shutdown`. `pool` gives the settings of connections; the relay opens one connection of its own beside
/// it.
pub async fn run(
    pool: PgPool,
    nats: Client,
    subjects: Subjects,
    status: Arc<RelayStatus>,
    shutdown: CancellationToken,
) {
    let lead = || term(&pool, &nats, &subjects, &status);
    while let Some(Err(error)) = shutdown.run_until_cancelled(lead()).await {
        status.lead(false);
        tracing::warn!(error = %with_causes(&error), "relay.term.ended");
        shutdown.run_until_cancelled(tokio::time::sleep(TERM_PAUSE)).await;
    }
    status.lead(false);
}

/// Waits for leadership and leads until something breaks. Whatever it is, another relay may have better luck: the
/// connection, and the lock with it, is given up.
async fn term(
    pool: &PgPool,
    nats: &Client,
    subjects: &Subjects,
    status: &RelayStatus,
) -> Result<std::convert::Infallible, RelayError> {
    let mut connection = leadership::win(pool).await?;
    status.lead(true);
    let mut doorbell = nats.subscribe(subjects.doorbell()).await?;
    let mut mirror = Mirror::open(nats.clone(), subjects.clone()).await?;
    let mut sent = mirror.compare(&mut connection).await?;
    let mut compared_at = Instant::now();
    loop {
        let facts = read(&mut connection, sent).await?;
        status.observe(
            mirror.acknowledged(),
            facts.last().map_or(sent, |last| last.position),
        );
        if let Some(last) = facts.last() {
            mirror.send(&facts).await?;
            sent = last.position;
        }
        if facts.len() < BATCH {
            mirror.settle().await?;
            status.observe(mirror.acknowledged(), sent);
        }
        if compared_at.elapsed() >= COMPARE_EVERY {
            mirror.settle().await?;
            sent = mirror.compare(&mut connection).await?;
            compared_at = Instant::now();
        }
        if facts.is_empty() {
            rung(&mut doorbell).await;
        }
    }
}

/// Reads by the connection that holds the lock: while it answers, the lock is held.
async fn read(connection: &mut PgConnection, after: Position) -> Result<Vec<RecordedFact>, RelayError> {
    let read = tokio::time::timeout(READ_WITHIN, read_after(connection, after, BATCH));
    Ok(read.await.map_err(|_| RelayError::LogSilent)??)
}

/// Waits until the doorbell rings, or for as long as one may trust its silence.
async fn rung(doorbell: &mut Subscriber) {
    if let Ok(None) = tokio::time::timeout(POLL_EVERY, doorbell.next()).await {
        tokio::time::sleep(POLL_EVERY).await; // the client is closing
    }
    while let Some(Some(_)) = doorbell.next().now_or_never() {}
}
