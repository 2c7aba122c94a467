//! Tables `sections`, `seat_rows` and `seats`. Read by availability, the seat map (its static plan and its state), and
//! the details of an event.

mod rows;

use std::collections::{HashMap, HashSet};

use domain::event::facts::Allotment;
use domain::ids::BookingId;
use domain::text::SectionId;
use futures::FutureExt;
use sqlx::PgConnection;
use uuid::Uuid;

use self::rows::{PlanRow, SeatRow, SectionRow, TOO_MANY};
use crate::decode::{EVENT, Entry};
use crate::rows::Rows;
use crate::seating::{Move, NewSection, Seating};
use crate::table::{self, JsonText};
use crate::{ApplyError, Projection};

/// The seating of events, and which places of it are taken.
pub static SEAT_MAPS: Projection = Projection {
    name: "seats",
    aggregates: &[EVENT],
    apply: |connection, facts| apply(connection, facts).boxed(),
};

struct Batch<'a> {
    sections: Rows<SectionRow>,
    rows: Vec<PlanRow<'a>>,
    /// What the batch leaves of a seat is all that is written of it.
    seats: HashMap<(Uuid, &'a str), SeatRow<'a>>,
    deleted: Vec<Uuid>,
}

async fn apply(connection: &mut PgConnection, facts: &[Entry<'_>]) -> Result<(), ApplyError> {
    let changes: Vec<(Entry<'_>, Seating<'_>)> = facts
        .iter()
        .filter_map(|entry| Some((*entry, Seating::of(entry.event()?)?)))
        .collect();
    let sections: HashSet<(Uuid, String)> = changes
        .iter()
        .flat_map(|(entry, change)| {
            change
                .sections()
                .map(|id| (entry.aggregate, id.as_str().to_owned()))
        })
        .collect();
    let mut batch = Batch {
        sections: Rows::load(connection, sections).await?,
        rows: Vec::new(),
        seats: HashMap::new(),
        deleted: Vec::new(),
    };
    for (entry, change) in changes {
        batch
            .fold(entry, change)
            .map_err(|reason| ApplyError::unfit(entry.position, reason))?;
    }
    batch.save(connection).await?;
    Ok(())
}

impl<'a> Batch<'a> {
    fn fold(&mut self, entry: Entry<'a>, change: Seating<'a>) -> Result<(), &'static str> {
        let (event, position) = (entry.aggregate, entry.position);
        match change {
            Seating::SectionAdded(section) => self.add(entry, &section)?,
            Seating::RowsAdded(id, rows) => {
                if let Some(section) = self.section(event, id, position)? {
                    let first = section.add_rows(rows)?;
                    for (ordinal, row) in (first..).zip(rows) {
                        self.rows.push(PlanRow {
                            event_id: event,
                            section_id: id.as_str(),
                            ordinal,
                            seats: JsonText::of(row)?,
                        });
                    }
                }
            }
            Seating::PriceChanged(id, price) => {
                if let Some(section) = self.section(event, id, position)? {
                    section.price_amount = price.amount();
                }
            }
            Seating::CapacityChanged(id, capacity) => {
                if let Some(section) = self.section(event, id, position)? {
                    section.capacity = i32::try_from(capacity).map_err(|_| TOO_MANY)?;
                }
            }
            Seating::Moved(how, booking, places) => self.allot(entry, how, booking, places)?,
            Seating::DraftDeleted => {
                self.sections.remove(|(of, _)| *of == event);
                self.rows.retain(|row| row.event_id != event);
                self.seats.retain(|(of, _), _| *of != event);
                self.deleted.push(event);
            }
        }
        Ok(())
    }

    /// The section, unless it has the fact at `position` already.
    fn section(
        &mut self,
        event: Uuid,
        id: &SectionId,
        position: i64,
    ) -> Result<Option<&mut SectionRow>, &'static str> {
        let key = (event, id.as_str().to_owned());
        self.sections.get(&key, position, "its section is not there")
    }

    fn add(&mut self, entry: Entry<'_>, section: &NewSection<'_>) -> Result<(), &'static str> {
        if let Ok(there) = self.section(entry.aggregate, section.id, entry.position) {
            return there.map_or(Ok(()), |_| Err("its section is there already"));
        }
        let row = SectionRow::new(entry, section)?;
        let key = (entry.aggregate, section.id.as_str().to_owned());
        self.sections.or_begin(key, entry.position, |_| row);
        Ok(())
    }

    fn allot(
        &mut self,
        entry: Entry<'a>,
        how: Move,
        booking: BookingId,
        places: &'a [Allotment],
    ) -> Result<(), &'static str> {
        for place in places {
            let Some(section) = self.section(entry.aggregate, &place.section, entry.position)? else {
                continue;
            };
            section.count(how, place.quantity.into())?;
            for seat in &place.seats {
                let row = SeatRow {
                    event_id: entry.aggregate,
                    seat_id: seat.as_str(),
                    section_id: place.section.as_str(),
                    booking_id: booking.uuid(),
                    state: rows::state_after(how),
                    position: entry.position,
                };
                self.seats.insert((entry.aggregate, seat.as_str()), row);
            }
        }
        Ok(())
    }

    async fn save(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        table::delete_events::<SectionRow>(connection, &self.deleted).await?;
        table::delete_events::<PlanRow<'_>>(connection, &self.deleted).await?;
        table::delete_events::<SeatRow<'_>>(connection, &self.deleted).await?;
        self.sections.save(connection).await?;
        table::upsert(connection, &self.rows.iter().collect::<Vec<_>>()).await?;
        let mut seats: Vec<&SeatRow<'_>> = self.seats.values().collect();
        // in the order of the key, as its index likes it, and as any other writer takes the rows' locks
        seats.sort_unstable_by_key(|seat| (seat.event_id, seat.seat_id));
        let (free, taken): (Vec<_>, Vec<_>) = seats.into_iter().partition(|seat| seat.state == rows::FREE);
        rows::release(connection, &free).await?;
        table::upsert(connection, &taken).await
    }
}
