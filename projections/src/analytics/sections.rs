//! Rows of `analytics_sections`: how many places a section has, and how many of them are taken.

use std::collections::HashSet;

use domain::event::facts::{Allotment, EventFact};
use domain::event::plan::PlanRow;
use domain::text::SectionId;
use event_store::Sequence;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::{Row, Rows};
use crate::ApplyError;

#[derive(Serialize, Deserialize)]
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

impl Row for SectionRow {
    type Key = (Uuid, String);

    fn key(&self) -> Self::Key {
        (self.event_id, self.section_id.clone())
    }

    fn position(&mut self) -> &mut i64 {
        &mut self.position
    }
}

const TOO_MANY: &str = "its numbers are too large";

/// Whether facts of this name change rows of sections.
pub(super) fn changes_row(event_type: &str) -> bool {
    matches!(
        event_type,
        "SectionAdded"
            | "RowsAdded"
            | "PriceChanged"
            | "CapacityChanged"
            | "DraftDeleted"
            | "SeatsHeld"
            | "HoldReleased"
            | "HoldExpired"
            | "SeatsSold"
            | "SeatsReturned"
    )
}

/// The sections that a fact is about.
pub(super) fn of(fact: &EventFact) -> impl Iterator<Item = &SectionId> {
    let one = match fact {
        EventFact::SectionAdded { section, .. }
        | EventFact::RowsAdded { section, .. }
        | EventFact::PriceChanged { section, .. }
        | EventFact::CapacityChanged { section, .. } => Some(section),
        EventFact::EventCreated { .. }
        | EventFact::PlanImported { .. }
        | EventFact::ZoneAdded { .. }
        | EventFact::DetailsEdited { .. }
        | EventFact::BuyerLimitSet { .. }
        | EventFact::EventPublished { .. }
        | EventFact::SalesOpened { .. }
        | EventFact::SalesClosed { .. }
        | EventFact::DraftDeleted { .. }
        | EventFact::SeatsHeld { .. }
        | EventFact::HoldExtended { .. }
        | EventFact::HoldReleased { .. }
        | EventFact::HoldExpired { .. }
        | EventFact::HoldSecured { .. }
        | EventFact::HoldResumed { .. }
        | EventFact::SeatsReturned { .. }
        | EventFact::CancellationPolicySet { .. }
        | EventFact::EventRescheduled { .. }
        | EventFact::EventCancelled { .. }
        | EventFact::SeatsSold { .. } => None,
    };
    let (places, _) = moved(fact).unwrap_or((&[], Places::Held));
    one.into_iter().chain(places.iter().map(|place| &place.section))
}

/// What becomes of places.
#[derive(Clone, Copy)]
enum Places {
    Held,
    Freed,
    Sold,
    Returned,
}

fn moved(fact: &EventFact) -> Option<(&[Allotment], Places)> {
    if let EventFact::SeatsHeld { places, .. } = fact {
        Some((places, Places::Held))
    } else if let EventFact::HoldReleased { places, .. } | EventFact::HoldExpired { places, .. } = fact {
        Some((places, Places::Freed))
    } else if let EventFact::SeatsSold { places, .. } = fact {
        Some((places, Places::Sold))
    } else if let EventFact::SeatsReturned { places, .. } = fact {
        Some((places, Places::Returned))
    } else {
        None
    }
}

/// Changes the rows of an event's sections by a fact.
pub(super) fn change(
    sections: &mut Rows<SectionRow>,
    (event, sequence, position): (Uuid, Sequence, i64),
    fact: &EventFact,
) -> Result<(), &'static str> {
    if let EventFact::SectionAdded { .. } = fact {
        return add(sections, (event, sequence, position), fact);
    }
    if let Some((places, become_)) = moved(fact) {
        for place in places {
            if let Some(row) = row(sections, event, &place.section, position)? {
                row.count(become_, i64::from(place.quantity))?;
            }
        }
    } else if let EventFact::RowsAdded { section, rows, .. } = fact {
        if let Some(row) = row(sections, event, section, position)? {
            row.add_rows(rows)?;
        }
    } else if let EventFact::PriceChanged { section, price, .. } = fact {
        if let Some(row) = row(sections, event, section, position)? {
            row.price = price.amount();
        }
    } else if let EventFact::CapacityChanged {
        section, capacity, ..
    } = fact
        && let Some(row) = row(sections, event, section, position)?
    {
        row.capacity = i32::try_from(*capacity).map_err(|_| TOO_MANY)?;
    }
    Ok(())
}

