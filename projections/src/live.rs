//! Keeps the read tables up to date: one feed, one task a projection, and one that measures.

mod lag;

use std::time::Duration;

use async_nats::Client;
use event_store::feed::Feed;
use event_store::{Log, Position, Subjects};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::fanout::{Heard, Source, Tap, fanout};
use crate::projector::{Projector, ProjectorError};
use crate::ring::ring;
use crate::status::Status;
use crate::{PROJECTIONS, Projection};

/// Facts applied in one transaction at most: what a burst gathers is worked off in few large ones.
const BATCH_FACTS_MAX: usize = 5_000;

/// Batches begin at least this far apart while they are not full, so that a steady trickle is not one transaction a fact.
/// The first fact after a silence does not wait.
const BATCH_EVERY: Duration = Duration::from_millis(5);

/// What is wrong outside is tried again after this long, twice as long each time, up to [`RETRY_AFTER_MAX`], for ever.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(50);

/// Soon enough that nobody notices when the database is back.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);

/// What live projections work with.
#[derive(Clone, Debug)]
pub struct Live {
    /// Acts as `evently_projector`; a connection for each projection, and one for the log.
    pub pool: PgPool,
    /// Where facts come from in the end.
    pub log: Log,
    /// Where they come from sooner, and where moves are told; without it the log is asked.
    pub nats: Option<Client>,
    /// What things are called there.
    pub subjects: Subjects,
    /// Where their state is shown.
    pub status: Status,
}

/// Runs every projection until `shutdown`; batches in work are finished. Several processes may do so at once: they take
/// turns.
pub async fn run(
    pool: PgPool,
    log: Log,
    nats: Option<Client>,
    subjects: Subjects,
    status: Status,
    shutdown: CancellationToken,
) {
    run_these(
        PROJECTIONS,
        Live {
            pool,
            log,
            nats,
            subjects,
            status,
        },
        shutdown,
    )
    .await;
}

/// Runs these projections until `shutdown`.
pub async fn run_these(projections: &[&'static dyn Projection], live: Live, shutdown: CancellationToken) {
    let Some(head) = shutdown.run_until_cancelled(head(&live.log)).await else {
        return;
    };
    let (source, taps) = fanout(head, projections.len());
    let mut tasks = JoinSet::new();
    for (projection, tap) in projections.iter().zip(taps) {
        let projector = Projector::new(*projection, live.pool.clone(), live.status.clone());
        tasks.spawn(keep_up(projector, tap, live.clone(), shutdown.clone()));
    }
    if let Some(nats) = live.nats.clone() {
        tasks.spawn(ring(
            nats,
            live.subjects.clone(),
            live.status.clone(),
            shutdown.clone(),
        ));
    }
    tasks.spawn(lag::measure(projections.to_vec(), live.clone(), shutdown.clone()));
    tasks.spawn(pour(source, live, head, shutdown));
    while tasks.join_next().await.is_some() {}
}

/// The head of the log, as soon as it can be read.
async fn head(log: &Log) -> Position {
    let mut retry = Retry::default();
    loop {
        match log.head().await {
            Ok(head) => return head,
            Err(error) => retry.after(&error, "feed").await,
        }
    }
}

/// Pours what the feed brings.
async fn pour(mut source: Source, live: Live, mut position: Position, shutdown: CancellationToken) {
    let mut retry = Retry::default();
    while !shutdown.is_cancelled() {
        let opening = Feed::open(
            live.log.clone(),
            live.nats.clone(),
            live.subjects.clone(),
            position,
            "projections",
        );
        let Some(opened) = shutdown.run_until_cancelled(opening).await else {
            return;
        };
        let error = match opened {
            Err(error) => error,
            Ok(mut feed) => loop {
                match shutdown.run_until_cancelled(feed.next(BATCH_FACTS_MAX)).await {
                    None => return,
                    Some(Err(error)) => break error,
                    Some(Ok(facts)) => {
                        let full = facts.len() >= BATCH_FACTS_MAX;
                        position = facts.last().map_or(position, |last| last.position);
                        source.pour(facts).await;
                        retry = Retry::default();
                        if !full {
                            tokio::time::sleep(BATCH_EVERY).await;
                        }
                    }
                }
            },
        };
        shutdown.run_until_cancelled(retry.after(&error, "feed")).await;
    }
}

/// Applies what comes until shutdown.
async fn keep_up(projector: Projector, mut tap: Tap, live: Live, shutdown: CancellationToken) {
    let name = projector.name();
    let mut position = Position::START;
    if let Some(reached) = shutdown.run_until_cancelled(begin(&projector, &live)).await {
        position = reached;
    }
    while let Some(Some(heard)) = shutdown.run_until_cancelled(tap.next(position)).await {
        let mut retry = Retry::default();
        loop {
            match apply(&projector, &heard, &live.log, &shutdown).await {
                Ok(reached) => {
                    position = reached;
                    break;
                }
                Err(error) => {
                    live.status.failing(name, Some(error.to_string()));
                    if shutdown
                        .run_until_cancelled(retry.after(&error, name))
                        .await
                        .is_none()
                    {
                        return;
                    }
                }
            }
        }
        if retry.attempts > 0 {
            tracing::info!(projection = name, "projection.recovered");
            live.status.failing(name, None);
        }
    }
}

/// Where the tables are, once that is not beyond the end of the log: facts that it has yet to get would be taken for old.
async fn begin(projector: &Projector, live: &Live) -> Position {
    let mut retry = Retry::default();
    loop {
        match projector.position_in(&live.log).await {
            Ok(position) => {
                live.status.failing(projector.name(), None);
                return position;
            }
            Err(error) => {
                live.status.failing(projector.name(), Some(error.to_string()));
                retry.after(&error, projector.name()).await;
            }
        }
    }
}

async fn apply(
    projector: &Projector,
    heard: &Heard,
    log: &Log,
    shutdown: &CancellationToken,
) -> Result<Position, ProjectorError> {
    match heard {
        Heard::Facts(facts) => projector.absorb_with_log(facts, log, shutdown).await,
        Heard::Missed(upto) => projector.catch_up(log, *upto, shutdown).await,
    }
}

/// Waiting before another attempt.
#[derive(Default)]
struct Retry {
    attempts: u32,
}

impl Retry {
    async fn after<E: std::error::Error + 'static>(&mut self, error: &E, what: &'static str) {
        tracing::warn!(
            projection = what,
            attempts = self.attempts,
            error = error as &dyn std::error::Error,
            "projection.retry"
        );
        metrics::counter!("evently_projection_retries_total", "projection" => what).increment(1);
        let doubled = RETRY_AFTER_MIN.saturating_mul(1_u32 << self.attempts.min(10));
        self.attempts = self.attempts.saturating_add(1);
        tokio::time::sleep(doubled.min(RETRY_AFTER_MAX)).await;
    }
}
