//! Who has what of an Event, in words instead of indices: for those who read its history.

use chrono::{DateTime, Utc};

use crate::event::facts::Allotment;
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::seating::layout::Layout;
use crate::seating::seats::Places;

/// What one Booking has of an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The Booking.
    pub booking: BookingId,
    /// Whose it is.
    pub buyer: AccountId,
    /// First moment at which its hold is over; `None` where the places are its own, or a payment must be known first.
    pub until: Option<DateTime<Utc>>,
    /// What it has, by section.
    pub places: Vec<Allotment>,
}

impl Event {
    /// Whether `booking` holds or owns places here.
    pub fn knows(&self, booking: BookingId) -> bool {
        self.seats.holds.contains_key(&booking) || self.seats.sales.contains_key(&booking)
    }

    /// What every Booking holds, in no order.
    pub fn holds(&self) -> impl Iterator<Item = Holding> {
        self.seats.holds.iter().map(|(booking, hold)| Holding {
            booking: *booking,
            buyer: hold.buyer,
            until: (!hold.secured).then_some(hold.until),
            places: allotments(&self.layout, &hold.places),
        })
    }

    /// What every Booking owns, in no order.
    pub fn sales_made(&self) -> impl Iterator<Item = Holding> {
        self.seats.sales.iter().map(|(booking, sale)| Holding {
            booking: *booking,
            buyer: sale.buyer,
            until: None,
            places: allotments(&self.layout, &sale.places),
        })
    }
}

fn allotments(layout: &Layout, places: &Places) -> Vec<Allotment> {
    let mut found: Vec<Allotment> = Vec::new();
    for seat in &places.seats {
        let section = layout
            .section_of(*seat)
            .and_then(|section| layout.section(section));
        let (Some(section), Some(id)) = (section, layout.seat(*seat)) else {
            continue;
        };
        if let Some(allotment) = found.iter_mut().find(|allotment| allotment.section == section.id) {
            allotment.quantity += 1;
            allotment.seats.push(id.clone());
        } else {
            found.push(Allotment {
                section: section.id.clone(),
                quantity: 1,
                seats: vec![id.clone()],
            });
        }
    }
    for (section, quantity) in &places.counts {
        if let Some(section) = layout.section(*section) {
            found.push(Allotment {
                section: section.id.clone(),
                quantity: *quantity,
                seats: Vec::new(),
            });
        }
    }
    found
}
