//! Seating from sections: `{name, price, rows, seats_per_row}` or `{name, price, capacity}`.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::ensure::ensure;
use crate::event::create::section_ids::SectionIds;
use crate::event::facts::EventFact;
use crate::event::import::rows_in_facts;
use crate::event::plan::{PlanRow, PlanSeat};
use crate::event::refusal::EventRefusal;
use crate::limits::{GENERAL_ADMISSION_MAX, SEATS_PER_EVENT_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX};
use crate::money::Price;
use crate::text::{Name, SeatId, SectionId, TextRefusal, look};

/// A section to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSection {
    pub name: Name,
    pub price: Price,
    pub places: NewPlaces,
}

/// The places of a section to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewPlaces {
    /// Named seats: rows A, B … Z, AA …, each with seats 1, 2 and so on.
    Rows { rows: u32, seats_per_row: u32 },
    /// Places without names.
    Capacity(u32),
}

pub(super) fn facts(sections: &[NewSection], at: DateTime<Utc>) -> Result<Vec<EventFact>, EventRefusal> {
    sections_are_some_but_not_too_many(sections.len())?;
    names_differ(sections)?;
    sections.iter().try_for_each(has_places)?;
    seats_fit(sections)?;
    places_fit(sections)?;
    let mut ids = SectionIds::default();
    Ok(sections
        .iter()
        .flat_map(|section| section_facts(&ids.next(&[section.name.as_str()]), section, at))
        .collect())
}

pub(super) fn sections_are_some_but_not_too_many(found: usize) -> Result<(), EventRefusal> {
    match found {
        0 => Err(EventRefusal::NoSections),
        found if found > SECTIONS_MAX as usize => Err(EventRefusal::TooManySections { found }),
        _ => Ok(()),
    }
}

/// Buyers know sections by their names.
fn names_differ(sections: &[NewSection]) -> Result<(), EventRefusal> {
    let mut seen = HashSet::new();
    let mut names = sections.iter().map(|section| &section.name).enumerate();
    match names.find(|(_, name)| !seen.insert(look(name.as_str()))) {
        None => Ok(()),
        Some((index, name)) => Err(EventRefusal::SectionNamedTwice {
            section: name.clone(),
            index,
        }),
    }
}

fn has_places(section: &NewSection) -> Result<(), EventRefusal> {
    match section.places {
        NewPlaces::Rows { rows: 0, .. }
        | NewPlaces::Rows { seats_per_row: 0, .. }
        | NewPlaces::Capacity(0) => Err(EventRefusal::EmptySection {
            section: section.name.clone(),
        }),
        NewPlaces::Rows { seats_per_row, .. } if seats_per_row > SEATS_PER_ROW_MAX => {
            Err(EventRefusal::RowTooLong {
                section: section.name.clone(),
            })
        }
        NewPlaces::Rows { .. } | NewPlaces::Capacity(_) => Ok(()),
    }
}

fn seats_fit(sections: &[NewSection]) -> Result<(), EventRefusal> {
    let found = sections.iter().map(|section| match section.places {
        NewPlaces::Rows { rows, seats_per_row } => u64::from(rows).saturating_mul(u64::from(seats_per_row)),
        NewPlaces::Capacity(_) => 0,
    });
    let found = found.fold(0, u64::saturating_add);
    ensure(
        found <= u64::from(SEATS_PER_EVENT_MAX),
        EventRefusal::TooManySeats { found },
    )
}

fn places_fit(sections: &[NewSection]) -> Result<(), EventRefusal> {
    let found = sections.iter().map(|section| match section.places {
        NewPlaces::Rows { .. } => 0,
        NewPlaces::Capacity(capacity) => u64::from(capacity),
    });
    let found = found.fold(0, u64::saturating_add);
    ensure(
        found <= u64::from(GENERAL_ADMISSION_MAX),
        EventRefusal::TooManyPlaces { found },
    )
}

fn section_facts(id: &SectionId, section: &NewSection, at: DateTime<Utc>) -> Vec<EventFact> {
    let (capacity, rows) = match section.places {
        NewPlaces::Capacity(capacity) => (Some(capacity), Vec::new()),
        NewPlaces::Rows { rows, seats_per_row } => (
            None,
            (0..rows)
                .filter_map(|row| new_row(id, row, seats_per_row).ok())
                .collect(),
        ),
    };
    let added = EventFact::SectionAdded {
        section: id.clone(),
        name: section.name.clone(),
        price: section.price,
        category: None,
        capacity,
        at,
    };
    std::iter::once(added)
        .chain(rows_in_facts(id, rows, at))
        .collect()
}

/// Row number `row`, counted from zero, of section `section`; its seats are called such as `floor-A-12`.
fn new_row(section: &SectionId, row: u32, seats: u32) -> Result<PlanRow, TextRefusal> {
    let letters = row_letters(row);
    let seats = (1..=seats).map(|number| {
        Ok(PlanSeat {
            id: SeatId::parse(&format!("{section}-{letters}-{number}"))?,
            seat_number: Name::parse(&number.to_string())?,
            rest: serde_json::Map::new(),
        })
    });
    Ok(PlanRow {
        zone: None,
        row_number: Name::parse(&letters)?,
        seats: seats.collect::<Result<_, TextRefusal>>()?,
        rest: serde_json::Map::new(),
    })
}

/// 0 is A, 25 is Z, 26 is AA, 27 is AB and so on.
fn row_letters(row: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = row + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(
            char::from_digit(rest % 26 + 10, 36)
                .unwrap_or('?')
                .to_ascii_uppercase(),
        );
        rest /= 26;
    }
    letters.iter().rev().collect()
}
