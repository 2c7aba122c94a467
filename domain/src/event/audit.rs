//! An account of an Event's places kept from its facts alone, apart from the Event's own state, to check the one by the
//! other: nobody shares a seat, no section is oversold, no buyer has more than allowed.

use std::collections::BTreeMap;

use crate::event::facts::{Allotment, EventFact};
use crate::event::limits::BUYER_SEATS_CAP;
use crate::event::plan::PlanRow;
use crate::ids::{AccountId, BookingId};
use crate::text::{SeatId, SectionId};

/// Violations that are listed; the others are counted.
const LISTED_MAX: usize = 100;

/// The account: show it every fact of one Event in order.
#[derive(Clone, Debug, Default)]
pub struct SeatAudit {
    seats: BTreeMap<SeatId, SectionId>,
    capacities: BTreeMap<SectionId, Option<u32>>,
    holders: BTreeMap<SeatId, BookingId>,
    bookings: BTreeMap<BookingId, Holding>,
    buyers: BTreeMap<AccountId, u64>,
    /// Places without names that are taken, by section.
    taken: BTreeMap<SectionId, u64>,
    buyer_seats_max: u32,
    facts: u64,
    listed: Vec<String>,
    unlisted: u64,
}

#[derive(Clone, Debug)]
struct Holding {
    buyer: AccountId,
    places: Vec<Allotment>,
    sold: bool,
}

