//! Refusals of the domain by their kinds, as the rules name them.

use domain::booking::{
    BookingRefusal, CancelRefusal, ConfirmRefusal, ExpireRefusal, ExtendRefusal, PlaceRefusal,
    RequestPaymentRefusal, SettlePaymentRefusal,
};
use domain::event::EventRefusal;
use domain::text::SeatId;

use std::collections::BTreeSet;

/// A refusal by its kind; that a hold was given back or ran out is one kind, as the moment somebody notices is open.
pub(crate) fn kind(refusal: &BookingRefusal) -> String {
    let kind = match refusal {
        BookingRefusal::Place(refusal) => match refusal {
            PlaceRefusal::NotOnSale { .. } => "NotOnSale",
            PlaceRefusal::OverBuyerLimit { .. } => "OverBuyerLimit",
            PlaceRefusal::SoldOut { left, .. } => return format!("SoldOut, {left} left"),
            PlaceRefusal::SeatsTaken(seats) => return format!("SeatsTaken {}", sorted(seats)),
            PlaceRefusal::UnknownSeats(seats) => return format!("UnknownSeats {}", sorted(seats)),
            PlaceRefusal::DuplicateSeats(seats) => return format!("DuplicateSeats {}", sorted(seats)),
            other => return format!("{other:?}"),
        },
        BookingRefusal::Extend(refusal) => match refusal {
            ExtendRefusal::Ended { .. } | ExtendRefusal::Expired { .. } => "Over",
            other => return format!("{other:?}"),
        },
        BookingRefusal::Cancel(refusal) => match refusal {
            CancelRefusal::UnknownSeats(seats) => return format!("UnknownSeats {}", sorted(seats)),
            CancelRefusal::TooMany { left, .. } => return format!("TooMany, {left} left"),
            CancelRefusal::TooLate { .. } => "TooLate",
            CancelRefusal::Ended { .. } => "Over",
            other => return format!("{other:?}"),
        },
        BookingRefusal::Expire(refusal) => match refusal {
            ExpireRefusal::Absent => "Absent",
            ExpireRefusal::NotOver { .. } => "NotOver",
        },
        BookingRefusal::Confirm(refusal) => match refusal {
            ConfirmRefusal::Ended { .. } | ConfirmRefusal::Expired { .. } => "Over",
            ConfirmRefusal::EventCancelled => "EventCancelled",
            ConfirmRefusal::PaymentRequired { .. } => "PaymentRequired",
            other => return format!("{other:?}"),
        },
        BookingRefusal::RequestPayment(refusal) => match refusal {
            RequestPaymentRefusal::Ended { .. } | RequestPaymentRefusal::Expired { .. } => "Over",
            RequestPaymentRefusal::InFlight { .. } => "InFlight",
            other => return format!("{other:?}"),
        },
        BookingRefusal::SettlePayment(refusal) => match refusal {
            SettlePaymentRefusal::Absent => "Absent",
            SettlePaymentRefusal::WrongAmount { .. } => "WrongAmount",
        },
        BookingRefusal::Prolong(refusal) => return format!("{refusal:?}"),
        BookingRefusal::SettleRefund(refusal) => return format!("{refusal:?}"),
        BookingRefusal::RetryRefund(refusal) => return format!("{refusal:?}"),
    };
    kind.to_owned()
}

/// An organizer's refusal by its kind.
pub(crate) fn organizers_kind(refusal: &EventRefusal) -> String {
    match refusal {
        EventRefusal::BelowTaken { taken, .. } => format!("BelowTaken, {taken} taken"),
        other => {
            let told = format!("{other:?}");
            told.split(' ').next().unwrap_or_default().to_owned()
        }
    }
}

fn sorted(seats: &[SeatId]) -> String {
    let ids: BTreeSet<&str> = seats.iter().map(SeatId::as_str).collect();
    format!("{ids:?}")
}
