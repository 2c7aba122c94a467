//! What is left of an Event's places and who has the others, in words instead of indices.

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, BookingId};
use crate::money::Price;
use crate::seating::layout::{Layout, Section};
use crate::seating::lines::Allotment;
use crate::seating::seat_map::SeatMap;
use crate::seating::seats::{Hold, Places};
use crate::text::{Name, SectionId};

/// A section and how much of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionState<'a> {
    pub id: &'a SectionId,
    pub name: &'a Name,
    pub price: Price,
    /// Category of the plan that it comes from, where there is a plan.
    pub category: Option<&'a Name>,
    /// Whether its places are named seats.
    pub seated: bool,
    pub capacity: u32,
    pub free: u32,
    /// Places that are sold; those neither free nor sold are held.
    pub sold: u32,
}

/// What one Booking has of an Event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    pub booking: BookingId,
    pub buyer: AccountId,
    /// First moment at which its hold is over; `None` where the places are its own, or a payment must be known first.
    pub until: Option<DateTime<Utc>>,
    /// What it has, by section.
    pub places: Vec<Allotment>,
}

impl SeatMap {
    /// The sections in order, with what is left of each.
    pub fn sections(&self) -> impl Iterator<Item = SectionState<'_>> {
        self.layout
            .sections()
            .iter()
            .zip(&self.seats.counts)
            .map(|(section, counts)| SectionState {
                id: &section.id,
                name: &section.name,
                price: section.price,
                category: section.category.as_ref(),
                seated: section.is_seated(),
                capacity: section.capacity(),
                free: counts.free,
                sold: counts.sold,
            })
    }

    /// The section with this id.
    pub(crate) fn section(&self, id: &SectionId) -> Option<&Section> {
        self.layout.section(self.layout.find_section(id)?)
    }

    /// Places of the section that are held or sold.
    pub(crate) fn taken(&self, id: &SectionId) -> u32 {
        self.layout.find_section(id).map_or(0, |section| {
            let capacity = self.layout.capacity(section);
            capacity.saturating_sub(self.seats.counts(section).free)
        })
    }

    /// Places that `buyer` holds and owns.
    pub fn places_of_buyer(&self, buyer: AccountId) -> u32 {
        self.seats.places_of_buyer(buyer)
    }

    /// When the next hold is over; it may lie in the past.
    pub fn next_deadline(&self) -> Option<DateTime<Utc>> {
        self.seats.deadlines.first().map(|(until, _)| *until)
    }

    /// The first `max` holds that are over at `at`, the longest overdue first.
    pub fn overdue(&self, at: DateTime<Utc>, max: usize) -> Vec<BookingId> {
        let overdue = self.overdue_holds(at).map(|(booking, _)| booking);
        overdue.take(max).collect()
    }

    /// Holds that are over at `at`, the longest overdue first.
    pub(super) fn overdue_holds(&self, at: DateTime<Utc>) -> impl Iterator<Item = (BookingId, &Hold)> {
        let deadlines = self.seats.deadlines.iter();
        let overdue = deadlines.take_while(move |(until, _)| *until <= at);
        overdue.filter_map(|(_, booking)| Some((*booking, self.seats.holds.get(booking)?)))
    }

    /// Some Bookings that hold or own places, at most `max`, in no order.
    pub fn bookings_left(&self, max: usize) -> Vec<BookingId> {
        let all = self.seats.holds.keys().chain(self.seats.sales.keys());
        all.copied().take(max).collect()
    }

    /// How many Bookings hold or own places.
    pub fn bookings_left_count(&self) -> usize {
        self.seats.holds.len() + self.seats.sales.len()
    }

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
    pub fn sales(&self) -> impl Iterator<Item = Holding> {
        self.seats.sales.iter().map(|(booking, sale)| Holding {
            booking: *booking,
            buyer: sale.buyer,
            until: None,
            places: allotments(&self.layout, &sale.places),
        })
    }
}

fn allotments(layout: &Layout, places: &Places) -> Vec<Allotment> {
    let seats = layout.by_section(&places.seats).into_iter();
    let seated = seats.map(|(section, seats)| Allotment::of_seats(section.id.clone(), seats));
    let counted = places.counts.iter().filter_map(|(section, quantity)| {
        let section = layout.section(*section)?.id.clone();
        Some(Allotment {
            section,
            quantity: *quantity,
            seats: Vec::new(),
        })
    });
    seated.chain(counted).collect()
}
