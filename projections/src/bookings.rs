//! Table `bookings`. Read by the bookings of a caller, one booking, and the bookings of an event for its organizer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use domain::booking::facts::BookingFact;
use event_store::{Position, RecordedFact};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::decode::{BOOKING, booking_fact};
use crate::{ApplyError, Projection};

/// Who booked what, for how much, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Bookings;

impl Projection for Bookings {
    fn name(&self) -> &'static str {
        "bookings"
    }

    fn handles(&self, fact: &RecordedFact) -> bool {
        fact.stream.aggregate_type == BOOKING
    }

    fn apply<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        facts: &'a [&'a RecordedFact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        apply(connection, facts).boxed()
    }
}

/// What a batch makes of one booking.
struct Change {
    placed: Option<Placed>,
    status: Option<&'static str>,
    expires_at: Option<DateTime<Utc>>,
    extended: bool,
    ended_at: Option<DateTime<Utc>>,
    sequence: i64,
    position: Position,
}

/// What stays as it was when the booking was placed.
struct Placed {
    event: Uuid,
    account: Uuid,
    reference: String,
    lines: String,
    quantity: i32,
    total: i64,
    currency: String,
    at: DateTime<Utc>,
}

async fn apply(connection: &mut PgConnection, facts: &[&RecordedFact]) -> Result<(), ApplyError> {
    let mut changes: HashMap<Uuid, Change> = HashMap::with_capacity(facts.len());
    for fact in facts {
        let change = Change::of(fact)?;
        match changes.entry(fact.stream.aggregate_id) {
            Entry::Occupied(mut earlier) => earlier.get_mut().then(change),
            Entry::Vacant(free) => {
                free.insert(change);
            }
        }
    }
    let mut changes: Vec<(&Uuid, &Change)> = changes.iter().collect();
    // in the order of the key, as its index likes it, and as any other writer takes the rows' locks
    changes.sort_unstable_by_key(|(id, _)| **id);
    let (placed, known): (Vec<_>, Vec<_>) = changes
        .into_iter()
        .partition(|(_, change)| change.placed.is_some());
    insert(connection, &placed).await?;
    update(connection, &known).await
}

impl Change {
    fn of(fact: &RecordedFact) -> Result<Self, ApplyError> {
        let mut change = Self {
            placed: None,
            status: None,
            expires_at: None,
            extended: false,
            ended_at: None,
            sequence: fact.sequence.get(),
            position: fact.position,
        };
        match booking_fact(fact)? {
            BookingFact::BookingPlaced {
                event,
                buyer,
                reference,
                lines,
                total,
                until,
                at,
                ..
            } => {
                let unfit = |reason| ApplyError::Unfit {
                    position: fact.position,
                    reason,
                };
                let quantity: u32 = lines.iter().map(|line| line.quantity).sum();
                change.status = Some("held");
                change.expires_at = Some(until);
                change.placed = Some(Placed {
                    event: event.uuid(),
                    account: buyer.uuid(),
                    reference: reference.as_str().to_owned(),
                    lines: serde_json::to_string(&lines).map_err(|_| unfit("its lines are no JSON"))?,
                    quantity: i32::try_from(quantity).map_err(|_| unfit("it has too many places"))?,
                    total: total.amount,
                    currency: total.currency.to_string(),
                    at,
                });
            }
            BookingFact::BookingExtended { until, .. } => {
                (change.expires_at, change.extended) = (Some(until), true);
            }
            BookingFact::BookingReleased { at } => change.end("released", at),
            BookingFact::BookingExpired { at } => change.end("expired", at),
            BookingFact::BookingConfirmed { at } => change.end("confirmed", at),
            BookingFact::PaymentRequested { .. }
            | BookingFact::PaymentDeclined { .. }
            | BookingFact::PaymentCaptured { .. }
            | BookingFact::PaymentCapturedLate { .. }
            | BookingFact::BookingFailed { .. }
            | BookingFact::PlacesCancelled { .. }
            | BookingFact::RefundRequested { .. }
            | BookingFact::RefundSettled { .. }
            | BookingFact::RefundRefused { .. } => {}
        }
        Ok(change)
    }

    const fn end(&mut self, status: &'static str, at: DateTime<Utc>) {
        (self.status, self.ended_at) = (Some(status), Some(at));
    }

    /// This, and then `later`.
    fn then(&mut self, later: Self) {
        *self = Self {
            placed: later.placed.or_else(|| self.placed.take()),
            status: later.status.or(self.status),
            expires_at: later.expires_at.or(self.expires_at),
            extended: later.extended || self.extended,
            ended_at: later.ended_at.or(self.ended_at),
            sequence: later.sequence,
            position: later.position,
        };
    }
}

/// Columns of an `insert`, one element a booking.
macro_rules! column {
    ($rows:ident, |$change:ident, $placed:ident| $value:expr) => {
        $rows
            .iter()
            .filter_map(|(_, $change)| $change.placed.as_ref().map(|$placed| $value))
            .collect::<Vec<_>>()
    };
}

async fn insert(connection: &mut PgConnection, rows: &[(&Uuid, &Change)]) -> Result<(), ApplyError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| **id).collect();
    sqlx::query!(
        "insert into bookings (booking_id, event_id, account_id, reference, status, lines, quantity, total_amount,
                               currency, expires_at, extended, placed_at, ended_at, sequence, position)
         select unnest($1::uuid[]), unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]), unnest($5::text[]),
                unnest($6::text[])::json, unnest($7::int[]), unnest($8::bigint[]), unnest($9::text[]),
                unnest($10::timestamptz[]), unnest($11::bool[]), unnest($12::timestamptz[]),
                unnest($13::timestamptz[]), unnest($14::bigint[]), unnest($15::bigint[])
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
        &column!(rows, |change, placed| change.expires_at.unwrap_or(placed.at)),
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

async fn update(connection: &mut PgConnection, rows: &[(&Uuid, &Change)]) -> Result<(), ApplyError> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = rows.iter().map(|(id, _)| **id).collect();
    let statuses: Vec<Option<&str>> = rows.iter().map(|(_, change)| change.status).collect();
    let deadlines: Vec<_> = rows.iter().map(|(_, change)| change.expires_at).collect();
    let extended: Vec<bool> = rows.iter().map(|(_, change)| change.extended).collect();
    let ends: Vec<_> = rows.iter().map(|(_, change)| change.ended_at).collect();
    let sequences: Vec<i64> = rows.iter().map(|(_, change)| change.sequence).collect();
    let positions: Vec<i64> = rows.iter().map(|(_, change)| change.position.get()).collect();
    let updated = sqlx::query!(
        "update bookings as b
            set status = coalesce(c.status, b.status), expires_at = coalesce(c.expires_at, b.expires_at),
                extended = b.extended or c.extended, ended_at = coalesce(c.ended_at, b.ended_at),
                sequence = c.sequence, position = c.position
           from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[], $5::timestamptz[], $6::bigint[],
                       $7::bigint[]) as c(booking_id, status, expires_at, extended, ended_at, sequence, position)
          where b.booking_id = c.booking_id and b.position < c.position",
        &ids,
        &statuses as &[Option<&str>],
        &deadlines as &[Option<DateTime<Utc>>],
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
