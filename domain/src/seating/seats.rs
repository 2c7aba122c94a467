//! The part of an Event that moves while it sells: who has which seat, holds and their deadlines, counts.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, BookingId};
use crate::seating::holders::{Holder, runs_of};
use crate::seating::layout::{Layout, RowIndex, SeatIndex, SectionIndex, SectionPlaces};
use crate::text::counted;

/// Facts without sense that are remembered.
const BREACHES_MAX: usize = 20;

/// Places reserved for one Booking until a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hold {
    pub(super) buyer: AccountId,
    /// First moment at which it is over, unless a payment must be known first.
    pub(super) until: DateTime<Utc>,
    /// A payment is under way: the deadline does not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) secured: bool,
    /// Shared, so that a copy of the state costs no copy of every list.
    pub(super) places: Arc<Places>,
    /// How many Bookings began before it.
    pub(super) number: u32,
}

/// Places that are a Booking's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sale {
    pub(super) buyer: AccountId,
    pub(super) places: Arc<Places>,
    /// How many Bookings began before it.
    pub(super) number: u32,
}

/// Some places of an Event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Places {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) seats: Vec<SeatIndex>,
    /// Sections of general admission, with how many places of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) counts: Vec<(SectionIndex, u32)>,
}

/// Counts of one section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SectionCounts {
    pub(super) free: u32,
    pub(super) sold: u32,
}

/// Who has what of an Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seats {
    pub(super) holders: Vec<Holder>,
    /// Lengths of each row's runs of free seats, as [`runs_of`] packs them; zero where none is free.
    pub(super) free_runs: Vec<u32>,
    pub(super) counts: Vec<SectionCounts>,
    pub(super) holds: HashMap<BookingId, Hold>,
    pub(super) sales: HashMap<BookingId, Sale>,
    /// How many Bookings began.
    pub(super) begun: u32,
    /// Places that each buyer holds and owns.
    pub(super) buyers: HashMap<AccountId, u32>,
    /// Every hold whose deadline counts, by its deadline, the next first.
    pub(super) deadlines: BTreeSet<(DateTime<Utc>, BookingId)>,
    /// Facts that made no sense, in words.
    pub(super) breaches: Vec<String>,
}

impl SectionCounts {
    fn take(&mut self, count: u32) {
        self.free = self.free.saturating_sub(count);
    }

    fn give_back(&mut self, count: u32) {
        self.free = self.free.saturating_add(count);
    }

    fn sell(&mut self, count: u32) {
        self.sold = self.sold.saturating_add(count);
    }

    fn unsell(&mut self, count: u32) {
        self.sold = self.sold.saturating_sub(count);
        self.give_back(count);
    }
}

