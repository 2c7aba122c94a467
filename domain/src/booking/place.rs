//! Placing a Booking: places of an Event are held for a buyer until a deadline, at prices that stay.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::change::Change;
use crate::booking::facts::BookingFact;
use crate::booking::reference::Reference;
use crate::booking::state::{Booking, Placement};
use crate::cancellation::CancellationPolicy;
use crate::ensure::ensure;
use crate::event::facts::EventFact;
use crate::event::refusal::EventCancelled;
use crate::event::state::{Event, Profile, SalesWindow};
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, BookingId, EventId};
use crate::limits::HOLD_MINUTES;
use crate::money::Money;
use crate::seating::lines::{allotments, cost};
use crate::seating::{BookingLine, SeatRefusal, SeatRequest};
use crate::text::counted;

/// Hold places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceBooking {
    pub booking: BookingId,
    pub event: EventId,
    pub buyer: AccountId,
    pub seats: SeatRequest,
    /// What the request asked for, so that a repeated one is known from another.
    pub request: Fingerprint,
    pub at: DateTime<Utc>,
}

/// Why a Booking cannot be placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceRefusal {
    /// The key of the request was used for another one.
    #[error("the booking exists and was placed by another request")]
    KeyReused,
    /// There is no such Event that buyers see.
    #[error("there is no such event")]
    EventAbsent,
    #[error(transparent)]
    EventCancelled(#[from] EventCancelled),
    #[error("seats are not on sale")]
    NotOnSale {
        /// First moment of sale, once known.
        from: Option<DateTime<Utc>>,
        /// First moment without sale, once known; at the latest the Event's end.
        until: Option<DateTime<Utc>>,
    },
    #[error(transparent)]
    Seats(#[from] SeatRefusal),
    /// The buyer would have more than the Event allows one buyer.
    #[error("one buyer may have {} and has {already}", counted(*max, "seat", "seats"))]
    OverBuyerLimit { max: u32, already: u32 },
    #[error("the total is too large")]
    TotalTooLarge,
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &PlaceBooking,
) -> Result<Change, PlaceRefusal> {
    if let Some(placement) = booking.placement() {
        return is_a_retry(placement, command);
    }
    let profile = event.profile().ok_or(PlaceRefusal::EventAbsent)?;
    event.takes_place()?;
    let sales = event.sales().ok_or(PlaceRefusal::EventAbsent)?;
    is_on_sale(profile, sales, command.at)?;
    let wanted = event.seats.wanted(&command.seats)?;
    buyer_stays_within_limit(event, profile, command.buyer, wanted.quantity())?;
    let lines = event.seats.pick(&wanted)?;
    let total = cost(&lines, profile.currency).ok_or(PlaceRefusal::TotalTooLarge)?;
    let until = event.held_until(command.at + TimeDelta::minutes(HOLD_MINUTES));
    Ok(placed(command, lines, total, profile.policy, until))
}

/// The same request again has lost its answer; another one under the same id is a mistake of the client.
fn is_a_retry(placement: &Placement, command: &PlaceBooking) -> Result<Change, PlaceRefusal> {
    let same = placement.event == command.event
        && placement.buyer == command.buyer
        && placement.request == command.request;
    if same {
        Ok(Change::default())
    } else {
        Err(PlaceRefusal::KeyReused)
    }
}

/// Seats are for sale within the sales window and before the Event ends.
fn is_on_sale(profile: &Profile, sales: SalesWindow, at: DateTime<Utc>) -> Result<(), PlaceRefusal> {
    let ends_at = profile.details.ends_at;
    if sales.is_open(at) && at < ends_at {
        return Ok(());
    }
    let until = sales.until.map_or(ends_at, |until| until.min(ends_at));
    Err(PlaceRefusal::NotOnSale {
        from: sales.from,
        until: Some(until),
    })
}

/// What a buyer holds and owns of the Event, this Booking included, stays within the Event's limit.
fn buyer_stays_within_limit(
    event: &Event,
    profile: &Profile,
    buyer: AccountId,
    quantity: u32,
) -> Result<(), PlaceRefusal> {
    let max = profile.buyer_seats_max;
    let already = event.seats.places_of_buyer(buyer);
    ensure(
        already.saturating_add(quantity) <= max,
        PlaceRefusal::OverBuyerLimit { max, already },
    )
}

fn placed(
    command: &PlaceBooking,
    lines: Vec<BookingLine>,
    total: Money,
    policy: Option<CancellationPolicy>,
    until: DateTime<Utc>,
) -> Change {
    let places = allotments(&lines);
    Change::of(
        EventFact::SeatsHeld {
            booking: command.booking,
            buyer: command.buyer,
            places,
            until,
            at: command.at,
        },
        BookingFact::BookingPlaced {
            event: command.event,
            buyer: command.buyer,
            reference: Reference::of(command.booking),
            request: command.request,
            lines,
            total,
            policy,
            until,
            at: command.at,
        },
    )
}

#[cfg(test)]
mod tests;
