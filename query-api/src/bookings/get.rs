//! `GET /bookings/{id}`: one booking, for its buyer and for those who run its event.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::booking::facts::BookingLine;
use domain::event::CancellationPolicy;
use domain::ids::BookingId;
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::Position;
use sqlx::types::Json;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience};
use crate::bookings::money::{CancelledRow, PaymentRow, RefundRow};
use crate::bookings::row::{BookingRow, BookingView};
use crate::failure;
use crate::freshness::Projection;
use crate::snapshot::Snapshot;

/// One booking. There for its buyer, the organizer of its event, and admins.
#[utoipa::path(get, path = "/api/v1/bookings/{id}", tag = "bookings", params(("id" = uuid::Uuid, Path,)),
    security(("bearer" = [])),
    responses((status = 200, description = "The booking", body = BookingView),
              (status = 304, description = "Nothing has changed"),
              (status = 401, description = "No valid access token"),
              (status = 404, description = "No such booking, or not yours"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_booking(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let booking: BookingId = access::id(&id)?;
    let mut snapshot = api
        .snapshot(&[Projection::Bookings, Projection::Events], Position::new(min.0))
        .await?;
    let row = row(&mut snapshot, booking)
        .await
        .map_err(failure::database)?
        .ok_or_else(failure::not_found)?;
    let position = snapshot.position();
    snapshot.close().await.map_err(failure::database)?;
    let runs_event = row
        .organizer_id
        .is_some_and(|organizer| access::runs(Some(&caller), organizer));
    if row.account_id != caller.account && !runs_event {
        return Err(failure::not_found());
    }
    answer::json(
        &request,
        &BookingView::new(row, api.clock.now()),
        position,
        Audience::Caller,
    )
    .await
}

async fn row(snapshot: &mut Snapshot, booking: BookingId) -> Result<Option<BookingRow>, sqlx::Error> {
    sqlx::query_as!(
        BookingRow,
        r#"select b.booking_id, b.event_id, b.account_id, b.reference, b.status,
                  b.lines as "lines: Json<Vec<BookingLine>>", b.quantity, b.total_amount, b.currency, b.expires_at,
                  b.extended, b.placed_at, b.ended_at, b.sequence, b.policy as "policy: Json<CancellationPolicy>",
                  m.lines as "lines_left?: Json<Vec<BookingLine>>", m.quantity as "quantity_left?",
                  m.payment as "payment?: Json<PaymentRow>", m.attempts_left as "attempts_left?",
                  m.cancelled as "cancelled?: Json<Vec<CancelledRow>>", m.refunds as "refunds?: Json<Vec<RefundRow>>",
                  m.paid_amount as "paid_amount?", m.refunded_amount as "refunded_amount?",
                  e.title as "event_title?", e.starts_at as "event_starts_at?", e.organizer_id as "organizer_id?",
                  e.status as "event_status?", e.rescheduled_at as "rescheduled_at?", e.free_until as "free_until?"
             from bookings b left join booking_money m using (booking_id) left join events e on e.event_id = b.event_id
            where b.booking_id = $1"#,
        booking.uuid()
    )
    .fetch_optional(snapshot.connection())
    .await
}
