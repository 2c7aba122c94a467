//! Placing a Booking: places of an Event are held for a buyer until a deadline, at prices that stay.

use chrono::{DateTime, TimeDelta, Utc};

use crate::booking::command::Change;
use crate::booking::facts::{BookingFact, BookingLine};
use crate::booking::reference::{Fingerprint, Reference};
use crate::booking::state::{Booking, Placement};
use crate::cancellation_policy::CancellationPolicy;
use crate::event::facts::EventFact;
use crate::event::state::{Event, Profile, SalesWindow};
use crate::ids::{AccountId, BookingId, EventId};
use crate::limits::{HOLD_MINUTES, SEATS_PER_BOOKING_MAX};
use crate::money::Money;
use crate::seating::lines::cost;
use crate::text::{SeatId, SectionId};

/// Hold places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceBooking {
    /// The new Booking.
    pub booking: BookingId,
    /// The Event.
    pub event: EventId,
    /// For whom.
    pub buyer: AccountId,
    /// Which places.
    pub seats: SeatRequest,
    /// What the request asked for, so that a repeated one is known from another.
    pub request: Fingerprint,
    /// When.
    pub at: DateTime<Utc>,
}

/// Which places a buyer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatRequest {
    /// These seats.
    Named(Vec<SeatId>),
    /// The best available seats of a section, or places of general admission.
    Any {
        /// The section.
        section: SectionId,
        /// How many places.
        quantity: u32,
    },
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
    /// The Event does not take place.
    #[error("the event is cancelled")]
    EventCancelled,
    /// Its seats are not for sale at that moment.
    #[error("seats are not on sale")]
    NotOnSale {
        /// First moment of sale, once known.
        from: Option<DateTime<Utc>>,
        /// First moment without sale, once known; at the latest the Event's end.
        until: Option<DateTime<Utc>>,
    },
    /// Nothing was asked for.
    #[error("no seats were asked for")]
    NoSeats,
    /// More than one Booking may take.
    #[error("a booking takes at most {max} seats")]
    TooManySeats {
        /// What it may take.
        max: u32,
    },
    /// Seats were named more than once.
    #[error("{} seats are named more than once", .0.len())]
    DuplicateSeats(Vec<SeatId>),
    /// Seats that the Event does not have.
    #[error("{} seats do not exist", .0.len())]
    UnknownSeats(Vec<SeatId>),
    /// A section that the Event does not have.
    #[error("the section does not exist")]
    UnknownSection,
    /// The buyer would have more than the Event allows one buyer.
    #[error("one buyer may have {max} seats and has {already}")]
    OverBuyerLimit {
        /// What one buyer may hold and own.
        max: u32,
        /// What this one holds and owns.
        already: u32,
    },
    /// Others were faster.
    #[error("{} seats are taken", .0.len())]
    SeatsTaken(Vec<SeatId>),
    /// Fewer places are free than were asked for.
    #[error("{left} places are left in section {section}")]
    SoldOut {
        /// The section.
        section: SectionId,
        /// Places that are free.
        left: u32,
    },
    /// The total is beyond what money can count.
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
    takes_place(event)?;
    let sales = event.sales().ok_or(PlaceRefusal::EventAbsent)?;
    is_on_sale(profile, sales, command.at)?;
    let wanted = event.wanted(&command.seats)?;
    buyer_stays_within_limit(event, profile, command.buyer, wanted.quantity())?;
    let lines = event.pick(&wanted)?;
    let total = total(profile, &lines)?;
    Ok(placed(command, lines, total, profile.policy))
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

/// Nobody books what will not be.
fn takes_place(event: &Event) -> Result<(), PlaceRefusal> {
    if event.is_cancelled() {
        Err(PlaceRefusal::EventCancelled)
    } else {
        Ok(())
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
    let already = event.places_of_buyer(buyer);
    if already.saturating_add(quantity) <= max {
        Ok(())
    } else {
        Err(PlaceRefusal::OverBuyerLimit { max, already })
    }
}

fn total(profile: &Profile, lines: &[BookingLine]) -> Result<Money, PlaceRefusal> {
    cost(lines, profile.currency).ok_or(PlaceRefusal::TotalTooLarge)
}

fn placed(
    command: &PlaceBooking,
    lines: Vec<BookingLine>,
    total: Money,
    policy: Option<CancellationPolicy>,
) -> Change {
    let until = command.at + TimeDelta::minutes(HOLD_MINUTES);
    let places = crate::booking::command::allotments(&lines);
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

/// A booking takes at least one seat and at most [`SEATS_PER_BOOKING_MAX`].
pub(crate) fn number_of_seats_fits(quantity: usize) -> Result<(), PlaceRefusal> {
    match quantity {
        0 => Err(PlaceRefusal::NoSeats),
        quantity if quantity > SEATS_PER_BOOKING_MAX as usize => Err(PlaceRefusal::TooManySeats {
            max: SEATS_PER_BOOKING_MAX,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
