//! Rows of `analytics_hours`: what happened to an event within an hour of UTC.

use std::collections::HashSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::figures::Figures;
use super::rows::{Row, Rows};
use crate::ApplyError;

#[derive(Serialize, Deserialize)]
pub(super) struct HourRow {
    event_id: Uuid,
    hour: DateTime<Utc>,
    #[serde(flatten)]
    pub(super) figures: Figures,
    position: i64,
}

impl Row for HourRow {
    type Key = (Uuid, DateTime<Utc>);

    fn key(&self) -> Self::Key {
        (self.event_id, self.hour)
    }

    fn position(&mut self) -> &mut i64 {
        &mut self.position
    }
}

impl HourRow {
    pub(super) fn new((event_id, hour): (Uuid, DateTime<Utc>)) -> Self {
        Self {
            event_id,
            hour,
            figures: Figures::default(),
            position: 0,
        }
    }
}

/// The full hour in which `at` lies.
pub(super) fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at) // fails far beyond any time of ours
}

pub(super) async fn load(
    connection: &mut PgConnection,
    keys: HashSet<(Uuid, DateTime<Utc>)>,
) -> Result<Rows<HourRow>, ApplyError> {
    if keys.is_empty() {
        return Ok(Rows::new());
    }
    let (events, hours): (Vec<Uuid>, Vec<DateTime<Utc>>) = keys.into_iter().unzip();
    let texts = sqlx::query_scalar!(
        r#"select row_to_json(h)::text as "row!"
             from unnest($1::uuid[], $2::timestamptz[]) as t(event_id, hour)
             join analytics_hours h on h.event_id = t.event_id and h.hour = t.hour"#,
        &events,
        &hours,
    )
    .fetch_all(connection)
    .await?;
    Rows::parse(&texts)
}

pub(super) async fn save(connection: &mut PgConnection, rows: &Rows<HourRow>) -> Result<(), ApplyError> {
    let Some(json) = rows.json()? else { return Ok(()) };
    sqlx::query!(
        "insert into analytics_hours (event_id, hour, holds, holds_released, holds_expired, places_held,
                payments_declined, bookings_confirmed, bookings_cancelled, bookings_reduced, places_sold,
                places_returned, gross, fees, refunds_due, refunds_paid, late_captured, late_refunded, position)
         select event_id, hour, holds, holds_released, holds_expired, places_held,
                payments_declined, bookings_confirmed, bookings_cancelled, bookings_reduced, places_sold,
                places_returned, gross, fees, refunds_due, refunds_paid, late_captured, late_refunded, position
           from json_to_recordset($1::text::json) as r(
                event_id uuid, hour timestamptz, holds bigint, holds_released bigint, holds_expired bigint,
                places_held bigint, payments_declined bigint, bookings_confirmed bigint, bookings_cancelled bigint,
                bookings_reduced bigint, places_sold bigint, places_returned bigint, gross bigint, fees bigint,
                refunds_due bigint, refunds_paid bigint, late_captured bigint, late_refunded bigint, position bigint)
         on conflict (event_id, hour) do update set
                (holds, holds_released, holds_expired, places_held, payments_declined, bookings_confirmed,
                 bookings_cancelled, bookings_reduced, places_sold, places_returned, gross, fees, refunds_due,
                 refunds_paid, late_captured, late_refunded, position)
              = (excluded.holds, excluded.holds_released, excluded.holds_expired, excluded.places_held,
                 excluded.payments_declined, excluded.bookings_confirmed, excluded.bookings_cancelled,
                 excluded.bookings_reduced, excluded.places_sold, excluded.places_returned, excluded.gross,
                 excluded.fees, excluded.refunds_due, excluded.refunds_paid, excluded.late_captured,
                 excluded.late_refunded, excluded.position)
          where analytics_hours.position < excluded.position",
        json
    )
    .execute(connection)
    .await?;
    Ok(())
}
