//! Extending a hold: `POST /api/v1/bookings/{id}/extension`.

use actix_web::{HttpResponse, web};
use domain::booking::{BookingCommand, BookingRefusal, ExtendBooking, ExtendRefusal};
use edge::problem::{Kind, Problem, kinds};
use edge::request::RequestContext;

use super::answer::{self, BookingBody};
use super::buyer::Buyer;
use super::{another_verb, event_of};
use crate::CommandApi;
use crate::answer::{cause, problem};
use crate::path_id::PathId;

/// Extends a hold
///
/// Once, by five minutes. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/extension",
    operation_id = "extend_booking",
    tag = "bookings",
    params(PathId),
    responses(
        (status = 200, description = "The hold lasts longer", body = BookingBody),
        (status = 409, description = "`invalid-state`: it is confirmed or released"),
        (status = 410, description = "`hold-expired`"),
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
    let command = ExtendBooking {
        booking,
        buyer: buyer.account(),
        at: api.clock.now(),
    };
    let cause = cause(&api, &buyer.0, &context);
    let done = api
        .events
        .booking(event, BookingCommand::Extend(command), cause)
        .await;
    let done = done.map_err(|error| problem(error, refused))?;
    answer::ok(booking, &done, api.clock.now())
}

fn refused(refusal: BookingRefusal) -> Problem {
    if let BookingRefusal::Extend(refusal) = &refusal {
        return not_extended(refusal);
    }
    another_verb(refusal)
}

fn not_extended(refusal: &ExtendRefusal) -> Problem {
    let told = |kind: &'static Kind| Problem::new(kind).detail(refusal.to_string());
    match refusal {
        ExtendRefusal::Absent | ExtendRefusal::NotYours => Problem::new(&kinds::NOT_FOUND),
        ExtendRefusal::Confirmed | ExtendRefusal::Ended { .. } => told(&kinds::INVALID_STATE),
        ExtendRefusal::PaymentInFlight => told(&kinds::PAYMENT_UNDER_WAY),
        ExtendRefusal::Expired { .. } => told(&kinds::HOLD_EXPIRED),
    }
}
