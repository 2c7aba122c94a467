//! What follows from a command on a Booking.

use crate::booking::facts::BookingFact;
use crate::event::facts::EventFact;

/// Facts of both streams, which stand or fall together. Empty where nothing changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    pub event: Vec<EventFact>,
    pub booking: Vec<BookingFact>,
}

impl Change {
    /// Whether nothing changes.
    pub const fn is_empty(&self) -> bool {
        self.event.is_empty() && self.booking.is_empty()
    }

    /// One fact of each stream.
    pub(super) fn of(event: EventFact, booking: BookingFact) -> Self {
        Self {
            event: vec![event],
            booking: vec![booking],
        }
    }

    /// Facts of the Booking alone.
    pub(super) fn of_booking(booking: impl Into<Vec<BookingFact>>) -> Self {
        Self {
            event: Vec::new(),
            booking: booking.into(),
        }
    }
}
