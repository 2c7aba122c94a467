//! Which places a buyer wants, which of them the buyer gets, and which overdue holds stand in the way.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::ids::{AccountId, BookingId};
use crate::limits::{OVERDUE_PER_COMMAND_MAX, SEATS_PER_BOOKING_MAX};
use crate::seating::best_available::best_available;
use crate::seating::holders::Holder;
use crate::seating::layout::{SeatIndex, SectionIndex, SectionPlaces};
use crate::seating::lines::{Allotment, BookingLine};
use crate::seating::seat_map::SeatMap;
use crate::seating::seats::Hold;
use crate::text::{SeatId, SectionId, counted};

/// Which places a buyer wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatRequest {
    /// These seats.
    Named(Vec<SeatId>),
    /// The best available seats of a section, or places of general admission.
    Any { section: SectionId, quantity: u32 },
}

/// Why a buyer does not get the places of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatRefusal {
    #[error("no seats were asked for")]
    NoSeats,
    #[error("a booking takes at most {}", counted(*max, "seat", "seats"))]
    TooManySeats { max: u32 },
    #[error("{} named more than once", counted(.0.len(), "seat is", "seats are"))]
    DuplicateSeats(Vec<SeatId>),
    #[error("{} not exist", counted(.0.len(), "seat does", "seats do"))]
    UnknownSeats(Vec<SeatId>),
    #[error("the section does not exist")]
    UnknownSection,
    /// Others were faster.
    #[error("{} taken", counted(.0.len(), "seat is", "seats are"))]
    SeatsTaken(Vec<SeatId>),
    #[error("{} left in section {section}", counted(*left, "place is", "places are"))]
    SoldOut { section: SectionId, left: u32 },
}

/// Places that exist and are wanted.
pub(crate) enum Wanted {
    /// These seats, in the order asked for.
    Seats(Vec<SeatIndex>),
    /// So many of a section.
    Any { section: SectionIndex, quantity: u32 },
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

impl SeatMap {
    /// What `request` means here, where it asks for a fair number of different places that exist.
    pub(crate) fn wanted(&self, request: &SeatRequest) -> Result<Wanted, SeatRefusal> {
        match request {
            SeatRequest::Named(ids) => {
                number_of_seats_fits(ids.len())?;
                named_twice(ids).map_or(Ok(()), |twice| Err(SeatRefusal::DuplicateSeats(twice)))?;
                self.seats_exist(ids).map(Wanted::Seats)
            }
            SeatRequest::Any { section, quantity } => {
                number_of_seats_fits(*quantity as usize)?;
                let section = self.layout.find_section(section);
                Ok(Wanted::Any {
                    section: section.ok_or(SeatRefusal::UnknownSection)?,
                    quantity: *quantity,
                })
            }
        }
    }

    /// The places that a Booking gets for `wanted`, by section, with their prices.
    pub(crate) fn pick(&self, wanted: &Wanted) -> Result<Vec<BookingLine>, SeatRefusal> {
        match wanted {
            Wanted::Seats(seats) => {
                self.seats_are_free(seats)?;
                Ok(self.lines(seats))
            }
            Wanted::Any { section, quantity } => {
                self.enough_is_left(*section, *quantity)?;
                let place = self.layout.section(*section).ok_or(SeatRefusal::UnknownSection)?;
                match place.places {
                    SectionPlaces::General { .. } => {
                        let places = Allotment {
                            section: place.id.clone(),
                            quantity: *quantity,
                            seats: Vec::new(),
                        };
                        Ok(vec![places.at(place.price)])
                    }
                    SectionPlaces::Rows { .. } => {
                        Ok(self.lines(&best_available(&self.layout, &self.seats, *section, *quantity)))
                    }
                }
            }
        }
    }

    /// Overdue holds, at most [`OVERDUE_PER_COMMAND_MAX`] of each kind, that stand between `request` and a `buyer` who
    /// may have `limit` places.
    pub(crate) fn overdue_before(
        &self,
        buyer: AccountId,
        limit: u32,
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
            Wanted::Any { section, .. } => self.overdue_where(at, |hold| self.touches(hold, *section)),
        };
        if self.places_of_buyer(buyer).saturating_add(wanted.quantity()) > limit {
            in_the_way.extend(self.overdue_where(at, |hold| hold.buyer == buyer));
        }
        let mut seen = HashSet::new();
        in_the_way.retain(|booking| seen.insert(*booking));
        in_the_way
    }

