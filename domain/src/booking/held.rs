//! Whether a Booking is a hold that lives, and its buyer's: what must be so before it is extended, paid or confirmed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::state::{Booking, HeldBooking, Placement};
use crate::ensure::ensure;
use crate::event::state::Event;
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

    /// First moment at which its hold is over: its deadline, or the end of its Event, which may have been moved since.
    pub fn held_until(&self, ends_at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let until = self.until()?;
        Some(ends_at.map_or(until, |ends_at| until.min(ends_at)))
    }

    /// The hold, where it lives at `at`: after [`Self::held_until`] it is over, whether or not a fact says so yet.
    pub fn held(&self, ends_at: Option<DateTime<Utc>>, at: DateTime<Utc>) -> Result<&HeldBooking, NotHeld> {
        match self {
            Self::Held(held) => {
                let until = self.held_until(ends_at).unwrap_or(held.until);
                ensure(at < until, NotHeld::Expired { until })?;
                Ok(held)
            }
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
    pub(super) fn longest_hold(&self, event: &Event) -> DateTime<Utc> {
        event.held_until(self.at + TimeDelta::minutes(HOLD_MINUTES_MAX))
    }
}
