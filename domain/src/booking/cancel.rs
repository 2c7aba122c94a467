//! Cancelling: places are given back after they were sold, and what is due of their price is returned.

use chrono::{DateTime, Utc};

use crate::booking::change::Change;
use crate::booking::facts::{BookingFact, CancelledBy, RefundReason};
use crate::booking::state::{Booking, HeldBooking, Placement, Sale};
use crate::cancellation::{Fee, NotCancellable, Terms};
use crate::event::By;
use crate::event::facts::EventFact;
use crate::event::state::Event;
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, BookingId, RefundId};
use crate::money::Money;
use crate::seating::BookingLine;
use crate::seating::lines::{allotments, cost, of_seats};
use crate::seating::request::named_twice;
use crate::text::{SeatId, SectionId, counted};

/// Give places back. A hold is given back whole, and costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelPlaces {
    pub booking: BookingId,
    pub by: Canceller,
    pub places: CancelRequest,
    /// Names this cancellation, and the refund that it may bring.
    pub cancellation: RefundId,
    /// What the request asked for, where it has a key.
    pub request: Option<Fingerprint>,
    pub at: DateTime<Utc>,
}

/// Who cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canceller {
    /// The buyer, under the conditions of the sale.
    Buyer(AccountId),
    /// The organizer: nothing is kept.
    Organizer(By),
    /// The process that cancels every Booking of a cancelled Event: nothing is kept.
    EventCancellation,
}

/// Which places to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelRequest {
    /// All that the Booking has.
    All,
    /// These seats.
    Seats(Vec<SeatId>),
    /// So many places of a section of general admission.
    Count {
        section: SectionId,
        /// How many.
        quantity: u32,
    },
}

