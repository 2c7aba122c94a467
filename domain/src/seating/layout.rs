//! The part of an Event that stays while it sells: sections, rows and seats, as indices. Drawn geometry stays in the facts.

use std::collections::hash_map::Entry;

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use crate::money::Price;
use crate::text::{Name, SeatId, SectionId};

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(u32);

        impl $name {
            /// Names the place in a list; lists here are bounded far below 2³².
            pub(crate) fn at(place: usize) -> Self {
                Self(u32::try_from(place).unwrap_or(u32::MAX))
            }

            pub(crate) const fn get(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A section by its place in the Event.
    SectionIndex
);
index!(
    /// A row by its place in the Event.
    RowIndex
);
index!(
    /// A seat by its place in the Event; neighbours in a row have neighbouring indices.
    SeatIndex
);

/// Sections, rows and seats of an Event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    sections: Vec<Section>,
    section_by_id: HashMap<SectionId, SectionIndex>,
    rows: Vec<Row>,
    seats: Vec<SeatId>,
    row_of: Vec<RowIndex>,
    seat_by_id: HashMap<SeatId, SeatIndex>,
}

/// A section with one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Section {
    pub(crate) id: SectionId,
    pub(crate) name: Name,
    pub(crate) price: Price,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<Name>,
    pub(crate) places: SectionPlaces,
}

/// What a section consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SectionPlaces {
    /// Rows of named seats, front to back. Stored beside the sections.
    Rows {
        #[serde(skip)]
        rows: Vec<RowIndex>,
        #[serde(skip)]
        seats: u32,
    },
    /// Places without names.
    General { capacity: u32 },
}

/// Seats side by side: a row of the plan, or, where aisles part it, a block of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) section: SectionIndex,
    pub(crate) first: SeatIndex,
    pub(crate) length: u32,
    /// The row before it is another block of the same row of the plan.
    pub(crate) goes_on: bool,
}

impl SectionPlaces {
    /// Places of a new section: a capacity, or rows that follow.
    pub(crate) fn new(capacity: Option<u32>) -> Self {
        match capacity {
            Some(capacity) => Self::General { capacity },
            None => Self::Rows {
                rows: Vec::new(),
                seats: 0,
            },
        }
    }
}

impl Section {
    /// Whether its places are named seats.
    pub(crate) fn is_seated(&self) -> bool {
        matches!(self.places, SectionPlaces::Rows { .. })
    }

    /// Places, free or not.
    pub(crate) fn capacity(&self) -> u32 {
        match self.places {
            SectionPlaces::Rows { seats, .. } => seats,
            SectionPlaces::General { capacity } => capacity,
        }
    }
}

impl Row {
    /// Places of its seats in the list of all seats.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.first.get()..self.first.get() + self.length as usize
    }
}

impl Layout {
    /// Adds a section; `false` where its id is taken and nothing was done.
    pub(crate) fn add_section(&mut self, section: Section) -> bool {
        let Entry::Vacant(vacant) = self.section_by_id.entry(section.id.clone()) else {
            return false;
        };
        vacant.insert(SectionIndex::at(self.sections.len()));
        self.sections.push(section);
        true
    }

    /// Adds a row of seats to the back of a seated section, or another block of the row that is there; ids that are taken are
    /// left out and their number returned.
    pub(crate) fn add_row<'a>(
        &mut self,
        section: SectionIndex,
        seats: impl Iterator<Item = &'a SeatId>,
        goes_on: bool,
    ) -> usize {
        let row = RowIndex::at(self.rows.len());
        let first = self.seats.len();
        let mut left_out = 0;
        for id in seats {
            match self.seat_by_id.entry(id.clone()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(SeatIndex::at(self.seats.len()));
                    self.seats.push(id.clone());
                    self.row_of.push(row);
                }
                Entry::Occupied(_) => left_out += 1,
            }
        }
        let length = u32::try_from(self.seats.len() - first).unwrap_or(u32::MAX);
        self.rows.push(Row {
            section,
            first: SeatIndex::at(first),
            length,
            goes_on,
        });
        if let Some(Section {
            places: SectionPlaces::Rows { rows, seats },
            ..
        }) = self.sections.get_mut(section.get())
        {
            rows.push(row);
            *seats = seats.saturating_add(length);
        }
        left_out
    }

    pub(crate) fn change_section(&mut self, section: SectionIndex, change: impl FnOnce(&mut Section)) {
        self.sections.get_mut(section.get()).map(change);
    }

    /// Places of a section, free or not.
    pub(crate) fn capacity(&self, section: SectionIndex) -> u32 {
        self.section(section).map_or(0, Section::capacity)
    }

    pub(crate) fn sections(&self) -> &[Section] {
        &self.sections
    }

    pub(crate) fn section(&self, section: SectionIndex) -> Option<&Section> {
        self.sections.get(section.get())
    }

    pub(crate) fn find_section(&self, id: &SectionId) -> Option<SectionIndex> {
        self.section_by_id.get(id).copied()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn row(&self, row: RowIndex) -> Option<Row> {
        self.rows.get(row.get()).copied()
    }

    pub(crate) fn row_of(&self, seat: SeatIndex) -> Option<RowIndex> {
        self.row_of.get(seat.get()).copied()
    }

    pub(crate) fn section_of(&self, seat: SeatIndex) -> Option<SectionIndex> {
        self.row(self.row_of(seat)?).map(|row| row.section)
    }

    /// `seats` by section, sections in the order of their first seat.
    pub(crate) fn by_section(&self, seats: &[SeatIndex]) -> Vec<(&Section, Vec<SeatId>)> {
        let mut found: Vec<(&Section, Vec<SeatId>)> = Vec::with_capacity(1);
        for seat in seats {
            let section = self.section_of(*seat).and_then(|section| self.section(section));
            let (Some(section), Some(id)) = (section, self.seat(*seat)) else {
                continue;
            };
            if let Some((_, ids)) = found.iter_mut().find(|(known, _)| known.id == section.id) {
                ids.push(id.clone());
            } else {
                let mut ids = Vec::with_capacity(seats.len());
                ids.push(id.clone());
                found.push((section, ids));
            }
        }
        found
    }

    pub(crate) fn seats(&self) -> &[SeatId] {
        &self.seats
    }

    pub(crate) fn seat(&self, seat: SeatIndex) -> Option<&SeatId> {
        self.seats.get(seat.get())
    }

    pub(crate) fn find_seat(&self, id: &SeatId) -> Option<SeatIndex> {
        self.seat_by_id.get(id).copied()
    }
}
