//! From recorded facts to the domain's, with old shapes brought up to date.

use domain::booking::{Booking, BookingFact};
use domain::event::{Event, EventFact};
use event_store::{DecodeError, RecordedFact};

/// `aggregate_type` of Events in the log.
pub(crate) const EVENT: &str = "event";

/// `aggregate_type` of Bookings in the log.
pub(crate) const BOOKING: &str = "booking";

/// What happened to an Event.
pub(crate) fn event_fact(fact: &RecordedFact) -> Result<EventFact, DecodeError> {
    fact.decode::<Event>()
}

/// What happened to a Booking.
pub(crate) fn booking_fact(fact: &RecordedFact) -> Result<BookingFact, DecodeError> {
    fact.decode::<Booking>()
}
