//! Baseline: one SQL transaction per booking, one row per seat, claimed by UPDATE.

use actix_web::{HttpResponse, web};
use edge::caller::Caller;
use sqlx::{PgPool, raw_sql};
use uuid::Uuid;

use crate::baseline::serve::{PlaceBooking, internal, placed, taken};

/// Tables of the baseline, and `count` free seats of an Event as [`crate::seats`] names them.
pub(crate) async fn prepare(pool: &PgPool, event: Uuid, seats: &[String]) -> sqlx::Result<()> {
    raw_sql(
        "create table if not exists seats (event_id uuid, seat_id text, booking_id uuid, primary key (event_id, seat_id));
         create table if not exists bookings (
           booking_id uuid primary key, event_id uuid not null, account_id uuid not null, seats text[] not null,
           total bigint not null, expires_at timestamptz not null, placed_at timestamptz not null default now())",
    )
    .execute(pool)
    .await?;
    sqlx::query("insert into seats (event_id, seat_id) select $1, unnest($2::text[])")
        .bind(event)
        .bind(seats)
        .execute(pool)
        .await?;
    raw_sql("vacuum analyze seats").execute(pool).await?;
    Ok(())
}

/// Holds the seats of the request in one transaction.
pub(crate) async fn place(
    caller: Caller,
    pool: web::Data<PgPool>,
    request: web::Json<PlaceBooking>,
) -> HttpResponse {
    let booking = Uuid::new_v4();
    match hold(&pool, booking, caller.account, &request).await {
        Ok(true) => placed(booking, &request),
        Ok(false) => taken(),
        Err(error) => internal(&error),
    }
}

async fn hold(pool: &PgPool, booking: Uuid, account: Uuid, request: &PlaceBooking) -> sqlx::Result<bool> {
    let mut transaction = pool.begin().await?;
    let claimed = sqlx::query(
        "update seats set booking_id = $1 where event_id = $2 and seat_id = any($3) and booking_id is null",
    )
    .bind(booking)
    .bind(request.event_id)
    .bind(&request.seat_ids)
    .execute(&mut *transaction)
    .await?;
    if claimed.rows_affected() != u64::try_from(request.seat_ids.len()).unwrap_or(u64::MAX) {
        transaction.rollback().await?;
        return Ok(false);
    }
    sqlx::query(
        "insert into bookings (booking_id, event_id, account_id, seats, total, expires_at)
         values ($1, $2, $3, $4, $5, now() + interval '10 minutes')",
    )
    .bind(booking)
    .bind(request.event_id)
    .bind(account)
    .bind(&request.seat_ids)
    .bind(0_i64)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(true)
}
