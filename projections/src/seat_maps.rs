//! Tables `sections`, `seat_rows` and `seats`. Read by availability, the seat map (its static plan and its state), and
//! the details of an event.

mod rows;

use std::collections::{HashMap, HashSet, hash_map};

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
    seats: HashMap<(Uuid, &'a str), Touched<'a>>,
    deleted: Vec<Uuid>,
}

/// A seat that the batch is about. What the batch leaves of it is all that is written.
struct Touched<'a> {
    row: SeatRow<'a>,
    /// It was free before the batch, so that it has no row.
    new: bool,
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
                let touched = self.seats.entry((entry.aggregate, seat.as_str()));
                match touched {
                    hash_map::Entry::Occupied(mut touched) => touched.get_mut().row = row,
                    hash_map::Entry::Vacant(untouched) => {
                        let new = how == Move::Held;
                        untouched.insert(Touched { row, new });
                    }
                }
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
        rows::release(connection, &self.seats_of(Touched::is_free)).await?;
        table::upsert(connection, &self.seats_of(|seat| !seat.is_free() && !seat.new)).await?;
        table::append(connection, &self.seats_of(|seat| !seat.is_free() && seat.new)).await
    }

    /// The rows of some seats, in the order of the key, as its index likes it.
    fn seats_of(&self, some: impl Fn(&Touched<'a>) -> bool) -> Vec<&SeatRow<'a>> {
        let seats = self.seats.values().filter(|seat| some(seat));
        let mut rows: Vec<&SeatRow<'_>> = seats.map(|seat| &seat.row).collect();
        rows.sort_unstable_by_key(|row| (row.event_id, row.seat_id));
        rows
    }
}

impl Touched<'_> {
    fn is_free(&self) -> bool {
        self.row.state == rows::FREE
    }
}
