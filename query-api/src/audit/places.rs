//! Who has which places of an Event, by the ids that facts use: an Event itself knows seats by index.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::event::EventFact;
use domain::event::facts::Allotment;
use domain::ids::{AccountId, BookingId};
use serde::Serialize;

/// The places of every Booking of an Event.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_booking: BTreeMap<BookingId, Holding>,
}

#[derive(Debug)]
struct Holding {
    buyer: AccountId,
    /// First moment at which a hold is over; `None` once the places are sold.
    until: Option<DateTime<Utc>>,
    places: Vec<Allotment>,
}

/// What one Booking has.
#[derive(Debug, Serialize)]
pub(super) struct HoldingView<'a> {
    booking: BookingId,
    buyer: AccountId,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
    places: &'a [Allotment],
}

impl Places {
    /// After `fact`.
    pub(super) fn evolve(&mut self, fact: &EventFact) {
        match fact {
            EventFact::SeatsHeld { booking, buyer, places, until, .. } => {
                let holding = Holding { buyer: *buyer, until: Some(*until), places: places.clone() };
                self.by_booking.insert(*booking, holding);
            }
            EventFact::HoldExtended { booking, until, .. } => {
                if let Some(holding) = self.by_booking.get_mut(booking) {
                    holding.until = Some(*until);
                }
            }
            EventFact::HoldReleased { booking, .. } | EventFact::HoldExpired { booking, .. } => {
                self.by_booking.remove(booking);
            }
            EventFact::SeatsSold { booking, buyer, places, .. } => {
                let holding = Holding { buyer: *buyer, until: None, places: places.clone() };
                self.by_booking.insert(*booking, holding);
            }
            EventFact::EventCreated { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::SectionAdded { .. }
            | EventFact::RowsAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::BuyerLimitSet { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::DraftDeleted { .. } => {}
        }
    }

    /// What is held and not sold.
    pub(super) fn held(&self) -> Vec<HoldingView<'_>> {
        self.views(|holding| holding.until.is_some())
    }

    /// What is sold.
    pub(super) fn sold(&self) -> Vec<HoldingView<'_>> {
        self.views(|holding| holding.until.is_none())
    }

    fn views(&self, which: impl Fn(&Holding) -> bool) -> Vec<HoldingView<'_>> {
        let which = self.by_booking.iter().filter(|(_, holding)| which(holding));
        which
            .map(|(booking, holding)| HoldingView {
                booking: *booking,
                buyer: holding.buyer,
                until: holding.until,
                places: &holding.places,
            })
            .collect()
    }
}
