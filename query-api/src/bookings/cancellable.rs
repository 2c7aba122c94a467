//! Under which conditions the buyer of a Booking may cancel it now. The write side decides; this tells what it will say.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::bookings::row::{BookingRow, BookingStatus};
use crate::events::FeeView;

/// Until when, and for how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CancellableView {
    /// First moment at which cancelling is refused.
    until: DateTime<Utc>,
    /// First moment at which it costs the fee; `until` where it never does.
    free_until: DateTime<Utc>,
    /// What it costs from then on; null where it never does.
    fee: Option<FeeView>,
}

impl CancellableView {
    /// The conditions at `now`; `None` where the Booking cannot be cancelled, or where its Event is not known yet.
    pub(crate) fn new(row: &BookingRow, status: BookingStatus, now: DateTime<Utc>) -> Option<Self> {
        let takes_place = row.event_status.as_deref() == Some("published");
        if status != BookingStatus::Confirmed || !takes_place {
            return None; // a cancelled Event cancels it, unasked
        }
        let starts_at = row.event_starts_at?;
        let usual = if row.total_amount == 0 {
            Some(Self::free(starts_at))
        } else {
            row.policy.as_ref().map(|policy| Self {
                until: policy.closes_at(starts_at),
                free_until: policy.free_until(starts_at),
                fee: Some(policy.fee().into()),
            })
        };
        let conditions = match (usual, window(row)) {
            (Some(usual), Some(window)) => Some(usual.free_before(window)),
            (Some(usual), None) => Some(usual),
            (None, window) => window.map(Self::free),
        };
        conditions.filter(|conditions| now < conditions.until)
    }

    const fn free(until: DateTime<Utc>) -> Self {
        Self {
            until,
            free_until: until,
            fee: None,
        }
    }

    /// These conditions, and before `window` none.
    fn free_before(self, window: DateTime<Utc>) -> Self {
        if self.until <= window {
            return Self::free(window);
        }
        Self {
            free_until: self.free_until.max(window),
            ..self
        }
    }
}

/// First moment at which the usual conditions hold again, where the Event was moved after the Booking was placed.
fn window(row: &BookingRow) -> Option<DateTime<Utc>> {
    let (at, free_until) = row.rescheduled_at.zip(row.free_until)?;
    (row.placed_at < at).then_some(free_until)
}
