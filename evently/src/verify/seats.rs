//! Seats as a bookkeeper sees them: kept from the facts alone, without the code that decides, so that both must be wrong
//! in the same way for a mistake to pass.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, Utc};
use domain::event::facts::{Allotment, EventFact};
use domain::event::plan::PlanRow;
use domain::ids::{AccountId, BookingId};
use domain::money::Price;
use domain::text::{SeatId, SectionId};

/// Who has what of one Event.
#[derive(Debug, Default)]
pub(crate) struct SeatLedger {
    sections: HashMap<SectionId, Section>,
    holders: HashMap<SeatId, Option<BookingId>>,
    /// What each Booking has.
    pub(crate) holdings: HashMap<BookingId, Holding>,
    buyers: HashMap<AccountId, u64>,
    buyer_seats_max: u64,
}

#[derive(Debug)]
struct Section {
    price: Price,
    capacity: Option<u32>,
    taken: u32,
}

/// What a Booking has of an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Whose it is.
    pub(crate) buyer: AccountId,
    /// Which places, as [`digest`] tells them apart.
    pub(crate) places: u64,
    /// How many.
    pub(crate) quantity: u64,
    /// When the hold ends; `None` once sold.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// Tells sets of places apart, in whatever order and grouping they are named.
pub(crate) fn digest<'a>(places: impl Iterator<Item = (&'a SectionId, u32, &'a [SeatId])>) -> u64 {
    let hash = |section: &SectionId, seat: Option<&SeatId>| {
        let mut hasher = DefaultHasher::new();
        (section, seat).hash(&mut hasher);
        hasher.finish()
    };
    places.fold(0, |sum, (section, quantity, seats)| {
        let places = if seats.is_empty() {
            hash(section, None).wrapping_mul(u64::from(quantity))
        } else {
            seats
                .iter()
                .fold(0_u64, |sum, seat| sum.wrapping_add(hash(section, Some(seat))))
        };
        sum.wrapping_add(places)
    })
}

fn digest_of(places: &[Allotment]) -> u64 {
    digest(
        places
            .iter()
            .map(|each| (&each.section, each.quantity, each.seats.as_slice())),
    )
}

fn holding(buyer: AccountId, places: &[Allotment], until: Option<DateTime<Utc>>) -> Holding {
    Holding {
        buyer,
        places: digest_of(places),
        quantity: places.iter().map(|each| u64::from(each.quantity)).sum(),
        until,
    }
}

impl SeatLedger {
    /// Books `fact`, handing everything that cannot be to `complain`.
    pub(crate) fn book(&mut self, fact: &EventFact, complain: &mut dyn FnMut(String)) {
        match fact {
            EventFact::SectionAdded {
                section,
                price,
                capacity,
                ..
            } => self.add_section(section, *price, *capacity, complain),
            EventFact::RowsAdded { rows, .. } => self.add_rows(rows, complain),
            EventFact::SeatsHeld {
                booking,
                buyer,
                places,
                until,
                ..
            } => {
                self.take(*booking, places, complain);
                let holding = holding(*buyer, places, Some(*until));
                self.charge(holding, complain);
                if self.holdings.insert(*booking, holding).is_some() {
                    complain(format!("booking {booking} was given places twice"));
                }
            }
            EventFact::HoldExtended { booking, until, .. } => match self.holdings.get_mut(booking) {
                Some(holding) if holding.until.is_some() => holding.until = Some(*until),
                Some(_) | None => complain(format!("booking {booking} was extended without a hold")),
            },
            EventFact::HoldReleased { booking, places, .. }
            | EventFact::HoldExpired { booking, places, .. } => {
                self.must_hold(*booking, places, complain);
                self.end(*booking, places, complain);
            }
            EventFact::SeatsSold {
                booking,
                buyer,
                places,
                ..
            } => {
                self.must_hold(*booking, places, complain);
                self.holdings.insert(*booking, holding(*buyer, places, None));
            }
            EventFact::EventCreated { buyer_seats_max, .. }
            | EventFact::BuyerLimitSet { buyer_seats_max, .. } => {
                self.buyer_seats_max = u64::from(*buyer_seats_max);
            }
            EventFact::HoldSecured { .. }
            | EventFact::HoldResumed { .. }
            | EventFact::SeatsReturned { .. }
            | EventFact::CancellationPolicySet { .. }
            | EventFact::EventRescheduled { .. }
            | EventFact::PriceChanged { .. }
            | EventFact::CapacityChanged { .. }
            | EventFact::EventCancelled { .. }
            | EventFact::PlanImported { .. }
            | EventFact::ZoneAdded { .. }
            | EventFact::DetailsEdited { .. }
            | EventFact::EventPublished { .. }
            | EventFact::SalesOpened { .. }
            | EventFact::SalesClosed { .. }
            | EventFact::DraftDeleted { .. } => {}
        }
    }

