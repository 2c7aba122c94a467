//! One feed for all projectors: each subscribes to its batches. A projector that falls too far behind is not waited for:
//! it is left out, sees so by the head, and reads from the log what it missed.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Position, RecordedFact};
use tokio::sync::{mpsc, watch};

/// Batches that wait for a projector: while it applies one, the next are gathered.
const QUEUE_BATCHES_MAX: usize = 4;

/// How long a full queue holds up the others, once, until its projector is left out.
const PATIENCE: Duration = Duration::from_secs(1);

/// Facts in order, shared by the projectors.
pub(crate) type Batch = Arc<Vec<RecordedFact>>;

/// Hands batches to every subscription.
pub(crate) struct Fanout {
    queues: Vec<Queue>,
    head: watch::Sender<Position>,
}

struct Queue {
    batches: mpsc::Sender<Batch>,
    left_out: bool,
}

/// What one projector gets.
pub(crate) struct Subscription {
    batches: mpsc::Receiver<Batch>,
    head: watch::Receiver<Position>,
}

/// What a projector has to do next.
pub(crate) enum Work {
    /// To apply the next facts, as far as it was not left out.
    Apply(Batch),
    /// To catch up by the log: nothing is queued, yet the feed was here.
    CatchUp(Position),
}

impl Fanout {
    /// A fan-out that has handed out everything up to `head`, and its subscriptions.
    pub(crate) fn new(head: Position, subscriptions: usize) -> (Self, Vec<Subscription>) {
        let (head, seen) = watch::channel(head);
        let (queues, subscriptions) = (0..subscriptions)
            .map(|_| {
                let (sender, batches) = mpsc::channel(QUEUE_BATCHES_MAX);
                let queue = Queue {
                    batches: sender,
                    left_out: false,
                };
                let head = seen.clone();
                (queue, Subscription { batches, head })
            })
            .unzip();
        (Self { queues, head }, subscriptions)
    }

    /// Hands `facts` to every projector that keeps up.
    pub(crate) async fn publish(&mut self, facts: Vec<RecordedFact>) {
        let Some(last) = facts.last().map(|fact| fact.position) else {
            return;
        };
        let batch = Arc::new(facts);
        for queue in &mut self.queues {
            let batch = Arc::clone(&batch);
            queue.left_out = if queue.left_out {
                queue.batches.try_send(batch).is_err()
            } else {
                queue.batches.send_timeout(batch, PATIENCE).await.is_err()
            };
        }
        self.head.send_replace(last);
    }
}

impl Subscription {
    /// Waits for what a projector at `position` has to do next; `None` once the fan-out is gone.
    pub(crate) async fn next(&mut self, position: Position) -> Option<Work> {
        loop {
            if let Ok(batch) = self.batches.try_recv() {
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
}
