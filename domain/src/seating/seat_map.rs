//! The places of an Event and who has them, as its facts change them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::ids::{AccountId, BookingId};
use crate::money::Price;
use crate::seating::layout::{Layout, Section, SectionIndex, SectionPlaces};
use crate::seating::lines::Allotment;
use crate::seating::seats::{Places, Seats};
use crate::text::{SeatId, SectionId, counted};

/// The places of an Event and who has them. A clone shares the layout and copies only what moves.
///
/// Facts that make no sense change nothing that others own, and are reported by [`SeatMap::violations`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeatMap {
    pub(super) layout: Arc<Layout>,
    pub(super) seats: Seats,
}

impl SeatMap {
    pub(crate) fn add_section(&mut self, section: Section) {
        let id = section.id.clone();
        if !Arc::make_mut(&mut self.layout).add_section(section) {
            self.seats.breach(|| format!("section {id} is added twice"));
        }
        self.seats.grow(&self.layout);
    }

    /// Adds rows, each given by its blocks between aisles, to the back of a seated section.
    pub(crate) fn add_rows<'a, R, B>(&mut self, id: &SectionId, rows: impl Iterator<Item = R>)
    where
        R: Iterator<Item = B>,
        B: Iterator<Item = &'a SeatId>,
    {
        let seated = |section: &SectionIndex| self.layout.section(*section).is_some_and(Section::is_seated);
        let Some(section) = self.layout.find_section(id).filter(seated) else {
            self.seats
                .breach(|| format!("rows are added to section {id}, which is not a seated one"));
            return;
        };
        let layout = Arc::make_mut(&mut self.layout);
        let blocks = rows.flat_map(|blocks| blocks.zip(0_u32..));
        let twice: usize = blocks
            .map(|(seats, number)| layout.add_row(section, seats, number > 0))
            .sum();
        if twice > 0 {
            self.seats
                .breach(|| format!("{} of section {id} added twice", counted(twice, "seat", "seats")));
        }
        self.seats.grow(&self.layout);
    }

    pub(crate) fn change_price(&mut self, id: &SectionId, price: Price) {
        if let Some(section) = self.find(id) {
            Arc::make_mut(&mut self.layout).change_section(section, |section| section.price = price);
        }
    }

    pub(crate) fn change_capacity(&mut self, id: &SectionId, capacity: u32) {
        if let Some(section) = self.find(id) {
            let before = self.layout.capacity(section);
            let places = SectionPlaces::General { capacity };
            Arc::make_mut(&mut self.layout).change_section(section, |section| section.places = places);
            self.seats.resize(section, before, capacity);
        }
    }

    /// Reserves `places`; the buyer may then have `limit` at most.
    pub(crate) fn hold(
        &mut self,
        booking: BookingId,
        buyer: AccountId,
        places: &[Allotment],
        until: DateTime<Utc>,
        limit: u32,
    ) {
        let places = self.places(places);
        self.seats.hold(&self.layout, booking, buyer, until, places);
        let owned = self.seats.places_of_buyer(buyer);
        if owned > limit {
            self.seats.breach(|| {
                format!(
                    "buyer {buyer} has {}, above the limit",
                    counted(owned, "place", "places")
                )
            });
        }
    }

    pub(crate) fn extend(&mut self, booking: BookingId, until: DateTime<Utc>) {
        self.seats.extend(booking, until);
    }

    pub(crate) fn secure(&mut self, booking: BookingId) {
        self.seats.secure(booking);
    }

    pub(crate) fn free(&mut self, booking: BookingId) {
        self.seats.free(&self.layout, booking);
    }

    pub(crate) fn sell(&mut self, booking: BookingId) {
        self.seats.sell(&self.layout, booking);
    }

    pub(crate) fn take_back(&mut self, booking: BookingId, places: &[Allotment]) {
        let places = self.places(places);
        self.seats.take_back(&self.layout, booking, &places);
    }

    fn find(&mut self, id: &SectionId) -> Option<SectionIndex> {
        let found = self.layout.find_section(id);
        if found.is_none() {
            self.seats.breach(|| format!("section {id} is not there"));
        }
        found
    }

    /// The places that `allotments` name; what is not there is a breach.
    fn places(&mut self, allotments: &[Allotment]) -> Places {
        let mut places = Places::default();
        for allotment in allotments {
            let Some(section) = self.find(&allotment.section) else {
                continue;
            };
            let seated = self.layout.section(section).is_some_and(Section::is_seated);
            if seated == allotment.seats.is_empty() {
                self.seats
                    .breach(|| format!("places of section {} are named wrongly", allotment.section));
                continue;
            }
            if !seated {
                places.counts.push((section, allotment.quantity));
            }
            for id in &allotment.seats {
                match self.layout.find_seat(id) {
                    Some(seat) => places.seats.push(seat),
                    None => self.seats.breach(|| format!("seat {id} is not there")),
                }
            }
        }
        places
    }
}
