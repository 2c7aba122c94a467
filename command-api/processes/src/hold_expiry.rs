//! The process of hold expiry: holds end visibly soon after their deadlines, whichever node is alive.
//!
//! A lane ends the holds that are over and in the way of what is asked of it. This process has the others recorded: it
//! sweeps each Event once its next deadline has passed.

use chrono::TimeDelta;
use domain::event::{Event, EventFact};
use domain::ids::EventId;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use lanes::{EventLanes, HOLD_EXPIRY, Sweep};

use crate::{Acted, Due, Note, Obstacle, Process};

/// Between two sweeps of an Event: what is over is shown by then, and holds that end one after the other end together.
const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(1);

/// Events swept at once, by one node: sweeping one that is not in memory loads it.
const CONCURRENCY: usize = 8;

#[derive(Clone, Debug)]
pub struct HoldExpiry {
    events: EventLanes,
}

impl HoldExpiry {
    pub const fn new(events: EventLanes) -> Self {
        Self { events }
    }

    async fn sweep(&self, due: &Due) -> Result<Acted, Obstacle> {
        let event = EventId::new(due.stream);
        let swept = self.events.sweep(event, Sweep::expiry()).await?.state;
        let now = self.events.store().clock.now();
        Ok(match swept.next_deadline {
            Some(next) if next <= now && swept.expired > 0 => Acted::Later { at: now }, // more than one sweep takes
            Some(next) => Acted::Later {
                at: next.max(now + SWEEP_EVERY),
            },
            None => Acted::Done,
        })
    }
}

impl Process for HoldExpiry {
    fn name(&self) -> &'static str {
        HOLD_EXPIRY
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        Ok(match fact.of::<Event>()? {
            Some(EventFact::SeatsHeld { until, .. } | EventFact::HoldResumed { until, .. }) => {
                Some(Note::Due {
                    subject: fact.stream.aggregate_id,
                    at: *until,
                })
            }
            _ => None,
        })
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Result<Acted, Obstacle>> {
        self.sweep(due).boxed()
    }
}
