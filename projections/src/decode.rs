//! Facts of the log as projections get them.

use cqrs_es::Aggregate;
use domain::booking::{Booking, BookingFact};
use domain::event::{Event, EventFact};
use event_store::{DecodeError, RecordedFact};
use uuid::Uuid;

/// `aggregate_type` of Events in the log.
pub(crate) const EVENT: &str = Event::TYPE;

/// `aggregate_type` of Bookings in the log.
pub(crate) const BOOKING: &str = Booking::TYPE;

/// What happened, to an aggregate that projections read.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    Event(&'a EventFact),
    Booking(&'a BookingFact),
}

/// A fact where it stands in the log.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Of which Event or Booking.
    pub aggregate: Uuid,
    pub sequence: i64,
    pub position: i64,
    pub fact: Fact<'a>,
}

impl<'a> Entry<'a> {
    /// What happened to an Event.
    pub const fn event(&self) -> Option<&'a EventFact> {
        match self.fact {
            Fact::Event(fact) => Some(fact),
            Fact::Booking(_) => None,
        }
    }

    /// What happened to a Booking.
    pub const fn booking(&self) -> Option<&'a BookingFact> {
        match self.fact {
            Fact::Booking(fact) => Some(fact),
            Fact::Event(_) => None,
        }
    }

    /// `None` where no projection reads facts of its aggregate.
    pub(crate) fn of(fact: &'a RecordedFact) -> Result<Option<Self>, DecodeError> {
        let what = match fact.of::<Event>()? {
            Some(what) => Some(Fact::Event(what)),
            None => fact.of::<Booking>()?.map(Fact::Booking),
        };
        Ok(what.map(|what| Self {
            aggregate: fact.stream.aggregate_id,
            sequence: fact.sequence.get(),
            position: fact.position.get(),
            fact: what,
        }))
    }
}
