//! Confirming a Booking: the hold becomes a sale, where there is nothing to pay.

use chrono::{DateTime, Utc};

use crate::booking::command::{Change, allotments};
use crate::booking::facts::BookingFact;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::ids::{AccountId, BookingId};
use crate::money::Money;

/// Make the hold a sale. Where it is one already, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a Booking cannot be confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// It was given back.
    #[error("the booking was released")]
    Released,
    /// The hold is over.
    #[error("the hold ended at {until}")]
    Expired {
        /// When.
        until: DateTime<Utc>,
    },
    /// It costs something, which must be paid.
    #[error("the booking must be paid")]
    PaymentRequired {
        /// How much.
        total: Money,
    },
}

pub(crate) fn decide(booking: &Booking, command: &ConfirmBooking) -> Result<Change, ConfirmRefusal> {
    let buyer = booking.buyer().ok_or(ConfirmRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ConfirmRefusal::NotYours);
    }
    match booking {
        Booking::Unplaced => Err(ConfirmRefusal::Absent),
        Booking::Confirmed(_) => Ok(Change::default()),
        Booking::Released(_) => Err(ConfirmRefusal::Released),
        Booking::Expired(expired) => Err(ConfirmRefusal::Expired { until: expired.until }),
        Booking::Held(held) => {
            hold_is_live(held, command.at)?;
            there_is_nothing_to_pay(held)?;
            Ok(sold(held, command))
        }
    }
}

/// At its deadline a hold is over, whether or not somebody noticed.
fn hold_is_live(held: &HeldBooking, at: DateTime<Utc>) -> Result<(), ConfirmRefusal> {
    if at < held.until {
        Ok(())
    } else {
        Err(ConfirmRefusal::Expired { until: held.until })
    }
}

/// What costs something is confirmed by its payment alone.
fn there_is_nothing_to_pay(held: &HeldBooking) -> Result<(), ConfirmRefusal> {
    let total = held.placement.total;
    if total.is_zero() {
        Ok(())
    } else {
        Err(ConfirmRefusal::PaymentRequired { total })
    }
}

fn sold(held: &HeldBooking, command: &ConfirmBooking) -> Change {
    let places = allotments(&held.placement.lines);
    Change::of(
        EventFact::SeatsSold {
            booking: command.booking,
            buyer: held.placement.buyer,
            places,
            at: command.at,
        },
        BookingFact::BookingConfirmed { at: command.at },
    )
}
