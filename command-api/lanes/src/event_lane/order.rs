//! What can be asked of an Event's lane, and what a booking verb answers with.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use contract::booking::EventOfBooking;
use domain::booking::{Booking, BookingCommand, BookingRefusal};
use domain::event::{EventCommand, EventRefusal};
use domain::ids::BookingId;
use event_store::Position;

use crate::lane::{Ask, CommandError, Order};

/// A Booking after a verb, and what its body says of its Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub id: BookingId,
    pub booking: Booking,
    pub event: EventOfBooking,
}

/// An event verb on its way.
pub(crate) type EventAsk = Ask<EventCommand, Option<contract::Event>, EventRefusal>;

/// A booking verb on its way.
pub(crate) type BookingAsk = Ask<BookingCommand, Arc<Booked>, BookingRefusal>;

/// Do what is due of an Event: end overdue holds, and cancel Bookings of a cancelled one.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// The process that cancels Bookings, and the fact that it follows from; without it, none is cancelled.
    pub(super) cancelling: Option<(&'static str, Position)>,
}

impl Sweep {
    /// Ends overdue holds.
    pub const fn expiry() -> Self {
        Self { cancelling: None }
    }

    /// Cancels some Bookings too, for `process`, because of the fact at `cause`.
    pub const fn cancellation(process: &'static str, cause: Position) -> Self {
        Self {
            cancelling: Some((process, cause)),
        }
    }
}

/// What a sweep left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// When the next hold is over.
    pub next_deadline: Option<DateTime<Utc>>,
    /// Holds that were over and ended.
    pub expired: usize,
    /// Bookings that were cancelled.
    pub cancelled: usize,
    /// How many Bookings of a cancelled Event still hold or own places.
    pub bookings_left: usize,
}

/// A sweep on its way.
pub(crate) type SweepAsk = Ask<Sweep, Swept, std::convert::Infallible>;

/// What can be asked of an Event's lane.
#[derive(Debug)]
pub(crate) enum EventLaneOrder {
    /// A verb of the Event.
    Event(Box<EventAsk>),
    /// A verb of one of its Bookings.
    Booking(Box<BookingAsk>),
    /// What is due.
    Sweep(Box<SweepAsk>),
}

impl Order for EventLaneOrder {
    fn settle(self, base: Position) {
        match self {
            Self::Event(ask) => ask.settle(base),
            Self::Booking(ask) => ask.settle(base),
            Self::Sweep(ask) => ask.settle(base),
        }
    }

    fn fail(self, error: CommandError<std::convert::Infallible>) {
        match self {
            Self::Event(ask) => ask.fail(error.widen()),
            Self::Booking(ask) => ask.fail(error.widen()),
            Self::Sweep(ask) => ask.fail(error),
        }
    }
}
