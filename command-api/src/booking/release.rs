//! Releasing a hold: `DELETE /api/v1/bookings/{id}`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use domain::booking::{BookingCommand, BookingRefusal, ReleaseBooking, ReleaseRefusal};
use edge::problem::{Kind, Problem, kinds};
use edge::request::RequestContext;

use super::buyer::Buyer;
use super::{another_verb, event_of};
use crate::CommandApi;
use crate::answer::{at, cause, problem};
use crate::path_id::PathId;

/// Releases a hold
///
/// Its places are free at once. Where they are free already, it changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/bookings/{id}",
    operation_id = "release_booking",
    tag = "bookings",
    params(PathId),
    responses(
        (status = 204, description = "The places are free"),
        (status = 409, description = "`invalid-state`: it is confirmed"),
    ),
)]
pub async fn handle(
    api: web::Data<CommandApi>,
    buyer: Buyer,
    context: RequestContext,
    id: PathId,
) -> Result<HttpResponse, Problem> {
    let booking = id.booking();
    let event = event_of(&api, booking).await?;
    let command = ReleaseBooking {
        booking,
        buyer: buyer.account(),
        at: api.clock.now(),
    };
    let cause = cause(&api, &buyer.0, &context);
    let done = api
        .events
        .booking(event, BookingCommand::Release(command), cause)
        .await;
    let done = done.map_err(|error| problem(error, refused))?;
    Ok(at(StatusCode::NO_CONTENT, done.position).finish())
}

fn refused(refusal: BookingRefusal) -> Problem {
    match refusal {
        BookingRefusal::Release(refusal) => not_released(&refusal),
        BookingRefusal::Place(_)
        | BookingRefusal::Extend(_)
        | BookingRefusal::Expire(_)
        | BookingRefusal::Confirm(_) => another_verb(refusal),
    }
}

fn not_released(refusal: &ReleaseRefusal) -> Problem {
    let told = |kind: &'static Kind| Problem::new(kind).detail(refusal.to_string());
    match refusal {
        ReleaseRefusal::Absent | ReleaseRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        ReleaseRefusal::Confirmed => told(&kinds::INVALID_STATE),
    }
}
