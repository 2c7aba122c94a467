//! One feed for all readers of this process: facts are received and decoded once, and each reader subscribes to them. A reader
//! that falls too far behind is not waited for: it is left out, sees so by the head, and reads from the log what it missed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::Client;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::feed::{Feed, FeedError};
use crate::{Log, Position, RecordedFact, Subjects};

/// Facts handed out together: what a burst gathers is worked off in few large batches.
const BATCH_FACTS_MAX: usize = 5_000;

/// While batches are not full, they begin at least this far apart, so that a steady trickle is not one transaction a fact.
/// The first fact after a silence does not wait.
const BATCH_EVERY_MIN: Duration = Duration::from_millis(5);

/// The larger the last batch was, the later the next one begins: from some 10,000 facts a second on, few large transactions
/// leave more of the machine to those who sell.
const PAUSE_A_FACT: Duration = Duration::from_micros(100);
const BATCH_EVERY_MAX: Duration = Duration::from_millis(40);

/// Batches that wait for a reader: while it works on some, the next are gathered.
const QUEUE_BATCHES_MAX: usize = 16;

/// How long a full queue holds up the others, once, until its reader is left out.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is wrong outside is tried again after this long, for ever.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Facts in order, shared by the readers.
pub type Batch = Arc<Vec<RecordedFact>>;

/// Hands what is new in the log to every subscription.
#[derive(Clone, Debug)]
pub struct Fanout {
    queues: Arc<Mutex<Vec<Queue>>>,
    /// Up to where everything was handed out.
    head: watch::Sender<Position>,
}

#[derive(Debug)]
struct Queue {
    batches: mpsc::Sender<Batch>,
    left_out: bool,
}

/// What one reader gets.
#[derive(Debug)]
pub struct Subscription {
    batches: mpsc::Receiver<Batch>,
    head: watch::Receiver<Position>,
}

/// What a reader has to do next.
#[derive(Debug)]
pub enum Work {
    /// To take the next facts. Some before them may be missing: they are in the log.
    Apply(Batch),
    /// To catch up by the log, which certainly reaches this position: nothing is queued, yet the feed was here.
    CatchUp(Position),
}

impl Fanout {
    /// Follows the log from its present end until `stop`, on the current runtime. Without NATS it asks the log only.
    pub fn start(log: Log, nats: Option<Client>, subjects: Subjects, stop: CancellationToken) -> Self {
        let fanout = Self {
            queues: Arc::default(),
            head: watch::Sender::new(Position::START),
        };
        let following = fanout.clone();
        tokio::spawn(async move {
            let mut position = None;
            while !stop.is_cancelled() {
                let (log, nats, subjects) = (log.clone(), nats.clone(), subjects.clone());
                if let Err(error) = following.follow(log, nats, subjects, &mut position, &stop).await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "fanout.retried");
                    stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await;
                }
            }
        });
        fanout
    }

    /// A subscription to what comes from now on; what came before shows as a head to catch up with.
    pub fn subscribe(&self) -> Subscription {
        let (sender, batches) = mpsc::channel(QUEUE_BATCHES_MAX);
        lock(&self.queues).push(Queue {
            batches: sender,
            left_out: false,
        });
        Subscription {
            batches,
            head: self.head.subscribe(),
        }
    }

    async fn follow(
        &self,
        log: Log,
        nats: Option<Client>,
        subjects: Subjects,
        position: &mut Option<Position>,
        stop: &CancellationToken,
    ) -> Result<(), FeedError> {
        let from = match *position {
            Some(position) => position,
            None => log.head().await?,
        };
        let mut feed = Feed::open(log, nats, subjects, from, "fanout").await?;
        *position = Some(from);
        self.head.send_replace(from);
        while let Some(facts) = stop.run_until_cancelled(feed.next(BATCH_FACTS_MAX)).await {
            let facts = facts?;
            let (count, full) = (facts.len(), facts.len() >= BATCH_FACTS_MAX);
            *position = Some(feed.position());
            self.hand_out(facts, feed.position()).await;
            if !full {
                tokio::time::sleep(pause_after(count)).await;
            }
        }
        Ok(())
    }

    /// Hands `facts`, which end at `last`, to every reader that keeps up.
    async fn hand_out(&self, facts: Vec<RecordedFact>, last: Position) {
        let batch = Arc::new(facts);
        let mut queues = std::mem::take(&mut *lock(&self.queues));
        for queue in &mut queues {
            let batch = Arc::clone(&batch);
            queue.left_out = if queue.left_out {
                queue.batches.try_send(batch).is_err()
            } else {
                queue.batches.send_timeout(batch, PATIENCE).await.is_err()
            };
        }
        queues.retain(|queue| !queue.batches.is_closed());
        lock(&self.queues).append(&mut queues);
        self.head.send_replace(last);
    }
}

impl Subscription {
    /// Waits for what a reader at `position` has to do next; `None` once the fan-out is gone.
    pub async fn next(&mut self, position: Position) -> Option<Work> {
        loop {
            if let Some(batch) = self.queued() {
                return Some(Work::Apply(batch));
            }
            let head = *self.head.borrow_and_update();
            if head > position {
                return Some(Work::CatchUp(head));
            }
            tokio::select! {
                biased;
                batch = self.batches.recv() => return batch.map(Work::Apply),
                changed = self.head.changed() => if changed.is_err() { return None },
            }
        }
    }

    /// The next batch, if one waits already.
    pub fn queued(&mut self) -> Option<Batch> {
        self.batches.try_recv().ok()
    }
}

fn pause_after(facts: usize) -> Duration {
    let facts = u32::try_from(facts).unwrap_or(u32::MAX);
    PAUSE_A_FACT
        .saturating_mul(facts)
        .clamp(BATCH_EVERY_MIN, BATCH_EVERY_MAX)
}

fn lock(queues: &Mutex<Vec<Queue>>) -> MutexGuard<'_, Vec<Queue>> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}
