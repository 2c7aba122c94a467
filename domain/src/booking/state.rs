//! The state of a Booking.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::booking::facts::CancelledBy;
use crate::booking::payments::{Payments, Refund, RefundAbsent};
use crate::booking::reference::Reference;
use crate::cancellation::CancellationPolicy;
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, EventId, PaymentId, RefundId};
use crate::money::Money;
use crate::seating::BookingLine;

/// A Booking as its facts so far make it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// There is none.
    #[default]
    Unplaced,
    /// Its places are reserved until a deadline.
    Held(HeldBooking),
    /// Its places are reserved until the outcome of a payment is known.
    AwaitingPayment(PendingBooking),
    /// Its places, or what is left of them, are the buyer's own.
    Confirmed(Sale),
    /// All its places were given back after they were sold, or because the Event does not take place.
    Cancelled(Cancellation),
    /// The buyer gave its places back.
    Released(EndedBooking),
    /// The gateway said no too often.
    Failed(EndedBooking),
    /// Its deadline passed.
    Expired(ExpiredBooking),
}

/// What was placed. It never changes, so copies of a Booking share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub event: EventId,
    pub buyer: AccountId,
    pub reference: Reference,
    pub request: Fingerprint,
    /// Its places, by section.
    pub lines: Vec<BookingLine>,
    pub total: Money,
    /// Under which conditions the buyer may cancel; `None`: not at all.
    pub policy: Option<CancellationPolicy>,
    pub at: DateTime<Utc>,
}

/// A Booking whose places are reserved until a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBooking {
    pub placement: Arc<Placement>,
    /// First moment at which the hold is over.
    pub until: DateTime<Utc>,
    /// Whether its one extension is used.
    pub extended: bool,
    /// Attempts to pay so far.
    pub payments: Payments,
}

/// A Booking whose places are reserved until the outcome of a payment is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingBooking {
    /// The hold that goes on if the payment comes to nothing.
    pub held: HeldBooking,
    /// The attempt that is under way.
    pub payment: PaymentId,
}

/// A Booking whose places are the buyer's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    pub placement: Arc<Placement>,
    /// What is left of its places, by section.
    pub lines: Vec<BookingLine>,
    /// What was given back of them.
    pub cancelled: Vec<CancelledPlaces>,
    pub payments: Payments,
    /// Whether the hold was extended.
    pub extended: bool,
    /// When it was confirmed.
    pub at: DateTime<Utc>,
}

/// A Booking without places left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    pub placement: Arc<Placement>,
    /// What was given back, and when.
    pub cancelled: Vec<CancelledPlaces>,
    pub payments: Payments,
    /// Whether the hold was extended.
    pub extended: bool,
    /// When the hold ended, by sale or because the Event does not take place.
    pub hold_ended_at: DateTime<Utc>,
    /// When the last of its places was given back.
    pub at: DateTime<Utc>,
}

/// Places that were given back together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledPlaces {
    /// Names the cancellation, and its refund.
    pub id: RefundId,
    /// What the request asked for, where it had a key.
    pub request: Option<Fingerprint>,
    /// The places, by section.
    pub lines: Vec<BookingLine>,
    pub by: CancelledBy,
    /// What was paid for them.
    pub gross: Money,
    /// What is kept of that.
    pub fee: Money,
    /// What is returned of that.
    pub refund: Money,
    pub at: DateTime<Utc>,
}

/// A Booking that was given back before it was sold, or that could not be paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedBooking {
    pub placement: Arc<Placement>,
    pub payments: Payments,
    /// Whether the hold was extended.
    pub extended: bool,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// A Booking whose deadline passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredBooking {
    pub placement: Arc<Placement>,
    pub payments: Payments,
    /// Whether the hold was extended.
    pub extended: bool,
    /// The deadline.
    pub until: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

impl Booking {
    fn parts(&self) -> Option<(&Placement, &Payments)> {
        match self {
            Self::Unplaced => None,
            Self::Held(held) | Self::AwaitingPayment(PendingBooking { held, .. }) => {
                Some((&held.placement, &held.payments))
            }
            Self::Confirmed(sale) => Some((&sale.placement, &sale.payments)),
            Self::Cancelled(cancellation) => Some((&cancellation.placement, &cancellation.payments)),
            Self::Released(ended) | Self::Failed(ended) => Some((&ended.placement, &ended.payments)),
            Self::Expired(expired) => Some((&expired.placement, &expired.payments)),
        }
    }

    /// What was placed, if anything was.
    pub fn placement(&self) -> Option<&Placement> {
        self.parts().map(|(placement, _)| placement)
    }

