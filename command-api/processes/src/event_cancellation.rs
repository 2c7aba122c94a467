//! The process of event cancellation: every Booking of a cancelled Event is cancelled, and refunded where it was paid, some at
//! a time. What is left to do is in the Event's own state, so that it goes on where it stopped, whatever stopped it.

use domain::event::{Event, EventFact};
use domain::ids::EventId;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::{Acted, Due, Note, Process};
use lanes::EventLanes;
use lanes::{Sweep, Swept};

/// Events worked off at once, by one node.
const CONCURRENCY: usize = 4;

/// The process of event cancellation.
#[derive(Clone, Debug)]
pub struct EventCancellation {
    events: EventLanes,
}

impl EventCancellation {
    /// Cancels Bookings of `events`.
    pub const fn new(events: EventLanes) -> Self {
        Self { events }
    }

    async fn work_off(&self, due: &Due) -> Acted {
        let sweep = Sweep::cancellation(self.name(), due.cause);
        match self.events.sweep(EventId::new(due.stream), sweep).await {
            Ok(done) => self.go_on(&done.state),
            Err(error) => Acted::Failed {
                reason: error.to_string(),
            },
        }
    }

    fn go_on(&self, swept: &Swept) -> Acted {
        match swept {
            Swept { bookings_left: 0, .. } => Acted::Done,
            Swept { cancelled: 0, .. } => Acted::Stuck {
                reason: format!("{} bookings cannot be cancelled", swept.bookings_left),
            },
            Swept { .. } => Acted::Later {
                at: self.events.store().clock.now(),
            },
        }
    }
}

impl Process for EventCancellation {
    fn name(&self) -> &'static str {
        "event-cancellation"
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        let Some(EventFact::EventCancelled { at, .. }) = fact.of::<Event>()? else {
            return Ok(None);
        };
        Ok(Some(Note::Due {
            subject: fact.stream.aggregate_id,
            stream: fact.stream.aggregate_id,
            at: *at,
        }))
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted> {
        self.work_off(due).boxed()
    }
}
