//! Expiring a hold: its deadline passed, and its places are free again.

use chrono::{DateTime, Utc};

use crate::booking::command::{Change, allotments};
use crate::booking::facts::BookingFact;
use crate::booking::state::Booking;
use crate::event::facts::EventFact;
use crate::ids::BookingId;

/// End a hold whose deadline passed. Where nothing is held any more, it changes nothing: timers may come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpireBooking {
    /// The Booking.
    pub booking: BookingId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be expired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpireRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// Its deadline lies ahead.
    #[error("the hold lasts until {until}")]
    NotOver {
        /// The deadline.
        until: DateTime<Utc>,
    },
}

pub(crate) fn decide(booking: &Booking, command: &ExpireBooking) -> Result<Change, ExpireRefusal> {
    match booking {
        Booking::Unplaced => Err(ExpireRefusal::Absent),
        Booking::Confirmed(_) | Booking::Released(_) | Booking::Expired(_) => Ok(Change::default()),
        Booking::Held(held) if command.at < held.until => Err(ExpireRefusal::NotOver { until: held.until }),
        Booking::Held(held) => {
            let places = allotments(&held.placement.lines);
            Ok(Change::of(
                EventFact::HoldExpired {
                    booking: command.booking,
                    places,
                    at: command.at,
                },
                BookingFact::BookingExpired { at: command.at },
            ))
        }
    }
}
