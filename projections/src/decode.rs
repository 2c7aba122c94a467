//! From recorded facts to the domain's, with old shapes brought up to date.

use std::sync::LazyLock;

use cqrs_es::persist::EventUpcaster;
use domain::booking::facts::BookingFact;
use domain::event::facts::EventFact;
use event_store::{DecodeError, RecordedFact};

/// `aggregate_type` of Events in the log.
pub(crate) const EVENT: &str = "event";

/// `aggregate_type` of Bookings in the log.
pub(crate) const BOOKING: &str = "booking";

static OF_EVENTS: LazyLock<Vec<Box<dyn EventUpcaster>>> = LazyLock::new(domain::event::upcasters::upcasters);
static OF_BOOKINGS: LazyLock<Vec<Box<dyn EventUpcaster>>> =
    LazyLock::new(domain::booking::upcasters::upcasters);

/// What happened to an Event.
pub(crate) fn event_fact(fact: &RecordedFact) -> Result<EventFact, DecodeError> {
    fact.decode(EventFact::VERSION, &OF_EVENTS)
}

/// What happened to a Booking.
pub(crate) fn booking_fact(fact: &RecordedFact) -> Result<BookingFact, DecodeError> {
    fact.decode(BookingFact::VERSION, &OF_BOOKINGS)
}
