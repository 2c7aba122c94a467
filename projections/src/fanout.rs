//! One feed for all projectors: each has a queue of batches. A projector that falls too far behind is not waited for: it
//! is left out, sees so by the head, and reads from the log what it missed.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Position, RecordedFact};
use tokio::sync::{mpsc, watch};

/// Batches that wait for a projector: while it applies one, the next are gathered.
const QUEUE_BATCHES_MAX: usize = 4;

/// How long a full queue holds up the others, once, until its projector is left out.
const PATIENCE: Duration = Duration::from_secs(1);

/// Facts in order, shared by the projectors.
pub(crate) type Facts = Arc<Vec<RecordedFact>>;

/// The end into which the feed pours.
pub(crate) struct Source {
    queues: Vec<Queue>,
    head: watch::Sender<Position>,
}

struct Queue {
    facts: mpsc::Sender<Facts>,
    left_out: bool,
}

/// The end from which one projector drinks.
pub(crate) struct Tap {
    facts: mpsc::Receiver<Facts>,
    head: watch::Receiver<Position>,
}

/// What there is to do.
pub(crate) enum Heard {
    /// The next facts, as far as the projector was not left out.
    Facts(Facts),
    /// Nothing is queued, yet the feed was here: the log has what lies between.
    Missed(Position),
}

/// A source that has poured everything up to `head`, and a tap for each of `taps` projectors.
pub(crate) fn fanout(head: Position, taps: usize) -> (Source, Vec<Tap>) {
    let (head, seen) = watch::channel(head);
    let (queues, taps) = (0..taps)
        .map(|_| {
            let (sender, receiver) = mpsc::channel(QUEUE_BATCHES_MAX);
            (
                Queue {
                    facts: sender,
                    left_out: false,
                },
                Tap {
                    facts: receiver,
                    head: seen.clone(),
                },
            )
        })
        .unzip();
    (Source { queues, head }, taps)
}

impl Source {
    /// Hands `facts` to every projector that keeps up.
    pub(crate) async fn pour(&mut self, facts: Vec<RecordedFact>) {
        let Some(last) = facts.last().map(|fact| fact.position) else {
            return;
        };
        let facts = Arc::new(facts);
        for queue in &mut self.queues {
            queue.left_out = if queue.left_out {
                queue.facts.try_send(Arc::clone(&facts)).is_err()
            } else {
                queue
                    .facts
                    .send_timeout(Arc::clone(&facts), PATIENCE)
                    .await
                    .is_err()
            };
        }
        self.head.send_replace(last);
    }
}

impl Tap {
    /// Waits for what a projector that stands at `position` has to do next; `None` once the source is gone.
    pub(crate) async fn next(&mut self, position: Position) -> Option<Heard> {
        loop {
            if let Ok(facts) = self.facts.try_recv() {
                return Some(Heard::Facts(facts));
            }
            let head = *self.head.borrow_and_update();
            if head > position {
                return Some(Heard::Missed(head));
            }
            tokio::select! {
                biased;
                facts = self.facts.recv() => return facts.map(Heard::Facts),
                changed = self.head.changed() => if changed.is_err() { return None },
            }
        }
    }
}
