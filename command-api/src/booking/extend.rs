//! Extending a hold: `POST /api/v1/bookings/{id}/extension`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::Booking;
use domain::booking::{BookingCommand, ExtendBooking};
use domain::ids::BookingId;
use edge::problem::Problem;
use edge::request::PathId;

use super::buyer::Buyer;
use crate::verb::Verb;

/// Extends a hold
///
/// Once, by five minutes. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/extension",
    operation_id = "extend_booking",
    tag = "bookings",
    responses(
        (status = 200, description = "The hold lasts longer", body = Booking),
        (status = 409, description = "`invalid-state`: it is confirmed or released"),
        (status = 410, description = "`hold-expired`"),
    ),
)]
pub async fn handle(verb: Verb<Buyer>, id: PathId<BookingId>) -> Result<HttpResponse, Problem> {
    let command = ExtendBooking {
        booking: id.0,
        buyer: verb.actor.account(),
        at: verb.now(),
    };
    let done = verb.booking(BookingCommand::Extend(command)).await?;
    verb.answer(StatusCode::OK, &done)
}
