//! The facts of a Booking. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::booking::reference::{Fingerprint, Reference};
use crate::ids::{AccountId, EventId};
use crate::money::{Money, Price};
use crate::text::{SeatId, SectionId};

/// What happened to a Booking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        Self::VERSION.to_owned()
    }
}

impl BookingFact {
    /// Version of the persisted shape that this code writes.
    pub const VERSION: &'static str = "1.0";

    /// The fact's name, as the log's `event_type` has it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BookingPlaced { .. } => "BookingPlaced",
            Self::BookingExtended { .. } => "BookingExtended",
            Self::BookingReleased { .. } => "BookingReleased",
            Self::BookingExpired { .. } => "BookingExpired",
            Self::BookingConfirmed { .. } => "BookingConfirmed",
        }
    }
}
