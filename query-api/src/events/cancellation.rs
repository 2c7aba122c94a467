//! `GET /admin/events/{id}/cancellation`: how far the cancelling of an event has come.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use contract::{Money, ProjectionName};
use domain::ids::EventId;
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::PathId;
use edge::token::Role;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access;
use crate::answer::Audience;
use crate::failure;
use crate::query::Query;
use crate::snapshot::Snapshot;

/// How far the cancelling of an Event has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventCancellation {
    /// The event.
    event_id: Uuid,
    /// `draft`, `published` or `cancelled`.
    status: String,
    /// Since when it is cancelled; null where it is not.
    cancelled_at: Option<DateTime<Utc>>,
    /// Why; null where it is not.
    reason: Option<String>,
    /// Its bookings.
    bookings: CancelledBookings,
    /// The refunds of its bookings.
    refunds: RefundCounts,
    /// Whether it is cancelled, no booking is left, and every refund was returned.
    done: bool,
}

/// Bookings that were cancelled, and those that are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CancelledBookings {
    /// Both.
    total: i64,
    /// Without places now, by whomever they were cancelled.
    cancelled: i64,
    /// With places yet, held or sold.
    left: i64,
}

/// Refunds by what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RefundCounts {
    /// How many the gateway has not answered.
    requested: i64,
    /// How many were returned.
    settled: i64,
    /// How many the gateway refused; an administrator must look.
    refused: i64,
    /// What is to be returned and was not yet.
    amount_due: Money,
    /// What was returned.
    amount_settled: Money,
}

struct Head {
    organizer_id: Uuid,
    status: String,
    currency: String,
    cancelled_at: Option<DateTime<Utc>>,
    cancel_reason: Option<String>,
}

struct Counts {
    cancelled: i64,
    left: i64,
    requested: i64,
    settled: i64,
    refused: i64,
    due_amount: i64,
    settled_amount: i64,
}

/// How many bookings of an event are cancelled and how much was returned. There for its organizer, admins and auditors.
#[utoipa::path(get, path = "/api/v1/admin/events/{id}/cancellation", tag = "organizer",
    responses((status = 200, description = "How far it has come", body = EventCancellation)))]
pub(crate) async fn get_cancellation(
    query: Query,
    caller: Caller,
    id: PathId<EventId>,
) -> Result<HttpResponse, Problem> {
    caller.require(&[Role::Organizer, Role::Admin, Role::Auditor])?;
    let mut snapshot = query
        .snapshot(&[ProjectionName::Bookings, ProjectionName::Events])
        .await?;
    let head = head(&mut snapshot, id.0)
        .await
        .map_err(failure::database)?
        .filter(|head| caller.role == Role::Auditor || access::runs(&caller, head.organizer_id))
        .ok_or_else(failure::not_found)?;
    let counts = counts(&mut snapshot, id.0).await.map_err(failure::database)?;
    let body = EventCancellation::new(id.0, head, &counts);
    query.answer(snapshot, &body, Audience::Caller).await
}

impl EventCancellation {
    fn new(event: EventId, head: Head, counts: &Counts) -> Self {
        let nothing_left = counts.left == 0 && counts.requested == 0 && counts.refused == 0;
        Self {
            event_id: event.uuid(),
            bookings: CancelledBookings {
                total: counts.cancelled + counts.left,
                cancelled: counts.cancelled,
                left: counts.left,
            },
            refunds: RefundCounts {
                requested: counts.requested,
                settled: counts.settled,
                refused: counts.refused,
                amount_due: Money::new(counts.due_amount, &head.currency),
                amount_settled: Money::new(counts.settled_amount, &head.currency),
            },
            done: head.cancelled_at.is_some() && nothing_left,
            status: head.status,
            cancelled_at: head.cancelled_at,
            reason: head.cancel_reason,
        }
    }
}

async fn head(snapshot: &mut Snapshot, event: EventId) -> Result<Option<Head>, sqlx::Error> {
    sqlx::query_as!(
        Head,
        "select organizer_id, status, currency, cancelled_at, cancel_reason from events where event_id = $1",
        event.uuid()
    )
    .fetch_optional(snapshot.connection())
    .await
}

async fn counts(snapshot: &mut Snapshot, event: EventId) -> Result<Counts, sqlx::Error> {
    sqlx::query_as!(
        Counts,
        r#"select count(*) filter (where b.status in ('cancelled', 'refunded')) as "cancelled!",
                  count(*) filter (where b.status in ('held', 'awaiting_payment', 'confirmed')) as "left!",
                  coalesce(sum(m.refunds_open), 0)::bigint as "requested!",
                  coalesce(sum(m.refunds_settled), 0)::bigint as "settled!",
                  coalesce(sum(m.refunds_refused), 0)::bigint as "refused!",
                  coalesce(sum(m.due_amount), 0)::bigint as "due_amount!",
                  coalesce(sum(m.refunded_amount), 0)::bigint as "settled_amount!"
             from bookings b left join booking_money m using (booking_id)
            where b.event_id = $1"#,
        event.uuid()
    )
    .fetch_one(snapshot.connection())
    .await
}