    fn seats_exist(&self, ids: &[SeatId]) -> Result<Vec<SeatIndex>, SeatRefusal> {
        let seats: Vec<SeatIndex> = ids.iter().filter_map(|id| self.layout.find_seat(id)).collect();
        if seats.len() == ids.len() {
            return Ok(seats);
        }
        let unknown = ids.iter().filter(|id| self.layout.find_seat(id).is_none());
        Err(SeatRefusal::UnknownSeats(unknown.cloned().collect()))
    }

    fn seats_are_free(&self, seats: &[SeatIndex]) -> Result<(), SeatRefusal> {
        let is_taken = |seat: &&SeatIndex| self.seats.holder(**seat) != Some(Holder::Free);
        let taken = seats.iter().filter(is_taken);
        let taken: Vec<SeatId> = taken
            .filter_map(|seat| self.layout.seat(*seat).cloned())
            .collect();
        ensure(taken.is_empty(), SeatRefusal::SeatsTaken(taken))
    }

    fn enough_is_left(&self, section: SectionIndex, quantity: u32) -> Result<(), SeatRefusal> {
        let left = self.seats.counts(section).free;
        match self.layout.section(section) {
            Some(section) if quantity > left => Err(SeatRefusal::SoldOut {
                section: section.id.clone(),
                left,
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// `seats` by section, with their prices.
    fn lines(&self, seats: &[SeatIndex]) -> Vec<BookingLine> {
        let by_section = self.layout.by_section(seats).into_iter();
        by_section
            .map(|(section, seats)| Allotment::of_seats(section.id.clone(), seats).at(section.price))
            .collect()
    }

    fn overdue_holders(&self, seats: &[SeatIndex], at: DateTime<Utc>) -> Vec<BookingId> {
        let holders = seats.iter().filter_map(|seat| match self.seats.holder(*seat)? {
            Holder::Held(booking) => Some(booking),
            Holder::Free | Holder::Sold(_) => None,
        });
        let is_over = |hold: &Hold| !hold.secured && hold.until <= at;
        holders
            .filter(|booking| self.seats.holds.get(booking).is_some_and(is_over))
            .collect()
    }

    fn overdue_where(&self, at: DateTime<Utc>, is_in_the_way: impl Fn(&Hold) -> bool) -> Vec<BookingId> {
        let overdue = self.overdue_holds(at).filter(|(_, hold)| is_in_the_way(hold));
        overdue
            .map(|(booking, _)| booking)
            .take(OVERDUE_PER_COMMAND_MAX)
            .collect()
    }

    fn touches(&self, hold: &Hold, section: SectionIndex) -> bool {
        let mut seats = hold.places.seats.iter();
        hold.places.counts.iter().any(|(counted, _)| *counted == section)
            || seats.any(|seat| self.layout.section_of(*seat) == Some(section))
    }
}

/// A booking takes at least one seat and at most [`SEATS_PER_BOOKING_MAX`].
fn number_of_seats_fits(quantity: usize) -> Result<(), SeatRefusal> {
    match quantity {
        0 => Err(SeatRefusal::NoSeats),
        quantity if quantity > SEATS_PER_BOOKING_MAX as usize => Err(SeatRefusal::TooManySeats {
            max: SEATS_PER_BOOKING_MAX,
        }),
        _ => Ok(()),
    }
}

/// The seats that are named more than once, if there are any.
pub(crate) fn named_twice(ids: &[SeatId]) -> Option<Vec<SeatId>> {
    let mut twice: Vec<SeatId> = Vec::new();
    let mut before = ids;
    while let Some((last, rest)) = before.split_last() {
        if rest.contains(last) && !twice.contains(last) {
            twice.push(last.clone());
        }
        before = rest;
    }
    (!twice.is_empty()).then_some(twice)
}
