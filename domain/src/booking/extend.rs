//! Extending a hold: once, by some minutes, within a cap counted from its start.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::command::Change;
use crate::booking::facts::BookingFact;
use crate::booking::state::{Booking, HeldBooking};
use crate::event::facts::EventFact;
use crate::event::limits::{EXTENSION_MINUTES, HOLD_MINUTES_MAX};
use crate::ids::{AccountId, BookingId};

/// Hold the places longer. Asked again, it changes nothing: the one extension is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendBooking {
    /// The Booking.
    pub booking: BookingId,
    /// Who asks.
    pub buyer: AccountId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Why a hold cannot be extended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendRefusal {
    /// There is no such Booking.
    #[error("there is no such booking")]
    Absent,
    /// It is somebody else's.
    #[error("the booking is somebody else's")]
    NotYours,
    /// It is sold already; nothing can expire.
    #[error("the booking is confirmed")]
    Confirmed,
    /// It was given back.
    #[error("the booking was released")]
    Released,
    /// The hold is over.
    #[error("the hold ended at {until}")]
    Expired {
        /// When.
        until: DateTime<Utc>,
    },
}

pub(crate) fn decide(booking: &Booking, command: &ExtendBooking) -> Result<Change, ExtendRefusal> {
    let held = held(booking, command)?;
    hold_is_live(held, command.at)?;
    if held.extended {
        return Ok(Change::default());
    }
    let until = extended_until(held);
    Ok(Change::of(
        EventFact::HoldExtended {
            booking: command.booking,
            until,
            at: command.at,
        },
        BookingFact::BookingExtended {
            until,
            at: command.at,
        },
    ))
}

/// Only the buyer extends, and only a hold.
fn held<'a>(booking: &'a Booking, command: &ExtendBooking) -> Result<&'a HeldBooking, ExtendRefusal> {
    let buyer = booking.buyer().ok_or(ExtendRefusal::Absent)?;
    if buyer != command.buyer {
        return Err(ExtendRefusal::NotYours);
    }
    match booking {
        Booking::Held(held) => Ok(held),
        Booking::Unplaced => Err(ExtendRefusal::Absent),
        Booking::Confirmed(_) => Err(ExtendRefusal::Confirmed),
        Booking::Released(_) => Err(ExtendRefusal::Released),
        Booking::Expired(expired) => Err(ExtendRefusal::Expired { until: expired.until }),
    }
}

/// At its deadline a hold is over, whether or not somebody noticed.
fn hold_is_live(held: &HeldBooking, at: DateTime<Utc>) -> Result<(), ExtendRefusal> {
    if at < held.until {
        Ok(())
    } else {
        Err(ExtendRefusal::Expired { until: held.until })
    }
}

fn extended_until(held: &HeldBooking) -> DateTime<Utc> {
    let cap = held.placement.at + TimeDelta::minutes(HOLD_MINUTES_MAX);
    (held.until + TimeDelta::minutes(EXTENSION_MINUTES)).min(cap)
}
