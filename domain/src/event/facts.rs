//! The facts of an Event. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::cancellation::CancellationPolicy;
use crate::event::details::EventDetails;
use crate::event::plan::{PlanHead, PlanRow, PlanZone};
use crate::fingerprint::Fingerprint;
use crate::ids::{AccountId, BookingId};
use crate::money::{Currency, Price};
pub use crate::seating::Allotment;
use crate::text::{Name, SectionId};

/// What happened to an Event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
pub enum EventFact {
    /// A draft was made.
    EventCreated {
        /// Who runs it.
        organizer: AccountId,
        /// What it is, where and when.
        details: EventDetails,
        /// What every price of it is in.
        currency: Currency,
        /// Seats that one buyer may hold and own at once.
        buyer_seats_max: u32,
        /// What was asked for, where the request had a key: a repeated request is known from another one by it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Fingerprint>,
        at: DateTime<Utc>,
    },
    /// Its seating comes from an imported plan; zones, sections and rows follow in the same unit.
    PlanImported {
        /// The plan but for its zones.
        plan: PlanHead,
        at: DateTime<Utc>,
    },
    /// A zone of the imported plan, but for its rows: name, place and drawn areas.
    ZoneAdded { zone: PlanZone, at: DateTime<Utc> },
    /// A section with one price; the rows of a seated one follow.
    SectionAdded {
        /// Its id within the Event.
        section: SectionId,
        /// What buyers call it.
        name: Name,
        /// What a seat costs.
        price: Price,
        /// Category of the plan that it comes from, where there is a plan.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        category: Option<Name>,
        /// Places without names; `None` where seats are named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capacity: Option<u32>,
        at: DateTime<Utc>,
    },
    /// A run of rows of a seated section, front to back.
    RowsAdded {
        section: SectionId,
        /// The rows, each with its seats from one end to the other.
        rows: Vec<PlanRow>,
        at: DateTime<Utc>,
    },
    /// Details of the Event were edited.
    DetailsEdited {
        /// The details from now on.
        details: EventDetails,
        at: DateTime<Utc>,
    },
    /// How many seats one buyer may hold and own at once.
    BuyerLimitSet { buyer_seats_max: u32, at: DateTime<Utc> },
    /// Everybody may see it.
    EventPublished { at: DateTime<Utc> },
    /// Seats are for sale from `from` on, which may lie ahead. A closing decided before stays where it lies after
    /// `from`, and no longer counts where it does not.
    SalesOpened {
        /// First moment of sale.
        from: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Seats are for sale until `until` and no longer; it may lie ahead.
    SalesClosed {
        /// First moment without sale.
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The draft was deleted.
    DraftDeleted { at: DateTime<Utc> },
    /// Places are reserved for a Booking until a deadline.
    SeatsHeld {
        booking: BookingId,
        buyer: AccountId,
        /// What, by section.
        places: Vec<Allotment>,
        /// First moment at which they are free again.
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// A hold lasts longer.
    HoldExtended {
        booking: BookingId,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The places were given back before they were sold.
    HoldReleased {
        booking: BookingId,
        /// What is free again.
        places: Vec<Allotment>,
        at: DateTime<Utc>,
    },
    /// The deadline passed; the places are free again.
    HoldExpired {
        booking: BookingId,
        /// What is free again.
        places: Vec<Allotment>,
        at: DateTime<Utc>,
    },
    /// A payment for it is under way: the hold does not end by its deadline.
    HoldSecured { booking: BookingId, at: DateTime<Utc> },
    /// The payment came to nothing: the hold ends by a deadline again.
    HoldResumed {
        booking: BookingId,
        /// First moment at which the places are free again.
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Sold places are free again.
    SeatsReturned {
        /// Which Booking had them.
        booking: BookingId,
        /// What is free again, by section.
        places: Vec<Allotment>,
        at: DateTime<Utc>,
    },
    /// Buyers who hold from now on may cancel under these conditions.
    CancellationPolicySet {
        /// The conditions; `None`: they may not cancel.
        policy: Option<CancellationPolicy>,
        at: DateTime<Utc>,
    },
    /// It takes place at another time. Who booked before may cancel for nothing for a while.
    EventRescheduled {
        /// When it starts now.
        starts_at: DateTime<Utc>,
        /// When it ends now.
        ends_at: DateTime<Utc>,
        /// First moment at which the usual conditions hold again for who booked before.
        free_until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// New holds in a section cost another price; what is held and sold keeps its own.
    PriceChanged {
        section: SectionId,
        /// What a place costs from now on.
        price: Price,
        at: DateTime<Utc>,
    },
    /// A section of general admission has more or fewer places.
    CapacityChanged {
        section: SectionId,
        /// Its places from now on, taken ones included.
        capacity: u32,
        at: DateTime<Utc>,
    },
    /// It does not take place: every Booking is to be cancelled and refunded.
    EventCancelled {
        /// Why, in words for buyers.
        reason: Name,
        at: DateTime<Utc>,
    },
    /// Held places became sold ones.
    SeatsSold {
        booking: BookingId,
        buyer: AccountId,
        /// What, by section.
        places: Vec<Allotment>,
        at: DateTime<Utc>,
    },
}

impl EventFact {
    /// When it happened.
    pub const fn at(&self) -> DateTime<Utc> {
        match self {
            Self::EventCreated { at, .. }
            | Self::PlanImported { at, .. }
            | Self::ZoneAdded { at, .. }
            | Self::SectionAdded { at, .. }
            | Self::RowsAdded { at, .. }
            | Self::DetailsEdited { at, .. }
            | Self::BuyerLimitSet { at, .. }
            | Self::EventPublished { at }
            | Self::SalesOpened { at, .. }
            | Self::SalesClosed { at, .. }
            | Self::DraftDeleted { at }
            | Self::SeatsHeld { at, .. }
            | Self::HoldExtended { at, .. }
            | Self::HoldReleased { at, .. }
            | Self::HoldExpired { at, .. }
            | Self::HoldSecured { at, .. }
            | Self::HoldResumed { at, .. }
            | Self::SeatsReturned { at, .. }
            | Self::CancellationPolicySet { at, .. }
            | Self::EventRescheduled { at, .. }
            | Self::PriceChanged { at, .. }
            | Self::CapacityChanged { at, .. }
            | Self::EventCancelled { at, .. }
            | Self::SeatsSold { at, .. } => *at,
        }
    }

    /// The fact's name, as the log's `event_type` has it.
    pub fn name(&self) -> &'static str {
        self.into()
    }
}
