//! What can be asked of an Event's lane, and what an event verb answers with.

use chrono::{DateTime, Utc};
use domain::booking::{Booking, BookingCommand, BookingRefusal};
use domain::event::{Event, EventCommand, EventRefusal, EventStatus};
use domain::ids::EventId;
use event_store::Position;

use crate::lane::{Ask, CommandError, Order};

/// What an event verb answers with: enough to show and to compare versions.
#[derive(Clone, Debug)]
pub struct EventSummary {
    /// Which Event.
    pub id: EventId,
    /// Its place in its life, such as `draft`.
    pub status: &'static str,
    /// Its title.
    pub title: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// First moment of sale, where sales were opened.
    pub sales_from: Option<DateTime<Utc>>,
    /// First moment without sale, where sales were closed.
    pub sales_until: Option<DateTime<Utc>>,
    /// Places that one buyer may hold and own at once.
    pub buyer_seats_max: u32,
}

impl EventSummary {
    /// Summarises `event` at `at`; a deleted draft has no details left to tell.
    pub(super) fn of(id: EventId, event: &Event, at: DateTime<Utc>) -> Self {
        let details = event.details();
        let sales = event.sales().unwrap_or_default();
        Self {
            id,
            status: event.status(at).map_or("absent", EventStatus::as_str),
            title: details
                .map(|details| details.title.to_string())
                .unwrap_or_default(),
            starts_at: details.map_or(at, |details| details.starts_at),
            ends_at: details.map_or(at, |details| details.ends_at),
            sales_from: sales.from,
            sales_until: sales.until,
            buyer_seats_max: event.buyer_seats_max(),
        }
    }
}

/// An event verb on its way.
pub(crate) type EventAsk = Ask<EventCommand, EventSummary, EventRefusal>;

/// A booking verb on its way.
pub(crate) type BookingAsk = Ask<BookingCommand, Booking, BookingRefusal>;

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
