//! What may be asked of a Booking, and the one door to decide it, over the Event and the Booking together.

use chrono::{DateTime, Utc};

use crate::booking::cancel::{self, CancelPlaces, CancelRefusal};
use crate::booking::confirm::{self, ConfirmBooking, ConfirmRefusal};
use crate::booking::expire::{self, ExpireBooking, ExpireRefusal};
use crate::booking::extend::{self, ExtendBooking, ExtendRefusal};
use crate::booking::facts::{BookingFact, BookingLine};
use crate::booking::place::{self, PlaceBooking, PlaceRefusal};
use crate::booking::prolong::{self, ProlongBooking, ProlongRefusal};
use crate::booking::request_payment::{self, RequestPayment, RequestPaymentRefusal};
use crate::booking::retry_refund::{self, RetryRefund, RetryRefundRefusal};
use crate::booking::settle_payment::{self, SettlePayment, SettlePaymentRefusal};
use crate::booking::settle_refund::{self, SettleRefund, SettleRefundRefusal};
use crate::booking::state::Booking;
use crate::event::facts::{Allotment, EventFact};
use crate::event::state::Event;
use crate::ids::BookingId;

/// What may be asked of a Booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingCommand {
    /// Hold places.
    Place(PlaceBooking),
    /// Hold them longer.
    Extend(ExtendBooking),
    /// End the hold, as its deadline passed.
    Expire(ExpireBooking),
    /// Make the hold a sale.
    Confirm(ConfirmBooking),
    /// Hold them as long as any hold lasts, as no money can be taken just now.
    Prolong(ProlongBooking),
    /// Pay.
    RequestPayment(RequestPayment),
    /// Note what the gateway said of a payment.
    SettlePayment(SettlePayment),
    /// Give places back, sold or not.
    Cancel(CancelPlaces),
    /// Note what the gateway said of a refund.
    SettleRefund(SettleRefund),
    /// Ask for a refused refund again.
    RetryRefund(RetryRefund),
}

/// What follows from a command: facts of both streams, which stand or fall together. Empty where nothing changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Facts of the Event.
    pub event: Vec<EventFact>,
    /// Facts of the Booking.
    pub booking: Vec<BookingFact>,
}

/// Why a command on a Booking is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    /// It cannot be placed.
    #[error(transparent)]
    Place(#[from] PlaceRefusal),
    /// It cannot be extended.
    #[error(transparent)]
    Extend(#[from] ExtendRefusal),
    /// It cannot be expired.
    #[error(transparent)]
    Expire(#[from] ExpireRefusal),
    /// It cannot be confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmRefusal),
    /// It cannot be prolonged.
    #[error(transparent)]
    Prolong(#[from] ProlongRefusal),
    /// It cannot be paid.
    #[error(transparent)]
    RequestPayment(#[from] RequestPaymentRefusal),
    /// The answer to a payment cannot be noted.
    #[error(transparent)]
    SettlePayment(#[from] SettlePaymentRefusal),
    /// Its places cannot be given back.
    #[error(transparent)]
    Cancel(#[from] CancelRefusal),
    /// The answer to a refund cannot be noted.
    #[error(transparent)]
    SettleRefund(#[from] SettleRefundRefusal),
    /// Its refund cannot be asked for again.
    #[error(transparent)]
    RetryRefund(#[from] RetryRefundRefusal),
}

impl BookingCommand {
    /// The Booking it is about.
    pub const fn booking(&self) -> BookingId {
        match self {
            Self::Place(command) => command.booking,
            Self::Extend(command) => command.booking,
            Self::Expire(command) => command.booking,
            Self::Confirm(command) => command.booking,
            Self::Prolong(command) => command.booking,
            Self::RequestPayment(command) => command.booking,
            Self::SettlePayment(command) => command.booking,
            Self::Cancel(command) => command.booking,
            Self::SettleRefund(command) => command.booking,
            Self::RetryRefund(command) => command.booking,
        }
    }

    /// Whether it makes a new Booking.
    pub const fn is_place(&self) -> bool {
        matches!(self, Self::Place(_))
    }

    /// Sets the moment at which the command is decided.
    pub const fn set_at(&mut self, at: DateTime<Utc>) {
        match self {
            Self::Place(command) => command.at = at,
            Self::Extend(command) => command.at = at,
            Self::Expire(command) => command.at = at,
            Self::Confirm(command) => command.at = at,
            Self::Prolong(command) => command.at = at,
            Self::RequestPayment(command) => command.at = at,
            Self::SettlePayment(command) => command.at = at,
            Self::Cancel(command) => command.at = at,
            Self::SettleRefund(command) => command.at = at,
            Self::RetryRefund(command) => command.at = at,
        }
    }
}

impl Change {
    /// Whether nothing changes.
    pub const fn is_empty(&self) -> bool {
        self.event.is_empty() && self.booking.is_empty()
    }

    /// One fact of each stream.
    pub(crate) fn of(event: EventFact, booking: BookingFact) -> Self {
        Self {
            event: vec![event],
            booking: vec![booking],
        }
    }
}

/// Decides `command`. Overdue holds of others count as holds here: expire those of [`overdue_in_the_way`] first.
pub fn decide(event: &Event, booking: &Booking, command: &BookingCommand) -> Result<Change, BookingRefusal> {
    Ok(match command {
        BookingCommand::Place(command) => place::decide(event, booking, command)?,
        BookingCommand::Extend(command) => extend::decide(booking, command)?,
        BookingCommand::Expire(command) => expire::decide(booking, command)?,
        BookingCommand::Confirm(command) => confirm::decide(event, booking, command)?,
        BookingCommand::Prolong(command) => prolong::decide(booking, command)?,
        BookingCommand::RequestPayment(command) => request_payment::decide(event, booking, command)?,
        BookingCommand::SettlePayment(command) => settle_payment::decide(booking, command)?,
        BookingCommand::Cancel(command) => cancel::decide(event, booking, command)?,
        BookingCommand::SettleRefund(command) => settle_refund::decide(booking, command)?,
        BookingCommand::RetryRefund(command) => retry_refund::decide(booking, command)?,
    })
}

/// Holds that are over and stand in the way of `command`: of the places it wants, or of its buyer, whose limit they
/// count towards. Expiring them first, in the same unit of facts, makes what is over free whenever somebody looks.
pub fn overdue_in_the_way(event: &Event, command: &BookingCommand) -> Vec<BookingId> {
    match command {
        BookingCommand::Place(command) => event.overdue_before(command.buyer, &command.seats, command.at),
        BookingCommand::Extend(_)
        | BookingCommand::Expire(_)
        | BookingCommand::Confirm(_)
        | BookingCommand::Prolong(_)
        | BookingCommand::RequestPayment(_)
        | BookingCommand::SettlePayment(_)
        | BookingCommand::Cancel(_)
        | BookingCommand::SettleRefund(_)
        | BookingCommand::RetryRefund(_) => Vec::new(),
    }
}

/// The places of a Booking, as the Event's facts name them.
pub(crate) fn allotments(lines: &[BookingLine]) -> Vec<Allotment> {
    let allotment = |line: &BookingLine| Allotment {
        section: line.section.clone(),
        quantity: line.quantity,
        seats: line.seats.clone(),
    };
    lines.iter().map(allotment).collect()
}
