//! The lanes of Events: commands in, durable results out.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::booking::{Booking, BookingCommand, BookingRefusal};
use domain::event::{EventCommand, EventRefusal};
use domain::ids::{BookingId, EventId};
use event_store::{Sequence, clock};
use lru::LruCache;

use crate::cause::Cause;
use crate::event_lane::{Booked, EventLane, EventLaneOrder, Sweep, Swept};
use crate::lane::{Ask, CommandError, Done, Failure, Lanes, Store};
use crate::log_writer::LogWriter;

/// Bookings whose Event is remembered, so that a verb on a Booking finds its lane without reading the log.
const EVENTS_OF_BOOKINGS_MAX: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();

/// Commands for Events and their Bookings.
#[derive(Clone, Debug)]
pub struct EventLanes {
    lanes: Lanes<EventLane>,
    events_of: Arc<Mutex<LruCache<BookingId, EventId>>>,
}

impl EventLanes {
    /// Makes lanes on the current runtime.
    pub fn new(store: Store, writer: LogWriter) -> Self {
        Self {
            lanes: Lanes::new(store, writer),
            events_of: Arc::new(Mutex::new(LruCache::new(EVENTS_OF_BOOKINGS_MAX))),
        }
    }

    /// Carries out `command` on Event `id`; with `expected`, only if the Event is at that version.
    pub async fn event(
        &self,
        id: EventId,
        command: EventCommand,
        expected: Option<Sequence>,
        cause: Cause,
    ) -> Result<Done<Option<contract::Event>>, CommandError<EventRefusal>> {
        let (ask, answer) = Ask::new(command, expected, cause);
        self.lanes.submit(id, EventLaneOrder::Event(Box::new(ask)));
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// Carries out `command` on a Booking of `event`.
    pub async fn booking(
        &self,
        event: EventId,
        command: BookingCommand,
        cause: Cause,
    ) -> Result<Done<Arc<Booked>>, CommandError<BookingRefusal>> {
        let id = command.booking();
        let (ask, answer) = Ask::new(command, None, cause);
        self.lanes.submit(event, EventLaneOrder::Booking(Box::new(ask)));
        let done = answer.await.unwrap_or(Err(CommandError::Unavailable))?;
        self.remember(id, event);
        Ok(done)
    }

    /// The Event that Booking `id` is for; `None` if there is no such Booking.
    pub async fn event_of(&self, id: BookingId) -> Result<Option<EventId>, Failure> {
        let remembered = self
            .events_of
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .copied();
        if remembered.is_some() {
            return Ok(remembered);
        }
        let event = self.booking_state(id).await?.event();
        if let Some(event) = event {
            self.remember(id, event);
        }
        Ok(event)
    }

    /// Booking `id` as the log has it.
    pub async fn booking_state(&self, id: BookingId) -> Result<Booking, Failure> {
        Ok(self.store().fold::<Booking>(id).await?.state)
    }

    /// Does what is due of Event `id`.
    pub async fn sweep(
        &self,
        id: EventId,
        sweep: Sweep,
    ) -> Result<Done<Swept>, CommandError<std::convert::Infallible>> {
        let cause = Cause::system("sweep", clock::new_id(&self.store().clock)); // of no fact: each has its own
        let (ask, answer) = Ask::new(sweep, None, cause);
        self.lanes.submit(id, EventLaneOrder::Sweep(Box::new(ask)));
        answer.await.unwrap_or(Err(CommandError::Unavailable))
    }

    /// What the lanes read from.
    pub fn store(&self) -> &Store {
        self.lanes.store()
    }

    /// Takes no more commands, commits and answers those that wait, and ends.
    pub async fn drain(&self) {
        self.lanes.drain().await;
    }

    fn remember(&self, id: BookingId, event: EventId) {
        self.events_of
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(id, event);
    }
}
