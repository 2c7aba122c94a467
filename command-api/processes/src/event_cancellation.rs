//! The process of event cancellation: every Booking of a cancelled Event is cancelled, and refunded where it was paid, some at
//! a time. What is left to do is in the Event's own state, so that it goes on where it stopped, whatever stopped it.

use domain::event::{Event, EventFact};
use domain::ids::EventId;
use domain::text::counted;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use lanes::{EventLanes, Sweep, Swept};

use crate::{Acted, Due, Note, Obstacle, Process};

/// Events worked off at once, by one node.
const CONCURRENCY: usize = 4;

#[derive(Clone, Debug)]
pub struct EventCancellation {
    events: EventLanes,
}

impl EventCancellation {
    pub const fn new(events: EventLanes) -> Self {
        Self { events }
    }

    async fn work_off(&self, due: &Due) -> Result<Acted, Obstacle> {
        let sweep = Sweep::cancellation(self.name(), due.cause);
        let swept = self.events.sweep(EventId::new(due.stream), sweep).await?.state;
        match swept {
            Swept { bookings_left: 0, .. } => Ok(Acted::Done),
            Swept { cancelled: 0, .. } => Err(Obstacle::Stuck {
                reason: format!(
                    "{} cannot be cancelled",
                    counted(swept.bookings_left, "booking", "bookings")
                ),
            }),
            Swept { .. } => Ok(Acted::Later {
                at: self.events.store().clock.now(),
            }),
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
        Ok(match fact.of::<Event>()? {
            Some(EventFact::EventCancelled { at, .. }) => Some(Note::Due {
                subject: fact.stream.aggregate_id,
                at: *at,
            }),
            _ => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.work_off(due).boxed()
    }
}
