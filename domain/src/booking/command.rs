//! What may be asked of a Booking, and the one door to decide it, over the Event and the Booking together.

use chrono::{DateTime, Utc};

use crate::booking::cancel::{self, CancelPlaces, CancelRefusal};
use crate::booking::change::Change;
use crate::booking::confirm::{self, ConfirmBooking, ConfirmRefusal};
use crate::booking::expire::{self, ExpireBooking, ExpireRefusal};
use crate::booking::extend::{self, ExtendBooking};
use crate::booking::held::NotHeld;
use crate::booking::payments::RefundAbsent;
use crate::booking::place::{self, PlaceBooking, PlaceRefusal};
use crate::booking::prolong::{self, ProlongBooking};
use crate::booking::request_payment::{self, RequestPayment, RequestPaymentRefusal};
use crate::booking::retry_refund::{self, RetryRefund};
use crate::booking::settle_payment::{self, SettlePayment, SettlePaymentRefusal};
use crate::booking::settle_refund::{self, SettleRefund};
use crate::booking::state::Booking;
use crate::event::state::Event;
use crate::ids::BookingId;

/// What may be asked of a Booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingCommand {
    Place(PlaceBooking),
    Extend(ExtendBooking),
    Expire(ExpireBooking),
    Confirm(ConfirmBooking),
    Prolong(ProlongBooking),
    RequestPayment(RequestPayment),
    SettlePayment(SettlePayment),
    Cancel(CancelPlaces),
    SettleRefund(SettleRefund),
    RetryRefund(RetryRefund),
}

/// Why a command on a Booking is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookingRefusal {
    #[error(transparent)]
    Place(#[from] PlaceRefusal),
    #[error(transparent)]
    Extend(NotHeld),
    #[error(transparent)]
    Expire(#[from] ExpireRefusal),
    #[error(transparent)]
    Confirm(#[from] ConfirmRefusal),
    #[error(transparent)]
    Prolong(NotHeld),
    #[error(transparent)]
    RequestPayment(#[from] RequestPaymentRefusal),
    #[error(transparent)]
    SettlePayment(#[from] SettlePaymentRefusal),
    #[error(transparent)]
    Cancel(#[from] CancelRefusal),
    #[error(transparent)]
    SettleRefund(RefundAbsent),
    #[error(transparent)]
    RetryRefund(RefundAbsent),
}

/// Does the same with the command inside, whichever it is.
macro_rules! with_each {
    ($verb:expr, $command:ident => $body:expr) => {
        match $verb {
            BookingCommand::Place($command) => $body,
            BookingCommand::Extend($command) => $body,
            BookingCommand::Expire($command) => $body,
            BookingCommand::Confirm($command) => $body,
            BookingCommand::Prolong($command) => $body,
            BookingCommand::RequestPayment($command) => $body,
            BookingCommand::SettlePayment($command) => $body,
            BookingCommand::Cancel($command) => $body,
            BookingCommand::SettleRefund($command) => $body,
            BookingCommand::RetryRefund($command) => $body,
        }
    };
}

impl BookingCommand {
    /// The Booking it is about.
    pub const fn booking(&self) -> BookingId {
        with_each!(self, command => command.booking)
    }

    /// The moment at which it is decided.
    pub const fn at(&self) -> DateTime<Utc> {
        with_each!(self, command => command.at)
    }

    /// Sets the moment at which it is decided.
    pub const fn set_at(&mut self, at: DateTime<Utc>) {
        with_each!(self, command => command.at = at);
    }
}

/// Decides `command`. Overdue holds of others count as holds here: expire those of [`expired_holds_blocking`] first.
pub fn decide(event: &Event, booking: &Booking, command: &BookingCommand) -> Result<Change, BookingRefusal> {
    Ok(match command {
        BookingCommand::Place(command) => place::decide(event, booking, command)?,
        BookingCommand::Extend(command) => {
            extend::decide(event, booking, command).map_err(BookingRefusal::Extend)?
        }
        BookingCommand::Expire(command) => expire::decide(booking, command)?,
        BookingCommand::Confirm(command) => confirm::decide(event, booking, command)?,
        BookingCommand::Prolong(command) => {
            prolong::decide(event, booking, command).map_err(BookingRefusal::Prolong)?
        }
        BookingCommand::RequestPayment(command) => request_payment::decide(event, booking, command)?,
        BookingCommand::SettlePayment(command) => settle_payment::decide(event, booking, command)?,
        BookingCommand::Cancel(command) => cancel::decide(event, booking, command)?,
        BookingCommand::SettleRefund(command) => {
            settle_refund::decide(booking, command).map_err(BookingRefusal::SettleRefund)?
        }
        BookingCommand::RetryRefund(command) => {
            retry_refund::decide(booking, command).map_err(BookingRefusal::RetryRefund)?
        }
    })
}

/// Holds that are over and stand in the way of `command`: of the places it wants, or of its buyer, whose limit they
/// count towards. Expiring them first, in the same unit of facts, frees what is over whenever it is looked at.
pub fn expired_holds_blocking(event: &Event, command: &BookingCommand) -> Vec<BookingId> {
    match command {
        BookingCommand::Place(command) => {
            let limit = event.buyer_seats_max();
            event
                .seats
                .overdue_before(command.buyer, limit, &command.seats, command.at)
        }
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