/// Why places cannot be given back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    #[error("there is no such booking")]
    Absent,
    #[error("the booking belongs to another buyer")]
    NotYours,
    /// The key of the request was used for another one.
    #[error("the cancellation exists and was asked for by another request")]
    KeyReused,
    /// It is not sold yet; a hold is released whole by its buyer.
    #[error("the booking is held and not confirmed")]
    NotConfirmed,
    /// Its payment must come to an end first.
    #[error("a payment for the booking is under way")]
    PaymentInFlight,
    /// Nothing is left to give back.
    #[error("the booking is {status}")]
    Ended { status: &'static str },
    #[error("no places were named")]
    NoPlaces,
    #[error("{} named more than once", counted(.0.len(), "seat is", "seats are"))]
    DuplicateSeats(Vec<SeatId>),
    /// Seats that the Booking does not have, or no more.
    #[error("the booking does not have {} of these seats", .0.len())]
    UnknownSeats(Vec<SeatId>),
    /// The Booking has fewer places without names in that section.
    #[error("the booking has {} without names in section {section}", counted(*left, "place", "places"))]
    TooMany { section: SectionId, left: u32 },
    #[error(transparent)]
    NotCancellable(#[from] NotCancellable),
    #[error("the event is not cancelled")]
    EventNotCancelled,
    /// Beyond what money can count, or more than was paid.
    #[error("the refund cannot be counted")]
    RefundTooLarge,
}

pub(crate) fn decide(
    event: &Event,
    booking: &Booking,
    command: &CancelPlaces,
) -> Result<Change, CancelRefusal> {
    let placement = booking.placement().ok_or(CancelRefusal::Absent)?;
    may_cancel(event, placement, command.by)?;
    if let Some(before) = booking
        .cancelled()
        .iter()
        .find(|before| before.id == command.cancellation)
    {
        return if before.request == command.request {
            Ok(Change::default())
        } else {
            Err(CancelRefusal::KeyReused)
        };
    }
    match booking {
        Booking::Unplaced => Err(CancelRefusal::Absent),
        Booking::Held(held) => end_hold(held, command),
        Booking::AwaitingPayment(pending) => match command.by {
            Canceller::EventCancellation => Ok(withdraw(&pending.held, command)),
            Canceller::Buyer(_) | Canceller::Organizer(_) => Err(CancelRefusal::PaymentInFlight),
        },
        Booking::Confirmed(sale) => give_back(event, sale, command),
        Booking::Cancelled(_) | Booking::Released(_) | Booking::Failed(_) | Booking::Expired(_) => {
            nothing_is_left(booking, command)
        }
    }
}

/// The buyer cancels, or the organizer; the process acts for a cancelled Event alone.
fn may_cancel(event: &Event, placement: &Placement, by: Canceller) -> Result<(), CancelRefusal> {
    match by {
        Canceller::Buyer(buyer) if buyer == placement.buyer => Ok(()),
        Canceller::Buyer(_) => Err(CancelRefusal::NotYours),
        Canceller::Organizer(by) => {
            let profile = event.profile().ok_or(CancelRefusal::Absent)?;
            profile.is_run_by(by).map_err(|_| CancelRefusal::NotYours)
        }
        Canceller::EventCancellation if event.is_cancelled() => Ok(()),
        Canceller::EventCancellation => Err(CancelRefusal::EventNotCancelled),
    }
}

/// What has ended stays as it is; to ask for all of it again is to ask for nothing.
fn nothing_is_left(booking: &Booking, command: &CancelPlaces) -> Result<Change, CancelRefusal> {
    if command.places == CancelRequest::All {
        return Ok(Change::default());
    }
    Err(CancelRefusal::Ended {
        status: booking.status(),
    })
}

/// A hold is not sold, so there is nothing to return: its buyer releases it, a cancelled Event withdraws it.
fn end_hold(held: &HeldBooking, command: &CancelPlaces) -> Result<Change, CancelRefusal> {
    match (command.by, &command.places) {
        (Canceller::Buyer(_), CancelRequest::All) => Ok(Change::of(
            hold_released(held, command),
            BookingFact::BookingReleased { at: command.at },
        )),
        (Canceller::EventCancellation, _) => Ok(withdraw(held, command)),
        (Canceller::Buyer(_) | Canceller::Organizer(_), _) => Err(CancelRefusal::NotConfirmed),
    }
}

fn withdraw(held: &HeldBooking, command: &CancelPlaces) -> Change {
    let nothing = Money::zero(held.placement.total.currency);
    Change::of(
        hold_released(held, command),
        BookingFact::PlacesCancelled {
            cancellation: command.cancellation,
            event: held.placement.event,
            request: command.request,
            lines: held.placement.lines.clone(),
            by: CancelledBy::EventCancellation,
            gross: nothing,
            fee: nothing,
            refund: nothing,
            at: command.at,
        },
    )
}

fn hold_released(held: &HeldBooking, command: &CancelPlaces) -> EventFact {
    EventFact::HoldReleased {
        booking: command.booking,
        places: allotments(&held.placement.lines),
        at: command.at,
    }
}

fn give_back(event: &Event, sale: &Sale, command: &CancelPlaces) -> Result<Change, CancelRefusal> {
    let lines = chosen(&sale.lines, &command.places)?;
    let fee = fee(event, sale, command)?;
    let gross = cost(&lines, sale.placement.total.currency).ok_or(CancelRefusal::RefundTooLarge)?;
    let nothing = Some(Money::zero(gross.currency));
    let fee = fee.map_or(nothing, |fee| fee.of(&lines, gross.currency));
    let fee = fee.ok_or(CancelRefusal::RefundTooLarge)?;
    let refund = gross.minus(fee).ok_or(CancelRefusal::RefundTooLarge)?;
    let returned = EventFact::SeatsReturned {
        booking: command.booking,
        places: allotments(&lines),
        at: command.at,
    };
    let requested = refund_of(sale, refund, command)?;
    let cancelled = BookingFact::PlacesCancelled {
        cancellation: command.cancellation,
        event: sale.placement.event,
        request: command.request,
        lines,
        by: recorded(command.by),
        gross,
        fee,
        refund,
        at: command.at,
    };
    let mut change = Change::of(returned, cancelled);
    change.booking.extend(requested);
    Ok(change)
}

const fn recorded(by: Canceller) -> CancelledBy {
    match by {
        Canceller::Buyer(_) => CancelledBy::Buyer,
        Canceller::Organizer(_) => CancelledBy::Organizer,
        Canceller::EventCancellation => CancelledBy::EventCancellation,
    }
}

/// The places that are asked for, out of those that the Booking has.
fn chosen(lines: &[BookingLine], places: &CancelRequest) -> Result<Vec<BookingLine>, CancelRefusal> {
    match places {
        CancelRequest::All => Ok(lines.to_vec()),
        CancelRequest::Seats(seats) => chosen_seats(lines, seats),
        CancelRequest::Count { section, quantity } => chosen_places(lines, section, *quantity),
    }
}

fn chosen_seats(lines: &[BookingLine], seats: &[SeatId]) -> Result<Vec<BookingLine>, CancelRefusal> {
    if seats.is_empty() {
        return Err(CancelRefusal::NoPlaces);
    }
    if let Some(twice) = named_twice(seats) {
        return Err(CancelRefusal::DuplicateSeats(twice));
    }
    let has = |seat: &&SeatId| lines.iter().any(|line| line.seats.contains(seat));
    let unknown: Vec<SeatId> = seats.iter().filter(|seat| !has(seat)).cloned().collect();
    if unknown.is_empty() {
        Ok(of_seats(lines, seats))
    } else {
        Err(CancelRefusal::UnknownSeats(unknown))
    }
}

fn chosen_places(
    lines: &[BookingLine],
    section: &SectionId,
    quantity: u32,
) -> Result<Vec<BookingLine>, CancelRefusal> {
    if quantity == 0 {
        return Err(CancelRefusal::NoPlaces);
    }
    let line = lines
        .iter()
        .find(|line| line.section == *section && line.seats.is_empty());
    match line {
        Some(line) if quantity <= line.quantity => Ok(vec![BookingLine {
            quantity,
            ..line.clone()
        }]),
        Some(_) | None => Err(CancelRefusal::TooMany {
            section: section.clone(),
            left: line.map_or(0, |line| line.quantity),
        }),
    }
}

/// What is kept of the price; `None`: nothing.
fn fee(event: &Event, sale: &Sale, command: &CancelPlaces) -> Result<Option<Fee>, CancelRefusal> {
    match command.by {
        Canceller::Organizer(_) | Canceller::EventCancellation => Ok(None),
        Canceller::Buyer(_) if event.is_cancelled() => Ok(None),
        Canceller::Buyer(_) => {
            let terms = sale.placement.terms(event).ok_or(NotCancellable::Never)?;
            Ok(terms.fee_at(command.at)?)
        }
    }
}

impl Placement {
    /// What decides under which conditions its buyer may cancel it; `None` where `event` is not there.
    pub fn terms(&self, event: &Event) -> Option<Terms> {
        let profile = event.profile()?;
        Some(Terms {
            policy: self.policy,
            is_free: self.total.is_zero(),
            placed_at: self.at,
            starts_at: profile.details.starts_at,
            rescheduled: profile.rescheduled,
        })
    }
}

/// The refund of `amount`, where there is something to return; never more than is left of what was paid.
fn refund_of(
    sale: &Sale,
    amount: Money,
    command: &CancelPlaces,
) -> Result<Option<BookingFact>, CancelRefusal> {
    if amount.is_zero() {
        return Ok(None);
    }
    let payment = sale.payments.bought_by().ok_or(CancelRefusal::RefundTooLarge)?;
    let refundable = sale
        .payments
        .refundable(payment)
        .ok_or(CancelRefusal::RefundTooLarge)?;
    refundable.minus(amount).ok_or(CancelRefusal::RefundTooLarge)?;
    Ok(Some(BookingFact::RefundRequested {
        refund: command.cancellation,
        event: sale.placement.event,
        payment: payment.id,
        attempt: 1,
        amount,
        reason: RefundReason::Cancellation,
        at: command.at,
    }))
}

#[cfg(test)]
mod tests;
