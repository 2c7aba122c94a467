//! `evently verify`: replays the whole log and checks everything that must hold.
//!
//! Memory is bounded by the number of streams (some 150 bytes each, twice that where money changed hands) and the seats of Events, never by the number of facts.

mod bookings;
mod findings;
mod holding;
mod lines;
mod money;
mod refold;
mod replay;
mod seats;
mod snapshots;

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use event_store::{Log, LogError, Position, RecordedFact};
use indicatif::ProgressBar;
use sqlx::PgPool;
use tokio::sync::mpsc;

pub(crate) use self::findings::Findings;
use self::refold::Refold;
use self::replay::Replay;
use self::snapshots::SnapshotCheck;
use crate::console::progress;

/// Facts that are read at a time: large enough to hide the round trip, small enough to stay in the cache.
const BATCH_FACTS: usize = 4_096;
/// Batches that may wait for the checks: reading and checking overlap, memory stays bounded.
const BATCHES_AHEAD: usize = 2;

/// The result of a verification.
#[derive(Debug)]
pub(crate) struct Report {
    /// Up to where the log was read: its head at the start.
    pub(crate) head: Position,
    /// How long it took.
    pub(crate) took: Duration,
    /// What was found.
    pub(crate) findings: Findings,
}

/// Replays the log that `pool` leads to, up to its present head. `pool` may read the log and the snapshots.
pub(crate) async fn verify(pool: &PgPool) -> Result<Report> {
    let started = Instant::now();
    let log = Log::new(pool.clone());
    // Snapshots first: one that is taken from here on may lie beyond the head.
    let snapshots = SnapshotCheck::open(pool)
        .await
        .context("cannot read the snapshots")?;
    let head = log.head().await?;
    let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
    let refold = Refold::new(pool, head);
    let checking = tokio::task::spawn_blocking(move || check(batches, snapshots, &refold));
    let bar = progress("Replaying the log", Some(head.get()));
    let read = read(&log, head, &sender, &bar).await;
    bar.finish_and_clear();
    drop(sender);
    let findings = checking.await.context("the check ended early")??;
    read.context("cannot read the log")?;
    Ok(Report {
        head,
        took: started.elapsed(),
        findings,
    })
}

async fn read(
    log: &Log,
    head: Position,
    batches: &mpsc::Sender<Vec<RecordedFact>>,
    bar: &ProgressBar,
) -> Result<(), LogError> {
    let mut after = Position::START;
    while after < head {
        let mut facts = log.read_after(after, BATCH_FACTS).await?;
        facts.retain(|fact| fact.position <= head);
        let Some(last) = facts.last() else { break };
        after = last.position;
        bar.set_position(u64::try_from(after.get()).unwrap_or_default());
        if batches.send(facts).await.is_err() {
            break; // the check gave up and returns the reason
        }
    }
    Ok(())
}

fn check(
    mut batches: mpsc::Receiver<Vec<RecordedFact>>,
    mut snapshots: SnapshotCheck,
    refold: &Refold,
) -> Result<Findings> {
    let mut replay = Replay::new();
    while let Some(facts) = batches.blocking_recv() {
        for fact in &facts {
            replay.take(fact);
            snapshots.compare_at(fact, &mut replay)?;
        }
    }
    snapshots.unmet(&mut replay);
    refold.compare(&mut replay)?;
    Ok(replay.finish())
}

impl Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.took.as_millis().max(1);
        let per_second = u128::from(self.findings.checked.facts) * 1_000 / millis;
        writeln!(
            f,
            "The log up to position {}, replayed in {millis} ms ({per_second} facts/s):",
            self.head
        )?;
        write!(f, "{}", self.findings)
    }
}

#[cfg(test)]
mod tests;
