//! Keeps the read tables up to date: one task a projection, and one that measures.

mod lag;

use std::time::Duration;

use async_nats::Client;
use event_store::fanout::{Fanout, Subscription, Work};
use event_store::{Log, Subjects};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::PROJECTIONS;
use crate::projector::Projector;
use crate::ring::ring;
use crate::status::Status;

/// What is wrong outside is tried again after this long, twice as long each time, up to [`RETRY_AFTER_MAX`], for ever.
const RETRY_AFTER_MIN: Duration = Duration::from_millis(50);

/// Soon enough after the database is back.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);

/// How often a projection to which nothing comes looks where its tables are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What live projections work with.
#[derive(Clone, Debug)]
pub struct Live {
    /// Acts as `evently_projector`; a connection for each projection, and one for the log.
    pub pool: PgPool,
    /// Where facts come from in the end.
    pub log: Log,
    /// Where they come from sooner.
    pub facts: Fanout,
    /// Where moves are announced.
    pub nats: Option<Client>,
    pub subjects: Subjects,
    /// Where their state is shown.
    pub status: Status,
}

/// Runs every projection until `shutdown`; batches in work are finished. Several processes may do so at once: they take
/// turns.
pub async fn run(live: Live, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    for projection in PROJECTIONS {
        let projector = Projector::new(projection, live.pool.clone(), live.status.clone());
        let subscription = live.facts.subscribe();
        tasks.spawn(keep_up(projector, subscription, live.clone(), shutdown.clone()));
    }
    if let Some(nats) = live.nats.clone() {
        let (subjects, status) = (live.subjects.clone(), live.status.clone());
        tasks.spawn(ring(nats, subjects, status, shutdown.clone()));
    }
    tasks.spawn(lag::measure(live.pool, live.log, live.status, shutdown));
    while tasks.join_next().await.is_some() {}
}

/// Applies what comes until shutdown.
async fn keep_up(
    projector: Projector,
    mut subscription: Subscription,
    live: Live,
    shutdown: CancellationToken,
) {
    let name = projector.name();
    let show = |failing| live.status.failing(name, failing);
    // tables that are ahead of the log would take facts that it has yet to get for old
    let look = || projector.position_in(&live.log);
    let Some(mut position) = retried(name, look, show, &shutdown).await else {
        return;
    };
    loop {
        let next = tokio::time::timeout(LOOK_EVERY, subscription.next(position));
        let reached = match shutdown.run_until_cancelled(next).await {
            None | Some(Ok(None)) => return,
            // a crash of the database may have taken what was applied
            Some(Err(_)) => retried(name, look, show, &shutdown).await,
            Some(Ok(Some(work))) => {
                let apply = || async {
                    match &work {
                        Work::Apply(batch) => projector.absorb_with_log(batch, &live.log, &shutdown).await,
                        Work::CatchUp(head) => projector.catch_up(&live.log, *head, &shutdown).await,
                    }
                };
                retried(name, apply, show, &shutdown).await
            }
        };
        let Some(reached) = reached else { return };
        position = reached;
    }
}

/// Tries until it succeeds or `shutdown`; an attempt under way is finished. `show` gets why it cannot go on, or that it can.
async fn retried<T, E, F>(
    what: &'static str,
    attempt: impl Fn() -> F,
    show: impl Fn(Option<String>),
    shutdown: &CancellationToken,
) -> Option<T>
where
    E: std::error::Error + 'static,
    F: Future<Output = Result<T, E>>,
{
    let mut retry = Retry::default();
    loop {
        match attempt().await {
            Ok(done) => {
                if retry.attempts > 0 {
                    tracing::info!(projection = what, "projection.recovered");
                    show(None);
                }
                return Some(done);
            }
            Err(error) => {
                show(Some(error.to_string()));
                shutdown.run_until_cancelled(retry.after(&error, what)).await?;
            }
        }
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
