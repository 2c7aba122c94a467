//! What facts count for.

use chrono::{DateTime, Utc};
use domain::booking::facts::{BookingFact, RefundReason};
use domain::event::facts::{Allotment, EventFact};
use domain::ids::EventId;
use serde::{Deserialize, Serialize};

/// What is counted by the hour: how often something happened, how many places it was about, and money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Figures {
    holds: i64,
    holds_released: i64,
    holds_expired: i64,
    places_held: i64,
    payments_declined: i64,
    bookings_confirmed: i64,
    bookings_cancelled: i64,
    bookings_reduced: i64,
    places_sold: i64,
    places_returned: i64,
    gross: i64,
    fees: i64,
    refunds_due: i64,
    refunds_paid: i64,
    late_captured: i64,
    late_refunded: i64,
}

/// What a return of places left of its sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// Nothing: the booking is cancelled.
    Last,
    /// Some places.
    Some,
}

/// Whether [`Figures::of_places`] counts facts of this name.
pub(super) fn counts_places(event_type: &str) -> bool {
    matches!(
        event_type,
        "SeatsHeld" | "HoldReleased" | "HoldExpired" | "SeatsSold" | "SeatsReturned"
    )
}

/// Whether [`of_money`] counts facts of this name.
pub(super) fn counts_money(event_type: &str) -> bool {
    matches!(
        event_type,
        "PaymentDeclined" | "PaymentCaptured" | "PaymentCapturedLate" | "PlacesCancelled" | "RefundSettled"
    )
}

impl Figures {
    /// What a fact of an Event counts for.
    pub(super) fn of_places(fact: &EventFact) -> Option<Self> {
        let mut figures = Self::default();
        match fact {
            EventFact::SeatsHeld { places, .. } => {
                figures.holds = 1;
                figures.places_held = quantity(places);
            }
            EventFact::HoldReleased { .. } => figures.holds_released = 1,
            EventFact::HoldExpired { .. } => figures.holds_expired = 1,
            EventFact::SeatsSold { places, .. } => {
                figures.bookings_confirmed = 1;
                figures.places_sold = quantity(places);
            }
            EventFact::SeatsReturned { places, .. } => figures.places_returned = quantity(places),
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::DraftDeleted { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::EventRescheduled { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::EventCancelled { .. } => return None,
        }
        Some(figures)
    }

    /// These and `more`.
    pub(super) const fn add(&mut self, more: Self) {
        self.holds += more.holds;
        self.holds_released += more.holds_released;
        self.holds_expired += more.holds_expired;
        self.places_held += more.places_held;
        self.payments_declined += more.payments_declined;
        self.bookings_confirmed += more.bookings_confirmed;
        self.bookings_cancelled += more.bookings_cancelled;
        self.bookings_reduced += more.bookings_reduced;
        self.places_sold += more.places_sold;
        self.places_returned += more.places_returned;
        self.gross += more.gross;
        self.fees += more.fees;
        self.refunds_due += more.refunds_due;
        self.refunds_paid += more.refunds_paid;
        self.late_captured += more.late_captured;
        self.late_refunded += more.late_refunded;
    }

    const fn paid_back(&mut self, reason: RefundReason) -> &mut i64 {
        match reason {
            RefundReason::Cancellation => &mut self.refunds_paid,
            RefundReason::LateCapture => &mut self.late_refunded,
        }
    }

    /// Counts the booking whose places were returned, if any were.
    pub(super) const fn note_return(&mut self, returned: Option<Returned>) {
        match returned {
            Some(Returned::Last) => self.bookings_cancelled += 1,
            Some(Returned::Some) => self.bookings_reduced += 1,
            None => {}
        }
    }
}

/// What a fact of a Booking counts for: of which Event, and when.
pub(super) fn of_money(fact: &BookingFact) -> Option<(EventId, DateTime<Utc>, Figures)> {
    let mut figures = Figures::default();
    let (event, at) = match fact {
        BookingFact::PaymentDeclined { event, at, .. } => {
            figures.payments_declined = 1;
            (event, at)
        }
        BookingFact::PaymentCaptured {
            event, amount, at, ..
        } => {
            figures.gross = amount.amount;
            (event, at)
        }
        BookingFact::PaymentCapturedLate {
            event, amount, at, ..
        } => {
            figures.late_captured = amount.amount;
            (event, at)
        }
        BookingFact::PlacesCancelled {
            event,
            fee,
            refund,
            at,
            ..
        } => {
            (figures.fees, figures.refunds_due) = (fee.amount, refund.amount);
            (event, at)
        }
        BookingFact::RefundSettled {
            event,
            amount,
            reason,
            at,
            ..
        } => {
            *figures.paid_back(*reason) = amount.amount;
            (event, at)
        }
        BookingFact::BookingPlaced { .. }
        | BookingFact::BookingExtended { .. }
        | BookingFact::BookingReleased { .. }
        | BookingFact::BookingExpired { .. }
        | BookingFact::BookingConfirmed { .. }
        | BookingFact::PaymentRequested { .. }
        | BookingFact::BookingFailed { .. }
        | BookingFact::RefundRequested { .. }
        | BookingFact::RefundRefused { .. } => return None,
    };
    Some((*event, *at, figures))
}

/// How many places these are.
pub(super) fn quantity(places: &[Allotment]) -> i64 {
    places.iter().map(|place| i64::from(place.quantity)).sum()
}
