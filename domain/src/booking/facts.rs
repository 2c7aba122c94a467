//! The facts of a Booking. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::booking::reference::Reference;
use crate::cancellation::CancellationPolicy;
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, EventId, PaymentId, RefundId};
use crate::money::Money;
use crate::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
pub use crate::seating::BookingLine;

/// What happened to a Booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
pub enum BookingFact {
    /// Places are held for it, at prices that stay.
    BookingPlaced {
        event: EventId,
        buyer: AccountId,
        /// Its short name for people.
        reference: Reference,
        /// What was asked for, so that a repeated request is known from another one.
        request: Fingerprint,
        /// What is held, by section.
        lines: Vec<BookingLine>,
        /// What it costs.
        total: Money,
        /// Under which conditions the buyer may cancel it, once it is paid; `None`: not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<CancellationPolicy>,
        /// First moment at which the hold is over.
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The hold lasts longer.
    BookingExtended { until: DateTime<Utc>, at: DateTime<Utc> },
    /// The buyer gave it back before it was confirmed.
    BookingReleased { at: DateTime<Utc> },
    /// The deadline passed.
    BookingExpired { at: DateTime<Utc> },
    /// The hold became a sale.
    BookingConfirmed { at: DateTime<Utc> },
    /// The buyer wants to pay. The gateway is asked only after this stands in the log, and the hold does not end until
    /// its answer does too.
    PaymentRequested {
        /// Which attempt to pay.
        payment: PaymentId,
        event: EventId,
        /// What the gateway is to take.
        amount: Money,
        /// What the buyer pays with.
        method: MethodToken,
        /// Who is asked.
        gateway: GatewayName,
        /// What the request asked for, so that a repeated request is known from another one.
        request: Fingerprint,
        at: DateTime<Utc>,
    },
    /// The gateway said no.
    PaymentDeclined {
        payment: PaymentId,
        event: EventId,
        reason: DeclineReason,
        /// First moment at which the hold is over, where it goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
        at: DateTime<Utc>,
    },
    /// The gateway took the money; the sale follows in the same unit.
    PaymentCaptured {
        payment: PaymentId,
        event: EventId,
        amount: Money,
        /// What the gateway calls it.
        reference: GatewayReference,
        at: DateTime<Utc>,
    },
    /// The gateway took money that buys nothing any more; its refund follows in the same unit.
    PaymentCapturedLate {
        payment: PaymentId,
        event: EventId,
        amount: Money,
        /// What the gateway calls it.
        reference: GatewayReference,
        at: DateTime<Utc>,
    },
    /// The gateway said no too often; the places are given back.
    BookingFailed { at: DateTime<Utc> },
    /// Some or all of its places are given back; a refund that is due follows in the same unit.
    PlacesCancelled {
        /// Names this cancellation, and the refund that it may bring.
        cancellation: RefundId,
        event: EventId,
        /// What was asked for, where the request had a key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Fingerprint>,
        /// What is given back, by section.
        lines: Vec<BookingLine>,
        by: CancelledBy,
        /// What was paid for it: `fee` and `refund` together.
        gross: Money,
        /// What is kept of that.
        fee: Money,
        /// What is returned of that.
        refund: Money,
        at: DateTime<Utc>,
    },
    /// Money is to be returned. The gateway is asked only after this stands in the log.
    RefundRequested {
        refund: RefundId,
        event: EventId,
        payment: PaymentId,
        /// Counts from 1: a refund that the gateway refused may be asked for again.
        attempt: u32,
        amount: Money,
        reason: RefundReason,
        at: DateTime<Utc>,
    },
    /// The gateway returned the money.
    RefundSettled {
        refund: RefundId,
        event: EventId,
        amount: Money,
        /// Why it was due.
        reason: RefundReason,
        /// What the gateway calls it.
        reference: GatewayReference,
        at: DateTime<Utc>,
    },
    /// The gateway will not return the money; an administrator must look.
    RefundRefused {
        refund: RefundId,
        event: EventId,
        /// At which attempt.
        attempt: u32,
        reason: DeclineReason,
        at: DateTime<Utc>,
    },
}

/// Who gave places back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    Buyer,
    Organizer,
    /// The Event was cancelled.
    EventCancellation,
}

/// Why money is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundReason {
    /// Places were cancelled.
    Cancellation,
    /// It came when it could buy nothing any more.
    LateCapture,
}

impl BookingFact {
    /// When it happened.
    pub const fn at(&self) -> DateTime<Utc> {
        match self {
            Self::BookingPlaced { at, .. }
            | Self::BookingExtended { at, .. }
            | Self::BookingReleased { at, .. }
            | Self::BookingExpired { at, .. }
            | Self::BookingConfirmed { at, .. }
            | Self::PaymentRequested { at, .. }
            | Self::PaymentDeclined { at, .. }
            | Self::PaymentCaptured { at, .. }
            | Self::PaymentCapturedLate { at, .. }
            | Self::BookingFailed { at, .. }
            | Self::PlacesCancelled { at, .. }
            | Self::RefundRequested { at, .. }
            | Self::RefundSettled { at, .. }
            | Self::RefundRefused { at, .. } => *at,
        }
    }

    /// The fact's name, as the log's `event_type` has it.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
