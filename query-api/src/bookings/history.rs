//! `GET /bookings/{id}/history`: what happened to a booking, from the log.

use actix_web::HttpResponse;
use domain::booking::Booking;
use domain::ids::{AccountId, BookingId};
use edge::caller::Caller;
use edge::problem::Problem;
use edge::request::PathId;
use event_store::{RecordedFact, Sequence, StreamId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access;
use crate::answer::Audience;
use crate::facts::Fact;
use crate::failure;
use crate::query::Query;

/// What happened to a Booking.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingHistory)]
pub(crate) struct History {
    /// The booking.
    booking_id: Uuid,
    /// Its facts, the oldest first.
    facts: Vec<Fact>,
}

/// The facts of the caller's booking, from the log itself.
#[utoipa::path(get, path = "/api/v1/bookings/{id}/history", tag = "bookings",
    responses((status = 200, description = "The booking's facts", body = History)))]
pub(crate) async fn get_history(
    query: Query,
    caller: Caller,
    id: PathId<BookingId>,
) -> Result<HttpResponse, Problem> {
    let position = query.api.log_position(query.min).await?;
    let stream = StreamId::of::<Booking>(id.0);
    let facts = query.api.log.read_stream(&stream, Sequence::START).await;
    let facts = facts.map_err(failure::log)?;
    let placed = facts.first().ok_or_else(failure::not_found)?;
    if buyer(placed)? != Some(access::account(&caller)) {
        return Err(failure::not_found());
    }
    let history = History {
        booking_id: id.0.uuid(),
        facts: facts.into_iter().map(Fact::from).collect(),
    };
    query.answer_at(position, &history, Audience::Caller).await
}

/// Who placed the booking whose first fact is `placed`.
fn buyer(placed: &RecordedFact) -> Result<Option<AccountId>, Problem> {
    let mut booking = Booking::default();
    booking.evolve(&placed.decode::<Booking>().map_err(Problem::internal)?);
    Ok(booking.buyer())
}
