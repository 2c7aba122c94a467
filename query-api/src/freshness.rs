//! How far the read tables are, and waiting for them: one task asks the database for everybody who waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use contract::ProjectionName;
use edge::problem::Problem;
use event_store::Position;
use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::failure;

/// How long a query waits for the position that its client asked for: above any healthy lag, below a client's patience.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// How often the checkpoints are read while a request waits; a tenth of the lag that buyers may see.
const POLL_EVERY: Duration = Duration::from_millis(10);
/// A database that does not tell the checkpoints within this is away: as long as anybody waits for them.
const READ_WITHIN: Duration = WAIT_MAX;
/// Requests that may wait at once; each holds a few hundred bytes and a connection of its client.
const WAITERS_MAX: usize = 10_000;

/// The positions that the projections were last seen at.
#[derive(Clone, Debug, Default)]
struct Reached(HashMap<ProjectionName, Position>);

impl Reached {
    fn by_all(&self, of: &[ProjectionName]) -> Position {
        let each = |projection| self.0.get(projection).copied().unwrap_or(Position::START);
        of.iter().map(each).min().unwrap_or(Position::START)
    }
}

/// Knows how far the projections are, and lets requests wait for them.
#[derive(Debug)]
pub(crate) struct Freshness {
    waiting: Arc<Waiting>,
    poller: JoinHandle<()>,
}

#[derive(Debug)]
struct Waiting {
    reached: watch::Sender<Reached>,
    count: AtomicUsize,
    arrived: Notify,
}

impl Freshness {
    /// Starts the task that reads the checkpoints while a request waits; it ends with the returned value.
    pub(crate) fn start(pool: PgPool) -> Self {
        let waiting = Arc::new(Waiting {
            reached: watch::Sender::new(Reached::default()),
            count: AtomicUsize::new(0),
            arrived: Notify::new(),
        });
        let poller = tokio::spawn(poll(pool, Arc::clone(&waiting)));
        Self { waiting, poller }
    }

    /// Returns once each of `projections` is at `needed` or after it; refuses after [`WAIT_MAX`].
    pub(crate) async fn wait(&self, projections: &[ProjectionName], needed: Position) -> Result<(), Problem> {
        let there = |reached: &Reached| reached.by_all(projections) >= needed;
        if there(&self.waiting.reached.borrow()) {
            return Ok(());
        }
        let mut reached = self.waiting.reached.subscribe();
        let _waiter = Waiter::enter(&self.waiting).ok_or_else(|| failure::position_not_reached(needed))?;
        match timeout(WAIT_MAX, reached.wait_for(there)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(failure::position_not_reached(needed)),
        }
    }
}

impl Drop for Freshness {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

/// One waiting request, counted as long as it lives.
struct Waiter<'a>(&'a Waiting);

impl<'a> Waiter<'a> {
    fn enter(waiting: &'a Waiting) -> Option<Self> {
        let waiter = Self(waiting);
        if waiting.count.fetch_add(1, Ordering::SeqCst) >= WAITERS_MAX {
            return None;
        }
        waiting.arrived.notify_one();
        Some(waiter)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn poll(pool: PgPool, waiting: Arc<Waiting>) {
    let mut well = true;
    loop {
        if waiting.count.load(Ordering::SeqCst) == 0 {
            waiting.arrived.notified().await;
            continue;
        }
        let read = timeout(READ_WITHIN, read(&pool)).await;
        match read.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))) {
            Ok(reached) => {
                waiting.reached.send_replace(reached);
                well = true;
            }
            Err(error) if well => {
                tracing::warn!(%error, "cannot read how far the projections are; requests wait");
                well = false;
            }
            Err(_) => {}
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

async fn read(pool: &PgPool) -> Result<Reached, sqlx::Error> {
    let rows = sqlx::query!("select projection, position from checkpoints")
        .fetch_all(pool)
        .await?;
    let known = rows.into_iter().filter_map(|row| {
        let projection = ProjectionName::try_from(row.projection).ok()?;
        Some((projection, Position::new(row.position)))
    });
    Ok(Reached(known.collect()))
}
