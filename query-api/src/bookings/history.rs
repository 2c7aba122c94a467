//! `GET /bookings/{id}/history`: what happened to a booking, from the log.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::booking::{Booking, BookingFact};
use domain::ids::BookingId;
use edge::caller::Caller;
use edge::consistency::MinPosition;
use edge::problem::Problem;
use event_store::{Position, RecordedFact, Sequence, StreamId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::QueryApi;
use crate::access;
use crate::answer::{self, Audience};
use crate::facts::FactView;
use crate::failure;

/// What happened to a Booking.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    /// The booking.
    booking_id: Uuid,
    /// Its facts, the oldest first.
    facts: Vec<FactView>,
}

/// The facts of the caller's booking, from the log itself.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/history", tag = "bookings", params(("id" = Uuid, Path,)),
    security(("bearer" = [])),
    responses((status = 200, description = "The booking's facts", body = HistoryView),
              (status = 304, description = "Nothing has changed"),
              (status = 401, description = "No valid access token"),
              (status = 404, description = "No such booking, or not yours"),
              (status = 503, description = "Not yet up to date, or too busy")))]
pub(crate) async fn get_history(
    request: HttpRequest,
    api: web::Data<QueryApi>,
    caller: Caller,
    min: MinPosition,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let booking: BookingId = access::id(&id)?;
    let position = api.log_position(Position::new(min.0)).await?;
    let stream = StreamId::of::<Booking>(booking);
    let facts = api
        .log
        .read_stream(&stream, Sequence::START)
        .await
        .map_err(failure::log)?;
    let placed = facts.first().ok_or_else(failure::not_found)?;
    if buyer(placed)? != Some(caller.account) {
        return Err(failure::not_found());
    }
    let history = HistoryView {
        booking_id: booking.uuid(),
        facts: facts.into_iter().map(FactView::from).collect(),
    };
    answer::json(&request, &history, position, Audience::Caller).await
}

/// Who placed the booking whose first fact is `placed`.
fn buyer(placed: &RecordedFact) -> Result<Option<Uuid>, Problem> {
    let fact = placed.decode::<Booking>().map_err(Problem::internal)?;
    match fact {
        BookingFact::BookingPlaced { buyer, .. } => Ok(Some(buyer.uuid())),
        BookingFact::BookingExtended { .. }
        | BookingFact::BookingReleased { .. }
        | BookingFact::BookingExpired { .. }
        | BookingFact::PaymentRequested { .. }
        | BookingFact::PaymentDeclined { .. }
        | BookingFact::PaymentCaptured { .. }
        | BookingFact::PaymentCapturedLate { .. }
        | BookingFact::BookingFailed { .. }
        | BookingFact::PlacesCancelled { .. }
        | BookingFact::RefundRequested { .. }
        | BookingFact::RefundSettled { .. }
        | BookingFact::RefundRefused { .. }
        | BookingFact::BookingConfirmed { .. } => Ok(None),
    }
}