impl Places {
    /// How many places they are.
    pub(super) fn quantity(&self) -> u32 {
        let counted: u32 = self
            .counts
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count));
        counted.saturating_add(u32::try_from(self.seats.len()).unwrap_or(u32::MAX))
    }

    /// What is left without `gone`.
    fn without(&self, gone: &Self) -> Self {
        let seats = self
            .seats
            .iter()
            .filter(|seat| !gone.seats.contains(seat))
            .copied();
        let counts = self.counts.iter().map(|(section, count)| {
            let gone = gone
                .counts
                .iter()
                .filter(|(of, _)| of == section)
                .map(|(_, count)| *count);
            (*section, count.saturating_sub(gone.sum()))
        });
        Self {
            seats: seats.collect(),
            counts: counts.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

impl Seats {
    /// Makes room for what was just added to `layout`.
    pub(super) fn grow(&mut self, layout: &Layout) {
        for section in layout.sections().iter().skip(self.counts.len()) {
            let free = match section.places {
                SectionPlaces::General { capacity } => capacity,
                SectionPlaces::Rows { .. } => 0,
            };
            self.counts.push(SectionCounts { free, sold: 0 });
        }
        self.holders.resize(layout.seats().len(), Holder::Free);
        for row in layout.rows().iter().skip(self.free_runs.len()) {
            self.free_runs
                .push(self.holders.get(row.range()).map_or(0, runs_of));
            if let Some(counts) = self.counts.get_mut(row.section.get()) {
                counts.free = counts.free.saturating_add(row.length);
            }
        }
    }

    pub(super) fn holder(&self, seat: SeatIndex) -> Option<Holder> {
        self.holders.get(seat.get()).copied()
    }

    pub(super) fn counts(&self, section: SectionIndex) -> SectionCounts {
        self.counts.get(section.get()).copied().unwrap_or_default()
    }

    pub(super) fn places_of_buyer(&self, buyer: AccountId) -> u32 {
        self.buyers.get(&buyer).copied().unwrap_or(0)
    }

    /// Reserves `places` for `booking`. What is not free stays with whom it belongs, and is reported.
    pub(super) fn hold(
        &mut self,
        layout: &Layout,
        booking: BookingId,
        buyer: AccountId,
        until: DateTime<Utc>,
        places: Places,
    ) {
        if self.holds.contains_key(&booking) || self.sales.contains_key(&booking) {
            self.breach(|| format!("booking {booking} holds twice"));
            return;
        }
        let taken = self.take(layout, booking, places);
        let owned = self.buyers.entry(buyer).or_insert(0);
        *owned = owned.saturating_add(taken.quantity());
        self.deadlines.insert((until, booking));
        self.holds.insert(
            booking,
            Hold {
                buyer,
                until,
                secured: false,
                places: Arc::new(taken),
                number: self.begun,
            },
        );
        self.begun = self.begun.saturating_add(1);
    }

    /// Takes what is free of `places`.
    fn take(&mut self, layout: &Layout, booking: BookingId, mut places: Places) -> Places {
        places.seats.retain(|seat| {
            if let Some(holder @ Holder::Free) = self.holders.get_mut(seat.get()) {
                *holder = Holder::Held(booking);
                self.count_seat(layout, *seat, |counts| counts.take(1));
                return true;
            }
            let id = layout.seat(*seat).map(ToString::to_string).unwrap_or_default();
            self.breach(|| format!("seat {id} has a second holder, booking {booking}"));
            false
        });
        for (section, count) in &mut places.counts {
            let free = self.counts(*section).free;
            if *count > free {
                self.breach(|| {
                    format!(
                        "booking {booking} takes {}, {free} free",
                        counted(*count, "place", "places")
                    )
                });
                *count = free;
            }
            self.count(*section, |counts| counts.take(*count));
        }
        self.recount_rows(layout, &places.seats);
        places
    }

    /// A hold's deadline no longer counts.
    pub(super) fn secure(&mut self, booking: BookingId) {
        let Some(hold) = self.holds.get_mut(&booking) else {
            self.breach(|| format!("booking {booking} secures a hold that it has not"));
            return;
        };
        hold.secured = true;
        self.deadlines.remove(&(hold.until, booking));
    }

    /// Moves a hold's deadline, which counts from now on.
    pub(super) fn extend(&mut self, booking: BookingId, until: DateTime<Utc>) {
        let Some(hold) = self.holds.get_mut(&booking) else {
            self.breach(|| format!("booking {booking} extends a hold that it has not"));
            return;
        };
        self.deadlines.remove(&(hold.until, booking));
        (hold.until, hold.secured) = (until, false);
        self.deadlines.insert((until, booking));
    }

    /// Frees what `booking` holds.
    pub(super) fn free(&mut self, layout: &Layout, booking: BookingId) {
        let Some(Hold { buyer, places, .. }) = self.end_hold(booking) else {
            return;
        };
        self.mark(layout, &places, Holder::Free, SectionCounts::give_back);
        self.recount_rows(layout, &places.seats);
        self.count_off(buyer, places.quantity());
    }

    /// Frees `places` of those that `booking` owns. What it does not own is reported.
    pub(super) fn take_back(&mut self, layout: &Layout, booking: BookingId, places: &Places) {
        let Some(sale) = self.sales.remove(&booking) else {
            self.breach(|| format!("booking {booking} returns places that it does not own"));
            return;
        };
        let owned = &sale.places;
        let left = owned.without(places);
        if left.quantity() + places.quantity() != owned.quantity() {
            self.breach(|| format!("booking {booking} returns other places than it owns"));
        }
        let seats = places.seats.iter().filter(|seat| owned.seats.contains(seat));
        let returned = Places {
            seats: seats.copied().collect(),
            counts: places.counts.clone(),
        };
        self.mark(layout, &returned, Holder::Free, SectionCounts::unsell);
        self.recount_rows(layout, &places.seats);
        self.count_off(sale.buyer, owned.quantity().saturating_sub(left.quantity()));
        if left.quantity() > 0 {
            let places = Arc::new(left);
            self.sales.insert(booking, Sale { places, ..sale });
        }
    }

    /// A section of general admission has `after` places instead of `before`.
    pub(super) fn resize(&mut self, section: SectionIndex, before: u32, after: u32) {
        let taken = before.saturating_sub(self.counts(section).free);
        if after < taken {
            self.breach(|| format!("a section shrinks to {after} with {taken} taken"));
        }
        self.count(section, |counts| counts.free = after.saturating_sub(taken));
    }

    fn count_off(&mut self, buyer: AccountId, places: u32) {
        if let Some(owned) = self.buyers.get_mut(&buyer) {
            *owned = owned.saturating_sub(places);
            if *owned == 0 {
                self.buyers.remove(&buyer);
            }
        }
    }

    /// Makes what `booking` holds its own for good.
    pub(super) fn sell(&mut self, layout: &Layout, booking: BookingId) {
        let Some(Hold {
            buyer,
            places,
            number,
            ..
        }) = self.end_hold(booking)
        else {
            return;
        };
        self.mark(layout, &places, Holder::Sold(booking), SectionCounts::sell);
        self.sales.insert(
            booking,
            Sale {
                buyer,
                places,
                number,
            },
        );
    }

    /// Notes that a fact made no sense; the first few are enough to know that something is wrong.
    pub(super) fn breach(&mut self, what: impl FnOnce() -> String) {
        if self.breaches.len() < BREACHES_MAX {
            self.breaches.push(what());
        }
    }

    fn end_hold(&mut self, booking: BookingId) -> Option<Hold> {
        let ended = self.holds.remove(&booking);
        match &ended {
            Some(hold) => {
                self.deadlines.remove(&(hold.until, booking));
            }
            None => self.breach(|| format!("booking {booking} ends a hold that it has not")),
        }
        ended
    }

    /// Gives the seats of `places` to `holder`, and changes the counts of their sections.
    fn mark(
        &mut self,
        layout: &Layout,
        places: &Places,
        holder: Holder,
        change: fn(&mut SectionCounts, u32),
    ) {
        for seat in &places.seats {
            if let Some(before) = self.holders.get_mut(seat.get()) {
                *before = holder;
            }
            self.count_seat(layout, *seat, |counts| change(counts, 1));
        }
        for (section, count) in &places.counts {
            self.count(*section, |counts| change(counts, *count));
        }
    }

    fn count_seat(&mut self, layout: &Layout, seat: SeatIndex, change: impl FnOnce(&mut SectionCounts)) {
        if let Some(section) = layout.section_of(seat) {
            self.count(section, change);
        }
    }

    fn count(&mut self, section: SectionIndex, change: impl FnOnce(&mut SectionCounts)) {
        if let Some(counts) = self.counts.get_mut(section.get()) {
            change(counts);
        }
    }

    /// Finds the free runs anew in the rows of `changed` seats; seats of one row come one after the other.
    fn recount_rows(&mut self, layout: &Layout, changed: &[SeatIndex]) {
        let mut last: Option<RowIndex> = None;
        for row in changed.iter().filter_map(|seat| layout.row_of(*seat)) {
            if last == Some(row) {
                continue;
            }
            last = Some(row);
            let runs = layout
                .row(row)
                .and_then(|row| self.holders.get(row.range()))
                .map_or(0, runs_of);
            if let Some(free_runs) = self.free_runs.get_mut(row.get()) {
                *free_runs = runs;
            }
        }
    }
}