    /// What a place of `section` costs.
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
                "buyer {} has {places} places of {max} allowed",
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
                        "booking {booking} was given {quantity} places by {} names",
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
                section.taken = section.taken.saturating_sub(*quantity);
            }
        }
    }

    fn must_hold(&self, booking: BookingId, places: &[Allotment], complain: &mut dyn FnMut(String)) {
        match self.holdings.get(&booking) {
            Some(held) if held.until.is_some() && held.places == digest_of(places) => {}
            Some(_) => complain(format!(
                "booking {booking} ended or bought other places than it held"
            )),
            None => complain(format!("booking {booking} ended or bought places without a hold")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::AccountId;
    use uuid::Uuid;

    fn booking(number: u128) -> BookingId {
        BookingId::new(Uuid::from_u128(number))
    }

    fn hall() -> SeatLedger {
        let section = SectionId::parse("hall").unwrap();
        let capacity = Some(2);
        let price = Price::parse(100).unwrap();
        let name = domain::text::Name::parse("Hall").unwrap();
        let mut ledger = SeatLedger {
            buyer_seats_max: 8,
            ..SeatLedger::default()
        };
        let fact = EventFact::SectionAdded {
            section,
            name,
            price,
            category: None,
            capacity,
            at: at(),
        };
        ledger.book(&fact, &mut |complaint| panic!("{complaint}"));
        ledger
    }

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn places(quantity: u32) -> Vec<Allotment> {
        vec![Allotment {
            section: SectionId::parse("hall").unwrap(),
            quantity,
            seats: vec![],
        }]
    }

    fn held(booking: BookingId, quantity: u32) -> EventFact {
        let buyer = AccountId::new(Uuid::from_u128(9));
        EventFact::SeatsHeld {
            booking,
            buyer,
            places: places(quantity),
            until: at(),
            at: at(),
        }
    }

    fn complaints(ledger: &mut SeatLedger, facts: &[EventFact]) -> Vec<String> {
        let mut complaints = Vec::new();
        for fact in facts {
            ledger.book(fact, &mut |complaint| complaints.push(complaint));
        }
        complaints
    }

    #[test]
    fn a_section_sold_above_its_capacity_is_noticed() {
        assert_eq!(
            complaints(&mut hall(), &[held(booking(1), 2), held(booking(2), 1)]).len(),
            1
        );
    }

    #[test]
    fn a_buyer_above_the_limit_is_noticed() {
        let mut ledger = hall();
        ledger.buyer_seats_max = 1;
        assert_eq!(
            complaints(&mut ledger, &[held(booking(1), 1), held(booking(2), 1)]).len(),
            1
        );
    }

    #[test]
    fn places_that_were_freed_can_be_held_again() {
        let freed = EventFact::HoldExpired {
            booking: booking(1),
            places: places(2),
            at: at(),
        };
        assert_eq!(
            complaints(&mut hall(), &[held(booking(1), 2), freed, held(booking(2), 2)]),
            [""; 0]
        );
    }

    #[test]
    fn freeing_more_than_was_held_is_noticed() {
        let freed = EventFact::HoldReleased {
            booking: booking(1),
            places: places(2),
            at: at(),
        };
        assert_eq!(complaints(&mut hall(), &[held(booking(1), 1), freed]).len(), 1);
    }
}
