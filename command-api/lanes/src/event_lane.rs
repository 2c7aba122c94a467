//! The state of an Event's lane: the Event and its live Bookings. A booking verb changes both in one unit.

mod order;
mod repeaters;
mod sweeping;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::booking::EventOfBooking;
use domain::booking::facts::BookingFact;
use domain::booking::{self, Booking, BookingCommand, BookingRefusal};
use domain::event::facts::EventFact;
use domain::event::{self, Event, EventCommand, EventRefusal};
use domain::ids::{BookingId, EventId};
use domain::{InParts, Recorded};
use event_store::{Position, Sequence, StreamId};
use lru::LruCache;

pub use self::order::{Booked, Sweep, Swept};
pub(crate) use self::order::{BookingAsk, EventAsk, EventLaneOrder, SweepAsk};
use self::repeaters::Repeaters;
pub use self::sweeping::HOLD_EXPIRY;
use crate::cause::Cause;
use crate::lane::{CommandError, Draft, Failure, LaneState, SnapshotOf, Store};

/// A Booking in memory.
#[derive(Debug)]
struct Known {
    booking: Booking,
    sequence: Sequence,
    /// Where its last fact stands that was read from the log.
    position: Position,
}

/// An Event and its live Bookings.
#[derive(Debug)]
pub(crate) struct EventLane {
    id: EventId,
    stream: StreamId,
    event: Event,
    sequence: Sequence,
    position: Position,
    saved: Sequence,
    /// Grows within a batch and is cut back after its commit: what is not committed cannot be read again.
    bookings: LruCache<BookingId, Known>,
    bookings_max: usize,
    repeaters: Repeaters,
    doubtful: bool,
}

impl LaneState for EventLane {
    type Id = EventId;
    type Order = EventLaneOrder;
    type Memory = Repeaters;
    type Snapshot = Event;
    const NAME: &'static str = "event";

    async fn load(id: EventId, repeaters: Repeaters, store: &Store) -> Result<Self, Failure> {
        let stream = StreamId::of::<Event>(id);
        let loaded = store.load::<Event>(id).await?;
        Ok(Self {
            id,
            stream,
            event: loaded.state,
            sequence: loaded.sequence,
            position: loaded.position,
            saved: loaded.saved,
            bookings: LruCache::unbounded(),
            bookings_max: store.settings.bookings_max,
            repeaters,
            doubtful: false,
        })
    }

    fn into_memory(self) -> Repeaters {
        self.repeaters
    }

    fn doubt(&mut self) {
        self.doubtful = true;
    }

    async fn decide(
        &mut self,
        order: &mut EventLaneOrder,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<(), Failure> {
        match order {
            EventLaneOrder::Event(ask) => {
                if matches!(ask.command, EventCommand::ChangeCapacity(_)) {
                    self.expire_overdue(draft, store).await?; // they count as taken
                }
                self.decide_event(ask, draft)
            }
            EventLaneOrder::Booking(ask) => self.decide_booking(ask, draft, store).await,
            EventLaneOrder::Sweep(ask) => self.sweep(ask, draft, store).await,
        }
    }

    fn latest(&self) -> Option<DateTime<Utc>> {
        self.event.last_fact_at()
    }

    fn is_worth_keeping(&self) -> bool {
        self.event.exists()
    }

    fn version(&self) -> (&StreamId, Sequence) {
        (&self.stream, self.sequence)
    }

    fn position(&self) -> Position {
        self.position
    }

    fn committed(&mut self, last: Position) {
        self.position = last;
        self.doubtful = false;
        while self.bookings.len() > self.bookings_max {
            self.bookings.pop_lru();
        }
    }

    fn snapshot(&mut self, every: u64) -> Option<SnapshotOf<Event>> {
        let facts = self.sequence.get().saturating_sub(self.saved.get());
        if u64::try_from(facts).unwrap_or_default() < every {
            return None;
        }
        self.saved = self.sequence;
        Some(SnapshotOf {
            stream: self.stream.clone(),
            sequence: self.sequence,
            schema_version: Event::SCHEMA_VERSION,
            state: self.event.split(),
        })
    }
}

impl EventLane {
    fn decide_event(&mut self, ask: &mut EventAsk, draft: &mut Draft) -> Result<(), Failure> {
        ask.command.set_at(draft.now());
        let decided = event::decide(&self.event, &ask.command);
        // Whose Event it is comes first: the version of a foreign one is not shown.
        let hidden = matches!(decided, Err(EventRefusal::Absent | EventRefusal::NotYours));
        if !hidden && ask.is_stale(self.sequence) {
            return Ok(());
        }
        let facts = match decided {
            Ok(facts) => facts,
            Err(refusal) => {
                ask.refused(CommandError::Refused(refusal));
                return Ok(());
            }
        };
        let metadata = ask.cause.metadata()?;
        let changed = !facts.is_empty();
        self.record_event(facts, draft, &metadata)?;
        let event = contract::Event::of(self.id, &self.event, self.sequence.get(), draft.now());
        ask.decided(event, self.sequence, draft.facts(), self.position, changed);
        Ok(())
    }

