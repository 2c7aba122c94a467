//! The facts of a Booking. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::booking::reference::{Fingerprint, Reference};
use crate::booking::state::Booking;
use crate::cancellation_policy::CancellationPolicy;
use crate::ids::{AccountId, EventId, PaymentId, RefundId};
use crate::money::{Money, Price};
use crate::payment::{DeclineReason, GatewayName, GatewayReference, MethodToken};
use crate::recorded::Recorded;
use crate::text::{SeatId, SectionId};

/// What happened to a Booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
pub enum BookingFact {
    /// Places are held for it, at prices that stay.
    BookingPlaced {
        /// The Event.
        event: EventId,
        /// The buyer.
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
        /// When.
        at: DateTime<Utc>,
    },
    /// The hold lasts longer.
    BookingExtended {
        /// The new deadline.
        until: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The buyer gave it back before it was confirmed.
    BookingReleased {
        /// When.
        at: DateTime<Utc>,
    },
    /// The deadline passed.
    BookingExpired {
        /// When.
        at: DateTime<Utc>,
    },
    /// The hold became a sale.
    BookingConfirmed {
        /// When.
        at: DateTime<Utc>,
    },
    /// The buyer wants to pay. The gateway is asked only after this stands in the log, and the hold does not end until
    /// its answer does too.
    PaymentRequested {
        /// Which attempt to pay.
        payment: PaymentId,
        /// The Event.
        event: EventId,
        /// What the gateway is to take.
        amount: Money,
        /// What the buyer pays with.
        method: MethodToken,
        /// Who is asked.
        gateway: GatewayName,
        /// What the request asked for, so that a repeated request is known from another one.
        request: Fingerprint,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway said no.
    PaymentDeclined {
        /// To which attempt.
        payment: PaymentId,
        /// The Event.
        event: EventId,
        /// Why.
        reason: DeclineReason,
        /// First moment at which the hold is over, where it goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway took the money; the sale follows in the same unit.
    PaymentCaptured {
        /// By which attempt.
        payment: PaymentId,
        /// The Event.
        event: EventId,
        /// What it took.
        amount: Money,
        /// What the gateway calls it.
        reference: GatewayReference,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway took money that buys nothing any more; its refund follows in the same unit.
    PaymentCapturedLate {
        /// By which attempt.
        payment: PaymentId,
        /// The Event.
        event: EventId,
        /// What it took.
        amount: Money,
        /// What the gateway calls it.
        reference: GatewayReference,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway said no too often; the places are given back.
    BookingFailed {
        /// When.
        at: DateTime<Utc>,
    },
    /// Some or all of its places are given back; a refund that is due follows in the same unit.
    PlacesCancelled {
        /// Names this cancellation, and the refund that it may bring.
        cancellation: RefundId,
        /// The Event.
        event: EventId,
        /// What was asked for, where the request had a key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Fingerprint>,
        /// What is given back, by section.
        lines: Vec<BookingLine>,
        /// By whom.
        by: CancelledBy,
        /// What was paid for it: `fee` and `refund` together.
        gross: Money,
        /// What is kept of that.
        fee: Money,
        /// What is returned of that.
        refund: Money,
        /// When.
        at: DateTime<Utc>,
    },
    /// Money is to be returned. The gateway is asked only after this stands in the log.
    RefundRequested {
        /// Which refund.
        refund: RefundId,
        /// The Event.
        event: EventId,
        /// Of which payment.
        payment: PaymentId,
        /// Counts from 1: a refund that the gateway refused may be asked for again.
        attempt: u32,
        /// How much.
        amount: Money,
        /// Why.
        reason: RefundReason,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway returned the money.
    RefundSettled {
        /// Which refund.
        refund: RefundId,
        /// The Event.
        event: EventId,
        /// How much.
        amount: Money,
        /// Why it was due.
        reason: RefundReason,
        /// What the gateway calls it.
        reference: GatewayReference,
        /// When.
        at: DateTime<Utc>,
    },
    /// The gateway will not return the money; somebody must look.
    RefundRefused {
        /// Which refund.
        refund: RefundId,
        /// The Event.
        event: EventId,
        /// At which attempt.
        attempt: u32,
        /// Why.
        reason: DeclineReason,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Who gave places back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// Whoever booked them.
    Buyer,
    /// Whoever runs the Event.
    Organizer,
    /// The Event takes place for nobody.
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

/// Places of one section at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingLine {
    /// The section.
    pub section: SectionId,
    /// How many places; with named seats, their number.
    pub quantity: u32,
    /// The seats; empty in general admission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
    /// What one of them costs, in minor units of the total's currency.
    pub unit_price: Price,
}

impl DomainEvent for BookingFact {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }

    fn event_version(&self) -> String {
        Booking::FACT_VERSION.to_owned()
    }
}

impl BookingFact {
    /// The fact's name, as the log's `event_type` has it.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