    /// Its money, if anything was placed.
    pub fn payments(&self) -> Option<&Payments> {
        self.parts().map(|(_, payments)| payments)
    }

    /// The refund with this id, and the Event.
    pub(super) fn refund(&self, id: RefundId) -> Result<(EventId, &Refund), RefundAbsent> {
        let (placement, payments) = self.parts().ok_or(RefundAbsent)?;
        let refund = payments.refund(id).ok_or(RefundAbsent)?;
        Ok((placement.event, refund))
    }

    pub(super) const fn payments_mut(&mut self) -> Option<&mut Payments> {
        match self {
            Self::Unplaced => None,
            Self::Held(held) | Self::AwaitingPayment(PendingBooking { held, .. }) => Some(&mut held.payments),
            Self::Confirmed(sale) => Some(&mut sale.payments),
            Self::Cancelled(cancellation) => Some(&mut cancellation.payments),
            Self::Released(ended) | Self::Failed(ended) => Some(&mut ended.payments),
            Self::Expired(expired) => Some(&mut expired.payments),
        }
    }

    pub fn buyer(&self) -> Option<AccountId> {
        self.placement().map(|placement| placement.buyer)
    }

    pub fn event(&self) -> Option<EventId> {
        self.placement().map(|placement| placement.event)
    }

    /// Its places by section: those that it has, and of an ended Booking those that it had.
    pub fn lines(&self) -> &[BookingLine] {
        if let Self::Confirmed(sale) = self {
            return &sale.lines;
        }
        self.placement().map_or(&[], |placement| &placement.lines)
    }

    /// What was given back after it was sold, the first first.
    pub fn cancelled(&self) -> &[CancelledPlaces] {
        match self {
            Self::Confirmed(sale) => &sale.cancelled,
            Self::Cancelled(cancellation) => &cancellation.cancelled,
            Self::Unplaced
            | Self::Held(_)
            | Self::AwaitingPayment(_)
            | Self::Released(_)
            | Self::Failed(_)
            | Self::Expired(_) => &[],
        }
    }

    /// What its places cost.
    pub fn total(&self) -> Option<Money> {
        self.placement().map(|placement| placement.total)
    }

    /// Its short name for people.
    pub fn reference(&self) -> Option<&Reference> {
        self.placement().map(|placement| &placement.reference)
    }

    /// When it was placed.
    pub fn placed_at(&self) -> Option<DateTime<Utc>> {
        self.placement().map(|placement| placement.at)
    }

    /// First moment at which the hold is over; `None` where nothing is held, or where a payment must be known first.
    pub const fn until(&self) -> Option<DateTime<Utc>> {
        if let Self::Held(held) = self {
            Some(held.until)
        } else {
            None
        }
    }

    /// Whether the hold was extended.
    pub const fn extended(&self) -> bool {
        match self {
            Self::Unplaced => false,
            Self::Held(held) => held.extended,
            Self::AwaitingPayment(pending) => pending.held.extended,
            Self::Confirmed(sale) => sale.extended,
            Self::Cancelled(cancellation) => cancellation.extended,
            Self::Released(ended) | Self::Failed(ended) => ended.extended,
            Self::Expired(expired) => expired.extended,
        }
    }

    /// When the hold ended, by sale or otherwise; `None` while it goes on.
    pub const fn ended_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Unplaced | Self::Held(_) | Self::AwaitingPayment(_) => None,
            Self::Confirmed(sale) => Some(sale.at),
            Self::Cancelled(cancellation) => Some(cancellation.hold_ended_at),
            Self::Released(ended) | Self::Failed(ended) => Some(ended.at),
            Self::Expired(expired) => Some(expired.at),
        }
    }

    /// Where it stands, as the API and reports name it: `unplaced`, `held`, `awaiting_payment`, `confirmed`,
    /// `cancelled`, `refunded`, `released`, `failed` or `expired`. A cancelled Booking is refunded once all that is due
    /// to the buyer was returned.
    pub fn status(&self) -> &'static str {
        match self {
            Self::Unplaced => "unplaced",
            Self::Held(_) => "held",
            Self::AwaitingPayment(_) => "awaiting_payment",
            Self::Confirmed(_) => "confirmed",
            Self::Cancelled(cancellation) if cancellation.is_refunded() => "refunded",
            Self::Cancelled(_) => "cancelled",
            Self::Released(_) => "released",
            Self::Failed(_) => "failed",
            Self::Expired(_) => "expired",
        }
    }
}

impl Cancellation {
    fn is_refunded(&self) -> bool {
        !self.payments.refunds().is_empty() && self.payments.are_settled()
    }
}
