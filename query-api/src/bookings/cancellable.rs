//! Under which conditions the buyer of a Booking may cancel it now. The write side decides; this tells what it will say.

use chrono::{DateTime, Utc};
use contract::BookingStatus;
use contract::cancellation::Cancellable;

use crate::bookings::row::BookingRow;

/// The conditions at `now`; `None` where the Booking cannot be cancelled, or where its Event is not known yet.
pub(super) fn conditions(row: &BookingRow, now: DateTime<Utc>) -> Option<Cancellable> {
    let takes_place = row.event_status.as_deref() == Some("published");
    if row.status != BookingStatus::Confirmed || !takes_place {
        return None; // a cancelled Event cancels it, unasked
    }
    let starts_at = row.event_starts_at?;
    let usual = if row.total_amount == 0 {
        Some(free(starts_at))
    } else {
        row.policy.as_ref().map(|policy| Cancellable {
            until: policy.closes_at(starts_at),
            free_until: policy.free_until(starts_at),
            fee: Some(policy.fee().into()),
        })
    };
    let conditions = match (usual, window(row)) {
        (Some(usual), Some(window)) => Some(free_before(usual, window)),
        (Some(usual), None) => Some(usual),
        (None, window) => window.map(free),
    };
    conditions.filter(|conditions| now < conditions.until)
}

const fn free(until: DateTime<Utc>) -> Cancellable {
    Cancellable {
        until,
        free_until: until,
        fee: None,
    }
}

/// These conditions, and before `window` none.
fn free_before(usual: Cancellable, window: DateTime<Utc>) -> Cancellable {
    if usual.until <= window {
        return free(window);
    }
    Cancellable {
        free_until: usual.free_until.max(window),
        ..usual
    }
}

/// First moment at which the usual conditions hold again, where the Event was moved after the Booking was placed.
fn window(row: &BookingRow) -> Option<DateTime<Utc>> {
    let (at, free_until) = row.rescheduled_at.zip(row.free_until)?;
    (row.placed_at < at).then_some(free_until)
}
