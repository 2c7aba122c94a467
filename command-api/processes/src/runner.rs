//! Runs processes on this node: one feed for all of them, and for each a task that acts upon what is due.

use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use event_store::clock::Clock;
use event_store::feed::Feed;
use event_store::{Log, Subjects};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Process;
use crate::deadlines::Deadlines;
use crate::firing::{Firing, LOOK_EVERY};
use crate::reading::read;
use crate::status::measure;

/// Facts read in one transaction at most.
const BATCH_FACTS_MAX: usize = 5_000;

/// Batches begin at least this far apart while they are not full, so that a steady trickle is not one transaction a fact:
/// what a process does may be late by this much.
const BATCH_EVERY: Duration = Duration::from_millis(25);

/// What is wrong outside is tried again after this long, for ever.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What processes work with.
#[derive(Clone, Debug)]
pub struct ProcessesParts {
    /// Where facts come from in the end.
    pub log: Log,
    /// Where they come from sooner; without it the log is asked.
    pub nats: Option<Client>,
    /// What things are called there.
    pub subjects: Subjects,
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
        while !stop.is_cancelled() {
            if let Err(error) = self.follow_feed(&noted, &stop).await {
                tracing::warn!(error = &*error, "process.reading.retried");
                stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await;
            }
        }
    }

    async fn follow_feed(
        &self,
        noted: &[Arc<Notify>],
        stop: &CancellationToken,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let ProcessesParts {
            log, nats, subjects, ..
        } = self.parts.clone();
        let from = self.parts.deadlines.least_position(&self.names).await?;
        let mut feed = Feed::open(log, nats, subjects, from, "processes").await?;
        while let Some(facts) = stop.run_until_cancelled(feed.next(BATCH_FACTS_MAX)).await {
            let facts = facts?;
            let earliest = read(&self.parts.deadlines, &self.all, &self.names, &facts).await?;
            let soon = self.parts.clock.now() + LOOK_EVERY;
            for (noted, due) in noted.iter().zip(earliest) {
                if due.is_some_and(|due| due <= soon) {
                    noted.notify_one(); // later ones are seen in time by who looks every so often
                }
            }
            if facts.len() < BATCH_FACTS_MAX {
                tokio::time::sleep(BATCH_EVERY).await;
            }
        }
        Ok(())
    }
}