impl SeatAudit {
    /// Takes note of the next fact.
    pub fn see(&mut self, fact: &EventFact) {
        self.facts += 1;
        match fact {
            EventFact::EventCreated { buyer_seats_max, .. }
            | EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.buyer_seats_max = (*buyer_seats_max).min(BUYER_SEATS_CAP);
            }
            EventFact::SectionAdded {
                section, capacity, ..
            } => {
                if self.capacities.insert(section.clone(), *capacity).is_some() {
                    self.violation(format!("section {section} is added twice"));
                }
            }
            EventFact::RowsAdded { section, rows, .. } => self.add_rows(section, rows),
            EventFact::SeatsHeld {
                booking,
                buyer,
                places,
                ..
            } => self.hold(*booking, *buyer, places),
            EventFact::HoldExtended { booking, .. } => self.must_hold(*booking, "extended"),
            EventFact::HoldReleased { booking, places, .. } => self.end(*booking, places, "released"),
            EventFact::HoldExpired { booking, places, .. } => self.end(*booking, places, "expired"),
            EventFact::SeatsSold {
                booking,
                buyer,
                places,
                ..
            } => self.sell(*booking, *buyer, places),
            EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::DraftDeleted { .. } => {}
        }
    }

    /// What is wrong, in words; empty where nothing is.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut all = self.listed.clone();
        if self.unlisted > 0 {
            all.push(format!("and {} more", self.unlisted));
        }
        all
    }

    /// Facts seen.
    #[must_use]
    pub const fn facts(&self) -> u64 {
        self.facts
    }

    /// Places that are sold by the facts seen.
    #[must_use]
    pub fn sold(&self) -> u64 {
        self.count(true)
    }

    /// Places that are held and not sold by the facts seen.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.count(false)
    }

    fn count(&self, sold: bool) -> u64 {
        self.bookings
            .values()
            .filter(|holding| holding.sold == sold)
            .map(|holding| size(&holding.places))
            .sum()
    }

    fn add_rows(&mut self, section: &SectionId, rows: &[PlanRow]) {
        if self.capacities.get(section) != Some(&None) {
            self.violation(format!(
                "rows are added to section {section}, which is not a seated one"
            ));
        }
        for seat in rows.iter().flat_map(|row| &row.seats) {
            if self.seats.insert(seat.id.clone(), section.clone()).is_some() {
                self.violation(format!("seat {} is added twice", seat.id));
            }
        }
    }

    fn hold(&mut self, booking: BookingId, buyer: AccountId, places: &[Allotment]) {
        for allotment in places {
            self.quantity_agrees(allotment);
            for seat in &allotment.seats {
                self.seat_is_of(seat, &allotment.section);
                if let Some(other) = self.holders.insert(seat.clone(), booking) {
                    self.violation(format!(
                        "seat {seat} has two holders, bookings {other} and {booking}"
                    ));
                }
            }
        }
        let holding = Holding {
            buyer,
            places: places.to_vec(),
            sold: false,
        };
        if self.bookings.insert(booking, holding).is_some() {
            self.violation(format!("booking {booking} holds twice"));
        }
        for allotment in places.iter().filter(|allotment| allotment.seats.is_empty()) {
            self.take_without_seats(allotment);
        }
        let owned = self.buyers.entry(buyer).or_default();
        *owned += size(places);
        let owned = *owned;
        if owned > u64::from(self.buyer_seats_max) {
            let max = self.buyer_seats_max;
            self.violation(format!("buyer {buyer} has {owned} places, {max} are allowed"));
        }
    }

    fn end(&mut self, booking: BookingId, places: &[Allotment], how: &str) {
        self.must_hold(booking, how);
        self.places_agree(booking, places, how);
        let Some(holding) = self.bookings.remove(&booking) else {
            return;
        };
        for seat in holding.places.iter().flat_map(|allotment| &allotment.seats) {
            if self.holders.get(seat) == Some(&booking) {
                self.holders.remove(seat);
            }
        }
        for allotment in holding
            .places
            .iter()
            .filter(|allotment| allotment.seats.is_empty())
        {
            if let Some(taken) = self.taken.get_mut(&allotment.section) {
                *taken = taken.saturating_sub(u64::from(allotment.quantity));
            }
        }
        if let Some(owned) = self.buyers.get_mut(&holding.buyer) {
            *owned = owned.saturating_sub(size(&holding.places));
        }
    }

    fn sell(&mut self, booking: BookingId, buyer: AccountId, places: &[Allotment]) {
        self.must_hold(booking, "sold");
        self.places_agree(booking, places, "sold");
        let Some(holding) = self.bookings.get_mut(&booking) else {
            return;
        };
        holding.sold = true;
        if holding.buyer != buyer {
            self.violation(format!("booking {booking} is sold to another buyer"));
        }
    }

    fn must_hold(&mut self, booking: BookingId, what: &str) {
        if self.bookings.get(&booking).is_none_or(|holding| holding.sold) {
            self.violation(format!("booking {booking} is {what} without a hold"));
        }
    }

    fn places_agree(&mut self, booking: BookingId, places: &[Allotment], what: &str) {
        if self
            .bookings
            .get(&booking)
            .is_some_and(|holding| holding.places != places)
        {
            self.violation(format!(
                "booking {booking} is {what} with other places than it holds"
            ));
        }
    }

    fn quantity_agrees(&mut self, allotment: &Allotment) {
        let Allotment {
            section,
            quantity,
            seats,
        } = allotment;
        let seated = self.capacities.get(section) == Some(&None);
        let agrees = if seated {
            seats.len() == *quantity as usize
        } else {
            seats.is_empty()
        };
        if !agrees || *quantity == 0 {
            self.violation(format!(
                "{quantity} places of section {section} do not agree with {} seats",
                seats.len()
            ));
        }
    }

    fn seat_is_of(&mut self, seat: &SeatId, section: &SectionId) {
        if self.seats.get(seat) != Some(section) {
            self.violation(format!("seat {seat} is not one of section {section}"));
        }
    }

    fn take_without_seats(&mut self, allotment: &Allotment) {
        let Allotment {
            section, quantity, ..
        } = allotment;
        let taken = self.taken.entry(section.clone()).or_default();
        *taken += u64::from(*quantity);
        let taken = *taken;
        let capacity = self.capacities.get(section).copied().flatten().unwrap_or(0);
        if taken > u64::from(capacity) {
            self.violation(format!(
                "section {section} has {capacity} places and {taken} are taken"
            ));
        }
    }

    fn violation(&mut self, what: String) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(what);
        } else {
            self.unlisted += 1;
        }
    }
}

fn size(places: &[Allotment]) -> u64 {
    places.iter().map(|allotment| u64::from(allotment.quantity)).sum()
}

#[cfg(test)]
mod tests;
