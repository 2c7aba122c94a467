//! The Event's side of placing a Booking: which places are wanted, which of them are free, and what stands in the way.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::booking::facts::BookingLine;
use crate::booking::place::{PlaceRefusal, SeatRequest, number_of_seats_fits};
use crate::event::state::Event;
use crate::ids::{AccountId, BookingId};
use crate::limits::OVERDUE_PER_COMMAND_MAX;
use crate::seating::best_available::best_available;
use crate::seating::layout::{SeatIndex, Section, SectionIndex, SectionPlaces};
use crate::seating::seats::{Hold, Holder};
use crate::text::SeatId;

/// Places that exist and are wanted.
pub(crate) enum Wanted {
    /// These seats, in the order asked for.
    Seats(Vec<SeatIndex>),
    /// So many of a section.
    Any {
        /// The section.
        section: SectionIndex,
        /// How many places.
        quantity: u32,
    },
}

impl Wanted {
    /// How many places.
    pub(crate) fn quantity(&self) -> u32 {
        match self {
            Self::Seats(seats) => u32::try_from(seats.len()).unwrap_or(u32::MAX),
            Self::Any { quantity, .. } => *quantity,
        }
    }
}

impl Event {
    /// What `request` means here, where it asks for a fair number of different places that exist.
    pub(crate) fn wanted(&self, request: &SeatRequest) -> Result<Wanted, PlaceRefusal> {
        match request {
            SeatRequest::Named(ids) => {
                number_of_seats_fits(ids.len())?;
                seats_differ(ids)?;
                self.seats_exist(ids).map(Wanted::Seats)
            }
            SeatRequest::Any { section, quantity } => {
                number_of_seats_fits(*quantity as usize)?;
                let section = self
                    .layout
                    .find_section(section)
                    .ok_or(PlaceRefusal::UnknownSection)?;
                Ok(Wanted::Any {
                    section,
                    quantity: *quantity,
                })
            }
        }
    }

    /// The places that a Booking gets for `wanted`, by section, with their prices.
    pub(crate) fn pick(&self, wanted: &Wanted) -> Result<Vec<BookingLine>, PlaceRefusal> {
        match wanted {
            Wanted::Seats(seats) => {
                self.seats_are_free(seats)?;
                Ok(self.lines(seats))
            }
            Wanted::Any { section, quantity } => {
                let Some(place) = self.layout.section(*section) else {
                    return Err(PlaceRefusal::UnknownSection);
                };
                self.enough_is_left(*section, place, *quantity)?;
                match place.places {
                    SectionPlaces::General { .. } => Ok(vec![line(place, *quantity, Vec::new())]),
                    SectionPlaces::Rows { .. } => {
                        Ok(self.lines(&best_available(&self.layout, &self.seats, *section, *quantity)))
                    }
                }
            }
        }
    }

    /// Overdue holds, at most [`OVERDUE_PER_COMMAND_MAX`], that stand between `buyer` and `request`.
    pub(crate) fn overdue_before(
        &self,
        buyer: AccountId,
        request: &SeatRequest,
        at: DateTime<Utc>,
    ) -> Vec<BookingId> {
        if self.next_deadline().is_none_or(|next| at < next) {
            return Vec::new();
        }
        let Ok(wanted) = self.wanted(request) else {
            return Vec::new();
        };
        let mut in_the_way = match &wanted {
            Wanted::Seats(seats) => self.overdue_holders(seats, at),
            Wanted::Any { section, .. } => self.overdue_in_section(*section, at),
        };
        if self.places_of_buyer(buyer).saturating_add(wanted.quantity()) > self.buyer_seats_max() {
            let theirs = self.overdue_holds(at).filter(|(_, hold)| hold.buyer == buyer);
            in_the_way.extend(theirs.map(|(booking, _)| booking).take(OVERDUE_PER_COMMAND_MAX));
        }
        let mut seen = HashSet::new();
        in_the_way.retain(|booking| seen.insert(*booking));
        in_the_way
    }

