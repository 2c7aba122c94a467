//! Rows of `bookings`: new ones, and what became of known ones.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Change, Deadline};
use crate::ApplyError;

/// Columns of an `insert`, one element a booking.
macro_rules! column {
    ($rows:ident, |$change:ident, $placed:ident| $value:expr) => {
        $rows
            .iter()
            .filter_map(|(_, $change)| $change.placed.as_ref().map(|$placed| $value))
            .collect::<Vec<_>>()
    };
}

pub(super) async fn insert(
    connection: &mut PgConnection,
    rows: &[(&Uuid, &Change)],
) -> Result<(), ApplyError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| **id).collect();
    sqlx::query!(
        "insert into bookings (booking_id, event_id, account_id, reference, status, lines, quantity, total_amount,
                               currency, policy, expires_at, extended, placed_at, ended_at, sequence, position)
         select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::text[]),
                unnest($6::text[])::json, unnest($7::int[]), unnest($8::bigint[]), unnest($9::text[]),
                unnest($10::text[])::json, unnest($11::timestamptz[]), unnest($12::bool[]),
                unnest($13::timestamptz[]), unnest($14::timestamptz[]), unnest($15::bigint[]), unnest($16::bigint[])
         on conflict (booking_id) do update set
                (status, expires_at, extended, ended_at, sequence, position)
              = (excluded.status, excluded.expires_at, excluded.extended, excluded.ended_at, excluded.sequence,
                 excluded.position)
          where bookings.position < excluded.position",
        &ids,
        &column!(rows, |_change, placed| placed.event),
        &column!(rows, |_change, placed| placed.account),
        &column!(rows, |_change, placed| placed.reference.as_str()) as &[&str],
        &column!(rows, |change, _placed| change.status.unwrap_or("held")) as &[&str],
        &column!(rows, |_change, placed| placed.lines.as_str()) as &[&str],
        &column!(rows, |_change, placed| placed.quantity),
        &column!(rows, |_change, placed| placed.total),
        &column!(rows, |_change, placed| placed.currency.as_str()) as &[&str],
        &column!(rows, |_change, placed| placed.policy.as_deref()) as &[Option<&str>],
        &column!(rows, |change, _placed| change.expires_at()) as &[Option<DateTime<Utc>>],
        &column!(rows, |change, _placed| change.extended),
        &column!(rows, |_change, placed| placed.at),
        &column!(rows, |change, _placed| change.ended_at) as &[Option<DateTime<Utc>>],
        &column!(rows, |change, _placed| change.sequence),
        &column!(rows, |change, _placed| change.position.get()),
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn update(
    connection: &mut PgConnection,
    rows: &[(&Uuid, &Change)],
) -> Result<(), ApplyError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| **id).collect();
    let statuses: Vec<Option<&str>> = rows.iter().map(|(_, change)| change.status).collect();
    let deadlines: Vec<_> = rows.iter().map(|(_, change)| change.expires_at()).collect();
    let suspended: Vec<bool> = rows
        .iter()
        .map(|(_, change)| matches!(change.deadline, Deadline::Suspended))
        .collect();
    let extended: Vec<bool> = rows.iter().map(|(_, change)| change.extended).collect();
    let ends: Vec<_> = rows.iter().map(|(_, change)| change.ended_at).collect();
    let sequences: Vec<i64> = rows.iter().map(|(_, change)| change.sequence).collect();
    let positions: Vec<i64> = rows.iter().map(|(_, change)| change.position.get()).collect();
    let updated = sqlx::query!(
        "update bookings as b
            set status = coalesce(c.status, b.status),
                expires_at = case when c.suspended then null else coalesce(c.expires_at, b.expires_at) end,
                extended = b.extended or c.extended, ended_at = coalesce(b.ended_at, c.ended_at),
                sequence = c.sequence, position = c.position
           from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[], $5::bool[], $6::timestamptz[],
                       $7::bigint[], $8::bigint[])
                as c(booking_id, status, expires_at, suspended, extended, ended_at, sequence, position)
          where b.booking_id = c.booking_id and b.position < c.position",
        &ids,
        &statuses as &[Option<&str>],
        &deadlines as &[Option<DateTime<Utc>>],
        &suspended,
        &extended,
        &ends as &[Option<DateTime<Utc>>],
        &sequences,
        &positions,
    )
    .execute(&mut *connection)
    .await?;
    if updated.rows_affected() < rows.len() as u64 {
        refuse_absent(connection, &ids, rows).await?;
    }
    Ok(())
}

/// Rows were left as they are: either they have the facts already, or they are not there, which must not be.
async fn refuse_absent(
    connection: &mut PgConnection,
    ids: &[Uuid],
    rows: &[(&Uuid, &Change)],
) -> Result<(), ApplyError> {
    let absent = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as id
            where not exists (select from bookings where booking_id = id)"#,
        ids
    )
    .fetch_all(connection)
    .await?;
    let first = rows
        .iter()
        .filter(|(id, _)| absent.contains(id))
        .map(|(_, change)| change.position)
        .min();
    match first {
        Some(position) => Err(ApplyError::Unfit {
            position,
            reason: "its booking is not there",
        }),
        None => Ok(()),
    }
}
