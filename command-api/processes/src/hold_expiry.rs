//! The process of hold expiry: holds end visibly soon after their deadlines, whichever node is alive.
//!
//! Lanes end overdue holds by themselves, as long as they are in memory. This process makes sure that some node sweeps each
//! Event once its next deadline has passed, so that holds of a node that died end too.

use chrono::TimeDelta;
use domain::event::{Event, EventFact};
use domain::ids::EventId;
use event_store::{DecodeError, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::{Acted, Due, Note, Process};
use lanes::EventLanes;
use lanes::Sweep;

/// How long after a deadline to sweep: the lane that has the Event in memory was there first, then.
const GRACE: TimeDelta = TimeDelta::seconds(2);

/// Events swept at once, by one node: sweeping one that is not in memory loads it.
const CONCURRENCY: usize = 8;

/// The process of hold expiry.
#[derive(Clone, Debug)]
pub struct HoldExpiry {
    events: EventLanes,
}

impl HoldExpiry {
    /// Sweeps `events`.
    pub const fn new(events: EventLanes) -> Self {
        Self { events }
    }

    async fn sweep(&self, due: &Due) -> Acted {
        let swept = self.events.sweep(EventId::new(due.stream), Sweep::expiry()).await;
        match swept.map(|done| done.state.next_deadline) {
            Ok(Some(next)) => Acted::Later { at: next + GRACE },
            Ok(None) => Acted::Done,
            Err(error) => Acted::Failed {
                reason: error.to_string(),
            },
        }
    }
}

impl Process for HoldExpiry {
    fn name(&self) -> &'static str {
        "hold-expiry"
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read(&self, fact: &RecordedFact) -> Result<Option<Note>, DecodeError> {
        let Some(EventFact::SeatsHeld { until, .. } | EventFact::HoldResumed { until, .. }) =
            fact.of::<Event>()?
        else {
            return Ok(None);
        };
        Ok(Some(Note::Due {
            subject: fact.stream.aggregate_id,
            stream: fact.stream.aggregate_id,
            at: *until + GRACE,
        }))
    }

    fn act<'a>(&'a self, due: &'a Due) -> BoxFuture<'a, Acted> {
        self.sweep(due).boxed()
    }
}
