//! Confirming a Booking that costs nothing: `POST /api/v1/bookings/{id}/confirmation`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use contract::{Booking, Money};
use domain::booking::{BookingCommand, ConfirmBooking, ConfirmRefusal};
use domain::ids::BookingId;
use edge::problem::{Problem, kinds};
use edge::request::PathId;
use serde_json::json;

use super::buyer::Buyer;
use super::not_held::not_held;
use crate::answer::explained;
use crate::verb::Verb;

/// Confirms a booking
///
/// A booking whose total is zero becomes a sale. Repeating it changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/confirmation",
    operation_id = "confirm_booking",
    tag = "bookings",
    responses(
        (status = 200, description = "It is confirmed", body = Booking),
        (status = 409, description = "`payment-required-to-confirm` with `total`; `invalid-state`: it was given back; `event-cancelled`"),
        (status = 410, description = "`hold-expired`"),
    ),
)]
pub async fn handle(verb: Verb<Buyer>, id: PathId<BookingId>) -> Result<HttpResponse, Problem> {
    let command = ConfirmBooking {
        booking: id.0,
        buyer: verb.actor.account(),
        at: verb.now(),
    };
    let done = verb.booking(BookingCommand::Confirm(command)).await?;
    verb.answer(StatusCode::OK, &done)
}

pub(super) fn refused(refusal: &ConfirmRefusal) -> Problem {
    match refusal {
        ConfirmRefusal::NotHeld(refusal) => not_held(refusal),
        ConfirmRefusal::EventCancelled(_) => explained(&kinds::EVENT_CANCELLED, refusal),
        ConfirmRefusal::PaymentRequired { total } => {
            explained(&kinds::PAYMENT_REQUIRED_TO_CONFIRM, refusal).with("total", json!(Money::from(*total)))
        }
    }
}
