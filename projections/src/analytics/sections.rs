//! Rows of `analytics_sections`: how many places a section has, and how many of them are taken.

use domain::text::SectionId;
use uuid::Uuid;

use crate::decode::Entry;
use crate::rows::Rows;
use crate::seating::{self, Move, NO_SECTION, NewSection, Seating, TOO_MANY};
use crate::table::table;

table! {
    folded "analytics_sections" by (event_id, section_id): (Uuid, String);
    pub(super) struct SectionRow {
        event_id: Uuid,
        section_id: String,
        ordinal: i32,
        name: String,
        price: i64,
        capacity: i32,
        held: i32,
        sold: i32,
        returned: i32,
        position: i64,
    }
}

pub(super) fn key(event: Uuid, section: &SectionId) -> (Uuid, String) {
    (event, section.as_str().to_owned())
}

/// Changes the rows of an event's sections by a fact.
pub(super) fn change(
    sections: &mut Rows<SectionRow>,
    entry: Entry<'_>,
    seating: &Seating<'_>,
) -> Result<(), &'static str> {
    match seating {
        Seating::SectionAdded(section) => add(sections, entry, section)?,
        Seating::RowsAdded(section, rows) => {
            if let Some(row) = row(sections, entry, section)? {
                seating::add(&mut row.capacity, seating::seats_in(rows)?)?;
            }
        }
        Seating::PriceChanged(section, price) => {
            if let Some(row) = row(sections, entry, section)? {
                row.price = price.amount();
            }
        }
        Seating::CapacityChanged(section, capacity) => {
            if let Some(row) = row(sections, entry, section)? {
                row.capacity = i32::try_from(*capacity).map_err(|_| TOO_MANY)?;
            }
        }
        Seating::Moved(how, _, places) => {
            for place in *places {
                if let Some(row) = row(sections, entry, &place.section)? {
                    let quantity = i64::from(place.quantity);
                    seating::count(&mut row.held, &mut row.sold, *how, quantity)?;
                    if *how == Move::Returned {
                        seating::add(&mut row.returned, quantity)?;
                    }
                }
            }
        }
        Seating::DraftDeleted => {}
    }
    Ok(())
}

fn row<'a>(
    sections: &'a mut Rows<SectionRow>,
    entry: Entry<'_>,
    section: &SectionId,
) -> Result<Option<&'a mut SectionRow>, &'static str> {
    sections.get(&key(entry.aggregate, section), entry.position, NO_SECTION)
}

fn add(
    sections: &mut Rows<SectionRow>,
    entry: Entry<'_>,
    section: &NewSection<'_>,
) -> Result<(), &'static str> {
    let ordinal = i32::try_from(entry.sequence).map_err(|_| TOO_MANY)?;
    let capacity = i32::try_from(section.capacity.unwrap_or(0)).map_err(|_| TOO_MANY)?;
    let key = key(entry.aggregate, section.id);
    sections.or_begin(key, entry.position, |(event_id, section_id)| SectionRow {
        event_id,
        section_id,
        ordinal,
        name: section.name.as_str().to_owned(),
        price: section.price.amount(),
        capacity,
        held: 0,
        sold: 0,
        returned: 0,
        position: entry.position,
    });
    Ok(())
}
