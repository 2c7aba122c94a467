//! `GET /audit/bookings/{id}/ledger`: what a booking moved between accounts, in double entry.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::{Money, ProjectionName};
use domain::ids::BookingId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::PathId;
use edge::token::Role;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::Audience;
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// The ledger of a Booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ledger {
    /// The booking.
    booking_id: Uuid,
    /// Its entries, the oldest first: a few for each of its places at most.
    items: Vec<LedgerEntry>,
    /// The sum of each account that has entries. What is owned stands above zero, what is owed or earned below.
    sums: BTreeMap<String, Money>,
    /// Whether the entries of each fact, and so all together, sum to zero.
    balanced: bool,
}

/// What a fact moved in or out of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerEntry {
    /// Position of the fact in the log.
    position: i64,
    /// Counts from 1 within the fact.
    entry: i32,
    /// `gateway`, `sales`, `fees` or `refunds_due`.
    account: String,
    /// How much: above zero a debit, below zero a credit.
    amount: Money,
    /// When.
    at: DateTime<Utc>,
    /// The payment that brought it, where one did.
    payment_id: Option<Uuid>,
    /// The cancellation or refund that brought it, where one did.
    refund_id: Option<Uuid>,
}

struct Row {
    position: i64,
    entry: i32,
    account: String,
    amount: i64,
    currency: String,
    at: DateTime<Utc>,
    payment_id: Option<Uuid>,
    refund_id: Option<Uuid>,
}

/// What a booking moved between accounts. A booking that moved nothing has an empty ledger.
#[utoipa::path(get, path = "/api/v1/audit/bookings/{id}/ledger", tag = "audit",
    responses((status = 200, description = "The ledger", body = Ledger)))]
pub(crate) async fn get_ledger(
    query: Query,
    caller: Caller,
    id: PathId<BookingId>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Auditor, Role::Admin])?;
    let mut snapshot = query
        .snapshot(&[ProjectionName::Ledger, ProjectionName::Bookings])
        .await?;
    let rows = rows(&mut snapshot, id.0).await.map_err(failure::database)?;
    if rows.is_empty() && !exists(&mut snapshot, id.0).await.map_err(failure::database)? {
        return Err(failure::not_found());
    }
    query
        .answer(snapshot, &Ledger::new(id.0, rows), Audience::Caller)
        .await
}

impl Ledger {
    fn new(booking: BookingId, rows: Vec<Row>) -> Self {
        let mut sums: BTreeMap<String, Money> = BTreeMap::new();
        let mut surpluses: BTreeMap<i64, i64> = BTreeMap::new();
        for row in &rows {
            let sum = sums
                .entry(row.account.clone())
                .or_insert_with(|| Money::new(0, &row.currency));
            sum.amount = sum.amount.saturating_add(row.amount);
            let surplus = surpluses.entry(row.position).or_default();
            *surplus = surplus.saturating_add(row.amount);
        }
        Self {
            booking_id: booking.uuid(),
            items: rows.into_iter().map(LedgerEntry::from).collect(),
            sums,
            balanced: surpluses.values().all(|surplus| *surplus == 0),
        }
    }
}

impl From<Row> for LedgerEntry {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            entry: row.entry,
            account: row.account,
            amount: Money::new(row.amount, &row.currency),
            at: row.at,
            payment_id: row.payment_id,
            refund_id: row.refund_id,
        }
    }
}

async fn rows(snapshot: &mut Snapshot, booking: BookingId) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "select position, entry, account, amount, currency, at, payment_id, refund_id
           from ledger where booking_id = $1 order by position, entry",
        booking.uuid()
    )
    .fetch_all(snapshot.connection())
    .await
}

async fn exists(snapshot: &mut Snapshot, booking: BookingId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from bookings where booking_id = $1) as "exists!""#,
        booking.uuid()
    )
    .fetch_one(snapshot.connection())
    .await
}
