//! Acting upon what is due: one task a process and node. Nodes share the work by claims.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use event_store::clock::Clock;
use metrics::counter;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::backoff::{ATTEMPTS_UNTIL_STUCK, STUCK_PAUSE, pause};
use crate::deadlines::Deadlines;
use crate::{Acted, Due, Obstacle, Process};

/// How often deadlines are looked at when nothing says that one is near: other nodes write them too, and clocks change.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What one process needs to act.
pub(super) struct Firing {
    pub(super) process: Arc<dyn Process>,
    pub(super) deadlines: Deadlines,
    pub(super) clock: Clock,
    /// Rung when facts brought new deadlines.
    pub(super) noted: Arc<Notify>,
}

impl Firing {
    /// Acts upon what is due until `stop`; what is under way then is finished.
    pub(super) async fn run(self, stop: CancellationToken) {
        let this = Arc::new(self);
        let mut acting = JoinSet::new();
        while !stop.is_cancelled() {
            while acting.try_join_next().is_some() {}
            let free = this.process.concurrency().saturating_sub(acting.len());
            let claimed = if free == 0 {
                Vec::new()
            } else {
                this.claim(free).await
            };
            for due in &claimed {
                acting.spawn(Arc::clone(&this).act(due.clone()));
            }
            let full = acting.len() >= this.process.concurrency();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = acting.join_next(), if full => {}
                () = this.noted.notified(), if !full => {}
                () = tokio::time::sleep(this.patience(claimed.is_empty()).await), if !full => {}
            }
        }
        while acting.join_next().await.is_some() {}
    }

    async fn claim(&self, max: usize) -> Vec<Due> {
        let claimed = self
            .deadlines
            .claim(self.process.name(), self.clock.now(), max)
            .await;
        claimed.unwrap_or_else(|error| {
            tracing::warn!(
                process = self.process.name(),
                error = &error as &dyn std::error::Error,
                "process.deadlines.unreadable"
            );
            Vec::new()
        })
    }

    /// How long to wait for the next deadline. Right after some were claimed there may be more.
    async fn patience(&self, idle: bool) -> Duration {
        if !idle {
            return Duration::ZERO;
        }
        let next = self.deadlines.next(self.process.name()).await.ok().flatten();
        let until = |at: DateTime<Utc>| (at - self.clock.now()).to_std().unwrap_or(Duration::ZERO);
        next.map_or(LOOK_EVERY, until)
            .min(LOOK_EVERY)
            .max(Duration::from_millis(1))
    }

    async fn act(self: Arc<Self>, due: Due) {
        let name = self.process.name();
        let acted = self.process.act(&due).await;
        counter!("evently_process_actions_total", "process" => name, "outcome" => outcome(&acted))
            .increment(1);
        let now = self.clock.now();
        let attempts = due.attempts.saturating_add(1);
        let written = match acted {
            Ok(Acted::Done) => self.deadlines.done(name, &due).await,
            Ok(Acted::Later { at }) => self.deadlines.again(name, &due, at, Some((0, None))).await,
            Err(Obstacle::NotNow { after }) => self.deadlines.again(name, &due, now + after, None).await,
            Err(Obstacle::Failed { reason }) => {
                tracing::warn!(process = name, subject = %due.subject, attempts, reason, "process.attempt.failed");
                let at = now + pause(attempts, due.subject.as_u128());
                let stuck = (attempts >= ATTEMPTS_UNTIL_STUCK).then_some(&*reason);
                self.deadlines
                    .again(name, &due, at, Some((attempts, stuck)))
                    .await
            }
            Err(Obstacle::Stuck { reason }) => {
                tracing::error!(process = name, subject = %due.subject, reason, "process.stuck");
                let at = now + STUCK_PAUSE;
                self.deadlines
                    .again(name, &due, at, Some((attempts, Some(&reason))))
                    .await
            }
        };
        if let Err(error) = written {
            // The claim runs out, and a node acts again: that changes nothing.
            tracing::warn!(
                process = name,
                error = &error as &dyn std::error::Error,
                "process.deadline.unwritten"
            );
        }
    }
}

const fn outcome(acted: &Result<Acted, Obstacle>) -> &'static str {
    match acted {
        Ok(Acted::Done) => "done",
        Ok(Acted::Later { .. }) => "later",
        Err(Obstacle::NotNow { .. }) => "postponed",
        Err(Obstacle::Failed { .. }) => "failed",
        Err(Obstacle::Stuck { .. }) => "stuck",
    }
}
