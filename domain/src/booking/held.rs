//! Whether a Booking is a hold that lives, and its buyer's: what must be so before it is extended, paid or confirmed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::state::{Booking, HeldBooking, Placement};
use crate::ids::AccountId;
use crate::limits::HOLD_MINUTES_MAX;

/// Why a Booking is no hold of its buyer that lives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeld {
    #[error("there is no such booking")]
    Absent,
    #[error("the booking belongs to another buyer")]
    NotYours,
    #[error("a payment for the booking is under way")]
    PaymentInFlight,
    #[error("the booking is confirmed")]
    Confirmed,
    /// Its places were given back.
    #[error("the booking is {status}")]
    Ended { status: &'static str },
    #[error("the hold ended at {until}")]
    Expired { until: DateTime<Utc> },
}

impl Booking {
    /// What `buyer` placed.
    pub(super) fn placed_by(&self, buyer: AccountId) -> Result<&Placement, NotHeld> {
        match self.placement() {
            None => Err(NotHeld::Absent),
            Some(placement) if placement.buyer != buyer => Err(NotHeld::NotYours),
            Some(placement) => Ok(placement),
        }
    }

    /// The hold, where it lives at `at`: at its deadline it is over, whether or not a fact says so yet.
    pub fn held(&self, at: DateTime<Utc>) -> Result<&HeldBooking, NotHeld> {
        match self {
            Self::Held(held) if at < held.until => Ok(held),
            Self::Held(held) => Err(NotHeld::Expired { until: held.until }),
            Self::Unplaced => Err(NotHeld::Absent),
            Self::AwaitingPayment(_) => Err(NotHeld::PaymentInFlight),
            Self::Confirmed(_) => Err(NotHeld::Confirmed),
            Self::Expired(expired) => Err(NotHeld::Expired { until: expired.until }),
            Self::Cancelled(_) | Self::Released(_) | Self::Failed(_) => Err(NotHeld::Ended {
                status: self.status(),
            }),
        }
    }
}

impl Placement {
    /// The deadline of the longest hold that there is.
    pub(super) fn longest_hold(&self) -> DateTime<Utc> {
        self.at + TimeDelta::minutes(HOLD_MINUTES_MAX)
    }
}
