//! What facts count for.

use chrono::{DateTime, Utc};
use contract::figures::{Amounts, Counts, Figures};
use domain::booking::facts::{BookingFact, RefundReason};
use domain::event::facts::{Allotment, EventFact};
use domain::ids::EventId;

/// What a return of places left of its sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// Nothing: the booking is cancelled.
    Last,
    /// Some places.
    Some,
}

/// What a fact of an Event counts for.
pub(super) fn of_places(fact: &EventFact) -> Option<Figures> {
    let mut counts = Counts::default();
    match fact {
        EventFact::SeatsHeld { places, .. } => {
            (counts.holds, counts.places_held) = (1, quantity(places));
        }
        EventFact::HoldReleased { .. } => counts.holds_released = 1,
        EventFact::HoldExpired { .. } => counts.holds_expired = 1,
        EventFact::SeatsSold { places, .. } => {
            (counts.bookings_confirmed, counts.places_sold) = (1, quantity(places));
        }
        EventFact::SeatsReturned { places, .. } => counts.places_returned = quantity(places),
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
    Some(Figures {
        counts,
        ..Figures::default()
    })
}

/// Counts the booking whose places were returned.
pub(super) const fn count_return(counts: &mut Counts, returned: Returned) {
    match returned {
        Returned::Last => counts.bookings_cancelled += 1,
        Returned::Some => counts.bookings_reduced += 1,
    }
}

/// What a fact of a Booking counts for: of which Event, and when.
pub(super) fn of_money(fact: &BookingFact) -> Option<(EventId, DateTime<Utc>, Figures)> {
    let (mut counts, mut amounts) = (Counts::default(), Amounts::default());
    let (event, at) = match fact {
        BookingFact::PaymentDeclined { event, at, .. } => {
            counts.payments_declined = 1;
            (event, at)
        }
        BookingFact::PaymentCaptured {
            event, amount, at, ..
        } => {
            amounts.gross = amount.amount;
            (event, at)
        }
        BookingFact::PaymentCapturedLate {
            event, amount, at, ..
        } => {
            amounts.late_captured = amount.amount;
            (event, at)
        }
        BookingFact::PlacesCancelled {
            event,
            fee,
            refund,
            at,
            ..
        } => {
            (amounts.fees, amounts.refunds_due) = (fee.amount, refund.amount);
            (event, at)
        }
        BookingFact::RefundSettled {
            event,
            amount,
            reason,
            at,
            ..
        } => {
            match reason {
                RefundReason::Cancellation => amounts.refunds_paid = amount.amount,
                RefundReason::LateCapture => amounts.late_refunded = amount.amount,
            }
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
    Some((*event, *at, Figures { counts, amounts }))
}

/// How many places these are.
pub(super) fn quantity(places: &[Allotment]) -> i64 {
    places.iter().map(|place| i64::from(place.quantity)).sum()
}
