//! From recorded facts to the domain's, for processes: names first, so that what nobody asks for is not decoded.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use cqrs_es::persist::EventUpcaster;
use domain::booking::facts::BookingFact;
use domain::event::facts::EventFact;
use event_store::{DecodeError, RecordedFact};

static OF_EVENTS: LazyLock<Vec<Box<dyn EventUpcaster>>> = LazyLock::new(domain::event::upcasters::upcasters);
static OF_BOOKINGS: LazyLock<Vec<Box<dyn EventUpcaster>>> =
    LazyLock::new(domain::booking::upcasters::upcasters);

/// What happened to a Booking, if it is one of `names`.
pub fn booking_fact(fact: &RecordedFact, names: &[&str]) -> Result<Option<BookingFact>, DecodeError> {
    if &*fact.stream.aggregate_type != "booking" || !names.contains(&&*fact.event_type) {
        return Ok(None);
    }
    fact.decode(BookingFact::VERSION, &OF_BOOKINGS).map(Some)
}

/// First moment at which a hold is over, if the fact sets one.
pub fn hold_until(fact: &RecordedFact) -> Result<Option<DateTime<Utc>>, DecodeError> {
    let fact = event_fact(fact, &["SeatsHeld", "HoldResumed"])?;
    if let Some(EventFact::SeatsHeld { until, .. } | EventFact::HoldResumed { until, .. }) = fact {
        return Ok(Some(until));
    }
    Ok(None)
}

/// When an Event was cancelled, if the fact says so.
pub fn event_cancelled(fact: &RecordedFact) -> Result<Option<DateTime<Utc>>, DecodeError> {
    Ok(event_fact(fact, &["EventCancelled"])?.map(|fact| fact.at()))
}

fn event_fact(fact: &RecordedFact, names: &[&str]) -> Result<Option<EventFact>, DecodeError> {
    if &*fact.stream.aggregate_type != "event" || !names.contains(&&*fact.event_type) {
        return Ok(None);
    }
    fact.decode(EventFact::VERSION, &OF_EVENTS).map(Some)
}