    async fn decide_booking(
        &mut self,
        ask: &mut BookingAsk,
        draft: &mut Draft,
        store: &Store,
    ) -> Result<(), Failure> {
        ask.command.set_at(draft.now());
        for overdue in booking::expired_holds_blocking(&self.event, &ask.command) {
            self.expire(overdue, draft, store).await?;
        }
        let id = ask.command.booking();
        self.know(id, self.is_presumably_new(&ask.command), store).await?;
        self.note_repetition(&ask.command);
        let changed = match self.change(&ask.command, &ask.cause, draft)? {
            Ok(changed) => changed,
            Err(refusal) => {
                if !self.is_in_log(id) {
                    self.bookings.pop(&id); // room for one that exists
                }
                ask.refused(CommandError::Refused(refusal));
                return Ok(());
            }
        };
        if let Some(known) = self.bookings.get(&id) {
            let covered = known.position.max(self.position);
            let booked = Booked {
                id,
                booking: known.booking.clone(),
                event: EventOfBooking::of(&self.event, &known.booking, draft.now()),
            };
            ask.decided(Arc::new(booked), known.sequence, draft.facts(), covered, changed);
        }
        Ok(())
    }

    /// Decides `command` on a Booking that is in memory, and records what follows; whether something did.
    fn change(
        &mut self,
        command: &BookingCommand,
        cause: &Cause,
        draft: &mut Draft,
    ) -> Result<Result<bool, BookingRefusal>, Failure> {
        let id = command.booking();
        let Some(known) = self.bookings.get(&id) else {
            return Ok(Ok(false));
        };
        let change = match booking::decide(&self.event, &known.booking, command) {
            Ok(change) if change.is_empty() => return Ok(Ok(false)),
            Ok(change) => change,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let metadata = cause.metadata()?;
        self.record_event(change.event, draft, &metadata)?;
        self.record_booking(id, change.booking, draft, &metadata)?;
        Ok(Ok(true))
    }

    /// Whether Booking `id`, which is in memory, has facts.
    fn is_in_log(&self, id: BookingId) -> bool {
        let known = self.bookings.peek(&id);
        known.is_some_and(|known| known.sequence > Sequence::START)
    }

    /// Whether `command` most probably places a Booking that the log does not have.
    fn is_presumably_new(&self, command: &BookingCommand) -> bool {
        let BookingCommand::Place(place) = command else {
            return false;
        };
        !self.doubtful && !self.event.seats().knows(place.booking) && !self.repeaters.has(place.buyer)
    }

    /// Remembers a buyer whose request, read after a lost race, turns out to repeat one whose Booking is over.
    fn note_repetition(&mut self, command: &BookingCommand) {
        let BookingCommand::Place(place) = command else {
            return;
        };
        if self.doubtful && self.is_in_log(place.booking) && !self.event.seats().knows(place.booking) {
            self.repeaters.note(place.buyer);
        }
    }

    /// Brings Booking `id` into memory. A new one is taken for unplaced without a look: if that is wrong, the version
    /// check of the log says so, and then the lane doubts and looks.
    async fn know(&mut self, id: BookingId, presumably_new: bool, store: &Store) -> Result<(), Failure> {
        if self.bookings.contains(&id) {
            return Ok(());
        }
        let known = if presumably_new {
            Known {
                booking: Booking::default(),
                sequence: Sequence::START,
                position: Position::START,
            }
        } else {
            let loaded = store.fold::<Booking>(id).await?;
            Known {
                booking: loaded.state,
                sequence: loaded.sequence,
                position: loaded.position,
            }
        };
        self.bookings.put(id, known);
        Ok(())
    }

    fn record_event(
        &mut self,
        facts: Vec<EventFact>,
        draft: &mut Draft,
        metadata: &Arc<str>,
    ) -> Result<(), Failure> {
        for fact in facts {
            self.sequence = self.sequence.next();
            draft.push::<Event>(&self.stream, self.sequence, &fact, metadata)?;
            self.event.evolve(&fact);
        }
        Ok(())
    }

    fn record_booking(
        &mut self,
        id: BookingId,
        facts: Vec<BookingFact>,
        draft: &mut Draft,
        metadata: &Arc<str>,
    ) -> Result<(), Failure> {
        let Some(known) = self.bookings.get_mut(&id) else {
            return Ok(());
        };
        let stream = StreamId::of::<Booking>(id);
        for fact in facts {
            known.sequence = known.sequence.next();
            draft.push::<Booking>(&stream, known.sequence, &fact, metadata)?;
            known.booking.evolve(&fact);
        }
        Ok(())
    }
}
