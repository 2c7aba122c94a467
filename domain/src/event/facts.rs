//! The facts of an Event. Names and fields are for ever: a change is a new variant, or a new version with an upcaster.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use crate::booking::reference::Fingerprint;
use crate::cancellation_policy::CancellationPolicy;
use crate::event::details::EventDetails;
use crate::event::plan::{PlanHead, PlanRow, PlanZone};
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::money::{Currency, Price};
use crate::recorded::Recorded;
use crate::text::{Name, SeatId, SectionId};

/// What happened to an Event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
pub enum EventFact {
    /// A draft came to be.
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
        /// When.
        at: DateTime<Utc>,
    },
    /// Its seating comes from an imported plan; zones, sections and rows follow in the same unit.
    PlanImported {
        /// The plan but for its zones.
        plan: PlanHead,
        /// When.
        at: DateTime<Utc>,
    },
    /// A zone of the imported plan, but for its rows: name, place and drawn areas.
    ZoneAdded {
        /// The zone.
        zone: PlanZone,
        /// When.
        at: DateTime<Utc>,
    },
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
        /// When.
        at: DateTime<Utc>,
    },
    /// A run of rows of a seated section, front to back.
    RowsAdded {
        /// The section.
        section: SectionId,
        /// The rows, each with its seats from one end to the other.
        rows: Vec<PlanRow>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Details of the Event were edited.
    DetailsEdited {
        /// The details from now on.
        details: EventDetails,
        /// When.
        at: DateTime<Utc>,
    },
    /// How many seats one buyer may hold and own at once.
    BuyerLimitSet {
        /// Seats.
        buyer_seats_max: u32,
        /// When.
        at: DateTime<Utc>,
    },
    /// Everybody may see it.
    EventPublished {
        /// When.
        at: DateTime<Utc>,
    },
    /// Seats are for sale from `from` on, which may lie ahead. A closing decided before stays where it lies after
    /// `from`, and no longer counts where it does not.
    SalesOpened {
        /// First moment of sale.
        from: DateTime<Utc>,
        /// When this was decided.
        at: DateTime<Utc>,
    },
    /// Seats are for sale until `until` and no longer; it may lie ahead.
    SalesClosed {
        /// First moment without sale.
        until: DateTime<Utc>,
        /// When this was decided.
        at: DateTime<Utc>,
    },
    /// The draft was thrown away.
    DraftDeleted {
        /// When.
        at: DateTime<Utc>,
    },
    /// Places are reserved for a Booking until a deadline.
    SeatsHeld {
        /// For which Booking.
        booking: BookingId,
        /// For whom.
        buyer: AccountId,
        /// What, by section.
        places: Vec<Allotment>,
        /// First moment at which they are free again.
        until: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A hold lasts longer.
    HoldExtended {
        /// Whose hold.
        booking: BookingId,
        /// The new deadline.
        until: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The places were given back before they were sold.
    HoldReleased {
        /// Whose hold.
        booking: BookingId,
        /// What is free again.
        places: Vec<Allotment>,
        /// When.
        at: DateTime<Utc>,
    },
    /// The deadline passed; the places are free again.
    HoldExpired {
        /// Whose hold.
        booking: BookingId,
        /// What is free again.
        places: Vec<Allotment>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A payment for it is under way: the hold does not end by its deadline.
    HoldSecured {
        /// Whose hold.
        booking: BookingId,
        /// When.
        at: DateTime<Utc>,
    },
    /// The payment came to nothing: the hold ends by a deadline again.
    HoldResumed {
        /// Whose hold.
        booking: BookingId,
        /// First moment at which the places are free again.
        until: DateTime<Utc>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Sold places are free again.
    SeatsReturned {
        /// Which Booking had them.
        booking: BookingId,
        /// What is free again, by section.
        places: Vec<Allotment>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Buyers who hold from now on may cancel under these conditions.
    CancellationPolicySet {
        /// The conditions; `None`: they may not cancel.
        policy: Option<CancellationPolicy>,
        /// When.
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
        /// When this was decided.
        at: DateTime<Utc>,
    },
    /// New holds in a section cost another price; what is held and sold keeps its own.
    PriceChanged {
        /// The section.
        section: SectionId,
        /// What a place costs from now on.
        price: Price,
        /// When.
        at: DateTime<Utc>,
    },
    /// A section of general admission has more or fewer places.
    CapacityChanged {
        /// The section.
        section: SectionId,
        /// Its places from now on, taken ones included.
        capacity: u32,
        /// When.
        at: DateTime<Utc>,
    },
    /// It does not take place: every Booking is to be cancelled and refunded.
    EventCancelled {
        /// Why, as buyers are told.
        reason: Name,
        /// When.
        at: DateTime<Utc>,
    },
    /// Held places became sold ones.
    SeatsSold {
        /// To which Booking.
        booking: BookingId,
        /// To whom.
        buyer: AccountId,
        /// What, by section.
        places: Vec<Allotment>,
        /// When.
        at: DateTime<Utc>,
    },
}

/// Places of one section: named seats, or a count where places have no names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allotment {
    /// The section.
    pub section: SectionId,
    /// How many places; with named seats, their number.
    pub quantity: u32,
    /// The seats; empty in general admission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
}

impl DomainEvent for EventFact {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }

    fn event_version(&self) -> String {
        Event::FACT_VERSION.to_owned()
    }
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
