//! Refusals of the domain by their kinds, as the rules name them.

use domain::booking::{
    BookingRefusal, CancelRefusal, ConfirmRefusal, ExpireRefusal, NotHeld, PlaceRefusal, RefundAbsent,
    RequestPaymentRefusal, SeatRefusal, SettlePaymentRefusal,
};
use domain::cancellation::NotCancellable;
use domain::event::EventRefusal;
use domain::text::SeatId;

use std::collections::BTreeSet;

/// A refusal by its kind; that a hold was given back or ran out is one kind, as the moment at which that is noticed is open.
pub(crate) fn kind(refusal: &BookingRefusal) -> String {
    let kind = match refusal {
        BookingRefusal::Place(refusal) => match refusal {
            PlaceRefusal::NotOnSale { .. } => "NotOnSale",
            PlaceRefusal::OverBuyerLimit { .. } => "OverBuyerLimit",
            PlaceRefusal::EventCancelled(_) => "EventCancelled",
            PlaceRefusal::Seats(refusal) => return seats_kind(refusal),
            other => return format!("{other:?}"),
        },
        BookingRefusal::Extend(refusal) | BookingRefusal::Prolong(refusal) => return hold_kind(refusal),
        BookingRefusal::Cancel(refusal) => match refusal {
            CancelRefusal::UnknownSeats(seats) => return format!("UnknownSeats {}", sorted(seats)),
            CancelRefusal::DuplicateSeats(seats) => return format!("DuplicateSeats {}", sorted(seats)),
            CancelRefusal::TooMany { left, .. } => return format!("TooMany, {left} left"),
            CancelRefusal::NotCancellable(NotCancellable::TooLate { .. }) => "TooLate",
            CancelRefusal::NotCancellable(NotCancellable::Never) => "NotCancellable",
            CancelRefusal::Ended { .. } => "Over",
            other => return format!("{other:?}"),
        },
        BookingRefusal::Expire(refusal) => match refusal {
            ExpireRefusal::Absent => "Absent",
            ExpireRefusal::NotOver { .. } => "NotOver",
        },
        BookingRefusal::Confirm(refusal) => match refusal {
            ConfirmRefusal::NotHeld(refusal) => return hold_kind(refusal),
            ConfirmRefusal::EventCancelled(_) => "EventCancelled",
            ConfirmRefusal::PaymentRequired { .. } => "PaymentRequired",
        },
        BookingRefusal::RequestPayment(refusal) => match refusal {
            RequestPaymentRefusal::NotHeld(refusal) => return hold_kind(refusal),
            RequestPaymentRefusal::EventCancelled(_) => "EventCancelled",
            RequestPaymentRefusal::InFlight { .. } => "InFlight",
            other => return format!("{other:?}"),
        },
        BookingRefusal::SettlePayment(refusal) => match refusal {
            SettlePaymentRefusal::Absent => "Absent",
            SettlePaymentRefusal::WrongAmount { .. } => "WrongAmount",
        },
        BookingRefusal::SettleRefund(RefundAbsent) | BookingRefusal::RetryRefund(RefundAbsent) => "Absent",
    };
    kind.to_owned()
}

fn hold_kind(refusal: &NotHeld) -> String {
    match refusal {
        NotHeld::Ended { .. } | NotHeld::Expired { .. } => "Over".to_owned(),
        other => format!("{other:?}"),
    }
}

fn seats_kind(refusal: &SeatRefusal) -> String {
    match refusal {
        SeatRefusal::SoldOut { left, .. } => format!("SoldOut, {left} left"),
        SeatRefusal::SeatsTaken(seats) => format!("SeatsTaken {}", sorted(seats)),
        SeatRefusal::UnknownSeats(seats) => format!("UnknownSeats {}", sorted(seats)),
        SeatRefusal::DuplicateSeats(seats) => format!("DuplicateSeats {}", sorted(seats)),
        other => format!("{other:?}"),
    }
}

/// An organizer's refusal by its kind.
pub(crate) fn organizers_kind(refusal: &EventRefusal) -> String {
    match refusal {
        EventRefusal::Cancelled(_) => "Cancelled".to_owned(),
        EventRefusal::BelowTaken { taken, .. } => format!("BelowTaken, {taken} taken"),
        other => {
            let debug = format!("{other:?}");
            debug.split(' ').next().unwrap_or_default().to_owned()
        }
    }
}

fn sorted(seats: &[SeatId]) -> String {
    let ids: BTreeSet<&str> = seats.iter().map(SeatId::as_str).collect();
    format!("{ids:?}")
}
