//! `GET /audit/bookings/{id}/ledger`: what a booking moved between accounts, in double entry.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::ids::BookingId;
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use edge::token::Role;
use event_store::Position;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience};
use crate::failure;
use crate::freshness::Projection;
use crate::money::MoneyView;
use crate::snapshot::Snapshot;

/// The ledger of a Booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerView {
    /// The booking.
    booking_id: Uuid,
    /// Its entries, the oldest first: a few for each of its places at most.
    items: Vec<LedgerEntryView>,
    /// The sum of each account that has entries. What is owned stands above zero, what is owed or earned below.
    sums: BTreeMap<String, MoneyView>,
    /// Whether the entries of each fact, and so all together, sum to zero.
    balanced: bool,
}

/// What a fact moved in or out of an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LedgerEntryView {
    /// Position of the fact in the log.
    position: i64,
    /// Counts from 1 within the fact.
    entry: i32,
    /// `gateway`, `sales`, `fees` or `refunds_due`.
    account: String,
    /// How much: above zero a debit, below zero a credit.
    amount: MoneyView,
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
#[utoipa::path(get, path = "/api/v1/audit/bookings/{id}/ledger", tag = "audit", params(("id" = Uuid, Path,)),
    security(("bearer" = [])),
    responses((status = 200, description = "The ledger", body = LedgerView),
              (status = 304, description = "Nothing has changed"),
              (status = 401, description = "No valid access token"),
              (status = 403, description = "Neither auditor nor admin"),
              (status = 404, description = "No such booking"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_ledger(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Auditor, Role::Admin])?;
    let booking: BookingId = access::id(&id)?;
    let mut snapshot = api
        .snapshot(&[Projection::Ledger, Projection::Bookings], Position::new(min.0))
        .await?;
    let rows = rows(&mut snapshot, booking).await.map_err(failure::database)?;
    if rows.is_empty() && !exists(&mut snapshot, booking).await.map_err(failure::database)? {
        return Err(failure::not_found());
    }
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    let view = LedgerView::new(booking, rows);
    answer::json(&request, &view, position, Audience::Caller).await
}

impl LedgerView {
    fn new(booking: BookingId, rows: Vec<Row>) -> Self {
        let mut sums: BTreeMap<String, MoneyView> = BTreeMap::new();
        let mut surpluses: BTreeMap<i64, i64> = BTreeMap::new();
        for row in &rows {
            let sum = sums
                .entry(row.account.clone())
                .or_insert_with(|| MoneyView::new(0, &row.currency));
            sum.amount = sum.amount.saturating_add(row.amount);
            let surplus = surpluses.entry(row.position).or_default();
            *surplus = surplus.saturating_add(row.amount);
        }
        Self {
            booking_id: booking.uuid(),
            items: rows.into_iter().map(LedgerEntryView::from).collect(),
            sums,
            balanced: surpluses.values().all(|surplus| *surplus == 0),
        }
    }
}

impl From<Row> for LedgerEntryView {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            entry: row.entry,
            account: row.account,
            amount: MoneyView::new(row.amount, &row.currency),
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
