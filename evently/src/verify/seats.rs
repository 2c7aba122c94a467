//! Seats as a bookkeeper sees them: kept from the facts alone, without the code that decides, so that both must be wrong
//! in the same way for a mistake to pass.

use std::collections::HashMap;

use domain::event::facts::{Allotment, EventFact};
use domain::event::plan::PlanRow;
use domain::ids::{AccountId, BookingId};
use domain::money::Price;
use domain::text::{SeatId, SectionId};

use super::holding::{Holding, Term, digest_of, holding};

/// Who has what of one Event.
#[derive(Debug, Default)]
pub(crate) struct SeatLedger {
    sections: HashMap<SectionId, Section>,
    holders: HashMap<SeatId, Option<BookingId>>,
    /// What each Booking has.
    pub(crate) holdings: HashMap<BookingId, Holding>,
    buyers: HashMap<AccountId, u64>,
    buyer_seats_max: u64,
    cancelled: bool,
}

#[derive(Debug)]
struct Section {
    price: Price,
    capacity: Option<u32>,
    taken: u32,
}

impl SeatLedger {
    /// Books `fact`, handing everything that cannot be to `complain`.
    #[expect(clippy::too_many_lines, reason = "one flat match of every fact")]
    pub(crate) fn book(&mut self, fact: &EventFact, complain: &mut dyn FnMut(String)) {
        match fact {
            EventFact::SectionAdded {
                section,
                price,
                capacity,
                ..
            } => self.add_section(section, *price, *capacity, complain),
            EventFact::RowsAdded { rows, .. } => self.add_rows(rows, complain),
            EventFact::SeatsHeld { .. } => self.hold(fact, complain),
            EventFact::HoldExtended { booking, until, .. } => {
                self.change_term(*booking, false, Term::Until(*until), complain);
            }
            EventFact::HoldSecured { booking, .. } => {
                self.change_term(*booking, false, Term::Secured, complain);
            }
            EventFact::HoldResumed { booking, until, .. } => {
                self.change_term(*booking, true, Term::Until(*until), complain);
            }
            EventFact::HoldExpired { booking, places, .. } => {
                if self.term(*booking) == Some(Term::Secured) {
                    complain(format!("booking {booking} expired while a payment is under way"));
                }
                self.must_hold(*booking, places, complain);
                self.end(*booking, places, complain);
            }
            EventFact::HoldReleased { booking, places, .. } => {
                self.must_hold(*booking, places, complain);
                self.end(*booking, places, complain);
            }
            EventFact::SeatsSold {
                booking,
                buyer,
                places,
                ..
            } => {
                if self.cancelled && self.term(*booking) != Some(Term::Secured) {
                    complain(format!("booking {booking} bought places of a cancelled event"));
                }
                self.must_hold(*booking, places, complain);
                self.holdings
                    .insert(*booking, holding(*buyer, places, Term::Sold));
            }
            EventFact::SeatsReturned { booking, places, .. } => self.take_back(*booking, places, complain),
            EventFact::PriceChanged { section, price, .. } => match self.sections.get_mut(section) {
                Some(section) => section.price = *price,
                None => complain(format!(
                    "the price of section {section} changed, which does not exist"
                )),
            },
            EventFact::CapacityChanged {
                section, capacity, ..
            } => self.resize(section, *capacity, complain),
            EventFact::EventCancelled { .. } => {
                if self.cancelled {
                    complain("it was cancelled twice".to_owned());
                }
                self.cancelled = true;
            }
            EventFact::EventCreated { buyer_seats_max, .. }
            | EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.buyer_seats_max = u64::from(*buyer_seats_max);
            }
            EventFact::CancellationPolicySet { .. }
            | EventFact::EventRescheduled { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::DraftDeleted { .. } => {}
        }
    }

    fn hold(&mut self, fact: &EventFact, complain: &mut dyn FnMut(String)) {
        let EventFact::SeatsHeld {
            booking,
            buyer,
            places,
            until,
            ..
        } = fact
        else {
            return;
        };
        if self.cancelled {
            complain(format!("booking {booking} was given places of a cancelled event"));
        }
        self.take(*booking, places, complain);
        let holding = holding(*buyer, places, Term::Until(*until));
        self.charge(holding, complain);
        if self.holdings.insert(*booking, holding).is_some() {
            complain(format!("booking {booking} was given places twice"));
        }
    }

    /// What a new hold of a place of `section` costs.
    pub(crate) fn price(&self, section: &SectionId) -> Option<Price> {
        self.sections.get(section).map(|section| section.price)
    }

    /// All places, named and unnamed.
    pub(crate) fn places(&self) -> u64 {
        let unnamed: u64 = self
            .sections
            .values()
            .filter_map(|section| section.capacity)
            .map(u64::from)
            .sum();
        unnamed + u64::try_from(self.holders.len()).unwrap_or(u64::MAX)
    }

    fn add_section(
        &mut self,
        section: &SectionId,
        price: Price,
        capacity: Option<u32>,
        complain: &mut dyn FnMut(String),
    ) {
        let added = Section {
            price,
            capacity,
            taken: 0,
        };
        if self.sections.insert(section.clone(), added).is_some() {
            complain(format!("section {section} was added twice"));
        }
    }

