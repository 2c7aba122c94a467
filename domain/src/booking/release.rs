//! Releasing a hold: the buyer gives the places back before they are sold.

use chrono::{DateTime, Utc};

use crate::booking::command::{Change, allotments};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::facts::EventFact;
use crate::ids::{AccountId, BookingId};

/// Give the places back. Where they are free already, it changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// It is sold; giving that back is a cancellation.
    #[error("the booking is confirmed")]
    Confirmed,
}

pub(crate) fn decide(booking: &Booking, command: &ReleaseBooking) -> Result<Change, ReleaseRefusal> {
    let buyer = booking.buyer().ok_or(ReleaseRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ReleaseRefusal::NotYours);
    }
    match booking {
        Booking::Unplaced => Err(ReleaseRefusal::Absent),
        Booking::Confirmed(_) => Err(ReleaseRefusal::Confirmed),
        Booking::Released(_) | Booking::Expired(_) => Ok(Change::default()),
        Booking::Held(held) => {
            let places = allotments(&held.placement.lines);
            Ok(Change::of(
                EventFact::HoldReleased {
                    booking: command.booking,
                    places,
                    at: command.at,
                },
                BookingFact::BookingReleased { at: command.at },
            ))
        }
    }
}