fn row<'a>(
    sections: &'a mut Rows<SectionRow>,
    event: Uuid,
    section: &SectionId,
    position: i64,
) -> Result<Option<&'a mut SectionRow>, &'static str> {
    sections
        .get(&(event, section.as_str().to_owned()), position)
        .map_err(|_| "its section is not there")
}

fn add(
    sections: &mut Rows<SectionRow>,
    (event, sequence, position): (Uuid, Sequence, i64),
    fact: &EventFact,
) -> Result<(), &'static str> {
    let EventFact::SectionAdded {
        section,
        name,
        price,
        capacity,
        ..
    } = fact
    else {
        return Ok(());
    };
    let ordinal = i32::try_from(sequence.get()).map_err(|_| TOO_MANY)?;
    let capacity = i32::try_from(capacity.unwrap_or(0)).map_err(|_| TOO_MANY)?;
    let key = (event, section.as_str().to_owned());
    sections.or_begin(key, position, |(event_id, section_id)| SectionRow {
        event_id,
        section_id,
        ordinal,
        name: name.as_str().to_owned(),
        price: price.amount(),
        capacity,
        held: 0,
        sold: 0,
        returned: 0,
        position,
    });
    Ok(())
}

impl SectionRow {
    fn add_rows(&mut self, rows: &[PlanRow]) -> Result<(), &'static str> {
        let seats: usize = rows.iter().map(|row| row.seats.len()).sum();
        self.capacity = plus(self.capacity, i64::try_from(seats).map_err(|_| TOO_MANY)?)?;
        Ok(())
    }

    fn count(&mut self, places: Places, quantity: i64) -> Result<(), &'static str> {
        let (held, sold, returned) = match places {
            Places::Held => (quantity, 0, 0),
            Places::Freed => (-quantity, 0, 0),
            Places::Sold => (-quantity, quantity, 0),
            Places::Returned => (0, -quantity, quantity),
        };
        self.held = plus(self.held, held)?;
        self.sold = plus(self.sold, sold)?;
        self.returned = plus(self.returned, returned)?;
        Ok(())
    }
}

fn plus(count: i32, change: i64) -> Result<i32, &'static str> {
    let sum = i64::from(count) + change;
    if sum < 0 {
        return Err("more places would end than there were");
    }
    i32::try_from(sum).map_err(|_| TOO_MANY)
}

pub(super) async fn load(
    connection: &mut PgConnection,
    keys: HashSet<(Uuid, &str)>,
) -> Result<Rows<SectionRow>, ApplyError> {
    if keys.is_empty() {
        return Ok(Rows::new());
    }
    let (events, sections): (Vec<Uuid>, Vec<&str>) = keys.into_iter().unzip();
    let texts = sqlx::query_scalar!(
        r#"select row_to_json(s)::text as "row!"
             from unnest($1::uuid[], $2::text[]) as t(event_id, section_id)
             join analytics_sections s on s.event_id = t.event_id and s.section_id = t.section_id"#,
        &events,
        &sections as &[&str],
    )
    .fetch_all(connection)
    .await?;
    Rows::parse(&texts)
}

pub(super) async fn save(connection: &mut PgConnection, rows: &Rows<SectionRow>) -> Result<(), ApplyError> {
    let Some(json) = rows.json()? else { return Ok(()) };
    sqlx::query!(
        "insert into analytics_sections (event_id, section_id, ordinal, name, price, capacity, held, sold, returned,
                                         position)
         select event_id, section_id, ordinal, name, price, capacity, held, sold, returned, position
           from json_to_recordset($1::text::json) as r(
                event_id uuid, section_id text, ordinal int, name text, price bigint, capacity int, held int, sold int,
                returned int, position bigint)
         on conflict (event_id, section_id) do update set
                (price, capacity, held, sold, returned, position)
              = (excluded.price, excluded.capacity, excluded.held, excluded.sold, excluded.returned, excluded.position)
          where analytics_sections.position < excluded.position",
        json
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the sections of `events` away.
pub(super) async fn delete(connection: &mut PgConnection, events: &[Uuid]) -> Result<(), ApplyError> {
    sqlx::query!("delete from analytics_sections where event_id = any($1)", events)
        .execute(connection)
        .await?;
    Ok(())
}