    fn seats_exist(&self, ids: &[SeatId]) -> Result<Vec<SeatIndex>, PlaceRefusal> {
        let seats: Vec<SeatIndex> = ids.iter().filter_map(|id| self.layout.find_seat(id)).collect();
        if seats.len() == ids.len() {
            return Ok(seats);
        }
        let unknown = ids.iter().filter(|id| self.layout.find_seat(id).is_none());
        Err(PlaceRefusal::UnknownSeats(unknown.cloned().collect()))
    }

    fn seats_are_free(&self, seats: &[SeatIndex]) -> Result<(), PlaceRefusal> {
        let is_free = |seat: &SeatIndex| self.seats.holder(*seat) == Some(Holder::Free);
        if seats.iter().all(is_free) {
            return Ok(());
        }
        let taken = seats
            .iter()
            .filter(|seat| !is_free(seat))
            .filter_map(|seat| self.layout.seat(*seat));
        Err(PlaceRefusal::SeatsTaken(taken.cloned().collect()))
    }

    fn enough_is_left(
        &self,
        index: SectionIndex,
        section: &Section,
        quantity: u32,
    ) -> Result<(), PlaceRefusal> {
        let left = self.seats.counts(index).free;
        if quantity <= left {
            return Ok(());
        }
        Err(PlaceRefusal::SoldOut {
            section: section.id.clone(),
            left,
        })
    }

    /// `seats` by section, sections in the order of their first seat.
    fn lines(&self, seats: &[SeatIndex]) -> Vec<BookingLine> {
        let mut lines: Vec<BookingLine> = Vec::with_capacity(1);
        for seat in seats {
            let section = self
                .layout
                .section_of(*seat)
                .and_then(|section| self.layout.section(section));
            let (Some(section), Some(id)) = (section, self.layout.seat(*seat)) else {
                continue;
            };
            if let Some(line) = lines.iter_mut().find(|line| line.section == section.id) {
                line.quantity += 1;
                line.seats.push(id.clone());
            } else {
                let mut named = Vec::with_capacity(seats.len());
                named.push(id.clone());
                lines.push(line(section, 1, named));
            }
        }
        lines
    }

    fn overdue_holders(&self, seats: &[SeatIndex], at: DateTime<Utc>) -> Vec<BookingId> {
        let holders = seats.iter().filter_map(|seat| match self.seats.holder(*seat)? {
            Holder::Held(booking) => Some(booking),
            Holder::Free | Holder::Sold(_) => None,
        });
        holders
            .filter(|booking| {
                self.seats
                    .holds
                    .get(booking)
                    .is_some_and(|hold| !hold.secured && hold.until <= at)
            })
            .collect()
    }

    fn overdue_in_section(&self, section: SectionIndex, at: DateTime<Utc>) -> Vec<BookingId> {
        let touches = |hold: &Hold| {
            let counted = hold.places.counts.iter().any(|(counted, _)| *counted == section);
            counted
                || hold
                    .places
                    .seats
                    .iter()
                    .any(|seat| self.layout.section_of(*seat) == Some(section))
        };
        let overdue = self.overdue_holds(at).filter(|(_, hold)| touches(hold));
        overdue
            .map(|(booking, _)| booking)
            .take(OVERDUE_PER_COMMAND_MAX)
            .collect()
    }
}

/// Nobody sits on a seat twice.
fn seats_differ(ids: &[SeatId]) -> Result<(), PlaceRefusal> {
    let mut twice: Vec<SeatId> = Vec::new();
    let mut before = ids;
    while let Some((last, rest)) = before.split_last() {
        if rest.contains(last) && !twice.contains(last) {
            twice.push(last.clone());
        }
        before = rest;
    }
    if twice.is_empty() {
        Ok(())
    } else {
        Err(PlaceRefusal::DuplicateSeats(twice))
    }
}

fn line(section: &Section, quantity: u32, seats: Vec<SeatId>) -> BookingLine {
    BookingLine {
        section: section.id.clone(),
        quantity,
        seats,
        unit_price: section.price,
    }
}