    fn add_rows(&mut self, rows: &[PlanRow], complain: &mut dyn FnMut(String)) {
        for seat in rows.iter().flat_map(|row| &row.seats) {
            if self.holders.insert(seat.id.clone(), None).is_some() {
                complain(format!("seat {} was added twice", seat.id));
            }
        }
    }

    fn term(&self, booking: BookingId) -> Option<Term> {
        self.holdings.get(&booking).map(|holding| holding.term)
    }

    /// A hold lasts longer, or waits for a payment, or no more: it must have been `secured`, or must not.
    fn change_term(&mut self, booking: BookingId, secured: bool, to: Term, complain: &mut dyn FnMut(String)) {
        if self.cancelled && to == Term::Secured {
            complain(format!("booking {booking} is paid for a cancelled event"));
        }
        match self.holdings.get_mut(&booking) {
            Some(holding) if holding.term != Term::Sold && (holding.term == Term::Secured) == secured => {
                holding.term = to;
            }
            Some(_) | None => complain(format!(
                "booking {booking} was extended, secured or resumed without such a hold"
            )),
        }
    }

    /// Some or all of what was sold is free again.
    fn take_back(&mut self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        let gone = places.iter().map(|each| u64::from(each.quantity)).sum();
        match self.holdings.get_mut(&booking) {
            Some(holding) if holding.term == Term::Sold && gone <= holding.quantity => {
                holding.quantity -= gone;
                holding.places = holding.places.wrapping_sub(digest_of(places));
                if let Some(buyer) = self.buyers.get_mut(&holding.buyer) {
                    *buyer = buyer.saturating_sub(gone);
                }
                if holding.quantity == 0 {
                    if holding.places != 0 {
                        complain(format!("booking {booking} returned other places than it had"));
                    }
                    self.holdings.remove(&booking);
                }
            }
            Some(_) | None => complain(format!(
                "booking {booking} returned places that were not sold to it"
            )),
        }
        self.free(booking, places, complain);
    }

    fn resize(&mut self, id: &SectionId, to: u32, complain: &mut dyn FnMut(String)) {
        match self.sections.get_mut(id) {
            Some(Section {
                capacity: Some(capacity),
                taken,
                ..
            }) => {
                if *taken > to {
                    complain(format!("section {id} was resized to {to} with {taken} taken"));
                }
                *capacity = to;
            }
            Some(_) | None => complain(format!("section {id} was resized and counts no places")),
        }
    }

    fn end(&mut self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        if let Some(ended) = self.holdings.remove(&booking)
            && let Some(places) = self.buyers.get_mut(&ended.buyer)
        {
            *places = places.saturating_sub(ended.quantity);
        }
        self.free(booking, places, complain);
    }

    /// Counts a new holding for its buyer. A limit that is lowered later leaves what buyers have.
    fn charge(&mut self, holding: Holding, complain: &mut dyn FnMut(String)) {
        let places = self.buyers.entry(holding.buyer).or_default();
        *places += holding.quantity;
        if *places > self.buyer_seats_max {
            let max = self.buyer_seats_max;
            complain(format!(
                "buyer {} has {places} of {max} places allowed",
                holding.buyer
            ));
        }
    }

    fn take(&mut self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        for Allotment {
            section,
            quantity,
            seats,
        } in places
        {
            for seat in seats {
                match self.holders.get_mut(seat) {
                    Some(holder @ None) => *holder = Some(booking),
                    Some(Some(other)) => {
                        complain(format!("seat {seat} was given to {booking} while {other} has it"));
                    }
                    None => complain(format!("seat {seat} was given to {booking} but does not exist")),
                }
            }
            let Some(Section { capacity, taken, .. }) = self.sections.get_mut(section) else {
                complain(format!(
                    "booking {booking} was given places of section {section}, which does not exist"
                ));
                continue;
            };
            *taken = taken.saturating_add(*quantity);
            match *capacity {
                Some(capacity) if *taken > capacity => {
                    complain(format!(
                        "section {section} has {taken} of {capacity} places taken"
                    ));
                }
                None if usize::try_from(*quantity) != Ok(seats.len()) => {
                    complain(format!(
                        "booking {booking}: places given {quantity}, named {}",
                        seats.len()
                    ));
                }
                Some(_) | None => {}
            }
        }
    }

    fn free(&mut self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        for Allotment {
            section,
            quantity,
            seats,
        } in places
        {
            for seat in seats {
                match self.holders.get_mut(seat) {
                    Some(holder) if *holder == Some(booking) => *holder = None,
                    Some(_) | None => complain(format!(
                        "seat {seat} was freed by {booking}, which did not have it"
                    )),
                }
            }
            if let Some(section) = self.sections.get_mut(section) {
                if section.taken < *quantity {
                    complain(format!("booking {booking} freed more places than are taken"));
                }
                section.taken = section.taken.saturating_sub(*quantity);
            }
        }
    }

    fn must_hold(&self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        match self.holdings.get(&booking) {
            Some(held) if held.term != Term::Sold && held.places == digest_of(places) => {}
            Some(_) => complain(format!(
                "booking {booking} ended or bought other places than it held"
            )),
            None => complain(format!("booking {booking} ended or bought places without a hold")),
        }
    }
}

#[cfg(test)]
mod tests;
