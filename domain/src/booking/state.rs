//! The state of a Booking, and how facts change it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::booking::facts::{BookingFact, BookingLine};
use crate::booking::reference::{Fingerprint, Reference};
use crate::ids::{AccountId, EventId};
use crate::money::Money;

/// A Booking as its facts so far make it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// There is none.
    #[default]
    Unplaced,
    /// Its places are reserved until a deadline.
    Held(HeldBooking),
    /// Its places are the buyer's own.
    Confirmed(Sale),
    /// The buyer gave its places back.
    Released(EndedBooking),
    /// Its deadline passed.
    Expired(ExpiredBooking),
}

/// What was placed, which never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The Event.
    pub event: EventId,
    /// The buyer.
    pub buyer: AccountId,
    /// Its short name for people.
    pub reference: Reference,
    /// What was asked for.
    pub request: Fingerprint,
    /// Its places, by section.
    pub lines: Vec<BookingLine>,
    /// What they cost.
    pub total: Money,
    /// When.
    pub at: DateTime<Utc>,
}

/// A Booking whose places are reserved until a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBooking {
    /// What was placed.
    pub placement: Placement,
    /// First moment at which the hold is over.
    pub until: DateTime<Utc>,
    /// Whether its one extension is used.
    pub extended: bool,
}

/// A Booking whose places are the buyer's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// What was placed.
    pub placement: Placement,
    /// When it was confirmed.
    pub at: DateTime<Utc>,
}

/// A Booking that the buyer gave back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedBooking {
    /// What was placed.
    pub placement: Placement,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// A Booking whose deadline passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiredBooking {
    /// What was placed.
    pub placement: Placement,
    /// The deadline.
    pub until: DateTime<Utc>,
    /// When somebody noticed.
    pub at: DateTime<Utc>,
}

impl Booking {
    /// Version of the shape in which the state is stored; another one is not read.
    pub const SCHEMA_VERSION: i32 = 1;

    /// What was placed, if anything was.
    #[must_use]
    pub const fn placement(&self) -> Option<&Placement> {
        match self {
            Self::Unplaced => None,
            Self::Held(held) => Some(&held.placement),
            Self::Confirmed(sale) => Some(&sale.placement),
            Self::Released(ended) => Some(&ended.placement),
            Self::Expired(expired) => Some(&expired.placement),
        }
    }

    /// The buyer.
    #[must_use]
    pub fn buyer(&self) -> Option<AccountId> {
        self.placement().map(|placement| placement.buyer)
    }

    /// The Event.
    #[must_use]
    pub fn event(&self) -> Option<EventId> {
        self.placement().map(|placement| placement.event)
    }

    /// Its places, by section; none where nothing was placed.
    #[must_use]
    pub fn lines(&self) -> &[BookingLine] {
        self.placement().map_or(&[], |placement| &placement.lines)
    }

    /// What its places cost.
    #[must_use]
    pub fn total(&self) -> Option<Money> {
        self.placement().map(|placement| placement.total)
    }

    /// Its short name for people.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        self.placement().map(|placement| &placement.reference)
    }

    /// When it was placed.
    #[must_use]
    pub fn placed_at(&self) -> Option<DateTime<Utc>> {
        self.placement().map(|placement| placement.at)
    }

    /// First moment at which the hold is over; `None` where nothing is held.
    #[must_use]
    pub const fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Held(held) => Some(held.until),
            Self::Unplaced | Self::Confirmed(_) | Self::Released(_) | Self::Expired(_) => None,
        }
    }

    /// Where it stands, as the API and reports name it: `unplaced`, `held`, `confirmed`, `released` or `expired`.
    #[must_use]
    pub const fn status(&self) -> &'static str {
        match self {
            Self::Unplaced => "unplaced",
            Self::Held(_) => "held",
            Self::Confirmed(_) => "confirmed",
            Self::Released(_) => "released",
            Self::Expired(_) => "expired",
        }
    }

    /// Changes the state by one fact. Total: a fact that makes no sense here changes nothing.
    pub fn evolve(&mut self, fact: &BookingFact) {
        *self = match (std::mem::take(self), fact) {
            (
                Self::Unplaced,
                BookingFact::BookingPlaced {
                    event,
                    buyer,
                    reference,
                    request,
                    lines,
                    total,
                    until,
                    at,
                },
            ) => {
                let placement = Placement {
                    event: *event,
                    buyer: *buyer,
                    reference: reference.clone(),
                    request: *request,
                    lines: lines.clone(),
                    total: *total,
                    at: *at,
                };
                Self::Held(HeldBooking {
                    placement,
                    until: *until,
                    extended: false,
                })
            }
            (Self::Held(held), BookingFact::BookingExtended { until, .. }) => Self::Held(HeldBooking {
                until: *until,
                extended: true,
                ..held
            }),
            (Self::Held(held), BookingFact::BookingReleased { at }) => Self::Released(EndedBooking {
                placement: held.placement,
                at: *at,
            }),
            (Self::Held(held), BookingFact::BookingExpired { at }) => Self::Expired(ExpiredBooking {
                placement: held.placement,
                until: held.until,
                at: *at,
            }),
            (Self::Held(held), BookingFact::BookingConfirmed { at }) => Self::Confirmed(Sale {
                placement: held.placement,
                at: *at,
            }),
            (
                unmoved,
                BookingFact::BookingPlaced { .. }
                | BookingFact::BookingExtended { .. }
                | BookingFact::BookingReleased { .. }
                | BookingFact::BookingExpired { .. }
                | BookingFact::BookingConfirmed { .. },
            ) => unmoved,
        };
    }

    /// Changes the state by one fact, as [`Booking::evolve`] does.
    pub fn apply(&mut self, fact: BookingFact) {
        cqrs_es::Aggregate::apply(self, fact);
    }
}
