//! Tables `bookings` and `booking_money`. Read by the bookings of a caller, one booking, and the bookings of an event for
//! its organizer.

mod money;
mod row;

use domain::booking::facts::BookingFact;
use futures::FutureExt;
use sqlx::PgConnection;

use self::row::{BookingRow, NO_BOOKING, begun_before};
use crate::decode::{BOOKING, Entry};
use crate::rows::Rows;
use crate::{ApplyError, Projection};

/// Who booked what, for how much, and what became of it.
pub static BOOKINGS: Projection = Projection {
    name: "bookings",
    aggregates: &[BOOKING],
    apply: |connection, facts| apply(connection, facts).boxed(),
};

async fn apply(connection: &mut PgConnection, facts: &[Entry<'_>]) -> Result<(), ApplyError> {
    let facts: Vec<(Entry<'_>, &BookingFact)> = facts
        .iter()
        .filter_map(|entry| Some((*entry, entry.booking()?)))
        .collect();
    let money = money::fold(connection, &facts).await?;
    let mut rows = Rows::load(connection, begun_before(facts.iter().map(|(entry, _)| entry))).await?;
    for (entry, fact) in &facts {
        change(&mut rows, *entry, fact).map_err(|reason| ApplyError::unfit(entry.position, reason))?;
    }
    for each in &money {
        let row = rows.get(&each.id, each.position, NO_BOOKING);
        if let Some(row) = row.map_err(|reason| ApplyError::unfit(each.position, reason))? {
            each.booking.status().clone_into(&mut row.status);
        }
    }
    rows.save(connection).await?;
    money::save(connection, &money).await
}

fn change(rows: &mut Rows<BookingRow>, entry: Entry<'_>, fact: &BookingFact) -> Result<(), &'static str> {
    if let Some(row) = BookingRow::new(entry, fact)? {
        rows.or_begin(entry.aggregate, entry.position, |_| row);
    } else if let Some(row) = rows.get(&entry.aggregate, entry.position, NO_BOOKING)? {
        row.change(entry.sequence, fact);
    }
    Ok(())
}
