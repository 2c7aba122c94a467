//! Runs processes on this node: one reader for all of them, and for each a task that acts upon what is due.

use std::sync::Arc;
use std::time::Duration;

use event_store::clock::Clock;
use event_store::fanout::{Batch, Fanout, Subscription, Work};
use event_store::{Log, Position, RecordedFact};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Process;
use crate::deadlines::Deadlines;
use crate::firing::{Firing, LOOK_EVERY};
use crate::reading::{ReadError, read};
use crate::status::measure;

/// Facts that are read in one transaction: no batch is added beyond so many.
const BATCH_FACTS_MAX: usize = 5_000;

/// Transactions begin at least this far apart, so that a steady trickle is not one a fact: what a process does may be late by
/// this much.
const READ_EVERY: Duration = Duration::from_millis(25);

/// What is wrong outside is tried again after this long, for ever.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What processes work with.
#[derive(Clone, Debug)]
pub struct ProcessesParts {
    /// Where facts come from in the end.
    pub log: Log,
    /// Where they come from sooner.
    pub facts: Fanout,
    /// Deadlines and positions.
    pub deadlines: Deadlines,
    /// The clock by which deadlines pass.
    pub clock: Clock,
}

/// Processes and what they work with.
#[derive(Clone, Debug)]
pub struct Processes {
    parts: ProcessesParts,
    all: Vec<Arc<dyn Process>>,
    names: Vec<String>,
}

impl Processes {
    /// Processes that do not run yet.
    pub fn new(parts: ProcessesParts, processes: Vec<Arc<dyn Process>>) -> Self {
        let names = processes.iter().map(|process| process.name().to_owned());
        Self {
            parts,
            names: names.collect(),
            all: processes,
        }
    }

    /// Runs them until `stop`; what is under way then is finished. Any number of nodes may do so at once.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        let noted: Vec<Arc<Notify>> = self.all.iter().map(|_| Arc::default()).collect();
        for (process, noted) in self.all.iter().zip(&noted) {
            let firing = Firing {
                process: Arc::clone(process),
                deadlines: self.parts.deadlines.clone(),
                clock: self.parts.clock.clone(),
                noted: Arc::clone(noted),
            };
            tasks.spawn(firing.run(stop.clone()));
        }
        let (deadlines, clock) = (self.parts.deadlines.clone(), self.parts.clock.clone());
        tasks.spawn(measure(deadlines, clock, self.names.clone(), stop.clone()));
        tasks.spawn(self.follow(noted, stop));
        while tasks.join_next().await.is_some() {}
    }

    /// Reads the log, from where the process is that has read the least.
    async fn follow(self, noted: Vec<Arc<Notify>>, stop: CancellationToken) {
        let mut facts = self.parts.facts.subscribe();
        while !stop.is_cancelled() {
            if let Err(error) = self.follow_facts(&mut facts, &noted, &stop).await {
                tracing::warn!(error = &*error, "process.reading.retried");
                stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await;
            }
        }
    }

    async fn follow_facts(
        &self,
        facts: &mut Subscription,
        noted: &[Arc<Notify>],
        stop: &CancellationToken,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut position = self.parts.deadlines.least_position(&self.names).await?;
        let head = self.parts.log.head().await?;
        if head < position {
            return Err(ReadError::AheadOfLog { position, head }.into());
        }
        while let Some(Some(work)) = stop.run_until_cancelled(facts.next(position)).await {
            match work {
                Work::CatchUp(head) => position = self.catch_up(position, head, noted, stop).await?,
                Work::Apply(batch) => {
                    let batches = gathered(batch, facts);
                    let all: Vec<&RecordedFact> = batches.iter().flat_map(|each| &**each).collect();
                    if let (Some(first), Some(last)) = (all.first(), all.last()) {
                        self.catch_up(position, first.position.previous(), noted, stop)
                            .await?;
                        self.read(&all, noted).await?;
                        position = position.max(last.position);
                    }
                    tokio::time::sleep(READ_EVERY).await;
                }
            }
        }
        Ok(())
    }

    /// Reads the log after `position` up to `head`, which it certainly reaches, or a little further; returns up to where.
    async fn catch_up(
        &self,
        mut position: Position,
        head: Position,
        noted: &[Arc<Notify>],
        stop: &CancellationToken,
    ) -> Result<Position, Box<dyn std::error::Error + Send + Sync>> {
        while position < head && !stop.is_cancelled() {
            let facts = self.parts.log.read_after(position, BATCH_FACTS_MAX).await?;
            let last = facts.last().ok_or(ReadError::Hole(position))?;
            self.read(&facts.iter().collect::<Vec<_>>(), noted).await?;
            position = last.position;
        }
        Ok(position)
    }

    /// Reads `facts`, and wakes the processes for which something is due soon.
    async fn read(&self, facts: &[&RecordedFact], noted: &[Arc<Notify>]) -> Result<(), ReadError> {
        let earliest = read(&self.parts.deadlines, &self.all, &self.names, facts).await?;
        let soon = self.parts.clock.now() + LOOK_EVERY;
        for (noted, due) in noted.iter().zip(earliest) {
            if due.is_some_and(|due| due <= soon) {
                noted.notify_one(); // later ones are seen in time by who looks every so often
            }
        }
        Ok(())
    }
}

/// `batch` with those that wait behind it.
fn gathered(batch: Batch, facts: &mut Subscription) -> Vec<Batch> {
    let mut count = batch.len();
    let mut batches = vec![batch];
    while count < BATCH_FACTS_MAX
        && let Some(next) = facts.queued()
    {
        count += next.len();
        batches.push(next);
    }
    batches
}
