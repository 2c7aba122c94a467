//! Rows of `analytics_sales`: how many places confirmed bookings still have.

use std::collections::HashSet;

use domain::event::facts::EventFact;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::figures::{Returned, quantity};
use super::rows::{Row, Rows};
use crate::ApplyError;

#[derive(Serialize, Deserialize)]
pub(super) struct SaleRow {
    booking_id: Uuid,
    places_left: i32,
    position: i64,
}

impl Row for SaleRow {
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.booking_id
    }

    fn position(&mut self) -> &mut i64 {
        &mut self.position
    }
}

/// The sales that are not begun by the batch itself.
pub(super) async fn load(
    connection: &mut PgConnection,
    bookings: HashSet<Uuid>,
) -> Result<Rows<SaleRow>, ApplyError> {
    if bookings.is_empty() {
        return Ok(Rows::new());
    }
    let bookings: Vec<Uuid> = bookings.into_iter().collect();
    let texts = sqlx::query_scalar!(
        r#"select row_to_json(s)::text as "row!" from analytics_sales s where booking_id = any($1)"#,
        &bookings
    )
    .fetch_all(connection)
    .await?;
    Rows::parse(&texts)
}

/// Begins a sale, or takes places from it; answers what is left then.
pub(super) fn change(
    sales: &mut Rows<SaleRow>,
    position: i64,
    fact: &EventFact,
) -> Result<Option<Returned>, &'static str> {
    if let EventFact::SeatsSold { booking, places, .. } = fact {
        let places_left = i32::try_from(quantity(places)).map_err(|_| "it has too many places")?;
        sales.or_begin(booking.uuid(), position, |booking_id| SaleRow {
            booking_id,
            places_left,
            position,
        });
    }
    let EventFact::SeatsReturned { booking, places, .. } = fact else {
        return Ok(None);
    };
    let sale = sales
        .get(&booking.uuid(), position)
        .map_err(|_| "its sale is not there")?;
    let Some(sale) = sale else { return Ok(None) };
    let left = i64::from(sale.places_left) - quantity(places);
    sale.places_left = i32::try_from(left)
        .ok()
        .filter(|left| *left >= 0)
        .ok_or("more places are returned than were sold")?;
    Ok(Some(if left == 0 { Returned::Last } else { Returned::Some }))
}

pub(super) async fn save(connection: &mut PgConnection, rows: &Rows<SaleRow>) -> Result<(), ApplyError> {
    let rows = rows.changed();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into analytics_sales (booking_id, places_left, position)
         select * from unnest($1::uuid[], $2::int[], $3::bigint[])
         on conflict (booking_id) do update set (places_left, position) = (excluded.places_left, excluded.position)
          where analytics_sales.position < excluded.position",
        &rows.iter().map(|row| row.booking_id).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.places_left).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.position).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
