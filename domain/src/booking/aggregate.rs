//! The Booking as cqrs-es and the log see it: its service is the Event as it stands, whose facts go elsewhere.

use crate::booking::command::{BookingCommand, BookingRefusal, decide};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::state::Event;
use crate::ids::BookingId;

recorded! {
    Booking: "booking", BookingId, state 3;
    BookingFact: "1.0", upcasters &[];
    BookingCommand, BookingRefusal, Event: |booking, event, command| Ok(decide(event, booking, command)?.booking)
}
