//! Rows of `sections`, `seat_rows` and `seats`.

use domain::event::plan;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::decode::Entry;
use crate::seating::{Move, NewSection};
use crate::table::{JsonText, table};

pub(super) const TOO_MANY: &str = "its numbers are too large";

table! {
    folded "sections" by (event_id, section_id): (Uuid, String);
    pub(super) struct SectionRow {
        event_id: Uuid,
        section_id: String,
        ordinal: i32,
        name: String,
        category: Option<String>,
        price_amount: i64,
        seated: bool,
        capacity: i32,
        row_count: i32,
        held: i32,
        sold: i32,
        returned: i32,
        position: i64,
    }
}

table! {
    /// The static plan, written once.
    written "seat_rows" by (event_id, section_id, ordinal);
    pub(super) struct PlanRow<'a> {
        event_id: Uuid,
        section_id: &'a str,
        ordinal: i32,
        seats: JsonText,
    }
}

table! {
    /// A seat that is not free, but for those that [`release`] deletes.
    written "seats" by (event_id, seat_id);
    pub(super) struct SeatRow<'a> {
        event_id: Uuid,
        seat_id: &'a str,
        section_id: &'a str,
        booking_id: Uuid,
        state: &'static str,
        position: i64,
    }
}

/// The state of seats that have no row.
pub(super) const FREE: &str = "free";

pub(super) const fn state_after(how: Move) -> &'static str {
    match how {
        Move::Held => "held",
        Move::Sold => "sold",
        Move::Freed | Move::Returned => FREE,
    }
}

impl SectionRow {
    /// The section that the fact of `entry` adds.
    pub(super) fn new(entry: Entry<'_>, section: &NewSection<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            event_id: entry.aggregate,
            section_id: section.id.as_str().to_owned(),
            ordinal: i32::try_from(entry.sequence).map_err(|_| TOO_MANY)?,
            name: section.name.as_str().to_owned(),
            category: section.category.map(|category| category.as_str().to_owned()),
            price_amount: section.price.amount(),
            seated: section.capacity.is_none(),
            capacity: i32::try_from(section.capacity.unwrap_or(0)).map_err(|_| TOO_MANY)?,
            row_count: 0,
            held: 0,
            sold: 0,
            returned: 0,
            position: entry.position,
        })
    }

    /// Counts `quantity` places that change hands.
    pub(super) fn count(&mut self, how: Move, quantity: i64) -> Result<(), &'static str> {
        let (held, sold, returned) = match how {
            Move::Held => (quantity, 0, 0),
            Move::Freed => (-quantity, 0, 0),
            Move::Sold => (-quantity, quantity, 0),
            Move::Returned => (0, -quantity, quantity),
        };
        add(&mut self.held, held)?;
        add(&mut self.sold, sold)?;
        add(&mut self.returned, returned)
    }

    /// Rows follow those that are there; returns the ordinal of the first.
    pub(super) fn add_rows(&mut self, rows: &[plan::PlanRow]) -> Result<i32, &'static str> {
        let first = self.row_count;
        add(
            &mut self.row_count,
            i64::try_from(rows.len()).map_err(|_| TOO_MANY)?,
        )?;
        let seats: usize = rows.iter().map(|row| row.seats.len()).sum();
        add(&mut self.capacity, i64::try_from(seats).map_err(|_| TOO_MANY)?)?;
        Ok(first)
    }
}

/// Deletes the rows of seats that are free again.
pub(super) async fn release(
    connection: &mut PgConnection,
    seats: &[&SeatRow<'_>],
) -> Result<(), sqlx::Error> {
    if seats.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from seats as s using unnest($1::uuid[], $2::text[], $3::bigint[]) as f(event_id, seat_id, position)
          where s.event_id = f.event_id and s.seat_id = f.seat_id and s.position < f.position",
        &seats.iter().map(|seat| seat.event_id).collect::<Vec<_>>(),
        &seats.iter().map(|seat| seat.seat_id).collect::<Vec<_>>() as &[&str],
        &seats.iter().map(|seat| seat.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn add(count: &mut i32, change: i64) -> Result<(), &'static str> {
    let sum = i64::from(*count) + change;
    if sum < 0 {
        return Err("more places would end than were held or sold");
    }
    *count = i32::try_from(sum).map_err(|_| TOO_MANY)?;
    Ok(())
}
