//! Rows of `analytics_sales`: how many places confirmed bookings still have.

use uuid::Uuid;

use super::figures::{Returned, quantity};
use crate::rows::Rows;
use crate::seating::{Move, Seating};
use crate::table::table;

table! {
    folded "analytics_sales" by (booking_id): Uuid;
    pub(super) struct SaleRow {
        booking_id: Uuid,
        places_left: i32,
        position: i64,
    }
}

/// Begins a sale, or takes places from it; answers what is left then.
pub(super) fn change(
    sales: &mut Rows<SaleRow>,
    position: i64,
    seating: &Seating<'_>,
) -> Result<Option<Returned>, &'static str> {
    let Seating::Moved(how, booking, places) = seating else {
        return Ok(None);
    };
    match how {
        Move::Held | Move::Freed => Ok(None),
        Move::Sold => {
            let places_left = i32::try_from(quantity(places)).map_err(|_| "it has too many places")?;
            sales.or_begin(booking.uuid(), position, |booking_id| SaleRow {
                booking_id,
                places_left,
                position,
            });
            Ok(None)
        }
        Move::Returned => {
            let Some(sale) = sales.get(&booking.uuid(), position, "its sale is not there")? else {
                return Ok(None);
            };
            let left = i64::from(sale.places_left) - quantity(places);
            sale.places_left = i32::try_from(left)
                .ok()
                .filter(|left| *left >= 0)
                .ok_or("more places are returned than were sold")?;
            Ok(Some(if left == 0 { Returned::Last } else { Returned::Some }))
        }
    }
}
