//! The log writer: one append in flight for all lanes of the node.
//!
//! While one append commits, the units of other lanes gather and go together in the next: group commit by design.

use std::time::Instant;

use event_store::{AppendError, Doorbell, Log, Outcome, Position, Unit};
use metrics::{Histogram, histogram};
use tokio::sync::{mpsc, oneshot};

use crate::trade::Trade;

/// Facts of units that are merged into one append: bounds the time for which the log's lock is held. One unit alone may
/// be larger.
const FACTS_MERGED_MAX: usize = 4_096;

/// Units that may wait: more than there are busy lanes on two cores, and a sign of a database that stands still.
const UNITS_WAITING_MAX: usize = 4_096;

/// What became of a unit.
#[derive(Debug)]
pub(crate) enum Written {
    /// Durable; its last fact is at this position.
    At(Position),
    /// Another writer had one of its sequences; nothing was written.
    Conflict,
    /// Nothing was written.
    Not,
    /// Perhaps it was written: the connection was lost before the answer.
    Unknown,
}

struct Submission {
    unit: Unit,
    reply: oneshot::Sender<(Written, Unit)>,
}

/// A lane's way to the log.
#[derive(Clone, Debug)]
pub struct LogWriter {
    submissions: mpsc::Sender<Submission>,
}

impl LogWriter {
    /// Starts the writer's task on the current runtime; it ends when every lane's [`LogWriter`] is gone.
    pub fn start(log: Log, doorbell: Doorbell) -> Self {
        let (submissions, waiting) = mpsc::channel(UNITS_WAITING_MAX);
        let writer = Writer {
            log,
            doorbell,
            waiting,
            append_seconds: histogram!("evently_append_duration_seconds"),
            append_facts: histogram!("evently_append_facts"),
            trade: Trade::default(),
        };
        tokio::spawn(writer.run());
        Self { submissions }
    }

    /// Appends `unit`, and returns the outcome after the commit, with the unit; without it only where the writer has ended.
    pub(crate) async fn append(&self, unit: Unit) -> (Written, Option<Unit>) {
        let (reply, answer) = oneshot::channel();
        if self.submissions.send(Submission { unit, reply }).await.is_err() {
            return (Written::Not, None);
        }
        answer
            .await
            .map_or((Written::Unknown, None), |(written, unit)| (written, Some(unit)))
    }
}

struct Writer {
    log: Log,
    doorbell: Doorbell,
    waiting: mpsc::Receiver<Submission>,
    append_seconds: Histogram,
    append_facts: Histogram,
    trade: Trade,
}

impl Writer {
    async fn run(mut self) {
        let mut left_over = None;
        loop {
            let first = match left_over.take() {
                Some(submission) => submission,
                None => match self.waiting.recv().await {
                    Some(submission) => submission,
                    None => return,
                },
            };
            let mut facts = first.unit.facts.len();
            let mut together = vec![first];
            while let Ok(next) = self.waiting.try_recv() {
                if facts.saturating_add(next.unit.facts.len()) > FACTS_MERGED_MAX {
                    left_over = Some(next);
                    break;
                }
                facts = facts.saturating_add(next.unit.facts.len());
                together.push(next);
            }
            self.write(together, facts).await;
        }
    }

    #[tracing::instrument(name = "log.append", level = "debug", skip_all, fields(units = together.len(), facts))]
    async fn write(&mut self, together: Vec<Submission>, facts: usize) {
        let (units, replies): (Vec<Unit>, Vec<_>) = together
            .into_iter()
            .map(|submission| (submission.unit, submission.reply))
            .unzip();
        let started = Instant::now();
        let written = self.append(&units).await;
        self.append_seconds.record(started.elapsed());
        self.append_facts.record(u32::try_from(facts).unwrap_or(u32::MAX));
        if written.iter().any(|each| matches!(each, Written::At(_))) {
            self.doorbell.ring();
        }
        for ((reply, unit), written) in replies.into_iter().zip(units).zip(written) {
            if matches!(written, Written::At(_)) {
                self.trade.note(&unit);
            }
            drop(reply.send((written, unit))); // a lane that is gone needs no answer
        }
    }

    async fn append(&self, units: &[Unit]) -> Vec<Written> {
        match self.log.append(units).await {
            Ok(outcomes) => outcomes.into_iter().map(Written::from).collect(),
            Err(AppendError::TooLarge { .. }) if units.len() > 1 => self.append_singly(units).await,
            Err(error @ AppendError::Unknown(_)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    units = units.len(),
                    "append outcome unknown"
                );
                units.iter().map(|_| Written::Unknown).collect()
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    units = units.len(),
                    "append failed"
                );
                units.iter().map(|_| Written::Not).collect()
            }
        }
    }

    /// One unit is too large: the others must not fall with it.
    async fn append_singly(&self, units: &[Unit]) -> Vec<Written> {
        let mut written = Vec::with_capacity(units.len());
        for unit in units {
            let mut one = Box::pin(self.append(std::slice::from_ref(unit))).await;
            written.push(one.pop().unwrap_or(Written::Not));
        }
        written
    }
}

impl From<Outcome> for Written {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Appended(last) => Self::At(last),
            Outcome::Conflict => Self::Conflict,
        }
    }
}
