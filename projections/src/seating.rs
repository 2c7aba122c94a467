//! What facts of an Event change of its seating.

use domain::event::facts::{Allotment, EventFact};
use domain::event::plan::PlanRow;
use domain::ids::BookingId;
use domain::money::Price;
use domain::text::{Name, SectionId};

pub(crate) enum Seating<'a> {
    SectionAdded(NewSection<'a>),
    RowsAdded(&'a SectionId, &'a [PlanRow]),
    PriceChanged(&'a SectionId, Price),
    CapacityChanged(&'a SectionId, u32),
    Moved(Move, BookingId, &'a [Allotment]),
    DraftDeleted,
}

pub(crate) struct NewSection<'a> {
    pub(crate) id: &'a SectionId,
    pub(crate) name: &'a Name,
    pub(crate) price: Price,
    pub(crate) category: Option<&'a Name>,
    /// `None` where its seats have names; they follow in rows.
    pub(crate) capacity: Option<u32>,
}

/// How places change hands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// They were free.
    Held,
    /// They were held.
    Freed,
    /// They were held.
    Sold,
    /// They were sold, and are free again.
    Returned,
}

impl<'a> Seating<'a> {
    pub(crate) fn of(fact: &'a EventFact) -> Option<Self> {
        match fact {
            EventFact::SectionAdded {
                section,
                name,
                price,
                category,
                capacity,
                ..
            } => Some(Self::SectionAdded(NewSection {
                id: section,
                name,
                price: *price,
                category: category.as_ref(),
                capacity: *capacity,
            })),
            EventFact::RowsAdded { section, rows, .. } => Some(Self::RowsAdded(section, rows)),
            EventFact::PriceChanged { section, price, .. } => Some(Self::PriceChanged(section, *price)),
            EventFact::CapacityChanged {
                section, capacity, ..
            } => Some(Self::CapacityChanged(section, *capacity)),
            EventFact::SeatsHeld { booking, places, .. } => Some(Self::Moved(Move::Held, *booking, places)),
            EventFact::HoldReleased { booking, places, .. }
            | EventFact::HoldExpired { booking, places, .. } => {
                Some(Self::Moved(Move::Freed, *booking, places))
            }
            EventFact::SeatsSold { booking, places, .. } => Some(Self::Moved(Move::Sold, *booking, places)),
            EventFact::SeatsReturned { booking, places, .. } => {
                Some(Self::Moved(Move::Returned, *booking, places))
            }
            EventFact::DraftDeleted { .. } => Some(Self::DraftDeleted),
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::HoldExtended { .. }
            | EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::EventRescheduled { .. }
            | EventFact::EventCancelled { .. } => None,
        }
    }

    /// The sections that change.
    pub(crate) fn sections(&self) -> impl Iterator<Item = &'a SectionId> {
        let (one, places): (_, &[Allotment]) = match self {
            Self::SectionAdded(section) => (Some(section.id), &[]),
            Self::RowsAdded(id, _) | Self::PriceChanged(id, _) | Self::CapacityChanged(id, _) => {
                (Some(*id), &[])
            }
            Self::Moved(_, _, places) => (None, places),
            Self::DraftDeleted => (None, &[]),
        };
        one.into_iter().chain(places.iter().map(|place| &place.section))
    }
}
